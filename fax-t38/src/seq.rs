//! Sequence numbers of UDPTL and RTP: sixteen bits that wrap.

/// A sequence number. All arithmetic is modulo 2^16, so that nothing happens at the wrap (UTL-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Seq(pub u16);

impl Seq {
    /// The number after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        self.plus(1)
    }

    /// The number `count` later.
    #[must_use]
    pub const fn plus(self, count: u16) -> Self {
        Self(self.0.wrapping_add(count))
    }

    /// The number `count` earlier.
    #[must_use]
    pub const fn minus(self, count: u16) -> Self {
        Self(self.0.wrapping_sub(count))
    }

    /// How far this number is ahead of `other`, -32768..=32767; negative if it is older.
    pub const fn ahead_of(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0) as i16 as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wrap_is_a_step_like_any_other() {
        assert_eq!(Seq(u16::MAX).next(), Seq(0));
        assert_eq!(Seq(0).ahead_of(Seq(u16::MAX)), 1);
        assert_eq!(Seq(65_530).ahead_of(Seq(4)), -10);
        assert_eq!(Seq(3).minus(5).plus(5), Seq(3));
    }
}
