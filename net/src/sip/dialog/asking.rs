//! What we send: requests, and responses to the peer's.

use super::super::digest;
use super::super::message::{escape_user, list, to_tag, uri_socket, value, whole_seconds};
use super::super::shared::lock;
use super::super::stack::Header;
use super::*;
use crate::settings::Transport;
use fax_call::sip::Target;
use fax_core::Span;

/// The option of RFC 3262.
const RELIABLE: &str = "100rel";

impl Dialog {
    pub(super) async fn invite(&mut self, target: Target, body: Bytes, timer: SessionTimer) {
        if !matches!(self.phase, Phase::Fresh) {
            return;
        }
        let Some(mut live) = self.begin(&target).await else {
            self.tell(Event::Refused { code: 503, retry_after: None, min_se: None }).await;
            self.over(Gone::AsAsked).await;
            return;
        };
        let branch = self.branch();
        let Some(mut request) = live.line.request(Method::Invite, &live.way, &branch) else {
            self.tell(Event::Refused { code: 484, retry_after: None, min_se: None }).await;
            self.over(Gone::AsAsked).await;
            return;
        };
        request.headers.retain(|header| !header.name().eq_ignore_ascii_case("Max-Forwards"));
        put(&mut request.headers, "Max-Forwards", target.max_forwards.to_string());
        put(&mut request.headers, super::super::message::HOPS, target.hops.to_string());
        for (name, value) in target.headers.iter() {
            put(&mut request.headers, name, value.to_owned());
        }
        let known = Known {
            to: self.inbox.clone(),
            peer: Arc::clone(&live.peer),
            remote_tag: None,
            remote_cseq: None,
            acks: Vec::new(),
        };
        self.shared.table().dialogs.insert(live.name.clone(), known);
        Tally::add(&self.shared.counts.dialogs_out);
        self.phase = Phase::Live(live);
        self.send_offer(What::Invite, request, body, timer);
    }

    /// Finds the way to the target and names the dialog.
    async fn begin(&self, target: &Target) -> Option<Box<Live>> {
        let shared = &self.shared;
        let peer = Arc::clone(shared.peer_named(&target.trunk)?);
        let binding = match (&shared.adapters, peer.adapters) {
            (Some(adapters), true) => Some(lock(adapters).binding(target.called.reveal(), shared.now())?),
            _ => None,
        };
        let way = match &binding {
            Some(binding) => binding.way(shared, &peer),
            None => shared.way_to(&peer).await?,
        };
        let host = authority(&peer, &way);
        let uri = match binding {
            Some(binding) => binding.contact,
            None => {
                let transport = match peer.trunk.transport {
                    Transport::Udp => "",
                    Transport::Tcp => ";transport=tcp",
                    Transport::Tls => ";transport=tls",
                };
                format!("sip:{}@{host}{transport}", escape_user(target.called.reveal()))
            }
        };
        let caller = escape_user(target.caller.reveal());
        let at = if caller.is_empty() { "" } else { "@" };
        let from = format!(
            "sip:{caller}{at}{}",
            peer.trunk.from_host.clone().unwrap_or_else(|| match peer.trunk.host.is_empty() {
                true => way.local.ip().to_string(),
                false => host.clone(),
            })
        );
        let tag = shared.random(8);
        let call_id = self.call_id.clone();
        shared.taps.lead(&call_id, way.local, way.remote);
        let line = Peering::asking(call_id, &tag, &from, &uri, &caller, &shared.settings.user_agent);
        let name = Name { call_id: line.call_id.clone(), tag };
        Some(Box::new(Live {
            stage: Stage::Calling,
            peer,
            line,
            way,
            name,
            invite_name: None,
            reliable: None,
        }))
    }

    pub(super) async fn offer(&mut self, by: sip::Method, body: Bytes, timer: SessionTimer) {
        let busy = self.ours.iter().any(|ours| matches!(ours.what, What::Invite | What::Offer(_)));
        let branch = self.branch();
        let method = match by {
            sip::Method::ReInvite => Method::Invite,
            sip::Method::Update => Method::Update,
        };
        self.renew_way().await;
        let ready = self.ending == Ending::No && !busy;
        let live = self.live().filter(|live| ready && live.stage == Stage::Up);
        let request = live.and_then(|live| live.line.request(method, &live.way, &branch));
        match request {
            Some(request) => self.send_offer(What::Offer(by), request, body, timer),
            None => self.tell(Event::Refused { code: 491, retry_after: None, min_se: None }).await,
        }
    }

