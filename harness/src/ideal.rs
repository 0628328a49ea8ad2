//! What theory permits: each modem with a perfect carrier, clock and equaliser.
//!
//! QAM: a simulation of symbols in white noise with maximum-likelihood decisions (V.17: Viterbi over
//! the eight states, additive metrics, 96 symbols deep), then the Recommendation's differential
//! decoder and descrambler, whose multiplication of errors is part of the figure. V.21: formulas.

use crate::bench::in_order;
use crate::stimulus::{Purpose, Rng};
use fax_core::maths::{self, Complex};
use fax_core::{Opening, Training};
use fax_modem::encoder::{Coder, SymbolEncoder};
use fax_modem::scrambler::Descrambler;
use fax_modem::table::{Coding, Modem, Trellis};

/// Symbols a decision waits for.
const DEPTH: usize = 96;
/// Symbols decided at once behind it; only speed depends on it.
const BATCH: usize = 160;
/// Symbols simulated in one piece of work.
const PIECE: usize = 50_000;

/// Es/N0 in dB of a signal to noise ratio over 4 kHz.
pub fn es_n0_db(opening: Opening, snr_db: f64) -> f64 {
    let baud = Modem::of(opening).map_or(300.0, |modem| f64::from(modem.symbol_rate.0));
    snr_db + 10.0 * maths::log10(4000.0 / baud)
}

/// Bit error ratio of the ideal receiver, from at least `symbols` symbols. V.21: the bound for
/// coherent sequence detection ([`v21_sequence_bound`]).
pub fn ber(opening: Opening, snr_db: f64, symbols: usize, jobs: usize) -> f64 {
    let Some(modem) = Modem::of(opening) else {
        return v21_sequence_bound(snr_db);
    };
    let pieces = symbols.div_ceil(PIECE);
    let counts = in_order(pieces, jobs, |piece| Ok::<_, ()>(simulate(modem, snr_db, piece as u64)));
    let (errors, bits) = counts.unwrap_or_default().iter().fold((0, 0), |(e, b), c| (e + c.0, b + c.1));
    if bits == 0 { 0.0 } else { errors as f64 / bits as f64 }
}

/// V.21 as a continuous-phase signal, decided as a sequence with known phase: first error event at a
/// squared distance of 2.41 times the energy of a bit, counted once: an estimate, good to a few tenths of a dB.
pub fn v21_sequence_bound(snr_db: f64) -> f64 {
    const DISTANCE: f64 = 2.41;
    let eb_n0 = maths::exp10(es_n0_db(Opening::V21, snr_db) / 10.0);
    0.5 * maths::erfc((DISTANCE * eb_n0 / 2.0).sqrt())
}

/// V.21 decided bit by bit without known phase: two tones whose correlation over a bit is 0.413
/// (200 Hz apart at 300 baud). The best that the common kind of detector can do.
pub fn v21_single_symbol(snr_db: f64) -> f64 {
    const CORRELATION: f64 = 0.413;
    let eb_n0 = maths::exp10(es_n0_db(Opening::V21, snr_db) / 10.0);
    let root = (1.0 - CORRELATION * CORRELATION).sqrt();
    let (a, b) = ((eb_n0 / 2.0 * (1.0 - root)).sqrt(), (eb_n0 / 2.0 * (1.0 + root)).sqrt());
    marcum_q(a, b) - 0.5 * maths::exp(-(b - a) * (b - a) / 2.0) * scaled_bessel(a * b)
}

/// Q1(a, b), the tail of Rice's distribution, by Simpson's rule.
fn marcum_q(a: f64, b: f64) -> f64 {
    const STEPS: u32 = 2000;
    let density = |x: f64| x * maths::exp(-(x - a) * (x - a) / 2.0) * scaled_bessel(a * x);
    let step = 12.0 / f64::from(STEPS);
    let sum: f64 = (0..=STEPS)
        .map(|n| {
            let weight = if n == 0 || n == STEPS {
                1.0
            } else if n % 2 == 1 {
                4.0
            } else {
                2.0
            };
            weight * density(b + f64::from(n) * step)
        })
        .sum();
    sum * step / 3.0
}

/// exp(-x) times the modified Bessel function of order 0.
fn scaled_bessel(x: f64) -> f64 {
    maths::exp(-x) * crate::stimulus::bessel_i0(x)
}

/// Bit errors and bits of one piece.
fn simulate(modem: &'static Modem, snr_db: f64, piece: u64) -> (u64, u64) {
    let es_n0 = maths::exp10(es_n0_db(modem.opening, snr_db) / 10.0);
    let sigma = (f64::from(modem.mean_power()) / es_n0 / 2.0).sqrt();
    let mut data = Rng::stream(modem.opening.bit_rate().0.into(), Purpose::Data, piece);
    let mut noise = Rng::stream(modem.opening.bit_rate().0.into(), Purpose::Noise, piece);
    let mut encoder = SymbolEncoder::after(modem, Training::Long);
    let mut sent = Vec::with_capacity(PIECE);
    let mut received = Vec::with_capacity(PIECE);
    for _ in 0..PIECE {
        let bits = (data.next_u64() >> (64 - modem.bits_per_symbol)) as u32;
        sent.push(bits);
        let point = encoder.encode(bits);
        let (i, q) = ((sigma * noise.normal()) as f32, (sigma * noise.normal()) as f32);
        received.push(point + Complex::new(i, q));
    }
    let decided = match &modem.coding {
        Coding::Differential(_) => received.iter().map(|z| nearest(modem, *z)).collect(),
        Coding::Trellis(trellis) => most_likely_path(modem, trellis, &received),
    };
    errors(modem, &sent, &decided)
}

