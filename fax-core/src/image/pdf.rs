//! Pages as a PDF document: the MMR octets go in as they are.
//!
//! From: PDF 32000-1 7.4.6 (CCITTFaxDecode).

use super::{Coding, Encoder, EncoderSettings, Refusal, Resolution};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref};

/// A document in the making.
pub struct PdfWriter {
    pdf: Pdf,
    pages: Vec<Ref>,
    last: i32,
}

const CATALOG: Ref = Ref::new(1);
const PAGE_TREE: Ref = Ref::new(2);

impl Default for PdfWriter {
    fn default() -> Self {
        let mut pdf = Pdf::new();
        pdf.catalog(CATALOG).pages(PAGE_TREE);
        Self { pdf, pages: Vec::new(), last: 2 }
    }
}

impl PdfWriter {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a page of rows as [`Encoder::row`] takes them, in its true size.
    pub fn page<'r>(
        &mut self,
        width: u32,
        resolution: Resolution,
        rows: impl IntoIterator<Item = &'r [u8]>,
    ) -> Result<(), Refusal> {
        let mut encoder = Encoder::new(EncoderSettings::new(Coding::Mmr, width))?;
        let (mut octets, mut height) = (Vec::new(), 0);
        for row in rows {
            octets.extend_from_slice(encoder.row(row)?);
            height += 1;
        }
        octets.extend_from_slice(encoder.end());
        self.mmr_page(width, height, resolution, &octets);
        Ok(())
    }

    /// Adds a page that is MMR already, first bit on top.
    pub fn mmr_page(&mut self, width: u32, height: u32, resolution: Resolution, octets: &[u8]) {
        let (page, content, image) = (self.next(), self.next(), self.next());
        let points = |pels: u32, dots: u16| pels as f32 * 72.0 / f32::from(dots.max(1));
        let (across, down) = (points(width, resolution.across), points(height, resolution.down));
        let mut dictionary = self.pdf.page(page);
        dictionary.media_box(Rect::new(0.0, 0.0, across, down)).parent(PAGE_TREE).contents(content);
        dictionary.resources().x_objects().pair(IMAGE, image);
        dictionary.finish();
        let mut picture = self.pdf.image_xobject(image, octets);
        picture.width(width as i32).height(height as i32).bits_per_component(1);
        picture.color_space().device_gray();
        picture.filter(Filter::CcittFaxDecode);
        picture.decode_parms().k(-1).columns(width as i32).rows(height as i32);
        picture.finish();
        let mut drawing = Content::new();
        drawing.transform([across, 0.0, 0.0, down, 0.0, 0.0]).x_object(IMAGE);
        self.pdf.stream(content, &drawing.finish());
        self.pages.push(page);
    }

    /// The octets of the document.
    pub fn finish(mut self) -> Vec<u8> {
        let count = i32::try_from(self.pages.len()).unwrap_or(i32::MAX);
        self.pdf.pages(PAGE_TREE).kids(self.pages.iter().copied()).count(count);
        self.pdf.finish()
    }

    fn next(&mut self) -> Ref {
        self.last = self.last.saturating_add(1);
        Ref::new(self.last)
    }
}

const IMAGE: Name<'static> = Name(b"P");
