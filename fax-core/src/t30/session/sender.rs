//! The sender of pages: training, pages without ECM, and what every page ends with. Rows C2 to C4 and S1
//! to S3.

use super::caller::AwaitOffer;
use super::context::Context;
use super::desk::{Fate, Follows, Verdict};
use super::ecm_sender::SendBlock;
use super::event::{Event, PageRecord};
use super::negotiation;
use super::operator::{AwaitOperator, Before};
use super::outcome::{Awaited, Cause};
use super::settings::OnRtn;
use super::speaker::{Step, Then};
use super::state::{Next, Phase, State};
use super::timers::Timer;
use crate::signal::{Opening, Training};
use crate::t30::fields::{Bit, Ecm, Terms};
use crate::t30::{Body, Dcs, Dis, Excess, Fcf, IdentKind, PostPage};

/// The page that is being sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Job {
    offered: Dis,
    dcs: Dcs,
    pub(super) terms: Terms,
    /// How often it has been sent again.
    resent: u8,
    pub(super) record: PageRecord,
}

/// DCS and TCF are said, or their answer is waited for: C2 to C4.
#[derive(Debug)]
pub(super) struct Train {
    job: Job,
}

/// A page without ECM is on the line: S1.
#[derive(Debug)]
pub(super) struct SendPage {
    job: Job,
}

/// Its answer is waited for: S2 and S3.
#[derive(Clone, Copy, Debug)]
pub(super) struct AwaitConfirmation {
    job: Job,
    then: PostPage,
}

/// A machine that can receive said `offered`: the current page is settled, and the modem trained.
pub(super) fn start(offered: Dis, resent: u8, cx: &mut Context<'_>) -> State {
    let Some(opening) = negotiation::best(&offered, cx.settings()) else {
        return cx.disconnect(Cause::Incompatible(Excess::NoSuchRate));
    };
    match Job::new(offered, opening, cx) {
        Ok(job) => Train::enter(Job { resent, ..job }, cx),
        Err(cause) => cx.disconnect(cause),
    }
}

impl Job {
    /// The current page at this rate.
    fn new(offered: Dis, opening: Opening, cx: &mut Context<'_>) -> Result<Self, Cause> {
        let format = cx.source.page(&offered).ok_or(Cause::Internal)?;
        let agreed = negotiation::command(&offered, &format, opening, cx.settings());
        let (dcs, terms) = agreed.map_err(Cause::Incompatible)?;
        let record = PageRecord::new(cx.core.tally.sent, terms);
        Ok(Self { offered, dcs, terms, resent: 0, record })
    }

    /// The same at another rate; the DIS admits it as it admitted the first.
    pub(super) fn at(self, opening: Opening) -> Option<Self> {
        let dcs = self.dcs.with_opening(opening);
        let terms = self.offered.admits(&dcs).ok()?;
        Some(Self { dcs, terms, record: PageRecord { terms, ..self.record }, ..self })
    }

    /// The same at the next lower rate.
    fn slower(self, cx: &Context<'_>) -> Option<Self> {
        self.at(self.lower(cx)?)
    }

    /// The next lower rate.
    pub(super) fn lower(&self, cx: &Context<'_>) -> Option<Opening> {
        negotiation::lower(self.terms.opening, &self.offered, cx.settings())
    }

    /// The command that the page ends with.
    pub(super) fn post_page(&self, cx: &mut Context<'_>) -> PostPage {
        match cx.source.follows(&self.offered) {
            Follows::Nothing if cx.settings().polls.is_some() => PostPage::Eom,
            Follows::Nothing => PostPage::Eop,
            Follows::Document => PostPage::Eom,
            Follows::Page(format) => {
                let next = negotiation::command(&self.offered, &format, self.terms.opening, cx.settings());
                if next.is_ok_and(|(dcs, _)| dcs == self.dcs) { PostPage::Mps } else { PostPage::Eom }
            }
        }
    }

