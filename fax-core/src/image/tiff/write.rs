//! Pages into a file.

use super::super::{Account, Coding, Encoder, EncoderSettings, Resolution};
use super::TiffRefusal;
use super::read::{PAGE_NUMBER, T4_OPTIONS, T6_OPTIONS};
use std::io::{Seek, Write};
use tiff::TiffError;
use tiff::encoder::{DirectoryEncoder, Rational, TiffEncoder, TiffKindStandard};
use tiff::tags::Tag;

/// Writes pages one behind the other.
pub struct TiffWriter<W: Write + Seek> {
    file: TiffEncoder<W, TiffKindStandard>,
}

/// What a file says of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageTags<'a> {
    /// The coding, its width, and of MR also K. There is no fill but that of an aligned EOL.
    pub encoder: EncoderSettings,
    /// Dots to the inch.
    pub resolution: Resolution,
    /// The bit order of the strip.
    pub bit_order: BitOrder,
    /// Number of the page from 0, and how many there are (0: unknown).
    pub number: (u16, u16),
    /// The rows as they came off a line without error correction.
    pub account: Option<Account>,
    /// Text for Software, DateTime ("YYYY:MM:DD HH:MM:SS") and ImageDescription, where not empty.
    pub texts: [&'a str; 3],
}

/// Which bit of an octet is the first on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BitOrder {
    /// The top one, FillOrder 1: as PDF and most programs have it.
    TopFirst,
    /// The bottom one, FillOrder 2: as most fax files have it.
    BottomFirst,
}

impl<'a> PageTags<'a> {
    /// A page of MMR, bottom bit first, of unknown number.
    pub fn new(width: u32, resolution: Resolution) -> Self {
        Self {
            encoder: EncoderSettings::new(Coding::Mmr, width),
            resolution,
            bit_order: BitOrder::BottomFirst,
            number: (0, 0),
            account: None,
            texts: [""; 3],
        }
    }
}

impl<W: Write + Seek> TiffWriter<W> {
    /// Begins a file.
    pub fn new(file: W) -> Result<Self, TiffRefusal> {
        Ok(Self { file: TiffEncoder::new(file).map_err(|_| TiffRefusal::Write)? })
    }

    /// Adds a page of rows as [`Encoder::row`] takes them.
    pub fn page<'r>(
        &mut self,
        tags: &PageTags<'_>,
        rows: impl IntoIterator<Item = &'r [u8]>,
    ) -> Result<(), TiffRefusal> {
        let settings = EncoderSettings { min_row_bits: 0, ..tags.encoder };
        let mut encoder = Encoder::new(settings).map_err(|_| TiffRefusal::Size)?;
        let (mut strip, mut height) = (Vec::new(), 0);
        for row in rows {
            strip.extend_from_slice(encoder.row(row).map_err(|_| TiffRefusal::Size)?);
            height += 1;
        }
        strip.extend_from_slice(encoder.end_of_strip());
        if height == 0 {
            return Err(TiffRefusal::Size);
        }
        if tags.bit_order == BitOrder::BottomFirst {
            strip.iter_mut().for_each(|octet| *octet = octet.reverse_bits());
        }
        self.directory(tags, height, &strip).map_err(|_| TiffRefusal::Write)
    }

    /// Adds a page that is MMR already, with EOFB, first bit on top. The tags' coding is MMR, whatever they say.
    pub fn mmr_page(&mut self, tags: &PageTags<'_>, height: u32, octets: &[u8]) -> Result<(), TiffRefusal> {
        if super::super::width(tags.encoder.width).is_err() || height == 0 {
            return Err(TiffRefusal::Size);
        }
        let tags =
            PageTags { encoder: EncoderSettings::new(Coding::Mmr, tags.encoder.width), ..tags.clone() };
        let strip = match tags.bit_order {
            BitOrder::TopFirst => octets.to_vec(),
            BitOrder::BottomFirst => octets.iter().map(|octet| octet.reverse_bits()).collect(),
        };
        self.directory(&tags, height, &strip).map_err(|_| TiffRefusal::Write)
    }

    fn directory(&mut self, tags: &PageTags<'_>, height: u32, strip: &[u8]) -> Result<(), TiffError> {
        let mut page = self.file.image_directory()?;
        let offset = page.write_data(strip)?;
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        let coding = tags.encoder.coding;
        page.write_tag(Tag::NewSubfileType, 2_u32)?;
        page.write_tag(Tag::ImageWidth, tags.encoder.width)?;
        page.write_tag(Tag::ImageLength, height)?;
        page.write_tag(Tag::BitsPerSample, 1_u16)?;
        page.write_tag(Tag::Compression, if coding == Coding::Mmr { 4_u16 } else { 3 })?;
        page.write_tag(Tag::PhotometricInterpretation, 0_u16)?;
        page.write_tag(Tag::FillOrder, if tags.bit_order == BitOrder::TopFirst { 1_u16 } else { 2 })?;
        page.write_tag(Tag::StripOffsets, offset)?;
        page.write_tag(Tag::Orientation, 1_u16)?;
        page.write_tag(Tag::SamplesPerPixel, 1_u16)?;
        page.write_tag(Tag::RowsPerStrip, height)?;
        page.write_tag(Tag::StripByteCounts, u32::try_from(strip.len()).unwrap_or(u32::MAX))?;
        page.write_tag(Tag::XResolution, dots(tags.resolution.across))?;
        page.write_tag(Tag::YResolution, dots(tags.resolution.down))?;
        page.write_tag(Tag::ResolutionUnit, 2_u16)?;
        let aligned = if tags.encoder.eol == super::super::Eol::OctetEnd { 4 } else { 0 };
        match coding {
            Coding::Mh => page.write_tag(Tag::Unknown(T4_OPTIONS), aligned)?,
            Coding::Mr => page.write_tag(Tag::Unknown(T4_OPTIONS), aligned | 1_u32)?,
            Coding::Mmr => page.write_tag(Tag::Unknown(T6_OPTIONS), 0_u32)?,
        }
        page.write_tag(Tag::Unknown(PAGE_NUMBER), &[tags.number.0, tags.number.1][..])?;
        quality(&mut page, tags.account)?;
        for (tag, text) in [Tag::Software, Tag::DateTime, Tag::ImageDescription].into_iter().zip(tags.texts) {
            if !text.is_empty() {
                page.write_tag(tag, text)?;
            }
        }
        page.finish()
    }
}

/// BadFaxLines, CleanFaxData, ConsecutiveBadFaxLines: bad rows are in the file as they were concealed.
fn quality<W: Write + Seek>(
    page: &mut DirectoryEncoder<'_, W, TiffKindStandard>,
    account: Option<Account>,
) -> Result<(), TiffError> {
    let Some(account) = account else {
        return Ok(());
    };
    page.write_tag(Tag::Unknown(326), account.bad_rows())?;
    page.write_tag(Tag::Unknown(327), u16::from(account.bad_rows() > 0))?;
    page.write_tag(Tag::Unknown(328), account.longest_bad_run())
}

fn dots(per_inch: u16) -> Rational {
    Rational { n: u32::from(per_inch), d: 1 }
}
