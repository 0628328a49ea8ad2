//! Pages with ECM, as a receiver must put them together from what passes.

use std::collections::BTreeMap;

/// Frames, blocks and pages, whoever sends them.
#[derive(Default)]
pub(crate) struct Pages {
    /// Frames of this block.
    block: BTreeMap<u8, Vec<u8>>,
    /// Frames since the last PPS.
    burst: BTreeMap<u8, Vec<u8>>,
    /// How many frames the block has, also broken ones.
    pub(crate) in_block: usize,
    /// What the last PPS said: the second control field, page and block.
    said: Option<[u8; 3]>,
    /// Page and block that were confirmed last.
    confirmed: Option<[u8; 2]>,
    page: Vec<u8>,
    /// Pages that are complete, or given up in part.
    pub(crate) done: Vec<Vec<u8>>,
}

impl Pages {
    /// A frame of the block, unless it is broken.
    pub(crate) fn piece(&mut self, number: u8, data: Option<Vec<u8>>) {
        self.in_block = self.in_block.max(usize::from(number) + 1);
        self.burst.extend(data.map(|data| (number, data)));
    }

    /// A control frame passes.
    pub(crate) fn control(&mut self, frame: &[u8], is_sender: bool) {
        match (frame.get(2).map_or(0, |field| field & 0x7F), frame) {
            (0x7D, [_, _, _, then, page, block, _]) if is_sender => {
                if self.confirmed == Some([*page, *block]) {
                    self.burst.clear(); // its answer was lost
                    self.in_block = 0;
                } else {
                    self.block.append(&mut self.burst);
                    self.said = Some([then & 0x7F, *page, *block]);
                }
            }
            (0x73, [_, _, _, then, ..]) if is_sender => {
                self.end(then & 0x7F);
                (self.said, self.confirmed) = (None, None);
            }
            (0x31, _) if !is_sender => {
                if let Some([then, page, block]) = self.said.take() {
                    self.end(then);
                    self.confirmed = Some([page, block]);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, then: u8) {
        self.page.extend(std::mem::take(&mut self.block).into_values().flatten());
        self.in_block = 0;
        if then != 0 {
            self.done.push(std::mem::take(&mut self.page));
        }
    }
}
