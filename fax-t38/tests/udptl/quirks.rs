//! What turns up on the wire: one test or more for each field note, named by its id.

use fax_t38::event::Repair;
use fax_t38::udptl::{Datagram, Lengths, Recovery};
use fax_t38::{Event, Refusal};

use crate::common::{Bench, Out, at, datagram, ifp, in_order, numbered, seq, v21, with_parity};

const RTP: [u8; 172] = {
    let mut packet = [0xD5; 172];
    (packet[0], packet[1], packet[2], packet[3]) = (0x80, 0x08, 0x00, 0x05);
    packet
};

/// UTL-1.
#[test]
fn a_stream_may_begin_at_any_number() {
    for first in [0, 1, 255, 256, 32_767, 32_768, 40_000, 65_534, 65_535] {
        let mut bench = Bench::new();
        for n in first..first + 4 {
            bench.take(0, &datagram(n as u16, &ifp(n), &[])).unwrap();
        }
        assert_eq!(bench.drain(), in_order(first..first + 4), "from {first}");
        assert_eq!(bench.receiver.counters().lost, 0);
    }
}

/// UTL-2.
#[test]
fn rtp_rtcp_stun_and_dtls_are_told_from_udptl_and_change_nothing() {
    let stun =
        [0, 1, 0, 8, 0x21, 0x12, 0xA4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 0, 4, 0, 0, 0, 1];
    let dtls = [22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5];
    let rtcp = [0x80, 201, 0, 1, 1, 2, 3, 4, 0, 0, 0, 0];
    for mut bench in [Bench::new(), Bench::locked()] {
        for foreign in [&RTP[..], &stun, &dtls, &rtcp] {
            assert_eq!(bench.take(0, foreign), Err(Refusal::OtherProtocol), "{:x?}", &foreign[..4]);
        }
        assert_eq!(bench.drain(), []);
        assert_eq!(bench.receiver.counters().refused(Refusal::OtherProtocol), 4);
    }
}

/// UTL-2.
#[test]
fn before_the_stream_is_known_only_whole_datagrams_with_a_packet_inside_are_taken() {
    let good = datagram(7, &v21(1), &[v21(0)]);
    let mut bench = Bench::new();
    for (broken, refusal) in [
        (good[..good.len() - 1].to_vec(), Refusal::Truncated),
        ([&good[..], &[0]].concat(), Refusal::Trailing),
        (datagram(7, &[0xFF, 0xFF, 0xFF], &[]), Refusal::NotIfp),
    ] {
        assert_eq!(bench.take(0, &broken), Err(refusal));
        assert!(!bench.receiver.is_locked());
    }
    bench.take(0, &good).unwrap();
    assert!(!bench.receiver.is_locked());
    bench.take(0, &datagram(8, &v21(2), &[])).unwrap();
    assert!(bench.receiver.is_locked());
    assert_eq!(bench.drain(), [Out::Ifp(6, v21(0)), Out::Ifp(7, v21(1)), Out::Ifp(8, v21(2))]);
}

/// UTL-2: audio of the old call goes on for a while after the switch.
#[test]
fn late_audio_between_datagrams_is_no_loss() {
    let mut bench = Bench::new();
    for n in 0..50 {
        bench.take(u64::from(n) * 30, &numbered(n, 0)).unwrap();
        let mut rtp = RTP;
        rtp[3] = n as u8;
        assert!(bench.take(u64::from(n) * 30 + 10, &rtp).is_err());
    }
    assert_eq!(bench.drain(), in_order(0..50));
}

/// UTL-3.
#[test]
fn the_wrap_is_a_step_like_any_other_also_with_a_loss_at_it() {
    for lost in [65_534, 65_535, 65_536, 65_537] {
        let mut bench = Bench::new();
        for n in (65_530..65_545).filter(|n| *n != lost) {
            bench.take(0, &numbered(n, if n == 65_530 { 0 } else { 1 })).unwrap();
        }
        assert_eq!(bench.drain(), in_order(65_530..65_545), "{lost} lost");
    }
}

/// UTL-3: the numbers go from FFFF to 0001.
#[test]
fn a_roll_that_leaves_out_zero_costs_one_missing_packet_and_no_wrong_one() {
    let mut bench = Bench::new();
    let skip = |n: u32| if n <= 0xFFFF { n as u16 } else { (n + 1) as u16 };
    for n in 65_530..65_550_u32 {
        let secondaries: Vec<_> =
            (1..=3).map(|back| ifp(n - back)).take(if n == 65_530 { 0 } else { 3 }).collect();
        bench.take(u64::from(n - 65_530) * 30, &datagram(skip(n), &ifp(n), &secondaries)).unwrap();
    }
    let mut expected: Vec<_> = (65_530..65_550).map(|n| Out::Ifp(skip(n), ifp(n))).collect();
    expected.insert(6, Out::Missing(0, Some(1)));
    assert_eq!(bench.drain(), expected);
}

