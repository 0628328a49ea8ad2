//! One good frame out of two damaged copies of it.
//!
//! A command that nobody answered is said again, and a command said again is answered again (T.30 5.4.2), so a
//! damaged frame of V.21 mostly comes a second time. What damages it is a click, or a packet of audio that was
//! lost: a few bits, elsewhere in each copy. Where two copies agree they are right; of each place where they do
//! not, one is, and the check tells which.
//!
//! Always: a mended frame has a right check, is T.30's (5.3.4, 5.3.5), and every bit of it was heard in one of
//! two copies; where two ways to join them have a right check, none is taken.

use super::Fcs;

/// Keeps the last damaged frames of a line.
#[derive(Clone, Debug)]
pub struct Mender {
    /// What has come since the last flag.
    stretch: Stretch,
    /// Ones in a row, up to seven.
    ones: u8,
    /// Damaged frames, the newest first.
    kept: [Stretch; Self::KEPT],
}

/// The line's bits between two flags, zeros inserted and all; longer ones are not kept.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    bits: [u8; Self::LONGEST / 8],
    doubtful: Doubtful,
    /// One more than [`Stretch::LONGEST`] if there were more.
    len: usize,
}

/// Places of bits that were heard in samples that nobody sent.
#[derive(Clone, Copy, Debug)]
struct Doubtful {
    places: [u16; Self::MOST],
    /// One more than [`Doubtful::MOST`] if there were more.
    count: usize,
}

/// A frame that was mended: its octets without the check, in line order.
#[derive(Clone, Copy, Debug)]
pub struct Mended {
    octets: [u8; Stretch::LONGEST / 8],
    len: usize,
}

impl Mender {
    /// A command, its answer's optional frames, and one that was hit in between.
    const KEPT: usize = 3;

    /// Nothing has been heard.
    pub const fn new() -> Self {
        Self { stretch: Stretch::EMPTY, ones: 7, kept: [Stretch::EMPTY; Self::KEPT] }
    }

    /// Another burst begins. What was heard before it is kept.
    pub const fn begin(&mut self) {
        (self.stretch, self.ones) = (Stretch::EMPTY, 7);
    }

    /// Takes the low `count` bits (at most 8) of the line, bit 0 first, perhaps all of them doubtful, and tells a
    /// frame that they end and that was damaged, but can be made whole.
    pub fn push(&mut self, bits: u8, count: u8, doubtful: bool, tell: &mut impl FnMut(&Mended)) {
        for place in 0..count.min(8) {
            let bit = bits >> place & 1 == 1;
            let ones = self.ones;
            self.ones = if bit { (ones + 1).min(7) } else { 0 };
            if bit || ones != 6 {
                self.stretch.push(bit, doubtful);
                continue;
            }
            let mut stretch = core::mem::replace(&mut self.stretch, Stretch::EMPTY);
            stretch.len = stretch.len.saturating_sub(FLAG_BITS);
            if let Some(mended) = self.ended(stretch) {
                tell(&mended);
            }
        }
    }

    /// A flag came after these bits.
    fn ended(&mut self, stretch: Stretch) -> Option<Mended> {
        if !(Stretch::SHORTEST..=Stretch::LONGEST).contains(&stretch.len) || stretch.frame().is_some() {
            return None;
        }
        let mended =
            filled(&stretch).or_else(|| self.kept.iter().find_map(|earlier| joined(earlier, &stretch)));
        self.kept.rotate_right(1);
        self.kept[0] = stretch;
        mended
    }
}

impl Default for Mender {
    fn default() -> Self {
        Self::new()
    }
}

/// Bits of a flag that have been kept when its last zero comes.
const FLAG_BITS: usize = 7;
/// Bits that agree between two places where copies differ; fewer, and it is one place. A lost packet of 20 ms is
/// six bits of V.21.
const APART: usize = 6;
/// Most places where copies may differ. Each doubles the ways to join them, and so the chance that a wrong one has
/// a right check: with six, one in a thousand.
const MOST_PLACES: usize = 6;

/// The one frame with a right check that differs from this one in doubtful bits alone.
fn filled(stretch: &Stretch) -> Option<Mended> {
    let places = stretch.doubtful.places.get(..stretch.doubtful.count)?;
    let mut way = *stretch;
    only((0..1_u32 << places.len()).filter_map(|bits| {
        for (n, at) in places.iter().enumerate() {
            way.set(usize::from(*at), bits >> n & 1 == 1);
        }
        way.frame()
    }))
}

/// What is alone.
fn only(mut ways: impl Iterator<Item = Mended>) -> Option<Mended> {
    let first = ways.next()?;
    ways.next().is_none().then_some(first)
}

