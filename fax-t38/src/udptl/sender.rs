//! From IFP packets to datagrams: earlier packets in each, and the delicate ones again a little later.
//!
//! From: T.38 9.1; wire 2.2, 2.4, 2.6; field notes UTL-4, UTL-9, UTL-10, UTL-17, SDP-4, NAT-5; levers L2
//! and L4 of the measurements.
//! Always: a primary is never cut or sent above the limit; a repeat is the same datagram again, octet
//! for octet; at most 32 packets wait for their first sending.

use std::collections::VecDeque;

use fax_core::{Span, Timestamp};

use super::Events;
use super::datagram::Writer;
use super::history::History;
use super::parity::{Layout, Row, add};
use crate::{Event, Refusal, Seq};

/// What a sender is told at its start.
#[derive(Clone, Copy, Debug)]
pub struct SenderSettings {
    /// The number of the first packet: 0 (T.38 9.1.2.1).
    pub first: Seq,
    /// The peer's T38FaxMaxDatagram: 400 where it said nothing (SDP-5). A value that cannot hold a
    /// packet of `usual_ifp` octets and a copy of one is taken for a limit on the packet alone (SDP-4).
    pub peer_max_datagram: usize,
    /// Octets of the packets that are mostly sent: 59, which is 30 ms at 14 400 bit/s.
    pub usual_ifp: usize,
    /// Octets of the longest packet: 127, so that both readings of lengths agree (UTL-19).
    pub max_ifp: usize,
    /// What is sent along with each packet.
    pub protection: Protection,
    /// Which packets are sent again, and when.
    pub copies: Copies,
    /// After so long without a datagram the last one is sent again: 15 s (NAT-5).
    pub keep_alive: Option<Span>,
}

impl Default for SenderSettings {
    fn default() -> Self {
        Self {
            first: Seq(0),
            peer_max_datagram: 400,
            usual_ifp: 59,
            max_ifp: 127,
            protection: Protection::default(),
            copies: Copies::default(),
            keep_alive: Some(Span::from_millis(15_000)),
        }
    }
}

/// What a datagram carries beside its primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// So many earlier packets, at most 16; fewer only at the start and where the datagram is full.
    Secondaries {
        /// With control packets and all ends of signals: 7.
        control: u8,
        /// With image data: 3.
        image: u8,
    },
    /// Earlier packets, as many as the loss on the way back asks for: of a page without ECM nothing may be
    /// missing (L4, `docs/udptl.md`).
    AsMeasured,
    /// Parity, and only if the peer asked for it (UTL-16).
    Parity {
        /// Packets that a row covers, at least 1.
        span: u8,
        /// Rows, at least 1; `span` times `rows` is cut to [`REACH`](super::REACH).
        rows: u8,
        /// What is summed up.
        layout: Layout,
    },
}

impl Default for Protection {
    fn default() -> Self {
        Self::Secondaries { control: 7, image: 3 }
    }
}

/// How delicate a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// An indicator: seconds without a packet may follow.
    Indicator,
    /// Part of a control frame.
    Control,
    /// The end of a control frame or of its signal.
    ControlEnd,
    /// A page.
    Image,
    /// Zeros of a TCF or of a page: who plays them puts in others where some are lost.
    Zeros,
    /// The end of an image signal.
    ImageEnd,
}

/// How often a packet is sent again under its number, by its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copies {
    /// Indicators: twice.
    pub indicator: Repeat,
    /// Parts of control frames: twice.
    pub control: Repeat,
    /// Ends of control frames: twice.
    pub control_end: Repeat,
    /// Image data: never.
    pub image: Repeat,
    /// Ends of image signals: twice.
    pub image_end: Repeat,
}

/// Copies, and the time from one to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// How many beside the first, at most 8.
    pub count: u8,
    /// From the first sending to the first copy; more if outages were longer.
    pub spacing: Span,
    /// And from there on.
    pub gaps: Gaps,
}

