//! How long a hole in the stream is held open (lever L5, UTL-6).
//!
//! Waiting costs nothing while nothing is missing, so the span follows what the network and the peer
//! have been seen to do: how late packets came, and how long after the first a repeat came.

use fax_core::{Span, Timestamp};

use crate::ifp::{Traffic, traffic};

/// Bounds of the time that a hole is held open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Until anything else has been measured: 60 ms.
    pub first: Span,
    /// At most, if only image data waits: 300 ms.
    pub image: Span,
    /// At most, if V.21 data or an indicator waits or may be missing: 700 ms.
    pub control: Span,
}

impl Default for Hold {
    fn default() -> Self {
        Self { first: Span::from_millis(60), image: Span::from_millis(300), control: Span::from_millis(700) }
    }
}

impl Hold {
    /// The same span whatever is measured.
    pub const fn fixed(span: Span) -> Self {
        Self { first: span, image: span, control: span }
    }
}

/// What has been measured of one class of packets.
#[derive(Clone, Copy, Debug, Default)]
struct Measured {
    lateness: Peak,
    repeat: Peak,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    bounds: Hold,
    image: Measured,
    control: Measured,
    /// How far apart packets came that were sent at a steady pace, beyond that pace.
    jitter: Peak,
    parity: bool,
    last: Option<Arrival>,
    longest_outage: Span,
    loss: Loss,
}

/// The newest packet so far.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    at: Timestamp,
    pace: Option<Traffic>,
}

impl Patience {
    pub(super) fn new(bounds: Hold) -> Self {
        Self {
            bounds,
            image: Measured::default(),
            control: Measured::default(),
            jitter: Peak::default(),
            parity: false,
            last: None,
            longest_outage: Span::ZERO,
            loss: Loss::default(),
        }
    }

    /// A missing packet came after all, so long after it was missed.
    pub(super) fn late(&mut self, class: Traffic, by: Span, now: Timestamp) {
        // Later it is a copy of one that was lost.
        const OVERTAKEN: Span = Span::from_millis(60);
        if by < OVERTAKEN {
            self.loss.taken_back();
        }
        self.measured(class).lateness.see(by, now);
    }

    /// A packet came again, so long after the first time. What no hold would wait for says nothing:
    /// keep-alives repeat too.
    pub(super) fn repeated(&mut self, class: Traffic, after: Span, now: Timestamp) {
        const BACK_TO_BACK: Span = Span::from_millis(20);
        if after >= BACK_TO_BACK && after <= self.bound(class) {
            self.measured(class).repeat.see(after, now);
        }
    }

    /// A new packet came and so many before it are missing.
    pub(super) fn arrived(&mut self, packet: &[u8], missing: u32, now: Timestamp) {
        // A line may also be silent; while it is not, packets are at most so far apart.
        const SPACING: Span = Span::from_millis(40);
        // What steady senders need between two packets, and what says that they were not steady.
        const STEADY: u64 = 45_000;
        const SILENCE: u64 = 500_000;
        let arrival = Arrival { at: now, pace: pace(packet) };
        self.loss.see(missing);
        let Some(last) = self.last.replace(arrival) else { return };
        let apart = now.since(last.at);
        if missing > 0 {
            let silent = Span::from_micros(SPACING.micros().saturating_mul(u64::from(missing)));
            self.longest_outage = self.longest_outage.max(apart.min(silent));
        } else if arrival.pace.is_some() && arrival.pace == last.pace && apart.micros() < SILENCE {
            self.jitter.see(Span::from_micros(apart.micros().saturating_sub(STEADY)), now);
        }
    }

    pub(super) const fn longest_outage(&self) -> Span {
        self.longest_outage
    }

    /// How many of a thousand datagrams did not arrive, lately.
    pub(super) const fn lost_per_mille(&self) -> u16 {
        self.loss.per_mille()
    }

    /// The stream carries parity, which repairs a loss packets later.
    pub(super) const fn parity_seen(&mut self) {
        self.parity = true;
    }

    /// How long to wait where packets of `class` are missing or held.
    pub(super) fn hold(&self, class: Traffic, now: Timestamp) -> Span {
        const MARGIN: Span = Span::from_millis(20);
        const PARITY: Span = Span::from_millis(150); // wire 2.5
        let (image, control) = (&self.image, &self.control);
        let own_repeat = if class == Traffic::Image { image.repeat.at(now) } else { control.repeat.at(now) };
        // A peer that repeats control packets fills its own holes late; that says nothing of image data.
        let foreign = class == Traffic::Image && control.repeat.at(now) > Span::ZERO;
        let lateness = match foreign {
            true => image.lateness.at(now),
            false => image.lateness.at(now).max(control.lateness.at(now)),
        };
        let lateness = lateness.max(self.jitter.at(now));
        let late = if lateness > Span::ZERO { lateness + lateness + MARGIN } else { Span::ZERO };
        let repeat = if own_repeat > Span::ZERO { own_repeat + MARGIN } else { Span::ZERO };
        let parity = if self.parity { PARITY } else { Span::ZERO };
        self.bounds.first.max(late).max(repeat).max(parity).min(self.bound(class))
    }

    fn bound(&self, class: Traffic) -> Span {
        let bound = if class == Traffic::Image { self.bounds.image } else { self.bounds.control };
        bound.max(self.bounds.first)
    }

    fn measured(&mut self, class: Traffic) -> &mut Measured {
        if class == Traffic::Image { &mut self.image } else { &mut self.control }
    }
}

