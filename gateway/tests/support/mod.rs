//! Fax machines that speak SIP, on loopback: the ends between which a gateway stands.
#![allow(dead_code, reason = "each test uses a part")]

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use fax_call::Law;
use fax_call::media::{self, Order, Station};
use fax_call::sip::{Ask, Codecs, Dialog, Invitation, LegSettings, Local, Target};
use fax_core::image::Resolution;
use fax_core::t30::session::{Cause, Role};
use fax_core::terminal::{self, Document, FaxMachine, Page, PageWriter};
use fax_core::{Private, Span};
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
    Refuses,
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

/// A page that has something on every row.
pub(crate) fn page() -> Page {
    let mut page = PageWriter::new(1728, Resolution::STANDARD, 1 << 20).unwrap();
    for row in 0..200_u32 {
        let pels: Vec<u8> =
            (0..216_u32).map(|at| if (at / 9 + row / 16) % 3 == 0 { 0xF0 } else { 0 }).collect();
        page.row(&pels).unwrap();
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
    }
}

/// Sends a page to a number; gives how the machine saw it end.
pub(crate) async fn send(end: &End, number: &str, fax: Fax) -> Option<Cause> {
    let (clock, sockets) = (Clock::start(), sockets());
    let codecs = Codecs { laws: vec![Law::A, Law::Mu], events: None, red: None };
    let dialog = Dialog::call(leg(&sockets), target(number), codecs, 11, clock.now());
    let handle = end.endpoint.dial().unwrap();
    let machine = station(Role::Caller, Document::from_iter([page()]));
    let mut machine = talk(dialog, handle, machine, sockets, clock, fax).await;
    machine.terminal().machine().outcome().map(|outcome| outcome.cause)
}

/// Takes the next call and receives what comes; gives how it ended and the pages.
pub(crate) async fn receive(end: &mut End, fax: Fax) -> (Option<Cause>, Vec<Vec<u8>>) {
    let (invitation, handle): (Invitation, DialogHandle) = end.calls.next().await.unwrap();
    let (clock, sockets) = (Clock::start(), sockets());
    let mut dialog = Dialog::invited(leg(&sockets), &invitation, 13).unwrap();
    dialog.progress(180, None);
    assert!(dialog.accept(clock.now(), None));
    let machine = station(Role::Answerer, Document::default());
    let mut machine = talk(dialog, handle, machine, sockets, clock, fax).await;
    let machine = machine.terminal().machine();
    let pages = machine.received().iter().map(|received| received.page.raster()).collect();
    (machine.outcome().map(|outcome| outcome.cause), pages)
}

/// Drives an end until its dialog is over; the caller hangs up when its machine has done.
async fn talk(
    mut dialog: Dialog,
    mut handle: DialogHandle,
    mut station: Station,
    sockets: MediaSockets,
    clock: Clock,
    fax: Fax,
) -> Station {
    let (mut order, mut buffer) = (Order::Nothing, [0; 2048]);
    let mut done = None;
    loop {
        let now = clock.now();
        match (dialog.asked(), fax) {
            (Some(Ask::Fax), Fax::Refuses) => dialog.decline(now, 488),
            (Some(_), _) => dialog.consent(now),
            (None, _) => {}
        }
        if station.terminal().machine().outcome().is_some()
            && now > *done.get_or_insert(now) + Span::from_millis(1000)
        {
            dialog.bye(now, 480);
        }
        dialog.advance(now);
        while dialog.notice().is_some() {}
        while let Some(command) = dialog.command() {
            handle.command(command);
        }
        if dialog.order() != order {
            order = dialog.order();
            station.order(now, order.clone());
        }
        station.advance(now);
        while let Some(sending) = station.transmit(&mut buffer) {
            let socket = match sending.socket {
                media::Socket::Rtp => fax_net::Socket::Rtp,
                media::Socket::Udptl => fax_net::Socket::Udptl,
            };
            sockets.send(socket, sending.to, &buffer[..sending.length]);
        }
        if dialog.is_over() || now > fax_core::Timestamp::ZERO + Span::from_millis(90_000) {
            station.hang_up(now);
            return station;
        }
        let deadlines =
            [dialog.deadline().map(|deadline| deadline.at), station.deadline().map(|deadline| deadline.at)];
        let until = deadlines.into_iter().flatten().fold(now + Span::from_millis(100), core::cmp::Ord::min);
        tokio::select! {
            Some(event) = handle.events.recv() => dialog.take(clock.now(), event),
            (socket, from, length) = sockets.receive(&mut buffer) => {
                let socket = match socket {
                    fax_net::Socket::Rtp => media::Socket::Rtp,
                    fax_net::Socket::Udptl => media::Socket::Udptl,
                };
                station.receive(clock.now(), socket, from, &buffer[..length]);
            }
            () = clock.sleep_until(until) => {}
        }
    }
}

/// A gateway's configuration between two ends on this machine.
pub(crate) fn configuration(receiver: SocketAddr, fax: &str) -> String {
    let (first, last) = ports(200);
    format!(
        "[sip]\nlisten = ['udp:127.0.0.1:0']\n[media]\nports = '{first}-{last}'\n[http]\nbind = '127.0.0.1:0'\n\
         [log]\nlevel = 'warn'\n[limits]\nloop_lag_ms = 5000\ncalls = 20\n[fax]\n{fax}\n\
         [[trunk]]\nname = 'ata'\nsources = ['127.0.0.1']\n\
         [[trunk]]\nname = 'carrier'\naddress = '{receiver}'\n\
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
