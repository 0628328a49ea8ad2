//! The loop of one call.

use super::story::{Story, against_v34};
use super::watch::Watch;
use super::{Desk, Service};
use crate::capture::Tap;
use crate::clock::Clock;
use crate::config::{Config, Fax};
use crate::ledger::entry::Entry;
use crate::live::Now;
use crate::quota::Ticket;
use core::future::pending;
use core::net::SocketAddr;
use fax_call::media::{Order, Path, Socket};
use fax_call::sip::{Bridge, BridgeEvent, Command, EndCause, Event, Gone, Output, Stop};
use fax_call::{Ending, Side, media};
use fax_core::relay;
use fax_core::{Span, Timestamp};
use fax_net::{DialogHandle, MediaSockets, SipEndpoint};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, sleep_until};

/// Everything of a call that is no machine.
pub(super) struct Driver {
    desk: Desk,
    endpoint: SipEndpoint,
    config: Arc<Config>,
    fax: Fax,
    emergency: bool,
    clock: Clock,
    story: Story,
    watches: [Watch; 2],
    /// What flows on the legs.
    modes: [&'static str; 2],
    dialogs: [Option<DialogHandle>; 2],
    _far_place: Option<Ticket>,
    phase: String,
    /// Pages that the journal knows of.
    marked: u32,
    finished: bool,
    ticked: Timestamp,
    tap: Option<Tap>,
    /// Where the sockets are: RTP and UDPTL of both legs.
    local: [[SocketAddr; 2]; 2],
}

/// What holds for a call from its beginning to its end.
pub(super) struct Terms {
    pub(super) config: Arc<Config>,
    pub(super) fax: Fax,
    pub(super) emergency: bool,
    pub(super) clock: Clock,
}

/// What came to pass.
enum Happening {
    Sip(Side, Option<Event>),
    Datagram(Side, Socket, SocketAddr, usize),
    Time,
    Service(Service),
}

/// How often what only counts time is looked at.
const TICK: Span = Span::from_millis(1000);
/// Datagrams that are taken in a row before time is looked at.
const BURST: usize = 16;
/// A longer datagram is no RTP of a call and no UDPTL that we allow.
const LONGEST: usize = 2048;
/// Both dialogs end by themselves; if the stack has lost one, the call is over so long after its end all the same.
const FAREWELL: Span = Span::from_millis(60_000);
/// The same when the program ends: it waits 5 s for records.
const HASTE: Span = Span::from_millis(3000);

type Buffer = [u8; LONGEST];

impl Driver {
    pub(super) fn new(
        desk: Desk,
        endpoint: SipEndpoint,
        terms: Terms,
        story: Story,
        near: DialogHandle,
        sockets: &[MediaSockets; 2],
    ) -> Self {
        let Terms { config, fax, emergency, clock } = terms;
        let mut near = near;
        let here = |port| SocketAddr::new(config.media.address, port);
        let local = sockets.each_ref().map(|leg| [leg.rtp_port(), leg.udptl_port()].map(here));
        let tap = desk.captures.tap(&story.entry.id, story.entry.began, &config.capture);
        if let Some(tap) = &tap {
            near.tap(tap.signalling(clock, config.records.numbers));
        }
        Self {
            desk,
            endpoint,
            config,
            fax,
            emergency,
            clock,
            story,
            watches: Default::default(),
            modes: ["none"; 2],
            dialogs: [Some(near), None],
            _far_place: None,
            phase: "calling".into(),
            marked: 0,
            finished: false,
            ticked: Timestamp::ZERO,
            tap,
            local,
        }
    }

