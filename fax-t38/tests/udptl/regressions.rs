//! Faults that other UDPTL decoders have had, as inputs.

use fax_t38::udptl::{Datagram, REACH};
use fax_t38::{Refusal, Seq};

use crate::common::{Bench, Chance, Out, datagram, ifp, in_order, numbered, v21, with_parity};

/// FreeSWITCH 2026 (b999d2a594): a count in one octet and an array of fixed size.
#[test]
fn no_count_of_elements_is_trusted() {
    for choice in [&[0][..], &[0x80, 1, 1]] {
        for count in 0..=255_u8 {
            let elements = [1, 0x06].repeat(usize::from(count));
            let octets = [&[0, 2, 1, 0x06], choice, &[count], &elements].concat();
            let taken = Datagram::parse(&octets).unwrap().recovery;
            assert_eq!(taken.is_ok(), u16::from(count) <= REACH, "{count}");
            let _ = Bench::locked().take(0, &octets);
        }
    }
}

/// FreeSWITCH 2026: a half-read datagram left lengths behind that a later repair used.
#[test]
fn a_half_read_datagram_leaves_no_trace() {
    let (mut tried, mut untouched) = (Bench::locked(), Bench::locked());
    let whole = with_parity(9, &v21(9), 3, &[vec![1; 300], vec![2; 300], vec![3; 300]]);
    for cut in 0..whole.len() {
        let _ = tried.take(0, &whole[..cut].iter().map(|octet| octet | 0xC0).collect::<Vec<_>>());
    }
    assert_eq!(tried.receiver.counters().received, untouched.receiver.counters().received);
    for n in [3, 4, 6] {
        let next = with_parity(n, &v21(n as u8), 2, &[vec![0; 6]]);
        tried.take(100, &next).unwrap();
        untouched.take(100, &next).unwrap();
    }
    tried.advance(2000);
    untouched.advance(2000);
    assert_eq!(tried.drain(), untouched.drain());
}

/// FreeSWITCH 2015 and 2013: an element longer than the slot it is copied to.
#[test]
fn elements_of_any_length_are_taken_whole_or_not_at_all() {
    for length in [1, 127, 128, 255, 256, 1000, 1380] {
        let mut bench = Bench::locked();
        let secondary = [&[0xD0, 1, 0xE0][..], &(length as u16 - 1).to_be_bytes(), &vec![5; length]].concat();
        bench.take(0, &datagram(3, &[0x06], core::slice::from_ref(&secondary))).unwrap();
        assert_eq!(bench.drain(), [Out::Ifp(2, secondary), Out::Ifp(3, vec![0x06])]);
        let mut bench = Bench::locked();
        bench.take(0, &with_parity(3, &[0x06], 1, &[vec![0xFF; length]])).unwrap();
        bench.advance(1000);
        assert_eq!(bench.drain(), [Out::Missing(2, Some(1)), Out::Ifp(3, vec![0x06])]);
    }
}

/// AST-2011-002: lengths of 16k and more.
#[test]
fn lengths_of_every_class_are_bounded_by_what_is_there() {
    for first in 0..=255_u8 {
        for second in [0, 1, 0x7F, 0x80, 0xFF] {
            for place in [
                &[0, 2][..],
                &[0, 2, 1, 6, 0],
                &[0, 2, 1, 6, 0, 1],
                &[0, 2, 1, 6, 0x80],
                &[0, 2, 1, 6, 0x80, 1, 1],
            ] {
                let octets = [place, &[first, second], &[6; 40]].concat();
                let parsed = Datagram::parse(&octets);
                if let Ok(Ok(_)) = parsed.map(|d| d.recovery) {
                    assert!(parsed.unwrap().primary.len() < octets.len());
                }
                let _ = Bench::locked().take(0, &octets);
            }
        }
    }
}

/// AST-2016-003 and 2012 (a2068c3db6): gaps, and empty elements where the ring was never filled.
#[test]
fn gaps_and_empty_elements_never_become_packets() {
    let mut chance = Chance::new(2016);
    for _ in 0..200 {
        let (mut bench, mut n) = (Bench::new(), 0_u32);
        for step in 0..60 {
            n += 1 + chance.below(6) as u32;
            let secondaries: Vec<_> = (1..=chance.below(8) as u32)
                .map(|back| if chance.below(2) == 0 || back > n { vec![] } else { ifp(n - back) })
                .collect();
            bench.take(step * 30, &datagram(n as u16, &ifp(n), &secondaries)).unwrap();
        }
        bench.advance(10_000);
        for out in bench.drain() {
            let Out::Ifp(seq, octets) = out else { continue };
            assert_eq!(octets, ifp(u32::from(seq)));
        }
    }
}

