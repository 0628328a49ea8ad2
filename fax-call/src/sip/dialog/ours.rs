//! What we offer, and what comes of it.

use super::*;
use crate::media::T38;
use fax_t38::sdp::{self, Flow, Media, audio_only, conclude};

/// How often an offer is put off before it counts as refused.
const TRIES: u8 = 3;

/// The longest Retry-After that is waited for: T.30 waits no longer than this for anything short of a call.
const LONGEST_RETRY: Span = Span::from_millis(10_000);

/// When a refresh that could not be made is tried again.
const REFRESH_AGAIN: Span = Span::from_millis(5_000);

impl Dialog {
    /// Offers T.38, at once or when the dialog is free. Nothing if T.38 is agreed or being offered.
    pub fn offer_fax(&mut self, now: Timestamp) {
        let offered = matches!(&self.ours, Some(Open { proposal: Proposal::T38(_), .. }));
        if self.t38().is_none() && !offered {
            self.wish_for(now, Kind::T38, Direction::Both);
        }
    }

    /// Offers audio that goes this way, at once or when the dialog is free.
    pub fn offer_audio(&mut self, now: Timestamp, direction: Direction) {
        self.wish_for(now, Kind::Audio, direction);
    }

    /// Whether an offer of T.38 is out, or will be.
    pub fn is_offering_fax(&self) -> bool {
        let wished = self.wish.is_some_and(|wish| wish.media == Kind::T38);
        wished || matches!(&self.ours, Some(Open { proposal: Proposal::T38(_), .. }))
    }

    /// Forgets an offer of T.38 that is not out yet.
    pub fn forget_fax(&mut self) {
        self.wish = self.wish.filter(|wish| wish.media != Kind::T38);
    }

    fn wish_for(&mut self, now: Timestamp, media: Kind, direction: Direction) {
        self.tries = 0;
        self.wish = Some(Wish { media, direction, at: now });
        self.proceed(now);
    }

    /// Sends what is wished for, or a refresh that is due, if nothing else is open.
    pub(super) fn proceed(&mut self, now: Timestamp) {
        let acknowledged = self.unacknowledged.is_none_or(|since| since + ACK_FOR_OFFER <= now);
        let free =
            self.is_up() && self.ours.is_none() && matches!(self.theirs, Theirs::Nothing) && acknowledged;
        if !free {
            if self.ours.is_none() && self.clock.refresh_at().is_some_and(|at| at <= now) {
                self.clock.put_off(now + REFRESH_AGAIN);
            }
            return;
        }
        if let Some(wish) = self.wish.filter(|wish| wish.at <= now) {
            self.wish = None;
            match wish.media {
                Kind::T38 => {
                    let offer = self.fax_offer();
                    let patience = Some(now + self.settings.patience);
                    let body = octets(&offer.description);
                    self.send(now, Proposal::T38(Box::new(offer)), patience, Method::ReInvite, body);
                }
                Kind::Audio => {
                    let offer = self.audio_offer(wish.direction);
                    let body = octets(&offer);
                    self.send(now, Proposal::Audio(offer), None, Method::ReInvite, body);
                }
            }
            self.notices.push_back(Notice::Offered(By::Us, wish.media));
        } else if self.clock.refresh_at().is_some_and(|at| at <= now) {
            let body = match (self.refresh_by, &self.said.local) {
                (Method::ReInvite, Some(local)) => octets(local),
                _ => Bytes::new(),
            };
            self.send(now, Proposal::Refresh, None, self.refresh_by, body);
        }
    }

    fn send(
        &mut self,
        now: Timestamp,
        proposal: Proposal,
        patience: Option<Timestamp>,
        by: Method,
        body: Bytes,
    ) {
        self.ours = Some(Open { proposal, since: now, patience });
        self.commands.push_back(Command::Offer { by, body, timer: self.clock.request() });
    }

    pub(super) fn invite(&mut self, now: Timestamp, proposal: Proposal) {
        let Stage::Calling(target) = &self.stage else { return };
        let body = match &proposal {
            Proposal::Audio(description) => octets(description),
            Proposal::T38(offer) | Proposal::GivenUp(offer) => octets(&offer.description),
            Proposal::Refresh => Bytes::new(),
        };
        let target = target.clone();
        self.commands.push_back(Command::Invite { target, body, timer: self.clock.request() });
        self.ours = Some(Open { proposal, since: now, patience: None });
    }

    pub(super) fn audio_line(&self, direction: Direction) -> Media {
        self.codecs.line(self.settings.local.rtp_port, self.settings.packet, direction)
    }

    pub(super) fn audio_offer(&mut self, direction: Direction) -> Description {
        let line = self.audio_line(direction);
        let offer = audio_only(&self.sdp_local(None), &line, self.lines());
        self.said.say(offer)
    }

    pub(super) fn fax_offer(&mut self) -> Offer {
        let local = self.sdp_local(Some(self.audio_line(Direction::Both)));
        let mut offer = Offer::new(&self.settings.abilities, &self.settings.policy, &local, self.lines());
        offer.description = self.said.say(offer.description);
        offer
    }

