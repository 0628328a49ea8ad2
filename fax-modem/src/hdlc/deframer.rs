//! Reads frames out of bits: flags, zero removal, check, abort.

use super::Fcs;
use fax_core::{Chunk, FrameEnd};

/// Finds frames in the bits of a line.
///
/// Octets are told as they come, so that a frame may have any length; the last two, which can only
/// be known as the check when the flag is there, are held back.
#[derive(Clone, Debug)]
pub struct Deframer {
    place: Place,
    /// Ones in a row, up to seven.
    ones: u8,
    /// The octet being collected, its bits shifted in from below, and how many.
    octet: u8,
    octet_bits: u8,
    fcs: Fcs,
    /// The last octets of the frame, the older first.
    held: [u8; Self::CHECK_OCTETS],
    held_len: usize,
    /// Whether octets have left `held`.
    told: bool,
    /// Octets that have left it and are not told yet.
    ready: Chunk,
    /// Flags in a row with nothing between them.
    run: u32,
    counts: Counts,
}

/// What a [`Deframer`] finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Five flags have come back to back: somebody sends HDLC. Told once for each run of flags.
    Preamble,
    /// The next octets of a frame, never any of its check.
    Octets(Chunk),
    /// The end of a frame; one without octets before it was empty.
    FrameEnd(FrameEnd),
}

/// What has been seen since the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Flags.
    pub flags: u64,
    /// Frames with a right check.
    pub good: u64,
    /// Frames with a wrong check or a flag within an octet.
    pub bad: u64,
    /// Frames broken off.
    pub aborted: u64,
    /// Stretches between flags too short to hold a check, mostly flags hit by noise; not told.
    pub fragments: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// No flag since the beginning or since seven ones: bits mean nothing.
    Hunting,
    /// After a flag; all that comes until the next one is a frame.
    Framed,
}

impl Deframer {
    /// Flags back to back that make a preamble.
    const PREAMBLE_FLAGS: u32 = 5;
    const CHECK_OCTETS: usize = 2;
    /// Bits of a closing flag that have been collected as data when it is recognised: 0 11111. Where
    /// the flag shares its first zero with the flag before, only the ones.
    const FLAG_BITS: u8 = 6;

    /// Before the first flag.
    pub const fn new() -> Self {
        Self {
            place: Place::Hunting,
            ones: 0,
            octet: 0,
            octet_bits: 0,
            fcs: Fcs::START,
            held: [0; Self::CHECK_OCTETS],
            held_len: 0,
            told: false,
            ready: Chunk::EMPTY,
            run: 0,
            counts: Counts { flags: 0, good: 0, bad: 0, aborted: 0, fragments: 0 },
        }
    }

    /// Takes the low `count` bits (at most 8) of the line, bit 0 first, and tells what they were.
    pub fn push(&mut self, bits: u8, count: u8, tell: &mut impl FnMut(Event)) {
        self.take(bits, count, tell);
        self.flush(tell);
    }

    /// As [`Deframer::push`], but octets may wait for more of their frame, or for [`Deframer::flush`].
    pub fn take(&mut self, bits: u8, count: u8, tell: &mut impl FnMut(Event)) {
        if count == 8 && self.place == Place::Framed && !five_ones(self.ones, bits) {
            self.data_octet(bits, tell);
            return;
        }
        for place in 0..count.min(8) {
            self.bit(bits >> place & 1 == 1, tell);
        }
    }

    /// Tells the octets that wait.
    pub fn flush(&mut self, tell: &mut impl FnMut(Event)) {
        if !self.ready.is_empty() {
            tell(Event::Octets(self.ready));
            self.ready = Chunk::EMPTY;
        }
    }

    /// The carrier is gone: a frame that is open ends as broken off, and the next bit is the first
    /// of another burst.
    pub fn carrier_lost(&mut self, tell: &mut impl FnMut(Event)) {
        if self.place == Place::Framed {
            self.abort(tell);
        }
        *self = Self { counts: self.counts, ..Self::new() };
    }

    /// Whether octets of a frame have been told and its end has not.
    pub const fn in_frame(&self) -> bool {
        self.told
    }

