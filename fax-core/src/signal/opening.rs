//! Which modem a burst opens with. Only what exists can be said.

use crate::units::BitRate;
use core::fmt;
use core::str::FromStr;

/// The carrier of a burst, with all that decides how it is trained and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Opening {
    /// V.21 channel 2 at 300 bit/s: T.30's binary coded signals.
    V21,
    /// V.27ter, always with the long training (T.4 5.1).
    V27ter(V27terRate),
    /// V.29.
    V29(V29Rate),
    /// V.17 with the training that T.30 5.1 note 5 asks for.
    V17(V17Rate, Training),
}

/// Which training sequence opens a burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Training {
    /// The whole sequence: the receiver may know nothing.
    Long,
    /// Resynchronisation: the receiver keeps what it learned from the last long one.
    Short,
}

/// Rates of V.27ter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum V27terRate {
    /// 2400 bit/s, 1200 baud.
    R2400,
    /// 4800 bit/s, 1600 baud.
    R4800,
}

/// Rates of V.29 that T.30 uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum V29Rate {
    /// 7200 bit/s.
    R7200,
    /// 9600 bit/s.
    R9600,
}

/// Rates of V.17.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum V17Rate {
    /// 7200 bit/s.
    R7200,
    /// 9600 bit/s.
    R9600,
    /// 12 000 bit/s.
    R12000,
    /// 14 400 bit/s.
    R14400,
}

/// The text names no modem; see [`Opening::from_str`] for the names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no such modem; use one of v21 v27ter-2400 v27ter-4800 v29-7200 v29-9600 v17-7200 v17-9600 v17-12000 v17-14400"
)]
pub struct ParseOpeningError;

impl Opening {
    /// Every opening there is, V.17 with its long training, slowest first.
    pub const ALL: [Self; 9] = [
        Self::V21,
        Self::V27ter(V27terRate::R2400),
        Self::V27ter(V27terRate::R4800),
        Self::V29(V29Rate::R7200),
        Self::V29(V29Rate::R9600),
        Self::V17(V17Rate::R7200, Training::Long),
        Self::V17(V17Rate::R9600, Training::Long),
        Self::V17(V17Rate::R12000, Training::Long),
        Self::V17(V17Rate::R14400, Training::Long),
    ];

    /// User bits a second once the burst is trained.
    pub const fn bit_rate(self) -> BitRate {
        BitRate(match self {
            Self::V21 => 300,
            Self::V27ter(V27terRate::R2400) => 2400,
            Self::V27ter(V27terRate::R4800) => 4800,
            Self::V29(V29Rate::R7200) | Self::V17(V17Rate::R7200, _) => 7200,
            Self::V29(V29Rate::R9600) | Self::V17(V17Rate::R9600, _) => 9600,
            Self::V17(V17Rate::R12000, _) => 12000,
            Self::V17(V17Rate::R14400, _) => 14400,
        })
    }

    /// The name used on command lines and in reports: `v21`, `v27ter-2400`, `v17-14400`. V.17's
    /// training is not part of it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V21 => "v21",
            Self::V27ter(V27terRate::R2400) => "v27ter-2400",
            Self::V27ter(V27terRate::R4800) => "v27ter-4800",
            Self::V29(V29Rate::R7200) => "v29-7200",
            Self::V29(V29Rate::R9600) => "v29-9600",
            Self::V17(V17Rate::R7200, _) => "v17-7200",
            Self::V17(V17Rate::R9600, _) => "v17-9600",
            Self::V17(V17Rate::R12000, _) => "v17-12000",
            Self::V17(V17Rate::R14400, _) => "v17-14400",
        }
    }

    /// The same carrier with another training where the modem has a choice.
    pub const fn with_training(self, training: Training) -> Self {
        match self {
            Self::V17(rate, _) => Self::V17(rate, training),
            other => other,
        }
    }

    /// The training it opens with; V.21 has a preamble, counted as long.
    pub const fn training(self) -> Training {
        match self {
            Self::V17(_, training) => training,
            _ => Training::Long,
        }
    }
}

/// The name, with `-short` for V.17's resynchronisation.
impl fmt::Display for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        if self.training() == Training::Short { f.write_str("-short") } else { Ok(()) }
    }
}

impl FromStr for Opening {
    type Err = ParseOpeningError;

    /// Reads what [`fmt::Display`] writes.
    fn from_str(text: &str) -> Result<Self, ParseOpeningError> {
        let (name, training) = match text.strip_suffix("-short") {
            Some(name) if name.starts_with("v17") => (name, Training::Short),
            _ => (text, Training::Long),
        };
        Self::ALL
            .into_iter()
            .find(|opening| opening.name() == name)
            .map(|opening| opening.with_training(training))
            .ok_or(ParseOpeningError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_opening_is_read_back_from_its_name() {
        for opening in Opening::ALL {
            assert_eq!(opening.to_string().parse(), Ok(opening));
            let short = opening.with_training(Training::Short);
            assert_eq!(short.to_string().parse(), Ok(short));
        }
        assert_eq!("v29-4800".parse::<Opening>(), Err(ParseOpeningError));
        assert_eq!("v21-short".parse::<Opening>(), Err(ParseOpeningError));
    }
}
