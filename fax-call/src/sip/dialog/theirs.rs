//! What the peer offers, and how it is answered.

use super::*;
use crate::sip::voice::mirrored;
use fax_t38::sdp::{Media, answer};

/// How long a decision may take (SIP-7).
const HOLD: Span = Span::from_millis(5_000);

impl Dialog {
    /// Sends a provisional response to the peer's INVITE; with audio, if `early` says which.
    pub fn progress(&mut self, code: u16, early: Option<&Audio>) {
        let Stage::Invited(opening) = &self.stage else { return };
        let body = match (opening.as_ref().clone(), early) {
            (Opening::Audio(voice), Some(early)) => self.answer_voice(&voice, Some(early)),
            _ => None,
        };
        let body = body.map(|description| octets(&description)).unwrap_or_default();
        self.commands.push_back(Command::Progress { code, body });
    }

    /// Accepts the peer's INVITE. `like` is the audio of the other leg: the same law is taken if it can be. False if
    /// nothing is agreed then; the INVITE is refused.
    pub fn accept(&mut self, now: Timestamp, like: Option<&Audio>) -> bool {
        let Stage::Invited(opening) = &self.stage else { return false };
        let body = match opening.as_ref().clone() {
            Opening::Audio(voice) => self.answer_voice(&voice, like),
            Opening::Fax(offer) => self.answer_with_fax(&offer),
            Opening::Nothing => {
                if let Some(like) = like {
                    self.codecs = Codecs { laws: vec![like.law], events: like.events, red: None };
                }
                let offer = self.audio_offer(Direction::Both);
                self.said.local = Some(offer.clone());
                self.theirs = Theirs::AnswerDue(now + FAREWELL, Box::new(offer.clone()));
                Some(offer)
            }
        };
        let Some(body) = body else {
            self.bye(now, 488);
            return false;
        };
        self.stage = Stage::Up;
        self.unacknowledged = Some(now);
        let timer = self.clock.answer_first(now);
        self.commands.push_back(Command::Accept { body: octets(&body), timer });
        true
    }

    /// Takes the peer's offer, whatever it is about: [`Dialog::asked`] says it.
    pub fn consent(&mut self, now: Timestamp) {
        let Theirs::Asked(asked) = core::mem::replace(&mut self.theirs, Theirs::Nothing) else { return };
        let Asked { offer, ask, timer, since, .. } = *asked;
        let (before, media) = (self.direction, if ask == Ask::Fax { Kind::T38 } else { Kind::Audio });
        let was_fax = self.t38().is_some();
        let body = match ask {
            Ask::Fax => self.answer_with_fax(&offer),
            Ask::Audio | Ask::OldAudio => self.answer_with_audio(&offer),
        };
        let Some(body) = body else { return self.turn_down(now, media, since, 488) };
        self.accept_request(now, &timer, octets(&body));
        if media == Kind::T38 {
            self.forget_fax();
        }
        if media == Kind::T38 || was_fax {
            self.notices.push_back(Notice::Agreed { by: By::Peer, media, after: now.since(since) });
        }
        if media == Kind::Audio && self.direction != before {
            self.notices.push_back(Notice::Turned(self.direction));
        }
    }

    /// Refuses the peer's offer with `code`. If it is about fax and has audio as well, audio is taken instead.
    pub fn decline(&mut self, now: Timestamp, code: u16) {
        let Theirs::Asked(asked) = core::mem::replace(&mut self.theirs, Theirs::Nothing) else { return };
        let Asked { offer, ask, timer, since, .. } = *asked;
        let media = if ask == Ask::Fax { Kind::T38 } else { Kind::Audio };
        let has_choice = ask == Ask::Fax && self.is_up();
        match has_choice.then(|| self.answer_with_audio(&offer)).flatten() {
            Some(body) => {
                self.accept_request(now, &timer, octets(&body));
                let after = now.since(since);
                self.notices.push_back(Notice::Declined { by: By::Peer, media, code: 200, after });
            }
            None => self.turn_down(now, media, since, code),
        }
    }

    /// Says again what holds, as if the offer had been a refresh (SIP-8).
    pub fn insist(&mut self, now: Timestamp) {
        let Theirs::Asked(asked) = core::mem::replace(&mut self.theirs, Theirs::Nothing) else { return };
        self.say_again(now, &asked.timer);
    }

