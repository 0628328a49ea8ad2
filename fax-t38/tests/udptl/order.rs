//! Reordering, lateness and repeats: what the receiver waits for, and how long.

use fax_t38::udptl::ReceiverSettings;

use crate::common::{Bench, Chance, Out, at, datagram, ifp, in_order, ms, numbered, v21};

/// Packets of a stream with their times of arrival, sorted by these.
fn arrivals(mut packets: Vec<(u64, Vec<u8>)>) -> Vec<(u64, Vec<u8>)> {
    packets.sort_by_key(|(millis, _)| *millis);
    packets
}

#[test]
fn what_comes_in_order_is_never_held() {
    let mut bench = Bench::holding(ms(700));
    for n in 0..1000 {
        bench.take(u64::from(n) * 30, &numbered(n, 0)).unwrap();
        assert_eq!(bench.drain(), in_order([n]));
        assert_eq!(bench.receiver.deadline(), None);
    }
}

/// UTL-6.
#[test]
fn reordering_within_the_hold_time_loses_nothing() {
    for jitter in [20, 60, 120, 300, 700] {
        for seed in 0..20 {
            let (mut chance, mut bench) = (Chance::new(seed), Bench::holding(ms(jitter)));
            // The very first packet sets the count, so it is not late.
            let late = |n: u32, chance: &mut Chance| if n == 0 { 0 } else { chance.below(jitter) };
            let packets = (0..300_u32).map(|n| (u64::from(n) * 30 + late(n, &mut chance), numbered(n, 0)));
            for (millis, packet) in arrivals(packets.collect()) {
                bench.advance(millis);
                bench.take(millis, &packet).unwrap();
            }
            assert_eq!(bench.drain(), in_order(0..300), "jitter {jitter} ms, seed {seed}");
            assert_eq!(bench.receiver.counters().lost, 0);
        }
    }
}

/// Lever L5: 60 ms at first, and as long as needed once lateness was seen.
#[test]
fn the_hold_time_grows_with_the_jitter_that_is_measured() {
    for seed in 0..20 {
        let (mut chance, mut bench) = (Chance::new(seed), Bench::new());
        let packets = (0..2000_u32).map(|n| (u64::from(n) * 30 + chance.below(250), numbered(n, 0)));
        for (millis, packet) in arrivals(packets.collect()) {
            bench.advance(millis);
            let _ = bench.take(millis, &packet);
        }
        let lost = bench.receiver.counters().lost;
        let tail: Vec<_> = bench.drain().into_iter().rev().take(1900).collect();
        assert!(lost <= 6, "{lost} lost while learning, seed {seed}");
        assert!(tail.iter().all(|out| matches!(out, Out::Ifp(..))), "lost after learning, seed {seed}");
    }
}

/// Lever L5: a peer that sends control packets again with spacing is waited for.
#[test]
fn a_peer_that_repeats_with_spacing_is_waited_for() {
    let mut bench = Bench::locked();
    for n in 2..4_u16 {
        let millis = u64::from(n) * 30;
        bench.take(millis, &datagram(n, &v21(n as u8), &[])).unwrap();
        bench.take(millis + 200, &datagram(n, &v21(n as u8), &[])).unwrap();
    }
    bench.drain();
    bench.take(1030, &datagram(5, &v21(5), &[])).unwrap(); // 4 is lost at 1000
    bench.advance(1200);
    assert_eq!(bench.drain(), []);
    bench.take(1200, &datagram(4, &v21(4), &[])).unwrap();
    assert_eq!(bench.drain(), [Out::Ifp(4, v21(4)), Out::Ifp(5, v21(5))]);
}

#[test]
fn image_data_is_not_held_for_repeats_that_only_control_packets_have() {
    let mut bench = Bench::locked();
    bench.take(200, &datagram(1, &v21(1), &[])).unwrap();
    bench.take(300, &datagram(2, &ifp(2), &[])).unwrap();
    bench.take(360, &datagram(4, &ifp(4), &[])).unwrap();
    assert_eq!(bench.receiver.deadline(), Some(at(420)));
}

