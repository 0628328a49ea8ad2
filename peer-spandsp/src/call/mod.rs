//! Whole calls: the peer's fax machines on a phone line and on T.38, and its gateway between the two.
//!
//! Nothing is global: an object owns all its state, so calls may run side by side on threads. Time is the
//! samples that pass; the same input gives the same output.
//!
//! Not here: UDPTL. Packets come out as IFP with the sequence number and the number of copies that the
//! peer asks for; it notices gaps by the numbers of what it is given, and drops what is late.

mod fax;
pub(crate) mod ffi;
mod journal;
mod t38_gateway;
mod t38_terminal;
mod terminal;
mod tiff;

pub use fax::FaxTerminal;
pub use journal::{PeerEvent, Sent};
pub use t38_gateway::{GatewaySettings, Nsf, T38Gateway, Transferred};
pub use t38_terminal::T38Terminal;
pub use tiff::{Page, TiffError, read_pages, write_pages};

use core::ffi::c_int;
use core::ops::BitOr;
use std::path::PathBuf;

/// Which end of the call. A caller that has nothing to send polls an answerer that has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sends CNG.
    Caller,
    /// Sends CED and DIS.
    Answerer,
}

/// What a fax machine is and does. The default receives and sends nothing, with every modem, ECM and MMR.
#[derive(Clone, Debug)]
pub struct TerminalSettings {
    /// A TIFF file to send, all pages of it; a caller sends it, an answerer offers it for polling.
    pub send: Option<PathBuf>,
    /// Where received pages go, as a TIFF file of T.6.
    pub receive: Option<PathBuf>,
    /// CSI, TSI or CIG, at most 20 characters.
    pub ident: String,
    /// SUB, at most 20 characters.
    pub sub_address: Option<String>,
    /// SEP, at most 20 characters.
    pub polling_address: Option<String>,
    /// PWD, at most 20 characters.
    pub password: Option<String>,
    /// What follows NSF in the frame that an answerer sends ahead of its DIS; empty for no such frame.
    pub nsf: Vec<u8>,
    /// Whether error correction is offered and accepted.
    pub ecm: bool,
    /// The best compression that is offered and used.
    pub coding: Coding,
    /// Whether it is told to use T.85 besides, with L0 and without. Debian's library does not take that in.
    pub jbig: bool,
    /// Fast modems that are offered and used.
    pub modems: Modems,
    /// Bit rate at which a sender starts, at most. A receiver cannot limit its rates but by its modems:
    /// the DIS names modems, not rates.
    pub max_rate: Option<u32>,
    /// Whether a talker echo protection tone goes ahead of the fast modems; on T.38, time for one.
    pub tep: bool,
    /// Minimum time of a row that a receiver asks for without ECM, in ms: 0, 5, 10, 20 or 40.
    pub min_row_ms: u32,
    /// How often a receiver with ECM says RNR before each confirmation.
    pub not_ready: u32,
    /// What the library's own log adds to the events.
    pub log: Log,
    /// The T.38 side. Not for a [`FaxTerminal`].
    pub t38: T38Settings,
}

/// Compression of pages, each with those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// T.4 one-dimensional.
    Mh,
    /// T.4 two-dimensional.
    Mr,
    /// T.6; only with ECM.
    Mmr,
}

/// A set of fast modems, by the library's `T30_SUPPORT` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modems(pub u32);

/// The library's own log. It is for people, and not the same in every release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// Nothing.
    Off,
    /// Protocol.
    Flow,
    /// Everything.
    Debug,
}

/// The T.38 side of a terminal or a gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct T38Settings {
    /// T38FaxVersion, which decides the syntax of the packets.
    pub version: u8,
    /// Copies that are asked for; `None` leaves the library's own.
    pub copies: Option<Copies>,
    /// How a terminal times its packets. A gateway follows its phone line.
    pub pacing: Pacing,
    /// Whether fill bits are left out of pages without ECM.
    pub fill_bit_removal: bool,
}

