//! From datagrams, however they come, to IFP packets in order.
//!
//! A packet that comes in order is handed out at once. Behind a hole packets are held until a
//! secondary, parity or the late packet itself fills it, or until the time that [`Hold`] allows is over.
//!
//! From: T.38 9.1; wire 2.3 to 2.5; field notes UTL-1 to UTL-15, PER-8.
//! Always: at most 32 packets are held, of large ones fewer, in 32 KiB; a number is handed out once, and
//! later ones later.

use fax_core::{Span, Timestamp};

use super::Events;
use super::arena::{Arena, Handle};
use super::counters::{Count, Counters};
use super::datagram::{Datagram, Entries, Lengths, REACH, Recovery};
use super::decided::{Decided, Decision};
use super::ifp_extent;
use super::parity::{Parity, Row};
use super::patience::{Hold, Patience};
use super::window::{State, Window};
use crate::event::Repair;
use crate::ifp::{Traffic, traffic};
use crate::{Event, Refusal, Seq, Syntax};

/// What a receiver is told at its start.
#[derive(Clone, Copy, Debug)]
pub struct ReceiverSettings {
    /// The syntax agreed on. Packets are only looked at to tell them from noise and to cut what parity
    /// gave; the other syntax is then tried too.
    pub syntax: Syntax,
    /// Octets of the longest datagram that is taken: 1400; never above
    /// [`LARGEST_DATAGRAM`](super::LARGEST_DATAGRAM).
    pub max_datagram: usize,
    /// How long holes are held open.
    pub hold: Hold,
}

impl Default for ReceiverSettings {
    fn default() -> Self {
        Self { syntax: Syntax::default(), max_datagram: 1400, hold: Hold::default() }
    }
}

/// What a receiver hands out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Delivery<'a> {
    /// A packet.
    Ifp {
        /// Its number.
        seq: Seq,
        /// The packet. Zeros may follow it (PER-7).
        octets: &'a [u8],
    },
    /// Packets that will not come.
    Missing {
        /// The first of them.
        from: Seq,
        /// How many; `None` where the peer began a new sequence.
        packets: Option<u16>,
    },
}

/// Shows the length only: packets are personal data.
impl core::fmt::Debug for Delivery<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Ifp { seq, octets } => write!(f, "Ifp {}[{}]", seq.0, octets.len()),
            Self::Missing { from, packets } => write!(f, "Missing {} {packets:?}", from.0),
        }
    }
}

/// One direction of a UDPTL session, from its first datagram on. A new session needs a new one (NAT-6).
#[derive(Clone, Debug)]
pub struct Receiver {
    settings: ReceiverSettings,
    lock: Lock,
    /// The number that is decided next: everything before it was handed out or given up.
    expected: Seq,
    /// Packets off the sequence, waiting for others to confirm them (UTL-7).
    jump: Option<Jump>,
    /// Room for the packet of [`Jump`], so that no flood of such pushes out what is held.
    aside: Arena,
    numbering: Numbering,
    lengths: Lengths,
    /// Class of the packet decided last.
    before: Traffic,
    window: Window,
    parity: Parity,
    patience: Patience,
    decided: Decided,
    events: Events,
    counters: Counters,
    now: Timestamp,
}

/// Two good packets make a stream (UTL-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    Silent,
    OnePacket,
    Locked,
}

/// A run of packets off the sequence.
#[derive(Clone, Copy, Debug)]
struct Jump {
    /// The last of them, which is set aside.
    seq: Seq,
    packet: Handle,
    at: Timestamp,
    seen: u8,
}

/// What comes after FFFF (UTL-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbering {
    Wraps,
    /// Some peers go on with 0001: what they say from there about packets before it is one number off.
    SkipsZero,
}

/// A number farther off than so many is of another sequence: SpanDSP's figure.
const FAR: i32 = 2000;

/// Packets held at most behind a hole; a hole is also given up where large ones would push each other out.
const MAX_HELD: usize = 32;

/// The budget of one call's receiver.
const _: () = {
    let heap =
        super::window::ARENA + super::LARGEST_DATAGRAM + super::parity::HEAP + Decided::HEAP + Events::HEAP;
    assert!(size_of::<Receiver>() + heap < 32 * 1024);
};

