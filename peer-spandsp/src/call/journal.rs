//! What an object says besides samples: events as text, and IFP packets.

use super::ffi;
use core::ffi::{CStr, c_int};
use core::ptr::NonNull;

/// Something that happened inside the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerEvent {
    /// Samples since the object was made, to the start of the 20 ms block in which it happened.
    pub at: u64,
    /// `hears NAME OCTETS` and `says NAME OCTETS`: a frame with good check, from its address on (image
    /// frames are left out); of a gateway `from line` and `from T.38`.
    /// `phase B NAME`, `phase D NAME`, `page N: ...` and `phase E CODE TEXT`: its T.30 engine.
    /// `log ...`: the library's log, if asked for.
    pub text: String,
}

/// An IFP packet that wants to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The packet.
    pub ifp: Vec<u8>,
    /// How often, back to back with the same number; redundancy in UDPTL is not counted.
    pub copies: u32,
    /// Its sequence number.
    pub seq: u16,
}

/// The events since the last call; those that found no room in 256 KiB are told in a last one.
///
/// # Safety
/// The journal is valid and nothing else uses its object meanwhile.
pub(crate) unsafe fn events(journal: NonNull<ffi::Journal>) -> Vec<PeerEvent> {
    let mut lost = 0;
    // SAFETY: the journal is valid by the caller's promise.
    let text = unsafe { ffi::peer_journal_take(journal.as_ptr(), &mut lost) };
    // SAFETY: the shim ends it with NUL and writes no more before the next use of its object.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let mut events: Vec<PeerEvent> = text.lines().filter_map(PeerEvent::read).collect();
    if lost > 0 {
        let at = events.last().map_or(0, |event| event.at);
        events.push(PeerEvent { at, text: format!("{lost} events lost") });
    }
    events
}

/// The next packet.
///
/// # Panics
/// When packets were lost because more than 128 KiB of them were left here.
///
/// # Safety
/// The outbox is valid and nothing else uses its object meanwhile.
pub(crate) unsafe fn sent(outbox: NonNull<ffi::Outbox>) -> Option<Sent> {
    let (mut count, mut copies, mut seq): (c_int, c_int, c_int) = (0, 0, 0);
    let mut lost = 0;
    // SAFETY: the outbox is valid by the caller's promise, and the four places outlive the call.
    let octets =
        unsafe { ffi::peer_outbox_take(outbox.as_ptr(), &mut count, &mut copies, &mut seq, &mut lost) };
    assert_eq!(lost, 0, "packets were left to the peer until its outbox ran over");
    if octets.is_null() {
        return None;
    }
    // SAFETY: the shim gives `count` octets, which stay until the object is next used.
    let ifp = unsafe { core::slice::from_raw_parts(octets, count as usize) }.to_vec();
    Some(Sent { ifp, copies: copies as u32, seq: seq as u16 })
}

impl PeerEvent {
    /// Reads a line of the journal.
    fn read(line: &str) -> Option<Self> {
        let (at, text) = line.split_once(' ')?;
        Some(Self { at: at.parse().ok()?, text: text.to_owned() })
    }
}
