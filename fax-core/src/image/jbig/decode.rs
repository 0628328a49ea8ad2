//! A JBIG page in, rows out.

use super::super::{Account, End, Flaw, Refusal, Row, Verdict};
use super::qm::{Contexts, QmDecoder};
use super::{HEADER, MAX_MOVE, Rows, TWO_ROWS, TYPICAL_PREDICTION, Template, VARIABLE_LENGTH, marker};

/// Decodes one page, whose octets come in pieces of any size. Damage cannot be mended: the page ends at it.
#[derive(Clone)]
pub struct JbigDecoder {
    width: u16,
    max_rows: u32,
    input: Input,
    state: State,
    template: Template,
    typical_prediction: bool,
    variable_length: bool,
    height: u32,
    stripe: u32,
    rows: Rows,
    contexts: Contexts,
    coder: Option<QmDecoder>,
    /// How far the template pel has moved, and where it moves next: from that row of its stripe, so far.
    moved: usize,
    next_move: Option<(u32, usize)>,
    typical: bool,
    /// Row of the stripe, and pel of the row; `None` ahead of its typical prediction.
    row: u32,
    x: Option<usize>,
    pels: Vec<u8>,
    account: Account,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Stripe,
    Ended(End),
}

impl JbigDecoder {
    /// A decoder for a page that was agreed to be `width` pels wide and has at most `max_rows` rows.
    pub fn new(width: u32, max_rows: u32) -> Result<Self, Refusal> {
        let width = super::super::width(width)?;
        Ok(Self {
            width,
            max_rows,
            input: Input::default(),
            state: State::Header,
            template: Template::ThreeRows,
            typical_prediction: false,
            variable_length: false,
            height: 0,
            stripe: 0,
            rows: Rows::new(width),
            contexts: Contexts::FRESH,
            coder: None,
            moved: 0,
            next_move: None,
            typical: false,
            row: 0,
            x: None,
            pels: vec![0; usize::from(width).div_ceil(8)],
            account: Account::default(),
        })
    }

