//! Fax machines that speak SIP, on loopback: the ends between which a gateway stands.
#![allow(dead_code, reason = "each test uses a part")]

use bytes::Bytes;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use fax_call::Law;
use fax_call::media::{self, Order, Station};
use fax_call::sip::{
    Ask, Codecs, Command, Dialog, Event, Headers, Invitation, LegSettings, Local, Method, SessionTimer,
    Target,
};
use fax_core::image::Resolution;
use fax_core::t30::Fcf;
use fax_core::t30::session::{self, Cause, Role};
use fax_core::terminal::{self, Document, FaxMachine, Page, PageWriter};
use fax_core::{Private, Span, Timestamp};
use fax_gateway::ledger::{Entry, Index, Query};
use fax_gateway::service::{Running, Source};
use fax_net::{
    Calls, Clock, DialogHandle, EndpointSettings, Listener, Marking, MediaSockets, PortRange, SipEndpoint,
    Trunk,
};
use std::path::PathBuf;
use std::time::Duration;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A directory of its own for a test.
pub(crate) struct Scratch(pub(crate) PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("faxgw-it-{}-{name}", std::process::id()));
        _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A file in it.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Ports that nobody has now.
pub(crate) fn ports(count: u16) -> (u16, u16) {
    let probe = std::net::UdpSocket::bind((HERE, 0)).unwrap();
    let first = probe.local_addr().unwrap().port().min(65_000 - count) & !1;
    (first, first + count)
}

/// An end's SIP, and whom it calls.
pub(crate) struct End {
    pub(crate) endpoint: SipEndpoint,
    pub(crate) calls: Calls,
}

impl End {
    /// An end that knows one gateway; without its address it is only called.
    pub(crate) async fn start(gateway: Option<SocketAddr>) -> Self {
        let trunk =
            Trunk { name: "gw".into(), ..Trunk::udp("gw", gateway.unwrap_or(SocketAddr::new(HERE, 9))) };
        let settings = EndpointSettings {
            listeners: vec![Listener::udp(SocketAddr::new(HERE, 0))],
            trunks: vec![trunk],
            ..EndpointSettings::default()
        };
        let (endpoint, calls) = SipEndpoint::start(settings).await.unwrap();
        Self { endpoint, calls }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.endpoint.bound()[0].1
    }
}

/// What an end does with an offer of T.38.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fax {
    Takes,
    /// After three seconds.
    TakesLate,
    Refuses,
}

/// What an end does while a page is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Nothing,
    /// Refreshes the session three times: with what it said last, by UPDATE, and without a description.
    Refresh,
    /// Offers T.38.
    Switch,
    /// Its media come from other ports, and those named before are closed.
    Rebind,
}

/// How an end behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Habits {
    pub(crate) t38: Fax,
    pub(crate) in_page: Deed,
}

impl From<Fax> for Habits {
    fn from(t38: Fax) -> Self {
        Self { t38, in_page: Deed::Nothing }
    }
}

/// What an end has of a call.
#[derive(Debug)]
pub(crate) struct Took {
    pub(crate) cause: Option<Cause>,
    pub(crate) pages: Vec<Vec<u8>>,
    /// The descriptions with which its refreshes were answered.
    pub(crate) answers: Vec<String>,
}

/// A gateway between two ends.
pub(crate) struct Lab {
    scratch: Scratch,
    pub(crate) gateway: Running,
    pub(crate) sender: End,
    pub(crate) receiver: End,
}

impl Lab {
    pub(crate) async fn new(name: &str) -> Self {
        let scratch = Scratch::new(name);
        let receiver = End::start(None).await;
        let file = scratch.write("faxgw.toml", &configuration(receiver.address(), ""));
        let records = Some(scratch.0.join("records"));
        let gateway = Running::start(Source { file: Some(file), records }).await.unwrap();
        let sender = End::start(Some(gateway.bound()[0])).await;
        Self { scratch, gateway, sender, receiver }
    }

    /// The record of the call, when there is one.
    pub(crate) async fn record(&self) -> Entry {
        let directory = self.scratch.0.join("records");
        until(|| Index::read(&directory).ok()?.find(&Query::default()).ok()?.pop()).await
    }
}

fn sockets() -> MediaSockets {
    let (first, last) = ports(64);
    MediaSockets::bind(HERE, &PortRange::new(first, last).unwrap(), Marking::default()).unwrap()
}

fn leg(sockets: &MediaSockets) -> LegSettings {
    LegSettings::new(Local {
        host: HERE,
        rtp_port: sockets.rtp_port(),
        udptl_port: sockets.udptl_port(),
        origin: 7,
    })
}