/// UTL-6.
#[test]
fn a_late_packet_that_was_given_up_is_counted_and_never_handed_out() {
    let mut bench = Bench::locked();
    bench.take(0, &datagram(3, &v21(3), &[])).unwrap();
    bench.advance(100);
    bench.take(110, &datagram(2, &v21(2), &[])).unwrap();
    assert_eq!(bench.drain(), [Out::Missing(2, Some(1)), Out::Ifp(3, v21(3))]);
    assert_eq!(bench.receiver.counters().late, 1);
    // And the next one that is as late is waited for.
    bench.take(200, &datagram(5, &v21(5), &[])).unwrap();
    bench.advance(310);
    bench.take(310, &datagram(4, &v21(4), &[])).unwrap();
    assert_eq!(bench.drain(), [Out::Ifp(4, v21(4)), Out::Ifp(5, v21(5))]);
}

#[test]
fn a_late_original_still_brings_the_secondaries_that_it_carries() {
    let mut bench = Bench::locked();
    bench.take(0, &datagram(4, &v21(4), &[v21(3)])).unwrap();
    assert_eq!(bench.drain(), []);
    bench.take(10, &datagram(3, &v21(3), &[v21(2)])).unwrap();
    assert_eq!(bench.drain(), [Out::Ifp(2, v21(2)), Out::Ifp(3, v21(3)), Out::Ifp(4, v21(4))]);
}

/// UTL-6.
#[test]
fn each_hole_is_given_up_in_its_own_time_and_in_order() {
    let mut bench = Bench::locked();
    bench.take(0, &datagram(3, &v21(3), &[])).unwrap();
    bench.take(40, &datagram(6, &v21(6), &[])).unwrap();
    bench.advance(60);
    assert_eq!(bench.drain(), [Out::Missing(2, Some(1)), Out::Ifp(3, v21(3))]);
    bench.advance(99);
    assert_eq!(bench.drain(), []);
    bench.advance(100);
    assert_eq!(bench.drain(), [Out::Missing(4, Some(2)), Out::Ifp(6, v21(6))]);
}

#[test]
fn no_more_than_32_packets_are_held() {
    let mut bench = Bench::holding(ms(100_000));
    bench.take(0, &numbered(0, 0)).unwrap();
    (2..34).for_each(|n| bench.take(0, &numbered(n, 0)).unwrap());
    assert_eq!(bench.drain(), in_order([0]));
    bench.take(0, &numbered(34, 0)).unwrap();
    let mut expected = vec![Out::Missing(1, Some(1))];
    expected.extend(in_order(2..35));
    assert_eq!(bench.drain(), expected);
}

/// A single number that far ahead may be forged; what follows it, or its copy a little later, proves it.
#[test]
fn a_hole_wider_than_the_window_is_one_loss_of_known_extent_once_it_is_confirmed() {
    for confirmation in [1500, 1501, 1502] {
        let mut bench = Bench::locked();
        bench.take(0, &datagram(4, &v21(4), &[])).unwrap();
        assert!(bench.take(30, &datagram(1500, &v21(15), &[])).is_err());
        bench.take(60, &datagram(confirmation, &v21(15), &[])).unwrap();
        bench.advance(1000);
        let head = [
            Out::Missing(2, Some(2)),
            Out::Ifp(4, v21(4)),
            Out::Missing(5, Some(1495)),
            Out::Ifp(1500, v21(15)),
        ];
        let lost_between = u32::from(confirmation == 1502);
        let out: Vec<_> = joined(bench.drain());
        assert_eq!(out[..4], head, "confirmed by {confirmation}");
        assert_eq!(
            (bench.receiver.counters().lost, bench.receiver.counters().restarts),
            (1497 + lost_between, 0)
        );
    }
}

/// Losses one after the other as one.
fn joined(out: Vec<Out>) -> Vec<Out> {
    out.into_iter().fold(Vec::new(), |mut joined, next| {
        match (joined.last_mut(), &next) {
            (Some(Out::Missing(_, Some(packets))), Out::Missing(_, Some(more))) => *packets += more,
            _ => joined.push(next),
        }
        joined
    })
}

/// What nobody fetches becomes missing, the oldest first; order and count stay right.
#[test]
fn an_owner_that_does_not_fetch_loses_packets_but_not_their_count() {
    let mut bench = Bench::with(ReceiverSettings::default());
    (0..1000).for_each(|n| bench.receiver.take(at(u64::from(n) * 30), &numbered(n, 2)).unwrap());
    bench.advance(1_000_000);
    let out = bench.drain();
    assert_eq!(out.first(), Some(&Out::Missing(0, Some(873))));
    assert_eq!(out[1..], in_order(873..1000));
    assert_eq!(bench.receiver.counters().overflowed, 873);
}

