//! What a line hears, told line by line: `faxlab listen`.
//!
//! Signals come in pieces; a transcript puts the octets of a frame and the bits of a page together, so
//! that a person reads tones, trainings and frames with their times.

use fax_core::{FrameEnd, Grounds, Heard, Line, Opening, Signal, Timestamp, Tone};
use fax_modem::AudioLine;
use fax_modem::fsk::Channel;
use fax_modem::line::Event;
use fax_modem::v8::{Listener, Message};
use serde::Serialize;
use std::fmt;

/// One thing that was heard.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// When it began, seconds into the recording.
    pub at: f64,
    /// What it was.
    #[serde(flatten)]
    pub what: What,
    /// Set when it was not heard itself: `predicted` or `inferred`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grounds: Option<&'static str>,
}

/// What can be heard.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum What {
    /// A tone is on.
    Tone {
        /// Which.
        tone: &'static str,
    },
    /// A tone is over.
    Silence,
    /// A carrier with its training or preamble.
    Training {
        /// The modem, with `-short` for V.17's resynchronisation.
        mode: String,
    },
    /// An HDLC frame.
    Frame {
        /// Its octets in hexadecimal, address first, no FCS.
        octets: String,
        /// `good`, `bad` or `aborted`.
        check: &'static str,
    },
    /// Bits that are no frames: TCF, or a page without ECM.
    Bits {
        /// How many.
        count: usize,
    },
    /// Something stood here and is lost.
    Missing,
    /// What a training or preamble showed of the line.
    Trained {
        /// The modem.
        mode: String,
        /// Error of the equalised symbols against their power, dB.
        evm_db: f32,
        /// Carrier offset, hertz.
        frequency: f32,
        /// Clock offset, parts in 10^6.
        clock_ppm: f32,
        /// Level, dBm0.
        level: f32,
    },
    /// A training was recognised and led to nothing.
    TrainingFailed {
        /// The modem.
        mode: String,
    },
    /// A V.8 message.
    V8 {
        /// CI, CM or JM, CJ.
        message: &'static str,
        /// Whether it offers V.34 for fax.
        super_g3: bool,
    },
    /// The carrier is gone.
    End,
}

/// Puts what a line hears together.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    frame: Option<(Timestamp, Vec<u8>)>,
    bits: Option<(Timestamp, usize)>,
}

impl Entry {
    /// The entry of an event, if it tells what was heard.
    pub fn of(at: Timestamp, event: &Event) -> Option<Self> {
        let what = match event {
            Event::Trained(opening, quality) => What::Trained {
                mode: opening.to_string(),
                evm_db: quality.evm.0,
                frequency: quality.frequency_offset,
                clock_ppm: quality.clock_offset,
                level: quality.level.0,
            },
            Event::TrainingFailed(opening) => What::TrainingFailed { mode: opening.to_string() },
            Event::V8(Message::Menu(menu)) => What::V8 { message: "CM or JM", super_g3: menu.is_super_g3() },
            Event::V8(Message::Ci(_)) => What::V8 { message: "CI", super_g3: false },
            Event::V8(Message::Cj) => What::V8 { message: "CJ", super_g3: false },
            _ => return None,
        };
        Some(Self { at: at.seconds(), what, grounds: None })
    }
}

/// All that a line hears in `samples`, in the order of time.
pub fn listen(samples: &[i16]) -> Vec<Entry> {
    const BLOCK: usize = 160;
    let (mut line, mut transcript, mut entries) = (AudioLine::default(), Transcript::default(), Vec::new());
    let (mut caller, mut now) = (Listener::new(Channel::One), 0);
    // A second of silence lets a burst that the recording cuts off come to its end.
    for block in samples.chunks(BLOCK).chain([[0; BLOCK].as_slice(); 50]) {
        // A recording may begin anywhere, also after the answer tone, and hold both directions.
        line.expect_v8(Channel::Two);
        line.listen(block);
        now += block.len() as u64;
        caller.process(block, &mut |message| {
            entries.extend(Entry::of(Timestamp::from_samples(now), &Event::V8(message)));
        });
        while let Some((at, event)) = line.event() {
            entries.extend(Entry::of(at, &event));
        }
        while let Some(heard) = line.hear() {
            entries.extend(transcript.take(heard));
        }
    }
    entries.extend(transcript.rest());
    entries.sort_by(|a, b| a.at.total_cmp(&b.at));
    entries
}

impl Transcript {
    /// Takes what was heard next and gives the entries that it completes.
    pub fn take(&mut self, heard: Heard) -> Vec<Entry> {
        let entry = |at: Timestamp, what| Entry { at: at.seconds(), what, grounds: grounds(heard.grounds) };
        let mut entries = Vec::new();
        if !matches!(heard.signal, Signal::Bits(_)) {
            entries.extend(self.rest());
        }
        let what = match heard.signal {
            Signal::Octets(chunk) => {
                let (_, octets) = self.frame.get_or_insert((heard.at, Vec::new()));
                octets.extend_from_slice(chunk.octets());
                return entries;
            }
            Signal::Bits(chunk) => {
                self.bits.get_or_insert((heard.at, 0)).1 += chunk.len_bits();
                return entries;
            }
            Signal::FrameEnd(end) => {
                let (at, octets) = self.frame.take().unwrap_or((heard.at, Vec::new()));
                entries.push(entry(at, What::Frame { octets: hex(&octets), check: check(end) }));
                return entries;
            }
            Signal::Silence => What::Silence,
            Signal::Tone(tone) => What::Tone { tone: name(tone) },
            Signal::Begin(opening) => What::Training { mode: Opening::to_string(&opening) },
            Signal::Missing => What::Missing,
            Signal::End => What::End,
        };
        entries.push(entry(heard.at, what));
        entries
    }