fn station(role: Role, document: Document) -> Station {
    let machine = FaxMachine::new(role, terminal::Settings::default(), document);
    Station::new(machine, media::LegSettings::default(), 3)
}

/// A page that takes some seconds: every row is another.
pub(crate) fn page() -> Page {
    let mut page = PageWriter::new(1728, Resolution::STANDARD, 1 << 20).unwrap();
    let mut seed = 1_u32;
    for _ in 0..200 {
        let bars = (0..216).map(|_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            if seed >> 30 == 0 { 0xF0 } else { 0 }
        });
        page.row(&bars.collect::<Vec<u8>>()).unwrap();
    }
    page.finish()
}

pub(crate) fn target(number: &str) -> Target {
    Target {
        trunk: "gw".into(),
        caller: Private::new("0301234567".into()),
        called: Private::new(number.into()),
        max_forwards: 70,
        hops: 0,
        headers: Headers::default(),
    }
}

impl End {
    /// Sends a page to a number.
    pub(crate) async fn send(&self, number: &str, habits: Habits) -> Took {
        let (clock, sockets) = (Clock::start(), sockets());
        let codecs = Codecs { laws: vec![Law::A, Law::Mu], events: None, red: None };
        let dialog = Dialog::call(leg(&sockets), target(number), codecs, 11, clock.now());
        let handle = self.endpoint.dial().unwrap();
        let machine = station(Role::Caller, Document::from_iter([page()]));
        Talk::new(dialog, handle, machine, sockets, clock, habits).run().await
    }

    /// Takes the next call and receives what comes.
    pub(crate) async fn receive(&mut self, habits: Habits) -> Took {
        let (invitation, handle): (Invitation, DialogHandle) = self.calls.next().await.unwrap();
        let (clock, sockets) = (Clock::start(), sockets());
        let mut dialog = Dialog::invited(leg(&sockets), &invitation, 13).unwrap();
        dialog.progress(180, None);
        assert!(dialog.accept(clock.now(), None));
        let machine = station(Role::Answerer, Document::default());
        Talk::new(dialog, handle, machine, sockets, clock, habits).run().await
    }
}

/// An end in a call.
struct Talk {
    dialog: Dialog,
    handle: DialogHandle,
    station: Station,
    sockets: MediaSockets,
    clock: Clock,
    habits: Habits,
    order: Order,
    /// What it said last of its media.
    said: Bytes,
    /// Since when an offer of T.38 waits for our answer.
    asked: Option<Timestamp>,
    /// When its deed is due.
    deed: Option<Timestamp>,
    /// The refreshes that are still to come, the next one last, and whether one is open.
    refreshes: Vec<Command>,
    open: bool,
    answers: Vec<String>,
}

/// From CFR until about the middle of the page.
const TO_MID_PAGE: Span = Span::from_millis(3000);
/// How long one that takes its time does.
const LATE: Span = Span::from_millis(3000);

impl Talk {
    fn new(
        dialog: Dialog,
        handle: DialogHandle,
        station: Station,
        sockets: MediaSockets,
        clock: Clock,
        habits: Habits,
    ) -> Self {
        Self {
            dialog,
            handle,
            station,
            sockets,
            clock,
            habits,
            order: Order::Nothing,
            said: Bytes::new(),
            asked: None,
            deed: None,
            refreshes: Vec::new(),
            open: false,
            answers: Vec::new(),
        }
    }

    /// Drives an end until its dialog is over; it hangs up when its machine has done.
    async fn run(mut self) -> Took {
        let mut buffer = [0; 2048];
        let mut done = None;
        loop {
            let now = self.clock.now();
            self.decide(now);
            if self.station.terminal().machine().outcome().is_some()
                && now > *done.get_or_insert(now) + Span::from_millis(1000)
            {
                self.dialog.bye(now, 480);
            }
            self.act(now);
            self.advance(now, &mut buffer);
            if self.dialog.is_over() || now > Timestamp::ZERO + Span::from_millis(90_000) {
                return self.close(now);
            }
            let deadlines = [
                self.dialog.deadline().map(|deadline| deadline.at),
                self.station.deadline().map(|deadline| deadline.at),
            ];
            let until =
                deadlines.into_iter().flatten().fold(now + Span::from_millis(100), core::cmp::Ord::min);
            tokio::select! {
                Some(event) = self.handle.events.recv() => self.told(event),
                (socket, from, length) = self.sockets.receive(&mut buffer) => {
                    self.station.receive(self.clock.now(), socket, from, &buffer[..length]);
                }
                () = self.clock.sleep_until(until) => {}
            }
        }
    }

