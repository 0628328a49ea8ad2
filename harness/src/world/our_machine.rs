//! Our own fax machines in the world, on a phone line and on T.38.

use super::ends::{Machine, Note, Outcome, PacketSide, T38Terminal, Terminal};
use super::page::Page;
use super::scenario::{Coding, MachineSettings, Modem};
use fax_call::Leg;
use fax_core::t30::fields::{Bit, Coding as Code};
use fax_core::t30::session::{Cause, Event, Offer, Poll, Role};
use fax_core::t30::{Dis, ModemSet};
use fax_core::terminal::{Document, FaxMachine, Settings};
use fax_core::{BitRate, SAMPLE_RATE, Timestamp};

/// A fax machine of ours on either kind of leg.
pub(super) struct OurTerminal {
    terminal: fax_call::Terminal,
    /// Samples since it was off hook.
    samples: u64,
    /// When it went off hook, in the call's time.
    off_hook: Option<Timestamp>,
    notes: Vec<Note>,
}

impl OurTerminal {
    /// A caller without a document fetches one, an answerer with one offers it.
    pub(super) fn new(role: Role, machine: &MachineSettings, document: Document, leg: Leg) -> Self {
        let mut settings = settings(machine);
        match (role, document.pages().is_empty()) {
            (Role::Caller, true) => settings.session.polls = Some(Poll::default()),
            (Role::Answerer, false) => settings.session.offers = Offer::Freely,
            _ => {}
        }
        let machine = FaxMachine::new(role, settings, document);
        let terminal = fax_call::Terminal::new(machine, leg);
        Self { terminal, samples: 0, off_hook: None, notes: Vec::new() }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_samples(self.samples)
    }

    fn note(&mut self) {
        let off_hook = self.off_hook.unwrap_or(Timestamp::ZERO);
        while let Some((at, event)) = self.terminal.event() {
            let at = at.since(off_hook).micros() * u64::from(SAMPLE_RATE) / 1_000_000;
            self.notes.push(Note { at, text: text(&event) });
        }
    }
}

/// What such a machine can do: all of ours but what the scenario leaves out.
fn settings(machine: &MachineSettings) -> Settings {
    let mut settings = Settings::default();
    let left_out: &[Bit] = match machine.coding {
        Coding::Mh => &[Bit::MR, Bit::MMR],
        Coding::Mr => &[Bit::MMR],
        Coding::Mmr => &[],
    };
    settings.codings = match machine.coding {
        Coding::Mh => &[Code::Mh],
        Coding::Mr => &[Code::Mr, Code::Mh],
        Coding::Mmr => &[Code::Mmr, Code::Mr, Code::Mh],
    };
    let modems = match machine.modem {
        Modem::V27ter => ModemSet::V27ter,
        Modem::V29 => ModemSet::V27terV29,
        Modem::V17 => ModemSet::V27terV29V17,
    };
    let session = &mut settings.session;
    let receives = left_out.iter().fold(session.receives, |dis, bit| dis.without(*bit));
    let receives = if machine.ecm { receives } else { receives.without(Bit::ECM) };
    session.receives = Dis::with_modems(receives, modems);
    session.modems = modems;
    session.ecm = machine.ecm;
    if let Some(rate) = machine.max_rate {
        session.max_rate = BitRate(rate);
    }
    settings
}

/// An event as a note: frames by their names, as the peer's notes have them.
fn text(event: &Event) -> String {
    match event {
        Event::Heard(fcf) => format!("hears {}", fcf.name()),
        Event::Said(fcf) => format!("says {}", fcf.name()),
        Event::Settled(terms) => format!("settled {} {:?}", terms.opening, terms.coding),
        Event::Tcf { is_good, .. } => format!("TCF {}", if *is_good { "good" } else { "bad" }),
        Event::PageSent(page) => format!("page {} sent, {:?}", page.number, page.verdict),
        Event::PageReceived(page) => format!("page {} received, {:?}", page.number, page.verdict),
        other => format!("{other:?}"),
    }
}

impl Machine for OurTerminal {
    fn outcome(&self) -> Option<Outcome> {
        let outcome = self.terminal.machine().outcome()?;
        let ok = outcome.cause == Cause::Success;
        let accounts = self.terminal.machine().accounts();
        Some(Outcome {
            ok,
            cause: if ok { "OK".to_owned() } else { format!("{:?}", outcome.cause) },
            pages: usize::from(outcome.sent.max(outcome.received)),
            bad_rows: accounts.iter().map(|page| page.record.bad_rows as usize).sum(),
        })
    }

    fn is_on_hook(&self) -> bool {
        self.terminal.machine().outcome().is_some()
    }

    fn hang_up(&mut self) {
        self.terminal.hang_up(self.off_hook.unwrap_or(Timestamp::ZERO));
        self.note();
    }

    fn notes(&mut self) -> Vec<Note> {
        std::mem::take(&mut self.notes)
    }

    fn received(&mut self) -> Vec<Page> {
        let pages = self.terminal.machine().received().iter();
        pages.filter(|page| page.is_confirmed()).map(|page| Page::from(&page.page)).collect()
    }
}

impl Terminal for OurTerminal {
    fn exchange(&mut self, heard: &[i16], said: &mut [i16]) {
        self.samples += heard.len() as u64;
        self.terminal.listen(self.now(), heard);
        self.terminal.fill(said);
        self.note();
    }
}

impl T38Terminal for OurTerminal {
    fn pass(&mut self, now: Timestamp, _samples: usize) {
        self.off_hook.get_or_insert(now);
        self.terminal.advance(now);
        self.note();
    }
}

impl PacketSide for OurTerminal {
    fn receive(&mut self, now: Timestamp, datagram: &[u8]) {
        if self.off_hook.is_some() {
            // What it refuses it counts.
            _ = self.terminal.receive(now, datagram);
            self.note();
        }
    }

    fn transmit(&mut self, _now: Timestamp, out: &mut [u8]) -> Option<usize> {
        self.off_hook.and_then(|_| self.terminal.transmit(out))
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.off_hook.and_then(|_| self.terminal.deadline()).map(|deadline| deadline.at)
    }

    fn advance(&mut self, now: Timestamp) {
        self.terminal.advance(now);
        self.note();
    }
}
