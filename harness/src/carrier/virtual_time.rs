//! Two machines in one process, in virtual time: a call as fast as the processor makes it.

use crate::world::Recording;
use fax_call::Terminal;
use fax_core::{Span, Timestamp};

/// What lies between two machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A digital telephone line.
    Audio,
    /// A network that loses nothing.
    T38,
}

/// Samples of a block: 20 ms, which is also the time between two looks at a machine on T.38.
const BLOCK: usize = 160;

/// No call takes longer: a day.
const LONGEST: Timestamp = Timestamp::from_micros(86_400_000_000);

/// Lets two terminals, whose legs are of this medium, have their call; what was on the line, as the first of them said
/// and heard it (on T.38 nothing).
pub fn between(first: &mut Terminal, second: &mut Terminal, medium: Medium) -> Recording {
    let mut recording = Recording::default();
    let (mut now, mut said, mut heard) = (Timestamp::ZERO, [0; BLOCK], [0; BLOCK]);
    let is_over = |terminal: &Terminal| terminal.machine().outcome().is_some();
    while !(is_over(first) && is_over(second)) && now < LONGEST {
        now += Span::from_samples(BLOCK as u64);
        match medium {
            Medium::Audio => {
                first.listen(now, &heard);
                first.fill(&mut said);
                second.listen(now, &said);
                recording.said.extend(said);
                recording.heard.extend(heard);
                second.fill(&mut heard);
            }
            Medium::T38 => {
                pass(first, second, now);
                pass(second, first, now);
            }
        }
    }
    recording
}

fn pass(from: &mut Terminal, to: &mut Terminal, now: Timestamp) {
    let mut datagram = [0; 4096];
    from.advance(now);
    while let Some(length) = from.transmit(&mut datagram) {
        // What it refuses it counts.
        _ = to.receive(now, &datagram[..length]);
    }
}
