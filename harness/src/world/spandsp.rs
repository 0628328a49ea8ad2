//! The foreign peer in the world: SpanDSP's fax machines on either side and its gateway, the last two
//! over UDPTL as the servers in the field speak it.

use super::classic_udptl::{ClassicUdptl, Recovery};
use super::ends::{Gateway, Machine, Note, Outcome, PacketSide, T38Terminal, Terminal};
use super::page::Page;
use fax_core::Timestamp;
use peer_spandsp::{PeerEvent, Sent};
use std::path::{Path, PathBuf};

/// A fax machine on a phone line.
pub(super) struct PeerTerminal {
    machine: peer_spandsp::FaxTerminal,
    received: Option<PathBuf>,
}

/// A fax machine on T.38.
pub(super) struct PeerT38Terminal {
    machine: peer_spandsp::T38Terminal,
    received: Option<PathBuf>,
    udptl: ClassicUdptl,
}

/// A gateway.
pub(super) struct PeerGateway {
    engine: peer_spandsp::T38Gateway,
    udptl: ClassicUdptl,
}

impl PeerTerminal {
    pub(super) fn new(role: peer_spandsp::Role, settings: &peer_spandsp::TerminalSettings) -> Self {
        let machine = peer_spandsp::FaxTerminal::new(role, settings);
        Self { machine, received: settings.receive.clone() }
    }
}

impl PeerT38Terminal {
    pub(super) fn new(
        role: peer_spandsp::Role,
        settings: &peer_spandsp::TerminalSettings,
        recovery: Recovery,
    ) -> Self {
        let machine = peer_spandsp::T38Terminal::new(role, settings);
        Self { machine, received: settings.receive.clone(), udptl: ClassicUdptl::new(recovery) }
    }
}

impl PeerGateway {
    pub(super) fn new(settings: &peer_spandsp::GatewaySettings, recovery: Recovery) -> Self {
        Self { engine: peer_spandsp::T38Gateway::new(settings), udptl: ClassicUdptl::new(recovery) }
    }
}

/// What both kinds of fax machine do alike.
macro_rules! machine {
    ($name:ident) => {
        impl Machine for $name {
            fn outcome(&self) -> Option<Outcome> {
                self.machine.outcome().map(outcome)
            }

            fn is_on_hook(&self) -> bool {
                self.machine.is_finished()
            }

            fn hang_up(&mut self) {
                self.machine.hang_up();
            }

            fn notes(&mut self) -> Vec<Note> {
                self.machine.events().map(note).collect()
            }

            fn received(&mut self) -> Vec<Page> {
                self.received.take().map_or_else(Vec::new, |path| taken(&path))
            }
        }
    };
}

machine!(PeerTerminal);
machine!(PeerT38Terminal);

impl Terminal for PeerTerminal {
    fn exchange(&mut self, heard: &[i16], said: &mut [i16]) {
        self.machine.exchange(heard, said);
    }
}

impl T38Terminal for PeerT38Terminal {
    fn pass(&mut self, _now: Timestamp, samples: usize) {
        self.machine.advance(samples);
        let machine = &mut self.machine;
        hand_over(&mut self.udptl, || machine.sent());
    }
}

impl PacketSide for PeerT38Terminal {
    fn receive(&mut self, _now: Timestamp, datagram: &[u8]) {
        let machine = &mut self.machine;
        self.udptl.receive(datagram, &mut |ifp, seq| {
            machine.receive(ifp, seq);
        });
        hand_over(&mut self.udptl, || machine.sent());
    }

    fn transmit(&mut self, _now: Timestamp, out: &mut [u8]) -> Option<usize> {
        self.udptl.transmit(out)
    }
}

impl Gateway for PeerGateway {
    fn exchange(&mut self, _now: Timestamp, heard: &[i16], said: &mut [i16]) {
        self.engine.exchange(heard, said);
        let engine = &mut self.engine;
        hand_over(&mut self.udptl, || engine.sent());
    }
}

impl PacketSide for PeerGateway {
    fn receive(&mut self, _now: Timestamp, datagram: &[u8]) {
        let engine = &mut self.engine;
        self.udptl.receive(datagram, &mut |ifp, seq| {
            engine.receive(ifp, seq);
        });
        hand_over(&mut self.udptl, || engine.sent());
    }

    fn transmit(&mut self, _now: Timestamp, out: &mut [u8]) -> Option<usize> {
        self.udptl.transmit(out)
    }
}

/// All pages of a TIFF file, read by libtiff; none where it cannot be read.
pub(super) fn pages(path: &Path) -> Vec<Page> {
    let pages = peer_spandsp::read_pages(path).unwrap_or_default();
    let ours = |page: peer_spandsp::Page| Page {
        width: page.width as usize,
        height: page.height as usize,
        rows: page.rows,
    };
    pages.into_iter().map(ours).collect()
}

fn hand_over(udptl: &mut ClassicUdptl, mut next: impl FnMut() -> Option<Sent>) {
    while let Some(sent) = next() {
        udptl.send(sent.seq, &sent.ifp, sent.copies);
    }
}

/// The pages of a received document, whose file is then deleted.
fn taken(path: &Path) -> Vec<Page> {
    let pages = pages(path);
    // A call that ended before its first page has no file.
    let _ = std::fs::remove_file(path);
    pages
}

fn outcome(outcome: peer_spandsp::Outcome) -> Outcome {
    Outcome {
        ok: outcome.ok,
        cause: if outcome.ok { "OK".to_owned() } else { format!("{} {}", outcome.code, outcome.text) },
        pages: outcome.pages_sent.max(outcome.pages_received) as usize,
        bad_rows: outcome.bad_rows as usize,
    }
}

fn note(event: PeerEvent) -> Note {
    Note { at: event.at, text: event.text }
}
