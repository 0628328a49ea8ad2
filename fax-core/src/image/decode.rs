//! Octets off the line in, rows out.

mod rows;

use super::account::{Account, Flaw, Verdict};
use super::bits::{Bits, Window};
use super::changes::{Canvas, Changes};
use super::codes::{EOL, EOL_ZEROS};
use super::{Coding, Refusal, Row};
use rows::{Place, Stop};

/// Decodes one page.
///
/// Octets come in pieces of any size:
///
/// ```
/// use fax_core::image::{Coding, Decoder, DecoderSettings, Encoder, EncoderSettings};
///
/// let mut encoder = Encoder::new(EncoderSettings::new(Coding::Mmr, 1728))?;
/// let mut line = encoder.row(&[0x0F; 216])?.to_vec();
/// line.extend_from_slice(encoder.end());
///
/// let mut decoder = Decoder::new(DecoderSettings::new(Coding::Mmr, 1728))?;
/// for piece in line.chunks(5) {
///     let mut rest = piece;
///     while let Some(row) = decoder.next(&mut rest) {
///         assert_eq!(row.pels, [0x0F; 216]);
///     }
/// }
/// assert_eq!(decoder.account().rows(), 1);
/// # Ok::<(), fax_core::image::Refusal>(())
/// ```
#[derive(Clone)]
pub struct Decoder {
    settings: DecoderSettings,
    window: Window,
    phase: Phase,
    place: Place,
    line: Changes,
    /// The row given last.
    reference: Changes,
    /// A row was not understood, so that the next cannot be told by its difference from it.
    reference_lost: bool,
    /// The same as pels.
    canvas: Canvas,
    empty_lines: u32,
    account: Account,
}

/// What a decoder is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecoderSettings {
    /// The coding.
    pub coding: Coding,
    /// Pels a row, 1 to [`super::MAX_WIDTH`].
    pub width: u32,
    /// Rows after which the page is ended.
    pub max_rows: u32,
    /// What is shown for a damaged row.
    pub concealment: Concealment,
    /// With MH, what stands between two rows.
    pub row_mark: RowMark,
}

/// What is shown for a damaged row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concealment {
    /// The last good row.
    RowAbove,
    /// What was understood, white behind it.
    AsFarAsRead,
}

/// What stands between two rows of MH.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowMark {
    /// An EOL. T.4.
    Eol,
    /// Nothing, but a row begins with an octet. TIFF compression 2.
    Octet,
    /// Nothing, but a row begins with an even octet. TIFF compression 32771.
    Word,
}

/// How a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By RTC or EOFB.
    Marked,
    /// The octets ended.
    OutOfOctets,
    /// The limit of rows was reached.
    RowLimit,
    /// Without marks between rows nothing behind a damaged row can be read.
    Lost(Flaw),
}

/// EOL after EOL ends a page. RTC has six, of which some may be damaged; two already are a row of nothing.
const EMPTY_LINES_OF_RTC: u32 = 2;

/// Where in the page the next bit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Ahead of the first EOL there may be anything.
    Hunt {
        zeros: u32,
    },
    /// An EOL was read and its tag bit is next.
    Tag,
    /// Among the code words of a row.
    Row(Dimension),
    /// The row is over, one way or another, and its EOL comes next.
    Eol {
        outcome: Outcome,
        zeros: u32,
    },
    /// Some bits are left of what a row has to end with.
    Border {
        skip: u32,
    },
    /// What may be EOFB.
    Eofb,
    Ended(End),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    One,
    Two,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Good,
    /// EOL followed EOL.
    Empty,
    Flawed(Flaw),
}

enum Step {
    More,
    On,
    Row(Verdict),
}

impl DecoderSettings {
    /// Settings for a page of `coding`, `width` pels wide: at most 20 000 rows, damaged rows concealed by the one
    /// above.
    pub fn new(coding: Coding, width: u32) -> Self {
        Self { coding, width, max_rows: 20_000, concealment: Concealment::RowAbove, row_mark: RowMark::Eol }
    }

    fn first_phase(&self) -> Phase {
        match (self.coding, self.row_mark) {
            (Coding::Mmr, _) => Phase::Row(Dimension::Two),
            (Coding::Mh, RowMark::Octet | RowMark::Word) => Phase::Row(Dimension::One),
            (Coding::Mh | Coding::Mr, _) => Phase::Hunt { zeros: 0 },
        }
    }

    /// Bits to skip behind a row that ends at `position`.
    fn bits_to_border(&self, position: u64) -> u32 {
        let border = match (self.coding, self.row_mark) {
            (Coding::Mh, RowMark::Octet) => 8,
            (Coding::Mh, RowMark::Word) => 16,
            _ => return 0,
        };
        (border - (position % u64::from(border)) as u32) % border
    }
}

