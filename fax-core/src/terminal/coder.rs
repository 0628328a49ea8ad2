//! One coder for a page, whichever coding was agreed on.

use crate::image::jbig::{JbigDecoder, JbigEncoder, JbigSettings};
use crate::image::{self, Decoder, DecoderSettings, Encoder, EncoderSettings, End, Row};
use crate::t30::fields::{Coding, Ecm, Resolution, Terms};

/// Rows in, octets for the line out.
pub(super) enum PageEncoder {
    T4(Encoder),
    Jbig(Box<JbigEncoder>),
}

impl PageEncoder {
    /// A page on these terms; nothing for content that is no page of black and white.
    pub(super) fn new(terms: &Terms) -> Option<Self> {
        let width = terms.resolution.pels(terms.width);
        let coding = match terms.coding {
            Coding::Mh => image::Coding::Mh,
            Coding::Mr => image::Coding::Mr,
            Coding::Mmr => image::Coding::Mmr,
            Coding::Jbig | Coding::JbigL0 => {
                return JbigEncoder::new(JbigSettings::new(width)).ok().map(Box::new).map(Self::Jbig);
            }
            Coding::Other => return None,
        };
        let min_row_bits = match terms.ecm {
            Ecm::Off => terms.scan_time.bits_at(terms.opening.bit_rate()),
            Ecm::Frames64 | Ecm::Frames256 => 0, // T.30 Table 2 note 8
        };
        let settings =
            EncoderSettings { k: k(terms.resolution), min_row_bits, ..EncoderSettings::new(coding, width) };
        Encoder::new(settings).ok().map(Self::T4)
    }

    /// A row of the agreed width.
    pub(super) fn row(&mut self, pels: &[u8]) -> &[u8] {
        let octets = match self {
            Self::T4(encoder) => encoder.row(pels),
            Self::Jbig(encoder) => encoder.row(pels),
        };
        debug_assert!(octets.is_ok(), "rows have the agreed width");
        octets.unwrap_or_default()
    }

    pub(super) fn end(&mut self) -> &[u8] {
        match self {
            Self::T4(encoder) => encoder.end(),
            Self::Jbig(encoder) => encoder.end(),
        }
    }
}

/// T.4 4.2.1.1: K is 2 at standard resolution and 4 above.
const fn k(resolution: Resolution) -> u32 {
    match resolution {
        Resolution::R8x3_85 | Resolution::R200x100 => 2,
        _ => 4,
    }
}

/// Octets off the line in, rows out.
pub(super) enum PageDecoder {
    T4(Box<Decoder>),
    Jbig(Box<JbigDecoder>),
}

impl PageDecoder {
    /// As [`PageEncoder::new`], for at most so many rows.
    pub(super) fn new(terms: &Terms, max_rows: u32) -> Option<Self> {
        let width = terms.resolution.pels(terms.width);
        let coding = match terms.coding {
            Coding::Mh => image::Coding::Mh,
            Coding::Mr => image::Coding::Mr,
            Coding::Mmr => image::Coding::Mmr,
            Coding::Jbig | Coding::JbigL0 => {
                return JbigDecoder::new(width, max_rows).ok().map(Box::new).map(Self::Jbig);
            }
            Coding::Other => return None,
        };
        let settings = DecoderSettings { max_rows, ..DecoderSettings::new(coding, width) };
        Decoder::new(settings).ok().map(Box::new).map(Self::T4)
    }

    pub(super) fn next(&mut self, octets: &mut &[u8]) -> Option<Row<'_>> {
        match self {
            Self::T4(decoder) => decoder.next(octets),
            Self::Jbig(decoder) => decoder.next(octets),
        }
    }

    /// No more octets come: the rows that are left, one a call.
    pub(super) fn finish(&mut self) -> Option<Row<'_>> {
        match self {
            Self::T4(decoder) => decoder.finish(),
            Self::Jbig(decoder) => decoder.finish(),
        }
    }

    pub(super) fn end(&self) -> Option<End> {
        match self {
            Self::T4(decoder) => decoder.end(),
            Self::Jbig(decoder) => decoder.end(),
        }
    }

    /// Octets are missing. Whether rows can be read again behind them.
    pub(super) fn gap(&mut self, terms: &Terms) -> bool {
        let Self::T4(decoder) = self else { return false };
        let has_marks = matches!(terms.coding, Coding::Mh | Coding::Mr);
        if has_marks {
            decoder.gap();
        }
        has_marks
    }
}
