//! What a relay may do to a call.

use super::tcf::TcfMethod;
use crate::signal::Tone;
use crate::t30::Edits;

/// What a relay may do to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What is changed in the frames that pass.
    pub edits: Edits,
    /// What becomes of Super G3.
    pub super_g3: SuperG3,
    /// Who carries TCF, as agreed with the T.38 peer.
    pub tcf: TcfMethod,
    /// Whether fill is left out of pages on their way into packets, as agreed with the T.38 peer.
    pub fill_removal: bool,
}

/// What becomes of an answer tone that invites V.8, on whose CM a V.34 call would follow (AUD-4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SuperG3 {
    /// It is played on as plain CED, so that no CM is ever sent.
    #[default]
    Suppress,
    /// It is played on as it is.
    Pass,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            edits: Edits::gateway(),
            super_g3: SuperG3::Suppress,
            tcf: TcfMethod::Transferred,
            fill_removal: false,
        }
    }
}

impl Policy {
    /// The tone as the other line is to play it.
    pub(super) fn tone(&self, tone: Tone) -> Tone {
        match (self.super_g3, tone) {
            (SuperG3::Suppress, Tone::AnsPr | Tone::AnsAm | Tone::AnsAmPr) => Tone::Ced,
            _ => tone,
        }
    }
}