    /// Answers what the gateway offers.
    fn decide(&mut self, now: Timestamp) {
        let Some(ask) = self.dialog.asked() else { return self.asked = None };
        let since = *self.asked.get_or_insert(now);
        match (ask, self.habits.t38) {
            (Ask::Fax, Fax::Refuses) => self.dialog.decline(now, 488),
            (Ask::Fax, Fax::TakesLate) if now < since + LATE => {}
            _ => self.dialog.consent(now),
        }
    }

    /// Does its deed when a page is on its way.
    fn act(&mut self, now: Timestamp) {
        while let Some((_, event)) = self.station.terminal().event() {
            if matches!(event, session::Event::Said(Fcf::Cfr) | session::Event::Heard(Fcf::Cfr)) {
                self.deed.get_or_insert(now + TO_MID_PAGE);
            }
        }
        if self.deed.is_some_and(|at| at <= now) {
            match core::mem::replace(&mut self.habits.in_page, Deed::Nothing) {
                Deed::Nothing => {}
                Deed::Refresh => {
                    let timer = SessionTimer::default();
                    let offer = |by, body: &Bytes| Command::Offer { by, body: body.clone(), timer };
                    let nothing = Bytes::new();
                    self.refreshes = vec![
                        offer(Method::ReInvite, &nothing),
                        offer(Method::Update, &nothing),
                        offer(Method::ReInvite, &self.said),
                    ];
                }
                Deed::Switch => self.dialog.offer_fax(now),
                Deed::Rebind => self.sockets = sockets(),
            }
        }
        if !self.open
            && let Some(refresh) = self.refreshes.pop()
        {
            self.open = true;
            self.handle.command(refresh);
        }
    }

    /// The dialog is told, except of the answer to a refresh of which it does not know.
    fn told(&mut self, event: Event) {
        match event {
            Event::Accepted { body, .. } if self.open => {
                self.open = false;
                self.answers.push(String::from_utf8_lossy(&body).into_owned());
                if self.answers.len() == 3 {
                    self.handle.command(Command::Acknowledge { body: self.said.clone() });
                }
            }
            event => self.dialog.take(self.clock.now(), event),
        }
    }

    fn advance(&mut self, now: Timestamp, buffer: &mut [u8]) {
        self.dialog.advance(now);
        while self.dialog.notice().is_some() {}
        while let Some(command) = self.dialog.command() {
            if let Command::Accept { body, .. } | Command::Offer { body, .. } | Command::Invite { body, .. } =
                &command
            {
                self.said = body.clone();
            }
            self.handle.command(command);
        }
        if self.dialog.order() != self.order {
            self.order = self.dialog.order();
            self.station.order(now, self.order.clone());
        }
        self.station.advance(now);
        while let Some(sending) = self.station.transmit(buffer) {
            self.sockets.send(sending.socket, sending.to, &buffer[..sending.length]);
        }
    }

    fn close(mut self, now: Timestamp) -> Took {
        self.station.hang_up(now);
        let machine = self.station.terminal().machine();
        Took {
            cause: machine.outcome().map(|outcome| outcome.cause),
            pages: machine.received().iter().map(|received| received.page.raster()).collect(),
            answers: self.answers,
        }
    }
}

/// A gateway's configuration between two ends on this machine.
pub(crate) fn configuration(receiver: SocketAddr, fax: &str) -> String {
    let (first, last) = ports(200);
    format!(
        "[sip]\nlisten = ['udp:127.0.0.1:0']\n[media]\nports = '{first}-{last}'\n[http]\nbind = '127.0.0.1:0'\n\
         [log]\nlevel = 'warn'\n[limits]\nloop_lag_ms = 5000\ncalls = 20\n[fax]\n{fax}\n\
         [[trunk]]\nname = 'ata'\nsources = ['127.0.0.1']\nnat = true\n\
         [[trunk]]\nname = 'carrier'\naddress = '{receiver}'\nnat = true\n\
         [[route]]\nname = 'out'\nfrom = ['ata']\nto = ['0*']\ntargets = [{{ trunk = 'carrier', budget_s = 10 }}]\n"
    )
}

/// Waits until something is so; at most ten seconds.
pub(crate) async fn until<T>(mut so: impl FnMut() -> Option<T>) -> T {
    for _ in 0..500 {
        if let Some(found) = so() {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not come about")
}