    fn send_offer(&mut self, what: What, mut request: Request, body: Bytes, timer: SessionTimer) {
        let Some(live) = self.live() else { return };
        put(&mut request.headers, "Contact", live.way.contact(&live.line.contact_user));
        put(&mut request.headers, "Allow", super::super::message::ALLOW.into());
        put_timer(&mut request.headers, timer, Kind::Request);
        attach(&mut request.headers, &mut request.body, body);
        self.send(what, request, false);
    }

    /// Sends a request as a transaction of its own.
    pub(super) fn send(&mut self, what: What, request: Request, retried: bool) {
        let Some((cseq, _)) = super::super::message::cseq(&request) else { return };
        self.serial = self.serial.wrapping_add(1);
        let serial = self.serial;
        let inbox = self.inbox.clone();
        let shared = Arc::clone(&self.shared);
        let Some(live) = self.live() else { return };
        ask(&shared, &live.way, request.clone(), serial, inbox);
        self.ours.push(Ours { serial, what, request, cseq, retried });
    }

    /// Acknowledges a 2xx to `asked`, and keeps the ACK for its repetitions.
    pub(super) async fn send_ack(&mut self, asked: &Ours, body: Bytes) {
        let branch = self.branch();
        let Some(live) = self.live() else { return };
        let Some(mut ack) = live.line.ack(asked.cseq, &live.way, &branch) else { return };
        // RFC 3261 13.2.2.4: the ACK carries the credentials of the INVITE.
        let shown =
            |header: &&Header| matches!(header, Header::Authorization(_) | Header::ProxyAuthorization(_));
        ack.headers.0.extend(asked.request.headers.0.iter().filter(shown).cloned());
        attach(&mut ack.headers, &mut ack.body, body);
        let tag = live.line.remote_tag.clone().unwrap_or_default();
        let kept = Kept { cseq: asked.cseq, tag, message: SipMessage::Request(ack), way: live.way.clone() };
        let name = live.name.clone();
        kept.send(&self.shared).await;
        if let Some(known) = self.shared.table().dialogs.get_mut(&name) {
            known.keep(kept);
        }
    }

    pub(super) async fn acknowledge(&mut self, body: Bytes) {
        if let Some(asked) = self.owed.take() {
            self.send_ack(&asked, body).await;
        }
    }

    /// Ends the dialog by whatever its stage asks for.
    pub(super) async fn end(&mut self) {
        if self.ending != Ending::No {
            return;
        }
        match self.live().map(|live| live.stage) {
            None => self.over(Gone::AsAsked).await,
            Some(Stage::Called) => self.refuse(480, None, None).await,
            Some(Stage::Calling | Stage::Ringing) => {
                self.ending = Ending::Wanted;
                self.cancel();
            }
            Some(Stage::Up) => {
                self.acknowledge(Bytes::new()).await;
                self.ending = Ending::Wanted;
                self.bye().await;
            }
        }
    }

    /// Sends the CANCEL if it is wanted and the peer has answered at all: before that it could not match it.
    pub(super) fn cancel(&mut self) {
        let ringing = self.live().is_some_and(|live| live.stage == Stage::Ringing);
        let invite = self
            .ours
            .iter()
            .find(|ours| ours.what == What::Invite)
            .filter(|_| ringing && self.ending == Ending::Wanted);
        if let Some(cancel) = invite.and_then(|invite| Peering::cancel(&invite.request)) {
            self.ending = Ending::Asked(self.patience());
            self.send(What::Cancel, cancel, true);
        }
    }

    /// Sends the BYE if it is wanted and allowed: RFC 3261 15 lets the callee wait for the ACK.
    pub(super) async fn bye(&mut self) {
        if self.ending != Ending::Wanted || self.unacknowledged {
            return;
        }
        self.renew_way().await;
        let branch = self.branch();
        let request = self.live().and_then(|live| live.line.request(Method::Bye, &live.way, &branch));
        self.ending = Ending::Asked(self.patience());
        if let Some(mut request) = request {
            attach(&mut request.headers, &mut request.body, Bytes::new());
            self.send(What::Bye, request, false);
        }
    }

