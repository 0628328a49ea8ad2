//! What the fuzz target and the seeded test of TIFF files share.

use fax_core::image::tiff::{TiffLimits, TiffReader};
use fax_core::terminal::Limits;
use fax_core::terminal::files::read_tiff;

/// Takes a file: no panic, no more rows and pages than the limits, and no row of another width than its page; and no
/// document larger than may be kept.
pub fn check(data: &[u8]) {
    rows(data);
    document(data);
}

/// A row more than fits is the first that is refused.
fn document(data: &[u8]) {
    let limits = Limits { pages: 20, octets: 50_000, rows: 3000 };
    if let Ok(document) = read_tiff(data, limits) {
        let pages = document.pages();
        assert!((1..=limits.pages).contains(&pages.len()));
        let octets: usize = pages.iter().map(|page| page.mmr().len()).sum();
        assert!(
            octets <= limits.octets + 20 * 14_592 / 2
                && pages.iter().all(|page| page.height() <= limits.rows)
        );
    }
}

fn rows(data: &[u8]) {
    let limits = TiffLimits { max_rows: 3000, max_pages: 20 };
    let Ok(mut file) = TiffReader::new(data, limits) else {
        return;
    };
    let mut pages = 0;
    while let Ok(Some(page)) = file.page() {
        pages += 1;
        let mut rows = page.rows().unwrap();
        let mut count = 0;
        while let Some(row) = rows.next() {
            assert_eq!(row.pels.len(), page.width.div_ceil(8) as usize);
            count += 1;
        }
        assert!(count <= page.height && page.height <= limits.max_rows);
        assert_eq!(rows.account().rows(), count);
    }
    assert!(pages <= limits.max_pages);
}