/// Asterisk 2014 (f27074eeb7): parity repaired "packet -4".
#[test]
fn parity_that_reaches_below_the_start_repairs_nothing_there() {
    for first in [0, 1, 2, 65_535] {
        for (span, rows) in [(1, 1), (3, 3), (5, 5), (3, 5), (12, 5)] {
            let mut bench = Bench::new();
            for n in first..first + 9 {
                let garbage = vec![v21(0x55); rows];
                bench.take(0, &with_parity(n as u16, &ifp(n), span, &garbage)).unwrap();
            }
            bench.advance(1000);
            assert_eq!(bench.drain(), in_order(first..first + 9), "{span} x {rows} from {first}");
        }
    }
}

/// Asterisk 2019 (084901d548): packets lost at every wrap.
#[test]
fn two_hundred_thousand_packets_lose_nothing_across_the_wraps() {
    for depth in [0, 3] {
        let mut bench = Bench::new();
        let mut delivered = 0;
        for n in 0..200_000 {
            bench.take(u64::from(n) * 30, &numbered(n, depth)).unwrap();
            assert_eq!(bench.drain(), in_order([n]));
            delivered += 1;
        }
        assert_eq!((delivered, bench.receiver.counters().lost), (200_000, 0));
    }
}

/// FreeSWITCH (compare FS-8891): with FFFF lost 0000 was thrown away, and a late FFFF ran a loop of
/// 65 000 steps.
#[test]
fn a_late_packet_from_before_the_wrap_costs_nothing() {
    let mut bench = Bench::new();
    for n in [65_533, 65_534, 65_536, 65_537] {
        bench.take(0, &numbered(n, 0).to_vec()).unwrap_or_else(|refusal| panic!("{n}: {refusal}"));
    }
    bench.advance(500);
    bench.take(500, &datagram(65_535, &ifp(65_535), &[])).unwrap();
    bench.take(500, &numbered(65_538, 0)).unwrap();
    let mut expected = in_order(65_533..65_539);
    expected[2] = Out::Missing(65_535, Some(1));
    assert_eq!(bench.drain(), expected);
    assert_eq!(bench.receiver.counters().late, 1);
}

/// Media injection: one forged datagram must not rewrite what was said or what is held.
#[test]
fn no_secondary_replaces_a_packet_that_is_here() {
    let mut bench = Bench::locked();
    bench.take(0, &datagram(3, &v21(3), &[])).unwrap();
    bench.take(0, &datagram(4, &v21(4), &[v21(0x66), v21(0x66), v21(0x66), v21(0x66)])).unwrap();
    assert_eq!(bench.drain(), [Out::Ifp(2, v21(0x66)), Out::Ifp(3, v21(3)), Out::Ifp(4, v21(4))]);
}

/// A replay of the whole call is without effect while the call goes on.
#[test]
fn a_replayed_call_is_late_and_nothing_else() {
    let mut bench = Bench::new();
    for n in 0..1000 {
        bench.take(0, &numbered(n, 3)).unwrap();
        bench.take(0, &numbered(n / 2, 3)).unwrap();
    }
    assert_eq!(bench.drain(), in_order(0..1000));
    assert_eq!(bench.receiver.counters().restarts, 0);
}

/// Spoofed numbers with the peer's address: a flood of packets that are out of reach neither moves the
/// stream nor pushes out what is held.
#[test]
fn a_flood_of_forged_numbers_out_of_reach_changes_nothing() {
    let mut bench = Bench::holding(crate::common::ms(500));
    bench.take(0, &numbered(0, 0)).unwrap();
    bench.take(0, &numbered(1, 0)).unwrap();
    bench.take(0, &numbered(3, 0)).unwrap();
    let huge = [&[0xD0, 1, 0xE0, 0x04, 0xFF][..], &[9; 0x500]].concat();
    for n in 0..1000_u32 {
        let forged = 100 + (n * 7919) % 63_000;
        assert!(bench.take(u64::from(n) / 10, &datagram(forged as u16, &huge, &[])).is_err());
    }
    bench.take(200, &numbered(2, 0)).unwrap();
    assert_eq!(bench.drain(), in_order(0..4));
}

/// A datagram that ends behind its number, or has an empty primary, is none.
#[test]
fn the_shortest_datagrams_are_refused() {
    let mut bench = Bench::locked();
    for octets in [&[][..], &[0], &[0, 2], &[0, 2, 0], &[0, 2, 0, 0, 0], &[0, 2, 1]] {
        assert!(bench.take(0, octets).is_err(), "{octets:x?}");
    }
    let empty = bench.receiver.take_parts(fax_core::Timestamp::ZERO, Seq(2), &[], core::iter::empty());
    assert_eq!(empty, Err(Refusal::Empty));
}
