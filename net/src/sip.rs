//! The SIP endpoint: one adapter over a SIP stack that is used for parsing, sockets' streams and transactions only.
//!
//! ```text
//!   socket   drops what no peer sent        gate     answers what needs no memory: 400, 401, 405, 420, 481, 482, 483, 500, 503
//!      |                                      |
//!      v                                      v
//!    stack: parses --------------------->  transactions ------> dialog (a task each) <---> seam
//! ```
//!
//! From: RFC 3261, 3311, 3581, 4028, 6026; why dialogs are ours: docs/decisions/0006-sip-stack.md.

mod body;
mod dialog;
mod digest;
mod gate;
mod grammar;
mod message;
mod peering;
mod reading;
mod register;
mod registrar;
mod shared;
mod socket;
mod sound;
mod stack;
mod tap;
mod transact;

pub use reading::{Reading, read};
pub use register::Registered;
pub use tap::{Tap, Traffic};

use crate::settings::{EndpointSettings, Transport};
use core::net::SocketAddr;
use core::sync::atomic::Ordering;
use core::time::Duration;
use dialog::{Dialog, INBOX, Inbound};
use fax_call::sip::{Command, Event, Invitation};
use fax_core::Private;
use grammar::address;
use message::{to_tag, value};
use shared::{Name, Shared, lock, random_octets};
use stack::{
    CancellationToken, EndpointBuilder, EndpointOption, Method, Request, SipConnection, SipMessage,
    Transaction, Transport as Wire, TransportLayer,
};
use std::io;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Semaphore, mpsc};

/// One SIP endpoint. Clones are the same endpoint; it stops when the last one and its [`Calls`] are gone.
#[derive(Clone)]
pub struct SipEndpoint {
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
    registrations: Arc<[(String, register::Standing)]>,
    _stop: Arc<Stop>,
}

/// The calls that come in.
pub struct Calls {
    incoming: mpsc::Receiver<(Invitation, DialogHandle)>,
    _stop: Arc<Stop>,
}

/// Why an endpoint does not start, or a call is not begun.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// A listener cannot be bound.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// All places for dialogs are taken.
    #[error("no place for another dialog")]
    Full,
    /// The stack did not start.
    #[error("the SIP stack did not start: {0}")]
    Stack(String),
}

/// One dialog of an endpoint.
pub struct DialogHandle {
    /// What happens to it. Ends after [`Event::Gone`]. Up to 64 events wait; beyond that the dialog itself waits.
    pub events: mpsc::Receiver<Event>,
    commands: mpsc::Sender<Command>,
    shared: Arc<Shared>,
    call_id: String,
    /// What a peer began it with, until a tap has been shown it.
    beginning: Option<tap::Beginning>,
    tapped: Arc<OnceLock<tap::Tapped>>,
}

impl DialogHandle {
    /// Gives a command. It never waits: 64 may be open, and a dialog that is over takes and forgets them.
    pub fn command(&self, command: Command) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.commands.try_send(command) {
            tracing::error!("a dialog does not keep up with its commands; one is lost");
        }
    }

    /// Shows the messages of the dialog from now on, to its end: to be called once, before its first command. Of a dialog that a peer
    /// began the INVITE is shown too.
    pub fn tap(&mut self, tap: Tap) {
        let beginning = self.beginning.take();
        self.tapped.get_or_init(|| tap::Tapped::new(&self.shared, self.call_id.clone(), tap, beginning));
    }
}

impl core::fmt::Debug for DialogHandle {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DialogHandle")
    }
}

/// Messages that were not let in, and dialogs, since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// From addresses that nobody has configured.
    pub foreign: u64,
    /// Above the rate of their address, or connections above the limit.
    pub over_rate: u64,
    /// Without a header that they must have; answered 400.
    pub malformed: u64,
    /// INVITEs refused by admission; answered 503.
    pub refused_admission: u64,
    /// Requests of adapters with wrong credentials; answered 401.
    pub unauthenticated: u64,
    /// Dialogs begun by peers.
    pub dialogs_in: u64,
    /// Dialogs begun by us.
    pub dialogs_out: u64,
    /// Dialogs that live now.
    pub dialogs: u64,
    /// Adapters that are registered now.
    pub registered: u64,
}