/// UTL-4, IFP-1.
#[test]
fn the_same_number_again_is_dropped_and_counted_and_no_loss() {
    let mut bench = Bench::new();
    for millis in [0, 0, 0, 100, 200, 15_000] {
        bench.take(millis, &datagram(0, &[0x06], &[])).unwrap();
    }
    bench.take(15_001, &datagram(1, &v21(0xFF), &[vec![0x06]])).unwrap();
    assert_eq!(bench.drain(), [Out::Ifp(0, vec![0x06]), Out::Ifp(1, v21(0xFF))]);
    let counters = bench.receiver.counters();
    assert_eq!((counters.received, counters.duplicates, counters.lost), (7, 5, 0));
}

/// UTL-4: what differs under a number that was delivered is not believed.
#[test]
fn a_number_keeps_the_packet_that_came_first() {
    let mut bench = Bench::locked();
    bench.take(0, &datagram(1, &v21(0x99), &[])).unwrap();
    bench.take(0, &datagram(2, &v21(2), &[v21(0x99), v21(0x98)])).unwrap();
    assert_eq!(bench.drain(), [Out::Ifp(2, v21(2))]);
}

/// UTL-5, IFP-6: this layer cannot tell, so it must do no harm.
#[test]
fn repeats_under_new_numbers_are_packets_like_others() {
    let mut bench = Bench::locked();
    for n in 2..5 {
        bench.take(0, &datagram(n, &[0xC0, 1, 0x40], &[])).unwrap();
    }
    assert_eq!(bench.drain().len(), 3);
}

/// UTL-6.
#[test]
fn a_missing_packet_never_stalls_the_stream() {
    let mut bench = Bench::locked();
    bench.take(100, &datagram(3, &v21(3), &[])).unwrap();
    assert_eq!((bench.drain(), bench.receiver.deadline()), (vec![], Some(at(160))));
    bench.advance(159);
    assert_eq!(bench.drain(), []);
    bench.advance(160);
    assert_eq!(bench.drain(), [Out::Missing(2, Some(1)), Out::Ifp(3, v21(3))]);
    assert_eq!(bench.events(), [Event::Lost { from: seq(2), packets: Some(1) }]);
}

/// UTL-7.
#[test]
fn a_jump_is_believed_when_a_second_packet_confirms_it_and_the_first_is_not_lost() {
    let mut bench = Bench::locked();
    assert_eq!(bench.take(10, &datagram(30_000, &v21(30), &[])), Err(Refusal::UnconfirmedJump));
    bench.take(20, &datagram(30_001, &v21(31), &[])).unwrap();
    let expected = [Out::Missing(2, None), Out::Ifp(30_000, v21(30)), Out::Ifp(30_001, v21(31))];
    assert_eq!(bench.drain(), expected);
    assert_eq!(bench.receiver.counters().restarts, 1);
    let (lost, restarted) =
        (Event::Lost { from: seq(2), packets: None }, Event::Restarted { at: seq(30_000) });
    assert_eq!(bench.events(), [lost, restarted]);
}

/// UTL-7.
#[test]
fn a_single_stray_packet_does_not_move_the_stream() {
    let mut bench = Bench::locked();
    for n in 2..50_u16 {
        assert!(bench.take(0, &datagram(0x4000 + (n.wrapping_mul(2311) & 0x7FFF), &v21(0xEE), &[])).is_err());
        bench.take(0, &datagram(n, &v21(n as u8), &[])).unwrap();
    }
    let expected: Vec<_> = (2..50).map(|n| Out::Ifp(n, v21(n as u8))).collect();
    assert_eq!((bench.drain(), bench.receiver.counters().restarts), (expected, 0));
}

/// UTL-7: the peer has begun anew at 0 while our count was still small.
#[test]
fn a_stream_that_begins_again_below_the_window_is_followed_after_some_packets() {
    let mut bench = Bench::new();
    (0..500).for_each(|n| bench.take(0, &numbered(n, 0)).unwrap());
    bench.drain();
    (0..20).for_each(|n| bench.take(0, &numbered(n, 0)).unwrap());
    let mut expected = vec![Out::Missing(500, None)];
    expected.extend(in_order(6..20));
    assert_eq!(bench.drain(), expected);
}