    /// What has been seen.
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// Eight bits of data in one step.
    fn data_octet(&mut self, bits: u8, tell: &mut impl FnMut(Event)) {
        let both = u16::from(self.octet) << 8 | u16::from(bits.reverse_bits());
        self.ones = bits.leading_ones() as u8;
        self.octet = (both >> self.octet_bits) as u8;
        self.whole_octet(tell);
        self.octet = both as u8;
    }

    fn bit(&mut self, bit: bool, tell: &mut impl FnMut(Event)) {
        let ones = self.ones;
        if bit {
            self.ones = (ones + 1).min(7);
            match ones {
                0..=4 => self.data(true, tell),
                6 if self.place == Place::Framed => self.abort(tell),
                _ => (),
            }
            return;
        }
        self.ones = 0;
        match ones {
            0..=4 => self.data(false, tell),
            6 => self.flag(tell),
            // Five: the zero was inserted by the sender. Seven: the end of an abort.
            _ => (),
        }
    }

    fn data(&mut self, bit: bool, tell: &mut impl FnMut(Event)) {
        if self.place == Place::Hunting {
            return;
        }
        self.octet = self.octet << 1 | u8::from(bit);
        self.octet_bits += 1;
        if self.octet_bits < 8 {
            return;
        }
        self.octet_bits = 0;
        self.whole_octet(tell);
    }

    fn whole_octet(&mut self, tell: &mut impl FnMut(Event)) {
        self.fcs = self.fcs.octet(self.octet);
        if self.held_len < Self::CHECK_OCTETS {
            self.held[self.held_len] = self.octet;
            self.held_len += 1;
            return;
        }
        let [older, newer] = self.held;
        self.held = [newer, self.octet];
        self.told = true;
        if !self.ready.push_octet(older) {
            self.flush(tell);
            self.ready.push_octet(older);
        }
    }

    fn flag(&mut self, tell: &mut impl FnMut(Event)) {
        self.counts.flags += 1;
        let framed = self.place == Place::Framed;
        let empty = framed && self.held_len == 0 && (5..=Self::FLAG_BITS).contains(&self.octet_bits);
        let checked =
            self.held_len == Self::CHECK_OCTETS && (self.told || self.octet_bits >= Self::FLAG_BITS);
        if checked {
            let good = self.octet_bits == Self::FLAG_BITS && self.fcs.is_good();
            self.flush(tell);
            tell(Event::FrameEnd(if good { FrameEnd::Good } else { FrameEnd::Bad }));
            *(if good { &mut self.counts.good } else { &mut self.counts.bad }) += 1;
        } else if framed && !empty {
            self.counts.fragments += 1;
        }
        self.run = if empty { self.run.saturating_add(1) } else { 1 };
        if self.run == Self::PREAMBLE_FLAGS {
            tell(Event::Preamble);
        }
        self.place = Place::Framed;
        self.start_frame();
    }

    fn abort(&mut self, tell: &mut impl FnMut(Event)) {
        if self.held_len == Self::CHECK_OCTETS {
            self.flush(tell);
            tell(Event::FrameEnd(FrameEnd::Aborted));
            self.counts.aborted += 1;
        }
        self.place = Place::Hunting;
        self.run = 0;
        self.start_frame();
    }

    fn start_frame(&mut self) {
        self.octet_bits = 0;
        self.held_len = 0;
        self.told = false;
        self.fcs = Fcs::START;
    }
}