/// How the distance from one copy to the next grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gaps {
    /// It stays.
    Even,
    /// Each is twice the one before: a lone loss is mended soon, and the last copy trails far enough
    /// behind for a long outage.
    Doubling,
}

impl Repeat {
    /// No copy.
    pub const NEVER: Self = Self { count: 0, spacing: Span::ZERO, gaps: Gaps::Even };
    /// Three copies, 80, 240 and 560 ms later (L2).
    pub const THRICE: Self = Self { count: 3, spacing: Span::from_millis(80), gaps: Gaps::Doubling };
}

impl Gaps {
    /// How many times the first distance the copy of this number, 1 to 8, comes after the first sending.
    const fn spacings(self, copy: u8) -> u64 {
        match self {
            Self::Even => copy as u64,
            Self::Doubling => (1 << copy) - 1,
        }
    }
}

impl Copies {
    /// No copies of anything.
    pub const NONE: Self = Self::of_all(Repeat::NEVER);

    /// The same for every class.
    pub const fn of_all(repeat: Repeat) -> Self {
        Self { indicator: repeat, control: repeat, control_end: repeat, image: repeat, image_end: repeat }
    }

    const fn of(&self, class: Class) -> Repeat {
        match class {
            Class::Indicator => self.indicator,
            Class::Control => self.control,
            Class::ControlEnd => self.control_end,
            Class::Image | Class::Zeros => self.image,
            Class::ImageEnd => self.image_end,
        }
    }
}

impl Default for Copies {
    fn default() -> Self {
        Self { image: Repeat::NEVER, ..Self::of_all(Repeat::THRICE) }
    }
}

/// One direction of a UDPTL session, to the peer.
#[derive(Clone, Debug)]
pub struct Sender {
    settings: SenderSettings,
    limit: Limit,
    history: History,
    queue: VecDeque<Sending>,
    last: Option<(Sending, Timestamp)>,
    outage: Span,
    /// Datagrams of a thousand that are lost.
    loss: u16,
    /// The last depth that was told to be less than wanted.
    depth_told: Option<u8>,
    /// Nothing follows what is sent now.
    last_word: bool,
    events: Events,
}

/// How long datagrams and packets may be.
#[derive(Clone, Copy, Debug)]
struct Limit {
    datagram: usize,
    ifp: usize,
}

/// A datagram to be sent, or sent again.
#[derive(Clone, Copy, Debug)]
struct Sending {
    seq: Seq,
    due: Timestamp,
    class: Class,
    /// Secondaries or rows that the first sending had; `None` ahead of it.
    carried: Option<u8>,
}

/// First sendings that wait at most.
const MAX_FRESH: usize = 32;
/// With the copies.
const MAX_QUEUE: usize = 128;

/// The budget of one call's sender.
const _: () = {
    let heap = super::history::ARENA + MAX_QUEUE * size_of::<Sending>() + Events::HEAP;
    assert!(size_of::<Sender>() + heap < 64 * 1024);
};

/// Copies come at most so far apart (L2).
const FARTHEST: Span = Span::from_millis(680);

impl Sender {
    /// Allocates all that it will ever use, less than 64 KiB.
    pub fn new(settings: SenderSettings) -> Self {
        let limit = Limit::of(&settings);
        Self {
            limit,
            history: History::new(settings.first, limit.ifp),
            queue: VecDeque::with_capacity(MAX_QUEUE),
            last: None,
            outage: Span::ZERO,
            loss: 0,
            depth_told: None,
            last_word: false,
            events: Events::new(),
            settings,
        }
    }

    /// Takes a packet; it is due at once.
    ///
    /// # Errors
    /// [`Refusal::NoRoom`] if it is longer than the peer takes: see [`Sender::largest_ifp`];
    /// [`Refusal::TooMany`] if 32 wait already; [`Refusal::Empty`].
    pub fn submit(&mut self, now: Timestamp, ifp: &[u8], class: Class) -> Result<(), Refusal> {
        if ifp.is_empty() {
            return Err(Refusal::Empty);
        }
        if ifp.len() > self.limit.ifp || alone(ifp.len(), self.settings.protection) > self.limit.datagram {
            return Err(Refusal::NoRoom);
        }
        if !self.has_room() {
            return Err(Refusal::TooMany);
        }
        if self.queue.len() >= MAX_QUEUE {
            self.drop_copy();
        }
        let seq = self.history.push(ifp);
        self.queue.push_back(Sending { seq, due: now, class, carried: None });
        Ok(())
    }

