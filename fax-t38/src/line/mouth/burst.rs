//! A carrier that is being said: which packet of it is next, and when.

use super::backlog::Backlog;
use super::pace::{FAST_FLAGS, Stuffing, lasting, lead, octets_in};
use super::{AROUND, MOST};
use crate::ifp::{DataType, Field, FieldType, write_data};
use crate::line::settings::{BurstEnds, FrameEnds, Pacing, Settings};
use crate::{Refusal, Syntax};
use fax_core::{BitRate, Chunk, FrameEnd, Opening, Room, Span, Timestamp};

/// What a machine's mind may say ahead of its time.
const LOOK_AHEAD: Span = Span::from_millis(300);
/// Zeros behind a page, and the wait before its end: some gateways drop the carrier with the last packet,
/// whatever their modem still holds (IFP-12).
const PAGE_TAIL: Span = Span::from_millis(40);
const AFTER_PAGE: Span = Span::from_millis(60);
/// The wait between the last frame and the end of its burst (IFP-12).
const AFTER_FRAMES: Span = Span::from_millis(100);

/// An announced carrier.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Burst {
    opening: Opening,
    carries: Carries,
    /// When the next packet may leave: with a live source any time.
    clock: Timestamp,
    /// Since when the octets at the front wait.
    since: Timestamp,
    stuffing: Stuffing,
    /// Something has been said and not yet been reported as drained.
    to_drain: bool,
    /// No more will be said.
    is_ending: bool,
}

/// What a burst carries; told by the first thing said in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carries {
    Undecided,
    Frames,
    Bits,
}

/// What a burst does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Send(Packet),
    /// All that was said has passed.
    Drained,
}

/// The fields of a packet: so many octets of a kind, then an end without octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Packet {
    pub(crate) data: FieldType,
    pub(crate) octets: usize,
    pub(crate) end: Option<FieldType>,
}

impl Packet {
    /// Whether it ends the carrier.
    pub(crate) fn is_sig_end(self) -> bool {
        self.data.is_sig_end() || self.end.is_some_and(FieldType::is_sig_end)
    }

    /// Writes it with its octets; returns how long it is.
    pub(crate) fn write(
        self,
        kind: DataType,
        octets: &[u8],
        syntax: Syntax,
        out: &mut [u8],
    ) -> Result<usize, Refusal> {
        let data = Field { kind: self.data, octets };
        let end = self.end.map(|kind| Field { kind, octets: &[] });
        match (octets.is_empty(), end) {
            (false, Some(end)) => write_data(kind, &[data, end], syntax, out),
            (true, Some(end)) => write_data(kind, &[end], syntax, out),
            (_, None) => write_data(kind, &[data], syntax, out),
        }
    }
}

impl Burst {
    pub(crate) fn new(opening: Opening, now: Timestamp, settings: &Settings) -> Self {
        let clock = match (settings.pacing, opening) {
            (Pacing::Live, _) => now,
            (Pacing::Metered { .. }, Opening::V21) => now + lead(opening),
            (Pacing::Metered { allowance }, _) => now + lead(opening) + allowance,
        };
        Self {
            opening,
            carries: Carries::Undecided,
            clock,
            since: now,
            stuffing: Stuffing::default(),
            to_drain: false,
            is_ending: false,
        }
    }

    pub(crate) fn opening(&self) -> Opening {
        self.opening
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.is_ending
    }

    pub(crate) fn room(&self, settings: &Settings, backlog: &Backlog) -> Room {
        let (ahead, dry_at) = match settings.pacing {
            Pacing::Live => (backlog.room(), None),
            Pacing::Metered { .. } => {
                let ahead = octets_in(LOOK_AHEAD, self.rate()).max(Chunk::CAPACITY);
                let waiting = lasting(8 * backlog.octets(), self.rate());
                (ahead.saturating_sub(backlog.octets()), Some(self.clock + waiting))
            }
        };
        let octets = if self.is_ending { 0 } else { ahead.min(backlog.room()) };
        Room { bits: 8 * octets, dry_at }
    }

    /// Something of this kind is about to be said.
    pub(crate) fn carry(&mut self, now: Timestamp, carries: Carries, settings: &Settings, backlog: &Backlog) {
        let is_metered = settings.pacing != Pacing::Live;
        if self.carries != carries && carries == Carries::Frames && self.opening != Opening::V21 && is_metered
        {
            self.clock += FAST_FLAGS;
        }
        if backlog.is_empty() {
            self.since = now;
            self.clock = self.clock.max(now);
        }
        (self.carries, self.to_drain) = (carries, true);
    }

    /// Nothing more will be said.
    pub(crate) fn end(&mut self, now: Timestamp, settings: &Settings, backlog: &mut Backlog) {
        self.is_ending = true;
        backlog.pad();
        if self.carries == Carries::Bits && settings.pacing != Pacing::Live {
            if backlog.is_empty() {
                self.clock = self.clock.max(now);
            }
            backlog.push_zeros(octets_in(PAGE_TAIL, self.rate()));
        }
    }