/// How often each kind of packet is to be sent, back to back under one sequence number. The library's own:
/// 3 for indicators and ends, 1 for the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copies {
    /// Indicators.
    pub indicator: u8,
    /// V.21 data.
    pub control: u8,
    /// The end of V.21.
    pub control_end: u8,
    /// Image data.
    pub image: u8,
    /// The end of the image.
    pub image_end: u8,
}

/// How a T.38 terminal times its packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pacing {
    /// As a phone line would.
    Line,
    /// As fast as it is asked.
    Unpaced,
}

/// How a call ended for one terminal, as its T.30 engine reports it in phase E.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it was a success.
    pub ok: bool,
    /// The library's completion code, `T30_ERR_...` of its `t30.h`.
    pub code: i32,
    /// The library's words for it.
    pub text: String,
    /// Pages sent and confirmed.
    pub pages_sent: u32,
    /// Pages received.
    pub pages_received: u32,
    /// The last rate of the fast modem in bit/s.
    pub bit_rate: u32,
    /// Whether pages went with error correction.
    pub ecm: bool,
    /// Rounds of repetition with error correction.
    pub ecm_retries: u32,
    /// Damaged rows over all received pages; counts only without error correction.
    pub bad_rows: u32,
    /// The longest run of them.
    pub longest_bad_run: u32,
}

impl Default for TerminalSettings {
    fn default() -> Self {
        Self {
            send: None,
            receive: None,
            ident: String::from("00000000"),
            sub_address: None,
            polling_address: None,
            password: None,
            nsf: Vec::new(),
            ecm: true,
            coding: Coding::Mmr,
            jbig: false,
            modems: Modems::ALL,
            max_rate: None,
            tep: false,
            min_row_ms: 0,
            not_ready: 0,
            log: Log::Off,
            t38: T38Settings::default(),
        }
    }
}

impl Default for T38Settings {
    fn default() -> Self {
        Self { version: 0, copies: None, pacing: Pacing::Line, fill_bit_removal: false }
    }
}

impl Modems {
    /// V.27ter.
    pub const V27TER: Self = Self(1);
    /// V.29.
    pub const V29: Self = Self(1 << 1);
    /// V.17.
    pub const V17: Self = Self(1 << 2);
    /// V.27ter and V.29: what a machine without V.17 offers.
    pub const UP_TO_V29: Self = Self(Self::V27TER.0 | Self::V29.0);
    /// V.27ter, V.29 and V.17: a DIS cannot offer V.17 without the others.
    pub const ALL: Self = Self(Self::UP_TO_V29.0 | Self::V17.0);
}

impl BitOr for Modems {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Copies {
    /// Everything once, as servers send that ignore the library's wish.
    pub const ONE: Self = Self { indicator: 1, control: 1, control_end: 1, image: 1, image_end: 1 };
}

impl Coding {
    /// The library's `T30_SUPPORT_..._COMPRESSION` bits.
    fn bits(self) -> c_int {
        match self {
            Self::Mh => 0x02,
            Self::Mr => 0x06,
            Self::Mmr => 0x0E,
        }
    }
}

impl Log {
    /// The library's `SPAN_LOG_...`.
    fn level(self) -> c_int {
        match self {
            Self::Off => 0,
            Self::Flow => 5,
            Self::Debug => 8,
        }
    }
}

impl T38Settings {
    /// As the shim takes it.
    fn for_shim(self) -> ffi::T38Settings {
        let copies = self.copies.map_or([0; 5], |copies| {
            let Copies { indicator, control, control_end, image, image_end } = copies;
            [indicator, control, control_end, image, image_end].map(c_int::from)
        });
        ffi::T38Settings {
            version: c_int::from(self.version),
            copies,
            fill_bit_removal: c_int::from(self.fill_bit_removal),
        }
    }
}

/// A length that C counts as `int`.
fn length(count: usize) -> c_int {
    c_int::try_from(count).expect("a length that C can count")
}
