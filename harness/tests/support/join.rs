//! Documents of several pages, joined from files of one.

use std::path::{Path, PathBuf};

/// One of the eight test documents, 1 to 8.
pub(crate) fn page(number: usize) -> PathBuf {
    PathBuf::from(format!("{}/../test-vectors/pages/itu{number}.tif", env!("CARGO_MANIFEST_DIR")))
}

/// Writes the pages as one file: each as it is, one behind the other, its offsets moved, its directory
/// chained to the next (TIFF 6.0, section 2). Files of one page, least octet first.
pub(crate) fn join(numbers: &[usize], path: &Path) {
    let mut joined: Vec<u8> = Vec::new();
    // Where the offset of the next page's directory belongs.
    let mut link = None;
    for number in numbers {
        let base = joined.len();
        joined.extend(std::fs::read(page(*number)).expect("a page"));
        joined.resize(joined.len().next_multiple_of(2), 0);
        let directory = base + long(&joined, base + 4);
        if let Some(link) = link {
            set_long(&mut joined, link, directory);
        }
        let entries = usize::from(u16::from_le_bytes([joined[directory], joined[directory + 1]]));
        for entry in (0..entries).map(|n| directory + 2 + 12 * n) {
            let (tag, kind) = (joined[entry], joined[entry + 2]);
            let is_strip_offset = tag == 0x11 && joined[entry + 1] == 1;
            if is_strip_offset || SIZES[usize::from(kind)] * long(&joined, entry + 4) > 4 {
                let moved = base + long(&joined, entry + 8);
                set_long(&mut joined, entry + 8, moved);
            }
        }
        link = Some(directory + 2 + 12 * entries);
    }
    std::fs::write(path, joined).expect("written");
}

/// Octets of the field types 1 to 12.
const SIZES: [usize; 13] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];

fn long(octets: &[u8], at: usize) -> usize {
    u32::from_le_bytes(octets[at..at + 4].try_into().expect("four octets")) as usize
}

fn set_long(octets: &mut [u8], at: usize, value: usize) {
    octets[at..at + 4].copy_from_slice(&(value as u32).to_le_bytes());
}