    /// When an answer is no longer waited for. The transaction below gives up a little earlier.
    fn patience(&self) -> Instant {
        Instant::now() + self.shared.patience() + self.shared.settings.timers.t1
    }

    pub(super) async fn request(&mut self, asked: sip::Request) {
        self.renew_way().await;
        let method = Method::try_from(asked.method.as_str()).ok().filter(|method| {
            matches!(
                method,
                Method::Info | Method::Refer | Method::Notify | Method::Message | Method::Options
            )
        });
        let open = self.ours.iter().filter(|ours| matches!(ours.what, What::Request(_))).count();
        let branch = self.branch();
        let live = self.live().filter(|live| live.stage == Stage::Up && open < MOST_OPEN);
        let request = live.zip(method).and_then(|(live, method)| {
            let mut request = live.line.request(method, &live.way, &branch)?;
            put(&mut request.headers, "Contact", live.way.contact(&live.line.contact_user));
            Some((method, request))
        });
        let Some((method, mut request)) = request else {
            self.tell(Event::Responded { id: asked.id, code: 503 }).await;
            return;
        };
        let about = asked.about.reveal();
        match method {
            Method::Refer => put(&mut request.headers, "Refer-To", about.clone()),
            Method::Notify => {
                put(&mut request.headers, "Event", about.clone());
                put(&mut request.headers, "Subscription-State", "active".into());
            }
            _ => {}
        }
        if !asked.body.is_empty() {
            put(&mut request.headers, "Content-Type", asked.content_type);
        }
        put(&mut request.headers, "Content-Length", asked.body.len().to_string());
        request.body = asked.body.to_vec();
        self.send(What::Request(asked.id), request, false);
    }

    /// A provisional or successful response to the peer's open INVITE or UPDATE.
    pub(super) fn reply(&mut self, code: u16, body: Bytes, timer: SessionTimer) {
        let shared = Arc::clone(&self.shared);
        let Some(mut question) = self.asked.take() else { return };
        let Phase::Live(live) = &self.phase else { return };
        let mut response = shared.response(&question.request, code, &live.line.local_tag);
        for route in super::super::message::values(&question.request, "Record-Route") {
            put(&mut response.headers, "Record-Route", route.to_owned());
        }
        put(&mut response.headers, "Contact", live.way.contact(&live.line.contact_user));
        if code >= 200 {
            put(&mut response.headers, "Allow", super::super::message::ALLOW.into());
        }
        put_timer(&mut response.headers, timer, Kind::Response);
        attach(&mut response.headers, &mut response.body, body);
        question.answer(response);
        if code < 200 {
            self.asked = Some(question);
        }
    }

    pub(super) fn progress(&mut self, code: u16, body: Bytes) {
        let called = self.live().is_some_and(|live| live.stage == Stage::Called);
        if called && (101..200).contains(&code) {
            self.reply(code, body, SessionTimer::default());
        }
    }

    pub(super) fn accept(&mut self, body: Bytes, timer: SessionTimer) {
        let Some(invite) = self.asked.as_ref().map(|asked| asked.request.method == Method::Invite) else {
            return;
        };
        self.unacknowledged |= invite;
        self.reply(200, body, timer);
        if let Some(live) = self.live().filter(|_| invite) {
            live.stage = Stage::Up;
        }
    }

    pub(super) async fn refuse(&mut self, code: u16, retry_after: Option<Span>, min_se: Option<Span>) {
        let Some(mut question) = self.asked.take() else { return };
        let Phase::Live(live) = &self.phase else { return };
        let called = live.stage == Stage::Called && question.request.method == Method::Invite;
        let mut response =
            self.shared.response(&question.request, code.clamp(300, 699), &live.line.local_tag);
        if let Some(after) = retry_after {
            put(&mut response.headers, "Retry-After", whole_seconds(after).to_string());
        }
        if let Some(min) = min_se {
            put(&mut response.headers, "Min-SE", whole_seconds(min).to_string());
        }
        question.answer(response);
        if called {
            self.over(Gone::AsAsked).await;
        }
    }

    pub(super) fn respond(&mut self, id: RequestId, code: u16) {
        let Some(at) = self.theirs.iter().position(|question| question.serial == id.0) else { return };
        let mut question = self.theirs.swap_remove(at);
        let response = self.shared.response(&question.request, code.clamp(200, 699), "");
        question.answer(response);
    }

