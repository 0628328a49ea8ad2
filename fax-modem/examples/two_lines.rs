//! Two phone lines face to face: one says a frame, the other hears it.
//! `cargo run --release -p fax-modem --example two_lines`
//!
//! This is all an owner of a line has to do: every 20 ms pull samples from it, push samples into it,
//! say what there is room for and drain what was heard.

use fax_core::{Chunk, FrameEnd, Line, Opening, Signal, Tone};
use fax_modem::AudioLine;
use fax_modem::line::Event;

/// 20 ms.
const BLOCK: usize = 160;

fn main() {
    let (mut caller, mut answerer) = (AudioLine::default(), AudioLine::default());
    // DIS as an answerer might send it: address, control, DIS, capabilities.
    let dis = [0xFF, 0xC8, 0x80, 0x00, 0xCE, 0xF0];
    let mut script = [
        (0, Signal::Tone(Tone::Ced)),
        (130, Signal::Silence),
        (131, Signal::Begin(Opening::V21)),
        (140, Signal::Octets(Chunk::from_octets(&dis))),
        (140, Signal::FrameEnd(FrameEnd::Good)),
        (140, Signal::End),
    ]
    .into_iter()
    .peekable();

    for block in 0..240 {
        // A refusal changes nothing: what found no room is said again in the next block.
        while let Some((_, signal)) = script.next_if(|(when, _)| *when <= block) {
            if let Err(refusal) = answerer.say(signal) {
                println!("{signal:?}: {refusal}");
                return;
            }
        }
        let mut samples = [0; BLOCK];
        answerer.fill(&mut samples);
        caller.listen(&samples);
        while let Some(heard) = caller.hear() {
            match heard.signal {
                Signal::Octets(chunk) => println!("{} s  octets {:02x?}", heard.at, chunk.octets()),
                other => println!("{} s  {other:?}", heard.at),
            }
        }
        while let Some((at, event)) = caller.event() {
            match event {
                Event::Trained(opening, quality) => println!("{at} s  ({opening} at {})", quality.level),
                other => println!("{at} s  ({other:?})"),
            }
        }
    }
}
