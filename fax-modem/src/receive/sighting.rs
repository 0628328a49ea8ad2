//! An alternation that was heard while something else was taken for a burst: should that come to
//! nothing, the training that it opened is still among the samples that are kept.

use super::front::Instant;
use super::lines::{Alternation, BLOCK, SPAN, SURELY};
use super::plan::Plan;

/// Where a modem's alternation was heard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sighting {
    pub(crate) heard: Alternation,
    pub(crate) plan: &'static Plan,
    /// The end of the window in which it was heard.
    pub(crate) at: u64,
}

impl Sighting {
    /// Which of two to keep: the later one if it is sure, else the surer. So it is the end of the latest
    /// alternation, however long that one was.
    pub(crate) fn or_later(self, later: Self) -> Self {
        if later.heard.held >= SURELY || later.heard.held > self.heard.held { later } else { self }
    }

    /// From where the end of the alternation is to be sought.
    pub(crate) fn start(self) -> Instant {
        Instant::of_sample(self.at).plus(-((SPAN + 2 * BLOCK) as f64))
    }

    /// Cycles a sample: carrier and offset.
    pub(crate) fn cycles(self) -> f64 {
        self.plan.carrier + self.heard.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Modem;

    fn sighting(at: u64, held: f32) -> Sighting {
        Sighting { heard: Alternation { offset: 0.0, held }, plan: Plan::of(Modem::ALL[0]), at }
    }

    #[test]
    fn the_latest_sure_window_is_kept_or_the_surest_of_faint_ones() {
        let kept = |windows: &[(u64, f32)]| {
            let all = windows.iter().map(|(at, held)| sighting(*at, *held));
            all.reduce(Sighting::or_later).map(|kept| kept.at)
        };
        assert_eq!(kept(&[(400, 0.6), (440, 0.98), (480, 0.97), (520, 0.8), (560, 0.5)]), Some(520));
        assert_eq!(kept(&[(400, 0.98), (2000, 0.9), (2040, 0.95), (2080, 0.7)]), Some(2040));
        assert_eq!(kept(&[(400, 0.98), (2000, 0.5)]), Some(400));
        assert_eq!(kept(&[(400, 0.46), (440, 0.6), (480, 0.5)]), Some(440));
    }
}
