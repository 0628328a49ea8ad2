//! From the bits of a fast burst to frames or chunks of bits, also when nobody said which they are.

use crate::hdlc::{Deframer, Event};
use fax_core::{Chunk, Framing, Signal};

/// Bits looked at before bits of unknown kind are taken for what they are: ECM opens with 200 ms of
/// flags (T.4 A.3), of which this holds 15 at least.
const LOOK: usize = 128;

/// Reads the bits of one burst.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    kind: Kind,
    deframer: Deframer,
    chunk: Chunk,
    /// Bits on their way to the deframer, which takes eight at once faster; and how many.
    bits: u32,
    count: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Frames,
    Bits,
    /// Not known yet; the chunk keeps what came so far.
    Unknown,
}

impl Reader {
    pub(crate) fn new() -> Self {
        Self { kind: Kind::Unknown, deframer: Deframer::new(), chunk: Chunk::EMPTY, bits: 0, count: 0 }
    }

    pub(crate) fn begin(&mut self, framing: Framing) {
        *self = Self {
            kind: match framing {
                Framing::Frames => Kind::Frames,
                Framing::Bits => Kind::Bits,
                Framing::Unknown => Kind::Unknown,
            },
            ..Self::new()
        };
    }

    /// Takes bits, the first in bit 0.
    pub(crate) fn push(&mut self, bits: u8, count: u8, tell: &mut impl FnMut(Signal)) {
        match self.kind {
            Kind::Frames => {
                self.bits |= u32::from(bits) << self.count;
                self.count += count;
                while self.count >= 8 {
                    self.deframer.take(self.bits as u8, 8, &mut |event| frame(event, tell));
                    (self.bits, self.count) = (self.bits >> 8, self.count - 8);
                }
            }
            Kind::Bits => self.gather(bits, count, tell),
            Kind::Unknown => self.guess(bits, count, tell),
        }
    }

    /// Tells the octets that have been gathered; of bits without frames a last partial one waits.
    pub(crate) fn flush(&mut self, tell: &mut impl FnMut(Signal)) {
        if self.kind == Kind::Frames {
            let (bits, count) = (core::mem::take(&mut self.bits), core::mem::take(&mut self.count));
            self.deframer.push(bits as u8, count, &mut |event| frame(event, tell));
            return;
        }
        if self.kind != Kind::Bits || self.chunk.len_bits() < 8 {
            return;
        }
        let whole = Chunk::from_octets(&self.chunk.octets()[..self.chunk.len_bits() / 8]);
        let mut rest = Chunk::EMPTY;
        for bit in self.chunk.iter_bits().skip(whole.len_bits()) {
            rest.push_bit(bit);
        }
        self.chunk = rest;
        tell(Signal::Bits(whole));
    }

    /// The carrier is gone: a frame is broken off, the last bits are told.
    pub(crate) fn end(&mut self, tell: &mut impl FnMut(Signal)) {
        match self.kind {
            Kind::Frames => {
                self.flush(tell);
                self.deframer.carrier_lost(&mut |event| frame(event, tell));
            }
            Kind::Bits | Kind::Unknown => {
                if !self.chunk.is_empty() {
                    tell(Signal::Bits(self.chunk));
                }
            }
        }
        self.begin(Framing::Unknown);
    }

    fn gather(&mut self, bits: u8, count: u8, tell: &mut impl FnMut(Signal)) {
        for n in 0..count {
            self.chunk.push_bit(bits >> n & 1 == 1);
            if self.chunk.is_full() {
                tell(Signal::Bits(self.chunk));
                self.chunk = Chunk::EMPTY;
            }
        }
    }

    /// Five flags back to back are frames; enough bits without them are bits.
    fn guess(&mut self, bits: u8, count: u8, tell: &mut impl FnMut(Signal)) {
        let mut flags = false;
        self.deframer.push(bits, count, &mut |event| flags |= event == Event::Preamble);
        if flags {
            // Nothing but flags can have come before, so no frame is lost.
            (self.kind, self.chunk) = (Kind::Frames, Chunk::EMPTY);
            return;
        }
        for n in 0..count {
            self.chunk.push_bit(bits >> n & 1 == 1);
        }
        if self.chunk.len_bits() >= LOOK {
            self.kind = Kind::Bits;
            self.flush(tell);
        }
    }
}

/// A deframer's event as the line tells it. The run of flags is no signal: it is what stands between
/// frames.
pub(crate) fn frame(event: Event, tell: &mut impl FnMut(Signal)) {
    match event {
        Event::Preamble => {}
        Event::Octets(chunk) => tell(Signal::Octets(chunk)),
        Event::FrameEnd(end) => tell(Signal::FrameEnd(end)),
    }
}