    /// What is next, and when.
    pub(crate) fn plan(&self, settings: &Settings, backlog: &Backlog) -> Option<(Timestamp, Step)> {
        let most = self.packet_octets(settings);
        let front = backlog.front(most);
        let send = |at, data, octets, end| Some((at, Step::Send(Packet { data, octets, end })));
        if backlog.is_empty() {
            return match self.is_ending {
                _ if self.to_drain && !backlog.is_in_frame() => Some((self.clock, Step::Drained)),
                true => send(self.clock + self.tail(settings), self.sig_end(), 0, Some(self.sig_end())),
                false => None,
            };
        }
        if self.carries != Carries::Frames {
            let is_last = self.is_ending && front.is_all;
            return if is_last && settings.pacing == Pacing::Live {
                send(self.clock, self.sig_end(), front.octets, None)
            } else {
                let at = self.data_at(is_last || front.octets == most, settings);
                send(at, FieldType::NonEcmData, front.octets, None)
            };
        }
        let is_whole = front.end.is_some();
        let end = front.end.and_then(|end| self.fcs(end, front.is_all, settings));
        if front.octets == 0 {
            end.and_then(|end| send(self.clock, FieldType::HdlcData, 0, Some(end)))
        } else {
            let end = end.filter(|_| settings.frame_ends == FrameEnds::WithData);
            let at = self.data_at(is_whole || front.octets == most, settings);
            send(at, FieldType::HdlcData, front.octets, end)
        }
    }

    /// A packet has left with these octets.
    pub(crate) fn sent(&mut self, now: Timestamp, packet: Packet, octets: &[u8], settings: &Settings) {
        self.since = now;
        if settings.pacing == Pacing::Live {
            return;
        }
        let mut bits =
            if self.carries == Carries::Frames { self.stuffing.bits(octets) } else { 8 * octets.len() };
        if packet.end.is_some_and(FieldType::is_fcs) {
            self.stuffing = Stuffing::default();
            bits += Stuffing::END;
        }
        self.clock += lasting(bits, self.rate());
    }

    /// All that was said has passed: whether that is news.
    pub(crate) fn drained(&mut self) -> bool {
        core::mem::take(&mut self.to_drain)
    }

    /// When silence may be announced after the packet that ended the carrier.
    pub(crate) fn rest_at(&self, packet: Packet, settings: &Settings) -> Timestamp {
        let has_waited = !packet.end.is_some_and(FieldType::is_fcs);
        if has_waited { self.clock } else { self.clock + self.tail(settings) }
    }

    /// Octets of one packet.
    fn packet_octets(&self, settings: &Settings) -> usize {
        let octets = match self.opening {
            Opening::V21 => settings.v21_octets,
            _ => octets_in(settings.packet, self.rate()),
        };
        octets.min(settings.largest_ifp.saturating_sub(AROUND)).clamp(1, MOST)
    }

    /// When a packet may leave: a full one at once, the first octets of one when it could be full.
    fn data_at(&self, is_full: bool, settings: &Settings) -> Timestamp {
        match settings.pacing {
            Pacing::Live if !is_full => self.since + lasting(8 * self.packet_octets(settings), self.rate()),
            Pacing::Live | Pacing::Metered { .. } => self.clock,
        }
    }

    /// The field that ends a frame; `None` while it is not known whether the burst ends with it.
    fn fcs(&self, end: FrameEnd, is_last: bool, settings: &Settings) -> Option<FieldType> {
        let ends_burst = match settings.burst_ends {
            BurstEnds::Combined if is_last && !self.is_ending => return None,
            BurstEnds::Combined => is_last,
            BurstEnds::Separate => false,
        };
        Some(match (end, ends_burst) {
            (FrameEnd::Good, false) => FieldType::FcsOk,
            (FrameEnd::Good, true) => FieldType::FcsOkSigEnd,
            (FrameEnd::Bad | FrameEnd::Aborted, false) => FieldType::FcsBad,
            (FrameEnd::Bad | FrameEnd::Aborted, true) => FieldType::FcsBadSigEnd,
        })
    }

    /// The field that ends the carrier.
    fn sig_end(&self) -> FieldType {
        match (self.carries, self.opening) {
            (Carries::Frames, _) | (Carries::Undecided, Opening::V21) => FieldType::HdlcSigEnd,
            (Carries::Bits | Carries::Undecided, _) => FieldType::NonEcmSigEnd,
        }
    }

    fn tail(&self, settings: &Settings) -> Span {
        match (settings.pacing, self.carries) {
            (Pacing::Live, _) | (_, Carries::Undecided) => Span::ZERO,
            (_, Carries::Frames) => AFTER_FRAMES,
            (_, Carries::Bits) => AFTER_PAGE,
        }
    }

    fn rate(&self) -> BitRate {
        self.opening.bit_rate()
    }
}
