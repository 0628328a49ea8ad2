//! What tells a fax from a talk, while audio is passed on as it is.
//!
//! From: T.38 by re-INVITE (RFC 5347 2.1.5); field notes AUD-7, AUD-8, AUD-9.

/// Something heard that a fax machine says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// 1100 Hz: a calling fax, sometimes a person or a data modem.
    Cng,
    /// 2100 Hz: an answering fax or data modem.
    Ced,
    /// 2100 Hz with amplitude modulation: a machine that knows V.8.
    Ansam,
    /// Flags of V.21 channel 2: nothing but a fax.
    V21Preamble,
}
