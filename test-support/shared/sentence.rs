//! One property of every line, checked for each kind by its own tests (`#[path]`): whatever is said in
//! whatever order, what is heard is a grammatical sentence, and every frame heard good was said good.

use fax_core::{Chunk, FrameEnd, Grammar, Line, Opening, Signal, Timestamp, Tone};
use proptest::prelude::*;

/// A line that speaks, a line that hears it, and what is between them.
pub(crate) trait Talk {
    /// The one that speaks.
    fn speaker(&mut self) -> &mut impl Line;

    /// Lets 20 ms pass, and tells what the other one hears in them.
    fn pass(&mut self, hear: &mut impl FnMut(Timestamp, Signal));
}

/// Any signals, and after each so many times 20 ms.
pub(crate) fn any_speech() -> impl Strategy<Value = Vec<(Signal, u32)>> {
    prop::collection::vec((any_signal(), 0..25_u32), 0..60)
}

/// Says all of it that may be said and lets the end of it pass.
pub(crate) fn check(talk: &mut impl Talk, speech: Vec<(Signal, u32)>) -> Result<(), TestCaseError> {
    let (mut said, mut open) = (Vec::new(), Vec::new());
    let mut heard: Vec<(Timestamp, Signal)> = Vec::new();
    for (signal, steps) in speech {
        let signal = as_in_a_frame(signal, open.is_empty());
        if talk.speaker().say(signal).is_ok() {
            match signal {
                Signal::Octets(chunk) => open.extend_from_slice(chunk.octets()),
                Signal::FrameEnd(FrameEnd::Good) => said.push(core::mem::take(&mut open)),
                Signal::FrameEnd(_) => open.clear(),
                _ => {}
            }
        }
        (0..steps).for_each(|_| talk.pass(&mut |at, signal| heard.push((at, signal))));
    }
    (0..75).for_each(|_| talk.pass(&mut |at, signal| heard.push((at, signal))));
    let mut grammar = Grammar::default();
    for (_, signal) in &heard {
        prop_assert_eq!(grammar.take(*signal), Ok(()));
    }
    prop_assert!(heard.is_sorted_by_key(|(at, _)| *at), "time runs backwards");
    for good in good_frames(heard.iter().map(|(_, signal)| *signal)) {
        prop_assert!(said.contains(&good), "{good:?} was never said");
    }
    Ok(())
}

/// Octets of the frames that ended good.
pub(crate) fn good_frames(signals: impl IntoIterator<Item = Signal>) -> Vec<Vec<u8>> {
    let (mut frames, mut open) = (Vec::new(), Vec::new());
    for signal in signals {
        match signal {
            Signal::Octets(chunk) => open.extend_from_slice(chunk.octets()),
            Signal::FrameEnd(FrameEnd::Good) => frames.push(core::mem::take(&mut open)),
            Signal::FrameEnd(_) => open.clear(),
            _ => {}
        }
    }
    frames
}

/// A frame looks like the beginning of one at its beginning and nowhere else: behind a loss a line can
/// tell by nothing but that.
fn as_in_a_frame(signal: Signal, is_first: bool) -> Signal {
    let Signal::Octets(chunk) = signal else { return signal };
    let mut octets: Vec<u8> = chunk.octets().iter().map(|octet| octet & 0xFE).collect();
    if is_first && octets.len() > 3 {
        octets.splice(..3, [0xFF, 0xC8, 0x60]);
    }
    Signal::Octets(Chunk::from_octets(&octets))
}

fn any_signal() -> impl Strategy<Value = Signal> {
    let opening = prop::sample::select(Opening::ALL.to_vec());
    let octets = prop::collection::vec(any::<u8>(), 0..32);
    prop_oneof![
        Just(Signal::Silence),
        Just(Signal::Missing),
        Just(Signal::End),
        prop::sample::select(vec![Tone::Cng, Tone::Ced, Tone::AnsPr, Tone::AnsAm, Tone::AnsAmPr])
            .prop_map(Signal::Tone),
        opening.prop_map(Signal::Begin),
        octets.clone().prop_map(|o| Signal::Octets(Chunk::from_octets(&o))),
        octets.prop_map(|o| Signal::Bits(Chunk::from_octets(&o))),
        prop::sample::select(vec![FrameEnd::Good, FrameEnd::Bad, FrameEnd::Aborted])
            .prop_map(Signal::FrameEnd),
    ]
}