impl Decoder {
    /// A decoder at the top of a page.
    pub fn new(settings: DecoderSettings) -> Result<Self, Refusal> {
        let width = super::width(settings.width)?;
        Ok(Self {
            settings,
            window: Window::default(),
            phase: settings.first_phase(),
            place: Place::START,
            line: Changes::white(width),
            reference: Changes::white(width),
            reference_lost: false,
            canvas: Canvas::new(width),
            empty_lines: 0,
            account: Account::default(),
        })
    }

    /// The next row, if `octets` complete one; what was used of them is taken away. `None` when more octets are
    /// needed or the page has ended.
    pub fn next(&mut self, octets: &mut &[u8]) -> Option<Row<'_>> {
        let mut bits = self.window.over(octets);
        let verdict = loop {
            match self.step(&mut bits) {
                Step::On => {}
                Step::More => break None,
                Step::Row(verdict) => break Some(verdict),
            }
        };
        (self.window, *octets) = bits.suspend();
        self.give(verdict?)
    }

    /// No more octets come. Gives the last row if it is whole and its EOL was never sent, as in a TIFF file.
    pub fn finish(&mut self) -> Option<Row<'_>> {
        let phase = core::mem::replace(&mut self.phase, Phase::Ended(End::OutOfOctets));
        match phase {
            Phase::Ended(_) => self.phase = phase,
            Phase::Eol { outcome: Outcome::Good, .. } => {
                let verdict = self.accept();
                return self.give(verdict);
            }
            _ => {}
        }
        None
    }

    /// Octets are missing before those that come next. The row that is being read is none that was sent, however well the
    /// two ends of the gap fit together; rows are read again from the next EOL on, with MR from the next row that is
    /// told by itself. Without marks between rows the page has ended.
    pub fn gap(&mut self) {
        self.window = Window::default();
        self.reference_lost = true;
        let is_marked = matches!(self.settings.first_phase(), Phase::Hunt { .. });
        self.phase = match self.phase {
            Phase::Ended(end) => Phase::Ended(end),
            _ if !is_marked => Phase::Ended(End::Lost(Flaw::Missing)),
            _ => Phase::Eol { outcome: Outcome::Flawed(Flaw::Missing), zeros: 0 },
        };
    }

    /// Goes to the top of another page with the same settings.
    pub fn restart(&mut self) {
        self.window = Window::default();
        self.phase = self.settings.first_phase();
        self.place = Place::START;
        self.line.clear();
        self.reference.clear();
        self.canvas.paint(&self.reference);
        self.reference_lost = false;
        self.empty_lines = 0;
        self.account = Account::default();
    }

    /// How the page ended, once it has.
    pub fn end(&self) -> Option<End> {
        match self.phase {
            Phase::Ended(end) => Some(end),
            _ => None,
        }
    }

    /// The rows so far.
    pub fn account(&self) -> &Account {
        &self.account
    }

    fn give(&mut self, verdict: Verdict) -> Option<Row<'_>> {
        if self.account.rows() >= self.settings.max_rows {
            self.phase = Phase::Ended(End::RowLimit);
            return None;
        }
        self.account.note(verdict);
        Some(Row { verdict, pels: self.canvas.pels() })
    }

    fn step(&mut self, bits: &mut Bits<'_>) -> Step {
        bits.fill();
        match self.phase {
            Phase::Row(dimension) => self.row(dimension, bits),
            Phase::Eol { outcome, zeros } => self.find_eol(outcome, zeros, bits),
            Phase::Tag => self.tag(bits),
            Phase::Hunt { zeros } => match hunt(zeros, bits) {
                Hunted::Eol => self.begin_marked(bits),
                Hunted::Other => self.on(Phase::Hunt { zeros: 0 }),
                Hunted::Zeros(zeros) => self.more(Phase::Hunt { zeros }),
            },
            Phase::Border { skip } => {
                let here = skip.min(bits.ready());
                if here > 0 {
                    bits.take(here);
                }
                match skip - here {
                    0 => self.begin(self.settings.first_phase()),
                    skip => self.more(Phase::Border { skip }),
                }
            }
            Phase::Eofb if bits.ready() < EOL.length => Step::More,
            // One EOL is enough: nothing else can stand here.
            Phase::Eofb if bits.peek(EOL.length) == EOL.bits as usize => self.on(Phase::Ended(End::Marked)),
            Phase::Eofb => self.on(Phase::Ended(End::Lost(Flaw::Code))),
            Phase::Ended(_) => Step::More,
        }
    }

    fn on(&mut self, phase: Phase) -> Step {
        self.phase = phase;
        Step::On
    }

    fn more(&mut self, phase: Phase) -> Step {
        self.phase = phase;
        Step::More
    }

    fn begin(&mut self, phase: Phase) -> Step {
        self.place = Place::START;
        self.line.clear();
        self.on(phase)
    }

    /// Behind an EOL.
    fn begin_marked(&mut self, bits: &mut Bits<'_>) -> Step {
        match self.settings.coding {
            Coding::Mr => {
                self.phase = Phase::Tag;
                self.tag(bits)
            }
            Coding::Mh | Coding::Mmr => self.begin(Phase::Row(Dimension::One)),
        }
    }

    fn tag(&mut self, bits: &mut Bits<'_>) -> Step {
        bits.fill();
        if bits.ready() == 0 {
            return Step::More;
        }
        let one_dimensional = bits.peek(1) == 1;
        bits.take(1);
        if one_dimensional {
            self.begin(Phase::Row(Dimension::One))
        } else if self.reference_lost {
            self.on(Phase::Eol { outcome: Outcome::Flawed(Flaw::Reference), zeros: 0 })
        } else {
            self.begin(Phase::Row(Dimension::Two))
        }
    }

    fn row(&mut self, dimension: Dimension, bits: &mut Bits<'_>) -> Step {
        let stop = match dimension {
            Dimension::One => rows::one_dimensional(&mut self.place, &mut self.line, bits),
            Dimension::Two => rows::two_dimensional(&mut self.place, &mut self.line, &self.reference, bits),
        };
        let marked = matches!(self.settings.first_phase(), Phase::Hunt { .. });
        match stop {
            Stop::More => Step::More,
            Stop::Full if marked => self.find_eol(Outcome::Good, 0, bits),
            Stop::Full => {
                let verdict = self.accept();
                match self.settings.bits_to_border(bits.position()) {
                    0 => self.begin(self.settings.first_phase()),
                    skip => self.on(Phase::Border { skip }),
                };
                Step::Row(verdict)
            }
            Stop::Zeros if marked => {
                let outcome =
                    if self.place == Place::START { Outcome::Empty } else { Outcome::Flawed(Flaw::Short) };
                self.on(Phase::Eol { outcome, zeros: 0 })
            }
            Stop::Zeros if (self.place == Place::START) => self.on(Phase::Eofb),
            Stop::Zeros => self.on(Phase::Ended(End::Lost(Flaw::Short))),
            Stop::Flaw(flaw) if marked => {
                self.on(Phase::Eol { outcome: Outcome::Flawed(flaw), zeros: bits.tail() })
            }
            Stop::Flaw(flaw) => self.on(Phase::Ended(End::Lost(flaw))),
        }
    }

    /// Reads on to the next EOL, at whatever bit it is: the code words behind a flaw mean nothing.
    fn find_eol(&mut self, outcome: Outcome, zeros: u32, bits: &mut Bits<'_>) -> Step {
        bits.fill();
        let hunted = if bits.take_word(EOL) { Hunted::Eol } else { hunt(zeros, bits) };
        match hunted {
            Hunted::Zeros(zeros) => self.more(Phase::Eol { outcome, zeros }),
            Hunted::Other => {
                let outcome = match outcome {
                    Outcome::Good => Outcome::Flawed(Flaw::Long),
                    Outcome::Empty => Outcome::Flawed(Flaw::Code),
                    flawed => flawed,
                };
                self.on(Phase::Eol { outcome, zeros: 0 })
            }
            Hunted::Eol => {
                let step = match outcome {
                    Outcome::Good => Step::Row(self.accept()),
                    Outcome::Flawed(flaw) => Step::Row(self.conceal(flaw)),
                    Outcome::Empty => {
                        self.empty_lines += 1;
                        if self.empty_lines >= EMPTY_LINES_OF_RTC {
                            return self.on(Phase::Ended(End::Marked));
                        }
                        Step::On
                    }
                };
                self.begin_marked(bits);
                step
            }
        }
    }

    fn accept(&mut self) -> Verdict {
        if self.line.positions() != self.reference.positions() {
            self.canvas.paint(&self.line);
        }
        core::mem::swap(&mut self.line, &mut self.reference);
        self.reference_lost = false;
        self.empty_lines = 0;
        Verdict::Good
    }

    fn conceal(&mut self, flaw: Flaw) -> Verdict {
        self.reference_lost = true;
        self.empty_lines = 0;
        if self.settings.concealment == Concealment::RowAbove || flaw == Flaw::Reference {
            return Verdict::Concealed(flaw);
        }
        self.line.end_in_white();
        self.canvas.paint(&self.line);
        core::mem::swap(&mut self.line, &mut self.reference);
        Verdict::Damaged(flaw)
    }
}

enum Hunted {
    Eol,
    /// A one without zeros enough before it.
    Other,
    /// So many zeros, and no more bits.
    Zeros(u32),
}

fn hunt(zeros: u32, bits: &mut Bits<'_>) -> Hunted {
    let mut zeros = zeros;
    loop {
        bits.fill();
        zeros = zeros.saturating_add(bits.take_zeros());
        if bits.ready() > 0 {
            bits.take(1);
            return if zeros >= EOL_ZEROS { Hunted::Eol } else { Hunted::Other };
        }
        bits.fill();
        if bits.ready() == 0 {
            return Hunted::Zeros(zeros);
        }
    }
}