    /// The m-lines that hold; their number never shrinks.
    fn lines(&self) -> &[Media] {
        self.said.local.as_ref().map_or(&[], |local| &local.media)
    }

    /// Our side for `fax_t38::sdp`; the version is put in by [`Said::say`].
    pub(super) fn sdp_local(&self, audio: Option<Media>) -> sdp::Local {
        let local = &self.settings.local;
        sdp::Local { origin: self.said.origin.clone(), host: local.host, port: local.udptl_port, audio }
    }

    pub(super) fn progressed(&mut self, code: u16, body: &Bytes) {
        // A provisional response to a re-INVITE means nothing (SIP-4).
        if !matches!(self.stage, Stage::Calling(_)) {
            return;
        }
        if let Some(Open { proposal: Proposal::Audio(offer), .. }) = &self.ours
            && let Ok(answer) = Description::parse(body)
            && let Some((_, voice)) = Voice::read(&answer)
            && let Some(audio) = voice.agree(&self.codecs, None, self.settings.packet)
        {
            let offer = offer.clone();
            self.said.agree(offer, answer);
            self.direction = voice.direction;
            self.agreed = Order::Audio(audio);
        }
        self.notices.push_back(Notice::Progress { code, media: self.audio().is_some() });
    }

    pub(super) fn accepted(&mut self, now: Timestamp, body: &Bytes, timer: &SessionTimer) {
        match self.stage {
            // It crossed our CANCEL, or came after we had given up (SIP-4).
            Stage::Leaving { until, farewell: Farewell::Cancel } => {
                self.commands.push_back(Command::Bye);
                self.stage = Stage::Leaving { until, farewell: Farewell::Bye };
                return;
            }
            Stage::Leaving { .. } | Stage::Invited(_) | Stage::Over => return,
            Stage::Calling(_) | Stage::Up => {}
        }
        // A second final response has no request any more.
        let Some(open) = self.ours.take() else { return };
        self.clock.answered(now, timer);
        let answer = Description::parse(body).ok();
        if matches!(self.stage, Stage::Calling(_)) {
            self.stage = Stage::Up;
            self.call_answered(now, open.proposal, answer);
            return;
        }
        let after = now.since(open.since);
        match open.proposal {
            Proposal::T38(offer) => self.fax_answered(now, *offer, answer, after),
            Proposal::Audio(offer) => self.audio_answered(offer, answer, after),
            Proposal::Refresh => {
                self.refresh_answered(answer);
                self.notices.push_back(Notice::Refreshed(By::Us));
            }
            Proposal::GivenUp(offer) => {
                if let Some(answer) = answer {
                    self.said.agree(offer.description, answer);
                }
                self.notices.push_back(Notice::TooLate);
                self.wish_for(now, Kind::Audio, Direction::Both);
            }
        }
    }

    fn call_answered(&mut self, now: Timestamp, proposal: Proposal, answer: Option<Description>) {
        let agreed = match (proposal, answer) {
            (Proposal::Audio(offer), Some(answer)) => self.take_audio(offer, answer),
            // The answer came early and is not said again.
            (Proposal::Audio(_), None) => self.audio().is_some(),
            (Proposal::T38(offer) | Proposal::GivenUp(offer), Some(answer)) => self.take_fax(*offer, answer),
            _ => false,
        };
        if agreed {
            self.notices.push_back(Notice::Answered);
        } else {
            self.notices.push_back(Notice::Failed(488));
            self.bye(now, 488);
        }
    }

    /// SIP-3: port 0, or no image line at all, is a refusal that has cost us the audio as well.
    fn fax_answered(&mut self, now: Timestamp, offer: Offer, answer: Option<Description>, after: Span) {
        let description = offer.description.clone();
        let taken = answer.clone().is_some_and(|answer| self.take_fax(offer, answer));
        if taken {
            self.tries = 0;
            self.notices.push_back(Notice::Agreed { by: By::Us, media: Kind::T38, after });
            return;
        }
        if let Some(answer) = answer {
            self.said.agree(description, answer);
        }
        self.notices.push_back(Notice::Declined { by: By::Us, media: Kind::T38, code: 200, after });
        self.wish_for(now, Kind::Audio, Direction::Both);
    }

    fn audio_answered(&mut self, offer: Description, answer: Option<Description>, after: Span) {
        let media = Kind::Audio;
        let taken = answer.is_some_and(|answer| self.take_audio(offer, answer));
        self.notices.push_back(if taken {
            Notice::Agreed { by: By::Us, media, after }
        } else {
            Notice::Declined { by: By::Us, media, code: 200, after }
        });
    }