    /// The next row, if `octets` complete one; what was used of them is taken away.
    pub fn next(&mut self, octets: &mut &[u8]) -> Option<Row<'_>> {
        loop {
            match self.state {
                State::Header => self.header(octets)?,
                State::Stripe => {
                    if let Some(length) = self.input.new_length.take() {
                        self.shorten(length);
                    } else if self.account.rows() >= self.height.min(self.max_rows) {
                        self.top_is_reached();
                    } else if self.stripe_row(octets)? {
                        return self.give();
                    }
                }
                State::Ended(_) => return None,
            }
        }
    }

    /// No more octets come. Gives the rows that waited for what might follow their stripe, one a call.
    pub fn finish(&mut self) -> Option<Row<'_>> {
        self.input.is_over = true;
        let before = self.account.rows();
        let there = self.next(&mut &[][..]).is_some();
        if !there && self.end().is_none() {
            self.state = State::Ended(End::OutOfOctets);
        }
        (self.account.rows() > before).then_some(Row { verdict: Verdict::Good, pels: &self.pels })
    }

    /// How the page ended, once it has.
    pub fn end(&self) -> Option<End> {
        match self.state {
            State::Ended(end) => Some(end),
            _ => None,
        }
    }

    /// The rows so far.
    pub fn account(&self) -> &Account {
        &self.account
    }

    fn give(&mut self) -> Option<Row<'_>> {
        self.rows.pack(&mut self.pels);
        self.rows.advance();
        self.account.note(Verdict::Good);
        Some(Row { verdict: Verdict::Good, pels: &self.pels })
    }

    fn lost(&mut self, flaw: Flaw) {
        self.state = State::Ended(End::Lost(flaw));
    }

    /// T.82 6.2 within T.85: one plane of one layer.
    fn header(&mut self, octets: &mut &[u8]) -> Option<()> {
        let header = self.input.whole::<HEADER>(octets)?;
        let number = |at: usize| {
            header
                .get(at..at + 4)
                .unwrap_or_default()
                .iter()
                .fold(0, |number, octet| number << 8 | u32::from(*octet))
        };
        let [first_layer, layers, planes, ..] = header;
        let options = header.last().copied().unwrap_or(0);
        self.height = number(8);
        self.stripe = number(12);
        self.template = if options & TWO_ROWS == 0 { Template::ThreeRows } else { Template::TwoRows };
        self.typical_prediction = options & TYPICAL_PREDICTION != 0;
        self.variable_length = options & VARIABLE_LENGTH != 0;
        self.input.looks_behind = self.variable_length;
        let known = TWO_ROWS | VARIABLE_LENGTH | TYPICAL_PREDICTION;
        if (first_layer, layers, planes) != (0, 0, 1) || options & !known != 0 {
            self.lost(Flaw::Extension);
        } else if number(4) != u32::from(self.width) {
            self.lost(Flaw::Long);
        } else if self.stripe == 0 || self.height == 0 {
            self.lost(Flaw::Code);
        } else {
            self.state = State::Stripe;
        }
        Some(())
    }

    fn top_is_reached(&mut self) {
        let whole = self.account.rows() >= self.height;
        self.state = State::Ended(if whole { End::Marked } else { End::RowLimit });
    }

    /// The page has fewer rows than its header said. T.82 6.2.6.2.
    fn shorten(&mut self, length: u32) {
        if !self.variable_length || length > self.height || length < self.account.rows() {
            self.lost(Flaw::Code);
        }
        self.height = length;
    }

    /// Goes on with a row; true once it is whole, false after a marker.
    fn stripe_row(&mut self, octets: &mut &[u8]) -> Option<bool> {
        if self.row >= self.stripe {
            return self.between_stripes(octets);
        }
        if self.coder.is_none() {
            self.input.look_ahead(octets)?;
            // A stripe that is all zeros has no octets; any other marker stands ahead of its stripe.
            let ends = [None, Some(marker::END_OF_STRIPE), Some(marker::END_AND_RESET)];
            if self.input.count == 0 && !ends.contains(&self.input.marker) {
                return self.between_stripes(octets);
            }
            self.coder = Some(QmDecoder::new(|| self.input.pop()));
        }
        if self.x.is_none() {
            self.input.look_ahead(octets)?;
            self.begin_row();
        }
        while let Some(x) = self.x
            && x < usize::from(self.width)
        {
            self.input.look_ahead(octets)?;
            let context = self.rows.context(self.template, x, self.moved);
            let bit = self.bit(context);
            self.rows.set_pel(x, bit);
            self.x = Some(x + 1);
        }
        self.x = None;
        self.row += 1;
        Some(true)
    }

    fn begin_row(&mut self) {
        if let Some((row, moved)) = self.next_move
            && row <= self.row
        {
            self.moved = moved;
            self.next_move = None;
        }
        self.x = Some(0);
        if self.typical_prediction {
            let same = self.bit(self.template.typical());
            self.typical ^= same == 0;
            if self.typical {
                self.rows.repeat();
                self.x = Some(usize::from(self.width));
            }
        }
    }

    fn bit(&mut self, context: usize) -> u8 {
        let input = &mut self.input;
        self.coder.as_mut().map_or(0, |coder| coder.bit(&mut self.contexts, context, || input.pop()))
    }

    /// Passes what is left of a stripe, and takes one marker.
    fn between_stripes(&mut self, octets: &mut &[u8]) -> Option<bool> {
        let marker = self.input.next_marker(octets)?;
        match marker {
            marker::END_OF_STRIPE | marker::END_AND_RESET => {
                self.row = 0;
                self.coder = None;
                if marker == marker::END_AND_RESET {
                    self.contexts = Contexts::FRESH;
                    self.rows.clear();
                    (self.typical, self.moved) = (false, 0);
                }
            }
            marker::NEW_LENGTH => {
                let length = u32::from_be_bytes(self.input.whole(octets)?);
                self.shorten(length);
            }
            marker::MOVE_TEMPLATE => {
                let [row @ .., across, down] = self.input.whole::<6>(octets)?;
                if usize::from(across) > MAX_MOVE || down != 0 {
                    self.lost(Flaw::Extension);
                }
                self.next_move = Some((u32::from_be_bytes(row), usize::from(across)));
            }
            marker::COMMENT => {
                let length = u32::from_be_bytes(self.input.whole(octets)?);
                self.input.skip = length;
            }
            _ => self.lost(Flaw::Code), // also ABORT
        }
        self.input.pass_marker();
        Some(false)
    }
}

