//! Pages out of a file.

use super::super::{Account, Coding, Decoder, DecoderSettings, MAX_WIDTH, Resolution, Row, RowMark, Verdict};
use super::TiffRefusal;
use std::io::Cursor;
use tiff::decoder::ifd::Value;
use tiff::decoder::{Decoder as Directories, IfdDecoder};
use tiff::tags::{IfdPointer, Tag};

/// Bounds of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TiffLimits {
    /// Rows of a page.
    pub max_rows: u32,
    /// Pages of a file.
    pub max_pages: u32,
}

impl Default for TiffLimits {
    fn default() -> Self {
        Self { max_rows: 20_000, max_pages: 1000 }
    }
}

/// The pages of a file, first to last.
pub struct TiffReader<'a> {
    file: &'a [u8],
    directories: Directories<Cursor<&'a [u8]>>,
    next: Option<IfdPointer>,
    limits: TiffLimits,
    pages: u32,
}

/// A page, its strips not yet read.
#[derive(Clone)]
pub struct TiffPage<'a> {
    /// Pels a row.
    pub width: u32,
    /// Rows, as the file says.
    pub height: u32,
    /// Dots to the inch, if the file says.
    pub resolution: Option<Resolution>,
    /// Number of the page from 0, and how many there are (0: unknown), if the file says.
    pub number: Option<(u16, u16)>,
    stored: Stored,
    /// The coded octets have their first bit at the bottom.
    reversed: bool,
    /// A set bit is white.
    inverted: bool,
    rows_a_strip: u32,
    strips: Vec<&'a [u8]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stored {
    Plain,
    Coded(Coding, RowMark),
}

impl<'a> TiffReader<'a> {
    /// Opens a file that is in memory.
    pub fn new(file: &'a [u8], limits: TiffLimits) -> Result<Self, TiffRefusal> {
        let mut directories = Directories::new(Cursor::new(file)).map_err(|_| TiffRefusal::Signature)?;
        let next = directories.ifd_pointer();
        Ok(Self { file, directories, next, limits, pages: 0 })
    }

    /// The next page. A page that is refused ends the file.
    pub fn page(&mut self) -> Result<Option<TiffPage<'a>>, TiffRefusal> {
        let Some(pointer) = self.next.take() else {
            return Ok(None);
        };
        if self.pages >= self.limits.max_pages {
            return Err(TiffRefusal::Pages);
        }
        self.pages += 1;
        let directory = self.directories.read_directory(pointer).map_err(|_| TiffRefusal::Directory)?;
        let following = directory.next();
        let mut tags = Tags(self.directories.read_directory_tags(&directory));
        let page = TiffPage::parse(self.file, &mut tags, self.limits)?;
        self.next = following;
        Ok(Some(page))
    }
}

impl<'a> TiffPage<'a> {
    fn parse(file: &'a [u8], tags: &mut Tags<'_>, limits: TiffLimits) -> Result<Self, TiffRefusal> {
        let width = tags.number(Tag::ImageWidth)?.unwrap_or(0);
        let height = tags.number(Tag::ImageLength)?.unwrap_or(0);
        if width == 0 || width > MAX_WIDTH || height == 0 || height > limits.max_rows {
            return Err(TiffRefusal::Size);
        }
        let one = |value: Option<u32>| value.is_none_or(|value| value == 1);
        if !one(tags.number(Tag::BitsPerSample)?) || !one(tags.number(Tag::SamplesPerPixel)?) {
            return Err(TiffRefusal::Depth);
        }
        let rows_a_strip = tags.number(Tag::RowsPerStrip)?.unwrap_or(height).clamp(1, height);
        let most = height.div_ceil(rows_a_strip) as usize;
        Ok(Self {
            width,
            height,
            resolution: tags.resolution()?,
            number: tags.page_number()?,
            stored: tags.stored()?,
            reversed: tags.number(Tag::FillOrder)? == Some(2),
            inverted: tags.number(Tag::PhotometricInterpretation)? == Some(1),
            rows_a_strip,
            strips: tags.strips(file, most)?,
        })
    }

    /// The rows of the page.
    pub fn rows(&self) -> Result<TiffRows<'_>, TiffRefusal> {
        let (coding, row_mark) = match self.stored {
            Stored::Coded(coding, mark) => (coding, mark),
            Stored::Plain => (Coding::Mmr, RowMark::Eol),
        };
        let settings = DecoderSettings {
            row_mark,
            max_rows: self.rows_a_strip,
            ..DecoderSettings::new(coding, self.width)
        };
        let decoder = Decoder::new(settings).map_err(|_| TiffRefusal::Size)?;
        let row = vec![0; self.width.div_ceil(8) as usize];
        Ok(TiffRows {
            page: self,
            decoder,
            strip: Vec::new(),
            read: 0,
            strips: 0,
            state: Strip::Over,
            row,
            account: Account::default(),
        })
    }
}

/// The rows of a page, top to bottom.
pub struct TiffRows<'a> {
    page: &'a TiffPage<'a>,
    decoder: Decoder,
    /// The strip in hand, its first bit on top.
    strip: Vec<u8>,
    read: usize,
    /// Strips begun.
    strips: usize,
    state: Strip,
    row: Vec<u8>,
    account: Account,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strip {
    Open,
    Over,
}