/// Decodes the decided points and compares; the first symbols, ahead of which the decoder knows
/// nothing, do not count.
fn errors(modem: &'static Modem, sent: &[u32], decided: &[usize]) -> (u64, u64) {
    const SETTLING: usize = 64;
    let mut coder = Coder::default();
    let mut descrambler = Descrambler::new(modem.scrambler);
    let (mut errors, mut bits) = (0, 0);
    for (n, (sent, point)) in sent.iter().zip(decided).enumerate() {
        let line = coder.decode(&modem.coding, *point);
        let user = descrambler.descramble(line, modem.bits_per_symbol);
        if n >= SETTLING {
            errors += u64::from((user ^ sent).count_ones());
            bits += modem.bits_per_symbol as u64;
        }
    }
    (errors, bits)
}

fn nearest(modem: &Modem, z: Complex) -> usize {
    let mut best = (f32::MAX, 0);
    for (number, (re, im)) in modem.points.iter().enumerate() {
        let distance = (z - Complex::new(*re, *im)).norm_sqr();
        if distance < best.0 {
            best = (distance, number);
        }
    }
    best.1
}

/// One step of the survivors: the state each came from and the point on the way.
type Step = [(u8, u8); 8];

/// Points of the path through the trellis nearest to what was received.
fn most_likely_path(modem: &Modem, trellis: &Trellis, received: &[Complex]) -> Vec<usize> {
    let mut metrics = [0.0_f64; 8];
    let mut steps: Vec<Step> = Vec::with_capacity(received.len());
    let mut decided = Vec::with_capacity(received.len());
    for z in received {
        steps.push(step(modem, trellis, &mut metrics, *z));
        if steps.len() - decided.len() == DEPTH + BATCH {
            trace(&steps, best(&metrics), decided.len() + BATCH, &mut decided);
        }
    }
    trace(&steps, best(&metrics), steps.len(), &mut decided);
    decided
}

/// Lengthens every survivor by one symbol.
fn step(modem: &Modem, trellis: &Trellis, metrics: &mut [f64; 8], z: Complex) -> Step {
    // The nearest point of each of the eight subsets, numbered by the low three bits.
    let mut subset = [(f32::MAX, 0_u8); 8];
    for (number, (re, im)) in modem.points.iter().enumerate() {
        let distance = (z - Complex::new(*re, *im)).norm_sqr();
        if distance < subset[number & 7].0 {
            subset[number & 7] = (distance, number as u8);
        }
    }
    let mut entered = [f64::MAX; 8];
    let mut from = [(0, 0); 8];
    for (state, row) in trellis.next.iter().enumerate() {
        for (y, next) in row.iter().enumerate() {
            let next = usize::from(*next);
            let (distance, point) = subset[next >> 2 | y << 1];
            let metric = metrics[state] + f64::from(distance);
            if metric < entered[next] {
                entered[next] = metric;
                from[next] = (state as u8, point);
            }
        }
    }
    *metrics = entered;
    from
}

fn best(metrics: &[f64; 8]) -> usize {
    (0..8).min_by(|a, b| metrics[*a].total_cmp(&metrics[*b])).unwrap_or(0)
}

/// Follows the survivor of `state` back and decides the symbols up to `end`.
fn trace(steps: &[Step], state: usize, end: usize, decided: &mut Vec<usize>) {
    let begin = decided.len();
    decided.resize(end, 0);
    let mut state = state;
    for n in (begin..steps.len()).rev() {
        let (from, point) = steps[n][state];
        if n < end {
            decided[n] = usize::from(point);
        }
        state = usize::from(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(name: &str) -> Opening {
        name.parse().unwrap()
    }

    /// Points of an independent simulation, read at the SNRs where it gave 1e-3.
    #[test]
    fn the_ideal_curves_pass_where_another_simulation_put_them() {
        for (name, snr) in [
            ("v27ter-2400", 5.8),
            ("v27ter-4800", 12.2),
            ("v29-7200", 13.0),
            ("v29-9600", 16.4),
            ("v17-7200", 10.0),
            ("v17-9600", 13.3),
            ("v17-12000", 16.5),
            ("v17-14400", 19.5),
        ] {
            let ratio = ber(mode(name), snr, 200_000, 2);
            // 0.1 dB of rounding is a factor of about 1.3 here.
            assert!((0.65e-3..1.5e-3).contains(&ratio), "{name}: {ratio:.2e} at {snr} dB");
        }
    }

    #[test]
    fn v21_formulas_pass_their_known_points() {
        for (snr, expected) in [(-5.3, 1e-3), (-3.7, 1e-4)] {
            let ratio = v21_sequence_bound(snr) / expected;
            assert!((0.7..1.4).contains(&ratio), "bound at {snr} dB: {ratio} of {expected}");
        }
        for (snr, expected) in [(1.1, 1e-3), (2.7, 1e-4)] {
            let ratio = v21_single_symbol(snr) / expected;
            assert!((0.7..1.4).contains(&ratio), "single symbol at {snr} dB: {ratio} of {expected}");
        }
    }

    #[test]
    fn without_noise_there_are_no_errors() {
        for opening in Opening::ALL.into_iter().skip(1) {
            assert_eq!(ber(opening, 60.0, 1, 1), 0.0, "{opening}");
        }
    }
}
