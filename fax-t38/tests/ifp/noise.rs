//! The bodies of the fuzz targets over packets that one octet, one cut or one splice has spoilt.

use fax_t38::Syntax;

use crate::sample::{traces, vectors};

#[path = "../fuzz/ifp.rs"]
mod body;

#[test]
fn no_spoilt_packet_upsets_the_decoder() {
    let mut random = Random(38);
    let mut seeds: Vec<_> = vectors().into_iter().map(|vector| vector.octets).collect();
    seeds.extend(traces().into_iter().flat_map(|(_, packets)| packets.into_iter().step_by(10)));
    for _ in 0..200_000 {
        let mut data = seeds[random.below(seeds.len())].clone();
        for _ in 0..random.below(4) {
            spoil(&mut data, &seeds, &mut random);
        }
        check(&data);
    }
}

#[test]
fn no_three_octets_upset_the_decoder() {
    for word in 0..1_u32 << 16 {
        let [_, _, second, third] = word.to_be_bytes();
        for first in [0x00, 0x20, 0x40, 0x80, 0xC0, 0xC8, 0xD2, 0xE0, 0xFF] {
            check(&[first, second, third]);
        }
    }
}

fn check(data: &[u8]) {
    body::check(data, Syntax::Y1998);
    body::check(data, Syntax::Y2002);
}

fn spoil(data: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(data.len() + 1);
    match random.below(6) {
        0 => data.truncate(at),
        1 => data.insert(at, random.below(256) as u8),
        2 => data.resize(data.len() + random.below(5), 0),
        3 => {
            let other = &seeds[random.below(seeds.len())];
            data.truncate(at);
            data.push(other.len() as u8);
            data.extend(other);
        }
        _ => {
            if let Some(octet) = data.get_mut(at) {
                *octet ^= 1 << random.below(8);
            }
        }
    }
}

/// Xorshift: the same noise in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}