const EVENTS: usize = 64;

impl SipEndpoint {
    /// Binds all listeners, starts to answer, and begins to register.
    ///
    /// # Errors
    /// [`Trouble::Listen`] if one listener cannot be bound; then none stays open.
    pub async fn start(settings: EndpointSettings) -> Result<(Self, Calls), Trouble> {
        // Another part of the process may have installed its own already; which one does not matter for ours.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let token = CancellationToken::new();
        let stop = Arc::new(Stop(token.clone()));
        let shared = Arc::new(Shared::new(settings, random_octets(), token.clone()));
        let (listeners, accepts) = bind(&shared, &token).await?;
        let layer = TransportLayer::new(token.child_token());
        layer.set_stream_idle_timeout(shared.settings.limits.idle);
        for connection in listeners.iter().filter_map(|bound| bound.connection.clone()) {
            layer.add_transport(connection);
        }
        let timers = shared.settings.timers;
        let endpoint = EndpointBuilder::new()
            .with_user_agent(&shared.settings.user_agent)
            .with_transport_layer(layer)
            .with_cancel_token(token.child_token())
            .with_option(EndpointOption {
                t1: timers.t1,
                t2: timers.t2,
                t4: timers.t4,
                t1x64: timers.t1.saturating_mul(64),
                timerc: timers.ringing,
                auto_ack_2xx: false, // ours: with the answer if there is one, and again for each repetition
                ..EndpointOption::default()
            })
            .with_transport_inspector(Box::new(gate::Gate(Arc::clone(&shared))))
            .with_inspector(Box::new(tap::Sent(Arc::clone(&shared))))
            .build();
        let transactions =
            endpoint.incoming_transactions().map_err(|trouble| Trouble::Stack(trouble.to_string()))?;
        let _ = shared.stack.set(Arc::clone(&endpoint.inner));
        let _ = shared.listeners.set(listeners);
        tokio::spawn(async move { endpoint.serve().await });
        let connections = Arc::default();
        for accept in accepts {
            tokio::spawn(accept.run(Arc::clone(&shared), Arc::clone(&connections), token.clone()));
        }
        let places = Arc::new(Semaphore::new(shared.settings.limits.dialogs.min(Semaphore::MAX_PERMITS)));
        let (calls, incoming) = mpsc::channel(INBOX);
        until(&token, receive(Arc::clone(&shared), transactions, Arc::clone(&places), calls));
        until(&token, sweep(Arc::clone(&shared)));
        let registrations = register_all(&shared, &token);
        Ok((
            Self { shared, places, registrations, _stop: Arc::clone(&stop) },
            Calls { incoming, _stop: stop },
        ))
    }

    /// A place for a dialog that we begin; its first command is [`Command::Invite`].
    ///
    /// A first INVITE that is refused gives [`Event::Refused`] and then [`Event::Gone`].
    ///
    /// # Errors
    /// [`Trouble::Full`].
    pub fn dial(&self) -> Result<DialogHandle, Trouble> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Trouble::Full)?;
        let (events, heard) = mpsc::channel(EVENTS);
        let (commands, obeyed) = mpsc::channel(EVENTS);
        let (to, inbox) = mpsc::channel(INBOX);
        let (shared, call_id) = (Arc::clone(&self.shared), self.shared.random(16));
        let tapped = Arc::default();
        let dialog = Dialog::new(shared, call_id.clone(), Arc::clone(&tapped), events, to, place);
        tokio::spawn(dialog.run(inbox, obeyed));
        let shared = Arc::clone(&self.shared);
        Ok(DialogHandle { events: heard, commands, shared, call_id, beginning: None, tapped })
    }

    /// From now on new calls and probes are answered 503; calls that live go on. `false` takes it back.
    pub fn drain(&self, draining: bool) {
        self.shared.draining.store(draining, Ordering::Relaxed);
    }

    /// Every listener with the port it got.
    pub fn bound(&self) -> Vec<(Transport, SocketAddr)> {
        self.shared.listeners().iter().map(|bound| (bound.transport, bound.address)).collect()
    }

    /// The address that a trunk's Contact and Via name, for the media of its calls too; `None` if its name leads nowhere.
    pub async fn trunk_address(&self, trunk: &str) -> Option<SocketAddr> {
        let peer = Arc::clone(self.shared.peer_named(trunk)?);
        match peer.trunk.advertised {
            Some(advertised) => Some(advertised),
            None => self.shared.way_to(&peer).await.map(|way| way.local),
        }
    }

    /// How each registration with a trunk stands.
    pub fn registrations(&self) -> Vec<(String, Registered)> {
        self.registrations.iter().map(|(trunk, standing)| (trunk.clone(), *lock(standing))).collect()
    }

    /// What has been counted.
    pub fn counts(&self) -> Counts {
        let shared = &self.shared;
        let tally = &shared.counts;
        let read = |counter: &core::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let registered =
            shared.adapters.as_ref().map_or(0, |adapters| lock(adapters).registered(shared.now()));
        Counts {
            foreign: read(&tally.foreign),
            over_rate: read(&tally.over_rate),
            malformed: read(&tally.malformed),
            refused_admission: read(&tally.refused_admission),
            unauthenticated: read(&tally.unauthenticated),
            dialogs_in: read(&tally.dialogs_in),
            dialogs_out: read(&tally.dialogs_out),
            dialogs: shared.table().dialogs.len() as u64,
            registered: registered as u64,
        }
    }
}

