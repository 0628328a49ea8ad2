//! The sender between PIP or PIN and an operator: T3 runs.
//!
//! From: T.30 5.3.6.1.7 (PRI-x, PIP, PIN), 5.4.3.3 (T3). Without an operator PRI-x is taken as x, PIP as MCF and
//! PIN as RTN (T30-6), and so it is when T3 is over.

use super::context::Context;
use super::ecm_sender::AwaitReceipt;
use super::outcome::{Awaited, Cause};
use super::sender::AwaitConfirmation;
use super::state::{Next, Phase, State};
use super::timers::Timer;
use crate::t30::{Body, Fcf};

/// Somebody there wishes to speak, and somebody here may come.
#[derive(Debug)]
pub(super) struct AwaitOperator {
    before: Before,
    /// What the answer means when nobody comes: MCF or RTN.
    answer: Fcf,
}

/// The state that the answer belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Before {
    Page(AwaitConfirmation),
    Block(AwaitReceipt),
}

impl AwaitOperator {
    /// `answer` is PIP or PIN.
    pub(super) fn enter(before: Before, answer: Fcf, cx: &mut Context<'_>) -> State {
        cx.interrupted(answer);
        cx.await_operator();
        let answer = if answer == Fcf::Pip { Fcf::Mcf } else { Fcf::Rtn };
        State::AwaitOperator(Self { before, answer })
    }

    /// What is said now belongs to the state before.
    fn or_back(&self, next: Next, cx: &Context<'_>) -> Next {
        let back = match self.before {
            Before::Page(state) => State::AwaitConfirmation(state),
            Before::Block(state) => State::AwaitReceipt(state),
        };
        next.or_else(|| cx.core.speaker.is_busy().then_some(back))
    }

    fn before(&mut self) -> &mut dyn Phase {
        match &mut self.before {
            Before::Page(state) => state,
            Before::Block(state) => state,
        }
    }
}

impl Phase for AwaitOperator {
    fn awaited(&self) -> Awaited {
        match &self.before {
            Before::Page(state) => state.awaited(),
            Before::Block(state) => state.awaited(),
        }
    }

    fn exhausted(&self) -> Cause {
        Cause::NoAnswerToPage
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        match body {
            Body::Plain(Fcf::Pip | Fcf::Pin) => cx.echo(body), // said again
            other => {
                let next = self.before().frame(other, cx);
                self.or_back(next, cx)
            }
        }
    }

    fn asked_again(&mut self, cx: &mut Context<'_>) -> Next {
        let next = cx.repeat(self.exhausted());
        self.or_back(next, cx)
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        match timer {
            Timer::T3 => {
                let answer = Body::Plain(self.answer);
                self.before().frame(&answer, cx)
            }
            _ => None,
        }
    }
}