/// The class of packets that are sent at a steady pace: image data, and V.21 octet by octet.
fn pace(packet: &[u8]) -> Option<Traffic> {
    const ONE_OCTET: usize = 6;
    const BARE_END: usize = 3;
    match traffic(packet) {
        Traffic::V21 => (packet.len() == ONE_OCTET).then_some(Traffic::V21),
        Traffic::Image => (packet.len() > BARE_END).then_some(Traffic::Image),
        Traffic::Indicator => None,
    }
}

/// Datagrams that were missed when a later one came, of all that were sent; the older half counts half.
#[derive(Clone, Copy, Debug, Default)]
struct Loss {
    missed: u32,
    sent: u32,
}

impl Loss {
    fn see(&mut self, missing: u32) {
        const LATELY: u32 = 512;
        // A long outage is one event.
        let missing = missing.min(16);
        (self.missed, self.sent) = (self.missed + missing, self.sent + missing + 1);
        if self.sent >= LATELY {
            (self.missed, self.sent) = (self.missed / 2, self.sent / 2);
        }
    }

    fn taken_back(&mut self) {
        self.missed = self.missed.saturating_sub(1);
    }

    const fn per_mille(self) -> u16 {
        match self.sent {
            0 => 0,
            sent => (self.missed * 1000 / sent) as u16,
        }
    }
}

/// The largest of what was seen, halved every 20 s since: about a page.
#[derive(Clone, Copy, Debug, Default)]
struct Peak {
    span: Span,
    seen: Timestamp,
}

impl Peak {
    fn see(&mut self, span: Span, now: Timestamp) {
        if span >= self.at(now) {
            *self = Self { span, seen: now };
        }
    }

    fn at(&self, now: Timestamp) -> Span {
        const HALF_LIFE: Span = Span::from_millis(20_000);
        let halvings = now.since(self.seen).micros() / HALF_LIFE.micros();
        Span::from_micros(self.span.micros() >> halvings.min(63))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Span {
        Span::from_millis(millis)
    }

    #[test]
    fn nothing_measured_holds_60_ms() {
        let patience = Patience::new(Hold::default());
        assert_eq!(patience.hold(Traffic::Image, Timestamp::ZERO), ms(60));
        assert_eq!(patience.hold(Traffic::V21, Timestamp::ZERO), ms(60));
    }

    #[test]
    fn lateness_and_repeats_are_learned_each_for_its_class_and_forgotten() {
        let (mut patience, now) = (Patience::new(Hold::default()), Timestamp::ZERO + ms(1));
        patience.late(Traffic::Image, ms(100), now);
        assert_eq!(patience.hold(Traffic::Image, now), ms(220));
        patience.repeated(Traffic::V21, ms(250), now);
        assert_eq!(patience.hold(Traffic::V21, now), ms(270));
        assert_eq!(patience.hold(Traffic::Image, now), ms(220));
        patience.late(Traffic::V21, ms(500), now);
        assert_eq!(patience.hold(Traffic::V21, now), ms(700));
        assert_eq!(patience.hold(Traffic::Image, now), ms(220));
        let later = now + ms(100_000);
        assert_eq!(patience.hold(Traffic::V21, later), ms(60));
    }

    /// NAT-5.
    #[test]
    fn a_keep_alive_is_no_repeat_worth_waiting_for() {
        let mut patience = Patience::new(Hold::default());
        patience.repeated(Traffic::Indicator, ms(15_000), Timestamp::ZERO + ms(15_000));
        patience.repeated(Traffic::Indicator, ms(1), Timestamp::ZERO + ms(15_001));
        assert_eq!(patience.hold(Traffic::V21, Timestamp::ZERO + ms(15_001)), ms(60));
    }

    /// Whoever sends octet by octet at 300 bit/s needs up to 40 ms for one.
    #[test]
    fn an_uneven_pace_is_jitter_before_anything_comes_out_of_order() {
        let (octet, end) = ([0xC0, 1, 0x80, 0, 0, 0xFF], [0xC0, 1, 0x20]);
        let mut patience = Patience::new(Hold::default());
        let mut arrive = |packet: &[u8], millis| {
            let now = Timestamp::ZERO + ms(millis);
            patience.arrived(packet, 0, now);
            patience.hold(Traffic::Image, now)
        };
        assert_eq!([0, 40, 60, 100].map(|at| arrive(&octet, at)), [ms(60); 4]);
        assert_eq!([(arrive(&end, 200)), (arrive(&octet, 320)), (arrive(&octet, 360))], [ms(60); 3]);
        assert_eq!(arrive(&octet, 505), ms(220));
        assert_eq!(arrive(&octet, 3000), ms(220), "silence");
    }

    #[test]
    fn loss_is_the_share_that_was_missed_and_did_not_come_a_little_later() {
        let mut patience = Patience::new(Hold::default());
        (0..100).for_each(|n| patience.arrived(&[0], u32::from(n % 4 == 0), ms_after(40 * n)));
        assert_eq!(patience.lost_per_mille(), 200);
        (0..25).for_each(|n| patience.late(Traffic::Indicator, ms(n), ms_after(4000)));
        assert_eq!(patience.lost_per_mille(), 0);
        (0..1000).for_each(|n| patience.arrived(&[0], 1, ms_after(5000 + 40 * n)));
        assert!((450..=500).contains(&patience.lost_per_mille()));
    }

    fn ms_after(millis: u64) -> Timestamp {
        Timestamp::ZERO + ms(millis)
    }

    #[test]
    fn a_fixed_hold_does_not_learn() {
        let mut patience = Patience::new(Hold::fixed(ms(0)));
        patience.late(Traffic::Image, ms(100), Timestamp::ZERO);
        patience.parity_seen();
        assert_eq!(patience.hold(Traffic::Image, Timestamp::ZERO), ms(0));
    }
}
