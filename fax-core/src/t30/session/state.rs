//! The states of a session, and what can happen in each of them.

use super::answerer::{Answer, AwaitCommand};
use super::caller::{AwaitOffer, Calling};
use super::context::Context;
use super::ecm_receiver::{Busy, ReceiveBlock};
use super::ecm_sender::{AwaitReceipt, Correct, SendBlock};
use super::operator::AwaitOperator;
use super::outcome::{Awaited, Cause};
use super::receiver::{AfterEom, AfterEop, AwaitTcf, ReceivePage};
use super::release::Release;
use super::sender::{AwaitConfirmation, SendPage, Train};
use super::timers::Timer;
use crate::signal::{Chunk, Opening, Tone};
use crate::t30::{Body, Fcd, Fcf};

/// Where a session is: one variant for each group of rows in `docs/t30-session.md`.
#[derive(Debug)]
pub(super) enum State {
    /// Not driven yet.
    OnHook,
    Calling(Calling),
    Train(Train),
    SendPage(SendPage),
    AwaitConfirmation(AwaitConfirmation),
    SendBlock(SendBlock),
    AwaitReceipt(AwaitReceipt),
    Correct(Correct),
    AwaitOperator(AwaitOperator),
    AwaitOffer(AwaitOffer),
    Answer(Answer),
    AwaitCommand(AwaitCommand),
    AwaitTcf(AwaitTcf),
    ReceivePage(ReceivePage),
    ReceiveBlock(ReceiveBlock),
    Busy(Busy),
    AfterEom(AfterEom),
    AfterEop(AfterEop),
    Release(Release),
    Over,
}

/// The state that follows, or `None` to stay.
pub(super) type Next = Option<State>;

/// What can happen to a state. Whatever a state does not name does nothing to it.
pub(super) trait Phase {
    /// What is waited for: what DCN cuts off.
    fn awaited(&self) -> Awaited;

    /// Why the call ends when the last command or response has been said as often as is allowed.
    fn exhausted(&self) -> Cause;

    /// The last frame of a V.21 burst. DCN, CRP and frames without a name do not come here.
    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next;

    /// The wait is over, or another timer.
    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next;

    /// What was to be said has been said.
    fn said(&mut self, _: &mut Context<'_>) -> Next {
        None
    }

    /// A tone began.
    fn tone(&mut self, _: Tone, _: &mut Context<'_>) -> Next {
        None
    }

    /// The far machine turned a carrier on.
    fn began(&mut self, _: Opening, _: &mut Context<'_>) -> Next {
        None
    }

    /// Bits of a fast carrier.
    fn bits(&mut self, _: &Chunk, _: &mut Context<'_>) -> Next {
        None
    }

    /// A good frame of a fast carrier.
    fn piece(&mut self, _: &Fcd<'_>, _: &mut Context<'_>) {}

    /// RCP on a fast carrier: a command follows.
    fn returned(&mut self) {}

    /// Something on a fast carrier is lost.
    fn missing(&mut self, _: &mut Context<'_>) {}

    /// A fast carrier went.
    fn ended(&mut self, _: &mut Context<'_>) -> Next {
        None
    }

    /// DCN came.
    fn disconnected(&mut self, cx: &mut Context<'_>) -> Next {
        Some(cx.end(Cause::Disconnected(self.awaited())))
    }

    /// CRP came: the last burst is said again.
    fn asked_again(&mut self, cx: &mut Context<'_>) -> Next {
        cx.repeat(self.exhausted())
    }

    /// TNR came: a receiver asks again until T5; a sender cannot be meant.
    fn sender_not_ready(&mut self, cx: &mut Context<'_>) -> Next {
        cx.echo(&Body::Plain(Fcf::Tnr))
    }

    /// A last frame came that has no name.
    fn unknown(&mut self, cx: &mut Context<'_>) -> Next {
        Some(cx.disconnect(Cause::Unknown))
    }

    /// The line was dropped.
    fn dropped(&self) -> Cause {
        Cause::Dropped
    }
}

impl State {
    /// As in `docs/t30-session.md`.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::OnHook => "OnHook",
            Self::Calling(_) => "Calling",
            Self::Train(_) => "Train",
            Self::SendPage(_) => "SendPage",
            Self::AwaitConfirmation(_) => "AwaitConfirmation",
            Self::SendBlock(_) => "SendBlock",
            Self::AwaitReceipt(_) => "AwaitReceipt",
            Self::Correct(_) => "Correct",
            Self::AwaitOperator(_) => "AwaitOperator",
            Self::AwaitOffer(_) => "AwaitOffer",
            Self::Answer(_) => "Answer",
            Self::AwaitCommand(_) => "AwaitCommand",
            Self::AwaitTcf(_) => "AwaitTcf",
            Self::ReceivePage(_) => "ReceivePage",
            Self::ReceiveBlock(_) => "ReceiveBlock",
            Self::Busy(_) => "Busy",
            Self::AfterEom(_) => "AfterEom",
            Self::AfterEop(_) => "AfterEop",
            Self::Release(_) => "Release",
            Self::Over => "Over",
        }
    }

    pub(super) fn phase(&mut self) -> Option<&mut dyn Phase> {
        Some(match self {
            Self::Calling(state) => state,
            Self::Train(state) => state,
            Self::SendPage(state) => state,
            Self::AwaitConfirmation(state) => state,
            Self::SendBlock(state) => state,
            Self::AwaitReceipt(state) => state,
            Self::Correct(state) => state,
            Self::AwaitOperator(state) => state,
            Self::AwaitOffer(state) => state,
            Self::Answer(state) => state,
            Self::AwaitCommand(state) => state,
            Self::AwaitTcf(state) => state,
            Self::ReceivePage(state) => state,
            Self::ReceiveBlock(state) => state,
            Self::Busy(state) => state,
            Self::AfterEom(state) => state,
            Self::AfterEop(state) => state,
            Self::Release(state) => state,
            Self::OnHook | Self::Over => return None,
        })
    }
}
