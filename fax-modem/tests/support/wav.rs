//! Reads 16-bit PCM WAV files, and brings them to 8000 samples a second.

use fax_core::maths;

/// Sample rate and samples of the first channel; `None` if it is anything but 16-bit PCM.
pub fn read(octets: &[u8]) -> Option<(u32, Vec<i16>)> {
    let word = |at: usize| Some(u16::from_le_bytes(octets.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_le_bytes(octets.get(at..at + 4)?.try_into().ok()?));
    let (mut at, mut format) = (12, None);
    loop {
        let size = long(at + 4)? as usize;
        match octets.get(at..at + 4)? {
            b"fmt " if word(at + 8)? == 1 && word(at + 22)? == 16 => {
                format = Some((long(at + 12)?, usize::from(word(at + 10)?)));
            }
            b"data" => {
                let (rate, channels) = format?;
                // A writer to a pipe does not know the size.
                let end = octets.len().min((at + 8).saturating_add(size));
                let samples = octets.get(at + 8..end)?.chunks_exact(2 * channels);
                return Some((rate, samples.map(|c| i16::from_le_bytes([c[0], c[1]])).collect()));
            }
            _ => {}
        }
        at += 8 + size + size % 2;
    }
}

/// The samples at 8000 a second, by a sinc of 3600 Hz under a Hann window of 8 ms.
pub fn at_8000(octets: &[u8]) -> Option<Vec<f64>> {
    let (rate, samples) = read(octets)?;
    let rate = f64::from(rate);
    if rate == 8000.0 {
        return Some(samples.into_iter().map(f64::from).collect());
    }
    let cut = 2.0 * 3600.0_f64.min(0.45 * rate) / rate;
    let reach = 0.004 * rate;
    // The weights for 1/64 of a sample; the nearest are right to 50 dB and more.
    let taps = 2 * reach as usize;
    let row = |phase: usize| {
        (0..taps)
            .map(move |k| weight((k as f64) - (taps / 2) as f64 - phase as f64 / 64.0, cut, reach))
            .collect()
    };
    let rows: Vec<Vec<f64>> = (0..64).map(row).collect();
    let count = (samples.len() as f64 * 8000.0 / rate) as usize;
    let value = |n: usize| {
        let centre = (n as f64 * rate / 8000.0 * 64.0).round() as usize;
        let row = &rows[centre % 64];
        let first = (centre / 64).saturating_sub(taps / 2);
        samples.iter().skip(first).zip(row).map(|(&x, w)| f64::from(x) * w).sum()
    };
    Some((0..count).map(value).collect())
}

fn weight(x: f64, cut: f64, reach: f64) -> f64 {
    let angle = maths::PI * cut * x;
    let sinc = if angle.abs() < 1e-9 { 1.0 } else { maths::sin(angle) / angle };
    cut * sinc * 0.5 * (1.0 + maths::cos(maths::PI * x / reach))
}