impl Receiver {
    /// Allocates all that it will ever use, less than 32 KiB.
    pub fn new(settings: ReceiverSettings) -> Self {
        Self {
            settings,
            lock: Lock::Silent,
            expected: Seq(0),
            jump: None,
            aside: Arena::new(super::LARGEST_DATAGRAM),
            numbering: Numbering::Wraps,
            lengths: Lengths::Per,
            before: Traffic::Indicator,
            window: Window::new(),
            parity: Parity::new(),
            patience: Patience::new(settings.hold),
            decided: Decided::new(),
            events: Events::new(),
            counters: Counters::default(),
            now: Timestamp::ZERO,
        }
    }

    /// Takes a datagram that came at `now`.
    ///
    /// # Errors
    /// Why it was refused. Then nothing but a counter has changed; only [`Refusal::UnconfirmedJump`]
    /// is remembered until the next datagram.
    pub fn take(&mut self, now: Timestamp, datagram: &[u8]) -> Result<(), Refusal> {
        let taken = self.read(datagram).and_then(|(datagram, lengths)| {
            let Datagram { seq, primary, recovery } = datagram;
            let secondaries = match recovery {
                Ok(Recovery::Secondaries(entries)) => entries,
                _ => Entries::NONE,
            };
            self.arrive(now, seq, primary, secondaries)?;
            self.lengths = lengths;
            self.counters.one_octet_lengths.up_by(u32::from(lengths == Lengths::OneOctet));
            match recovery {
                Ok(Recovery::Secondaries(_)) => {}
                Ok(Recovery::Parity { span, rows }) => self.take_rows(seq, span, rows),
                Err(_) => self.counters.broken_recovery.up(),
            }
            Ok(())
        });
        self.conclude(now, taken)
    }

    /// Takes what another carrier than UDPTL brought: a packet and earlier ones (RFC 2198). An empty
    /// secondary keeps its place.
    ///
    /// # Errors
    /// As [`Receiver::take`].
    pub fn take_parts<'s>(
        &mut self,
        now: Timestamp,
        seq: Seq,
        primary: &[u8],
        secondaries_newest_first: impl Iterator<Item = &'s [u8]> + Clone,
    ) -> Result<(), Refusal> {
        let taken = match primary.len() {
            0 => Err(Refusal::Empty),
            length if length > self.max_datagram() => Err(Refusal::TooLong),
            _ if self.must_prove(seq) && !self.is_ifp(primary) => Err(Refusal::NotIfp),
            _ => self.arrive(now, seq, primary, secondaries_newest_first),
        };
        self.conclude(now, taken)
    }

    /// Counts what another carrier could not read.
    #[cfg(feature = "rtp")]
    pub(crate) fn refuse(&mut self, refusal: Refusal) {
        self.counters.refuse(refusal);
    }

    /// Lets time pass: holes are given up when [`Receiver::deadline`] is reached.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        self.settle(self.expected);
    }

    /// The next packet in order, or the next ones missing. To be called until it gives nothing.
    #[expect(clippy::should_implement_trait, reason = "what it gives borrows from the receiver")]
    pub fn next(&mut self) -> Option<Delivery<'_>> {
        Some(match self.decided.pop()? {
            Decision::Missing { from, packets } => Delivery::Missing { from, packets },
            Decision::Packet { seq, packet } => match self.window.octets(packet) {
                Some(octets) => Delivery::Ifp { seq, octets },
                None => {
                    self.counters.overflowed.up();
                    self.events.note(self.now, Event::Overflow);
                    Delivery::Missing { from: seq, packets: Some(1) }
                }
            },
        })
    }

    /// When [`Receiver::advance`] has to be called if nothing comes before.
    pub fn deadline(&self) -> Option<Timestamp> {
        match self.window.state(self.expected) {
            State::Missing { since } => Some(since + self.hold()),
            _ => None,
        }
    }

    /// What happened, oldest first; the last 32 are kept.
    pub fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.events.take()
    }

    /// Everything that was counted.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Whether two good packets have come, so that who sent them is the peer (UTL-2).
    pub fn is_locked(&self) -> bool {
        self.lock == Lock::Locked
    }

    /// The longest time that the network swallowed everything, for
    /// [`Sender::outage`](super::Sender::outage).
    pub const fn longest_outage(&self) -> Span {
        self.patience.longest_outage()
    }

    /// How many of a thousand datagrams did not arrive lately, whatever mended that, for
    /// [`Sender::loss`](super::Sender::loss).
    pub const fn lost_per_mille(&self) -> u16 {
        self.patience.lost_per_mille()
    }

    /// The peer writes another syntax than agreed on (PER-3).
    pub const fn set_syntax(&mut self, syntax: Syntax) {
        self.settings.syntax = syntax;
    }
}

