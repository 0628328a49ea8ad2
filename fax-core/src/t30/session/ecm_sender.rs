//! The sender of pages with ECM: rows E1 to E7.
//!
//! From: T.4 Annex A, T.30 Annex A; whether CTC or EOR follows the fourth request is field practice.

use super::block::{Block, FrameSet};
use super::context::Context;
use super::desk::Verdict;
use super::event::Event;
use super::operator::{AwaitOperator, Before};
use super::outcome::{Awaited, Cause};
use super::sender::{Answer, Job, receipt};
use super::speaker::{Step, Then};
use super::state::{Next, Phase, State};
use super::timers::Timer;
use crate::signal::{Opening, Training};
use crate::t30::{Body, Ctc, Fcf, PostPage, Ppr, Pps};

/// A block of the page that is being sent.
#[derive(Clone, Copy, Debug)]
struct Piece {
    job: Job,
    /// Block of the page.
    number: u8,
    /// Frames of the block.
    frames: u16,
    /// The octet behind the block, read to know whether there is one.
    ahead: Option<u8>,
    then: PostPage,
    /// Frames of the burst.
    wanted: FrameSet,
    /// Requests since the block began or CTC was answered.
    requests: u8,
    training: Training,
}

/// Frames are on the line: E1.
#[derive(Debug)]
pub(super) struct SendBlock(Piece);

/// PPS or RR is out: E2 to E4.
#[derive(Clone, Copy, Debug)]
pub(super) struct AwaitReceipt(Piece);

/// CTC or EOR is out after the fourth request: E5 to E7.
#[derive(Debug)]
pub(super) struct Correct {
    piece: Piece,
    with: Correction,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Correction {
    /// CTC: the same block at this rate.
    Rate(Opening),
    /// EOR: on without what is missing.
    GiveUp,
}

impl SendBlock {
    /// The first block of a page that the source has begun.
    pub(super) fn page(job: Job, training: Training, cx: &mut Context<'_>) -> State {
        Self::block(job, 0, None, training, cx)
    }

    fn block(job: Job, number: u8, ahead: Option<u8>, training: Training, cx: &mut Context<'_>) -> State {
        cx.core.block.clear(job.terms.ecm);
        let (octets, ahead) = fill(ahead, cx);
        let frames = octets.div_ceil(cx.core.block.size()).clamp(1, Block::FRAMES) as u16;
        let then = if ahead.is_some() { PostPage::Null } else { job.post_page(cx) };
        let mut piece = Piece {
            job,
            number,
            frames,
            ahead,
            then,
            wanted: FrameSet::first(frames),
            requests: 0,
            training,
        };
        piece.job.record.octets = piece.job.record.octets.saturating_add(octets as u32);
        Self::enter(piece, cx)
    }

    fn enter(piece: Piece, cx: &mut Context<'_>) -> State {
        cx.expect_control();
        cx.emit(Event::BlockSent { block: piece.number, frames: piece.wanted.len() });
        cx.fast(Step::Block(piece.job.terms.opening.with_training(piece.training), piece.wanted));
        State::SendBlock(Self(Piece { training: Training::Short, ..piece }))
    }
}

impl Phase for SendBlock {
    fn awaited(&self) -> Awaited {
        Awaited::Receipt
    }

    fn exhausted(&self) -> Cause {
        Cause::NoAnswerToPage
    }

    fn said(&mut self, cx: &mut Context<'_>) -> Next {
        let piece = Piece { then: cx.with_wish(self.0.then), ..self.0 };
        let pps = Pps {
            then: piece.then,
            page: piece.job.record.number as u8,
            block: piece.number,
            last_frame: piece.wanted.len().saturating_sub(1) as u8,
        };
        cx.control(&[Body::Pps(pps)], Then::Response);
        Some(State::AwaitReceipt(AwaitReceipt(piece)))
    }

    /// A late copy of an answer, or an echo.
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

impl Piece {
    /// The block is done with.
    fn done(mut self, answer: Answer, cx: &mut Context<'_>) -> State {
        if answer == Answer::Incomplete {
            self.job.record.verdict = Verdict::Incomplete; // whatever is said of the blocks to come
        }
        let is_holed = self.job.record.verdict == Verdict::Incomplete;
        let answer = if is_holed && answer == Answer::Confirmed { Answer::Incomplete } else { answer };
        match self.then {
            PostPage::Null => {
                SendBlock::block(self.job, self.number.wrapping_add(1), self.ahead, Training::Short, cx)
            }
            then => self.job.done(then, answer, cx),
        }
    }

