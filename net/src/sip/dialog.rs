//! One task for each dialog: events of the seam come out, its commands go in.
//!
//! From: RFC 3261 12 to 15, RFC 3311, RFC 4028, RFC 6026.
//! Always: `Gone` is the last event, whatever happens; a 2xx is acknowledged whether it is wanted or not.
//! Not here: which offer to make or to take, glare and refreshes (`fax_call::sip`).

mod asking;
mod hearing;

use super::message::{Kind, put, put_timer};
use super::peering::Peering;
use super::shared::{InviteName, Kept, Known, Name, Peer, Shared, Tally, Way};
use super::stack::{Headers, Method, Request, Response, SipConnection, SipMessage, Transaction};
use super::tap::Tapped;
use super::transact::{Answer, Question, Serial, ask};
use bytes::Bytes;
use core::net::SocketAddr;
use fax_call::sip::{self, Command, Event, Gone, RequestId, SessionTimer};
use std::sync::{Arc, OnceLock};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::Instant;

/// What reaches a dialog from below.
pub(super) enum Inbound {
    /// A request inside the dialog.
    Request(Box<Transaction>),
    /// A response to our request of that number, or what stands for one.
    Response { serial: Serial, answer: Answer },
    /// The ACK of our 2xx.
    Acknowledged { body: Bytes },
    /// No ACK came for our 2xx.
    Unacknowledged,
    /// The peer's CANCEL; it has been answered.
    Cancelled { serial: Serial },
    /// A 2xx of another branch of a forked INVITE.
    Forked(Box<Response>),
}

/// Room for what has not been read yet. What does not fit waits below, where the peer repeats it.
pub(super) const INBOX: usize = 32;

pub(super) struct Dialog {
    shared: Arc<Shared>,
    /// The Call-ID, if we begin it.
    call_id: String,
    /// A tap sees the dialog to its end, also when its owner has gone away.
    _tapped: Arc<OnceLock<Tapped>>,
    events: mpsc::Sender<Event>,
    inbox: mpsc::Sender<Inbound>,
    phase: Phase,
    serial: Serial,
    /// Our requests without a final response.
    ours: Vec<Ours>,
    /// The peer's request that carries an offer or asks for one.
    asked: Option<Question>,
    /// The peer's other requests.
    theirs: Vec<Question>,
    /// Our request whose 2xx waits for the answer in our ACK.
    owed: Option<Ours>,
    /// Our 2xx waits for its ACK.
    unacknowledged: bool,
    ending: Ending,
    _place: OwnedSemaphorePermit,
}

/// Where the dialog stands.
enum Phase {
    /// Nothing has been sent.
    Fresh,
    /// It has a peer.
    Live(Box<Live>),
    Over,
}

/// A dialog with a peer.
struct Live {
    stage: Stage,
    peer: Arc<Peer>,
    line: Peering,
    way: Way,
    name: Name,
    invite_name: Option<InviteName>,
    /// RSeq of the last reliable provisional response to our INVITE, and the tag it came with.
    reliable: Option<(u32, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Our first INVITE has no response.
    Calling,
    /// It has a provisional one, so that it can be taken back.
    Ringing,
    /// The peer's first INVITE has no final response.
    Called,
    /// A 2xx has passed.
    Up,
}

/// Whether the dialog is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    No,
    /// As soon as the peer lets us: CANCEL after its first response, BYE after its ACK.
    Wanted,
    /// CANCEL or BYE is on its way; this is how long the answer is waited for.
    Asked(Instant),
}

struct Ours {
    serial: Serial,
    what: What,
    request: Request,
    cseq: u32,
    /// Whether it has been sent with credentials already.
    retried: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Invite,
    Offer(sip::Method),
    Bye,
    Cancel,
    Request(RequestId),
    /// Nobody waits for its answer.
    Aside,
}

/// Open requests of a kind beyond these are refused.
const MOST_OPEN: usize = 8;