    fn turn_down(&mut self, now: Timestamp, media: Kind, since: Timestamp, code: u16) {
        self.refuse(code, None, None);
        let after = now.since(since);
        self.notices.push_back(Notice::Declined { by: By::Peer, media, code, after });
    }

    pub(super) fn offered(&mut self, now: Timestamp, by: Method, body: &Bytes, timer: SessionTimer) {
        if by == Method::Update {
            self.refresh_by = Method::Update;
        }
        match self.stage {
            Stage::Leaving { .. } | Stage::Over => return self.refuse(481, None, None),
            // Its own INVITE has no answer yet, or another request waits (RFC 3261 14.2, RFC 3311 5.2).
            Stage::Invited(_) if !body.is_empty() => return self.refuse_for_now(),
            _ if matches!(self.theirs, Theirs::Asked(_)) => return self.refuse_for_now(),
            _ => {}
        }
        if let min_se @ Some(_) = self.clock.too_short(&timer) {
            return self.refuse(422, None, min_se);
        }
        if by == Method::Update && body.is_empty() {
            let timer = self.clock.answer(now, &timer);
            self.commands.push_back(Command::Accept { body: Bytes::new(), timer });
            self.notices.push_back(Notice::Refreshed(By::Peer));
            return;
        }
        let calling = matches!(self.stage, Stage::Calling(_));
        if !calling && self.ours.is_some() || matches!(self.theirs, Theirs::AnswerDue(..)) {
            self.notices.push_back(Notice::Glare);
            return self.refuse(491, None, None);
        }
        if body.is_empty() {
            if calling {
                return self.refuse(491, None, None);
            }
            return self.offer_in_answer(now, &timer);
        }
        let Ok(offer) = Description::parse(body) else { return self.refuse(400, None, None) };
        self.consider(now, offer, timer);
    }

    /// A re-INVITE without an offer gets what holds, word for word; but audio that rests is offered anew, as some end
    /// hold that way.
    fn offer_in_answer(&mut self, now: Timestamp, timer: &SessionTimer) {
        let offer = match &self.agreed {
            Order::Audio(_) => Some(self.audio_offer(Direction::Both)),
            _ => self.current(),
        };
        let Some(offer) = offer else { return self.refuse(491, None, None) };
        self.accept_request(now, timer, octets(&offer));
        self.notices.push_back(Notice::Refreshed(By::Peer));
        self.theirs = Theirs::AnswerDue(now + FAREWELL, Box::new(offer));
    }

    /// Answers what needs no decision; the rest waits.
    fn consider(&mut self, now: Timestamp, offer: Description, timer: SessionTimer) {
        let same = self.said.remote.as_ref().is_some_and(|remote| same_session(remote, &offer));
        if same && self.is_up() && self.said_holds() {
            return self.say_again(now, &timer);
        }
        let old =
            self.said.audio.as_ref().is_some_and(|audio| {
                same_session(audio, &offer) && audio.origin.version == offer.origin.version
            });
        let ask = if is_fax(&self.settings, &offer) {
            Ask::Fax
        } else if Voice::read(&offer).is_some_and(|(_, voice)| self.law_of(&voice).is_some()) {
            if old && self.t38().is_some() { Ask::OldAudio } else { Ask::Audio }
        } else {
            return self.refuse(488, None, None);
        };
        let media = if ask == Ask::Fax { Kind::T38 } else { Kind::Audio };
        if media == Kind::T38 || self.t38().is_some() {
            self.notices.push_back(Notice::Offered(By::Peer, media));
        }
        self.theirs = Theirs::Asked(Box::new(Asked { offer, ask, timer, since: now, until: now + HOLD }));
    }

    /// Accepts with what holds: nothing changes, not even a version.
    fn say_again(&mut self, now: Timestamp, timer: &SessionTimer) {
        let body = self.current().as_ref().map(octets).unwrap_or_default();
        self.accept_request(now, timer, body);
        self.notices.push_back(Notice::Refreshed(By::Peer));
    }

    fn accept_request(&mut self, now: Timestamp, timer: &SessionTimer, body: Bytes) {
        let timer = self.clock.answer(now, timer);
        self.commands.push_back(Command::Accept { body, timer });
    }

    fn refuse(&mut self, code: u16, retry_after: Option<Span>, min_se: Option<Span>) {
        self.commands.push_back(Command::Refuse { code, retry_after, min_se });
    }

