//! One dialog: whose offer is open, what was said, what is agreed, and every wait of it.
//!
//! It answers by itself what needs no decision: refreshes, glare, second finals, late answers. What needs one waits
//! in [`Dialog::asked`] for whoever knows the other leg.
//!
//! From: RFC 3261 14, RFC 3264, RFC 3311, RFC 4028; field notes SIP-1 to SIP-9, SDP-12, SDP-16.
//! Always: at most one offer is open, whoever made it; each request of the peer gets one final response; every wait
//! has an end; a refresh changes nothing of what is agreed.
//! Not here: when to offer T.38 (`switch`), the other leg (`bridge`).

mod ours;
mod theirs;

use super::chance::Chance;
use super::event::{By, Kind};
use super::seam::{Command, Event, Gone, Invitation, Method, Request, RequestId, SessionTimer, Target};
use super::session_timer::SessionClock;
use super::settings::LegSettings;
use super::voice::{Codecs, Voice};
use super::{Deadline, Wait};
use crate::Law;
use crate::media::{Audio, Order, T38};
use bytes::Bytes;
use core::net::SocketAddr;
use fax_core::{Span, Timestamp};
use fax_t38::sdp::{Description, Direction, Host, Offer, Origin, Session, same_session};
use std::collections::VecDeque;

/// One leg of a call as signalling sees it.
#[derive(Clone, Debug)]
pub struct Dialog {
    settings: LegSettings,
    stage: Stage,
    call_id: CallId,
    /// Our request that has no final response, if it carries an offer or refreshes.
    ours: Option<Open>,
    theirs: Theirs,
    /// What we are to offer as soon as the dialog is free.
    wish: Option<Wish>,
    /// How often the present wish has been put off.
    tries: u8,
    said: Said,
    /// What our audio line says.
    codecs: Codecs,
    /// Which way the peer's audio goes, as it sees it.
    direction: Direction,
    agreed: Order,
    clock: SessionClock,
    refresh_by: Method,
    /// When our last 2xx to an INVITE was sent, until its ACK.
    unacknowledged: Option<Timestamp>,
    chance: Chance,
    commands: VecDeque<Command>,
    notices: VecDeque<Notice>,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Our INVITE has no final response.
    Calling(Target),
    /// Theirs has none.
    Invited(Box<Opening>),
    Up,
    /// We ended it; its end has not been told.
    Leaving {
        until: Timestamp,
        farewell: Farewell,
    },
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Farewell {
    /// CANCEL is sent.
    Cancel,
    /// BYE is sent.
    Bye,
    /// No BYE before the ACK (RFC 3261 15).
    AfterAck,
}

/// What the INVITE of a peer offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Audio, perhaps with fax beside it.
    Audio(Voice),
    /// Fax alone.
    Fax(Description),
    /// Nothing: it asks for our offer.
    Nothing,
}

/// Who made the Call-ID, and so who waits longer after glare (RFC 3261 14.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CallId {
    Ours,
    Theirs,
}

/// A request of ours.
#[derive(Clone, Debug)]
struct Open {
    proposal: Proposal,
    since: Timestamp,
    /// When we give up waiting in silence; `None` once we did, and where nobody waits.
    patience: Option<Timestamp>,
}

#[derive(Clone, Debug)]
enum Proposal {
    Audio(Description),
    T38(Box<Offer>),
    /// The same as before, or nothing at all.
    Refresh,
    /// An offer of T.38 that was given up: whatever comes is undone.
    GivenUp(Box<Offer>),
}

/// A request of the peer.
#[derive(Clone, Debug)]
enum Theirs {
    Nothing,
    /// It waits for a decision.
    Asked(Box<Asked>),
    /// Our 2xx carried an offer; its answer comes with the ACK.
    AnswerDue,
}

#[derive(Clone, Debug)]
struct Asked {
    offer: Description,
    ask: Ask,
    timer: SessionTimer,
    since: Timestamp,
    until: Timestamp,
}

/// What the peer's offer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// T.38.
    Fax,
    /// Audio.
    Audio,
    /// Audio while T.38 runs, word for word as it was before T.38: an end that refreshes with what it remembers
    /// (SIP-8), or one that wants audio back and does not count versions (SDP-16).
    OldAudio,
}

#[derive(Clone, Copy, Debug)]
struct Wish {
    media: Kind,
    direction: Direction,
    at: Timestamp,
}

/// What was said in descriptions.
#[derive(Clone, Debug)]
struct Said {
    origin: Origin,
    /// Our last description, agreed or not.
    last: Option<Description>,
    /// Our description that holds.
    local: Option<Description>,
    /// The peer's.
    remote: Option<Description>,
    /// The peer's last one with audio.
    audio: Option<Description>,
}

