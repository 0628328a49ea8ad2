//! One direction of a stream: datagrams in, entries out.

use super::ear::Ear;
use super::network::Carriage;
use super::stitch::Stitch;
use super::timeline::{Came, Direction, Entry, Spacing, Totals, What};
use fax_core::Timestamp;
use fax_t38::event::Repair;
use fax_t38::ifp::{Ifp, SyntaxLatch, Tolerated, Traffic, traffic};
use fax_t38::rtp::{self, Carried, Format};
use fax_t38::tpkt::Reassembler;
use fax_t38::udptl::{Datagram, Delivery, Receiver, ReceiverSettings, Recovery};
use fax_t38::{Event, Refusal, Seq, Syntax};
use std::collections::BTreeMap;

/// What carries the packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    Udptl,
    Rtp(Format),
    Tcp,
}

impl Carrier {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Udptl => "UDPTL",
            Self::Rtp(_) => "RTP",
            Self::Tcp => "TPKT over TCP",
        }
    }
}

/// What decoding one direction gave.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) entries: Vec<Entry>,
    pub(super) totals: Totals,
    /// The syntax that its packets prove, or the one it was begun with.
    pub(super) syntax: Syntax,
}

/// Decodes one direction. Whatever is held behind a hole is dated when it came.
pub(super) struct Decoder {
    stream: usize,
    direction: Direction,
    input: Input,
    latch: SyntaxLatch,
    tolerated: Tolerated,
    ear: Ear,
    entries: Vec<Entry>,
    totals: Totals,
    /// The last datagrams by their number.
    arrivals: Vec<Option<Arrival>>,
    repairs: BTreeMap<u16, Repair>,
    spacings: Vec<u64>,
    last_image: Option<(Seq, Timestamp)>,
    kinds: Kinds,
    octets: Vec<u8>,
}

enum Input {
    Udptl(Box<Receiver>),
    Rtp(Box<rtp::Reader>, Box<Receiver>),
    Tcp(Stitch, Reassembler, Syntax),
}

/// Which recovery parts were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kinds {
    #[default]
    None,
    Secondaries,
    Parity,
    Both,
}

#[derive(Clone, Copy)]
struct Arrival {
    seq: Seq,
    at: Timestamp,
    copies: u32,
    entry: Option<usize>,
}

/// More than any window holds.
const ARRIVALS: usize = 1024;

impl Decoder {
    pub(super) fn new(
        stream: usize,
        direction: Direction,
        carrier: Carrier,
        syntax: Syntax,
        shows_content: bool,
    ) -> Self {
        let window = || {
            let settings = ReceiverSettings {
                syntax,
                max_datagram: fax_t38::udptl::LARGEST_DATAGRAM,
                ..ReceiverSettings::default()
            };
            Box::new(Receiver::new(settings))
        };
        let input = match carrier {
            Carrier::Udptl => Input::Udptl(window()),
            Carrier::Rtp(format) => Input::Rtp(Box::new(rtp::Reader::new(format)), window()),
            Carrier::Tcp => Input::Tcp(Stitch::default(), Reassembler::new(syntax), syntax),
        };
        Self {
            stream,
            direction,
            input,
            latch: SyntaxLatch::new(syntax),
            tolerated: Tolerated::default(),
            ear: Ear::new(shows_content),
            entries: Vec::new(),
            totals: Totals::default(),
            arrivals: vec![None; ARRIVALS],
            repairs: BTreeMap::new(),
            spacings: Vec::new(),
            last_image: None,
            kinds: Kinds::None,
            octets: Vec::new(),
        }
    }

