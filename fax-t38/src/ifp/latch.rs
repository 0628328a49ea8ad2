//! Which syntax the peer really writes.
//!
//! Peers agree on one version and go on in the syntax of another, and most packets read as plausible
//! nonsense in the wrong one. Some do not: they end elsewhere, or say what nobody says. This counts
//! those, and changes the syntax of the decoder, never that of our encoder.
//!
//! From: field note PER-3; the telling codes are measured, both syntaxes side by side.
//! Always: a packet that proves the agreed syntax takes all suspicion back.

use super::{End, Ifp, Packing, Reading, Sense};
use crate::{Event, Refusal, Syntax};

/// Suspicion from here on changes the syntax: three proofs by length, or two by telling codes.
const ENOUGH: u8 = 6;
/// A packet of one field whose very code shows the syntax.
const TELLING: u8 = 3;
/// A packet of several fields that ends where it should in the other syntax only.
const BY_LENGTH: u8 = 2;

/// Reads the packets of one peer and learns its syntax.
#[derive(Clone, Debug)]
pub struct SyntaxLatch {
    syntax: Syntax,
    mind: Mind,
    latched: bool,
    tolerated: Tolerated,
}

/// How sure the syntax in use is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mind {
    /// The operator said so.
    Fixed,
    /// Nothing has proved it yet; so much speaks against it.
    Open(u8),
    /// A packet has proved it; since then, so much has proved it wrong. What is merely odd does not count
    /// any more: it is a quirk of this peer.
    Proved(u8),
}

/// What was taken although it was not as it should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tolerated {
    /// Packets read in the syntax that was not in use (PER-3).
    pub other_syntax: u32,
    /// Packets with fields padded to octets.
    pub octet_aligned: u32,
    /// Packets with zeros behind them (PER-7).
    pub zeros_behind: u32,
    /// Packets with other octets behind them (PER-7).
    pub octets_behind: u32,
}

impl Tolerated {
    const NOTHING: Self = Self { other_syntax: 0, octet_aligned: 0, zeros_behind: 0, octets_behind: 0 };
}

impl SyntaxLatch {
    /// Begins with the syntax of the version agreed on.
    pub const fn new(agreed: Syntax) -> Self {
        Self { syntax: agreed, mind: Mind::Open(0), latched: false, tolerated: Tolerated::NOTHING }
    }

    /// Reads this syntax whatever comes: the operator knows the peer.
    pub const fn fixed(syntax: Syntax) -> Self {
        Self { syntax, mind: Mind::Fixed, latched: false, tolerated: Tolerated::NOTHING }
    }

    /// Reads a packet in the syntax it is written in, as far as that shows.
    ///
    /// # Errors
    /// As [`Ifp::parse`]; but octets behind a whole packet are let be and counted (PER-7).
    pub fn read<'a>(&mut self, octets: &'a [u8]) -> Result<Ifp<'a>, Refusal> {
        let ours = Reading::of(octets, self.syntax);
        let settled = match self.mind {
            Mind::Fixed => true,
            Mind::Proved(0) => Reading::end(&ours) == End::Exact,
            Mind::Open(_) | Mind::Proved(_) => false,
        };
        if settled {
            return self.take(ours);
        }
        let theirs = Reading::of(octets, self.syntax.other());
        let sign = self.weigh(&ours, &theirs);
        let take_theirs = sign == Sign::Against || Reading::end(&theirs) < Reading::end(&ours);
        self.learn(sign, &theirs);
        if !take_theirs {
            return self.take(ours);
        }
        self.tolerated.other_syntax = self.tolerated.other_syntax.saturating_add(1);
        self.take(theirs)
    }

    /// The syntax that packets are read in now.
    pub const fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// That the syntax has changed; told once for each change.
    pub fn event(&mut self) -> Option<Event> {
        core::mem::take(&mut self.latched).then_some(Event::SyntaxLatched(self.syntax))
    }

    /// What was taken although it was not as it should be.
    pub const fn tolerated(&self) -> &Tolerated {
        &self.tolerated
    }

    fn weigh(&self, ours: &Result<Reading<'_>, Refusal>, theirs: &Result<Reading<'_>, Refusal>) -> Sign {
        let exact = |reading| Reading::end(reading) == End::Exact;
        match (exact(ours), exact(theirs)) {
            (true, false) => Sign::For,
            (false, true) => Sign::Against,
            (false, false) => Sign::None,
            (true, true) => match (Reading::sense(ours), Reading::sense(theirs), self.mind) {
                (Sense::Some, Sense::None, _) => Sign::For,
                (Sense::None, Sense::Some, Mind::Open(_)) => Sign::Against,
                _ => Sign::None,
            },
        }
    }

    fn learn(&mut self, sign: Sign, theirs: &Result<Reading<'_>, Refusal>) {
        let weight = if is_single(theirs) { TELLING } else { BY_LENGTH };
        self.mind = match (sign, self.mind) {
            (Sign::None, mind) => mind,
            (Sign::For, _) => Mind::Proved(0),
            (Sign::Against, Mind::Open(suspicion)) => Mind::Open(suspicion.saturating_add(weight)),
            (Sign::Against, Mind::Proved(suspicion)) => Mind::Proved(suspicion.saturating_add(weight)),
            (Sign::Against, Mind::Fixed) => Mind::Fixed,
        };
        if let Mind::Open(ENOUGH..) | Mind::Proved(ENOUGH..) = self.mind {
            self.syntax = self.syntax.other();
            self.mind = Mind::Proved(0);
            self.latched = true;
        }
    }

    fn take<'a>(&mut self, reading: Result<Reading<'a>, Refusal>) -> Result<Ifp<'a>, Refusal> {
        let end = Reading::end(&reading);
        let reading = reading?;
        let count = |counter: &mut u32, seen: bool| *counter = counter.saturating_add(u32::from(seen));
        count(&mut self.tolerated.octet_aligned, reading.packing == Packing::OctetAligned);
        count(&mut self.tolerated.zeros_behind, end == End::Padded);
        count(&mut self.tolerated.octets_behind, end == End::Wrong);
        Ok(reading.ifp)
    }
}

/// What a packet says about the syntax in use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// It can be this one only.
    For,
    /// It can be the other one only.
    Against,
    /// It can be either, or neither.
    None,
}

fn is_single(reading: &Result<Reading<'_>, Refusal>) -> bool {
    matches!(reading, Ok(Reading { ifp: Ifp::Data(data), .. }) if data.fields().len() == 1)
}
