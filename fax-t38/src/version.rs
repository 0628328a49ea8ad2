//! The version of T.38 that two ends agreed on, and the syntax that follows from it.

/// T38FaxVersion, 0..=4; higher numbers are read as 4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u8);

/// Which ASN.1 module an IFP packet follows. They differ in one extension marker: 1998 writes a field
/// type in three bits, 2002 in one and three. Either reads the other's packets as plausible nonsense,
/// so a decoder must be told (PER-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Syntax {
    /// The module of 1998, without the marker.
    #[default]
    Y1998,
    /// The corrected module of 2002.
    Y2002,
}

impl Version {
    /// 1998.
    pub const V0: Self = Self(0);
    /// 2002: the corrected syntax.
    pub const V2: Self = Self(2);
    /// V.8, V.34 and V.33 added.
    pub const V3: Self = Self(3);
    /// The newest.
    pub const V4: Self = Self(4);

    /// The version of that number.
    pub const fn new(number: u8) -> Self {
        Self(if number > 4 { 4 } else { number })
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The syntax of its IFP packets. Version 1 is never agreed on here; what exists of it writes the
    /// syntax of 2002.
    pub const fn syntax(self) -> Syntax {
        if self.0 == 0 { Syntax::Y1998 } else { Syntax::Y2002 }
    }

    /// Whether V.8 and V.34 can be told to this peer.
    pub const fn knows_v34(self) -> bool {
        self.0 >= 3
    }
}

impl Syntax {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Y1998 => Self::Y2002,
            Self::Y2002 => Self::Y1998,
        }
    }
}
