//! Writes frames as bits: flags, zero insertion, check, abort.

use super::{FLAG, Fcs};
use crate::BitQueue;
use fax_core::{Chunk, FrameEnd};

/// Turns frames into the bits of a line, pulled by the transmitter.
///
/// It always has bits to give. Between frames it gives flags; a frame whose next octet is not there
/// when its time has come is broken off with an abort, and what still comes of that frame is
/// dropped up to its end: a modem never completes a frame by itself.
#[derive(Clone, Debug)]
pub struct Framer {
    queue: Queue,
    /// Bits of the element being sent, the next in bit 0, and how many. In a frame a zero stands behind every
    /// five ones of it already.
    element: u32,
    element_bits: u32,
    /// Ones in a row at the end of what has been sent of a frame with this element: fewer than five.
    ones: u8,
    place: Place,
    /// Flags that must still be sent before a frame may begin.
    flags_due: u32,
    /// Whether the element is a flag that nobody asked for.
    idle: bool,
    flags_sent: u64,
    aborts: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// On flags.
    Between,
    /// Octets of a frame have been sent; its check so far.
    Inside(Fcs),
    /// The frame ran dry; what comes of it is dropped until its end.
    Dropping,
}

impl Framer {
    /// Octets and ends that can wait: more than a second of V.21.
    pub const CAPACITY: usize = Queue::CAPACITY;

    /// Ones of an abort: at least seven, fewer than the fifteen that mean an idle line.
    const ABORT_ONES: u32 = 10;

    /// Nothing to send but flags.
    pub const fn new() -> Self {
        Self {
            queue: Queue::new(),
            element: 0,
            element_bits: 0,
            ones: 0,
            place: Place::Between,
            flags_due: 1,
            idle: false,
            flags_sent: 0,
            aborts: 0,
        }
    }

    /// Octets and ends that can be taken now.
    pub const fn room(&self) -> usize {
        self.queue.room()
    }

    /// Takes the next octets of a frame, beginning one if none is open. Returns `false`, changing
    /// nothing, when they do not all fit. An octet that the chunk does not fill is filled with zeros.
    pub fn octets(&mut self, chunk: &Chunk) -> bool {
        let octets = chunk.octets();
        let fits = octets.len() <= self.room();
        if fits {
            octets.iter().for_each(|octet| self.queue.push(Item::Octet(*octet)));
        }
        fits
    }

    /// Ends the open frame: with its check, with a spoilt one, or broken off. Returns `false`,
    /// changing nothing, when there is no room.
    pub fn end(&mut self, end: FrameEnd) -> bool {
        let fits = self.room() > 0;
        if fits {
            self.queue.push(Item::End(end));
        }
        fits
    }

    /// Asks for at least `count` flags, beginning now, before the next frame may begin. Without it
    /// one flag stands between two frames.
    pub fn hold_flags(&mut self, count: u32) {
        self.flags_due = self.flags_due.max(count);
    }

    /// The next `count` bits of the line (at most 32), the first in bit 0.
    pub fn take(&mut self, count: usize) -> u32 {
        let (mut bits, mut taken) = (0, 0);
        let count = count.min(32) as u32;
        while taken < count {
            let (more, length) = self.run(count - taken);
            bits |= more << taken;
            taken += length;
        }
        bits
    }

    /// Moves bits into `line` until it holds `ahead` of them.
    pub fn fill(&mut self, line: &mut BitQueue, ahead: usize) {
        while line.len() < ahead && line.room() > 0 {
            let count = (ahead - line.len()).min(line.room()).min(32);
            line.push(self.take(count), count);
        }
    }

    /// Whether all that was taken has left as bits, the closing flag included.
    pub fn is_idle(&self) -> bool {
        let between = self.place == Place::Between && self.flags_due == 0;
        self.queue.is_empty() && between && (self.idle || self.element_bits == 0)
    }

    /// Whole flags sent since the beginning.
    pub const fn flags_sent(&self) -> u64 {
        self.flags_sent
    }

    /// Frames broken off because they ran dry.
    pub const fn aborts(&self) -> u64 {
        self.aborts
    }

