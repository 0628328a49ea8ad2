//! What the fuzz target and the seeded test of TIFF files share.

use fax_core::image::tiff::{TiffLimits, TiffReader};

/// Takes a file: no panic, no more rows and pages than the limits, and no row of another width than its page.
pub fn check(data: &[u8]) {
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