impl Calls {
    /// The next call that comes in. Its first event is the invitation itself and has been taken out already.
    /// `None` when the endpoint has stopped.
    pub async fn next(&mut self) -> Option<(Invitation, DialogHandle)> {
        self.incoming.recv().await
    }
}

/// Ends all tasks of an endpoint.
struct Stop(CancellationToken);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

async fn bind(
    shared: &Arc<Shared>,
    token: &CancellationToken,
) -> Result<(Vec<shared::Bound>, Vec<socket::Accept>), Trouble> {
    let (mut listeners, mut accepts) = (Vec::new(), Vec::new());
    for listener in &shared.settings.listeners {
        let (bound, accept) = socket::bind(shared, listener, token)
            .await
            .map_err(|source| Trouble::Listen { address: listener.bind, source })?;
        listeners.push(bound);
        accepts.extend(accept);
    }
    Ok((listeners, accepts))
}

/// Runs `task` until the endpoint stops.
fn until(token: &CancellationToken, task: impl Future<Output = ()> + Send + 'static) {
    let token = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = token.cancelled() => {}
            () = task => {}
        }
    });
}

fn register_all(shared: &Arc<Shared>, token: &CancellationToken) -> Arc<[(String, register::Standing)]> {
    let asked = shared.peers.iter().filter_map(|peer| Some((peer, peer.trunk.register.clone()?)));
    asked
        .map(|(peer, registration)| {
            let standing = register::Standing::new(Registered::Waiting.into());
            until(
                token,
                register::keep(Arc::clone(shared), Arc::clone(peer), registration, Arc::clone(&standing)),
            );
            (peer.trunk.name.clone(), standing)
        })
        .collect()
}

/// Forgets, now and then, sources and registrations of which nothing is heard any more.
async fn sweep(shared: Arc<Shared>) {
    const EVERY: Duration = Duration::from_secs(10);
    loop {
        tokio::time::sleep(EVERY).await;
        shared.datagrams.retain_recent();
        shared.invites.retain_recent();
        if let Some(adapters) = &shared.adapters {
            lock(adapters).sweep(shared.now());
        }
    }
}

/// Brings each request that begins a transaction to its dialog.
async fn receive(
    shared: Arc<Shared>,
    mut transactions: rsipstack::transaction::TransactionReceiver,
    places: Arc<Semaphore>,
    calls: mpsc::Sender<(Invitation, DialogHandle)>,
) {
    while let Some(transaction) = transactions.recv().await {
        match to_tag(&transaction.original) {
            Some(_) => inside(&shared, transaction),
            None => {
                let name = invite_name(&transaction.original);
                if begin(&shared, transaction, &places, &calls).is_none() {
                    // The gate has noted the INVITE for a dialog that it does not become.
                    name.map(|name| shared.table().invites.remove(&name));
                }
            }
        }
    }
}

