//! The datagrams of `test-vectors/t38/udptl-vectors.txt`, read and written.

use fax_t38::udptl::{Datagram, Recovery};

struct Vector {
    id: String,
    octets: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/t38/udptl-vectors.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (id, rest) = line.split_once(" | ").unwrap();
            let (hex, _) = rest.split_once(" | ").unwrap();
            Vector { id: id.to_owned(), octets: octets(hex) }
        })
        .collect()
}

fn octets(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn vector(id: &str) -> Vec<u8> {
    vectors().into_iter().find(|vector| vector.id == id).unwrap().octets
}

#[test]
fn every_vector_is_read_whole_and_written_back_octet_for_octet() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 14);
    for Vector { id, octets } in vectors {
        let datagram = Datagram::parse(&octets).unwrap_or_else(|refusal| panic!("{id}: {refusal}"));
        assert!(datagram.recovery.is_ok(), "{id}: {:?}", datagram.recovery);
        let mut written = [0; 1500];
        let length = datagram.write(&mut written).unwrap();
        assert_eq!(written[..length], octets, "{id}");
    }
}

#[test]
fn no_part_of_a_datagram_passes_for_a_whole_one() {
    for Vector { id, octets } in vectors() {
        for cut in 0..octets.len() {
            let taken = Datagram::parse(&octets[..cut]).and_then(|whole| whole.recovery);
            assert!(taken.is_err(), "{id} cut at {cut}");
        }
        let longer = [&octets[..], &[0]].concat();
        assert!(Datagram::parse(&longer).unwrap().recovery.is_err(), "{id} and one octet");
    }
}

#[test]
fn no_buffer_that_is_too_short_is_written_beyond_its_end() {
    for Vector { id, octets } in vectors() {
        let datagram = Datagram::parse(&octets).unwrap();
        for size in 0..octets.len() {
            assert!(datagram.write(&mut vec![0; size]).is_err(), "{id} in {size} octets");
        }
    }
}

/// UTL-9.
#[test]
fn secondaries_are_read_newest_first() {
    let octets = vector("U3");
    let datagram = Datagram::parse(&octets).unwrap();
    assert_eq!((datagram.seq.0, datagram.primary), (2, &[0xC0, 1, 0x80, 0, 0, 0xFF][..]));
    let Ok(Recovery::Secondaries(entries)) = datagram.recovery else { panic!("redundancy expected") };
    assert_eq!(entries.collect::<Vec<_>>(), [[0x06], [0x00]]);
}

/// UTL-8.
#[test]
fn an_empty_secondary_keeps_its_place_in_the_list() {
    let octets = vector("U12");
    let Ok(Recovery::Secondaries(entries)) = Datagram::parse(&octets).unwrap().recovery else {
        panic!("redundancy expected")
    };
    assert_eq!(entries.collect::<Vec<_>>(), [&[0x06][..], &[]]);
}

/// UTL-12.
#[test]
fn parity_with_nothing_in_it_is_read() {
    let octets = vector("U11");
    let recovery = Datagram::parse(&octets).unwrap().recovery;
    assert!(matches!(recovery, Ok(Recovery::Parity { span: 0, rows }) if rows.len() == 0));
}