    /// PPR: what it asks for again, as far as it exists; after the fourth time something has to change.
    fn requested(mut self, ppr: &Ppr, cx: &mut Context<'_>) -> State {
        let mut wanted = FrameSet::default();
        let exist = (0..=u8::MAX).take(usize::from(self.frames));
        exist.filter(|number| ppr.asks_for(*number)).for_each(|number| wanted.insert(number));
        if wanted.is_empty() {
            return self.done(Answer::Confirmed, cx);
        }
        let frames = wanted.len();
        cx.emit(Event::FramesMissing { block: self.number, frames });
        self.requests = self.requests.saturating_add(1);
        self.job.record.requests = self.job.record.requests.saturating_add(1);
        self.job.record.frames_resent = self.job.record.frames_resent.saturating_add(frames.into());
        let is_progress = frames < self.wanted.len();
        self.wanted = wanted;
        if self.requests < cx.settings().requests {
            SendBlock::enter(self, cx)
        } else {
            Correct::enter(self, is_progress, cx)
        }
    }
}

impl Phase for AwaitReceipt {
    fn awaited(&self) -> Awaited {
        receipt(self.0.then)
    }

    fn exhausted(&self) -> Cause {
        Cause::NoAnswerToPage
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        let piece = self.0;
        match body {
            Body::Plain(answer @ (Fcf::Pip | Fcf::Pin))
                if cx.has_operator() && piece.then != PostPage::Null =>
            {
                Some(AwaitOperator::enter(Before::Block(Self(piece)), *answer, cx))
            }
            Body::Plain(Fcf::Mcf | Fcf::Pip) => Some(piece.done(Answer::Confirmed, cx)),
            Body::Plain(Fcf::Rtp) => Some(piece.done(Answer::Poor, cx)),
            Body::Plain(Fcf::Rtn | Fcf::Pin) if piece.then != PostPage::Null => {
                Some(piece.job.rejected(piece.then, cx))
            }
            Body::Ppr(ppr) => Some(piece.requested(ppr, cx)),
            Body::Plain(Fcf::Rnr) => cx.not_ready(Fcf::Rr, Then::Response),
            Body::Dis(dis) => Some(piece.job.offered_anew(*dis, piece.then, cx)),
            Body::Pps(_) | Body::Eor(_) | Body::Ctc(_) => cx.echo(body),
            Body::Plain(Fcf::Rr | Fcf::Cfr | Fcf::Ctr) => cx.echo(body),
            other => cx.unexpected(other),
        }
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        match timer {
            Timer::T4 => cx.repeat(self.exhausted()),
            _ => None,
        }
    }
}

impl Correct {
    /// A lower rate while there is one; at the lowest, the same as long as frames get through; else the
    /// block is given up.
    fn enter(piece: Piece, is_progress: bool, cx: &mut Context<'_>) -> State {
        let same = is_progress.then_some(piece.job.terms.opening);
        let rate = piece.job.lower(cx).or(same);
        let with = match rate.and_then(|rate| Some((rate, Ctc::new(rate)?))) {
            Some((rate, ctc)) => {
                cx.control(&[Body::Ctc(ctc)], Then::Response);
                Correction::Rate(rate)
            }
            None => {
                cx.control(&[Body::Eor(piece.then)], Then::Response);
                Correction::GiveUp
            }
        };
        State::Correct(Self { piece, with })
    }
}

impl Phase for Correct {
    fn awaited(&self) -> Awaited {
        receipt(self.piece.then)
    }

    fn exhausted(&self) -> Cause {
        Cause::NoAnswerToCorrection
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        let mut piece = self.piece;
        match (body, self.with) {
            (Body::Plain(Fcf::Ctr), Correction::Rate(rate)) => {
                piece.job = piece.job.at(rate).unwrap_or(piece.job);
                (piece.requests, piece.training) = (0, Training::Long);
                Some(SendBlock::enter(piece, cx))
            }
            (Body::Plain(Fcf::Err | Fcf::Mcf), Correction::GiveUp) => {
                Some(piece.done(Answer::Incomplete, cx))
            }
            (Body::Plain(Fcf::Rnr), Correction::GiveUp) => cx.not_ready(Fcf::Rr, Then::Response),
            (Body::Ctc(_) | Body::Eor(_) | Body::Pps(_) | Body::Ppr(_), _) => cx.echo(body),
            (other, _) => cx.unexpected(other),
        }
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        match timer {
            Timer::T4 => cx.repeat(self.exhausted()),
            _ => None,
        }
    }
}

/// Fills the block from the source: its octets, and the one behind it if there is more.
fn fill(ahead: Option<u8>, cx: &mut Context<'_>) -> (usize, Option<u8>) {
    let room = cx.core.block.room();
    let mut octets = 0;
    if let (Some(first), Some(place)) = (ahead, room.first_mut()) {
        *place = first;
        octets = 1;
    }
    while let Some(free) = room.get_mut(octets..).filter(|free| !free.is_empty()) {
        let count = cx.source.read(free).min(free.len());
        if count == 0 {
            return (octets, None);
        }
        octets += count;
    }
    let mut behind = [0];
    let is_more = cx.source.read(&mut behind) > 0;
    (octets, is_more.then_some(behind[0]))
}
