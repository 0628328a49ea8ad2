//! Rows in, a JBIG page out.

use super::super::Refusal;
use super::qm::{Contexts, QmEncoder};
use super::{HEADER, Rows, TWO_ROWS, TYPICAL_PREDICTION, Template, VARIABLE_LENGTH, marker};

/// Codes one page.
#[derive(Clone)]
pub struct JbigEncoder {
    settings: JbigSettings,
    row_octets: usize,
    rows: Rows,
    contexts: Contexts,
    coder: QmEncoder,
    /// The row before was as the one above it.
    typical: bool,
    count: u32,
    octets: Vec<u8>,
    given: Given,
}

/// What an encoder is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JbigSettings {
    /// Pels a row.
    pub width: u32,
    /// Rows, if known; otherwise the page ends with its length.
    pub height: Option<u32>,
    /// Rows of a stripe: 128 unless DIS bit 79 says that any will do. 0 counts as 1.
    pub stripe: u32,
    /// The template.
    pub template: Template,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Nothing,
    Header,
}

impl JbigSettings {
    /// A page of unknown height in the basic form of T.85.
    pub fn new(width: u32) -> Self {
        Self { width, height: None, stripe: 128, template: Template::ThreeRows }
    }

    fn header(&self) -> [u8; HEADER] {
        let mut header = [0; HEADER];
        header[2] = 1;
        header[4..8].copy_from_slice(&self.width.to_be_bytes());
        header[8..12].copy_from_slice(&self.height.unwrap_or(u32::MAX).to_be_bytes());
        header[12..16].copy_from_slice(&self.stripe.to_be_bytes());
        let template = if self.template == Template::TwoRows { TWO_ROWS } else { 0 };
        let length = if self.height.is_none() { VARIABLE_LENGTH } else { 0 };
        header[19] = TYPICAL_PREDICTION | template | length;
        header
    }
}

impl JbigEncoder {
    /// An encoder at the top of a page.
    pub fn new(settings: JbigSettings) -> Result<Self, Refusal> {
        let width = super::super::width(settings.width)?;
        if settings.height == Some(0) {
            return Err(Refusal::Height);
        }
        Ok(Self {
            settings: JbigSettings { stripe: settings.stripe.max(1), ..settings },
            row_octets: usize::from(width).div_ceil(8),
            rows: Rows::new(width),
            contexts: Contexts::FRESH,
            coder: QmEncoder::new(),
            typical: false,
            count: 0,
            octets: Vec::new(),
            given: Given::Nothing,
        })
    }

    /// Takes a row as [`super::super::Encoder::row`] does; gives octets when a stripe is full.
    pub fn row(&mut self, pels: &[u8]) -> Result<&[u8], Refusal> {
        if pels.len() != self.row_octets {
            return Err(Refusal::RowLength);
        }
        if self.settings.height.is_some_and(|height| self.count >= height) {
            return Err(Refusal::Height);
        }
        self.begin();
        self.add_row(pels);
        Ok(&self.octets)
    }

    /// Ends the page. Where fewer rows came than were announced, white ones follow.
    pub fn end(&mut self) -> &[u8] {
        self.begin();
        if let Some(height) = self.settings.height {
            while self.count < height {
                self.add_row(&[]);
            }
            return &self.octets;
        }
        if !self.count.is_multiple_of(self.settings.stripe) {
            self.end_stripe();
        }
        self.octets.extend([0xFF, marker::NEW_LENGTH]);
        self.octets.extend(self.count.to_be_bytes());
        // What follows a new length is a stripe of nothing.
        self.octets.extend([0xFF, marker::END_OF_STRIPE]);
        &self.octets
    }

    fn begin(&mut self) {
        self.octets.clear();
        if self.given == Given::Nothing {
            self.octets.extend(self.settings.header());
            self.given = Given::Header;
        }
    }

    fn add_row(&mut self, pels: &[u8]) {
        self.rows.unpack(pels);
        self.code_row();
        self.rows.advance();
        self.count += 1;
        if self.count.is_multiple_of(self.settings.stripe) || Some(self.count) == self.settings.height {
            self.end_stripe();
        }
    }

    fn code_row(&mut self) {
        let template = self.settings.template;
        let typical = self.rows.is_as_above();
        self.coder.bit(&mut self.contexts, template.typical(), u8::from(typical == self.typical));
        self.typical = typical;
        if typical {
            return;
        }
        for x in 0..self.rows.width {
            let context = self.rows.context(template, x, 0);
            let bit = self.rows.pel(x);
            self.coder.bit(&mut self.contexts, context, bit);
        }
    }

    fn end_stripe(&mut self) {
        for octet in self.coder.finish() {
            self.octets.push(octet);
            if octet == 0xFF {
                self.octets.push(marker::STUFFED);
            }
        }
        self.octets.extend([0xFF, marker::END_OF_STRIPE]);
    }
}