/// The octets of the stripes without what is stuffed in between.
#[derive(Clone, Default)]
struct Input {
    queue: [u8; Self::QUEUE],
    first: usize,
    count: usize,
    /// An FF came, and what follows tells whether it is one.
    escape: bool,
    /// The marker that ended a stripe.
    marker: Option<u8>,
    /// What came behind the marker so far, where a new length may stand: it tells how many rows the stripe has.
    behind: [u8; 6],
    behind_length: usize,
    looks_behind: bool,
    new_length: Option<u32>,
    is_over: bool,
    /// Octets of a comment that are passed over.
    skip: u32,
    /// A field that is not whole yet.
    field: [u8; HEADER],
    field_length: usize,
}

impl Input {
    const QUEUE: usize = 16;

    /// The next octet of the stripe, zeros behind its end.
    fn pop(&mut self) -> u8 {
        if self.count == 0 {
            return 0;
        }
        let octet = self.queue.get(self.first).copied().unwrap_or(0);
        self.first = (self.first + 1) % Self::QUEUE;
        self.count -= 1;
        octet
    }

    /// Makes sure that a bit has all octets that it may need, or that the stripe has no more.
    #[inline(always)]
    fn look_ahead(&mut self, octets: &mut &[u8]) -> Option<()> {
        if self.count < QmDecoder::LOOKS_AHEAD { self.refill(octets) } else { Some(()) }
    }

    fn refill(&mut self, octets: &mut &[u8]) -> Option<()> {
        while self.count < Self::QUEUE && self.marker.is_none() {
            let Some((&octet, rest)) = octets.split_first() else { break };
            *octets = rest;
            self.take(octet);
        }
        match self.marker {
            Some(marker::END_OF_STRIPE | marker::END_AND_RESET) if self.looks_behind => {
                self.look_behind(octets)
            }
            Some(_) => Some(()),
            None => (self.count >= QmDecoder::LOOKS_AHEAD).then_some(()),
        }
    }

    /// Takes a new length that follows the end of the stripe.
    fn look_behind(&mut self, octets: &mut &[u8]) -> Option<()> {
        while self.new_length.is_none() {
            match self.behind.get(..self.behind_length)? {
                [] | [0xFF] | [0xFF, marker::NEW_LENGTH, ..] if self.behind_length < 6 => {
                    let Some((&octet, rest)) = octets.split_first() else {
                        return self.is_over.then_some(());
                    };
                    *octets = rest;
                    *self.behind.get_mut(self.behind_length)? = octet;
                    self.behind_length += 1;
                }
                [0xFF, marker::NEW_LENGTH, length @ ..] => {
                    self.new_length = length.first_chunk().map(|length| u32::from_be_bytes(*length));
                    self.behind_length = 0;
                    self.looks_behind = false; // T.82 has but one
                }
                _ => break,
            }
        }
        Some(())
    }

    /// The marker is dealt with; what was read behind it comes next.
    fn pass_marker(&mut self) {
        self.marker = None;
        let behind = self.behind;
        for octet in behind.iter().take(core::mem::take(&mut self.behind_length)) {
            self.take(*octet);
        }
    }

    fn take(&mut self, octet: u8) {
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        if self.escape {
            self.escape = false;
            match octet {
                marker::STUFFED => self.push(0xFF),
                other => self.marker = Some(other),
            }
        } else if octet == 0xFF {
            self.escape = true;
        } else {
            self.push(octet);
        }
    }

    fn push(&mut self, octet: u8) {
        if let Some(place) = self.queue.get_mut((self.first + self.count) % Self::QUEUE) {
            *place = octet;
            self.count += 1;
        }
    }

    /// The next marker; what stands ahead of it is dropped.
    fn next_marker(&mut self, octets: &mut &[u8]) -> Option<u8> {
        while self.marker.is_none() {
            self.count = 0;
            let (&octet, rest) = octets.split_first()?;
            *octets = rest;
            self.take(octet);
        }
        self.count = 0;
        self.marker
    }

    /// A field of `N` octets, once it is whole.
    fn whole<const N: usize>(&mut self, octets: &mut &[u8]) -> Option<[u8; N]> {
        while self.field_length < N {
            let (&octet, rest) = octets.split_first()?;
            *octets = rest;
            if let Some(place) = self.field.get_mut(self.field_length) {
                *place = octet;
            }
            self.field_length += 1;
        }
        self.field_length = 0;
        self.field.first_chunk::<N>().copied()
    }
}
