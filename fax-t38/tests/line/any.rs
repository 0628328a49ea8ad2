//! What holds for everything that can be said, and for everything that can come.

use crate::sentence::{any_speech, check};
use crate::support::{LOST, line, ms};
use crate::talk::{Network, Pair};
use fax_core::{Chunk, FrameEnd, Grammar, Line, Opening, Signal, Training};
use fax_t38::Version;
use fax_t38::ifp::{DataType, FieldType, Indicator};
use fax_t38::line::{BurstEnds, FrameEnds, Pacing, Settings};
use proptest::prelude::*;

fn any_settings() -> impl Strategy<Value = Settings> {
    let version = prop::sample::select(vec![Version::V0, Version::V2, Version::V3]);
    let pacing = prop::sample::select(vec![Pacing::Live, Pacing::METERED]);
    let frame_ends = prop::sample::select(vec![FrameEnds::Apart, FrameEnds::WithData]);
    let burst_ends = prop::sample::select(vec![BurstEnds::Separate, BurstEnds::Combined]);
    (version, pacing, frame_ends, burst_ends, 1..9_usize).prop_map(
        |(version, pacing, frame_ends, burst_ends, v21_octets)| Settings {
            version,
            pacing,
            frame_ends,
            burst_ends,
            v21_octets,
            ..Settings::default()
        },
    )
}

/// A burst as a machine would send it.
#[derive(Clone, Debug)]
struct Burst {
    opening: Opening,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Frames(Vec<(Vec<u8>, FrameEnd)>),
    Bits(Vec<u8>),
}

impl Burst {
    fn signals(&self) -> Vec<Signal> {
        let mut all = vec![Signal::Begin(self.opening)];
        let at_once = if self.opening == Opening::V21 { 1 } else { 32 };
        match &self.content {
            Content::Frames(frames) => {
                for (octets, end) in frames {
                    all.extend(octets.chunks(at_once).map(|part| Signal::Octets(Chunk::from_octets(part))));
                    all.push(Signal::FrameEnd(*end));
                }
            }
            Content::Bits(octets) => {
                all.extend(octets.chunks(at_once).map(|part| Signal::Bits(Chunk::from_octets(part))));
            }
        }
        all.push(Signal::End);
        all
    }
}

fn any_burst() -> impl Strategy<Value = Burst> {
    let octets = prop::collection::vec(any::<u8>(), 1..60).prop_map(|mut octets| {
        octets[0] = 0xFF;
        octets
    });
    let end = prop::sample::select(vec![FrameEnd::Good, FrameEnd::Bad, FrameEnd::Aborted]);
    let frames = prop::collection::vec((octets, end), 0..5).prop_map(Content::Frames);
    let bits = prop::collection::vec(any::<u8>(), 1..500).prop_map(Content::Bits);
    let opening = prop::sample::select(Opening::ALL.to_vec());
    (opening, any::<bool>(), prop_oneof![frames.clone(), bits], frames).prop_map(
        |(opening, is_short, any, frames)| Burst {
            opening: if is_short { opening.with_training(Training::Short) } else { opening },
            content: if opening == Opening::V21 { frames } else { any },
        },
    )
}

