//! What is decided on a message before it becomes a transaction. Nothing is kept for what is refused here, so that a
//! flood costs answers and no memory.
//!
//! From: RFC 3261 8.2, 8.2.7, 12.2.2; RFC 3262 and 4028 (Require); hardening rules 3 and 8.
//! Not here: who may send at all (`socket`), responses (the stack matches them to what was asked).

use super::body::{Body, sort};

use super::dialog::Inbound;
use super::grammar::parameter;
use super::message::{ALLOW, at_least_a_second, cseq, from_tag, list, put, to_tag, value};
use super::shared::{Name, Peer, Shared, Tally, lock};
use super::sound::Sound;
use super::stack::{
    Method, Request, Response, SipAddr, SipConnection, SipMessage, TransactionKey, TransactionRole,
    TransportEvent, TransportEventInspector,
};
use crate::settings::Admit;
use core::net::{IpAddr, SocketAddr};
use core::sync::atomic::Ordering;
use core::time::Duration;
use std::sync::Arc;

/// Looks at all that comes in.
pub(super) struct Gate(pub(super) Arc<Shared>);

#[async_trait::async_trait]
impl TransportEventInspector for Gate {
    async fn handle(&self, event: TransportEvent) -> Option<TransportEvent> {
        let TransportEvent::Incoming(message, connection, from) = &event else { return Some(event) };
        match self.0.judge(message, connection, from) {
            Judgement::Pass => Some(event),
            Judgement::Drop => None,
            Judgement::Answer(response) => {
                let response = SipMessage::Response(*response);
                self.0.taps.went(&response);
                let _ = connection.send(response, None).await;
                None
            }
            Judgement::Again(ack) => {
                ack.send(&self.0).await;
                None
            }
        }
    }
}

enum Judgement {
    /// It becomes a transaction, or belongs to one.
    Pass,
    Drop,
    Answer(Box<Response>),
    /// A 2xx came again, and gets its ACK again.
    Again(Box<super::shared::Kept>),
}

impl Shared {
    fn judge(&self, message: &SipMessage, connection: &SipConnection, from: &SipAddr) -> Judgement {
        let Ok(source) = from.get_socketaddr() else { return Judgement::Drop };
        if connection.is_reliable()
            && let Some(unheard) =
                lock(&self.unheard).remove(&SocketAddr::new(source.ip().to_canonical(), source.port()))
        {
            // Nobody waits for it any more if the connection has been closed.
            _ = unheard.send(());
        }
        let Some(peer) = self.peer_at(source.ip()) else {
            Tally::add(&self.counts.foreign);
            return Judgement::Drop;
        };
        self.taps.came(message);
        match message {
            SipMessage::Response(response) => self.judge_response(response),
            SipMessage::Request(request) => self.judge_request(request, connection, source, peer),
        }
    }

    /// Only a repeated 2xx to an INVITE is ours to deal with: the stack has forgotten its transaction.
    fn judge_response(&self, response: &Response) -> Judgement {
        let asked = cseq(response)
            .filter(|(_, method)| *method == "INVITE" && (200..300).contains(&response.status_code.code()));
        let (Some((number, _)), Some(call_id), Some(tag)) =
            (asked, value(response, "Call-ID"), from_tag(response))
        else {
            return Judgement::Pass;
        };
        let table = self.table();
        let Some(known) = table.dialogs.get(&Name { call_id: call_id.to_owned(), tag: tag.to_owned() })
        else {
            return Judgement::Pass;
        };
        let mut acks = known.acks.iter().filter(|ack| ack.cseq == number).peekable();
        let theirs = to_tag(response).unwrap_or_default();
        match acks.peek() {
            None => Judgement::Pass,
            Some(_) => match acks.find(|ack| ack.tag == theirs) {
                Some(ack) => Judgement::Again(Box::new(ack.clone())),
                None => {
                    let _ = known.to.try_send(Inbound::Forked(Box::new(response.clone())));
                    Judgement::Drop
                }
            },
        }
    }

    fn judge_request(
        &self,
        request: &Request,
        connection: &SipConnection,
        source: SocketAddr,
        peer: &Arc<Peer>,
    ) -> Judgement {
        let refuse = |code: u16| {
            Judgement::Answer(Box::new(self.response(request, code, &self.stateless_tag(request))))
        };
        let Sound { number, call_id, tag } = match Sound::of(request) {
            Ok(sound) => sound,
            Err(code) => {
                Tally::add(&self.counts.malformed);
                return if request.method == Method::Ack { Judgement::Drop } else { refuse(code) };
            }
        };
        // ACK and CANCEL are matched below, and never answered by an error that begins anything.
        if matches!(request.method, Method::Ack | Method::Cancel) || self.is_repeated(request) {
            return Judgement::Pass;
        }
        match (request.method, to_tag(request)) {
            (_, Some(ours)) => self.judge_inside(
                request,
                number,
                Name { call_id: call_id.to_owned(), tag: ours.to_owned() },
                source.ip(),
            ),
            (Method::Options, None) => self.options(request),
            (Method::Register, None) if peer.adapters => match self.register(request, source, connection) {
                Some(response) => Judgement::Answer(Box::new(response)),
                None => Judgement::Drop,
            },
            (Method::Invite, None) => {
                self.judge_invite(request, source, peer, (call_id.to_owned(), tag.to_owned(), number))
            }
            (Method::Bye | Method::Update | Method::Info | Method::PRack, None) => refuse(481),
            _ => self.not_allowed(request),
        }
    }

