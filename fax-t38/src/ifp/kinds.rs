//! The three enumerations of IFP. Values and names as in the ASN.1; what a newer edition may add is
//! kept as a number, so that it can be skipped and told (PER-6).

use fax_core::{Opening, Training, V17Rate, V27terRate, V29Rate};

macro_rules! enumeration {
    ($(#[$doc:meta])* $name:ident, $root:literal roots: $($variant:ident = $value:literal, $text:literal;)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant,)*
            /// Not in any edition known here; its value, extensions counted on after the roots.
            Unknown(u8),
        }

        impl $name {
            /// How many values stand before the extension marker.
            pub const ROOTS: u8 = $root;
            /// Every value with a name, in the order of the ASN.1.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The value of that number, extensions counted on after the roots.
            pub const fn from_value(value: u8) -> Self {
                match value {
                    $($value => Self::$variant,)*
                    other => Self::Unknown(other),
                }
            }

            /// Its number in the ASN.1, extensions counted on after the roots.
            pub const fn value(self) -> u8 {
                match self {
                    $(Self::$variant => $value,)*
                    Self::Unknown(other) => other,
                }
            }

            /// Its name in the ASN.1.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unknown(_) => "unknown",
                }
            }
        }
    };
}

enumeration! {
    /// `t30-indicator`: what the line does now. Within each V.17 rate, short comes before long.
    Indicator, 16 roots:
    NoSignal = 0, "no-signal";
    Cng = 1, "cng";
    Ced = 2, "ced";
    V21Preamble = 3, "v21-preamble";
    V27ter2400 = 4, "v27-2400-training";
    V27ter4800 = 5, "v27-4800-training";
    V29At7200 = 6, "v29-7200-training";
    V29At9600 = 7, "v29-9600-training";
    V17At7200Short = 8, "v17-7200-short-training";
    V17At7200Long = 9, "v17-7200-long-training";
    V17At9600Short = 10, "v17-9600-short-training";
    V17At9600Long = 11, "v17-9600-long-training";
    V17At12000Short = 12, "v17-12000-short-training";
    V17At12000Long = 13, "v17-12000-long-training";
    V17At14400Short = 14, "v17-14400-short-training";
    V17At14400Long = 15, "v17-14400-long-training";
    V8AnsAm = 16, "v8-ansam";
    V8Signal = 17, "v8-signal";
    V34ControlChannel1200 = 18, "v34-cntl-channel-1200";
    V34PrimaryChannel = 19, "v34-pri-channel";
    V34ControlRetrain = 20, "v34-CC-retrain";
    V33At12000 = 21, "v33-12000-training";
    V33At14400 = 22, "v33-14400-training";
}

enumeration! {
    /// The modem that data came from or goes to (`data` in 1998, `t30-data` in 2002).
    DataType, 9 roots:
    V21 = 0, "v21";
    V27ter2400 = 1, "v27-2400";
    V27ter4800 = 2, "v27-4800";
    V29At7200 = 3, "v29-7200";
    V29At9600 = 4, "v29-9600";
    V17At7200 = 5, "v17-7200";
    V17At9600 = 6, "v17-9600";
    V17At12000 = 7, "v17-12000";
    V17At14400 = 8, "v17-14400";
    V8 = 9, "v8";
    V34PrimaryRate = 10, "v34-pri-rate";
    V34Control1200 = 11, "v34-CC-1200";
    V34Primary = 12, "v34-pri-ch";
    V33At12000 = 13, "v33-12000";
    V33At14400 = 14, "v33-14400";
}

enumeration! {
    /// What a field of a data packet is (T.38 7.4). The last four exist in the 2002 syntax only.
    FieldType, 8 roots:
    HdlcData = 0, "hdlc-data";
    HdlcSigEnd = 1, "hdlc-sig-end";
    FcsOk = 2, "hdlc-fcs-OK";
    FcsBad = 3, "hdlc-fcs-BAD";
    FcsOkSigEnd = 4, "hdlc-fcs-OK-sig-end";
    FcsBadSigEnd = 5, "hdlc-fcs-BAD-sig-end";
    NonEcmData = 6, "t4-non-ecm-data";
    NonEcmSigEnd = 7, "t4-non-ecm-sig-end";
    CmMessage = 8, "cm-message";
    JmMessage = 9, "jm-message";
    CiMessage = 10, "ci-message";
    V34Rate = 11, "v34rate";
}