    /// Drives a call to its end.
    pub(super) async fn run(
        mut self,
        mut bridge: Bridge,
        mut path: Path,
        sockets: [MediaSockets; 2],
    ) -> Entry {
        let mut service = self.desk.service.clone();
        let mut buffers: Box<[Buffer; 2]> = Box::new([[0; LONGEST]; 2]);
        let mut ended = None;
        self.drain(&mut bridge, &mut path, &sockets, &mut buffers[0]);
        while !bridge.is_over() {
            let farewell = if *service.borrow() == Service::Over { HASTE } else { FAREWELL };
            if self.story.has_ended() && self.clock.now() > *ended.get_or_insert(self.clock.now()) + farewell
            {
                break;
            }
            let until = self.deadline(&bridge, &path);
            let happening = self.wait(&sockets, &mut buffers, &mut service, until).await;
            self.handle(happening, &mut bridge, &mut path, &sockets, &mut buffers);
            self.drain(&mut bridge, &mut path, &sockets, &mut buffers[0]);
        }
        self.close(&mut path)
    }

    fn deadline(&self, bridge: &Bridge, path: &Path) -> Timestamp {
        let tick = self.ticked + TICK;
        let bridge = bridge.deadline().map_or(tick, |deadline| deadline.at);
        let path = path.deadline().map_or(tick, |deadline| deadline.at);
        tick.min(bridge).min(path)
    }

    async fn wait(
        &mut self,
        sockets: &[MediaSockets; 2],
        [near_buffer, far_buffer]: &mut [Buffer; 2],
        service: &mut Receiver<Service>,
        until: Timestamp,
    ) -> Happening {
        let until: Instant = self.clock.instant(until);
        let [near, far] = &mut self.dialogs;
        let [near_sockets, far_sockets] = sockets;
        tokio::select! {
            event = next(near) => Happening::Sip(Side::Near, event),
            event = next(far) => Happening::Sip(Side::Far, event),
            (socket, from, length) = near_sockets.receive(near_buffer) => {
                Happening::Datagram(Side::Near, socket, from, length)
            }
            (socket, from, length) = far_sockets.receive(far_buffer) => {
                Happening::Datagram(Side::Far, socket, from, length)
            }
            () = sleep_until(until) => Happening::Time,
            Ok(()) = service.changed() => Happening::Service(*service.borrow_and_update()),
        }
    }

    fn handle(
        &mut self,
        happening: Happening,
        bridge: &mut Bridge,
        path: &mut Path,
        sockets: &[MediaSockets; 2],
        buffers: &mut [Buffer; 2],
    ) {
        let now = self.clock.now();
        match happening {
            Happening::Sip(side, Some(event)) => bridge.take(now, side, event),
            Happening::Sip(side, None) => {
                // The stack has told the end before; if it has not, this is it.
                self.dialogs[place(side)] = None;
                bridge.take(now, side, Event::Gone(Gone::Lost));
            }
            Happening::Datagram(side, socket, from, length) => {
                let [near, far] = buffers;
                let (buffer, out) = if side == Side::Near { (near, far) } else { (far, near) };
                self.datagram(path, now, side, socket, from, buffer.get(..length).unwrap_or_default());
                // Those that wait behind it, as many as do not make others wait. Each goes on before the next is taken: a leg keeps
                // a few packets only.
                let leg = &sockets[place(side)];
                for _ in 0..BURST {
                    let Some((socket, from, length)) = leg.try_receive(buffer) else { break };
                    self.send(now, path, sockets, out);
                    self.datagram(path, now, side, socket, from, buffer.get(..length).unwrap_or_default());
                }
            }
            Happening::Time => {}
            Happening::Service(Service::Over) => bridge.hang_up(now, Stop::Shutdown),
            Happening::Service(Service::Open | Service::Draining) => {}
        }
        bridge.advance(now);
        path.advance(now);
        bridge.carrier(path.is_cut_by_a_switch());
        if now >= self.ticked + TICK {
            self.tick(now, bridge);
        }
    }

    fn datagram(
        &mut self,
        path: &mut Path,
        now: Timestamp,
        side: Side,
        socket: Socket,
        from: SocketAddr,
        octets: &[u8],
    ) {
        if path.receive(now, side, socket, from, octets) {
            self.watches[place(side)].came(now, socket, octets);
            self.keep(now, from, self.here(side, socket), octets);
        }
    }

