//! How surely and how fast tones are heard in noise:
//! `cargo run --release -p fax-modem --example tone_bench -- [TRIALS]`.
//!
//! A trial: white noise all the time, the tone from a random fraction of a sample and phase, as far off
//! its frequency as its standard lets it be (CNG 38 Hz, CED 15 Hz, ANSam 1 Hz). SNR over 0..4000 Hz. Time is from the tone's first sample to the end of the
//! 20-sample block in which it was told.

#[path = "../tests/support/mod.rs"]
mod support;

use fax_core::Tone;
use fax_modem::tone::{Detector, ToneOutput};
use support::random::Random;
use support::signals::{Wave, add_noise, rounded};

fn main() {
    let trials = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(400);
    println!("tone     snr_db trials  heard%  <=150ms%  <=250ms%  median_ms  p99_ms  onset_rms_ms  early");
    for tone in [Tone::Cng, Tone::Ced] {
        for snr in [30.0, 6.0, 3.0, 1.0, 0.0, -1.0, -2.0, -3.0, -4.0, -5.0] {
            row(tone, tone, snr, trials, 4000);
        }
    }
    // What it must not take them for.
    for (sent, wrong) in [
        (Tone::Ced, Tone::AnsAm),
        (Tone::Ced, Tone::AnsPr),
        (Tone::AnsPr, Tone::AnsAm),
        (Tone::AnsPr, Tone::AnsAmPr),
        (Tone::AnsAm, Tone::AnsAmPr),
    ] {
        for snr in [30.0, 10.0, 6.0, 3.0, 0.0] {
            row(sent, wrong, snr, trials, 26_000);
        }
    }
    for tone in [Tone::AnsAm, Tone::AnsPr, Tone::AnsAmPr] {
        for snr in [30.0, 10.0, 6.0, 3.0, 0.0] {
            row(tone, Tone::Ced, snr, trials, 21_000);
            row(tone, tone, snr, trials, 21_000);
        }
    }
}

fn row(sent: Tone, wanted: Tone, snr: f64, trials: usize, count: usize) {
    let mut times: Vec<f64> = Vec::new();
    let (mut early, mut onset) = (0, 0.0);
    for trial in 0..trials {
        let mut random = Random::new(trial as u64 + 1);
        let lead = random.between(4000.0, 6000.0);
        let mut wave = Wave::of(sent, -13.0);
        wave.phase = random.unit();
        let tolerance = match sent {
            Tone::Cng => 38.0,
            Tone::Ced | Tone::AnsPr => 15.0,
            Tone::AnsAm | Tone::AnsAmPr => 1.0,
        };
        wave.hertz += random.between(-tolerance, tolerance);
        let mut samples = vec![0.0; 6000 + count];
        add_noise(&mut samples, -13.0 - snr, &mut random);
        wave.add(&mut samples, lead, count);
        let (mut detector, mut heard) = (Detector::new(), None);
        for (n, block) in rounded(&samples).chunks(20).enumerate() {
            detector.process(block, &mut |output| match output {
                ToneOutput::Began { tone, at } if tone == wanted => {
                    heard.get_or_insert((n, at as f64));
                }
                ToneOutput::Refined { tone, at } if tone == wanted => {
                    heard.get_or_insert((n, at as f64));
                }
                _ => {}
            });
        }
        if let Some((block, at)) = heard {
            let time = ((block + 1) * 20) as f64 - lead;
            if time < 0.0 {
                early += 1;
            } else {
                times.push(time / 8.0);
                onset += (at - lead) * (at - lead) / 64.0;
            }
        }
    }
    times.sort_by(f64::total_cmp);
    let share = |limit: f64| 100.0 * times.iter().filter(|&&t| t <= limit).count() as f64 / trials as f64;
    let at = |part: f64| times.get((part * (trials - 1) as f64) as usize).copied().unwrap_or(f64::NAN);
    let name = if sent == wanted { format!("{sent:?}") } else { format!("{sent:?}>{wanted:?}") };
    println!(
        "{name:12} {snr:5} {trials:6} {:7.2} {:9.2} {:9.2} {:10.1} {:7.1} {:8.2} {early:6}",
        share(1e9),
        share(150.0),
        share(250.0),
        at(0.5),
        at(0.99),
        (onset / times.len().max(1) as f64).sqrt(),
    );
}
