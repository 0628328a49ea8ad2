//! What a relay saw and decided. Numbers and names only; no engine reads these.

use super::Phase;
use crate::signal::{FrameEnd, Grounds, Opening, Tone};
use crate::t30::{Change, Dcs, Fcf, PostPage};

/// Something that the machine on one side said, or that the relay did with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// It sends a tone.
    Tone(Tone),
    /// It turned a carrier on.
    Begun {
        /// Which.
        opening: Opening,
        /// How the line knows.
        grounds: Grounds,
    },
    /// Its carrier is gone.
    Ended,
    /// It said a frame, whole.
    Frame {
        /// Which; X is masked.
        fcf: Fcf,
        /// What follows the page, as PPS, EOR and post-message commands say it.
        then: Option<PostPage>,
        /// It was the last of its burst.
        last: bool,
    },
    /// A frame of it came damaged, or is none of T.30.
    BadFrame {
        /// Octets that came.
        octets: usize,
        /// How it ended.
        end: FrameEnd,
    },
    /// Something of it is missing.
    Hole,
    /// The call is in another phase since.
    Phase(Phase),
    /// What is used from here on: its DCS, or the last one at the rate of its CTC.
    Commanded(Dcs),
    /// It commands pages without ECM, which the policy requires: the call is to be ended.
    WithoutEcm,
    /// A frame of it was changed on the way.
    Edited(Change),
    /// Its carrier was announced before it was heard.
    Predicted(Opening),
    /// What was announced did not come.
    PredictionFailed(Opening),
    /// The network was too slow for a frame of it: broken off after so many octets and played again.
    FrameReplayed {
        /// Octets that had been said.
        octets: usize,
    },
    /// Its bits were stretched by so much fill, octets, so that the other line did not run dry.
    Filled {
        /// Octets of zeros.
        octets: u32,
    },
    /// So much fill of its page was left out on its way into packets, octets.
    FillRemoved {
        /// Octets of zeros.
        octets: u32,
    },
    /// Its TCF was judged here, and whether it was good.
    TcfJudged {
        /// Enough zeros in a row came.
        good: bool,
    },
    /// Its answer is late: the other machine is held with flags.
    Held,
    /// And no answer came.
    HeldInVain,
    /// Its answer is later than flags could hold for: the other machine was told RNR.
    ToldToWait,
    /// It asked with RR whether the other is ready, having been told RNR here: that was not passed on.
    PollKept,
    /// It said a command again whose answer is on a slow way: that was not passed on.
    RepetitionKept,
    /// It offered itself again while the other machine's command was on a slow way: that was not passed on.
    OfferKept,
    /// Its page could not be read at all: the other machine is held with flags until it says more.
    Unread(Opening),
    /// Nothing more came of its carrier, so the other line let it go.
    CarrierLetGo(Opening),
    /// It said a command again that had been answered: its answer was given again, and it was not passed on.
    AnsweredAgain,
    /// Its burst came while the other machine spoke, which cannot await it: it was passed over.
    Untimely(Opening),
    /// The machine on the other side did not end its turn; it was spoken over.
    SpokeOver(Opening),
}