    /// Takes the next datagram or segment.
    pub(super) fn take(&mut self, at: Timestamp, carriage: Carriage, payload: &[u8]) {
        self.wait(Some(at));
        self.totals.datagrams += 1;
        self.totals.octets += payload.len() as u64;
        self.totals.longest = self.totals.longest.max(payload.len());
        if let (Input::Tcp(..), Carriage::Tcp { seq, is_syn }) = (&self.input, carriage) {
            return self.take_segment(at, seq, is_syn, payload);
        }
        let before = self.window().map(|window| *window.counters()).unwrap_or_default();
        let (taken, arrived) = match &mut self.input {
            Input::Udptl(window) => {
                let arrived = Datagram::parse(payload).ok();
                if let Some(datagram) = arrived {
                    remark(&datagram, payload.len(), at, &mut self.kinds, &mut self.totals);
                }
                (window.take(at, payload), arrived.map(|datagram| (datagram.seq, datagram.primary)))
            }
            Input::Rtp(reader, window) => match reader.read(payload) {
                Ok(Carried::Ifp(parts)) => {
                    let depth = parts.secondaries().filter(|older| !older.is_empty()).count();
                    self.totals.secondaries = self.totals.secondaries.max(depth);
                    let taken = window.take_parts(at, parts.seq, parts.primary, parts.secondaries());
                    (taken, Some((parts.seq, parts.primary)))
                }
                Ok(Carried::Udptl(datagram)) => {
                    let arrived = Datagram::parse(datagram).ok();
                    (window.take(at, datagram), arrived.map(|datagram| (datagram.seq, datagram.primary)))
                }
                Ok(Carried::Other { .. }) => (Err(Refusal::OtherProtocol), None),
                Err(why) => (Err(why), None),
            },
            Input::Tcp(..) => return,
        };
        match (taken, arrived) {
            (Ok(()), Some((seq, primary))) => {
                let after = self.window().map(|window| *window.counters()).unwrap_or_default();
                self.arrive(at, seq, primary, after.duplicates > before.duplicates);
                if after.broken_recovery > before.broken_recovery {
                    self.totals.odd(at, "UTL-15", "a broken recovery part behind a good packet");
                }
                if after.one_octet_lengths > before.one_octet_lengths {
                    self.totals.odd(at, "UTL-19", "lengths from 128 to 255 in one octet");
                }
            }
            (Ok(()), None) => {}
            (Err(why), _) => *self.totals.refused.entry(why.to_string()).or_default() += 1,
        }
        self.drain(at);
    }

    /// Nothing more will come.
    pub(super) fn finish(mut self) -> Decoded {
        self.wait(None);
        if let Some(counters) = self.window().map(|window| *window.counters()) {
            self.totals.lost = counters.lost;
            self.totals.by_secondary = counters.repaired_by_secondary;
            self.totals.by_parity = counters.repaired_by_parity;
            self.totals.reordered = counters.reordered;
            self.totals.late = counters.late;
            self.totals.duplicates = counters.duplicates;
        }
        self.totals.spacing = spacing(&mut self.spacings);
        let syntax = self.latch.syntax();
        self.totals.syntax = match syntax {
            Syntax::Y1998 => "1998",
            Syntax::Y2002 => "2002",
        };
        Decoded { entries: self.entries, totals: self.totals, syntax }
    }

    fn window(&mut self) -> Option<&mut Receiver> {
        match &mut self.input {
            Input::Udptl(window) | Input::Rtp(_, window) => Some(window),
            Input::Tcp(..) => None,
        }
    }

    /// Lets time pass up to `until`, or until nothing is held any more.
    fn wait(&mut self, until: Option<Timestamp>) {
        while let Some(deadline) = self.window().and_then(|window| window.deadline()) {
            if until.is_some_and(|until| deadline > until) {
                break;
            }
            if let Some(window) = self.window() {
                window.advance(deadline);
            }
            self.drain(deadline);
            if self.window().and_then(|window| window.deadline()).is_some_and(|next| next <= deadline) {
                break; // a receiver that stands still is not waited for
            }
        }
    }