/// What was heard as bursts; nothing may be missing. What was broken off was told as bad.
fn bursts(heard: impl IntoIterator<Item = Signal>) -> Vec<Burst> {
    let mut all: Vec<Burst> = Vec::new();
    let mut open = Vec::new();
    for signal in heard {
        match signal {
            Signal::Begin(opening) => all.push(Burst { opening, content: Content::Frames(Vec::new()) }),
            Signal::Octets(chunk) => open.extend_from_slice(chunk.octets()),
            Signal::FrameEnd(end) => {
                if let Some(Burst { content: Content::Frames(frames), .. }) = all.last_mut() {
                    frames.push((core::mem::take(&mut open), end));
                }
            }
            Signal::Bits(chunk) => {
                let burst = all.last_mut().unwrap();
                match &mut burst.content {
                    Content::Bits(bits) => bits.extend_from_slice(chunk.octets()),
                    content => *content = Content::Bits(chunk.octets().to_vec()),
                }
            }
            Signal::Missing => panic!("nothing was lost"),
            Signal::End | Signal::Silence | Signal::Tone(_) => {}
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_heard_is_always_a_sentence(
        speech in any_speech(),
        settings in any_settings(),
        (loss, jitter, doubles) in (0..40_u64, 0..150_u64, 0..30_u64),
        is_repaired in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let network = Network { loss, jitter, doubles, is_repaired, seed };
        check(&mut Pair::new(settings, network), speech)?;
    }

    /// Without loss, also through a network that reorders and doubles.
    #[test]
    fn what_is_said_is_heard(
        said in prop::collection::vec(any_burst(), 1..5),
        settings in any_settings(),
        (jitter, doubles) in (0..50_u64, 0..30_u64),
        seed in any::<u64>(),
    ) {
        let network = Network { loss: 0, jitter, doubles, is_repaired: false, seed };
        let mut pair = Pair::new(settings, network);
        for burst in &said {
            (0..10).for_each(|_| pair.step());
            for signal in burst.signals() {
                pair.say(signal);
                // A live source keeps time: so much in 10 ms is more than any modem has.
                if settings.pacing == Pacing::Live {
                    pair.step();
                }
            }
        }
        (0..300).for_each(|_| pair.step());
        let heard = bursts(pair.heard.iter().map(|(_, signal)| *signal));
        prop_assert_eq!(heard.len(), said.len());
        for (said, heard) in said.iter().zip(&heard) {
            prop_assert_eq!(said.opening, heard.opening);
            match (&said.content, &heard.content) {
                (Content::Frames(said), Content::Frames(heard)) => {
                    let told = |end: &FrameEnd| if *end == FrameEnd::Good { *end } else { FrameEnd::Bad };
                    let said: Vec<_> = said.iter().map(|(octets, end)| (octets.clone(), told(end))).collect();
                    prop_assert_eq!(&said, heard);
                }
                (Content::Bits(said), Content::Bits(heard)) => {
                    let (page, tail) = heard.split_at(said.len());
                    prop_assert!(page == said && tail.iter().all(|octet| *octet == 0));
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }
        let started = pair.progress.iter().filter(|p| matches!(p, fax_core::Progress::Started(..))).count();
        let ended = pair.progress.iter().filter(|p| matches!(p, fax_core::Progress::Ended(_))).count();
        prop_assert_eq!((started, ended), (said.len(), said.len()));
    }

    /// IFP-20, and all that is in no list: any packets, in any order, with any holes.
    #[test]
    fn whatever_comes_is_heard_as_a_sentence(packets in prop::collection::vec(any_packet(), 0..200)) {
        let mut line = line(Settings::default());
        let mut grammar = Grammar::default();
        let mut at = ms(0);
        for (packet, later) in packets.iter().chain([&(vec![0], 0)]) {
            at += later_by(*later);
            line.receive(at, packet).unwrap();
            while let Some(heard) = line.hear() {
                prop_assert!(heard.at <= at);
                prop_assert_eq!(grammar.take(heard.signal), Ok(()));
            }
            while line.event().is_some() {}
        }
        prop_assert!(!grammar.in_burst(), "no-signal ends everything");
        prop_assert_eq!(line.deadline().map(|deadline| deadline.why), None);
    }
}

fn later_by(millis: u64) -> fax_core::Span {
    fax_core::Span::from_millis(millis)
}

/// A packet that a sloppy peer could write, or what is none, or a hole; and how long after the last.
fn any_packet() -> impl Strategy<Value = (Vec<u8>, u64)> {
    let indicator = (0..=Indicator::V33At14400.value()).prop_map(|value| match value {
        0..16 => vec![value << 1],
        _ => vec![0x20 | (value - 16) >> 2, value << 6],
    });
    let octets = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..70),
        prop::collection::vec(any::<u8>(), 0..9).prop_map(|rest| [vec![0xFF, 0xC8], rest].concat()),
    ];
    let field = (0..FieldType::ROOTS, octets).prop_map(|(kind, octets)| match octets.len() {
        0 => vec![kind << 4],
        length => [vec![0x80 | kind << 4, 0, length as u8 - 1], octets].concat(),
    });
    let kind = prop_oneof![Just(0), Just(8), 0..DataType::ROOTS];
    let data = (kind, prop::collection::vec(field, 0..5))
        .prop_map(|(kind, fields)| [vec![0xC0 | kind << 1, fields.len() as u8], fields.concat()].concat());
    let noise = prop::collection::vec(any::<u8>(), 1..40);
    let packet = prop_oneof![3 => indicator, 8 => data, 1 => noise, 1 => Just(LOST.to_vec())];
    (packet, prop_oneof![20 => 0..60_u64, 1 => 0..20_000_u64])
}
