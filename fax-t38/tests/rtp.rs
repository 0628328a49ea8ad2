//! T.38 inside RTP: numbers, redundancy, and what else may stand in the stream.
#![cfg(feature = "rtp")]

#[allow(unreachable_pub)]
#[path = "fuzz/rtp.rs"]
mod fuzz_rtp;
#[allow(unreachable_pub)]
#[path = "fuzz/random.rs"]
mod random;

use fax_core::Timestamp;
use fax_t38::rtp::{Carried, Content, Format, Packet, Parts, Reader, Writer};
use fax_t38::{Refusal, Seq};
use random::Random;

const FORMAT: Format = Format { payload_type: 98, red: Some(99), content: Content::Ifp };

fn writer() -> Writer {
    Writer::new(FORMAT, 0x5EED, Seq(65_533), 0xFFFF_FF00)
}

/// The packets of a sender that says `ifps`, so many microseconds apart.
fn sent(writer: &mut Writer, ifps: &[&[u8]], apart: u64, depth: usize) -> Vec<Vec<u8>> {
    let write = |(n, ifp): (usize, &&[u8])| {
        let mut out = vec![0; 1400];
        let now = Timestamp::from_micros(n as u64 * apart);
        let older = ifps[..n].iter().rev().copied().take(depth);
        let length = writer.write(now, Seq(n as u16), ifp, older, &mut out).unwrap();
        out.truncate(length);
        out
    };
    ifps.iter().enumerate().map(write).collect()
}

fn parts<'a>(reader: &mut Reader, packet: &'a [u8]) -> Parts<'a> {
    match reader.read(packet) {
        Ok(Carried::Ifp(parts)) => parts,
        other => panic!("an IFP packet, not {other:?}"),
    }
}

fn older<'a>(parts: &Parts<'a>) -> Vec<&'a [u8]> {
    parts.secondaries().collect()
}

fn packet(payload_type: u8, seq: u16, stamp: u32, ssrc: u32, payload: &[u8]) -> Vec<u8> {
    let mut octets = vec![0x80, payload_type];
    octets.extend(seq.to_be_bytes());
    octets.extend(stamp.to_be_bytes());
    octets.extend(ssrc.to_be_bytes());
    octets.extend(payload);
    octets
}

const FIVE: [&[u8]; 5] = [&[0x00], &[0x06], &[0xC0, 1, 0x80, 0, 0, 0xFF], &[0xC0, 1, 0x20], &[0xC0, 1, 0x40]];

#[test]
fn older_packets_come_newest_first_over_the_wrap_of_number_and_stamp() {
    let mut reader = Reader::new(FORMAT);
    for (n, octets) in sent(&mut writer(), &FIVE, 30_000, 3).iter().enumerate() {
        let parts = parts(&mut reader, octets);
        assert_eq!((parts.seq, parts.primary), (Seq(65_533).plus(n as u16), FIVE[n]));
        let expected: Vec<_> = FIVE[..n].iter().rev().take(3).copied().collect();
        assert_eq!(older(&parts), expected);
    }
    assert_eq!(reader.counters().unplaced, 0);
}

#[test]
fn the_bytes_are_those_of_rfc_2198() {
    let format = Format { red: Some(99), ..FORMAT };
    let mut writer = Writer::new(format, 0x0102_0304, Seq(1), 1000);
    let packets = sent(&mut writer, &[&[0x06], &[0xC0, 0x00]], 30_000, 1);
    assert_eq!(packets[0], [0x80, 99, 0, 1, 0, 0, 0x03, 0xE8, 1, 2, 3, 4, 98, 0x06]);
    // 240 ticks back, one octet; then the newest's own header.
    let red = [0x80 | 98, 0x03, 0xC0, 0x01, 98, 0x06, 0xC0, 0x00];
    assert_eq!(packets[1][12..], red);
}

#[test]
fn without_redundancy_the_payload_is_the_ifp_packet_alone() {
    let mut writer = Writer::new(Format { red: None, ..FORMAT }, 7, Seq(9), 0);
    let packets = sent(&mut writer, &FIVE[..2], 30_000, 3);
    assert_eq!(packets[1], packet(98, 10, 240, 7, &[0x06]));
    let parsed = Packet::parse(&packets[1]).unwrap();
    assert_eq!((parsed.seq, parsed.stamp, parsed.ssrc, parsed.payload), (Seq(10), 240, 7, &[0x06][..]));
}

#[test]
fn every_packet_has_its_own_stamp_even_in_one_moment() {
    let stamps: Vec<_> = sent(&mut writer(), &FIVE, 0, 0)
        .iter()
        .map(|octets| Packet::parse(octets).unwrap().stamp.wrapping_sub(0xFFFF_FF00))
        .collect();
    assert_eq!(stamps, [0, 1, 2, 3, 4]);
}

