//! Test only: the modems, fax machines and gateway of SpanDSP 0.0.6, as the distribution builds them,
//! behind a safe interface of the project's own shape. Tests and the lab hold ours against them.
//!
//! The library itself (LGPL 2.1) is linked dynamically; the C shim and this crate are ours. What the
//! peer cannot do is told with the tests that work around it.

mod call;
mod ffi;
mod g711;
mod hdlc;
mod receiver;
mod strip;
mod t38_core;
mod tones;
mod transmitter;
mod v8;

pub use call::{
    Coding, Copies, FaxTerminal, GatewaySettings, Log, Modems, Nsf, Outcome, Pacing, Page, PeerEvent, Role,
    Sent, T38Gateway, T38Settings, T38Terminal, TerminalSettings, TiffError, Transferred, read_pages,
    write_pages,
};
pub use g711::{Law, g711_leg};
pub use hdlc::{Deframed, Deframer, Framer};
pub use receiver::{PeerOutput, Receiver};
pub use strip::{StripCoding, TiffStrip};
pub use t38_core::{T38Core, T38Report};
pub use tones::{PeerTone, ToneDetector, ToneGenerator, ToneReport};
pub use transmitter::{Bits, Transmitter, prbs};
pub use v8::{Modulations, V8Outcome, V8Party, V8Side};

use core::ffi::c_int;
use fax_core::{Opening, Training};

/// The shim's number of the modem and the bit rate.
fn modem_and_rate(opening: Opening) -> (c_int, c_int) {
    let modem = match opening {
        Opening::V21 => 0,
        Opening::V27ter(_) => 1,
        Opening::V29(_) => 2,
        Opening::V17(..) => 3,
    };
    (modem, opening.bit_rate().0 as c_int)
}

/// C's truth of a short training.
fn short_train(training: Training) -> c_int {
    c_int::from(training == Training::Short)
}
