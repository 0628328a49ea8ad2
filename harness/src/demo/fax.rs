//! The demonstration of a call: a page through two of our gateways over a network that loses packets.
//!
//! Writes the page as it was received (TIFF, PNG), what the phone lines sound like (WAV), and tells the call.

use crate::calls::timeline::timeline;
use crate::system::System;
use crate::wav;
use crate::world::classic_udptl::Recovery;
use crate::world::{Document, Network, Page, Record, Scenario, Taps, run};
use fax_core::image::Resolution;
use fax_core::image::png::write_png;
use fax_core::image::tiff::{PageTags, TiffWriter};
use std::error::Error;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

/// What came of it.
#[derive(Clone, Debug)]
pub struct FaxStory {
    /// The call.
    pub record: Record,
    /// On one axis of time.
    pub timeline: String,
    /// What the caller's and the answerer's gateway keep of it.
    pub gateways: [Option<String>; 2],
}

/// Files that [`send`] writes, the pages of the first two as many as were received.
pub const FILES: [&str; 3] = ["received.tif", "received.png", "call.wav"];

/// Sends the document to the folder, with this share of packets lost each way.
pub fn send(folder: &Path, document: &Document, loss: f64, seed: u64) -> Result<FaxStory, Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let network = Network { loss, ..Network::default() };
    let mut scenario =
        Scenario { gateways: [System::Ours; 2], network: [network.clone(), network], ..Scenario::default() };
    scenario.packets.recovery = Recovery::Redundancy(DEPTH);
    let taps = Taps { events: true, datagrams: true, audio: true };
    let (record, kept) = run(&scenario, document, seed, taps)?;
    write_pages(folder, &kept.pages)?;
    let lines = kept.audio.iter().flatten();
    let channels: Vec<&[i16]> =
        lines.flat_map(|line| [line.said.as_slice(), line.heard.as_slice()]).collect();
    wav::write_channels(&folder.join(FILES[2]), &channels)?;
    Ok(FaxStory { timeline: timeline(&record, &kept), record, gateways: kept.gateways })
}

/// Secondaries: so few that the network has its way now and then.
const DEPTH: usize = 1;

/// All pages in one TIFF file, the first as a picture.
fn write_pages(folder: &Path, pages: &[Page]) -> Result<(), Box<dyn Error>> {
    let mut file = TiffWriter::new(BufWriter::new(File::create(folder.join(FILES[0]))?))?;
    for page in pages {
        file.page(&PageTags::new(width(page)?, RESOLUTION), rows(page))?;
    }
    if let Some(page) = pages.first() {
        let picture = BufWriter::new(File::create(folder.join(FILES[1]))?);
        write_png(picture, width(page)?, RESOLUTION, rows(page))?;
    }
    Ok(())
}

/// That of the test documents; a page of the lab does not tell its own.
const RESOLUTION: Resolution = Resolution::FINE;

fn width(page: &Page) -> Result<u32, Box<dyn Error>> {
    Ok(u32::try_from(page.width)?)
}

fn rows(page: &Page) -> impl Iterator<Item = &[u8]> {
    page.rows.chunks_exact(page.width.div_ceil(8).max(1))
}

#[cfg(all(test, feature = "spandsp"))]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_written_as_it_was_sent() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages/itu1.tif");
        let document = Document::read(Path::new(page)).unwrap();
        let folder = std::env::temp_dir().join(format!("fax-demo-call-{}", std::process::id()));
        let story = send(&folder, &document, 0.05, 1).unwrap();
        let received = Document::read(&folder.join(FILES[0])).unwrap();
        let sizes = FILES.map(|file| std::fs::metadata(folder.join(file)).unwrap().len());
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(story.record.verdict().strict(), "{}", story.record.cause());
        assert_eq!(received.pages, document.pages);
        assert!(sizes.iter().all(|size| *size > 10_000), "{sizes:?}");
        let verdicts = story.gateways.map(|text| text.unwrap());
        assert!(verdicts.iter().all(|text| text.starts_with("verdict: Completed")), "{verdicts:?}");
        assert!(story.timeline.contains("lost (loss)"));
    }
}
