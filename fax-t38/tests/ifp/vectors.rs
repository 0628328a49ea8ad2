//! Packets that other implementations agree on: the vector list and six whole calls.

use fax_t38::ifp::{Ifp, Packing, SyntaxLatch, extent};
use fax_t38::{Refusal, Syntax};

use crate::sample::{Sample, traces, vectors};

/// PER-10.
#[test]
fn every_vector_reads_as_what_it_means() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 67);
    for vector in vectors {
        let parsed =
            Ifp::parse(&vector.octets, vector.syntax).unwrap_or_else(|e| panic!("{}: {e}", vector.id));
        assert_eq!(Sample::of(parsed.ifp), vector.meaning, "{}", vector.id);
        assert_eq!((parsed.trailing, parsed.packing), (0, Packing::Strict), "{}", vector.id);
        assert_eq!(extent(&vector.octets, vector.syntax), Ok(vector.octets.len()), "{}", vector.id);
    }
}

/// But for those with a field after one without octets, which not every decoder reads: PER-2.
#[test]
fn every_vector_is_what_we_write_or_is_refused_on_purpose() {
    for vector in vectors() {
        let written = vector.meaning.write(vector.syntax);
        if vector.meaning.has_a_field_after_a_bare_one() {
            assert_eq!(written, Err(Refusal::NeverSent), "{}", vector.id);
        } else {
            assert_eq!(written, Ok(vector.octets), "{}", vector.id);
        }
    }
}

#[test]
fn no_part_of_a_vector_passes_for_a_whole_packet() {
    for vector in vectors() {
        for cut in 0..vector.octets.len() {
            let taken = Ifp::parse(&vector.octets[..cut], vector.syntax);
            assert!(taken.is_err(), "{} cut at {cut}: {taken:?}", vector.id);
        }
    }
}

#[test]
fn every_packet_of_six_calls_is_read_and_written_again_unchanged() {
    let mut packets = 0;
    for (syntax, trace) in traces() {
        for octets in trace {
            let parsed = Ifp::parse(&octets, syntax).expect("a packet");
            assert_eq!((parsed.trailing, parsed.packing), (0, Packing::Strict));
            assert_eq!(Sample::of(parsed.ifp).write(syntax), Ok(octets));
            packets += 1;
        }
    }
    assert_eq!(packets, 2491);
}

/// PER-3 over whole calls: how many packets were misread before the syntax was clear.
#[test]
fn a_call_in_the_other_syntax_is_read_rightly_after_a_few_packets() {
    for (syntax, trace) in traces() {
        for agreed in [Syntax::Y1998, Syntax::Y2002] {
            let mut latch = SyntaxLatch::new(agreed);
            let mut misread = 0;
            for octets in &trace {
                let meant = Ifp::parse(octets, syntax).expect("a packet").ifp;
                let was_clear = latch.syntax() == syntax;
                let is_right = latch.read(octets) == Ok(meant);
                assert!(is_right || !was_clear);
                misread += u32::from(!is_right);
            }
            assert_eq!(latch.syntax(), syntax);
            assert_eq!(latch.event().is_some(), agreed != syntax);
            assert_eq!(latch.event(), None);
            assert!(misread <= if agreed == syntax { 0 } else { 6 }, "{misread}");
        }
    }
}
