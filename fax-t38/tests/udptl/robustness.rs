//! Noise, and what a refusal must leave as it was.

use fax_t38::Refusal;
use fax_t38::udptl::Receiver;
use proptest::prelude::*;

use crate::common::{Bench, Chance, at, datagram, ifp, numbered, with_parity};

#[path = "../fuzz/udptl.rs"]
mod fuzz;

/// Seeds, and scripts that grow from them.
#[test]
fn no_script_of_datagrams_breaks_an_invariant() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/udptl");
    let mut seeds: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    let seeds: Vec<_> = seeds.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(!seeds.is_empty());
    seeds.iter().for_each(|seed| fuzz::check(seed));
    let mut chance = Chance::new(38);
    for n in 0..20_000 {
        let mut script = match n % 3 {
            0 => (0..chance.below(300)).map(|_| chance.next() as u8).collect(),
            _ => seeds[chance.below(seeds.len() as u64) as usize].clone(),
        };
        for _ in 0..chance.below(12) {
            let place = chance.below(script.len() as u64 + 1) as usize;
            match chance.below(4) {
                0 => script.insert(place, chance.next() as u8),
                1 => script.truncate(place.max(2)),
                2 => script.extend_from_within(place..),
                _ => script.iter_mut().skip(place).take(1).for_each(|octet| *octet ^= 1 << chance.below(8)),
            }
            script.truncate(2000);
        }
        fuzz::check(&script);
    }
}

/// The state as text, without the counters.
fn state(receiver: &Receiver) -> String {
    let text = format!("{receiver:?}");
    let (before, rest) = text.split_once("counters: Counters {").unwrap();
    let (_, after) = rest.split_once('}').unwrap();
    [before, after].concat()
}

/// Octets that are nearly a datagram.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let whole = (any::<u8>(), 0..4_u32, 0..6_u8).prop_map(|(n, depth, parity)| match parity {
        0 => with_parity(u16::from(n), &ifp(u32::from(n)), 2, &[vec![n; 9], vec![1; 20]]),
        _ => numbered(u32::from(n), depth),
    });
    let harm = (any::<prop::sample::Index>(), any::<u8>(), 0..4_u8);
    (whole, prop::collection::vec(harm, 0..4)).prop_map(|(mut octets, harms)| {
        for (place, value, kind) in harms {
            let place = place.index(octets.len());
            match kind {
                0 => octets.truncate(place.max(1)),
                1 => octets.push(value),
                _ => octets[place] = value,
            }
        }
        octets
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(3), ..ProptestConfig::default() })]

    #[test]
    fn a_refused_datagram_leaves_the_state_as_it_was(
        history in prop::collection::vec((0..90_u64, nearly()), 0..40),
        tried in nearly(),
        noise in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let mut bench = Bench::new();
        let mut now = 0;
        for (pause, octets) in history {
            now += pause;
            bench.advance(now);
            let _ = bench.take(now, &octets);
        }
        for octets in [tried, noise] {
            let before = state(&bench.receiver);
            let counted = *bench.receiver.counters();
            if let Err(refusal) = bench.receiver.take(at(now), &octets)
                && refusal != Refusal::UnconfirmedJump
            {
                prop_assert_eq!(before, state(&bench.receiver));
                prop_assert_eq!(bench.receiver.counters().refused(refusal), counted.refused(refusal) + 1);
                prop_assert_eq!(bench.receiver.counters().received, counted.received);
            }
        }
    }
}

/// An unconfirmed jump is remembered, and changes nothing that comes out.
#[test]
fn a_jump_that_is_not_confirmed_changes_nothing_that_is_handed_out() {
    let (mut tried, mut untouched) = (Bench::locked(), Bench::locked());
    for n in 2..200_u16 {
        assert!(tried.take(u64::from(n), &datagram(n + 20_000 + n % 2 * 9000, &ifp(1), &[])).is_err());
        if n % 3 != 0 {
            tried.take(u64::from(n), &numbered(u32::from(n), 1)).unwrap();
            untouched.take(u64::from(n), &numbered(u32::from(n), 1)).unwrap();
        }
    }
    assert_eq!(tried.drain(), untouched.drain());
}

/// Debug output and events show lengths and numbers; packets are personal data.
#[test]
fn no_octet_of_a_packet_is_shown() {
    let mut bench = Bench::locked();
    let secret = [&[0xD0, 1, 0xE0, 0, 9][..], b"0123456789"].concat();
    bench.receiver.take(at(0), &datagram(2, &secret, &[])).unwrap();
    let mut sender = fax_t38::udptl::Sender::new(Default::default());
    sender.submit(at(0), &secret, fax_t38::udptl::Class::Image).unwrap();
    for text in
        [format!("{:?}", bench.receiver), format!("{sender:?}"), format!("{:?}", bench.receiver.next())]
    {
        assert!(!text.contains("48, 49, 50") && text.len() < 20_000, "{} characters", text.len());
    }
    let octets = datagram(2, &secret, core::slice::from_ref(&secret));
    assert!(!format!("{:?}", fax_t38::udptl::Datagram::parse(&octets)).contains("48, 49, 50"));
}