    /// Whether [`Sender::submit`] takes another packet.
    pub fn has_room(&self) -> bool {
        self.queue.iter().filter(|sending| sending.carried.is_none()).count() < MAX_FRESH
    }

    /// Writes the next datagram that is due, if one is, and returns its length. `out` should hold 1200
    /// octets; what does not fit is left out as if the peer could not take it.
    pub fn poll(&mut self, now: Timestamp, out: &mut [u8]) -> Option<usize> {
        loop {
            let sending = self.next_due(now)?;
            // What is no longer kept, or does not fit `out`, is dropped.
            let Ok((length, carried)) = self.write(&sending, out) else { continue };
            let sent = Sending { carried: Some(carried), ..sending };
            if sending.carried.is_none() {
                self.note_depth(now, &sent);
                self.plan_copies(now, sent);
            }
            self.last = Some((sent, now));
            return Some(length);
        }
    }

    /// When [`Sender::poll`] has something to give.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.queue.iter().map(|sending| sending.due).min().or_else(|| self.keep_alive_due())
    }

    /// The network was seen to swallow everything for so long: the last copy of a packet shall trail
    /// by more.
    pub fn outage(&mut self, span: Span) {
        self.outage = self.outage.max(span);
    }

    /// So many datagrams of a thousand were lost lately on the way back.
    pub fn loss(&mut self, per_mille: u16) {
        self.loss = per_mille;
    }

    /// What was sent lately and what is sent from here on is the last word: it is sent again until 2 s have
    /// passed, for nobody will ask for it (L10).
    pub fn insist(&mut self, now: Timestamp) {
        if core::mem::replace(&mut self.last_word, true) {
            return;
        }
        let waiting = self.queue.len();
        for index in 0..waiting {
            // Of the copies of one packet, the last that waits.
            let is_last = |sending: &Sending| {
                let later = self.queue.iter().take(waiting).skip(index + 1);
                sending.carried.is_some() && !later.into_iter().any(|later| later.seq == sending.seq)
            };
            if let Some(sending) = self.queue.get(index).copied().filter(is_last) {
                self.plan_last_word(now, sending);
            }
        }
    }

    /// Another time after which the last datagram is repeated: short while a peer has not been heard
    /// (NAT-3), long afterwards.
    pub const fn set_keep_alive(&mut self, keep_alive: Option<Span>) {
        self.settings.keep_alive = keep_alive;
    }

    /// Octets of the longest packet that can be sent together with a copy of one as long.
    pub const fn largest_ifp(&self) -> usize {
        self.limit.ifp
    }

    /// Octets of the longest datagram that is sent.
    pub const fn largest_datagram(&self) -> usize {
        self.limit.datagram
    }

    /// What happened, oldest first.
    pub fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.events.take()
    }
}

impl Limit {
    fn of(settings: &SenderSettings) -> Self {
        // Not above what passes every network in one piece (UTL-17).
        const ONE_PIECE: usize = 1200;
        let peer = settings.peer_max_datagram;
        let with_copy = |ifp| alone(ifp, settings.protection).saturating_add(element(ifp));
        if peer < with_copy(settings.usual_ifp) {
            return Self { datagram: ONE_PIECE, ifp: peer.min(settings.max_ifp).max(1) }; // SDP-4
        }
        let datagram = peer.min(ONE_PIECE);
        let largest = (1..=settings.max_ifp.min(ONE_PIECE)).rev().find(|ifp| with_copy(*ifp) <= datagram);
        Self { datagram, ifp: largest.unwrap_or(1) }
    }
}

