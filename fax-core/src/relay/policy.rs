//! What a relay may do to a call.

use super::tcf::TcfMethod;
use crate::signal::Tone;
use crate::t30::fields::{Bit, Ecm};
use crate::t30::{Dcs, Edits};

/// What a relay may do to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What is changed in the frames that pass.
    pub edits: Edits,
    /// Whether pages come in frames that can be asked for again.
    pub ecm: EcmUse,
    /// What becomes of Super G3.
    pub super_g3: SuperG3,
    /// Who carries TCF, as agreed with the T.38 peer.
    pub tcf: TcfMethod,
    /// Whether fill is left out of pages on their way into packets, as agreed with the T.38 peer.
    pub fill_removal: bool,
    /// What is said here that no machine said.
    pub own: OwnWords,
    /// What becomes of a command that is said again while the answer to it is on a slow way.
    pub repetition: Repetition,
}

/// One thing that a relay may say of its own accord. There is nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnWord {
    /// Flags of V.21 that hold a machine whose answer is late: [`Event::Held`](super::Event::Held).
    Flags,
    /// RNR to a machine that awaits the answer to PPS or EOR, where flags cannot hold it long enough; the RR that
    /// follows is kept: [`Event::ToldToWait`](super::Event::ToldToWait).
    NotReady,
    /// The answer once more that a machine gave, to a command that is said again:
    /// [`Event::AnsweredAgain`](super::Event::AnsweredAgain).
    AnswerAgain,
    /// FTT in place of CFR: [`Change::TrainingRefused`](crate::t30::Change::TrainingRefused).
    TrainingRefused,
}

/// A set of [`OwnWord`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnWords(u8);

/// What becomes of a command that is said again while the answer to it is on a slow way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Repetition {
    /// It passes: the far machine answers twice.
    Passed,
    /// It is kept, and the answer to the first is given behind it:
    /// [`Event::RepetitionKept`](super::Event::RepetitionKept).
    #[default]
    Kept,
}

/// Whether error correction is used (T30-1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EcmUse {
    /// It is cleared in DIS and DTC, with all that needs it.
    Forbidden,
    /// The two machines agree on it or not.
    #[default]
    LeftAlone,
    /// A call whose DCS is without it is to be ended: [`Event::WithoutEcm`](super::Event::WithoutEcm).
    Required,
}

/// What becomes of an answer tone that invites V.8, on whose CM a V.34 call would follow (AUD-4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SuperG3 {
    /// It is played on as plain CED, so that no CM is ever sent.
    #[default]
    Suppress,
    /// The same, and where audio is passed on, nothing else passes while it sounds: a CM that comes anyway is not heard.
    Block,
    /// It is played on as it is.
    Pass,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            edits: Edits::gateway(),
            ecm: EcmUse::LeftAlone,
            super_g3: SuperG3::Suppress,
            tcf: TcfMethod::Transferred,
            fill_removal: false,
            own: OwnWords::ALL,
            repetition: Repetition::default(),
        }
    }
}

impl OwnWords {
    /// Everything that a relay may say by itself.
    pub const ALL: Self = Self(0b1111);

    /// All of these but one.
    #[must_use]
    pub const fn without(self, word: OwnWord) -> Self {
        Self(self.0 & !Self::bit(word))
    }

    /// Whether one is among them.
    pub const fn has(self, word: OwnWord) -> bool {
        self.0 & Self::bit(word) != 0
    }

    const fn bit(word: OwnWord) -> u8 {
        1 << word as u8
    }
}

impl Policy {
    /// All that is changed in frames.
    pub(super) fn all_edits(&self) -> Edits {
        match self.ecm {
            EcmUse::Forbidden => self.edits.forbidding(Bit::ECM),
            EcmUse::LeftAlone | EcmUse::Required => self.edits,
        }
    }

    /// Whether a DCS says what the call may not go on with.
    pub(super) fn lacks_ecm(&self, dcs: &Dcs) -> bool {
        self.ecm == EcmUse::Required && dcs.ecm() == Ecm::Off
    }

    /// The tone as the other line is to play it.
    pub(super) fn tone(&self, tone: Tone) -> Tone {
        match (self.super_g3, tone) {
            (SuperG3::Suppress | SuperG3::Block, Tone::AnsPr | Tone::AnsAm | Tone::AnsAmPr) => Tone::Ced,
            _ => tone,
        }
    }
}
