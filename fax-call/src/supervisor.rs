//! Ends a call in which nothing passes any more.
//!
//! T.30 has its own timers, and its machines hang up when they expire. A gateway that hears of no hang-up must
//! not stay for ever, and must not leave before them: T5, 60 s, is the longest of them (T.30 5.4.2, Annex A).
//!
//! Always: only a good frame, or another phase, is progress; noise and broken packets are none.

use crate::verdict::Ending;
use fax_core::relay::{Phase, Side};
use fax_core::{Span, Timestamp};

/// How long a call may stay without progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Supervision {
    /// Without a good frame or another phase: 70 s, which is T5 and a margin.
    pub quiet: Span,
    /// While a page passes, which without ECM has no frames: 15 min. A page at 2400 bit/s takes one
    /// minute for 18 KB.
    pub page: Span,
}

impl Default for Supervision {
    fn default() -> Self {
        Self { quiet: Span::from_millis(70_000), page: Span::from_millis(15 * 60_000) }
    }
}

/// A phone leg of which no samples came for so long has ended.
const NO_SAMPLES: Span = Span::from_millis(1000);

#[derive(Clone, Debug)]
pub(crate) struct Supervisor {
    limits: Supervision,
    /// When something last passed.
    progress: Timestamp,
    /// When samples last came, from a side that has any.
    samples: [Option<Timestamp>; 2],
}

impl Supervisor {
    pub(crate) fn new(limits: Supervision) -> Self {
        Self { limits, progress: Timestamp::ZERO, samples: [None; 2] }
    }

    pub(crate) fn passed(&mut self, now: Timestamp) {
        self.progress = self.progress.max(now);
    }

    pub(crate) fn samples_came(&mut self, side: Side, now: Timestamp) {
        match side {
            Side::Near => self.samples[0] = Some(now),
            Side::Far => self.samples[1] = Some(now),
        }
    }

    /// When the call ends if nothing passes until then.
    pub(crate) fn deadline(&self, phase: Phase) -> Timestamp {
        match phase {
            Phase::Page => self.stopped().map_or(self.progress + self.limits.page, |(_, at)| {
                (at.max(self.progress) + self.limits.quiet).min(self.progress + self.limits.page)
            }),
            _ => self.progress + self.limits.quiet,
        }
    }

    /// What ends the call now, if anything does.
    pub(crate) fn verdict(&self, now: Timestamp, phase: Phase) -> Option<Ending> {
        if now < self.deadline(phase) {
            return None;
        }
        let silent = self.stopped().filter(|(_, at)| now >= *at + NO_SAMPLES);
        Some(match (silent, phase) {
            (Some((side, _)), _) => Ending::NoAudio(side),
            (None, Phase::Page) => Ending::PageTooLong,
            (None, _) => Ending::Quiet,
        })
    }

    /// The phone leg whose samples came least lately, and when.
    fn stopped(&self) -> Option<(Side, Timestamp)> {
        let [near, far] = self.samples;
        let sides = [(Side::Near, near), (Side::Far, far)];
        sides.into_iter().filter_map(|(side, at)| Some((side, at?))).min_by_key(|(_, at)| *at)
    }
}
