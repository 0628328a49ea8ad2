//! When T.38 is offered, to which leg, and when the peer's offer is taken.
//!
//! From: RFC 5347 2.1; field notes SIP-1, SIP-5, SIP-6, SIP-17, AUD-8, AUD-9.
//! Always: who refused is not asked again in this call, but once if it asks itself; where Super G3 passes, no V.34 is
//! interrupted.
//! Not here: how an offer is made (`dialog`).

use super::settings::{LateOffers, LegSettings, T38Mode};
use crate::SuperG3;
use crate::media::Sign;
use fax_core::Timestamp;
use fax_core::relay::Phase;

/// One leg's part in the switch.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Switch {
    /// When T.38 is to be offered if nobody has offered it by then.
    due: Option<Timestamp>,
    standing: Standing,
    invitation: Invitation,
}

/// Whether V.34 may be what audio carries, where it may (AUD-4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Invitation {
    /// Nobody invited to V.8, or nothing came of it.
    #[default]
    None,
    /// An answerer did, and there has been no V.21 since.
    ToV8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Standing {
    /// It may be asked.
    #[default]
    Open,
    /// It refused. If it asks itself, we may ask once more.
    Refused,
    /// It refused and then asked itself.
    OpenAgain,
    /// It refused twice.
    Closed,
}

impl Switch {
    /// A fax was heard, on whichever leg. `answered` is when the call was. True if an offer is due because of that.
    pub(super) fn heard(
        &mut self,
        now: Timestamp,
        sign: Sign,
        settings: &LegSettings,
        answered: Option<Timestamp>,
    ) -> bool {
        self.invitation = match (sign, settings.super_g3) {
            (Sign::Ansam, SuperG3::Pass) => Invitation::ToV8,
            (Sign::V21Preamble, _) => Invitation::None,
            _ => self.invitation,
        };
        if self.invitation == Invitation::ToV8 {
            // What the tone seemed to be at first does not count.
            self.due = None;
            return false;
        }
        let old = answered.is_some_and(|answered| now > answered + settings.triggers.window);
        let counts = sign == Sign::V21Preamble || !old;
        let before = self.due;
        if let Some(wait) = settings.triggers.wait(sign).filter(|_| counts) {
            self.due(now + wait, settings);
        }
        self.due != before
    }

    /// The other leg is T.38: offer it here as well.
    pub(super) fn follow(&mut self, now: Timestamp, settings: &LegSettings) {
        self.due(now, settings);
    }

    fn due(&mut self, at: Timestamp, settings: &LegSettings) {
        if settings.t38 != T38Mode::Never && matches!(self.standing, Standing::Open | Standing::OpenAgain) {
            self.due = Some(self.due.map_or(at, |due| due.min(at)));
        }
    }

    /// When something is due.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.due
    }

    /// Whether to offer T.38 now, as far as the fax allows it.
    pub(super) fn fire(&mut self, now: Timestamp, phase: Phase) -> bool {
        let due = self.due.is_some_and(|due| due <= now);
        if due {
            self.due = None;
        }
        due && is_safe(phase)
    }

    /// T.38 was refused, or not answered in time.
    pub(super) fn refused(&mut self) {
        self.due = None;
        self.standing = match self.standing {
            Standing::Open | Standing::Refused => Standing::Refused,
            Standing::OpenAgain | Standing::Closed => Standing::Closed,
        };
    }

    /// The leg is T.38 now, or its peer offers it: nothing is due any more.
    pub(super) fn settled(&mut self) {
        self.due = None;
    }

    /// The peer offers T.38; `carrier`: while a training or a page is on its way in audio. The code to refuse it with, if
    /// it is to be refused.
    pub(super) fn asked(&mut self, settings: &LegSettings, phase: Phase, carrier: bool) -> Result<(), u16> {
        let late = match settings.late {
            LateOffers::Take => false,
            LateOffers::NotInAPage => carrier,
            LateOffers::Refuse => carrier || !is_safe(phase),
        };
        let disturbs = self.invitation == Invitation::ToV8;
        if settings.t38 == T38Mode::Never || late || disturbs {
            return Err(488);
        }
        self.due = None;
        if self.standing == Standing::Refused {
            self.standing = Standing::OpenAgain;
        }
        Ok(())
    }
}

/// Whether a switch cuts nothing in half: before the first DCS, between documents, and when all is over.
pub(super) const fn is_safe(phase: Phase) -> bool {
    matches!(
        phase,
        Phase::SetUp | Phase::Identified | Phase::NextDocument | Phase::Complete | Phase::Released
    )
}

/// Whether a fax is at work: audio that comes now is no wish to talk.
pub(super) const fn is_at_work(phase: Phase) -> bool {
    !matches!(phase, Phase::SetUp | Phase::Complete | Phase::Released)
}
