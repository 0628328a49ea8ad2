//! Makes a PDF document of a fax in TIFF, and a picture of each page.
//!
//!     cargo run -p fax-core --features tiff,pdf,png --example tiff_to_pdf -- test-vectors/pages/itu1.tif target/itu1

#![allow(clippy::disallowed_types, reason = "the files are the example's; the crate itself does no I/O")]

use fax_core::terminal::Limits;
use fax_core::terminal::files::{read_tiff, write_pdf, write_png};
use std::error::Error;
use std::fs::{self, File};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(tiff), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("tiff_to_pdf FILE.tif OUT: writes OUT.pdf, OUT-1.png and so on".into());
    };
    let document = read_tiff(&fs::read(tiff)?, Limits::default())?;
    fs::write(format!("{out}.pdf"), write_pdf(document.pages()))?;
    for (number, page) in (1..).zip(document.pages()) {
        let resolution = page.resolution();
        println!(
            "page {number}: {} x {} pels at {} x {} to the inch, {} octets as MMR",
            page.width(),
            page.height(),
            resolution.across,
            resolution.down,
            page.mmr().len()
        );
        write_png(File::create(format!("{out}-{number}.png"))?, page)?;
    }
    Ok(())
}
