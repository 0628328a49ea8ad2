//! Byte streams of every cut become the packets that went in.

#[allow(unreachable_pub)]
#[path = "fuzz/tpkt.rs"]
mod fuzz_tpkt;
#[allow(unreachable_pub)]
#[path = "fuzz/random.rs"]
mod random;

use fax_t38::tpkt::{Framing, HEADER, MAX_IFP, Reassembler, write};
use fax_t38::{Refusal, Syntax};
use random::Random;

/// What comes out of a stream that goes in by pieces of these lengths, over and over.
fn cut(stream: &mut Reassembler, octets: &[u8], lengths: &[usize]) -> Vec<Result<Vec<u8>, Refusal>> {
    let mut out = Vec::new();
    let (mut rest, mut lengths) = (octets, lengths.iter().cycle());
    while !rest.is_empty() {
        let mut piece;
        (piece, rest) = rest.split_at((*lengths.next().unwrap()).min(rest.len()));
        while !piece.is_empty() {
            let taken = stream.push(piece);
            piece = &piece[taken..];
            while let Some(next) = stream.next() {
                out.push(next.map(<[u8]>::to_vec));
            }
        }
    }
    out
}

fn packets() -> Vec<Vec<u8>> {
    let mut image = vec![0xC8, 0x01, 0xE0, 0x07, 0xCF];
    image.resize(5 + 2000, 0x55);
    vec![
        vec![0x00],
        vec![0x06],
        vec![0xC0, 1, 0x80, 0, 2, 0xFF, 0xC8, 0x01],
        vec![0xC0, 1, 0x20],
        image,
        vec![0],
    ]
}

fn enveloped(packets: &[Vec<u8>]) -> Vec<u8> {
    let mut stream = Vec::new();
    for packet in packets {
        let mut out = vec![0; HEADER + packet.len()];
        write(packet, &mut out).unwrap();
        stream.extend(out);
    }
    stream
}

#[test]
fn several_packets_a_segment_and_packets_over_several_segments_come_out_as_they_went_in() {
    let packets = packets();
    for (octets, framing) in [(enveloped(&packets), Framing::Tpkt), (packets.concat(), Framing::Bare)] {
        for lengths in [&[1][..], &[2], &[3, 5, 7], &[1460], &[10_000], &[4, 1, 1], &[2047]] {
            let mut stream = Reassembler::new(Syntax::Y1998);
            let came: Result<Vec<_>, _> = cut(&mut stream, &octets, lengths).into_iter().collect();
            assert_eq!(came.as_ref(), Ok(&packets), "{framing:?} {lengths:?}");
            assert_eq!(stream.framing(), Some(framing));
            assert_eq!((stream.counters().packets, stream.counters().refused), (6, 0));
        }
    }
}

#[test]
fn a_peer_is_bare_unless_its_first_octet_is_three() {
    for first in 0..=255 {
        let mut stream = Reassembler::new(Syntax::Y2002);
        stream.push(&[first, 0, 0, 5, 0]);
        let ifp = stream.next().map(|next| next.map(<[u8]>::to_vec));
        match first {
            3 => assert_eq!((ifp, stream.framing()), (Some(Ok(vec![0])), Some(Framing::Tpkt))),
            _ => assert_ne!(stream.framing(), Some(Framing::Tpkt)),
        }
    }
}

#[test]
fn an_overlong_packet_is_skipped_and_the_next_one_is_found() {
    let long = vec![0xAA; 60_000];
    let octets = enveloped(&[vec![0x06], long, vec![0x04]]);
    for lengths in [&[1460][..], &[1], &[70_000], &[2052, 3]] {
        let mut stream = Reassembler::new(Syntax::Y1998);
        let came = cut(&mut stream, &octets, lengths);
        assert_eq!(came, [Ok(vec![0x06]), Err(Refusal::TooLong), Ok(vec![0x04])]);
        assert_eq!((stream.counters().refused, stream.counters().skipped), (1, 60_004));
    }
}

#[test]
fn a_longest_packet_passes_and_an_empty_envelope_is_counted() {
    let mut octets = vec![3, 0, 0, 4];
    octets.extend(enveloped(&[vec![0xC0; MAX_IFP]]));
    let mut stream = Reassembler::new(Syntax::Y1998);
    assert_eq!(cut(&mut stream, &octets, &[1000]), [Ok(vec![0xC0; MAX_IFP])]);
    assert_eq!(stream.counters().empty, 1);
}

#[test]
fn a_stream_that_lost_its_sense_begins_anew_with_the_next_segment() {
    let mut stream = Reassembler::new(Syntax::Y1998);
    let came = cut(&mut stream, &[3, 0, 0, 5, 6, 0x47, 0x45, 0x54], &[100]);
    assert_eq!((came, stream.framing()), (vec![Ok(vec![6]), Err(Refusal::OtherProtocol)], None));
    let came = cut(&mut stream, &[3, 0, 0, 3, 3, 0, 0, 5, 4], &[4, 5]);
    assert_eq!(came, [Err(Refusal::Truncated), Ok(vec![4])]);
    assert_eq!(stream.counters().skipped, 3 + 4);
}

#[test]
fn a_bare_packet_that_never_ends_is_given_up() {
    let mut octets = vec![0xC8, 1, 0xE0, 0xFF, 0xFF];
    octets.resize(3000, 0);
    let mut stream = Reassembler::new(Syntax::Y1998);
    assert_eq!(cut(&mut stream, &octets, &[MAX_IFP])[0], Err(Refusal::TooLong));
}

#[test]
fn random_and_broken_streams_do_no_harm() {
    let mut random = Random::new(0x7bc7);
    let good = enveloped(&packets());
    for _ in 0..3000 {
        let mut data = if random.below(4) == 0 {
            (0..random.below(3000)).map(|_| random.octet()).collect()
        } else {
            good[..random.below(good.len())].to_vec()
        };
        random.break_some(&mut data);
        fuzz_tpkt::check(&data);
    }
}
