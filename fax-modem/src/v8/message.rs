//! A message and its bits.

use super::menu::{CallFunction, Category, Menu};
use super::{PREAMBLE, SYNC_CI, SYNC_MENU, TERMINATOR_OCTETS};
use crate::BitQueue;

/// What V.8 sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message {
    /// CI: a caller says what its call is for.
    Ci(CallFunction),
    /// CM from a caller, JM from an answerer.
    Menu(Menu),
    /// CJ: a caller ends V.8.
    Cj,
}

impl Message {
    /// Most bits of one copy.
    pub const MOST_BITS: usize = PREAMBLE + 10 * (1 + Menu::CAPACITY);

    /// Bits of one copy, in the order of the line: ten ones, the sync octet, the octets, each octet
    /// after a 0 and before a 1, least significant bit first (V.8 5.1); CJ three octets of zeros.
    pub fn bits(&self) -> impl Iterator<Item = bool> + '_ {
        let function = if let Self::Ci(function) = self { *function as u8 } else { 0 };
        let only = [Category::CallFunction as u8 | function << 5];
        let (preamble, sync, octets): (usize, Option<u8>, &[u8]) = match self {
            Self::Ci(_) => (PREAMBLE, Some(SYNC_CI), &[]),
            Self::Menu(menu) => (PREAMBLE, Some(SYNC_MENU), menu.octets()),
            Self::Cj => (0, None, &[0; TERMINATOR_OCTETS]),
        };
        let only = matches!(self, Self::Ci(_)).then_some(only).into_iter().flatten();
        let octets = sync.into_iter().chain(only).chain(octets.iter().copied());
        core::iter::repeat_n(true, preamble).chain(octets.flat_map(|octet| {
            let framed = 1 << 9 | u16::from(octet) << 1;
            (0..10).map(move |n| framed >> n & 1 == 1)
        }))
    }

    /// Queues one copy. Returns `false`, changing nothing, when it does not fit.
    pub fn push_to(&self, queue: &mut BitQueue) -> bool {
        if queue.room() < self.bits().count() {
            return false;
        }
        self.bits().all(|bit| queue.push(u32::from(bit), 1))
    }
}
