//! Phase E: DCN is said, and a second later the line is dropped.

use super::context::Context;
use super::outcome::{Awaited, Cause};
use super::state::{Next, Phase};
use super::timers::Timer;
use crate::t30::Body;

/// DCN is on its way, or out.
#[derive(Debug)]
pub(super) struct Release {
    cause: Cause,
}

impl Release {
    pub(super) fn new(cause: Cause) -> Self {
        Self { cause }
    }
}

impl Phase for Release {
    fn awaited(&self) -> Awaited {
        Awaited::Dcs
    }

    fn exhausted(&self) -> Cause {
        self.cause
    }

    fn said(&mut self, cx: &mut Context<'_>) -> Next {
        cx.start(Timer::Cue);
        None
    }

    /// Nothing changes the end.
    fn frame(&mut self, _: &Body<'_>, _: &mut Context<'_>) -> Next {
        None
    }

    fn asked_again(&mut self, _: &mut Context<'_>) -> Next {
        None
    }

    fn unknown(&mut self, _: &mut Context<'_>) -> Next {
        None
    }

    fn disconnected(&mut self, cx: &mut Context<'_>) -> Next {
        Some(cx.end(self.cause))
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        (timer == Timer::Cue).then(|| cx.end(self.cause))
    }

    fn dropped(&self) -> Cause {
        self.cause
    }
}