/// Reading. Nothing here changes the state.
impl Receiver {
    /// The datagram by the reading of lengths that fits it whole, the known one first (UTL-19).
    fn read<'d>(&self, octets: &'d [u8]) -> Result<(Datagram<'d>, Lengths), Refusal> {
        if octets.len() > self.max_datagram() {
            return Err(Refusal::TooLong);
        }
        let is_whole = |parsed: &Result<Datagram<'_>, _>| matches!(parsed, Ok(d) if d.recovery.is_ok());
        let (known, other) = (self.lengths, self.lengths.other());
        let parsed = match Datagram::parse_as(octets, known) {
            parsed if is_whole(&parsed) => parsed.map(|datagram| (datagram, known)),
            parsed => match Datagram::parse_as(octets, other) {
                Ok(datagram) if datagram.recovery.is_ok() => Ok((datagram, other)),
                _ => parsed.map(|datagram| (datagram, known)),
            },
        };
        let admitted = parsed.and_then(|(datagram, _)| self.admit(&datagram));
        admitted.and(parsed).map_err(|refusal| foreign(octets).unwrap_or(refusal))
    }

    /// A stream that is not known yet, and a jump in one, must be proven by a datagram that is good to
    /// its last octet with an IFP packet inside (UTL-2). In a known stream a broken recovery part does
    /// not hurt a primary that is a packet (UTL-15).
    fn admit(&self, datagram: &Datagram<'_>) -> Result<(), Refusal> {
        let must_prove = self.must_prove(datagram.seq);
        if must_prove {
            datagram.recovery?;
        }
        let is_good = !(must_prove || datagram.recovery.is_err()) || self.is_ifp(datagram.primary);
        if is_good { Ok(()) } else { Err(Refusal::NotIfp) }
    }

    fn must_prove(&self, seq: Seq) -> bool {
        !self.is_locked() || self.is_jump(seq)
    }

    /// Farther ahead than what can be repaired, so that a forged number must be a lucky one, or farther
    /// back than any delay explains.
    fn is_jump(&self, seq: Seq) -> bool {
        seq.ahead_of(self.window.newest()) > i32::from(REACH) || seq.ahead_of(self.expected) < -FAR
    }

    fn is_ifp(&self, octets: &[u8]) -> bool {
        ifp_extent(octets, self.settings.syntax).is_some()
    }

    fn max_datagram(&self) -> usize {
        self.settings.max_datagram.min(super::LARGEST_DATAGRAM)
    }
}