    fn here(&self, side: Side, socket: Socket) -> SocketAddr {
        let [rtp, udptl] = self.local[place(side)];
        match socket {
            Socket::Rtp => rtp,
            Socket::Udptl => udptl,
        }
    }

    /// Packets are kept where the configuration wants it.
    fn keep(&self, now: Timestamp, from: SocketAddr, to: SocketAddr, octets: &[u8]) {
        if let Some(tap) = &self.tap {
            tap.packet(now.since(Timestamp::ZERO).micros(), from, to, octets);
        }
    }

    /// Takes out all that the machines say, until they say nothing more.
    fn drain(&mut self, bridge: &mut Bridge, path: &mut Path, sockets: &[MediaSockets; 2], out: &mut Buffer) {
        loop {
            let now = self.clock.now();
            let mut silent = true;
            while let Some(output) = bridge.output() {
                silent = false;
                self.output(now, output, bridge, path);
            }
            while let Some((at, side, sign)) = path.sign() {
                silent = false;
                self.story.heard(at, side, sign);
                bridge.heard(now, side, sign);
            }
            while let Some((at, event)) = path.event() {
                silent = false;
                self.story.happened(at, &event);
                if let fax_call::Event::Relay(_, relay::Event::Phase(phase)) = event {
                    self.phase = format!("{phase:?}");
                    bridge.phase(now, phase);
                }
            }
            if !self.finished && path.ending().is_some() && !self.story.has_ended() {
                self.finished = true;
                bridge.finished(now);
            }
            self.send(now, path, sockets, out);
            if silent {
                break;
            }
        }
    }

    /// Sends what the media have to say.
    fn send(&mut self, now: Timestamp, path: &mut Path, sockets: &[MediaSockets; 2], out: &mut Buffer) {
        for (side, leg) in [Side::Near, Side::Far].into_iter().zip(sockets) {
            while let Some(sending) = path.transmit(side, out) {
                let octets = out.get(..sending.length).unwrap_or_default();
                if leg.send(sending.socket, sending.to, octets) {
                    self.watches[place(side)].went();
                    self.keep(now, self.here(side, sending.socket), sending.to, octets);
                }
            }
        }
    }

    fn output(&mut self, now: Timestamp, output: Output, bridge: &mut Bridge, path: &mut Path) {
        match output {
            Output::Sip(Side::Far, command @ Command::Invite { .. }) => self.dial(now, command, bridge, path),
            Output::Sip(side, command) => {
                if let Some(dialog) = &self.dialogs[place(side)] {
                    dialog.command(command);
                }
            }
            Output::Media(side, order) => self.order(now, side, order, path),
            Output::Event(at, event) => {
                self.story.signalled(at, event);
                match event {
                    BridgeEvent::Called(_) => {}
                    BridgeEvent::Answered(_) => self.phase = "answered".into(),
                    BridgeEvent::Ended(end) => path.finish(now, ending(end)),
                    _ => return,
                }
                self.mark(now, path);
            }
        }
    }

    /// Begins a dialog with the next target; the one before is let go of.
    fn dial(&mut self, now: Timestamp, command: Command, bridge: &mut Bridge, path: &mut Path) {
        let Command::Invite { target, .. } = &command else { return };
        path.treat(Side::Far, super::settings::media_leg(&self.config, &target.trunk, &self.fax));
        self.dialogs[place(Side::Far)] = None;
        self._far_place = None;
        let refused = |code| Event::Refused { code, retry_after: None, min_se: None };
        match self.desk.place(&self.config, &target.trunk, self.emergency) {
            Ok(place) => self._far_place = Some(place),
            Err(why) => {
                self.story.not_placed(now, why);
                return bridge.take(now, Side::Far, refused(503));
            }
        }
        match self.endpoint.dial() {
            Ok(mut far) => {
                if let Some(tap) = &self.tap {
                    far.tap(tap.signalling(self.clock, self.config.records.numbers));
                }
                far.command(command);
                self.dialogs[place(Side::Far)] = Some(far);
            }
            Err(trouble) => {
                self.story.note(now, "far", format!("not called: {trouble}"));
                bridge.take(now, Side::Far, refused(503));
            }
        }
    }