    /// Bits that were still being counted when the recording ended.
    pub fn rest(&mut self) -> Option<Entry> {
        let (at, count) = self.bits.take()?;
        Some(Entry { at: at.seconds(), what: What::Bits { count }, grounds: None })
    }
}

/// As a person reads it.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:9.3} s  ", self.at)?;
        match &self.what {
            What::Tone { tone } => write!(f, "{tone}"),
            What::Silence => write!(f, "silence"),
            What::Training { mode } => write!(f, "{mode}"),
            What::Frame { octets, check } => write!(f, "  frame, {check}: {octets}"),
            What::Bits { count } => write!(f, "  {count} bits"),
            What::Missing => write!(f, "  something is missing"),
            What::Trained { mode, evm_db, frequency, clock_ppm, level } => write!(
                f,
                "  {mode} trained: EVM {evm_db:.1} dB, {frequency:+.1} Hz, {clock_ppm:+.0} ppm, {level:.1} dBm0"
            ),
            What::TrainingFailed { mode } => write!(f, "  {mode} failed to train"),
            What::V8 { message, super_g3: true } => write!(f, "V.8 {message}, Super G3"),
            What::V8 { message, .. } => write!(f, "V.8 {message}"),
            What::End => write!(f, "end of carrier"),
        }?;
        self.grounds.map_or(Ok(()), |grounds| write!(f, " ({grounds})"))
    }
}

const fn grounds(grounds: Grounds) -> Option<&'static str> {
    match grounds {
        Grounds::Heard => None,
        Grounds::Predicted => Some("predicted"),
        Grounds::Inferred => Some("inferred"),
    }
}

const fn check(end: FrameEnd) -> &'static str {
    match end {
        FrameEnd::Good => "good",
        FrameEnd::Bad => "bad",
        FrameEnd::Aborted => "aborted",
    }
}

const fn name(tone: Tone) -> &'static str {
    match tone {
        Tone::Cng => "CNG",
        Tone::Ced => "CED",
        Tone::AnsPr => "ANS with reversals",
        Tone::AnsAm => "ANSam",
        Tone::AnsAmPr => "ANSam with reversals",
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use fax_core::{Chunk, Training, V17Rate};

    fn transcript(signals: &[Signal]) -> Vec<String> {
        let mut transcript = Transcript::default();
        let mut lines = Vec::new();
        for (n, signal) in signals.iter().enumerate() {
            let at = Timestamp::from_micros(n as u64 * 100_000);
            let heard = Heard { at, signal: *signal, grounds: Grounds::Heard };
            lines.extend(transcript.take(heard).iter().map(Entry::to_string));
        }
        lines.extend(transcript.rest().iter().map(Entry::to_string));
        lines
    }

    #[test]
    fn pieces_of_frames_and_pages_are_put_together() {
        let chunk = |octets: &[u8]| Signal::Octets(Chunk::from_octets(octets));
        let page = Signal::Bits(Chunk::from_octets(&[0; 32]));
        let lines = transcript(&[
            Signal::Tone(Tone::Ced),
            Signal::Silence,
            Signal::Begin(Opening::V21),
            chunk(&[0xFF, 0xC8]),
            chunk(&[0x04]),
            Signal::FrameEnd(FrameEnd::Good),
            Signal::End,
            Signal::Begin(Opening::V17(V17Rate::R14400, Training::Short)),
            page,
            page,
            Signal::Missing,
            page,
        ]);
        let expected = [
            "    0.000 s  CED",
            "    0.100 s  silence",
            "    0.200 s  v21",
            "    0.300 s    frame, good: ff c8 04",
            "    0.600 s  end of carrier",
            "    0.700 s  v17-14400-short",
            "    0.800 s    512 bits",
            "    1.000 s    something is missing",
            "    1.100 s    256 bits",
        ];
        assert_eq!(lines, expected);
    }

    fn heard(name: &str) -> Vec<String> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/modem/");
        let samples = crate::wav::read(std::path::Path::new(&format!("{folder}{name}.wav")), 0).unwrap();
        listen(&samples).iter().map(|entry| entry.to_string()[12..].trim().to_owned()).collect()
    }

    #[test]
    fn a_recording_is_understood_without_being_told_what_it_is() {
        let v21 = heard("v21-ch2-hdlc");
        assert!(v21.contains(&"frame, good: ff c8 01 00 73 ff f8 7e 22 ff".to_owned()), "{v21:?}");
        let v8 = heard("v8-cm-cj-ch1");
        assert!(
            v8.contains(&"V.8 CM or JM, Super G3".to_owned()) && v8.contains(&"V.8 CJ".to_owned()),
            "{v8:?}"
        );
        for mode in ["v27ter-2400", "v27ter-4800", "v17-7200", "v17-9600", "v17-12000", "v17-14400"] {
            let line = heard(&format!("{mode}-long"));
            assert!(line.contains(&mode.to_owned()), "{line:?}");
        }
        for mode in ["v29-7200", "v29-9600"] {
            assert!(heard(mode).contains(&mode.to_owned()));
        }
    }

    #[test]
    fn an_entry_is_one_flat_object() {
        let heard = Heard {
            at: Timestamp::from_micros(1_500_000),
            signal: Signal::Begin(Opening::V21),
            grounds: Grounds::Predicted,
        };
        let entries = Transcript::default().take(heard);
        let json = serde_json::to_string(&entries[0]).unwrap();
        assert_eq!(json, r#"{"at":1.5,"event":"training","mode":"v21","grounds":"predicted"}"#);
    }
}