    /// Whether the stack has its transaction already.
    fn is_repeated(&self, request: &Request) -> bool {
        let key = TransactionKey::from_request(request, TransactionRole::Server).ok();
        let stack = self.stack.get();
        key.zip(stack).is_some_and(|(key, stack)| {
            stack.transactions.contains_key(&key) || stack.finished_transactions.contains_key(&key)
        })
    }

    fn judge_inside(&self, request: &Request, number: u32, name: Name, source: IpAddr) -> Judgement {
        let refuse = |code: u16| Judgement::Answer(Box::new(self.response(request, code, "")));
        let mut table = self.table();
        let known = table.dialogs.get_mut(&name).filter(|known| {
            known.remote_tag.as_deref().is_none_or(|tag| from_tag(request) == Some(tag))
                // Of two trunks at one address the first owns new calls; either may own this dialog.
                && self.belongs(source, &known.peer)
        });
        let Some(known) = known else { return refuse(481) };
        if known.remote_cseq.is_some_and(|last| number <= last) {
            return refuse(500); // RFC 3261 12.2.2
        }
        if let Some(response) = self.unsupported(request) {
            return response;
        }
        if known.to.capacity() == 0 {
            return refuse(503);
        }
        known.remote_cseq = Some(number);
        Judgement::Pass
    }

    fn judge_invite(
        &self,
        request: &Request,
        source: SocketAddr,
        peer: &Arc<Peer>,
        name: super::shared::InviteName,
    ) -> Judgement {
        let refuse = |code: u16| {
            Judgement::Answer(Box::new(self.response(request, code, &self.stateless_tag(request))))
        };
        let branch = value(request, "Via").and_then(|via| parameter(via, "branch")).unwrap_or_default();
        if self.table().invites.get(&name).is_some_and(|first| first != branch) {
            return refuse(482); // RFC 3261 8.2.2.2
        }
        if let Some(response) = self.unsupported(request) {
            return response;
        }
        if sort(request, &request.body) == Body::Other {
            let mut response = self.response(request, 415, &self.stateless_tag(request));
            put(&mut response.headers, "Accept", "application/sdp".into());
            return Judgement::Answer(Box::new(response));
        }
        let Some(invitation) = super::invitation(request, source, &peer.trunk.name) else {
            return refuse(400);
        };
        if invitation.max_forwards == 0 {
            return refuse(483);
        }
        if self.invites.check_key(&source.ip().to_canonical()).is_err() {
            Tally::add(&self.counts.over_rate);
            return self.later(request, 1 + self.random_below(3));
        }
        if let Some(adapters) = self.adapters.as_ref().filter(|_| peer.adapters)
            && let Err(challenge) = self.authenticate(&mut lock(adapters), request, source)
        {
            return Judgement::Answer(challenge);
        }
        let full = self.table().dialogs.len() >= self.settings.limits.dialogs;
        let admit = match self.draining.load(Ordering::Relaxed) {
            true => Admit::Later(DRAINED),
            false if full => Admit::Later(1),
            false => self.settings.admission.ask(&invitation),
        };
        match admit {
            Admit::Accept => {
                self.table().invites.insert(name, branch.to_owned());
                Judgement::Pass
            }
            Admit::Later(seconds) => {
                Tally::add(&self.counts.refused_admission);
                self.later(request, seconds.into())
            }
        }
    }

    /// What a request requires that we have not: RFC 3261 8.2.2.3. `100rel` is among it, `timer` is not.
    fn unsupported(&self, request: &Request) -> Option<Judgement> {
        let required = list(request, "Require").filter(|option| !option.eq_ignore_ascii_case("timer"));
        let unknown: Vec<_> = required.collect();
        (!unknown.is_empty()).then(|| {
            let mut response = self.response(request, 420, &self.stateless_tag(request));
            put(&mut response.headers, "Unsupported", unknown.join(", "));
            Judgement::Answer(Box::new(response))
        })
    }

    /// A probe is answered 200, or 503 while we drain, so that a dispatcher sends calls elsewhere.
    fn options(&self, request: &Request) -> Judgement {
        if let Some(response) = self.unsupported(request) {
            return response;
        }
        if self.draining.load(Ordering::Relaxed) {
            return self.later(request, DRAINED.into());
        }
        let mut response = self.response(request, 200, &self.stateless_tag(request));
        put(&mut response.headers, "Allow", ALLOW.into());
        put(&mut response.headers, "Accept", "application/sdp".into());
        put(&mut response.headers, "Supported", "timer".into());
        Judgement::Answer(Box::new(response))
    }

    fn later(&self, request: &Request, seconds: u64) -> Judgement {
        let mut response = self.response(request, 503, &self.stateless_tag(request));
        put(
            &mut response.headers,
            "Retry-After",
            at_least_a_second(Duration::from_secs(seconds)).to_string(),
        );
        Judgement::Answer(Box::new(response))
    }

    fn not_allowed(&self, request: &Request) -> Judgement {
        let mut response = self.response(request, 405, &self.stateless_tag(request));
        put(&mut response.headers, "Allow", ALLOW.into());
        Judgement::Answer(Box::new(response))
    }
}

/// Retry-After while we drain, in seconds: about what a restart takes.
const DRAINED: u32 = 30;