    fn order(&mut self, now: Timestamp, side: Side, order: Order, path: &mut Path) {
        let due = match &order {
            Order::Audio(audio) => matches!(audio.flow, media::Flow::Both | media::Flow::Receive),
            Order::T38(_) => true,
            Order::Nothing | Order::Muted => false,
        };
        self.modes[place(side)] = super::settings::mode(&order);
        self.watches[place(side)].expect(now, due && self.story.is_answered());
        let changed = self.story.ordered(now, side, &order);
        path.order(now, side, order);
        if changed {
            self.mark(now, path);
        }
    }

    fn mark(&mut self, now: Timestamp, path: &Path) {
        self.marked = path.record().map_or(0, |record| record.confirmed);
        self.desk.ledger.mark(self.story.mark(now, self.marked));
    }

    /// What is looked at once a second.
    fn tick(&mut self, now: Timestamp, bridge: &mut Bridge) {
        self.ticked = now;
        let limits = &self.config.limits;
        let one_way = Span::from_millis(limits.one_way_ms.into());
        for (watch, side) in self.watches.iter_mut().zip(["near", "far"]) {
            if watch.is_one_way(now, one_way) {
                self.story.note(now, side, format!("no media for {} ms", limits.one_way_ms));
            }
        }
        if limits.call_s > 0
            && now.since(Timestamp::ZERO) >= Span::from_millis(u64::from(limits.call_s) * 1000)
        {
            bridge.hang_up(now, Stop::Limit);
        }
        let entry = &self.story.entry;
        let shown = Now {
            id: entry.id.clone(),
            began: entry.began,
            from: entry.from.clone(),
            to: entry.to.clone(),
            route: entry.route.clone(),
            modes: self.modes,
            phase: self.phase.clone(),
            pages: self.marked,
            silent_ms: [0, 1]
                .map(|leg: usize| self.watches[leg].silent(now).map(|silent| silent.micros() / 1000)),
        };
        self.desk.live.set(shown, Duration::from_millis(limits.one_way_ms.into()));
    }

    fn close(self, path: &mut Path) -> Entry {
        let now = self.clock.now();
        let sides = [Side::Near, Side::Far];
        let (audio, strangers) = (sides.map(|side| path.audio(side)), sides.map(|side| path.strangers(side)));
        let mut entry = self.story.close(now, path.record(), &self.watches, audio, strangers);
        entry.evidence.extend(sides.into_iter().filter_map(|side| against_v34(side, path.v8(side))));
        if let Some(tap) = self.tap {
            let wanted = !self.config.capture.failed_only || !entry.went_well();
            entry.capture = tap.close(wanted);
            self.desk.live.metrics.capture(match (wanted, &entry.capture) {
                (false, _) => "dropped",
                (true, Some(_)) => "kept",
                (true, None) => "stopped",
            });
        }
        entry
    }
}

/// The next event of a dialog, if there is one; `None` when it is over.
async fn next(dialog: &mut Option<DialogHandle>) -> Option<Event> {
    match dialog {
        Some(dialog) => dialog.events.recv().await,
        None => pending().await,
    }
}

/// How the end of signalling looks to a fax.
fn ending(end: EndCause) -> Ending {
    match end {
        EndCause::HungUp(side, _) | EndCause::Lost(side) | EndCause::SessionExpired(side) => {
            Ending::HungUp(side)
        }
        EndCause::Cancelled => Ending::HungUp(Side::Near),
        EndCause::NotAnswered(_)
        | EndCause::NotAcceptable(_)
        | EndCause::T38Refused(..)
        | EndCause::Finished
        | EndCause::Stopped(_) => Ending::Stopped,
    }
}

const fn place(side: Side) -> usize {
    match side {
        Side::Near => 0,
        Side::Far => 1,
    }
}
