//! What we hear: the peer's requests, and its responses to ours.

use super::super::body::description;
use super::super::message::{cseq, q850, retry_after, seconds, session_timer, value};
use super::*;
use fax_core::Private;

impl Dialog {
    pub(super) async fn hear(&mut self, inbound: Inbound) {
        match inbound {
            Inbound::Request(transaction) => self.asked_by_peer(*transaction).await,
            Inbound::Response { serial, answer } => self.answered(serial, answer).await,
            Inbound::Acknowledged { body } => {
                self.unacknowledged = false;
                self.tell(Event::Acknowledged { body }).await;
                self.bye().await;
            }
            Inbound::Unacknowledged => {
                self.unacknowledged = false;
                self.lost().await;
            }
            Inbound::Cancelled { serial } => self.cancelled(serial).await,
            Inbound::Forked(response) => self.forked(&response).await,
        }
    }

    async fn asked_by_peer(&mut self, transaction: Transaction) {
        self.serial = self.serial.wrapping_add(1);
        let mut question = Question::serve(&self.shared, transaction, self.serial, self.inbox.clone());
        if let Some(live) =
            self.live().filter(|_| matches!(question.request.method, Method::Invite | Method::Update))
        {
            live.line.retarget(value(&question.request, "Contact"));
        }
        match question.request.method {
            Method::Bye => {
                self.answer(&mut question, 200);
                let cause = q850(&question.request);
                self.over(Gone::Bye(cause)).await;
            }
            Method::Invite | Method::Update => self.offered(question).await,
            Method::Info | Method::Refer | Method::Notify | Method::Message | Method::Options => {
                self.requested(question).await
            }
            Method::PRack => self.answer(&mut question, 481), // we send no reliable provisional
            _ => self.answer(&mut question, 405),
        }
    }

    async fn offered(&mut self, mut question: Question) {
        if self.ending != Ending::No {
            self.answer(&mut question, 491);
            return;
        }
        if self.asked.is_some() {
            // RFC 3261 14.2, RFC 3311 5.2: one at a time, and not all at the same moment again.
            let mut response = self.shared.response(&question.request, 500, "");
            put(&mut response.headers, "Retry-After", self.shared.random_below(11).to_string());
            question.answer(response);
            return;
        }
        let by = match question.request.method {
            Method::Invite => sip::Method::ReInvite,
            _ => sip::Method::Update,
        };
        if by == sip::Method::ReInvite {
            self.answer(&mut question, 100);
        }
        let event = Event::Offered {
            by,
            body: description(&question.request, &question.request.body),
            timer: session_timer(&question.request),
        };
        self.asked = Some(question);
        self.tell(event).await;
    }

    async fn requested(&mut self, mut question: Question) {
        if self.theirs.len() >= MOST_OPEN {
            self.answer(&mut question, 503);
            return;
        }
        let request = &question.request;
        let about = match request.method {
            Method::Refer => value(request, "Refer-To"),
            _ => value(request, "Event"),
        };
        let event = sip::Request {
            id: RequestId(question.serial),
            method: request.method.to_string(),
            content_type: value(request, "Content-Type").unwrap_or_default().to_owned(),
            about: Private::new(about.unwrap_or_default().to_owned()),
            body: Bytes::copy_from_slice(&request.body),
        };
        self.theirs.push(question);
        self.tell(Event::Requested(event)).await;
    }

    async fn cancelled(&mut self, serial: Serial) {
        let Some(mut question) = self.asked.take_if(|asked| asked.serial == serial) else { return };
        self.answer(&mut question, 487);
        if self.live().is_some_and(|live| live.stage == Stage::Called) {
            self.tell(Event::Cancelled).await;
            self.over(Gone::AsAsked).await;
        }
    }

    async fn answered(&mut self, serial: Serial, answer: Answer) {
        let Some(at) = self.ours.iter().position(|ours| ours.serial == serial) else { return };
        if answer.code() < 200 {
            self.provisional(at, &answer).await;
            return;
        }
        let mut ours = self.ours.swap_remove(at);
        if let (401 | 407, false, Some(challenge)) = (answer.code(), ours.retried, answer.response()) {
            let wanted = self.ending == Ending::No || ours.what == What::Bye;
            if let Some(again) = wanted.then(|| self.with_credentials(&ours, challenge)).flatten() {
                self.send(ours.what, again, true);
                return;
            }
        }
        let unreliable = answer.response().filter(|_| self.ending == Ending::No);
        if let Some(again) = unreliable.and_then(|refusal| self.with_reliable(&ours, refusal)) {
            self.send(ours.what, again, false);
            return;
        }
        ours.retried = true;
        match ours.what {
            What::Invite => self.invite_answered(ours, answer).await,
            What::Offer(by) => self.offer_answered(ours, by, answer).await,
            What::Bye => self.over(Gone::AsAsked).await,
            What::Request(id) => {
                self.tell(Event::Responded { id, code: answer.code() }).await;
                if answer.code() == 481 {
                    self.lost().await;
                }
            }
            What::Cancel | What::Aside => {}
        }
    }

