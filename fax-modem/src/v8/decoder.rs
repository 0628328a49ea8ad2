//! Finds messages in the bits of a 300 bit/s receiver.
//!
//! From: V.8 5.1, 7.3 to 7.5.
//! Always: a CI, CM or JM is believed when two copies in a row are the same.

use super::menu::{CallFunction, Category, Menu};
use super::message::Message;
use super::{PREAMBLE, SYNC_CI, SYNC_MENU};

/// The bits of a CJ, first bit on top: three times start, eight zeros, stop.
const TERMINATOR: u32 = 0b00_0000_0001_0000_0000_0100_0000_0001;

/// Bits of a CJ.
const TERMINATOR_BITS: u32 = 30;

/// Where in a message the decoder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nothing makes sense until ten ones have come.
    Lost,
    /// Ten ones have come, or an octet is complete: a 0 starts the next.
    Between,
    /// Inside an octet: bits taken, and their count.
    Octet(u8, u8),
    /// All eight bits are there, the stop bit is due.
    Stop(u8),
}

/// Takes bits, tells messages. It never holds more than one copy and the one before.
#[derive(Clone, Debug)]
pub struct Decoder {
    place: Place,
    /// Ones in a row.
    ones: u8,
    /// Sync octet and octets of this copy.
    copy: Copy,
    /// The copy before.
    before: Option<Message>,
    /// Told last.
    told: Option<Message>,
    /// The last 30 bits.
    recent: u32,
}

/// The octets of a copy, sync octet first.
#[derive(Clone, Copy, Debug)]
struct Copy {
    octets: [u8; 1 + Menu::CAPACITY],
    len: usize,
    /// More octets came than fit.
    overflown: bool,
}

impl Decoder {
    /// A decoder that has seen nothing.
    pub const fn new() -> Self {
        Self { place: Place::Lost, ones: 0, copy: Copy::EMPTY, before: None, told: None, recent: u32::MAX }
    }

    /// Takes `count` bits (at most 8), the first in bit 0, as receivers give them. A message is told
    /// when it has come twice in a row, and again only after another one.
    pub fn process(&mut self, bits: u8, count: u8, out: &mut impl FnMut(Message)) {
        for n in 0..count.min(8) {
            if let Some(message) = self.take(bits >> n & 1 == 1) {
                out(message);
            }
        }
    }

    /// The carrier is gone: what has come of a copy is all of it.
    pub fn end(&mut self) -> Option<Message> {
        // A copy cut short within an octet is no copy.
        let message = if self.place == Place::Between { self.finish_copy() } else { None };
        (self.place, self.ones, self.copy, self.recent) = (Place::Lost, 0, Copy::EMPTY, u32::MAX);
        message
    }

    fn take(&mut self, bit: bool) -> Option<Message> {
        self.recent = self.recent << 1 | u32::from(bit);
        if self.recent & ((1 << TERMINATOR_BITS) - 1) == TERMINATOR {
            // It may break into a CM at any octet (V.8 7.5).
            (self.place, self.ones, self.copy, self.recent) = (Place::Lost, 1, Copy::EMPTY, u32::MAX);
            return self.tell(Message::Cj);
        }
        self.ones = if bit { self.ones.saturating_add(1) } else { 0 };
        if usize::from(self.ones) >= PREAMBLE {
            self.place = Place::Between;
            return self.finish_copy();
        }
        self.place = match self.place {
            Place::Lost => Place::Lost,
            Place::Between if bit => Place::Between,
            Place::Between => Place::Octet(0, 0),
            Place::Octet(bits, 7) => Place::Stop(bits | u8::from(bit) << 7),
            Place::Octet(bits, count) => Place::Octet(bits | u8::from(bit) << count, count + 1),
            Place::Stop(octet) if bit => {
                self.copy.push(octet);
                Place::Between
            }
            Place::Stop(_) => {
                self.copy = Copy::EMPTY;
                Place::Lost
            }
        };
        None
    }

    /// A copy is complete: is it the same as the one before?
    fn finish_copy(&mut self) -> Option<Message> {
        if self.copy.len == 0 {
            return None;
        }
        let message = core::mem::replace(&mut self.copy, Copy::EMPTY).message();
        let before = core::mem::replace(&mut self.before, message);
        if message == before { self.tell(message?) } else { None }
    }

    fn tell(&mut self, message: Message) -> Option<Message> {
        (self.told.replace(message) != Some(message)).then_some(message)
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Copy {
    const EMPTY: Self = Self { octets: [0; 1 + Menu::CAPACITY], len: 0, overflown: false };

    fn push(&mut self, octet: u8) {
        match self.octets.get_mut(self.len) {
            Some(place) => {
                *place = octet;
                self.len += 1;
            }
            None => self.overflown = true,
        }
    }

    /// The message they are; `None` for another sync octet (V.92's), and for what does not fit.
    fn message(&self) -> Option<Message> {
        let (&sync, octets) = self.octets.get(..self.len)?.split_first()?;
        match (sync, octets) {
            _ if self.overflown => None,
            (SYNC_CI, [octet, ..]) if octet & 0x1F == Category::CallFunction as u8 => {
                Some(Message::Ci(CallFunction::from_number(octet >> 5)))
            }
            (SYNC_MENU, octets) => Menu::from_octets(octets).map(Message::Menu),
            _ => None,
        }
    }
}