/// Packets of image data of almost a whole datagram.
fn large(number: u16) -> Vec<u8> {
    let [high, low] = 1300_u16.to_be_bytes();
    let mut octets = vec![0xD0, 1, 0xE0, high, low];
    octets.resize(5 + 1301, number as u8);
    octets
}

/// A hole that is held open for a second costs none of the packets behind it, however large they are: it
/// is given up when they would no longer find room.
#[test]
fn large_packets_behind_a_hole_cost_the_hole_its_time_and_no_packet() {
    let mut bench = Bench::holding(ms(1000));
    bench.take(0, &datagram(0, &large(0), &[])).unwrap();
    let mut given_up_at = None;
    for n in 2..32_u16 {
        bench.take(30 * u64::from(n), &datagram(n, &large(n), &[])).unwrap();
        if bench.out.len() > 1 && given_up_at.is_none() {
            given_up_at = Some(n);
        }
    }
    let mut wanted: Vec<Out> = (0..32).map(|n| Out::Ifp(n, large(n))).collect();
    wanted[1] = Out::Missing(1, Some(1));
    assert_eq!(bench.drain(), wanted);
    assert!(matches!(given_up_at, Some(6..=9)), "{given_up_at:?}");
    let counters = bench.receiver.counters();
    assert_eq!((counters.lost, counters.overflowed), (1, 0));
}

/// If nobody fetches them they push each other out, and each that is gone is counted.
#[test]
fn large_packets_that_nobody_fetches_become_missing_from_the_oldest_on() {
    let mut bench = Bench::new();
    for n in 0..40_u16 {
        bench.receiver.take(at(30 * u64::from(n)), &datagram(n, &large(n), &[])).unwrap();
    }
    bench.advance(5000);
    let out = bench.drain();
    let kept = out.iter().filter(|one| matches!(one, Out::Ifp(..))).count();
    assert!((6..=9).contains(&kept), "{kept} kept");
    let newest: Vec<Out> = (40 - kept as u16..40).map(|n| Out::Ifp(n, large(n))).collect();
    assert_eq!(out[out.len() - kept..], newest);
    assert_eq!(bench.receiver.counters().overflowed, 40 - kept as u32);
}

#[test]
fn duplicates_and_reordering_together_hand_out_each_number_once() {
    for seed in 0..50 {
        let (mut chance, mut bench) = (Chance::new(seed), Bench::holding(ms(300)));
        let mut packets = Vec::new();
        for n in 0..300_u32 {
            for _ in 0..=chance.below(3) {
                let late = if n == 0 { 0 } else { chance.below(300) };
                packets.push((u64::from(n) * 30 + late, numbered(n, chance.below(4) as u32)));
            }
        }
        for (millis, packet) in arrivals(packets) {
            bench.advance(millis);
            bench.take(millis, &packet).unwrap();
        }
        assert_eq!(bench.drain(), in_order(0..300), "seed {seed}");
    }
}

/// The first packet sets the count. What it overtook is late, and no new beginning.
#[test]
fn what_the_first_packet_overtook_is_late() {
    let mut bench = Bench::new();
    for n in [10, 8, 9, 11, 12] {
        bench.take(0, &numbered(n, 0)).unwrap();
    }
    assert_eq!(bench.drain(), in_order([10, 11, 12]));
    assert_eq!((bench.receiver.counters().late, bench.receiver.counters().restarts), (2, 0));
}

/// Jitter is learned while the command before a page is heard, so that the page loses hardly anything.
#[test]
fn what_control_frames_have_shown_of_the_network_serves_the_page_behind_them() {
    const CONTROL: u32 = 80;
    let mut lost = Vec::new();
    for jitter in [60, 120, 300] {
        let mut on_page = 0;
        for seed in 0..50 {
            let (mut chance, mut bench) = (Chance::new(seed), Bench::new());
            let packets = (0..CONTROL + 500).map(|n| {
                let ifp = if n < CONTROL { v21(n as u8) } else { ifp(n) };
                (u64::from(n) * 30 + chance.below(jitter), datagram(n as u16, &ifp, &[]))
            });
            for (millis, packet) in arrivals(packets.collect()) {
                bench.advance(millis);
                let _ = bench.take(millis, &packet);
            }
            on_page += bench
                .drain()
                .iter()
                .filter(|out| matches!(out, Out::Missing(from, _) if *from >= 80))
                .count();
        }
        lost.push(on_page);
    }
    assert_eq!(lost, [0, 0, 0], "losses in 50 pages at jitters of 60, 120 and 300 ms");
}