/// Taking in.
impl Receiver {
    /// A packet and its secondaries go to their places.
    fn arrive<'s>(
        &mut self,
        now: Timestamp,
        seq: Seq,
        primary: &[u8],
        secondaries: impl Iterator<Item = &'s [u8]> + Clone,
    ) -> Result<(), Refusal> {
        match self.lock {
            Lock::Silent => self.begin(seq.minus(self.history(secondaries.clone()))),
            Lock::OnePacket | Lock::Locked if self.is_jump(seq) => self.jump(now, seq, primary, 2)?,
            // Late, or the peer has begun anew at a number that was in use before.
            Lock::OnePacket | Lock::Locked if matches!(self.window.state(seq), State::Before) => {
                if self.jump(now, seq, primary, 8).is_err() {
                    self.counters.late.up();
                    return Ok(());
                }
            }
            Lock::OnePacket | Lock::Locked => self.jump = None,
        }
        self.lock = if self.lock == Lock::Silent { Lock::OnePacket } else { Lock::Locked };
        self.place(now, seq, primary);
        self.fill(now, seq, secondaries);
        Ok(())
    }

    /// How many secondaries of a first datagram are real: the start of the stream was lost then. Some
    /// stacks fill up with empty entries or single zeros (UTL-8, PER-8).
    fn history<'s>(&self, secondaries: impl Iterator<Item = &'s [u8]>) -> u16 {
        let is_real = |octets: &&[u8]| !matches!(octets, [] | [0]) && self.is_ifp(octets);
        secondaries.take(usize::from(REACH)).take_while(is_real).fold(0, |count, _| count + 1)
    }

    fn begin(&mut self, first: Seq) {
        self.window.begin(first);
        self.parity.clear();
        (self.expected, self.jump, self.numbering) = (first, None, Numbering::Wraps);
    }

    /// A packet off the sequence. When `needed` of them have come in a row, nothing else between, the
    /// sequence goes on from the last but one (UTL-7).
    fn jump(&mut self, now: Timestamp, seq: Seq, primary: &[u8], needed: u8) -> Result<(), Refusal> {
        const COPY: Span = Span::from_millis(20); // apart in time: not doubled by the network
        let follows = |jump: &Jump| match seq.ahead_of(jump.seq) {
            0 => now.since(jump.at) >= COPY,
            1 | 2 => true,
            _ => false,
        };
        let run = self.jump.filter(|jump| follows(jump) && self.is_ifp(primary));
        let seen = run.map_or(1, |jump| jump.seen.saturating_add(1));
        match run {
            Some(jump) if seen >= needed => {
                self.confirmed(now, jump);
                Ok(())
            }
            _ => {
                self.jump = Some(Jump { seq, packet: self.aside.store(primary), at: now, seen });
                Err(Refusal::UnconfirmedJump)
            }
        }
    }

    /// The packet that was set aside belongs to the peer: behind a long outage, or in a new sequence.
    fn confirmed(&mut self, now: Timestamp, jump: Jump) {
        if !(0..=FAR).contains(&jump.seq.ahead_of(self.expected)) {
            self.settle(self.window.newest().next());
            self.decide(Decision::Missing { from: self.expected, packets: None });
            self.counters.restarts.up();
            self.events.note(now, Event::Lost { from: self.expected, packets: None });
            self.events.note(now, Event::Restarted { at: jump.seq });
            self.begin(jump.seq);
        }
        self.jump = None;
        self.extend(now, jump.seq);
        if let Some(octets) = self.aside.octets(jump.packet) {
            self.window.keep(jump.seq, octets, now);
        }
    }

    fn place(&mut self, now: Timestamp, seq: Seq, primary: &[u8]) {
        let class = traffic(primary);
        match self.window.state(seq) {
            State::After => {
                let skipped = seq.ahead_of(self.window.newest()).saturating_sub(1);
                self.patience.arrived(primary, skipped.unsigned_abs(), now);
                self.extend(now, seq);
            }
            State::Missing { since } => {
                self.counters.reordered.up();
                self.patience.late(class, now.since(since), now);
            }
            State::GivenUp { since } => {
                self.counters.late.up();
                self.patience.late(class, now.since(since), now);
            }
            State::Known { at, traffic, .. } => {
                self.counters.duplicates.up();
                self.patience.repeated(traffic, now.since(at), now);
                return;
            }
            State::Before => return,
        }
        self.window.keep(seq, primary, now);
    }

    /// Makes a number the newest; what falls out of the window by that is waited for no longer.
    fn extend(&mut self, now: Timestamp, seq: Seq) {
        self.settle(seq.minus(REACH));
        self.window.extend(seq, now);
    }

    /// Secondaries fill holes, and nothing else.
    fn fill<'s>(&mut self, now: Timestamp, seq: Seq, secondaries: impl Iterator<Item = &'s [u8]> + Clone) {
        if self.skips_zero(seq, secondaries.clone().next()) {
            self.numbering = Numbering::SkipsZero;
        }
        for (back, octets) in (1..=REACH).zip(secondaries) {
            let number = seq.minus(back);
            let is_shifted = self.numbering == Numbering::SkipsZero && (number.0 == 0 || number.0 > seq.0);
            if octets.is_empty() || is_shifted {
                continue; // UTL-8, UTL-3
            }
            match self.window.state(number) {
                State::Missing { .. } => {
                    self.window.keep(number, octets, now);
                    self.counters.repaired_by_secondary.up();
                    self.events.note(now, Event::Repaired { seq: number, by: Repair::Secondary });
                }
                State::GivenUp { .. } => self.window.keep(number, octets, now), // parity may need it
                State::Before | State::After | State::Known { .. } => {}
            }
        }
    }

    /// Whether packet 0001 says that FFFF was the one before it.
    fn skips_zero(&self, seq: Seq, newest: Option<&[u8]>) -> bool {
        seq == Seq(1)
            && matches!(self.window.state(Seq(0)), State::Missing { .. })
            && newest.is_some_and(|newest| self.window.packet(Seq(u16::MAX)) == Some(newest))
    }

    fn take_rows(&mut self, seq: Seq, span: u16, rows: Entries<'_>) {
        self.patience.parity_seen();
        let count = rows.len() as u16;
        for (entry, octets) in (0..count).zip(rows) {
            if !self.parity.add(Row::of(seq, span, entry, count), octets, &self.window) {
                self.counters.foreign_parity.up();
            }
        }
    }

    fn conclude(&mut self, now: Timestamp, taken: Result<(), Refusal>) -> Result<(), Refusal> {
        if let Err(refusal) = taken {
            self.counters.refuse(refusal);
            return taken;
        }
        self.counters.received.up();
        let Self { parity, window, counters, events, expected, settings, .. } = self;
        parity.repair(window, settings.syntax, now, |seq| {
            if seq.ahead_of(*expected) >= 0 {
                counters.repaired_by_parity.up();
                events.note(now, Event::Repaired { seq, by: Repair::Parity });
            }
        });
        self.advance(now);
        Ok(())
    }
}