    /// Nothing new is agreed by a refresh. If the peer says another address, that counts (SIP-9).
    pub(super) fn refresh_answered(&mut self, answer: Option<Description>) {
        let (Some(answer), Some(local)) = (answer, self.said.local.clone()) else { return };
        match &self.agreed {
            Order::Audio(_) => {
                self.take_audio(local, answer);
            }
            Order::T38(before) => {
                let Some((_, media, _)) = answer.fax_lines().next() else { return };
                let Some(&Host::Ip(ip)) = answer.host_of(media) else { return };
                let flow = if answer.is_held(media) { Flow::Held } else { Flow::Running };
                let session =
                    Session { host: Host::Ip(ip), port: media.port, flow, ..before.session.clone() };
                let remote = SocketAddr::new(ip, media.port);
                let continues = session.continues(&before.session);
                self.agreed = Order::T38(T38 { remote, session, continues });
                self.said.agree(local, answer);
            }
            Order::Nothing | Order::Muted => {}
        }
    }

    /// Takes the peer's answer to our audio. False if there is nothing in common.
    pub(super) fn take_audio(&mut self, offer: Description, answer: Description) -> bool {
        let Some((_, voice)) = Voice::read(&answer) else { return false };
        let law = self.audio().map(|audio| audio.law);
        let Some(audio) = voice.agree(&self.codecs, law, self.settings.packet) else { return false };
        self.direction = voice.direction;
        self.agreed = Order::Audio(audio);
        self.said.agree(offer, answer);
        true
    }

    fn take_fax(&mut self, offer: Offer, answer: Description) -> bool {
        let Ok(session) = conclude(&offer, &answer) else { return false };
        let Some(remote) = address(&session) else { return false };
        self.agree_fax(remote, session);
        self.said.agree(offer.description, answer);
        true
    }

    pub(super) fn agree_fax(&mut self, remote: SocketAddr, session: Session) {
        let continues = self.t38().is_some_and(|before| session.continues(&before.session));
        self.agreed = Order::T38(T38 { remote, session, continues });
    }

    pub(super) fn refused(
        &mut self,
        now: Timestamp,
        code: u16,
        retry_after: Option<Span>,
        min_se: Option<Span>,
    ) {
        if let Stage::Leaving { farewell: Farewell::Cancel, .. } = self.stage {
            self.stage = Stage::Over;
            return;
        }
        let Some(open) = self.ours.take() else { return };
        if matches!(self.stage, Stage::Calling(_)) {
            if code == 422 && self.clock.raise(min_se) {
                self.invite(now, open.proposal);
            } else {
                self.stage = Stage::Over;
                self.agreed = Order::Nothing;
                self.notices.push_back(Notice::Failed(code));
            }
            return;
        }
        if matches!(code, 408 | 481) {
            return self.lost(now);
        }
        if code == 491 {
            self.notices.push_back(Notice::Glare);
        }
        let again = match code {
            491 => Some(self.glare_wait()),
            422 => self.clock.raise(min_se).then_some(Span::ZERO),
            _ => retry_after.filter(|&wait| wait <= LONGEST_RETRY && code >= 500 && code < 600),
        };
        let (media, direction) = match &open.proposal {
            Proposal::T38(_) => (Kind::T38, Direction::Both),
            Proposal::Audio(offer) => (Kind::Audio, offered_direction(offer)),
            Proposal::GivenUp(_) => return,
            Proposal::Refresh => return self.refresh_refused(now, again),
        };
        self.tries += 1;
        match again {
            Some(wait) if self.tries <= TRIES => {
                self.wish.get_or_insert(Wish { media, direction, at: now + wait });
            }
            _ => {
                let after = now.since(open.since);
                self.notices.push_back(Notice::Declined { by: By::Us, media, code, after });
            }
        }
    }

    /// The peer is there, but did not like it: by the other method, or later.
    fn refresh_refused(&mut self, now: Timestamp, again: Option<Span>) {
        let wait = match self.refresh_by {
            Method::Update if again.is_none() => Span::ZERO,
            _ => again.unwrap_or(REFRESH_AGAIN),
        };
        self.refresh_by = Method::ReInvite;
        self.clock.put_off(now + wait);
    }

    /// RFC 3261 14.1.
    fn glare_wait(&mut self) -> Span {
        match self.call_id {
            CallId::Ours => self.chance.wait(2_100, 4_000, 10),
            CallId::Theirs => self.chance.wait(0, 2_000, 10),
        }
    }

    /// A fax machine does not wait for ever in silence: audio goes on, and T.38 counts as refused.
    pub(super) fn lose_patience(&mut self, now: Timestamp) {
        let Some(open) = self.ours.take() else { return };
        self.ours = Some(match open {
            Open { proposal: Proposal::T38(offer), since, patience: Some(until) } if until <= now => {
                let (by, media, after) = (By::Us, Kind::T38, now.since(since));
                self.notices.push_back(Notice::Declined { by, media, code: 408, after });
                Open { proposal: Proposal::GivenUp(offer), since, patience: None }
            }
            open => open,
        });
    }
}

/// Which way the audio of an offer of ours goes.
fn offered_direction(offer: &Description) -> Direction {
    let mut live = offer.media.iter().filter(|media| media.port != 0);
    live.find(|media| media.is_audio()).map_or(Direction::Both, |media| media.direction)
}