/// What a dialog has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It rings, or says something before it answers.
    Progress {
        /// 101 to 199.
        code: u16,
        /// Whether audio is agreed for the time being.
        media: bool,
    },
    /// Our INVITE was accepted.
    Answered,
    /// Our INVITE was not.
    Failed(u16),
    /// The peer took its INVITE back.
    Cancelled,
    /// An offer was made.
    Offered(By, Kind),
    /// An offer was taken: this is agreed.
    Agreed {
        /// Who had made it.
        by: By,
        /// What.
        media: Kind,
        /// How long that took.
        after: Span,
    },
    /// An offer was not taken: all is as before.
    Declined {
        /// Who had made it.
        by: By,
        /// What.
        media: Kind,
        /// The final response: 200 if the answer had no such line, 408 if there was no answer in time.
        code: u16,
        /// How long that took.
        after: Span,
    },
    /// The peer's audio goes this way from now on, as it sees it.
    Turned(Direction),
    /// Our offer and the peer's crossed.
    Glare,
    /// T.38 was taken after we had given it up.
    TooLate,
    /// A refresh.
    Refreshed(By),
    /// A request without an offer, to be answered by [`Dialog::respond`].
    Requested(Request),
    /// The response to one of ours.
    Responded {
        /// Which.
        id: RequestId,
        /// 200 to 699.
        code: u16,
    },
    /// There is nothing in common with what the peer said in its ACK.
    Unusable,
    /// The session was not refreshed in time. The dialog ends.
    Expired,
    /// The dialog is lost. It ends.
    Lost,
    /// The peer, or its stack, ended the dialog.
    Gone(Gone),
}

/// How long an ACK is waited for before an offer of ours: the peer's own retransmissions take no longer.
const ACK_FOR_OFFER: Span = Span::from_millis(2_000);

/// How long the end of a dialog is waited for: a transaction lasts 32 s (RFC 3261 17.1.1.2, timer B and F).
const FAREWELL: Span = Span::from_millis(33_000);

impl Dialog {
    /// A dialog that we begin: audio is offered.
    pub fn call(settings: LegSettings, target: Target, codecs: Codecs, seed: u64, now: Timestamp) -> Self {
        let mut dialog = Self::new(settings, Stage::Calling(target), CallId::Ours, codecs, seed);
        let offer = dialog.audio_offer(Direction::Both);
        dialog.invite(now, Proposal::Audio(offer));
        dialog
    }

    /// A dialog that we begin: T.38 is offered, and nothing else.
    pub fn call_for_fax(settings: LegSettings, target: Target, seed: u64, now: Timestamp) -> Self {
        let codecs = Codecs { laws: settings.laws.clone(), events: None, red: None };
        let mut dialog = Self::new(settings, Stage::Calling(target), CallId::Ours, codecs, seed);
        let offer = dialog.fax_offer();
        dialog.invite(now, Proposal::T38(Box::new(offer)));
        dialog
    }

    /// A dialog that the peer begins.
    ///
    /// # Errors
    /// The refusal that `invitation` gets; it is to be given to the stack, and there is no dialog.
    pub fn invited(settings: LegSettings, invitation: &Invitation, seed: u64) -> Result<Self, Command> {
        let refuse = |code, min_se| Err(Command::Refuse { code, retry_after: None, min_se });
        let clock = SessionClock::new(settings.timer);
        if let min_se @ Some(_) = clock.too_short(&invitation.timer) {
            return refuse(422, min_se);
        }
        let (opening, remote) = if invitation.body.is_empty() {
            (Opening::Nothing, None)
        } else {
            let Ok(offer) = Description::parse(&invitation.body) else { return refuse(400, None) };
            let Some(opening) = Opening::of(&settings, &offer) else { return refuse(488, None) };
            (opening, Some(offer))
        };
        let codecs = Codecs { laws: settings.laws.clone(), events: None, red: None };
        let stage = Stage::Invited(Box::new(opening));
        let mut dialog = Self::new(settings, stage, CallId::Theirs, codecs, seed);
        dialog.said.audio = remote.clone().filter(Description::has_audio);
        dialog.said.remote = remote;
        dialog.clock.asked(invitation.timer);
        Ok(dialog)
    }

    fn new(settings: LegSettings, stage: Stage, call_id: CallId, codecs: Codecs, seed: u64) -> Self {
        let origin = Origin { version: 0, ..Origin::new(settings.local.origin, settings.local.host) };
        Self {
            clock: SessionClock::new(settings.timer),
            settings,
            stage,
            call_id,
            ours: None,
            theirs: Theirs::Nothing,
            wish: None,
            tries: 0,
            said: Said { origin, last: None, local: None, remote: None, audio: None },
            codecs,
            direction: Direction::Both,
            agreed: Order::Nothing,
            refresh_by: Method::ReInvite,
            unacknowledged: None,
            chance: Chance::new(seed),
            commands: VecDeque::new(),
            notices: VecDeque::new(),
        }
    }