/// The one frame with a right check that is made of these two, place by place.
fn joined(a: &Stretch, b: &Stretch) -> Option<Mended> {
    if a.len != b.len {
        return None;
    }
    let mut places = [(0, 0); MOST_PLACES];
    let mut count = 0;
    for at in (0..a.len).filter(|at| a.bit(*at) != b.bit(*at)) {
        match places[..count].last_mut() {
            Some((_, last)) if at - *last <= APART => *last = at,
            _ => {
                *places.get_mut(count)? = (at, at);
                count += 1;
            }
        }
    }
    // Either as it is has been tried.
    only((1..(1_u32 << count).saturating_sub(1)).filter_map(|ways| {
        let mut way = *a;
        for (n, (from, to)) in places[..count].iter().enumerate() {
            let one = if ways >> n & 1 == 1 { b } else { a };
            (*from..=*to).for_each(|at| way.set(at, one.bit(at)));
        }
        way.frame()
    }))
}

impl Doubtful {
    /// A lost packet of 20 ms leaves eight. Each doubles the chance that a wrong frame has a right check: with
    /// eleven it is one in 32.
    const MOST: usize = 11;
    const NONE: Self = Self { places: [0; Self::MOST], count: 0 };

    const fn push(&mut self, at: usize) {
        if self.count < Self::MOST {
            self.places[self.count] = at as u16;
        }
        if self.count <= Self::MOST {
            self.count += 1;
        }
    }
}

impl Stretch {
    const EMPTY: Self = Self { bits: [0; Self::LONGEST / 8], doubtful: Doubtful::NONE, len: 0 };
    /// A PPR, the longest frame that is often said again, has 296 bits and at most 59 inserted zeros.
    const LONGEST: usize = 512;
    /// Address, control, an octet of what it is, the check.
    const SHORTEST: usize = 40;

    const fn push(&mut self, bit: bool, doubtful: bool) {
        if self.len < Self::LONGEST {
            self.set(self.len, bit);
            if doubtful {
                self.doubtful.push(self.len);
            }
        }
        if self.len <= Self::LONGEST {
            self.len += 1;
        }
    }

    const fn bit(&self, at: usize) -> bool {
        self.bits[at / 8] >> (at % 8) & 1 == 1
    }

    const fn set(&mut self, at: usize, bit: bool) {
        let place = &mut self.bits[at / 8];
        *place = *place & !(1 << (at % 8)) | (bit as u8) << (at % 8);
    }

    /// The frame, if it is one of T.30's with a right check. What is joined may have a flag that was not heard as
    /// one: then the frame is what stands before or behind it.
    fn frame(&self) -> Option<Mended> {
        let mut reading = Reading::START;
        for at in 0..self.len {
            match (reading.ones, self.bit(at)) {
                (6, true) => return None,
                (6, false) if reading.is_frame(FLAG_BITS - 1) => return Some(reading.mended),
                (6, false) => reading = Reading::START,
                (5, bit) => reading.ones = if bit { 6 } else { 0 },
                (_, bit) => reading.data(bit),
            }
        }
        reading.is_frame(0).then_some(reading.mended)
    }
}

/// A frame that is being read.
struct Reading {
    ones: u8,
    octet: u8,
    bits: usize,
    fcs: Fcs,
    mended: Mended,
}

impl Reading {
    const START: Self = Self {
        ones: 0,
        octet: 0,
        bits: 0,
        fcs: Fcs::START,
        mended: Mended { octets: [0; Stretch::LONGEST / 8], len: 0 },
    };

    fn data(&mut self, bit: bool) {
        self.ones = if bit { self.ones + 1 } else { 0 };
        self.octet = self.octet << 1 | u8::from(bit);
        self.bits += 1;
        if self.bits.is_multiple_of(8)
            && let Some(place) = self.mended.octets.get_mut(self.bits / 8 - 1)
        {
            *place = self.octet;
            self.fcs = self.fcs.octet(self.octet);
            // The last two are its check.
            self.mended.len = (self.bits / 8).saturating_sub(2);
        }
    }

    /// Whether it is one of T.30's, but for so many bits of a flag at its end.
    fn is_frame(&self, flag: usize) -> bool {
        self.bits % 8 == flag
            && self.fcs.is_good()
            && matches!(self.mended.octets(), [0xFF, 0xC0 | 0xC8, _, ..])
    }
}

impl Mended {
    /// The octets without the check, in line order.
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hdlc::Framer;
    use fax_core::{Chunk, FrameEnd};
    use proptest::prelude::*;

    const PPS: [u8; 7] = [0xFF, 0xC8, 0xBF, 0x2F, 0x00, 0x00, 0xFE];

    /// Three flags, the frame, and a flag, as bits of the line.
    fn line(octets: &[u8]) -> Vec<bool> {
        let mut framer = Framer::new();
        for part in octets.chunks(32) {
            assert!(framer.octets(&Chunk::from_octets(part)));
        }
        assert!(framer.end(FrameEnd::Good));
        let mut bits: Vec<bool> = [false, true, true, true, true, true, true, false].repeat(2);
        while !framer.is_idle() {
            bits.push(framer.take(1) == 1);
        }
        bits
    }