    /// A request again, with credentials, if the peer's challenge is one that we answer.
    pub(super) fn with_credentials(&mut self, asked: &Ours, challenge: &Response) -> Option<Request> {
        let branch = self.branch();
        let cnonce = self.shared.random(8);
        let live = self.live()?;
        let peer = Arc::clone(&live.peer);
        let credentials = peer.trunk.credentials.as_ref()?;
        let question = digest::Asked {
            method: &asked.request.method.to_string(),
            uri: &asked.request.uri.to_string(),
            body: &asked.request.body,
        };
        let proxy = challenge.status_code.code() == 407;
        let answer =
            digest::answer(challenge, proxy, credentials, &mut lock(&peer.realm), &question, &cnonce)?;
        live.line.again(&asked.request, &live.way, &branch, answer)
    }

    /// An INVITE again, if the peer refused it because it wants provisional responses that are acknowledged (421, RFC 3261
    /// 21.4.15). To others they are not offered: many send their early media without.
    pub(super) fn with_reliable(&mut self, asked: &Ours, refusal: &Response) -> Option<Request> {
        let names = |option: &str| option.eq_ignore_ascii_case(RELIABLE);
        let wanted = refusal.status_code.code() == 421 && list(refusal, "Require").any(names);
        if !wanted || asked.what != What::Invite || list(&asked.request, "Supported").any(names) {
            return None;
        }
        let branch = self.branch();
        let live = self.live()?;
        live.line.again(&asked.request, &live.way, &branch, ("Supported", RELIABLE.into()))
    }

    /// Acknowledges a provisional response to our INVITE that asks for it (RFC 3262 4), whether we had offered that or not: unheard
    /// it would come again and again, and end the call. False if it has been taken before, or another is missing before it.
    pub(super) fn acknowledge_provisional(&mut self, invite: u32, response: &Response) -> bool {
        let reliable = list(response, "Require").any(|option| option.eq_ignore_ascii_case(RELIABLE));
        let number = value(response, "RSeq").and_then(|number| number.parse::<u32>().ok());
        let (true, Some(number), Some(tag)) = (reliable, number, to_tag(response)) else { return true };
        let branch = self.branch();
        let Some(live) = self.live() else { return false };
        let last = live.reliable.as_ref().filter(|(_, known)| known == tag).map(|(last, _)| *last);
        if last.is_some_and(|last| last.checked_add(1) != Some(number)) {
            return false;
        }
        live.reliable = Some((number, tag.to_owned()));
        if let Some(mut request) = live.line.request(Method::PRack, &live.way, &branch) {
            put(&mut request.headers, "RAck", format!("{number} {invite} INVITE"));
            attach(&mut request.headers, &mut request.body, Bytes::new());
            self.send(What::Aside, request, false);
        }
        true
    }

    /// Points the way at where the next request goes first, and dials again if a stream has been closed.
    pub(super) async fn renew_way(&mut self) {
        let shared = Arc::clone(&self.shared);
        let Some(live) = self.live() else { return };
        if live.way.is_closed() {
            let way = shared.way_to(&live.peer).await;
            live.way = way.unwrap_or_else(|| live.way.clone());
        }
        let port = live.way.transport.default_port();
        let next = uri_socket(live.line.next_hop(), port)
            .filter(|next| shared.believes(&live.peer, *next, live.way.remote));
        if let Some(next) = next.filter(|_| live.way.transport == Transport::Udp) {
            live.way.remote = next;
        }
        shared.taps.lead(&live.name.call_id, live.way.local, live.way.remote);
    }

    pub(super) fn branch(&self) -> String {
        format!("z9hG4bK{}", self.shared.random(12))
    }
}

/// Adds a description and its length.
fn attach(headers: &mut Headers, into: &mut Vec<u8>, body: Bytes) {
    headers.retain(|header| !matches!(header, Header::ContentLength(_)));
    if !body.is_empty() {
        put(headers, "Content-Type", "application/sdp".into());
    }
    put(headers, "Content-Length", body.len().to_string());
    *into = body.to_vec();
}

/// Host and port in the URIs of calls to `peer`.
fn authority(peer: &Peer, way: &Way) -> String {
    let host = &peer.trunk.host;
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.clone() };
    match peer.trunk.port {
        _ if host.is_empty() => way.remote.to_string(),
        Some(port) if port != peer.trunk.transport.default_port() => format!("{host}:{port}"),
        _ => host,
    }
}
