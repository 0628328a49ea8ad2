//! A carriage that loses only what it is told to, and a short writing for packets and signals.

use fax_core::{FrameEnd, Grounds, Heard, Line, Signal, Timestamp, Tone, Wait};
use fax_t38::line::{Carriage, Settings, T38Line};
use fax_t38::udptl::{Class, Delivery};
use fax_t38::{Event, Refusal, Seq, Syntax};
use std::collections::VecDeque;

/// Octets that stand for a lost packet.
pub(crate) const LOST: &[u8] = &[];

/// Carries IFP packets bare, one a datagram.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    incoming: VecDeque<Vec<u8>>,
    outgoing: VecDeque<Vec<u8>>,
    delivered: Vec<u8>,
    /// What was submitted: when, what, as what.
    pub(crate) sent: Vec<(Timestamp, Vec<u8>, Class)>,
}

impl Carriage for Wire {
    fn receive(&mut self, _: Timestamp, octets: &[u8]) -> Result<(), Refusal> {
        self.incoming.push_back(octets.to_vec());
        Ok(())
    }

    fn advance(&mut self, _: Timestamp) {}

    fn next(&mut self) -> Option<Delivery<'_>> {
        self.delivered = self.incoming.pop_front()?;
        Some(match &self.delivered[..] {
            LOST => Delivery::Missing { from: Seq(0), packets: Some(1) },
            octets => Delivery::Ifp { seq: Seq(0), octets },
        })
    }

    fn largest_ifp(&self) -> usize {
        500
    }

    fn has_room(&self) -> bool {
        self.outgoing.len() < 16
    }

    fn submit(&mut self, now: Timestamp, ifp: &[u8], class: Class) -> Result<(), Refusal> {
        assert!(self.has_room(), "nobody asked whether there is room");
        self.outgoing.push_back(ifp.to_vec());
        self.sent.push((now, ifp.to_vec(), class));
        Ok(())
    }

    fn poll(&mut self, _: Timestamp, out: &mut [u8]) -> Option<usize> {
        let ifp = self.outgoing.pop_front()?;
        out[..ifp.len()].copy_from_slice(&ifp);
        Some(ifp.len())
    }

    fn deadline(&self) -> Option<(Timestamp, Wait)> {
        None
    }

    fn event(&mut self) -> Option<(Timestamp, Event)> {
        None
    }

    fn set_syntax(&mut self, _: Syntax) {}
}

/// A line on a [`Wire`].
pub(crate) fn line(settings: Settings) -> T38Line<Wire> {
    T38Line::over(Wire::default(), settings)
}

pub(crate) fn ms(millis: u64) -> Timestamp {
    Timestamp::from_micros(1000 * millis)
}

/// Packets written as hexadecimal digits, blanks between them, `-` for one that is lost.
pub(crate) fn packets(text: &str) -> Vec<Vec<u8>> {
    text.split_whitespace().map(|word| if word == "-" { LOST.to_vec() } else { hex(word) }).collect()
}

pub(crate) fn hex(word: &str) -> Vec<u8> {
    (0..word.len()).step_by(2).map(|at| u8::from_str_radix(&word[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn digits(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What a line hears of these packets, 20 ms apart.
pub(crate) fn heard(text: &str) -> String {
    told(&hear(&mut line(Settings::default()), text))
}

/// Lets a line hear these packets, 20 ms apart.
pub(crate) fn hear(line: &mut T38Line<Wire>, text: &str) -> Vec<Heard> {
    let mut all = Vec::new();
    for (n, packet) in packets(text).iter().enumerate() {
        line.receive(ms(20 * n as u64), packet).unwrap();
        all.extend(core::iter::from_fn(|| line.hear()));
    }
    all
}

/// Signals in words, octets and bits in one piece; `?` after a beginning that was inferred.
pub(crate) fn told(heard: &[Heard]) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut open = "";
    for Heard { signal, grounds, .. } in heard {
        let (word, kind) = match signal {
            Signal::Silence => ("silence".into(), ""),
            Signal::Tone(tone) => (name(*tone).into(), ""),
            Signal::Begin(opening) => {
                (format!("{opening}{}", if *grounds == Grounds::Inferred { "?" } else { "" }), "")
            }
            Signal::Octets(chunk) => (digits(chunk.octets()), "octets"),
            Signal::Bits(chunk) => (digits(chunk.octets()), "bits"),
            Signal::FrameEnd(FrameEnd::Good) => ("good".into(), ""),
            Signal::FrameEnd(FrameEnd::Bad) => ("bad".into(), ""),
            Signal::FrameEnd(FrameEnd::Aborted) => ("aborted".into(), ""),
            Signal::Missing => ("missing".into(), ""),
            Signal::End => ("end".into(), ""),
        };
        match words.last_mut() {
            Some(last) if !kind.is_empty() && kind == open => last.push_str(&word),
            _ if kind == "bits" => words.push(format!("={word}")),
            _ => words.push(word),
        }
        open = kind;
    }
    words.join(" ")
}

fn name(tone: Tone) -> &'static str {
    match tone {
        Tone::Cng => "cng",
        Tone::Ced => "ced",
        Tone::AnsPr => "ans-pr",
        Tone::AnsAm => "ansam",
        Tone::AnsAmPr => "ansam-pr",
    }
}