    /// Sends the page: as a stream of bits or in blocks.
    fn send(self, training: Training, cx: &mut Context<'_>) -> State {
        cx.source.begin(&self.terms);
        match self.terms.ecm {
            Ecm::Off => SendPage::enter(self, training, cx),
            Ecm::Frames64 | Ecm::Frames256 => SendBlock::page(self, training, cx),
        }
    }

    /// The page is done with, and what was commanded follows; trained anew and one rate lower if the far
    /// machine wished it.
    pub(super) fn done(self, then: PostPage, answer: Answer, cx: &mut Context<'_>) -> State {
        let (fate, verdict) = match answer {
            Answer::Confirmed => (Fate::Confirmed, Verdict::Good),
            Answer::Poor => (Fate::Confirmed, Verdict::Poor),
            Answer::Rejected => (Fate::Doubtful, Verdict::Rejected),
            Answer::Incomplete => (Fate::Doubtful, Verdict::Incomplete),
        };
        cx.page_sent(PageRecord { verdict, ..self.record }, fate);
        match then.without_interrupt() {
            PostPage::Eop => cx.disconnect(Cause::Success),
            PostPage::Eom | PostPage::Eos => AwaitOffer::enter(0, cx),
            _ => match Self::new(self.offered, self.terms.opening, cx) {
                Ok(next) if matches!(answer, Answer::Poor | Answer::Rejected) => {
                    Train::enter(next.slower(cx).unwrap_or(next), cx)
                }
                Ok(next) => next.send(Training::Short, cx),
                Err(cause) => cx.disconnect(cause),
            },
        }
    }

    /// RTN: the page again, at a lower rate, or on with the next as if it had been confirmed.
    pub(super) fn rejected(self, then: PostPage, cx: &mut Context<'_>) -> State {
        let again = match cx.settings().on_rtn {
            OnRtn::Resend(times) => self.resent < times,
            OnRtn::Proceed => false,
        };
        if !again {
            return self.done(then, Answer::Rejected, cx);
        }
        let job = Self { resent: self.resent.saturating_add(1), ..self };
        match then.without_interrupt() {
            PostPage::Eom | PostPage::Eos => AwaitOffer::enter(job.resent, cx),
            _ => Train::enter(job.slower(cx).unwrap_or(job), cx),
        }
    }

    /// DIS came where the answer to a page was due: the far machine has begun anew. Only after EOM may that
    /// be because it has the page.
    pub(super) fn offered_anew(self, offered: Dis, then: PostPage, cx: &mut Context<'_>) -> State {
        let resent = self.resent.saturating_add(1);
        let may_resend = matches!(cx.settings().on_rtn, OnRtn::Resend(times) if resent <= times);
        if then.without_interrupt() == PostPage::Eom || !may_resend {
            cx.page_sent(self.record, Fate::Doubtful);
        }
        if !cx.source.has_page() {
            return cx.disconnect(Cause::Success);
        }
        start(offered, resent, cx)
    }
}

/// What the far machine said about a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// MCF, PIP.
    Confirmed,
    /// RTP.
    Poor,
    /// RTN, PIN, as often as we were ready to try.
    Rejected,
    /// ERR.
    Incomplete,
}

impl Train {
    fn enter(job: Job, cx: &mut Context<'_>) -> State {
        cx.expect_control();
        cx.emit(Event::Settled(job.terms));
        let settings = &cx.core.settings;
        let tsi = cx.ident(IdentKind::Tsi, settings.identification.reveal());
        let text = |kind, text: &Option<crate::Private<String>>, bit| {
            let text = text.as_ref().filter(|_| job.dcs.has(bit))?;
            cx.ident(kind, text.reveal())
        };
        let sub = text(IdentKind::Sub, &settings.sub_address, Bit::SUB);
        let sid = text(IdentKind::Sid, &settings.sender_identification, Bit::PASSWORD);
        let mut all = [Body::Dcs(job.dcs); 4];
        let mut count = 0;
        for (place, body) in all.iter_mut().zip([tsi, sub, sid].into_iter().flatten()) {
            *place = body;
            count += 1;
        }
        cx.control_and_tcf(all.get(..=count).unwrap_or_default(), job.terms.opening);
        State::Train(Self { job })
    }
}