/// Deciding.
impl Receiver {
    /// Decides on everything before `limit`, and on what follows as far as it is known or waited for
    /// long enough.
    fn settle(&mut self, limit: Seq) {
        let mut lost: Option<(Seq, u16)> = None;
        loop {
            let seq = self.expected;
            let state = self.window.state(seq);
            if let State::Known { packet, traffic, .. } = state {
                self.report_lost(lost.take());
                self.decide(Decision::Packet { seq, packet });
                self.before = traffic;
            } else if limit.ahead_of(seq) > 0 || self.is_over(state) {
                self.window.give_up(seq);
                self.decide(Decision::Missing { from: seq, packets: Some(1) });
                lost = lost.or(Some((seq, 0))).map(|(from, packets)| (from, packets.saturating_add(1)));
            } else {
                break;
            }
            self.expected = seq.next();
        }
        self.report_lost(lost);
    }

    fn decide(&mut self, decision: Decision) {
        let pushed_out = self.decided.push(decision);
        if pushed_out > 0 {
            self.counters.overflowed.up_by(pushed_out);
            self.events.note(self.now, Event::Overflow);
        }
    }

    fn report_lost(&mut self, lost: Option<(Seq, u16)>) {
        if let Some((from, packets)) = lost {
            self.counters.lost.up_by(u32::from(packets));
            self.events.note(self.now, Event::Lost { from, packets: Some(packets) });
        }
    }

    fn is_over(&self, state: State) -> bool {
        match state {
            State::Missing { since } => {
                let is_full = self.held() > MAX_HELD || self.window.is_crowded(self.expected);
                is_full || self.now.since(since) >= self.hold()
            }
            _ => false,
        }
    }

    /// How long the hole in front is held open.
    fn hold(&self) -> Span {
        let is_image = self.before == Traffic::Image && self.held_classes().next() == Some(Traffic::Image);
        self.patience.hold(if is_image { Traffic::Image } else { Traffic::V21 }, self.now)
    }

    fn held(&self) -> usize {
        self.held_classes().count()
    }

    /// The classes of the packets behind the hole in front.
    fn held_classes(&self) -> impl Iterator<Item = Traffic> {
        self.window.from(self.expected).filter_map(|seq| match self.window.state(seq) {
            State::Known { traffic, .. } => Some(traffic),
            _ => None,
        })
    }
}

/// Whether octets that are no UDPTL are of a protocol that shares ports with it (UTL-2).
fn foreign(octets: &[u8]) -> Option<Refusal> {
    let is_foreign = match octets {
        [0x80..=0xBF, ..] => octets.len() >= 12, // RTP and RTCP, version 2
        [0..=3, _, _, _, 0x21, 0x12, 0xA4, 0x42, ..] => true, // STUN's magic cookie
        [20..=63, 0xFE, 0xFD | 0xFF, ..] => true, // DTLS
        _ => false,
    };
    is_foreign.then_some(Refusal::OtherProtocol)
}