    /// What the stack tells.
    pub fn take(&mut self, now: Timestamp, event: Event) {
        match event {
            Event::Invited(_) => {}
            Event::Progress { code, body } => self.progressed(code, &body),
            Event::Accepted { body, timer } => self.accepted(now, &body, &timer),
            Event::Refused { code, retry_after, min_se } => self.refused(now, code, retry_after, min_se),
            Event::Offered { by, body, timer } => self.offered(now, by, &body, timer),
            Event::Acknowledged { body } => self.acknowledged(&body),
            Event::Cancelled => {
                if matches!(self.stage, Stage::Invited(_)) {
                    self.stage = Stage::Over;
                    self.notices.push_back(Notice::Cancelled);
                }
            }
            Event::Requested(request) => match self.stage {
                Stage::Leaving { .. } | Stage::Over => self.respond(request.id, 481),
                _ => self.notices.push_back(Notice::Requested(request)),
            },
            Event::Responded { id, code } => self.notices.push_back(Notice::Responded { id, code }),
            Event::Gone(gone) => self.gone(gone),
        }
        self.proceed(now);
    }

    /// Does what is due.
    pub fn advance(&mut self, now: Timestamp) {
        if let Stage::Leaving { until, farewell } = self.stage
            && until <= now
        {
            if farewell == Farewell::AfterAck {
                self.commands.push_back(Command::Bye);
            }
            self.stage = Stage::Over;
        }
        if self.clock.expires_at().is_some_and(|at| at <= now) && self.is_up() {
            self.notices.push_back(Notice::Expired);
            self.bye(now, 408);
        }
        self.lose_patience(now);
        if let Theirs::Asked(asked) = &self.theirs
            && asked.until <= now
        {
            self.decline(now, 488);
        }
        self.proceed(now);
    }

    /// When [`Dialog::advance`] is to be called, at the latest.
    pub fn deadline(&self) -> Option<Deadline> {
        let mut due: [Option<Deadline>; 6] = [None; 6];
        let at = |at: Option<Timestamp>, why| at.map(|at| Deadline { at, why });
        if let Stage::Leaving { until, .. } = self.stage {
            due[0] = at(Some(until), Wait::Farewell);
        }
        if let Theirs::Asked(asked) = &self.theirs {
            due[1] = at(Some(asked.until), Wait::Decision);
        }
        due[2] = at(self.ours.as_ref().and_then(|open| open.patience), Wait::Answer);
        if self.is_up() {
            due[3] = at(self.clock.expires_at(), Wait::Expiry);
            due[4] = at(self.clock.refresh_at().filter(|_| self.ours.is_none()), Wait::Refresh);
            // Until the dialog is free again something else is waited for.
            let wished = self.wish.filter(|_| self.ours.is_none() && matches!(self.theirs, Theirs::Nothing));
            let acknowledged = self.unacknowledged.map(|since| since + ACK_FOR_OFFER).unwrap_or_default();
            due[5] = at(wished.map(|wish| wish.at.max(acknowledged)), Wait::Turn);
        }
        due.into_iter().flatten().min_by_key(|deadline| deadline.at)
    }

    /// What the stack is to do next.
    pub fn command(&mut self) -> Option<Command> {
        self.commands.pop_front()
    }

    /// What is to be told next.
    pub fn notice(&mut self) -> Option<Notice> {
        self.notices.pop_front()
    }

    /// What is to flow.
    pub fn order(&self) -> Order {
        match (&self.stage, &self.ours) {
            (Stage::Leaving { .. } | Stage::Over, _) => Order::Nothing,
            (Stage::Up, Some(Open { proposal: Proposal::T38(_), .. }))
                if !matches!(self.agreed, Order::T38(_)) =>
            {
                Order::Muted
            }
            _ => self.agreed.clone(),
        }
    }

    /// The offer of the peer that waits for a decision.
    pub fn asked(&self) -> Option<Ask> {
        match (&self.stage, &self.theirs) {
            (Stage::Up, Theirs::Asked(asked)) => Some(asked.ask),
            _ => None,
        }
    }

    /// What the peer's INVITE offers, as long as that is not answered.
    pub fn opening(&self) -> Option<&Opening> {
        match &self.stage {
            Stage::Invited(opening) => Some(opening),
            _ => None,
        }
    }