/// The distance of a stamp has fourteen bits: 2.047 s.
#[test]
fn a_block_too_old_to_be_dated_is_dropped() {
    for (apart, count) in [(2_047_000, 1), (2_048_000, 0), (1_000_000, 2), (682_000, 3)] {
        let packets = sent(&mut writer(), &FIVE, apart, 3);
        let mut reader = Reader::new(FORMAT);
        let last = packets.iter().map(|octets| parts(&mut reader, octets)).last().unwrap();
        assert_eq!(last.secondaries().len(), count, "{apart} us apart");
    }
}

#[test]
fn the_oldest_go_first_when_room_is_short_and_the_newest_goes_always() {
    let mut writer = writer();
    let ifps: [&[u8]; 4] = [&[1; 100], &[2; 100], &[3; 100], &[4; 100]];
    sent(&mut writer, &ifps, 30_000, 3);
    let older = ifps.into_iter().rev().take(3);
    let mut reader = Reader::new(FORMAT);
    for (room, count) in [(12 + 1 + 100, 0), (12 + 1 + 100 + 103, 0), (12 + 1 + 100 + 104, 1), (600, 3)] {
        let mut out = vec![0; room];
        let now = Timestamp::from_micros(150_000);
        let length = writer.write(now, Seq(4), &[5; 100], older.clone(), &mut out).unwrap();
        assert_eq!(parts(&mut reader, &out[..length]).secondaries().len(), count);
    }
    let mut write = |ifp: &[u8]| writer.write(Timestamp::ZERO, Seq(5), ifp, older.clone(), &mut [0; 112]);
    assert_eq!((write(&[5; 100]), write(&[])), (Err(Refusal::NoRoom), Err(Refusal::Empty)));
}

/// A block has ten bits of length: what is longer cannot be repeated, nor anything before it, as places
/// are counted without a hole.
#[test]
fn nothing_is_repeated_past_a_packet_that_cannot_be() {
    let long = [7; 1024];
    let ifps: [&[u8]; 4] = [&[1], &long, &[3], &[4]];
    let mut reader = Reader::new(FORMAT);
    let packets = sent(&mut writer(), &ifps, 30_000, 3);
    let counts: Vec<_> =
        packets.iter().map(|octets| parts(&mut reader, octets).secondaries().len()).collect();
    assert_eq!(counts, [0, 1, 0, 1]);
}

/// Copies with spacing are for those whose redundancy comes too late: one who has the first drops it.
#[test]
fn a_packet_that_is_sent_again_has_the_number_and_the_stamp_it_had() {
    let mut writer = writer();
    let first = sent(&mut writer, &FIVE, 30_000, 2).pop().unwrap();
    let mut again = [0; 1400];
    let (now, older) = (Timestamp::from_micros(900_000), FIVE[..4].iter().rev().copied().take(2));
    let length = writer.write(now, Seq(4), FIVE[4], older, &mut again).unwrap();
    assert_eq!(again[..length], first);
}

#[test]
fn every_run_of_losses_up_to_the_depth_is_filled_from_what_comes_next() {
    let ifps: Vec<Vec<u8>> = (0..40).map(|n| vec![0xC0, 1, 0x80, 0, 0, n]).collect();
    let ifps: Vec<&[u8]> = ifps.iter().map(Vec::as_slice).collect();
    let packets = sent(&mut writer(), &ifps, 30_000, 4);
    for run in 1..=4 {
        for from in 5..30 {
            let mut reader = Reader::new(FORMAT);
            packets[..from].iter().for_each(|octets| assert!(!parts(&mut reader, octets).primary.is_empty()));
            let next = parts(&mut reader, &packets[from + run]);
            assert_eq!(next.seq, Seq(65_533).plus((from + run) as u16));
            for (back, octets) in older(&next).into_iter().enumerate() {
                assert_eq!(octets, ifps[from + run - 1 - back]);
            }
            assert!(older(&next).len() >= run);
        }
    }
}

/// A sender may repeat every other packet only. A stamp that is known shows how far back its blocks reach.
#[test]
fn blocks_that_skip_a_packet_are_placed_where_their_stamps_were_seen() {
    let red = |seq: u16| {
        let stamp = u32::from(seq) * 240;
        let payload = [0x80 | 98, 0x07, 0x80, 1, 98, (seq - 2) as u8, seq as u8]; // 480 ticks back
        packet(99, seq, stamp, 1, &payload)
    };
    let mut reader = Reader::new(FORMAT);
    for seq in [100, 101, 102, 103] {
        parts(&mut reader, &red(seq));
    }
    let after = red(106); // 104 and 105 are lost: the block is 104, not 105
    assert_eq!(older(&parts(&mut reader, &after)), [&[][..], &[104]]);
}