impl Indicator {
    /// What announces that a burst opens so.
    pub const fn of(opening: Opening) -> Self {
        use Training::{Long, Short};
        match opening {
            Opening::V21 => Self::V21Preamble,
            Opening::V27ter(V27terRate::R2400) => Self::V27ter2400,
            Opening::V27ter(V27terRate::R4800) => Self::V27ter4800,
            Opening::V29(V29Rate::R7200) => Self::V29At7200,
            Opening::V29(V29Rate::R9600) => Self::V29At9600,
            Opening::V17(V17Rate::R7200, Short) => Self::V17At7200Short,
            Opening::V17(V17Rate::R7200, Long) => Self::V17At7200Long,
            Opening::V17(V17Rate::R9600, Short) => Self::V17At9600Short,
            Opening::V17(V17Rate::R9600, Long) => Self::V17At9600Long,
            Opening::V17(V17Rate::R12000, Short) => Self::V17At12000Short,
            Opening::V17(V17Rate::R12000, Long) => Self::V17At12000Long,
            Opening::V17(V17Rate::R14400, Short) => Self::V17At14400Short,
            Opening::V17(V17Rate::R14400, Long) => Self::V17At14400Long,
        }
    }

    /// The burst it announces; `None` for tones, silence and what is not G3.
    pub fn opening(self) -> Option<Opening> {
        let trainings = Opening::ALL.into_iter().flat_map(|opening| {
            [opening.with_training(Training::Short), opening.with_training(Training::Long)]
        });
        trainings.into_iter().find(|opening| Self::of(*opening) == self)
    }
}

impl DataType {
    /// The modem of a burst.
    pub const fn of(opening: Opening) -> Self {
        match opening {
            Opening::V21 => Self::V21,
            Opening::V27ter(V27terRate::R2400) => Self::V27ter2400,
            Opening::V27ter(V27terRate::R4800) => Self::V27ter4800,
            Opening::V29(V29Rate::R7200) => Self::V29At7200,
            Opening::V29(V29Rate::R9600) => Self::V29At9600,
            Opening::V17(V17Rate::R7200, _) => Self::V17At7200,
            Opening::V17(V17Rate::R9600, _) => Self::V17At9600,
            Opening::V17(V17Rate::R12000, _) => Self::V17At12000,
            Opening::V17(V17Rate::R14400, _) => Self::V17At14400,
        }
    }

    /// The burst that carries such data, V.17 with its long training; `None` for what is not G3.
    pub fn opening(self) -> Option<Opening> {
        Opening::ALL.into_iter().find(|opening| Self::of(*opening) == self)
    }
}

impl FieldType {
    /// Ends a frame: one of the four FCS fields.
    pub const fn is_fcs(self) -> bool {
        matches!(self, Self::FcsOk | Self::FcsBad | Self::FcsOkSigEnd | Self::FcsBadSigEnd)
    }

    /// Ends the carrier.
    pub const fn is_sig_end(self) -> bool {
        matches!(self, Self::HdlcSigEnd | Self::FcsOkSigEnd | Self::FcsBadSigEnd | Self::NonEcmSigEnd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_names_agree_both_ways() {
        for value in 0..=40 {
            assert_eq!(Indicator::from_value(value).value(), value);
            assert_eq!(DataType::from_value(value).value(), value);
            assert_eq!(FieldType::from_value(value).value(), value);
        }
        assert_eq!((Indicator::ALL.len(), DataType::ALL.len(), FieldType::ALL.len()), (23, 15, 12));
    }

    #[test]
    fn every_opening_has_its_indicator_and_its_data_type() {
        for opening in Opening::ALL {
            for training in [Training::Short, Training::Long] {
                let opening = opening.with_training(training);
                assert_eq!(Indicator::of(opening).opening(), Some(opening));
                assert_eq!(DataType::of(opening).opening(), Some(opening.with_training(Training::Long)));
            }
        }
        assert_eq!(Indicator::Cng.opening(), None);
        assert_eq!(DataType::V34Primary.opening(), None);
    }
}
