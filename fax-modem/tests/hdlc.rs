//! HDLC over seeded input, and against the reference vector.

#[path = "common/hdlc.rs"]
mod body;

use body::{Frames, anything};
use fax_core::{Chunk, FrameEnd};
use fax_modem::hdlc::{Deframer, Framer};

/// A seeded source of numbers (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    fn octets(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

fn vector(name: &str) -> String {
    let path = format!("{}/../test-vectors/modem/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).expect("the vector is part of the sources")
}

fn heard(line: impl IntoIterator<Item = bool>) -> Frames {
    let (mut deframer, mut frames) = (Deframer::new(), Frames::default());
    for bit in line {
        deframer.push(u8::from(bit), 1, &mut |event| frames.take(event));
    }
    frames
}

/// One good frame between flags, as bits.
fn line_of(octets: &[u8]) -> Vec<bool> {
    let mut framer = Framer::new();
    for chunk in octets.chunks(Chunk::CAPACITY) {
        assert!(framer.octets(&Chunk::from_octets(chunk)));
    }
    assert!(framer.end(FrameEnd::Good));
    let mut line = Vec::new();
    while !framer.is_idle() {
        line.push(framer.take(1) == 1);
    }
    line
}

#[test]
fn any_bits_and_any_frames_keep_the_rules_of_hdlc() {
    let mut numbers = Numbers(1);
    for round in 0..3000 {
        let count = (numbers.next() % 300) as usize;
        let mut data = numbers.octets(count);
        if round % 2 == 0 {
            // Flags and runs of ones, which chance alone brings too seldom.
            for octet in &mut data {
                *octet = match numbers.next() % 6 {
                    0 => 0x7E,
                    1 => 0xFF,
                    2 => 0xFC,
                    3 => 0x3F,
                    _ => *octet,
                };
            }
        }
        anything(&data);
    }
}

#[test]
fn the_reference_frames_are_made_and_read_bit_for_bit() {
    let line: Vec<bool> =
        vector("v21-ch2-hdlc.bits").bytes().filter(|b| *b >= b'0').map(|b| b == b'1').collect();
    let frames: Vec<Vec<u8>> = vector("v21-ch2-hdlc.frames")
        .lines()
        .map(|text| {
            // The file has octets with the first bit in the lowest place.
            let octet = |at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex").reverse_bits();
            (0..text.len()).step_by(2).map(octet).collect()
        })
        .collect();
    let read = heard(line.iter().copied());
    assert_eq!(read.preambles, 1);
    assert_eq!(read.whole, frames.iter().map(|f| (f.clone(), FrameEnd::Good)).collect::<Vec<_>>());

    let mut framer = Framer::new();
    framer.hold_flags(37);
    let mut made = Vec::new();
    // The reference has two flags after each frame, asked for while the frame is being sent.
    for (frame, bits) in frames.iter().zip([297, 110]) {
        assert!(framer.octets(&Chunk::from_octets(frame)) && framer.end(FrameEnd::Good));
        made.extend((0..bits).map(|_| framer.take(1) == 1));
        framer.hold_flags(2);
    }
    made.resize_with(line.len(), || framer.take(1) == 1);
    assert!(made == line);
}

/// The check finds every error of up to three bits as long as flags and zero insertion stay as they
/// were; where an error makes or breaks one of these, only one frame in 65 536 may slip through.
#[test]
fn a_frame_with_one_to_three_wrong_bits_never_ends_well_with_other_octets() {
    let mut numbers = Numbers(2);
    let mut slipped = 0;
    for round in 0..200_000 {
        let octets = numbers.octets(1 + round % 24);
        let mut line = line_of(&octets);
        for _ in 0..1 + round % 3 {
            let place = numbers.next() as usize % line.len();
            line[place] = !line[place];
        }
        let frames = heard(line);
        slipped += frames.whole.iter().filter(|(got, end)| *end == FrameEnd::Good && *got != octets).count();
    }
    assert!(slipped <= 6, "{slipped} wrong frames in 200 000 passed as good");
}

/// 10 million random bits hold about 39 000 flags; a stretch between two of them passes the check
/// with probability 2^-16.
#[test]
fn random_bits_make_a_good_frame_only_as_often_as_sixteen_bits_allow() {
    let mut numbers = Numbers(3);
    let (mut deframer, mut headed) = (Deframer::new(), 0);
    let mut frames = Frames::default();
    for _ in 0..10_000_000 / 8 {
        deframer.push(numbers.next() as u8, 8, &mut |event| frames.take(event));
        headed +=
            frames.whole.drain(..).filter(|(f, e)| *e == FrameEnd::Good && f.starts_with(&[0xFF])).count();
    }
    let counts = deframer.counts();
    assert!(counts.bad > 15_000, "{counts:?}");
    assert!(counts.good <= 6, "{counts:?}");
    assert_eq!(headed, 0);
}

/// A frame has no longest length: it streams through, and an octet is told as soon as two more and
/// its successor's first bits have come.
#[test]
fn a_frame_of_any_length_streams_through() {
    let mut numbers = Numbers(4);
    let octets = numbers.octets(100_000);
    let (mut framer, mut deframer, mut frames) = (Framer::new(), Deframer::new(), Frames::default());
    let mut chunks = octets.chunks(29);
    let mut more = chunks.next();
    let mut ended = false;
    while !(ended && framer.is_idle()) {
        while let Some(chunk) = more
            && framer.octets(&Chunk::from_octets(chunk))
        {
            more = chunks.next();
        }
        if more.is_none() && !ended {
            ended = framer.end(FrameEnd::Good);
        }
        deframer.push(framer.take(8) as u8, 8, &mut |event| frames.take(event));
    }
    assert_eq!(frames.whole.len(), 1);
    assert!(frames.whole[0].0 == octets && frames.whole[0].1 == FrameEnd::Good);
}

/// Found by the fuzzer: an empty frame after a flag whose first zero came before the first bit.
#[test]
fn a_frame_after_half_a_flag_is_in_the_bits() {
    anything(&[0x3F, 0x00, 0x00, 0x3F]);
}