impl Phase for Train {
    fn awaited(&self) -> Awaited {
        Awaited::Confirmation
    }

    fn exhausted(&self) -> Cause {
        Cause::NoAnswerToTraining
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        match body {
            Body::Plain(Fcf::Cfr) => Some(self.job.send(Training::Short, cx)),
            Body::Plain(Fcf::Ftt) => Some(match self.job.slower(cx) {
                Some(job) => Self::enter(job, cx),
                None => cx.disconnect(Cause::CannotTrain),
            }),
            // It was on its way when we spoke.
            Body::Dis(_) | Body::Dtc(_) if cx.is_speaking() => cx.echo(body),
            Body::Dis(_) | Body::Dtc(_) => cx.repeat(Cause::DisInsteadOfAnswer),
            Body::Dcs(_) | Body::Plain(Fcf::Mcf | Fcf::Rtn | Fcf::Rtp) => cx.echo(body),
            Body::Opaque(Fcf::Fnv, _) => Some(cx.disconnect(Cause::FieldRefused)),
            other => cx.unexpected(other),
        }
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        if timer == Timer::T4 { cx.repeat(self.exhausted()) } else { None }
    }
}

impl SendPage {
    fn enter(job: Job, training: Training, cx: &mut Context<'_>) -> State {
        cx.fast(Step::Page(job.terms.opening.with_training(training)));
        State::SendPage(Self { job })
    }
}

impl Phase for SendPage {
    fn awaited(&self) -> Awaited {
        Awaited::Receipt
    }

    fn exhausted(&self) -> Cause {
        Cause::NoAnswerToPage
    }

    fn said(&mut self, cx: &mut Context<'_>) -> Next {
        self.job.record.octets = cx.core.speaker.octets();
        Some(AwaitConfirmation::enter(self.job, cx))
    }

    /// A late copy of an answer, or an echo: nobody can have meant it for the page.
    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        cx.echo(body)
    }

    fn asked_again(&mut self, _: &mut Context<'_>) -> Next {
        None
    }

    fn unknown(&mut self, _: &mut Context<'_>) -> Next {
        None
    }

    fn expired(&mut self, _: Timer, _: &mut Context<'_>) -> Next {
        None
    }
}

impl AwaitConfirmation {
    fn enter(job: Job, cx: &mut Context<'_>) -> State {
        let then = job.post_page(cx);
        let then = cx.with_wish(then);
        let command = then.fcf().unwrap_or(Fcf::Eop);
        cx.plain(command, Then::Response);
        State::AwaitConfirmation(Self { job, then })
    }
}

impl Phase for AwaitConfirmation {
    fn awaited(&self) -> Awaited {
        receipt(self.then)
    }

    fn exhausted(&self) -> Cause {
        Cause::NoAnswerToPage
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        match body {
            Body::Plain(answer @ (Fcf::Pip | Fcf::Pin)) if cx.has_operator() => {
                let before = Self { job: self.job, then: self.then };
                Some(AwaitOperator::enter(Before::Page(before), *answer, cx))
            }
            // T30-6: nobody is here who could speak.
            Body::Plain(Fcf::Mcf | Fcf::Pip) => Some(self.job.done(self.then, Answer::Confirmed, cx)),
            Body::Plain(Fcf::Rtp) => Some(self.job.done(self.then, Answer::Poor, cx)),
            Body::Plain(Fcf::Rtn | Fcf::Pin) => Some(self.job.rejected(self.then, cx)),
            Body::Dis(dis) => Some(self.job.offered_anew(*dis, self.then, cx)),
            Body::Plain(Fcf::Cfr) => cx.echo(body),
            Body::Plain(fcf) if PostPage::of(*fcf).is_some() => cx.echo(body),
            other => cx.unexpected(other),
        }
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        if timer == Timer::T4 { cx.repeat(self.exhausted()) } else { None }
    }
}

/// What is waited for after a page with this command.
pub(super) fn receipt(then: PostPage) -> Awaited {
    if then.without_interrupt() == PostPage::Eop { Awaited::LastReceipt } else { Awaited::Receipt }
}