/// Secondaries for a page of 400 packets to come through whole, 98 times of 100 at 30 % of loss.
const fn depth(class: Class, loss_per_mille: u16) -> u8 {
    match (class, loss_per_mille) {
        // The end of a page is the last that carries its last packets.
        (Class::Image | Class::ImageEnd, 200..) => 8,
        (Class::Image | Class::ImageEnd, 80..) => 7,
        (Class::Image | Class::ImageEnd, 1..) => 6,
        (Class::Image | Class::ImageEnd, 0) => 3,
        (Class::Zeros, _) => 1,
        _ => 3,
    }
}

/// Octets of a datagram with a primary of so many octets and nothing in its recovery part.
const fn alone(ifp: usize, protection: Protection) -> usize {
    let rest = match protection {
        Protection::Secondaries { .. } | Protection::AsMeasured => 4,
        Protection::Parity { .. } => 6,
    };
    element(ifp).saturating_add(rest)
}

/// Octets of a length and so many octets.
const fn element(length: usize) -> usize {
    length.saturating_add(if length < 128 { 1 } else { 2 })
}

/// Scheduling.
impl Sender {
    fn next_due(&mut self, now: Timestamp) -> Option<Sending> {
        let due = self.queue.iter().enumerate().filter(|(_, sending)| sending.due <= now);
        // New packets first: a copy has time.
        let first = due.min_by_key(|(_, sending)| (sending.carried.is_some(), sending.due));
        let first = first.map(|(index, _)| index);
        match first {
            Some(index) => self.queue.remove(index),
            None if self.deadline()? <= now => self.last.take().map(|(last, _)| last),
            None => None,
        }
    }

    fn keep_alive_due(&self) -> Option<Timestamp> {
        let (_, sent) = self.last?;
        Some(sent + self.settings.keep_alive?)
    }

    /// Copies, the last one behind the longest outage (L2).
    fn plan_copies(&mut self, now: Timestamp, sending: Sending) {
        const MARGIN: Span = Span::from_millis(60);
        if self.last_word {
            self.plan_last_word(now, sending);
        }
        let repeat = self.settings.copies.of(sending.class);
        let count = repeat.count.min(8);
        if count == 0 {
            return;
        }
        let needed = if self.outage > Span::ZERO { (self.outage + MARGIN).min(FARTHEST) } else { Span::ZERO };
        let needed = Span::from_millis(needed.micros() / 1000 / repeat.gaps.spacings(count));
        let apart = repeat.spacing.max(needed).micros();
        for copy in 1..=count {
            if self.queue.len() < MAX_QUEUE {
                let after = apart.saturating_mul(repeat.gaps.spacings(copy));
                self.queue.push_back(Sending { due: now + Span::from_micros(after), ..sending });
            }
        }
    }

    fn plan_last_word(&mut self, now: Timestamp, sending: Sending) {
        const APART: u64 = 300;
        const TIMES: u64 = 7;
        for due in (1..=TIMES).map(|n| now + Span::from_millis(n * APART)) {
            if self.queue.len() < MAX_QUEUE {
                self.queue.push_back(Sending { due, ..sending });
            }
        }
    }

    /// Copies give way to new packets, those of the oldest packet first.
    fn drop_copy(&mut self) {
        if let Some(index) = self.queue.iter().position(|sending| sending.carried.is_some()) {
            self.queue.remove(index);
        }
    }

    /// Tells when the peer's limit costs secondaries or rows, once for each number that is left.
    fn note_depth(&mut self, now: Timestamp, sent: &Sending) {
        let wanted = u16::from(self.wanted(sent.class));
        let wanted = match self.settings.protection {
            Protection::Secondaries { .. } | Protection::AsMeasured => self.history.before(sent.seq, wanted),
            Protection::Parity { span, .. } => {
                let span = u16::from(span.max(1));
                self.history.before(sent.seq, span.saturating_mul(wanted)) / span
            }
        };
        let carried = sent.carried.filter(|carried| u16::from(*carried) < wanted);
        if let Some(secondaries) = carried
            && self.depth_told != carried
        {
            self.depth_told = carried;
            self.events.note(now, Event::DepthCut { secondaries });
        }
    }