impl TiffRows<'_> {
    /// The next row.
    #[allow(clippy::should_implement_trait)] // a row is lent, which no iterator can
    pub fn next(&mut self) -> Option<Row<'_>> {
        if self.account.rows() >= self.page.height {
            return None;
        }
        let verdict = loop {
            if self.state == Strip::Over && !self.open() {
                return None;
            }
            match self.read() {
                Some(verdict) => break verdict,
                None => self.state = Strip::Over,
            }
        };
        if self.page.inverted {
            self.row.iter_mut().for_each(|octet| *octet = !*octet);
        }
        let beyond = self.row.len() as u32 * 8 - self.page.width;
        if let Some(last) = self.row.last_mut() {
            *last &= 0xFF_u8.checked_shl(beyond).unwrap_or(0);
        }
        self.account.note(verdict);
        Some(Row { verdict, pels: &self.row })
    }

    /// The rows so far. When `next` has ended, fewer than the page's height says that the file is damaged.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Takes the next strip in hand; false behind the last.
    fn open(&mut self) -> bool {
        let Some(strip) = self.page.strips.get(self.strips) else {
            return false;
        };
        self.strips += 1;
        self.strip.clear();
        self.strip.extend_from_slice(strip);
        if self.page.reversed {
            self.strip.iter_mut().for_each(|octet| *octet = octet.reverse_bits());
        }
        self.read = 0;
        self.state = Strip::Open;
        self.decoder.restart();
        true
    }

    fn read(&mut self) -> Option<Verdict> {
        let mut rest = self.strip.get(self.read..).unwrap_or_default();
        if self.page.stored == Stored::Plain {
            let (row, _) = rest.split_at_checked(self.row.len())?;
            self.row.copy_from_slice(row);
            self.read += row.len();
            return Some(Verdict::Good);
        }
        let there = rest.len();
        let decoder = &mut self.decoder;
        let verdict = match decoder.next(&mut rest) {
            Some(row) => {
                self.row.copy_from_slice(row.pels);
                row.verdict
            }
            None => {
                let row = decoder.finish()?;
                self.row.copy_from_slice(row.pels);
                row.verdict
            }
        };
        self.read += there - rest.len();
        Some(verdict)
    }
}

/// A directory, read leniently: a missing tag has its default.
struct Tags<'a>(IfdDecoder<'a>);

impl Tags<'_> {
    fn value(&mut self, tag: Tag) -> Result<Option<Value>, TiffRefusal> {
        self.0.find_tag(tag).map_err(|_| TiffRefusal::Directory)
    }

    fn number(&mut self, tag: Tag) -> Result<Option<u32>, TiffRefusal> {
        Ok(self.value(tag)?.and_then(first_number))
    }

    fn numbers(&mut self, tag: Tag) -> Result<Vec<u64>, TiffRefusal> {
        Ok(self.value(tag)?.and_then(|value| value.into_u64_vec().ok()).unwrap_or_default())
    }

    fn stored(&mut self) -> Result<Stored, TiffRefusal> {
        let two_dimensional = self.number(Tag::Unknown(T4_OPTIONS))?.unwrap_or(0) & 1 == 1;
        Ok(match self.number(Tag::Compression)? {
            None | Some(1) => Stored::Plain,
            Some(2) => Stored::Coded(Coding::Mh, RowMark::Octet),
            Some(32771) => Stored::Coded(Coding::Mh, RowMark::Word),
            Some(3) if two_dimensional => Stored::Coded(Coding::Mr, RowMark::Eol),
            Some(3) => Stored::Coded(Coding::Mh, RowMark::Eol),
            Some(4) => Stored::Coded(Coding::Mmr, RowMark::Eol),
            Some(_) => return Err(TiffRefusal::Compression),
        })
    }

    fn strips<'a>(&mut self, file: &'a [u8], most: usize) -> Result<Vec<&'a [u8]>, TiffRefusal> {
        let offsets = self.numbers(Tag::StripOffsets)?;
        let lengths = self.numbers(Tag::StripByteCounts)?;
        if offsets.is_empty() || offsets.len() < most.min(2) {
            return Err(TiffRefusal::Directory);
        }
        let strips = offsets.iter().take(most).enumerate().map(|(number, offset)| {
            let from = file.get(usize::try_from(*offset).ok()?..)?;
            // A length that is missing or goes beyond the end means all there is.
            let length = lengths.get(number).and_then(|length| usize::try_from(*length).ok());
            Some(from.get(..length?).unwrap_or(from))
        });
        strips.collect::<Option<_>>().ok_or(TiffRefusal::Directory)
    }

    fn resolution(&mut self) -> Result<Option<Resolution>, TiffRefusal> {
        let per_inch = if self.number(Tag::ResolutionUnit)? == Some(3) { 2.54 } else { 1.0 };
        let mut dots = |tag| -> Result<Option<u16>, TiffRefusal> {
            let value = self.value(tag)?.and_then(ratio).map(|dots| dots * per_inch + 0.5);
            Ok(value.filter(|dots| (1.0..=10_000.0).contains(dots)).map(|dots| dots as u16))
        };
        let (across, down) = (dots(Tag::XResolution)?, dots(Tag::YResolution)?);
        Ok(across.zip(down).map(|(across, down)| Resolution { across, down }))
    }

    fn page_number(&mut self) -> Result<Option<(u16, u16)>, TiffRefusal> {
        let numbers = self.numbers(Tag::Unknown(PAGE_NUMBER))?;
        Ok(match numbers.as_slice() {
            [number, total, ..] => u16::try_from(*number).ok().zip(u16::try_from(*total).ok()),
            _ => None,
        })
    }
}

pub(super) const T4_OPTIONS: u16 = 292;
pub(super) const T6_OPTIONS: u16 = 293;
pub(super) const PAGE_NUMBER: u16 = 297;

fn first_number(value: Value) -> Option<u32> {
    u32::try_from(*value.into_u64_vec().ok()?.first()?).ok()
}

fn ratio(value: Value) -> Option<f64> {
    match value {
        Value::Rational(dots, unit) if unit > 0 => Some(f64::from(dots) / f64::from(unit)),
        other => other.into_u32().ok().map(f64::from),
    }
}