fn inside(shared: &Shared, transaction: Transaction) {
    let request = &transaction.original;
    let name = value(request, "Call-ID")
        .zip(to_tag(request))
        .map(|(call_id, tag)| Name { call_id: call_id.into(), tag: tag.into() });
    let to = name.and_then(|name| shared.table().dialogs.get(&name).map(|known| known.to.clone()));
    let refused = match to.map(|to| to.try_send(Inbound::Request(Box::new(transaction)))) {
        Some(Ok(())) | None => None,
        Some(Err(mpsc::error::TrySendError::Full(refused) | mpsc::error::TrySendError::Closed(refused))) => {
            Some(refused)
        }
    };
    if let Some(Inbound::Request(transaction)) = refused {
        refuse(*transaction, 481);
    }
}

fn begin(
    shared: &Arc<Shared>,
    transaction: Transaction,
    places: &Arc<Semaphore>,
    calls: &mpsc::Sender<(Invitation, DialogHandle)>,
) -> Option<()> {
    let connection = transaction.connection.clone();
    let source =
        connection.as_ref().and_then(|connection| connection.get_remote_addr()?.get_socketaddr().ok());
    let peer = source.and_then(|source| shared.peer_at(source.ip()));
    let (Some(connection), Some(source), Some(peer)) = (connection, source, peer) else {
        refuse(transaction, 403);
        return None;
    };
    let Some(invitation) = invitation(&transaction.original, source, &peer.trunk.name) else {
        refuse(transaction, 400);
        return None;
    };
    let (Ok(place), Ok(room)) = (Arc::clone(places).try_acquire_owned(), calls.try_reserve()) else {
        refuse(transaction, 503);
        return None;
    };
    let (events, heard) = mpsc::channel(EVENTS);
    let (commands, obeyed) = mpsc::channel(EVENTS);
    let (to, inbox) = mpsc::channel(INBOX);
    let call_id = invitation.call_id.clone();
    let tapped = Arc::default();
    let mut dialog = Dialog::new(Arc::clone(shared), call_id.clone(), Arc::clone(&tapped), events, to, place);
    let ours = shared.local_for(peer, &connection, transport_of(&connection), source);
    let invite = SipMessage::Request(transaction.original.clone());
    dialog.invited(transaction, peer, source, connection)?;
    tokio::spawn(dialog.run(inbox, obeyed));
    let beginning = Some(tap::Beginning { ours, theirs: source, invite });
    let shared = Arc::clone(shared);
    room.send((invitation, DialogHandle { events: heard, commands, shared, call_id, beginning, tapped }));
    Some(())
}

/// Call-ID, the peer's tag and CSeq of an INVITE.
fn invite_name(request: &Request) -> Option<shared::InviteName> {
    let (number, _) = message::cseq(request)?;
    Some((value(request, "Call-ID")?.to_owned(), message::from_tag(request)?.to_owned(), number))
}

/// Answers a request that found no dialog after all.
fn refuse(mut transaction: Transaction, code: u16) {
    tokio::spawn(async move {
        if transaction.reply(code.into()).await.is_ok() {
            while transaction.receive().await.is_some() {}
        }
    });
}

/// What an INVITE says, for the seam.
fn invitation(request: &Request, source: SocketAddr, trunk: &str) -> Option<Invitation> {
    (request.method == Method::Invite).then_some(())?;
    let number = |name| value(request, name).and_then(|number| number.parse().ok());
    Some(Invitation {
        call_id: value(request, "Call-ID")?.to_owned(),
        caller: Private::new(message::user(address(value(request, "From")?))),
        called: Private::new(message::user(&request.uri.to_string())),
        source,
        trunk: trunk.to_owned(),
        max_forwards: number("Max-Forwards").unwrap_or(70),
        hops: number(message::HOPS).unwrap_or(0),
        headers: message::foreign(request),
        body: body::description(request, &request.body),
        timer: message::session_timer(request),
    })
}

/// The transport of a connection.
fn transport_of(connection: &SipConnection) -> Transport {
    match connection.transport() {
        Wire::Tcp => Transport::Tcp,
        Wire::Tls => Transport::Tls,
        _ => Transport::Udp,
    }
}
