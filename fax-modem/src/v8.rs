//! V.8 messages: what a caller and an answerer tell each other about their modulations, on V.21 at
//! 300 bit/s, before anything else is sent.
//!
//! A caller sends CI ("is this a call of that kind?") and, on ANSam, CM; the answerer answers with JM;
//! the caller ends with CJ. CM and JM are one thing here, a [`Menu`]: who sends it makes the difference.
//! CI and CM come on channel 1, JM on channel 2.
//!
//! A Super G3 fax is known by its CM or JM ([`Menu::is_super_g3`]); a gateway without V.34 takes V.34
//! out of them ([`Menu::without`]) or answers with what it has ([`Menu::answer`]).
//!
//! From: V.8 (11/2000) clauses 5 to 8, tables 1 to 7; field note AUD-4.
//! Always: what is unknown in a menu is kept, so that a menu passed on is the menu that came.
//! Not here: the procedure (who sends what when), ANSam ([`crate::tone`]), the 300 bit/s modem.

mod decoder;
mod listener;
mod menu;
mod message;
mod modulations;

pub use decoder::Decoder;
pub use listener::Listener;
pub use menu::{CallFunction, Category, Menu};
pub use message::Message;
pub use modulations::Modulations;

/// Ones before each message (V.8 5.1).
const PREAMBLE: usize = 10;

/// The octet that opens a CI (V.8 table 1).
const SYNC_CI: u8 = 0x00;

/// The octet that opens a CM or JM (V.8 table 1).
const SYNC_MENU: u8 = 0xE0;

/// Octets of zeros that are a CJ (V.8 7.5; no preamble).
const TERMINATOR_OCTETS: usize = 3;