#[test]
fn a_block_that_contradicts_a_known_stamp_is_not_placed() {
    let mut reader = Reader::new(FORMAT);
    parts(&mut reader, &packet(98, 1, 240, 1, &[0x06]));
    let strange = packet(99, 2, 480, 1, &[0x80 | 98, 0x01, 0x00, 1, 98, 0x55, 0x04]); // 64 ticks back
    assert_eq!(older(&parts(&mut reader, &strange)), [&[] as &[u8]; 0]);
    assert_eq!(reader.counters().unplaced, 1);
}

/// RFC 4612 switches between audio and fax by payload type, inside one stream of numbers.
#[test]
fn audio_in_between_takes_no_number() {
    let mut reader = Reader::new(FORMAT);
    let mut next = |payload_type, seq: u16| match reader
        .read(&packet(payload_type, seq, u32::from(seq) * 160, 1, &[0x06]))
        .unwrap()
    {
        Carried::Ifp(parts) => Some(parts.seq.0),
        _ => None,
    };
    assert_eq!(next(98, 10), Some(10));
    assert_eq!(next(98, 11), Some(11));
    for seq in 12..500 {
        assert_eq!(next(0, seq), None);
    }
    assert_eq!(next(98, 500), Some(12));
    assert_eq!(next(0, 400), None, "late audio changes nothing");
    assert_eq!(next(98, 502), Some(14), "a hole after the audio is a hole");
    assert_eq!(next(98, 501), Some(13));
}

#[test]
fn another_source_is_believed_when_a_second_packet_confirms_it_and_begins_far_ahead() {
    let mut reader = Reader::new(FORMAT);
    assert_eq!(parts(&mut reader, &packet(98, 10, 0, 1, &[0x06])).seq, Seq(10));
    assert_eq!(reader.read(&packet(98, 700, 0, 2, &[0x04])), Err(Refusal::OtherProtocol));
    assert_eq!(parts(&mut reader, &packet(98, 11, 240, 1, &[0x06])).seq, Seq(11));
    assert_eq!(reader.read(&packet(98, 702, 0, 2, &[0x04])), Err(Refusal::OtherProtocol));
    let first = parts(&mut reader, &packet(98, 703, 240, 2, &[0x04])).seq;
    assert!(first.ahead_of(Seq(11)) > 2000);
    assert_eq!(parts(&mut reader, &packet(98, 704, 480, 2, &[0x04])).seq, first.next());
    assert_eq!(reader.counters().strangers, 2);
}

#[test]
fn a_datagram_inside_rtp_is_handed_on_whole() {
    let mut reader = Reader::new(Format { content: Content::Udptl, red: None, ..FORMAT });
    let datagram = [0, 1, 1, 6, 0, 1, 1, 0];
    assert_eq!(reader.read(&packet(98, 1, 0, 1, &datagram)), Ok(Carried::Udptl(&datagram)));
}

#[test]
fn what_is_not_rtp_or_has_no_packet_in_it_is_refused() {
    let mut reader = Reader::new(FORMAT);
    assert_eq!(reader.read(&[0, 1, 1, 6, 0, 1, 1, 0, 0, 0, 0, 0]), Err(Refusal::OtherProtocol));
    assert_eq!(reader.read(&[0x80; 11]), Err(Refusal::Truncated));
    assert_eq!(reader.read(&packet(98, 1, 0, 1, &[])), Err(Refusal::Empty));
    assert_eq!(reader.read(&packet(99, 1, 0, 1, &[98])), Err(Refusal::Empty));
    let mut padded = packet(98, 1, 0, 1, &[0x06, 0, 0]);
    padded[0] |= 0x20;
    assert_eq!(reader.read(&padded), Err(Refusal::NotIfp));
    padded[14] = 2;
    assert_eq!(parts(&mut reader, &padded).primary, [0x06]);
    assert_eq!(reader.read(&packet(99, 2, 0, 1, &[0, 1])), Ok(Carried::Other { payload_type: 99 }));
}

#[test]
fn random_and_broken_packets_do_no_harm() {
    let mut random = Random::new(0x2198);
    let good: Vec<u8> = sent(&mut writer(), &FIVE, 30_000, 3)
        .iter()
        .flat_map(|packet| [&(packet.len() as u16).to_be_bytes()[..], packet].concat())
        .collect();
    for _ in 0..10_000 {
        let mut data = if random.below(3) == 0 {
            (0..random.below(400)).map(|_| random.octet()).collect()
        } else {
            good[..random.below(good.len())].to_vec()
        };
        random.break_some(&mut data);
        fuzz_rtp::check(&data);
    }
}