    async fn provisional(&mut self, at: usize, answer: &Answer) {
        let Some((what, number)) = self.ours.get(at).map(|ours| (ours.what, ours.cseq)) else { return };
        let (What::Invite | What::Offer(_), Some(response)) = (what, answer.response()) else { return };
        if what == What::Invite {
            if let Some(live) = self.live() {
                live.stage = Stage::Ringing;
                live.line.establish(response);
            }
            if self.ending == Ending::No && !self.acknowledge_provisional(number, response) {
                return;
            }
            self.cancel();
        }
        if answer.code() > 100 {
            let body = description(response, &response.body);
            self.tell(Event::Progress { code: answer.code(), body }).await;
        }
    }

    async fn invite_answered(&mut self, ours: Ours, answer: Answer) {
        let response = answer.response().filter(|_| answer.code() < 300);
        let Some(response) = response else {
            if self.ending == Ending::No {
                self.tell(refusal(&answer)).await;
            }
            self.over(Gone::AsAsked).await;
            return;
        };
        if let Some(live) = self.live() {
            live.line.establish(response);
            live.stage = Stage::Up;
            let (name, tag) = (live.name.clone(), live.line.remote_tag.clone());
            if let Some(known) = self.shared.table().dialogs.get_mut(&name) {
                known.remote_tag = tag;
            }
        }
        self.renew_way().await;
        if self.ending == Ending::No {
            self.accepted(ours, response).await;
        } else {
            // Our CANCEL came too late.
            self.send_ack(&ours, Bytes::new()).await;
            self.ending = Ending::Wanted;
            self.bye().await;
        }
    }

    async fn offer_answered(&mut self, ours: Ours, by: sip::Method, answer: Answer) {
        match answer.response().filter(|_| answer.code() < 300) {
            Some(response) => {
                if let Some(live) = self.live() {
                    live.line.retarget(value(response, "Contact"));
                }
                match by {
                    sip::Method::ReInvite => self.accepted(ours, response).await,
                    sip::Method::Update => self.tell(accepted(response)).await,
                }
            }
            None => {
                self.tell(refusal(&answer)).await;
                // RFC 5057: these two end the dialog.
                if matches!(answer.code(), 408 | 481) {
                    self.lost().await;
                }
            }
        }
    }

    /// A 2xx to an INVITE: acknowledged at once, unless the answer is to be in the ACK.
    async fn accepted(&mut self, ours: Ours, response: &Response) {
        match ours.request.body.is_empty() && self.ending == Ending::No {
            true => self.owed = Some(ours),
            false => self.send_ack(&ours, Bytes::new()).await,
        }
        self.tell(accepted(response)).await;
    }

    /// The peer does not know the dialog, or does not answer any more: it is told once, and not waited for.
    async fn lost(&mut self) {
        if matches!(self.phase, Phase::Over) {
            return;
        }
        self.acknowledge(Bytes::new()).await;
        self.ending = Ending::Wanted;
        self.bye().await;
        self.over(Gone::Lost).await;
    }

    /// Another branch of our INVITE has accepted too: it is taken and given back (RFC 3261 13.2.2.4).
    async fn forked(&mut self, response: &Response) {
        let Some((number, _)) = cseq(response) else { return };
        let (ack_branch, bye_branch) = (self.branch(), self.branch());
        let Phase::Live(live) = &self.phase else { return };
        let mut other = live.line.clone();
        other.establish(response);
        let ack = other.ack(number, &live.way, &ack_branch);
        let bye = other.request(Method::Bye, &live.way, &bye_branch);
        if let Some(ack) = ack {
            let tag = other.remote_tag.clone().unwrap_or_default();
            let kept = Kept { cseq: number, tag, message: SipMessage::Request(ack), way: live.way.clone() };
            kept.send(&self.shared).await;
            if let Some(known) = self.shared.table().dialogs.get_mut(&live.name) {
                known.keep(kept);
            }
        }
        if let Some(bye) = bye {
            self.send(What::Aside, bye, true);
        }
    }

    fn answer(&self, question: &mut Question, code: u16) {
        let response = self.shared.response(&question.request, code, "");
        question.answer(response);
    }
}

fn accepted(response: &Response) -> Event {
    Event::Accepted { body: description(response, &response.body), timer: session_timer(response) }
}

fn refusal(answer: &Answer) -> Event {
    let response = answer.response();
    Event::Refused {
        code: answer.code(),
        retry_after: response.and_then(retry_after),
        min_se: response.and_then(|response| {
            value(response, "Min-SE")?.split(';').next()?.trim().parse().ok().map(seconds)
        }),
    }
}