/// UTL-8.
#[test]
fn an_empty_secondary_keeps_its_place_in_the_numbering_and_is_no_packet() {
    let mut bench = Bench::locked();
    bench.take(0, &datagram(5, &v21(5), &[vec![], v21(3), vec![]])).unwrap();
    bench.advance(1000);
    let missing = |n| Out::Missing(n, Some(1));
    assert_eq!(bench.drain(), [missing(2), Out::Ifp(3, v21(3)), missing(4), Out::Ifp(5, v21(5))]);
}

/// UTL-9.
#[test]
fn the_first_secondary_is_the_packet_just_before() {
    let mut bench = Bench::locked();
    bench.take(0, &datagram(4, &v21(4), &[v21(3), v21(2)])).unwrap();
    assert_eq!(bench.drain(), [Out::Ifp(2, v21(2)), Out::Ifp(3, v21(3)), Out::Ifp(4, v21(4))]);
}

/// UTL-10.
#[test]
fn the_number_of_secondaries_may_change_with_every_datagram() {
    let mut bench = Bench::new();
    for (n, depth) in [(0, 0), (1, 1), (4, 2), (5, 0), (13, 7), (30, 16), (40, 20)] {
        bench.take(0, &numbered(n, depth)).unwrap();
    }
    bench.advance(1000);
    let lost: Vec<_> = bench.drain().into_iter().filter(|out| matches!(out, Out::Missing(..))).collect();
    assert_eq!(lost, [], "every hole was as deep as the datagram behind it");
}

/// UTL-11.
#[test]
fn redundancy_and_parity_may_alternate_and_either_repairs() {
    let mut bench = Bench::locked();
    let row = |a: &[u8], b: &[u8]| a.iter().zip(b).map(|(a, b)| a ^ b).collect::<Vec<_>>();
    bench.take(0, &datagram(3, &v21(3), &[v21(2)])).unwrap();
    // 4 is lost; the row of 6 covers 3 (known by itself, through redundancy's datagram) and 4.
    bench.take(0, &with_parity(5, &v21(5), 2, &[row(&v21(3), &v21(4))])).unwrap();
    assert_eq!(bench.drain(), (2..6).map(|n| Out::Ifp(n, v21(n as u8))).collect::<Vec<_>>());
    let (secondary, parity) = (Repair::Secondary, Repair::Parity);
    let repaired = |seq, by| Event::Repaired { seq, by };
    assert_eq!(bench.events(), [repaired(seq(2), secondary), repaired(seq(4), parity)]);
}

/// UTL-12.
#[test]
fn parity_repairs_nothing_from_before_the_first_packet() {
    let mut bench = Bench::new();
    bench.take(0, &with_parity(2, &v21(2), 0, &[])).unwrap();
    bench.take(0, &with_parity(3, &v21(3), 1, &[v21(1), v21(2)])).unwrap();
    bench.take(0, &with_parity(4, &v21(4), 3, &[vec![9; 6]])).unwrap();
    bench.advance(1000);
    assert_eq!(bench.drain(), (2..5).map(|n| Out::Ifp(n, v21(n as u8))).collect::<Vec<_>>());
}

/// UTL-13.
#[test]
fn parity_beyond_the_window_is_refused_before_anything_is_kept() {
    let parse = |octets: &[u8]| Datagram::parse(octets).map(|d| d.recovery.map(|_| ()));
    let head = [0, 9, 1, 0x06, 0x80];
    let refused =
        |tail: &[u8], refusal| assert_eq!(parse(&[&head, tail].concat()), Ok(Err(refusal)), "{tail:x?}");
    for (tail, refusal) in [
        (&[1, 64, 1, 1, 0x06][..], Refusal::TooMany),
        (&[1, 32, 2, 1, 0x06, 1, 0x06], Refusal::TooMany),
        (&[1, 0xFF, 0], Refusal::TooMany), // -1
        (&[4, 0x7F, 0xFF, 0xFF, 0xFF, 0], Refusal::TooMany),
        (&[2, 0xFF, 0x80, 0], Refusal::TooMany),
        (&[0, 1, 1, 0x06], Refusal::Empty),
        (&[1, 1, 5], Refusal::Truncated),
        (&[1, 1, 0x80, 64], Refusal::TooMany),
        (&[1, 1, 0xC1], Refusal::Fragmented),
    ] {
        refused(tail, refusal);
    }
    for span in [&[1, 3][..], &[2, 0, 3], &[4, 0, 0, 0, 3], &[0x80, 1, 3]] {
        let octets = [&head[..], span, &[1, 1, 0x06]].concat();
        let Ok(Recovery::Parity { span, rows }) = Datagram::parse(&octets).unwrap().recovery else {
            panic!("parity expected")
        };
        assert_eq!((span, rows.collect::<Vec<_>>()), (3, vec![&[0x06][..]]));
    }
}

