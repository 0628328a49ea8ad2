//! What the fuzz target and the seeded test of TPKT share.

use fax_t38::Syntax;
use fax_t38::tpkt::{HEADER, MAX_IFP, Reassembler, write};

/// A byte stream, its first octet telling how to cut it: whatever the cut, the same packets come out,
/// and what an envelope holds comes out of it.
pub fn check(data: &[u8]) {
    let Some((&cut, octets)) = data.split_first() else { return };
    for syntax in [Syntax::Y1998, Syntax::Y2002] {
        read(octets, syntax, usize::from(cut) + 1);
    }
    let ifp = &octets[..octets.len().min(MAX_IFP)];
    let mut out = [0; HEADER + MAX_IFP];
    let Ok(length) = write(ifp, &mut out) else { return assert!(ifp.is_empty()) };
    let mut stream = Reassembler::new(Syntax::Y1998);
    assert_eq!(stream.push(&out[..length]), length);
    assert_eq!(stream.next(), Some(Ok(ifp)));
    assert_eq!(stream.next(), None);
}

fn read(octets: &[u8], syntax: Syntax, piece: usize) {
    let mut stream = Reassembler::new(syntax);
    let (mut packets, mut refused) = (0, 0);
    for mut rest in octets.chunks(piece) {
        while !rest.is_empty() {
            let taken = stream.push(rest);
            assert!(taken > 0, "a stream that is drained takes something");
            rest = &rest[taken..];
            while let Some(next) = stream.next() {
                match next {
                    Ok(ifp) => {
                        assert!(!ifp.is_empty() && ifp.len() <= MAX_IFP);
                        packets += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
        }
    }
    assert_eq!((stream.counters().packets, stream.counters().refused), (packets, refused));
    assert!(packets <= octets.len() as u64);
}
