//! What was odd in a description and was put right. Each is a counter; none refuses the description.

use core::fmt;

macro_rules! oddities {
    ($($(#[$doc:meta])* $variant:ident = $text:literal;)*) => {
        /// Something in a description, or in an answer, that its Recommendation does not allow and that was
        /// understood or passed over all the same.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Oddity { $($(#[$doc])* $variant,)* }

        impl Oddity {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// A line for people.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

oddities! {
    /// No `v=0` ahead of everything.
    NoVersionLine = "does not begin with v=0";
    /// A line that is no `x=...`, or one whose content cannot be read. It is passed over.
    StrayLine = "an unreadable line";
    /// A line longer than any that matters. It is passed over.
    LongLine = "a line too long to matter";
    /// Octets that are not UTF-8 or may not stand in a line.
    Octets = "octets that are no text";
    /// An m-line with parts missing.
    MediaLine = "an incomplete m= line";
    /// A port that is no number up to 65 535; the line counts as refused.
    Port = "a port that is no port";
    /// An `m=` type that T.38 does not belong to, `audio` or `application` (SDP-11).
    MediaType = "T.38 under another media type than image";
    /// `m=image ... RTP/AVP t38`, made by a broken middlebox (SDP-15).
    ImageOverRtp = "an image line over RTP";
    /// An old or wrong name of an attribute (SDP-1, SDP-2).
    Alias = "an alias of an attribute";
    /// `=` where `:` belongs.
    EqualsSign = "= in the place of :";
    /// A value where T.38 has none (SDP-3).
    ValuedBoolean = "a value on an attribute that has none";
    /// A T.38 attribute above the first m-line; it is the default of all lines.
    SessionLevel = "a T.38 attribute at session level";
    /// One attribute twice; the last counts.
    Duplicate = "an attribute given twice";
    /// A `T38...` attribute of no edition known here. It is kept as it is.
    UnknownAttribute = "an unknown T.38 attribute";
    /// A number below zero (SDP-5). The default stands.
    Negative = "a number below zero";
    /// Zero where zero makes no sense (SDP-5, SDP-9). The default stands.
    Zero = "zero where it makes no sense";
    /// A number beyond all reason; it counts as the largest or as absent.
    Huge = "a number beyond all reason";
    /// A number with something behind it; what is behind it is passed over.
    TrailingText = "text behind a number";
    /// No number where one belongs. The default stands.
    NotANumber = "no number where one belongs";
    /// A value that is none of those defined (SDP-7, SDP-10).
    UnknownValue = "an unknown value";
    /// `localTFC` (SDP-10).
    MisspelledValue = "a misspelled value";
    /// Audio attributes in an image section (SDP-14). They are passed over.
    AudioLeftover = "audio attributes on an image line";
    /// A direction other than both ways on a fax line: fax always goes both ways.
    Direction = "a one-way fax line";
    /// An address that is neither an IP address nor a name, or of another family than said.
    Address = "an odd address";
    /// An answer with a version above the offer (SDP-8). The offer's counts.
    VersionRaised = "an answer with a higher version than the offer";
    /// An answer with error correction that was not offered (SDP-7). It is not used.
    CorrectionRaised = "an answer with error correction that was not offered";
    /// An answer with another rate management than offered (SDP-10).
    RateManagementChanged = "an answer with another rate management than the offer";
    /// An answer with a capability that was not offered. It is not used.
    OptionRaised = "an answer with a capability that was not offered";
    /// An answer with other m-lines than the offer, or in another order.
    Slots = "an answer with other m= lines than the offer";
    /// T38FaxMaxDatagram too small for a packet and its copy: it is read as a limit of the IFP (SDP-4).
    DatagramMeansIfp = "T38FaxMaxDatagram too small: read as limit of the IFP";
    /// T38FaxMaxDatagram or T38FaxMaxIFP too small for any fax (SDP-4, SDP-5). It counts as absent.
    Tiny = "a size too small for any fax";
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// How often each oddity was met.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Oddities([u16; Oddity::ALL.len()]);

impl Oddities {
    /// None met.
    pub const NONE: Self = Self([0; Oddity::ALL.len()]);

    /// Counts one more.
    pub fn note(&mut self, oddity: Oddity) {
        if let Some(count) = self.0.get_mut(oddity as usize) {
            *count = count.saturating_add(1);
        }
    }

    /// How often that one was met.
    pub fn count(&self, oddity: Oddity) -> u16 {
        self.0.get(oddity as usize).copied().unwrap_or(0)
    }

    /// Those that were met, and how often.
    pub fn iter(&self) -> impl Iterator<Item = (Oddity, u16)> + '_ {
        Oddity::ALL.iter().copied().zip(self.0).filter(|&(_, count)| count > 0)
    }

    /// Whether none was met.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl Default for Oddities {
    fn default() -> Self {
        Self::NONE
    }
}

impl fmt::Debug for Oddities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