    fn arrive(&mut self, at: Timestamp, seq: Seq, primary: &[u8], is_duplicate: bool) {
        if self.totals.first.is_none() {
            self.totals.first = Some(seq);
            if seq != Seq(0) && matches!(self.input, Input::Udptl(_)) {
                self.totals.odd(at, "UTL-1", "the first number is not 0");
            }
        }
        let slot = &mut self.arrivals[usize::from(seq.0) % ARRIVALS];
        match slot {
            Some(arrival) if is_duplicate && arrival.seq == seq => {
                arrival.copies += 1;
                let entry = arrival.entry.and_then(|entry| self.entries.get_mut(entry));
                if let Some(What::Indicator { came, .. } | What::Data { came, .. }) =
                    entry.map(|entry| &mut entry.what)
                {
                    came.copies = arrival.copies;
                }
                return;
            }
            _ if is_duplicate => return,
            _ => *slot = Some(Arrival { seq, at, copies: 1, entry: None }),
        }
        if traffic(primary) == Traffic::Image {
            if let Some((_, last)) = self.last_image.filter(|(last, _)| last.next() == seq) {
                self.spacings.push(at.since(last).micros());
            }
            self.last_image = Some((seq, at));
        } else {
            self.last_image = None;
        }
    }

    /// Everything that is decided.
    fn drain(&mut self, now: Timestamp) {
        while let Some((at, event)) = self.window().and_then(Receiver::event) {
            match event {
                Event::Repaired { seq, by } => drop(self.repairs.insert(seq.0, by)),
                Event::Restarted { .. } => self.totals.odd(at, "UTL-7", "a new beginning of the numbers"),
                _ => {}
            }
        }
        let mut octets = std::mem::take(&mut self.octets);
        loop {
            octets.clear();
            let decided = match self.window().and_then(Receiver::next) {
                Some(Delivery::Ifp { seq, octets: ifp }) => {
                    octets.extend_from_slice(ifp);
                    Ok(seq)
                }
                Some(Delivery::Missing { from, packets }) => Err((from, packets)),
                None => break,
            };
            match decided {
                Ok(seq) => self.packet(now, Some(seq), &octets),
                Err((from, packets)) => self.missing(now, from, packets),
            }
        }
        self.octets = octets;
    }

    fn missing(&mut self, now: Timestamp, from: Seq, packets: Option<u16>) {
        let behind = from.plus(packets.unwrap_or(0));
        let at = self.arrival(behind).map_or(now, |arrival| arrival.at);
        self.ear.missing(at, &mut self.totals);
        if from == Seq(0) && packets == Some(1) && self.is_last(Seq(u16::MAX)) {
            self.totals.odd(at, "UTL-3", "0 is missing behind 65535: the sender may not have it");
        }
        self.note(at, Some(from), What::Missing { packets });
    }

    fn is_last(&self, seq: Seq) -> bool {
        self.entries.iter().rev().find_map(|entry| entry.seq) == Some(seq)
    }

    fn arrival(&mut self, seq: Seq) -> Option<&mut Arrival> {
        self.arrivals[usize::from(seq.0) % ARRIVALS].as_mut().filter(|arrival| arrival.seq == seq)
    }

    fn packet(&mut self, now: Timestamp, seq: Option<Seq>, octets: &[u8]) {
        self.totals.packets += 1;
        let repair = seq.and_then(|seq| self.repairs.remove(&seq.0));
        let next = self.entries.len();
        let arrival = seq.and_then(|seq| self.arrival(seq)).filter(|_| repair.is_none());
        let (at, copies) = arrival.map_or((now, u32::from(repair.is_none())), |arrival| {
            arrival.entry = Some(next);
            (arrival.at, arrival.copies)
        });
        let came = Came { copies, repair };
        let ifp = match self.latch.read(octets) {
            Ok(ifp) => ifp,
            Err(why) => {
                if why == Refusal::IndicatorWithData {
                    self.totals.odd(at, "PER-4", "an indicator with a data field");
                }
                return self.note(at, seq, What::Unreadable(why));
            }
        };
        self.remark_reading(at);
        match ifp {
            Ifp::Indicator(indicator) => {
                let unfinished = self.ear.indicator(at, indicator, &mut self.totals);
                if let Some(frame) = unfinished {
                    self.note(at, None, What::Frame(frame));
                    // The entry of the indicator is one later than was thought.
                    if let Some(arrival) = seq.and_then(|seq| self.arrival(seq)) {
                        arrival.entry = Some(next + 1);
                    }
                }
                self.note(at, seq, What::Indicator { indicator, came });
            }
            Ifp::Data(data) => {
                let kind = data.kind;
                if data.fields().len() == 0 {
                    self.totals.odd(at, "PER-5", "data without a field");
                }
                let fields = data.fields().map(|field| (field.kind, field.octets.len())).collect();
                self.note(at, seq, What::Data { kind, fields, came });
                for field in data.fields() {
                    if let Some(frame) = self.ear.field(at, kind, field, &mut self.totals) {
                        self.note(at, seq, What::Frame(frame));
                    }
                }
            }
        }
    }