impl Default for Deframer {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether there are five ones in a row in eight bits that follow so many ones: a flag, an abort, or a zero
/// to take out.
const fn five_ones(ones: u8, bits: u8) -> bool {
    // Bit 0 of the eight comes fifth, behind the last four before them.
    let before = (0xF_u16 << 4_u8.saturating_sub(ones)) & 0xF;
    let line = (bits as u16) << 4 | before;
    let pairs = line & line >> 1;
    ones > 4 || pairs & pairs >> 2 & line >> 4 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a line of bits is heard as: P, octets in hex, G, B or A.
    fn heard(line: &str) -> String {
        let mut deframer = Deframer::new();
        let mut text = String::new();
        for bit in line.bytes().filter(|byte| *byte != b' ') {
            deframer.push(bit & 1, 1, &mut |event| {
                text += &match event {
                    Event::Preamble => "P".into(),
                    Event::Octets(chunk) => chunk.octets().iter().map(|o| format!("{o:02x}")).collect(),
                    Event::FrameEnd(FrameEnd::Good) => "G".into(),
                    Event::FrameEnd(FrameEnd::Bad) => "B".into(),
                    Event::FrameEnd(FrameEnd::Aborted) => "A".to_string(),
                };
            });
        }
        text
    }

    const FLAG: &str = "01111110";
    /// The check of no octets at all.
    const EMPTY: &str = "0000000000000000";

    /// A frame as bits, without its flags.
    fn frame(octets: &[u8]) -> String {
        let mut framer = crate::hdlc::Framer::new();
        assert!(framer.octets(&Chunk::from_octets(octets)) && framer.end(FrameEnd::Good));
        let mut line = String::new();
        while !framer.is_idle() {
            line.push(if framer.take(1) == 1 { '1' } else { '0' });
        }
        line[8..line.len() - 8].to_string()
    }

    #[test]
    fn five_flags_are_a_preamble_whether_or_not_they_share_their_zero() {
        assert_eq!(heard(&FLAG.repeat(4)), "");
        assert_eq!(heard(&FLAG.repeat(40)), "P");
        assert_eq!(heard(&("0".to_string() + &"1111110".repeat(5))), "P");
    }

    #[test]
    fn frames_of_no_and_of_few_octets_end_well() {
        assert_eq!(heard(&[FLAG, EMPTY, FLAG].concat()), "G");
        assert_eq!(heard(&(FLAG.to_string() + &frame(&[0]) + FLAG)), "00G");
        assert_eq!(heard(&(FLAG.to_string() + &frame(&[0xFF, 0xC8]) + FLAG)), "ffc8G");
    }

    #[test]
    fn two_frames_may_share_a_flag_or_only_a_zero() {
        let (a, b) = (frame(&[0xFF, 0xC0]), frame(&[0xFF, 0xC8]));
        assert_eq!(heard(&(FLAG.to_string() + &a + FLAG + &b + FLAG)), "ffc0Gffc8G");
        assert_eq!(heard(&(FLAG.to_string() + &a + FLAG + "1111110" + &b + FLAG)), "ffc0Gffc8G");
    }

    #[test]
    fn a_flag_within_an_octet_makes_the_frame_bad() {
        assert_eq!(heard(&[FLAG, EMPTY, "0", FLAG].concat()), "B");
        assert_eq!(heard(&[FLAG, EMPTY, "0000000", FLAG].concat()), "00B");
    }

    #[test]
    fn a_wrong_check_is_told() {
        assert_eq!(heard(&[FLAG, "0000000000000001", FLAG].concat()), "B");
    }

    #[test]
    fn what_cannot_hold_a_check_is_not_a_frame() {
        assert_eq!(heard(&[FLAG, "010", FLAG, "0101", FLAG, "000000000000000", FLAG].concat()), "");
    }

    #[test]
    fn seven_ones_break_a_frame_off_and_only_a_flag_starts_another() {
        let bits = [FLAG, "0000 0000 0000 0000 0000 0000", "11111111 0000 0000", FLAG, EMPTY, FLAG].concat();
        assert_eq!(heard(&bits), "00AG");
    }

    #[test]
    fn an_open_frame_is_broken_off_when_the_carrier_goes() {
        let mut deframer = Deframer::new();
        let mut ends = 0;
        let mut tell = |event| {
            if let Event::FrameEnd(end) = event {
                assert_eq!(end, FrameEnd::Aborted);
                ends += 1;
            }
        };
        deframer.push(0b0111_1110, 8, &mut tell);
        for _ in 0..4 {
            deframer.push(0x55, 8, &mut tell);
        }
        assert!(deframer.in_frame());
        deframer.carrier_lost(&mut tell);
        deframer.carrier_lost(&mut tell);
        assert_eq!((ends, deframer.in_frame()), (1, false));
    }
}
