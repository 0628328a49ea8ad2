//! Pages out of TIFF files and into them, by libtiff: what is received can be held against what was sent
//! without any code of ours.

use super::{ffi, length};
use core::ffi::c_int;
use core::fmt;
use core::ptr::NonNull;
use std::ffi::CString;
use std::path::Path;

/// A page of one bit a pixel.
#[derive(Clone, PartialEq, Eq)]
pub struct Page {
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The rows from the top, each begins a new octet; first pixel in the top bit, a set bit is black.
    pub rows: Vec<u8>,
}

/// Why a TIFF file could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TiffError {
    /// No such file, or it is not TIFF.
    Open,
    /// A page is broken, or of more than one bit a pixel.
    Page(usize),
}

/// All pages of a file, of whatever compression libtiff knows.
pub fn read_pages(path: &Path) -> Result<Vec<Page>, TiffError> {
    let file = File::open(path, Direction::Read)?;
    let mut pages = Vec::new();
    while let Some(page) = file.page(pages.len())? {
        pages.push(page);
    }
    Ok(pages)
}

/// Writes a document at fine resolution (204 x 196 dpi), T.6 in one strip a page.
pub fn write_pages(path: &Path, pages: &[Page]) -> Result<(), TiffError> {
    let file = File::open(path, Direction::Write)?;
    for (number, page) in pages.iter().enumerate() {
        let octets_a_row = page.octets_a_row();
        if page.rows.len() != octets_a_row * page.height as usize {
            return Err(TiffError::Page(number));
        }
        let (rows, octets) = (page.rows.as_ptr(), length(octets_a_row));
        // SAFETY: the file is open, and there are `height` rows of so many octets.
        let written =
            unsafe { ffi::peer_tiff_write_page(file.0.as_ptr(), page.width, page.height, rows, octets) };
        if written != 0 {
            return Err(TiffError::Page(number));
        }
    }
    Ok(())
}

impl Page {
    fn octets_a_row(&self) -> usize {
        self.width.div_ceil(8) as usize
    }

    /// Rows that differ from the same row of the other, missing ones and all rows of another width
    /// included.
    pub fn rows_that_differ(&self, other: &Self) -> usize {
        let most = self.height.max(other.height) as usize;
        if self.width != other.width || self.width == 0 {
            return most;
        }
        let row_of = |page: &Self| page.octets_a_row();
        let same = self
            .rows
            .chunks_exact(row_of(self))
            .zip(other.rows.chunks_exact(row_of(other)))
            .filter(|(ours, theirs)| ours == theirs)
            .count();
        most - same
    }
}

/// Not the pixels.
impl fmt::Debug for Page {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Page({} x {})", self.width, self.height)
    }
}

/// A TIFF file of libtiff's, closed with this.
struct File(NonNull<ffi::Tiff>);

/// What a file is opened for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Read,
    Write,
}

impl File {
    fn open(path: &Path, direction: Direction) -> Result<Self, TiffError> {
        let path = CString::new(path.as_os_str().as_encoded_bytes()).map_err(|_| TiffError::Open)?;
        // SAFETY: the name lives through the call; NULL is checked here.
        let file = unsafe { ffi::peer_tiff_open(path.as_ptr(), c_int::from(direction == Direction::Write)) };
        NonNull::new(file).map(Self).ok_or(TiffError::Open)
    }

    /// The page of that number, unless the file has fewer.
    fn page(&self, number: usize) -> Result<Option<Page>, TiffError> {
        let (mut width, mut height) = (0, 0);
        // SAFETY: the file is open, and the two places outlive the call.
        let found = unsafe { ffi::peer_tiff_page(self.0.as_ptr(), length(number), &mut width, &mut height) };
        if found > 0 {
            return Ok(None);
        }
        let mut page = Page { width, height, rows: Vec::new() };
        let octets_a_row = page.octets_a_row();
        if found < 0 || octets_a_row == 0 {
            return Err(TiffError::Page(number));
        }
        page.rows = vec![0; octets_a_row * height as usize];
        for (row, octets) in page.rows.chunks_exact_mut(octets_a_row).enumerate() {
            let (at, count) = (octets.as_mut_ptr(), length(octets.len()));
            // SAFETY: the file is open, and the row has room for `count` octets.
            if unsafe { ffi::peer_tiff_read_row(self.0.as_ptr(), row as u32, at, count) } != 0 {
                return Err(TiffError::Page(number));
            }
        }
        Ok(Some(page))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: opened by the shim, closed once.
        unsafe { ffi::peer_tiff_close(self.0.as_ptr()) };
    }
}