    fn remark_reading(&mut self, at: Timestamp) {
        let now = *self.latch.tolerated();
        let before = std::mem::replace(&mut self.tolerated, now);
        if now.octet_aligned > before.octet_aligned {
            self.totals.odd(at, "PER-2", "fields padded to octets, which is not PER");
        }
        if now.zeros_behind > before.zeros_behind || now.octets_behind > before.octets_behind {
            self.totals.odd(at, "PER-7", "octets behind a whole packet");
        }
    }

    /// Time does not run backwards in one direction.
    fn note(&mut self, at: Timestamp, seq: Option<Seq>, what: What) {
        let at = self.entries.last().map_or(at, |last| at.max(last.at));
        self.entries.push(Entry { at, stream: self.stream, direction: self.direction, seq, what });
    }

    fn take_segment(&mut self, at: Timestamp, seq: u32, is_syn: bool, payload: &[u8]) {
        let Input::Tcp(stitch, stream, syntax) = &mut self.input else { return };
        let mut packets = Vec::new();
        let (mut refused, mut is_torn) = (Vec::new(), false);
        stitch.take(seq, is_syn, payload, &mut |piece| {
            let Some(mut rest) = piece else {
                (*stream, is_torn) = (Reassembler::new(*syntax), true);
                return;
            };
            while !rest.is_empty() {
                let taken = stream.push(rest);
                rest = rest.get(taken..).unwrap_or_default();
                while let Some(next) = stream.next() {
                    match next {
                        Ok(ifp) => packets.push(ifp.to_vec()),
                        Err(why) => refused.push(why),
                    }
                }
            }
        });
        for why in refused {
            *self.totals.refused.entry(why.to_string()).or_default() += 1;
        }
        if is_torn {
            self.ear.missing(at, &mut self.totals);
            self.note(at, None, What::Missing { packets: None });
        }
        for packet in packets {
            self.packet(at, None, &packet);
        }
    }
}

/// What is odd about a datagram by itself.
fn remark(datagram: &Datagram<'_>, length: usize, at: Timestamp, kinds: &mut Kinds, totals: &mut Totals) {
    const SAFE: usize = 1200;
    if length > SAFE {
        totals.odd(at, "UTL-17", "a datagram of more than 1200 octets");
    }
    let seen = match datagram.recovery {
        Ok(Recovery::Secondaries(entries)) => {
            totals.secondaries = totals.secondaries.max(entries.len());
            if entries.into_iter().any(<[u8]>::is_empty) {
                totals.odd(at, "UTL-8", "an empty secondary");
            }
            if entries.len() == 0 { Kinds::None } else { Kinds::Secondaries }
        }
        Ok(Recovery::Parity { span, rows }) => {
            totals.rows = totals.rows.max(rows.len());
            if span == 0 || rows.len() == 0 {
                totals.odd(at, "UTL-12", "parity over nothing");
            }
            Kinds::Parity
        }
        Err(_) => Kinds::None,
    };
    let known = *kinds;
    *kinds = match (known, seen) {
        (Kinds::None, seen) => seen,
        (known, seen) if known == seen || seen == Kinds::None => known,
        _ => Kinds::Both,
    };
    if *kinds == Kinds::Both && known != Kinds::Both {
        totals.odd(at, "UTL-11", "secondaries and parity in one stream");
    }
}

fn spacing(spacings: &mut [u64]) -> Option<Spacing> {
    spacings.sort_unstable();
    let max = *spacings.last()?;
    let quantile = |of: usize| spacings.get(spacings.len() * of / 100).copied().unwrap_or(max);
    Some(Spacing { median: quantile(50), p95: quantile(95), max })
}