impl Dialog {
    pub(super) fn new(
        shared: Arc<Shared>,
        call_id: String,
        tapped: Arc<OnceLock<Tapped>>,
        events: mpsc::Sender<Event>,
        inbox: mpsc::Sender<Inbound>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            shared,
            call_id,
            _tapped: tapped,
            events,
            inbox,
            phase: Phase::Fresh,
            serial: 0,
            ours: Vec::new(),
            asked: None,
            theirs: Vec::new(),
            owed: None,
            unacknowledged: false,
            ending: Ending::No,
            _place: place,
        }
    }

    /// Makes it the dialog of an INVITE that came in. `None` refuses the INVITE: it lacks what a dialog needs.
    pub(super) fn invited(
        &mut self,
        transaction: Transaction,
        peer: &Arc<Peer>,
        source: SocketAddr,
        connection: SipConnection,
    ) -> Option<()> {
        let shared = &self.shared;
        let tag = shared.random(8);
        let invite = &transaction.original;
        let line = Peering::answering(invite, &tag, &shared.settings.user_agent)?;
        let (cseq, _) = super::message::cseq(invite)?;
        let transport = super::transport_of(&connection);
        let local = shared.local_for(peer, &connection, transport, source);
        let way = Way { connection, remote: source, transport, local };
        let name = Name { call_id: line.call_id.clone(), tag };
        let remote_tag = line.remote_tag.clone();
        let invite_name = (name.call_id.clone(), remote_tag.clone()?, cseq);
        self.serial += 1;
        let known = Known {
            to: self.inbox.clone(),
            peer: Arc::clone(peer),
            remote_tag,
            remote_cseq: Some(cseq),
            acks: Vec::new(),
        };
        shared.table().dialogs.insert(name.clone(), known);
        Tally::add(&shared.counts.dialogs_in);
        let mut question = Question::serve(&self.shared, transaction, self.serial, self.inbox.clone());
        question.answer(shared.response(&question.request, 100, ""));
        self.asked = Some(question);
        let live = Live {
            stage: Stage::Called,
            peer: Arc::clone(peer),
            line,
            way,
            name,
            invite_name: Some(invite_name),
            reliable: None,
        };
        self.phase = Phase::Live(Box::new(live));
        Some(())
    }

    /// Lives until the dialog is over.
    pub(super) async fn run(
        mut self,
        mut inbox: mpsc::Receiver<Inbound>,
        mut commands: mpsc::Receiver<Command>,
    ) {
        let mut owned = true;
        while !matches!(self.phase, Phase::Over) {
            let deadline = match self.ending {
                Ending::Asked(until) => Some(until),
                Ending::No | Ending::Wanted => None,
            };
            tokio::select! {
                Some(inbound) = inbox.recv() => self.hear(inbound).await,
                command = commands.recv(), if owned => match command {
                    Some(command) => self.obey(command).await,
                    None => {
                        owned = false;
                        self.end().await;
                    }
                },
                () = tokio::time::sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    self.over(Gone::AsAsked).await;
                }
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Invite { target, body, timer } => self.invite(target, body, timer).await,
            Command::Progress { code, body } => self.progress(code, body),
            Command::Accept { body, timer } => self.accept(body, timer),
            Command::Refuse { code, retry_after, min_se } => self.refuse(code, retry_after, min_se).await,
            Command::Offer { by, body, timer } => self.offer(by, body, timer).await,
            Command::Acknowledge { body } => self.acknowledge(body).await,
            Command::Cancel | Command::Bye => self.end().await,
            Command::Respond { id, code } => self.respond(id, code),
            Command::Request(request) => self.request(request).await,
        }
    }

    async fn tell(&mut self, event: Event) {
        // An owner that has gone away is seen by its commands' end.
        let _ = self.events.send(event).await;
    }

    /// Forgets the dialog and says so.
    async fn over(&mut self, gone: Gone) {
        if let Phase::Live(live) = core::mem::replace(&mut self.phase, Phase::Over) {
            self.forget(&live);
        }
        for mut open in self.asked.take().into_iter().chain(self.theirs.drain(..)) {
            let response = self.shared.response(&open.request, 487, "");
            open.answer(response);
        }
        self.tell(Event::Gone(gone)).await;
    }

    fn forget(&self, live: &Live) {
        let mut table = self.shared.table();
        table.dialogs.remove(&live.name);
        if let Some(name) = &live.invite_name {
            table.invites.remove(name);
        }
    }

    const fn live(&mut self) -> Option<&mut Live> {
        match &mut self.phase {
            Phase::Live(live) => Some(live),
            Phase::Fresh | Phase::Over => None,
        }
    }
}

impl Drop for Dialog {
    /// A runtime that shuts down drops tasks where they stand; the table does not keep what is gone.
    fn drop(&mut self) {
        if let Phase::Live(live) = &self.phase {
            self.forget(live);
        }
    }
}