    /// RFC 3261 14.2: 0 to 10 s.
    fn refuse_for_now(&mut self) {
        let wait = self.chance.wait(0, 10_000, 1_000);
        self.refuse(500, Some(wait), None);
    }

    pub(super) fn acknowledged(&mut self, body: &Bytes) {
        self.unacknowledged = None;
        if let Stage::Leaving { until, farewell: Farewell::AfterAck } = self.stage {
            self.commands.push_back(Command::Bye);
            self.stage = Stage::Leaving { until, farewell: Farewell::Bye };
        }
        let Theirs::AnswerDue(_, offer) = &self.theirs else { return };
        let (offer, before) = (offer.as_ref().clone(), self.direction);
        self.theirs = Theirs::Nothing;
        let answer = Description::parse(body).ok();
        if self.t38().is_some() {
            return self.refresh_answered(answer);
        }
        let taken = answer.is_some_and(|answer| self.take_audio(offer, answer));
        if !taken && self.agreed == Order::Nothing {
            self.notices.push_back(Notice::Unusable);
        }
        if self.direction != before {
            self.notices.push_back(Notice::Turned(self.direction));
        }
    }

    /// Our answer to audio. `like` is the audio of the other leg.
    fn answer_voice(&mut self, voice: &Voice, like: Option<&Audio>) -> Option<Description> {
        let offer = self.said.remote.clone()?;
        // What was said early holds.
        let law = self.audio().map(|audio| audio.law).or_else(|| like.map(|audio| audio.law));
        self.codecs.events = voice.events.filter(|_| like.is_none_or(|like| like.events.is_some()));
        self.answer_audio(&offer, voice, law)
    }

    fn answer_with_audio(&mut self, offer: &Description) -> Option<Description> {
        let (_, voice) = Voice::read(offer)?;
        let law = self.law_of(&voice)?;
        self.answer_audio(offer, &voice, Some(law))
    }

    fn answer_audio(&mut self, offer: &Description, voice: &Voice, law: Option<Law>) -> Option<Description> {
        let (slot, _) = Voice::read(offer)?;
        let allowed = |law: &Law| self.settings.laws.contains(law);
        let law = law.filter(|law| voice.laws.contains(law) && allowed(law));
        let law = law.or_else(|| voice.laws.iter().copied().find(allowed))?;
        let events = self.codecs.events.and(voice.events);
        let red = voice.red.filter(|_| self.settings.red).map(|red| red.payload_type);
        let codecs = Codecs { laws: vec![law], events, red };
        let audio = voice.agree(&codecs, Some(law), self.settings.packet)?;
        self.codecs = codecs;
        let line = self.audio_line(mirrored(voice.direction));
        let mut lines: Vec<Media> = offer.media.iter().map(Media::refused).collect();
        *lines.get_mut(slot)? = line;
        let host = Some(Host::Ip(self.settings.local.host));
        let description = self.said.say(Description { host, media: lines, ..Description::default() });
        self.said.agree(description.clone(), offer.clone());
        self.direction = voice.direction;
        self.agreed = Order::Audio(audio);
        Some(description)
    }

    fn answer_with_fax(&mut self, offer: &Description) -> Option<Description> {
        let local = self.sdp_local(Some(self.audio_line(Direction::Both)));
        let answer = answer(&self.settings.abilities, &self.settings.policy, &local, offer).ok()?;
        let remote = address(&answer.session)?;
        let description = self.said.say(answer.description);
        self.said.agree(description.clone(), offer.clone());
        self.agree_fax(remote, answer.session);
        Some(description)
    }

    /// The law to answer with: the one we speak, if the peer still has it.
    fn law_of(&self, voice: &Voice) -> Option<Law> {
        let now = self.codecs.laws.iter().find(|law| voice.laws.contains(law));
        let other = || voice.laws.iter().find(|law| self.settings.laws.contains(law));
        now.or_else(other).copied()
    }
}

/// Whether that offer leads to fax, to an address that is a number.
pub(super) fn is_fax(settings: &LegSettings, offer: &Description) -> bool {
    let origin = Origin::new(settings.local.origin, settings.local.host);
    let (host, port) = (settings.local.host, settings.local.udptl_port);
    let local = fax_t38::sdp::Local { origin, host, port, audio: None };
    let answer = answer(&settings.abilities, &settings.policy, &local, offer);
    answer.is_ok_and(|answer| address(&answer.session).is_some())
}