    /// The same with other bits in this place.
    fn hit(line: &[bool], at: usize, bits: u8) -> Vec<bool> {
        let mut line = line.to_vec();
        for (n, bit) in line[at..at + 6].iter_mut().enumerate() {
            *bit ^= bits >> n & 1 == 1;
        }
        line
    }

    /// What is mended of these bursts.
    fn mended(bursts: &[Vec<bool>]) -> Vec<Vec<u8>> {
        let mut mender = Mender::new();
        let mut all = Vec::new();
        for burst in bursts {
            mender.begin();
            for bit in burst {
                mender.push(u8::from(*bit), 1, false, &mut |frame| all.push(frame.octets().to_vec()));
            }
        }
        all
    }

    #[test]
    fn two_copies_damaged_in_different_places_make_the_frame() {
        let good = line(&PPS);
        assert_eq!(mended(&[hit(&good, 40, 0b10101), hit(&good, 70, 0b1)]), [PPS.to_vec()]);
    }

    #[test]
    fn a_good_frame_is_told_by_nobody_here_and_one_copy_is_none() {
        let good = line(&PPS);
        assert_eq!(mended(&[good.clone(), hit(&good, 40, 1), good.clone()]), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn other_frames_between_the_copies_do_no_harm() {
        let (pps, ppr) = (line(&PPS), line(&[&[0xFF, 0xC8, 0xBC][..], &[0x5A; 32]].concat()));
        let bursts = [hit(&pps, 40, 1), hit(&ppr, 100, 0b11), hit(&pps, 60, 0b111), hit(&ppr, 200, 1)];
        assert_eq!(mended(&bursts).len(), 2);
    }

    #[test]
    fn copies_damaged_in_the_same_place_are_left() {
        let good = line(&PPS);
        assert_eq!(mended(&[hit(&good, 40, 0b11), hit(&good, 40, 0b1001)]), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn a_lost_packet_is_filled_in_by_the_check_also_where_it_hides_a_flag() {
        let good = line(&PPS);
        let places = 16..good.len() - 10;
        let mut left = 0;
        for at in places.clone() {
            let (mut mender, mut all) = (Mender::new(), Vec::new());
            for (n, bit) in hit(&good, at, 0b11_0011).into_iter().chain([false]).chain(line(&[])).enumerate()
            {
                let doubtful = (at..at + 8).contains(&n);
                mender.push(u8::from(bit), 1, doubtful, &mut |frame| all.push(frame.octets().to_vec()));
            }
            assert!(all.iter().all(|frame| frame == &PPS), "{at}: {all:02x?}");
            left += usize::from(all.is_empty());
        }
        // Where the packet leaves a flag that was none, the frame is cut in two.
        assert!(left <= 9, "{left} of {}", places.len());
    }

    #[test]
    fn two_lost_packets_are_too_much_for_a_check() {
        let good = hit(&hit(&line(&PPS), 40, 1), 70, 1);
        let (mut mender, mut all) = (Mender::new(), 0);
        for (n, bit) in good.into_iter().enumerate() {
            let doubtful = (40..48).contains(&n) || (70..78).contains(&n);
            mender.push(u8::from(bit), 1, doubtful, &mut |_| all += 1);
        }
        assert_eq!(all, 0);
    }

    #[test]
    fn what_is_not_of_t30_is_left() {
        let good = line(&[0x7F, 0xC8, 0xBF, 0x2F]);
        assert_eq!(mended(&[hit(&good, 40, 1), hit(&good, 60, 1)]), Vec::<Vec<u8>>::new());
    }

    proptest! {
        /// Each copy misses up to three packets; what is mended is the frame or, one time in a thousand, another
        /// with a right check: these seeds have none.
        #[test]
        fn what_is_mended_of_two_copies_is_what_was_said(
            map in prop::collection::vec(any::<u8>(), 32),
            holes in prop::collection::vec((any::<bool>(), 24_usize..300, 1_u8..64), 1..6),
        ) {
            let octets = [&[0xFF, 0xC8, 0xBC][..], &map].concat();
            let mut copies = [line(&octets), line(&octets)];
            for (second, at, bits) in holes {
                let copy = &mut copies[usize::from(second)];
                *copy = hit(copy, at, bits);
            }
            for frame in mended(&copies) {
                prop_assert_eq!(&frame, &octets);
            }
        }

        #[test]
        fn no_bits_panic_or_make_a_frame(bits in prop::collection::vec(any::<u8>(), 0..2000)) {
            let mut mender = Mender::new();
            for octet in bits {
                mender.push(octet, 8, false, &mut |_| panic!("a frame of noise"));
            }
        }
    }
}
