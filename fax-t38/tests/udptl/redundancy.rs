//! For redundancy k every run of up to k lost packets is repaired.

use fax_t38::Seq;
use fax_t38::event::Repair;
use fax_t38::udptl::{Class, Copies, Protection, Sender, SenderSettings};

use crate::common::{Bench, Out, at, ifp, in_order, numbered};

/// Our own sender's datagrams from number `first` on, with so many secondaries and no copies.
fn sent(first: u16, depth: u8, packets: u32) -> Vec<Vec<u8>> {
    let mut sender = Sender::new(SenderSettings {
        first: Seq(first),
        peer_max_datagram: 1400,
        protection: Protection::Secondaries { control: depth, image: depth },
        copies: Copies::NONE,
        ..SenderSettings::default()
    });
    let mut buffer = [0; 1500];
    (0..packets)
        .map(|n| {
            sender.submit(at(0), &ifp(u32::from(first) + n), Class::Image).unwrap();
            let length = sender.poll(at(0), &mut buffer).unwrap();
            assert_eq!(sender.poll(at(0), &mut buffer), None);
            buffer[..length].to_vec()
        })
        .collect()
}

#[test]
fn every_loss_run_up_to_the_depth_is_repaired_at_every_place() {
    const PACKETS: u32 = 30;
    for depth in 1..=8 {
        for first in [0, 1, 32_760, 65_530, 65_521, 65_507] {
            let datagrams = sent(first, depth, PACKETS);
            for run in 1..=usize::from(depth) {
                for start in 1..datagrams.len() - run {
                    let mut bench = Bench::new();
                    for (n, datagram) in datagrams.iter().enumerate() {
                        if !(start..start + run).contains(&n) {
                            bench.take(0, datagram).unwrap();
                        }
                    }
                    let expected = in_order(u32::from(first)..u32::from(first) + PACKETS);
                    assert_eq!(
                        bench.drain(),
                        expected,
                        "depth {depth}, {run} lost from {start}, first {first}"
                    );
                    let counters = bench.receiver.counters();
                    assert_eq!((counters.repaired_by_secondary, counters.lost), (run as u32, 0));
                }
            }
        }
    }
}

#[test]
fn a_run_longer_than_the_depth_loses_just_the_excess() {
    for depth in 0..=8 {
        for run in depth + 1..depth + 20 {
            let mut bench = Bench::new();
            bench.take(0, &numbered(0, 0)).unwrap();
            bench.take(0, &numbered(1 + run, depth)).unwrap();
            bench.advance(1000);
            let mut expected = in_order([0]);
            expected.push(Out::Missing(1, Some((run - depth) as u16)));
            expected.extend(in_order(1 + run - depth..2 + run));
            assert_eq!(bench.drain(), expected, "depth {depth}, {run} lost");
        }
    }
}

#[test]
fn a_start_that_was_lost_is_taken_from_the_secondaries_of_the_first_datagram() {
    for depth in 1..=8 {
        for run in 1..=usize::from(depth) {
            let mut bench = Bench::new();
            sent(0, depth, 20)[run..].iter().for_each(|datagram| bench.take(0, datagram).unwrap());
            assert_eq!(bench.drain(), in_order(0..20), "depth {depth}, {run} lost");
        }
    }
}

#[test]
fn a_wrap_at_every_place_and_a_loss_in_it_changes_nothing() {
    for first in 65_476..=65_535_u16 {
        let datagrams = sent(first, 3, 66);
        let mut bench = Bench::new();
        for (n, datagram) in datagrams.iter().enumerate() {
            if n == 0 || n % 4 == 0 {
                bench.take(0, datagram).unwrap();
            }
        }
        let last = u32::from(first) + 64;
        assert_eq!(bench.drain(), in_order(u32::from(first)..=last), "from {first}");
    }
}

/// What RTP brings as parts (RFC 2198) is repaired in the same way.
#[test]
fn parts_are_taken_like_datagrams() {
    let mut bench = Bench::new();
    for n in [0_u32, 1, 4, 5] {
        let secondaries: Vec<_> = (1..=2).filter(|back| *back <= n).map(|back| ifp(n - back)).collect();
        let parts = secondaries.iter().map(Vec::as_slice);
        bench.receiver.take_parts(at(0), Seq(n as u16), &ifp(n), parts).unwrap();
    }
    bench.advance(0);
    assert_eq!(bench.drain(), in_order(0..6));
    let repaired = |n| fax_t38::Event::Repaired { seq: Seq(n), by: Repair::Secondary };
    assert_eq!(bench.events(), [repaired(3), repaired(2)]);
}
