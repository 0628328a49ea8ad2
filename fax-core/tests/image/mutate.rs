//! Damage as lines do it, and as they do not.

use crate::pages::Noise;

/// Bits flipped, octets lost, repeated, set to anything.
pub(crate) fn mutated(good: &[u8], noise: &mut Noise) -> Vec<u8> {
    let mut octets = good.to_vec();
    for _ in 0..=noise.below(8) {
        let at = noise.below(octets.len() as u64) as usize;
        let length = (noise.below(9) as usize).min(octets.len() - at);
        match noise.below(5) {
            0 | 1 => octets[at] ^= 1 << noise.below(8),
            2 => octets[at] = noise.next(),
            3 if octets.len() > 20 => drop(octets.drain(at..at + length)),
            _ => {
                let again = octets[at..at + length].to_vec();
                octets.splice(at..at, again);
            }
        }
    }
    octets
}
