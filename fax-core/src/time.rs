//! Time as an argument: microseconds since the call began. Audio time is a count of samples.

use core::fmt;
use core::ops::{Add, AddAssign, Sub};

/// Samples a second on a phone line.
pub const SAMPLE_RATE: u32 = 8000;

const MICROS_PER_SAMPLE: u64 = 1_000_000 / SAMPLE_RATE as u64;

/// A moment of one call, in microseconds since that call began. 2^64 of them are half a million
/// years, so sums saturate instead of being checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// A length of time in microseconds; never negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(u64);

impl Timestamp {
    /// The beginning of the call.
    pub const ZERO: Self = Self(0);

    /// A moment `micros` microseconds into the call.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The moment of sample number `samples` of a stream that began with the call.
    pub const fn from_samples(samples: u64) -> Self {
        Self(samples.saturating_mul(MICROS_PER_SAMPLE))
    }

    /// Microseconds since the call began.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Seconds since the call began, for people.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// How long ago `earlier` was; zero if it is in the future.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of `micros` microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// A span of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis.saturating_mul(1000))
    }

    /// The span that `samples` samples of audio last.
    pub const fn from_samples(samples: u64) -> Self {
        Self(samples.saturating_mul(MICROS_PER_SAMPLE))
    }

    /// Length in microseconds.
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// Whole samples of audio that fit into the span.
    pub const fn samples(self) -> u64 {
        self.0 / MICROS_PER_SAMPLE
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for Timestamp {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_samples_last_one_millisecond() {
        assert_eq!(Span::from_samples(8), Span::from_millis(1));
        assert_eq!(Timestamp::from_samples(8000).to_string(), "1.000000");
        assert_eq!(Span::from_micros(999).samples(), 7);
    }

    #[test]
    fn time_before_the_call_is_its_beginning() {
        assert_eq!(Timestamp::ZERO - Span::from_millis(1), Timestamp::ZERO);
        assert_eq!(Timestamp::ZERO.since(Timestamp::from_micros(5)), Span::ZERO);
    }
}
