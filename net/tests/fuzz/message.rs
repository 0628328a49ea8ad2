//! What the fuzz target and the seeded test of SIP messages share.

use fax_net::{Reading, read};

/// Takes octets as one SIP message and reads all that is ever read of one. No panic; a call that comes in names itself
/// within bounds and brings no more than was sent, none of its headers reaches beyond a line; the same octets are read alike; no door opens by guessing.
pub(crate) fn check(data: &[u8]) {
    let reading = read(data);
    match &reading {
        Reading::Call(invitation) => {
            assert!((1..=256).contains(&invitation.call_id.len()));
            assert!(
                invitation.body.len() <= data.len() && invitation.called.reveal().len() <= 3 * data.len()
            );
            for (name, value) in invitation.headers.iter() {
                assert!(
                    !name.contains([' ', ':']) && !value.contains(['\r', '\n', '\0']),
                    "{name:?} {value:?}"
                );
            }
        }
        Reading::Refused(code) => assert!([400, 416, 505].contains(code), "{code}"),
        Reading::Response(Some(answer)) => assert!(!answer.contains(['\r', '\n']), "{answer}"),
        Reading::Unreadable | Reading::Request | Reading::Response(None) => {}
    }
    assert_eq!(reading, read(data));
}
