//! IFP: what T.38 says, packet by packet (T.38 7, Annex A).
//!
//! Two syntaxes exist on the wire, see [`Syntax`](crate::Syntax). Parsing copies nothing.

mod kinds;

pub use kinds::{DataType, FieldType, Indicator};

/// One field of a data packet. `octets` is empty where the field carries none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// What it is.
    pub kind: FieldType,
    /// Its octets, first bit on the line in the top bit.
    pub octets: &'a [u8],
}

/// Shows kind and length only: frames and pages are personal data.
impl core::fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}[{}]", self.kind.name(), self.octets.len())
    }
}
