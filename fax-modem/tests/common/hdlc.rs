//! What must hold of HDLC for any bits and any frames. One body, run by the tests over seeded input
//! and by the fuzz target over what the fuzzer finds.

use fax_core::{Chunk, FrameEnd};
use fax_modem::hdlc::{Deframer, Event, Framer};

/// Frames as they were heard: their octets and how they ended.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Frames {
    pub(crate) whole: Vec<(Vec<u8>, FrameEnd)>,
    pub(crate) open: Vec<u8>,
    pub(crate) preambles: usize,
}

impl Frames {
    pub(crate) fn take(&mut self, event: Event) {
        match event {
            Event::Preamble => self.preambles += 1,
            Event::Octets(chunk) => {
                assert!(
                    !chunk.is_empty() && chunk.len_bits().is_multiple_of(8),
                    "a chunk of no whole octets"
                );
                self.open.extend_from_slice(chunk.octets());
            }
            Event::FrameEnd(end) => self.whole.push((std::mem::take(&mut self.open), end)),
        }
    }
}

/// Any octets, taken as bits of a line, then as frames to be sent.
pub(crate) fn anything(data: &[u8]) {
    bits_in_any_pieces_give_the_same_frames(data);
    every_good_frame_has_its_check(data);
    what_is_framed_is_deframed(data);
}

fn bits_in_any_pieces_give_the_same_frames(data: &[u8]) {
    let (mut whole, mut single) = (Frames::default(), Frames::default());
    let (mut by_octets, mut by_bits) = (Deframer::new(), Deframer::new());
    for octet in data {
        by_octets.push(*octet, 8, &mut |event| whole.take(event));
        for place in 0..8 {
            by_bits.push(octet >> place, 1, &mut |event| single.take(event));
        }
    }
    by_octets.carrier_lost(&mut |event| whole.take(event));
    by_bits.carrier_lost(&mut |event| single.take(event));
    assert_eq!(whole, single);
    assert_eq!(by_octets.counts(), by_bits.counts());
    assert!(whole.open.is_empty(), "octets without an end");
    let told = by_octets.counts();
    assert_eq!((told.good + told.bad + told.aborted) as usize, whole.whole.len());
}

/// A frame that was invented ends well only if its octets and its check stand in the bits.
fn every_good_frame_has_its_check(data: &[u8]) {
    let mut heard = Frames::default();
    let mut deframer = Deframer::new();
    for octet in data {
        deframer.push(*octet, 8, &mut |event| heard.take(event));
    }
    // A deframer may join within the first flag: what came before its bits counts as the flag's zero.
    let bits = data.iter().flat_map(|octet| (0..8).map(move |place| octet >> place & 1));
    let line: Vec<u8> = core::iter::once(0).chain(bits).collect();
    for (octets, _) in heard.whole.iter().filter(|(_, end)| *end == FrameEnd::Good).take(8) {
        let sent = line_of(octets);
        assert!(line.windows(sent.len()).any(|part| part == sent), "a good frame that is not in the bits");
    }
}

/// The bits of one whole frame between two flags.
fn line_of(octets: &[u8]) -> Vec<u8> {
    let mut framer = Framer::new();
    let mut line = Vec::new();
    let mut chunks = octets.chunks(Chunk::CAPACITY);
    loop {
        while framer.room() > Chunk::CAPACITY
            && let Some(chunk) = chunks.next()
        {
            assert!(framer.octets(&Chunk::from_octets(chunk)));
        }
        if chunks.len() == 0 {
            break;
        }
        line.push(framer.take(1) as u8);
    }
    assert!(framer.end(FrameEnd::Good));
    while !framer.is_idle() {
        line.push(framer.take(1) as u8);
    }
    line
}

/// Takes `data` as a script: frames of different lengths and ends, in chunks of different sizes,
/// sent while bits are pulled in pieces of different sizes. None may run dry here.
fn what_is_framed_is_deframed(data: &[u8]) {
    let mut framer = Framer::new();
    let mut deframer = Deframer::new();
    let (mut sent, mut heard) = (Vec::new(), Frames::default());
    let mut rest = data;
    let mut pull = |framer: &mut Framer, count: u8, heard: &mut Frames| {
        let bits = framer.take(usize::from(count)) as u8;
        deframer.push(bits, count, &mut |event| heard.take(event));
    };
    while let [length, end, more @ ..] = rest {
        let (frame, more) = more.split_at(more.len().min(usize::from(length % 40)));
        rest = more;
        let end = match end % 4 {
            0 => FrameEnd::Bad,
            1 if !frame.is_empty() => FrameEnd::Aborted,
            _ => FrameEnd::Good,
        };
        for part in frame.chunks(usize::from(end as u8) + usize::from(length / 32) + 1) {
            assert!(framer.octets(&Chunk::from_octets(part)));
        }
        assert!(framer.end(end));
        framer.hold_flags(u32::from(length & 1));
        while !framer.is_idle() {
            pull(&mut framer, 1 + length % 8, &mut heard);
        }
        sent.push((frame.to_vec(), end));
    }
    pull(&mut framer, 8, &mut heard);
    assert_eq!(framer.aborts(), 0);
    assert_eq!(heard.whole.len(), sent.iter().filter(|(frame, end)| is_told(frame, *end)).count());
    let told = sent.iter().filter(|(frame, end)| is_told(frame, *end));
    for ((frame, end), (got, got_end)) in told.zip(&heard.whole) {
        assert_eq!(got_end, end);
        // An abort takes the two octets that could have been its check with it.
        let kept = if *end == FrameEnd::Aborted { &frame[..frame.len() - 2] } else { &frame[..] };
        assert_eq!(got, kept);
    }
}

/// A frame broken off before it could hold a check leaves no trace.
fn is_told(frame: &[u8], end: FrameEnd) -> bool {
    end != FrameEnd::Aborted || frame.len() >= 2
}