    /// Forgets all frames and starts again on a flag.
    pub fn clear(&mut self) {
        *self = Self { flags_sent: self.flags_sent, aborts: self.aborts, ..Self::new() };
    }

    /// The next bits of an element, at most so many, and how many.
    fn run(&mut self, most: u32) -> (u32, u32) {
        if self.element_bits == 0 {
            self.next_element();
        }
        let length = most.min(self.element_bits);
        let bits = self.element & ((1 << length) - 1);
        self.element >>= length;
        self.element_bits -= length;
        (bits, length)
    }

    fn next_element(&mut self) {
        match self.place {
            Place::Between if self.flags_due > 0 => self.send_flag(),
            Place::Between => match self.queue.pop() {
                None | Some(Item::End(FrameEnd::Aborted)) => self.send_flag(),
                Some(item) => self.send_item(item, Fcs::START),
            },
            Place::Inside(fcs) => match self.queue.pop() {
                Some(item) => self.send_item(item, fcs),
                None => {
                    self.aborts += 1;
                    self.send_abort(Place::Dropping);
                }
            },
            Place::Dropping => {
                while let Some(item) = self.queue.pop() {
                    if let Item::End(_) = item {
                        self.place = Place::Between;
                        break;
                    }
                }
                self.send_flag();
            }
        }
    }

    fn send_item(&mut self, item: Item, fcs: Fcs) {
        match item {
            Item::Octet(octet) => {
                self.begin_element();
                self.send_stuffed(octet);
                self.place = Place::Inside(fcs.octet(octet));
            }
            Item::End(FrameEnd::Aborted) => self.send_abort(Place::Between),
            Item::End(end) => {
                let spoil = if end == FrameEnd::Good { 0 } else { 0xFF };
                self.begin_element();
                for octet in fcs.octets() {
                    self.send_stuffed(octet ^ spoil);
                }
                self.place = Place::Between;
                self.flags_due = self.flags_due.max(1);
            }
        }
    }

    fn send_flag(&mut self) {
        let idle = self.flags_due == 0;
        self.flags_due = self.flags_due.saturating_sub(1);
        self.flags_sent += 1;
        self.send(u32::from(FLAG), 8);
        self.idle = idle;
    }

    fn send_abort(&mut self, after: Place) {
        self.place = after;
        self.flags_due = self.flags_due.max(1);
        self.send((1 << Self::ABORT_ONES) - 1, Self::ABORT_ONES);
    }

    /// Sends what is no part of a frame.
    fn send(&mut self, element: u32, bits: u32) {
        (self.element, self.element_bits) = (element, bits);
        (self.ones, self.idle) = (0, false);
    }

    fn begin_element(&mut self) {
        (self.element, self.element_bits, self.idle) = (0, 0, false);
    }

    /// Puts an octet of a frame behind the element: a zero follows five ones.
    fn send_stuffed(&mut self, octet: u8) {
        let Stuffed { bits, count, ones } =
            STUFFED[usize::from(self.ones) % STUFFED.len()][usize::from(octet)];
        self.element |= u32::from(bits) << self.element_bits;
        self.element_bits += u32::from(count);
        self.ones = ones;
    }
}

/// An octet of a frame as it leaves, with the zeros that are put in.
#[derive(Clone, Copy)]
struct Stuffed {
    /// The first in bit 0; and how many.
    bits: u16,
    count: u8,
    /// Ones in a row at its end, with those before it.
    ones: u8,
}

/// By the ones in a row before the octet, and by the octet.
static STUFFED: [[Stuffed; 256]; 5] = {
    let mut table = [[Stuffed { bits: 0, count: 0, ones: 0 }; 256]; 5];
    let mut ones = 0;
    while ones < 5 {
        let mut octet = 0;
        while octet < 256 {
            table[ones][octet] = Stuffed::of(ones as u8, octet as u8);
            octet += 1;
        }
        ones += 1;
    }
    table
};