    fn wanted(&self, class: Class) -> u8 {
        match (self.settings.protection, class) {
            (Protection::Secondaries { image, .. }, Class::Image | Class::Zeros) => image.min(16),
            (Protection::Secondaries { control, .. }, _) => control.min(16),
            (Protection::AsMeasured, class) => depth(class, self.loss),
            (Protection::Parity { rows, .. }, _) => rows,
        }
    }
}

/// Writing.
impl Sender {
    /// Writes a datagram and tells how many secondaries or rows are in it.
    fn write(&self, sending: &Sending, out: &mut [u8]) -> Result<(usize, u8), Refusal> {
        let primary = self.history.packet(sending.seq).ok_or(Refusal::Empty)?;
        let limit = self.limit.datagram.min(out.len());
        let out = out.get_mut(..limit).ok_or(Refusal::NoRoom)?;
        let mut writer = Writer::new(out);
        writer.head(sending.seq, primary)?;
        let carried = match self.settings.protection {
            Protection::Secondaries { .. } | Protection::AsMeasured => {
                let wanted = sending.carried.unwrap_or(self.wanted(sending.class));
                let room = limit.saturating_sub(alone(primary.len(), self.settings.protection));
                let count = self.secondaries_that_fit(sending.seq, wanted, room);
                writer.secondaries(self.earlier(sending.seq, count))?;
                count
            }
            Protection::Parity { span, layout, .. } => {
                let rows = sending.carried.unwrap_or(self.wanted(sending.class));
                self.write_parity(&mut writer, sending.seq, u16::from(span), u16::from(rows), layout)?
            }
        };
        // A repeat is the same datagram again. If what was in it is no longer kept, there is none.
        match sending.carried {
            Some(before) if before != carried => Err(Refusal::NoRoom),
            _ => Ok((writer.written(), carried)),
        }
    }

    fn earlier(&self, seq: Seq, count: u8) -> impl ExactSizeIterator<Item = &[u8]> {
        (1..=u16::from(count)).map(move |back| self.history.packet(seq.minus(back)).unwrap_or_default())
    }

    fn secondaries_that_fit(&self, seq: Seq, wanted: u8, mut room: usize) -> u8 {
        let mut count = 0;
        for back in 1..=u16::from(wanted) {
            let Some(packet) = self.history.packet(seq.minus(back)) else { break };
            let Some(left) = room.checked_sub(element(packet.len())) else { break };
            (room, count) = (left, back as u8);
        }
        count
    }

    /// Rows over what was sent so far: fewer at the start and where the datagram is full.
    fn write_parity(
        &self,
        writer: &mut Writer<'_>,
        seq: Seq,
        span: u16,
        rows: u16,
        layout: Layout,
    ) -> Result<u8, Refusal> {
        let span = span.clamp(1, super::REACH);
        let most = self.history.before(seq, span.saturating_mul(rows)) / span;
        let room = writer.room().saturating_sub(4); // choice, span and count
        let lengths = |count: u16| {
            (0..count).map(move |entry| self.row_length(&Row::of(seq, span, entry, count), layout))
        };
        let fits = |count: &u16| lengths(*count).map(element).sum::<usize>() <= room;
        let count = (0..=most).rev().find(fits).unwrap_or(0);
        writer.parity_head(if count > 0 { span } else { 0 }, count)?;
        for (entry, length) in (0..count).zip(lengths(count)) {
            let sum = writer.blank(length)?;
            for member in Row::of(seq, span, entry, count).members() {
                let packet = self.history.packet(member).ok_or(Refusal::NoRoom)?;
                add(sum, packet, layout).ok_or(Refusal::NoRoom)?;
            }
        }
        Ok(count as u8)
    }

    fn row_length(&self, row: &Row, layout: Layout) -> usize {
        let longest = row.members().filter_map(|member| self.history.packet(member)).map(<[u8]>::len).max();
        layout.head().saturating_add(longest.unwrap_or(0))
    }
}
