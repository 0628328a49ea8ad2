//! `faxlab demo`: a page through two gateways over a lossy network.

use clap::Args;
use fax_harness::demo::fax;
use fax_harness::world::Document;
use std::error::Error;
use std::path::PathBuf;

/// `faxlab demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Folder for the page, its picture and the sound.
    #[arg(long, default_value = "demo")]
    out: PathBuf,
    /// The document, a TIFF file.
    #[arg(long, default_value = "test-vectors/pages/itu1.tif")]
    doc: PathBuf,
    /// Share of packets lost each way, 0 to 1.
    #[arg(long, default_value_t = 0.05)]
    loss: f64,
    /// Seed of all that is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Demo {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        let document = Document::read(&self.doc)?;
        let story = fax::send(&self.out, &document, self.loss, self.seed)?;
        print!("{}", story.timeline);
        for (side, record) in ["caller's", "answerer's"].iter().zip(&story.gateways) {
            let verdict = record.as_deref().and_then(|record| record.lines().next()).unwrap_or("no record");
            println!("\nThe {side} gateway: {verdict}");
        }
        println!();
        let record = &story.record;
        println!("Pages pixel for pixel: {} of {}", record.identical, record.pages);
        for file in fax::FILES {
            println!("                       {}", self.out.join(file).display());
        }
        Ok(())
    }
}