impl Stuffed {
    const fn of(ones: u8, octet: u8) -> Self {
        let mut stuffed = Self { bits: 0, count: 0, ones };
        let mut place = 8;
        while place > 0 {
            place -= 1;
            let bit = octet >> place & 1;
            stuffed.bits |= (bit as u16) << stuffed.count;
            stuffed.count += 1;
            stuffed.ones = if bit == 1 { stuffed.ones + 1 } else { 0 };
            if stuffed.ones == 5 {
                stuffed.count += 1;
                stuffed.ones = 0;
            }
        }
        stuffed
    }
}

impl Default for Framer {
    fn default() -> Self {
        Self::new()
    }
}

/// What waits to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Octet(u8),
    End(FrameEnd),
}

/// A ring of items.
#[derive(Clone, Debug)]
struct Queue {
    items: [Item; Queue::CAPACITY],
    head: usize,
    len: usize,
}

impl Queue {
    const CAPACITY: usize = 512;

    const fn new() -> Self {
        Self { items: [Item::Octet(0); Self::CAPACITY], head: 0, len: 0 }
    }

    const fn room(&self) -> usize {
        Self::CAPACITY - self.len
    }

    const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends; the caller has asked for the room.
    fn push(&mut self, item: Item) {
        self.items[(self.head + self.len) % Self::CAPACITY] = item;
        self.len += 1;
    }

    fn pop(&mut self) -> Option<Item> {
        if self.is_empty() {
            return None;
        }
        let item = self.items[self.head];
        self.head = (self.head + 1) % Self::CAPACITY;
        self.len -= 1;
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(framer: &mut Framer, bits: usize) -> String {
        (0..bits).map(|_| if framer.take(1) == 1 { '1' } else { '0' }).collect()
    }

    #[test]
    fn an_idle_framer_sends_whole_flags() {
        let mut framer = Framer::new();
        assert_eq!(line(&mut framer, 24), "011111100111111001111110");
        assert_eq!(framer.flags_sent(), 3);
        assert!(framer.is_idle());
    }

    #[test]
    fn a_zero_is_owed_even_when_the_check_ends_with_five_ones() {
        let ends_with_ones = |octet: u8| Fcs::START.octet(octet).octets()[1] & 0x1F == 0x1F;
        let octet = (0..=255).find(|octet| ends_with_ones(*octet)).expect("one of 256 does");
        let mut framer = Framer::new();
        assert!(framer.octets(&Chunk::from_octets(&[octet])) && framer.end(FrameEnd::Good));
        let sent = line(&mut framer, 60);
        assert!(sent.contains("11111001111110"), "{sent}");
        assert!(!sent.contains("1111111"), "{sent}");
    }

    #[test]
    fn a_frame_that_runs_dry_is_broken_off_and_never_ends_well() {
        let mut framer = Framer::new();
        assert!(framer.octets(&Chunk::from_octets(&[0x00])));
        assert_eq!(line(&mut framer, 34), "0111111000000000111111111101111110");
        assert_eq!(framer.aborts(), 1);
        assert!(framer.octets(&Chunk::from_octets(&[0xAA])) && framer.end(FrameEnd::Good));
        assert_eq!(line(&mut framer, 8), "01111110");
        assert!(framer.is_idle());
        assert!(framer.octets(&Chunk::from_octets(&[0x00])));
        assert_eq!(line(&mut framer, 8), "00000000");
    }

    #[test]
    fn held_flags_come_before_the_frame() {
        let mut framer = Framer::new();
        framer.hold_flags(37);
        assert!(framer.octets(&Chunk::from_octets(&[0])) && framer.end(FrameEnd::Aborted));
        assert_eq!(line(&mut framer, 37 * 8 + 18), "01111110".repeat(37) + "000000001111111111");
    }

    #[test]
    fn a_full_framer_refuses_and_stays_as_it_is() {
        let mut framer = Framer::new();
        let chunk = Chunk::from_octets(&[0; 32]);
        while framer.octets(&chunk) {}
        assert_eq!(framer.room(), 0);
        assert!(!framer.end(FrameEnd::Good) && !framer.octets(&Chunk::from_octets(&[1])));
    }
}