    /// Audio as it is agreed.
    pub fn audio(&self) -> Option<&Audio> {
        match &self.agreed {
            Order::Audio(audio) => Some(audio),
            _ => None,
        }
    }

    /// T.38 as it is agreed.
    pub fn t38(&self) -> Option<&T38> {
        match &self.agreed {
            Order::T38(t38) => Some(t38),
            _ => None,
        }
    }

    /// Which way the peer's audio goes, as it sees it.
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Whether INVITE was accepted and the dialog is on.
    pub fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Up)
    }

    /// Whether nothing more will happen.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// Its settings.
    pub fn settings(&self) -> &LegSettings {
        &self.settings
    }

    /// Ends it: by CANCEL, by BYE, or by refusing the peer's INVITE with `code`.
    pub fn bye(&mut self, now: Timestamp, code: u16) {
        let until = now + FAREWELL;
        match self.stage {
            Stage::Calling(_) => {
                self.commands.push_back(Command::Cancel);
                self.refuse_what_waits(487);
                self.stage = Stage::Leaving { until, farewell: Farewell::Cancel };
            }
            Stage::Invited(_) => {
                self.commands.push_back(Command::Refuse { code, retry_after: None, min_se: None });
                self.stage = Stage::Over;
            }
            Stage::Up => {
                self.refuse_what_waits(487);
                let farewell = match self.unacknowledged {
                    Some(_) if self.call_id == CallId::Theirs => Farewell::AfterAck,
                    _ => Farewell::Bye,
                };
                if farewell == Farewell::Bye {
                    self.commands.push_back(Command::Bye);
                }
                self.stage = Stage::Leaving { until, farewell };
            }
            Stage::Leaving { .. } | Stage::Over => return,
        }
        self.ours = None;
        self.wish = None;
        self.agreed = Order::Nothing;
    }

    /// Sends another request inside the dialog.
    pub fn request(&mut self, request: Request) {
        self.commands.push_back(Command::Request(request));
    }

    /// Answers one of the peer's.
    pub fn respond(&mut self, id: RequestId, code: u16) {
        self.commands.push_back(Command::Respond { id, code });
    }

    fn gone(&mut self, gone: Gone) {
        if !self.is_over() {
            self.notices.push_back(Notice::Gone(gone));
        }
        // What is open now is answered by the stack (RFC 3261 15.1.2).
        self.stage = Stage::Over;
        self.theirs = Theirs::Nothing;
        self.ours = None;
        self.wish = None;
        self.agreed = Order::Nothing;
    }

    fn lost(&mut self, now: Timestamp) {
        self.notices.push_back(Notice::Lost);
        self.bye(now, 408);
    }

    fn refuse_what_waits(&mut self, code: u16) {
        if let Theirs::Asked(_) = core::mem::replace(&mut self.theirs, Theirs::Nothing) {
            self.commands.push_back(Command::Refuse { code, retry_after: None, min_se: None });
        }
    }
}

impl Opening {
    /// `None` if there is nothing in it that we take.
    fn of(settings: &LegSettings, offer: &Description) -> Option<Self> {
        if let Some((_, voice)) = Voice::read(offer)
            && Codecs::common(&settings.laws, &voice).is_some()
        {
            return Some(Self::Audio(voice));
        }
        theirs::is_fax(settings, offer).then(|| Self::Fax(offer.clone()))
    }

    /// What the other leg is to be offered so that nothing need be transcoded.
    pub fn codecs(&self, laws: &[Law]) -> Codecs {
        let own = || Codecs { laws: laws.to_vec(), events: None, red: None };
        match self {
            Self::Audio(voice) => Codecs::common(laws, voice).unwrap_or_else(own),
            Self::Fax(_) | Self::Nothing => own(),
        }
    }
}

impl Said {
    /// Gives a description its version: that of the one before if it says the same (RFC 3264 8).
    fn say(&mut self, mut description: Description) -> Description {
        match &self.last {
            Some(last) if same_session(last, &description) => description.origin = last.origin.clone(),
            _ => {
                self.origin = self.origin.next();
                description.origin = self.origin.clone();
            }
        }
        self.last = Some(description.clone());
        description
    }

    fn agree(&mut self, local: Description, remote: Description) {
        if remote.has_audio() {
            self.audio = Some(remote.clone());
        }
        self.local = Some(local);
        self.remote = Some(remote);
    }
}

fn octets(description: &Description) -> Bytes {
    Bytes::from(description.to_string())
}

/// Where T.38 is to be sent; names are not resolved here.
fn address(session: &Session) -> Option<SocketAddr> {
    match session.host {
        Host::Ip(ip) => Some(SocketAddr::new(ip, session.port)),
        Host::Name(_) => None,
    }
}