/// UTL-15.
#[test]
fn in_a_known_stream_a_sound_primary_is_used_though_its_recovery_part_is_broken() {
    for tail in [&[][..], &[0, 3, 1], &[0, 1, 9, 0x06], &[0x80, 1, 200, 0], &[0, 0, 0]] {
        let mut bench = Bench::locked();
        let octets = [&[0, 2, 6], &v21(2)[..], tail].concat();
        bench.take(0, &octets).unwrap();
        assert_eq!(bench.drain(), [Out::Ifp(2, v21(2))], "{tail:x?}");
        assert_eq!(bench.receiver.counters().broken_recovery, 1);
        let noise = [&[0, 3, 6, 0xE7, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6][..], tail].concat();
        if Datagram::parse(&noise).unwrap().recovery.is_err() {
            assert_eq!(bench.take(0, &noise), Err(Refusal::NotIfp), "a primary that is none, {tail:x?}");
        }
    }
}

/// UTL-17.
#[test]
fn what_is_too_long_is_refused_whole() {
    let mut bench = Bench::locked();
    let image =
        |length: usize| [&[0xD0, 1, 0xE0][..], &(length as u16 - 1).to_be_bytes(), &vec![7; length]].concat();
    let longest = datagram(2, &image(1400 - 11), &[]);
    assert_eq!(longest.len(), 1400);
    assert_eq!(bench.take(0, &datagram(2, &image(1400 - 10), &[])), Err(Refusal::TooLong));
    assert_eq!(bench.drain(), []);
    bench.take(0, &longest).unwrap();
    assert_eq!(bench.drain().len(), 1);
}

/// UTL-19.
#[test]
fn lengths_of_one_octet_are_read_and_remembered() {
    let big = |fill: u8| [&[0xD0, 1, 0xE0, 0, 149][..], &[fill; 150]].concat();
    let short = |seq: u16, primary: &[u8], secondary: &[u8]| {
        let (p, s) = (&[primary.len() as u8][..], &[secondary.len() as u8][..]);
        [&seq.to_be_bytes(), p, primary, &[0, 1], s, secondary].concat()
    };
    let mut bench = Bench::new();
    bench.take(0, &datagram(0, &ifp(0), &[])).unwrap();
    let one = short(1, &big(1), &ifp(0));
    assert_eq!(Datagram::parse_as(&one, Lengths::OneOctet).unwrap().primary, big(1));
    bench.take(0, &one).unwrap();
    bench.take(0, &short(3, &big(3), &big(2))).unwrap();
    bench.take(0, &datagram(4, &big(4), &[])).unwrap(); // and PER is still understood
    assert_eq!(bench.receiver.counters().one_octet_lengths, 2);
    let numbers: Vec<_> = bench.drain().into_iter().skip(1).collect();
    assert_eq!(numbers, (1..5).map(|n| Out::Ifp(n, big(n as u8))).collect::<Vec<_>>());
}

/// PER-8.
#[test]
fn zeros_ahead_of_the_first_packet_are_filling_and_no_event() {
    let mut bench = Bench::new();
    bench.take(0, &datagram(10, &[0x06], &[vec![0], vec![0], vec![]])).unwrap();
    assert_eq!(bench.drain(), [Out::Ifp(10, vec![0x06])]);
}

/// PER-9.
#[test]
fn fragmented_lengths_are_refused() {
    let mut bench = Bench::locked();
    let octets = [&[0, 2, 0xC1][..], &[0; 100]].concat();
    assert_eq!(bench.take(0, &octets), Err(Refusal::Fragmented));
}

/// IFP-24: several fields, and a whole frame, are one packet here as any other.
#[test]
fn grouping_of_fields_means_nothing_to_the_carrier() {
    let frame = [0xC0, 2, 0x80, 0, 2, 0xFF, 0xC8, 0x21, 0x40];
    let mut bench = Bench::locked();
    bench.take(0, &datagram(3, &[0xC0, 1, 0x10], &[frame.to_vec()])).unwrap();
    assert_eq!(bench.drain(), [Out::Ifp(2, frame.to_vec()), Out::Ifp(3, vec![0xC0, 1, 0x10])]);
}

/// NAT-6: what came before belongs to another session; its receiver is gone with it.
#[test]
fn a_new_session_is_a_new_receiver_and_starts_anywhere() {
    for first in [0, 1, 900, 40_000] {
        let (mut old, mut new) = (Bench::locked(), Bench::new());
        assert!(old.take(0, &datagram(first, &v21(9), &[])).is_err() || first < 2000);
        new.take(0, &datagram(first, &v21(9), &[])).unwrap();
        assert_eq!(new.drain(), [Out::Ifp(first, v21(9))]);
    }
}
