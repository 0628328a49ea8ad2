//! What is known about the rows of a page.

/// Whether a row is what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its code words fit together and have the right length.
    Good,
    /// It was damaged, and is shown as far as it was understood, white behind that.
    Damaged(Flaw),
    /// It was damaged, and the row above is shown again.
    Concealed(Flaw),
}

/// What was wrong with a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Bits that no code word begins with, or a changing element left of the one before it.
    Code,
    /// More pels than the width.
    Long,
    /// The end of line came too early.
    Short,
    /// Uncompressed mode or another extension. Nobody agreed to one.
    Extension,
    /// Told by its difference from a row that was itself damaged.
    Reference,
    /// Octets of it never came.
    Missing,
}

/// The rows of a page, counted. T.30 judges a page without error correction by it, and TIFF-F stores it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    rows: u32,
    bad_rows: u32,
    longest_bad_run: u32,
    bad_run: u32,
}

impl Account {
    /// All rows given, good and bad.
    pub fn rows(&self) -> u32 {
        self.rows
    }

    /// Rows damaged or concealed.
    pub fn bad_rows(&self) -> u32 {
        self.bad_rows
    }

    /// The most bad rows one below the other.
    pub fn longest_bad_run(&self) -> u32 {
        self.longest_bad_run
    }

    pub(crate) fn note(&mut self, verdict: Verdict) {
        self.rows = self.rows.saturating_add(1);
        if verdict == Verdict::Good {
            self.bad_run = 0;
            return;
        }
        self.bad_rows = self.bad_rows.saturating_add(1);
        self.bad_run = self.bad_run.saturating_add(1);
        self.longest_bad_run = self.longest_bad_run.max(self.bad_run);
    }
}
