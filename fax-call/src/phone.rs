//! A fax machine with a SIP dialog of its own: what calls the gateway, or is called by it.
//!
//! It answers, and agrees to T.38 when it is offered; or offers it itself as soon as it has answered. When the fax is
//! over it hangs up, a caller and an answerer alike, once what was said has left.
//!
//! Always: it ends once, and its machine with it; every wait has a deadline.

use crate::media::{self, Order, Sending, Socket, Station};
use crate::sip::{
    self, Ask, Codecs, Command, Dialog, Event, Invitation, Notice, T38Mode, Target, Unacceptable,
};
use core::net::SocketAddr;
use fax_core::terminal::FaxMachine;
use fax_core::{Span, Timestamp};
use std::collections::VecDeque;

/// How long the line stays after the machine has ended: copies of its last word still leave (L10).
const LINGER: Span = Span::from_millis(2_000);

/// When the machine, off hook, offers T.38 by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OffersT38 {
    /// Never; it may be asked.
    #[default]
    Never,
    /// As soon as the call is up.
    AtOnce,
    /// Instead of audio, in the first INVITE.
    First,
}

/// A fax machine, its media and its dialog.
#[derive(Debug)]
pub struct Phone {
    dialog: Dialog,
    station: Station,
    offers: OffersT38,
    order: Order,
    /// When we hang up, since the fax is over.
    farewell: Option<Timestamp>,
    refused: Option<u16>,
    dropped: bool,
    notices: VecDeque<(Timestamp, Notice)>,
}

/// How a phone is set up.
#[derive(Clone, Debug)]
pub struct PhoneSettings {
    /// Its leg, as signalling sees it.
    pub leg: sip::LegSettings,
    /// Its leg, as media see it.
    pub media: media::LegSettings,
    /// Whether it offers T.38 by itself.
    pub offers: OffersT38,
    /// Of all that is drawn at random; another for each call.
    pub seed: u64,
}

impl Phone {
    /// Calls somebody.
    pub fn call(machine: FaxMachine, settings: PhoneSettings, target: Target, now: Timestamp) -> Self {
        let PhoneSettings { leg, media, offers, seed } = settings;
        let codecs = Codecs { laws: leg.laws.clone(), events: None, red: leg.red.then_some(RED) };
        let dialog = match offers {
            OffersT38::First => Dialog::call_for_fax(leg, target, seed, now),
            OffersT38::Never | OffersT38::AtOnce => Dialog::call(leg, target, codecs, seed, now),
        };
        Self::new(dialog, Station::new(machine, media, seed), offers)
    }

    /// Is called, and answers.
    ///
    /// # Errors
    /// The refusal that the INVITE gets: it offers nothing that is taken here.
    pub fn answer(
        machine: FaxMachine,
        settings: PhoneSettings,
        invitation: &Invitation,
        now: Timestamp,
    ) -> Result<Self, Unacceptable> {
        let PhoneSettings { leg, media, offers, seed } = settings;
        let dialog = Dialog::invited(leg, invitation, seed)?;
        let mut phone = Self::new(dialog, Station::new(machine, media, seed), offers);
        phone.dialog.accept(now, None);
        if offers == OffersT38::AtOnce {
            phone.dialog.offer_fax(now);
        }
        phone.settle(now);
        Ok(phone)
    }

    fn new(dialog: Dialog, station: Station, offers: OffersT38) -> Self {
        Self {
            dialog,
            station,
            offers,
            order: Order::Nothing,
            farewell: None,
            refused: None,
            dropped: false,
            notices: VecDeque::new(),
        }
    }

    /// What the stack tells.
    pub fn take(&mut self, now: Timestamp, event: Event) {
        self.dialog.take(now, event);
        self.settle(now);
    }

    /// Takes a datagram that came on a socket.
    pub fn receive(&mut self, now: Timestamp, socket: Socket, from: SocketAddr, datagram: &[u8]) {
        self.station.receive(now, socket, from, datagram);
        self.settle(now);
    }

    /// Lets time pass.
    pub fn advance(&mut self, now: Timestamp) {
        self.dialog.advance(now);
        self.station.advance(now);
        self.settle(now);
    }

    /// When it must be driven again though nothing came in.
    pub fn deadline(&self) -> Option<Timestamp> {
        let dialog = self.dialog.deadline().map(|deadline| deadline.at);
        let station = self.station.deadline().map(|deadline| deadline.at);
        dialog.into_iter().chain(station).chain(self.farewell).min()
    }

    /// What the stack is to do next.
    pub fn command(&mut self) -> Option<Command> {
        self.dialog.command()
    }

    /// Writes the next datagram to send. To be called until there is none.
    pub fn transmit(&mut self, out: &mut [u8]) -> Option<Sending> {
        self.station.transmit(out)
    }

    /// What signalling has to tell, for people.
    pub fn notice(&mut self) -> Option<(Timestamp, Notice)> {
        self.notices.pop_front()
    }

    /// The machine and its media.
    pub fn station(&mut self) -> &mut Station {
        &mut self.station
    }

    /// The machine off the phone.
    pub fn into_machine(self) -> FaxMachine {
        self.station.into_machine()
    }

    /// The final response with which our call was refused.
    pub fn refused(&self) -> Option<u16> {
        self.refused
    }

    /// Hangs up, whatever is going on.
    pub fn hang_up(&mut self, now: Timestamp) {
        self.drop_line(now);
        self.dialog.bye(now, 487);
    }

    /// Whether the call is over, signalling and all.
    pub fn is_over(&self) -> bool {
        self.dialog.is_over()
    }

    fn settle(&mut self, now: Timestamp) {
        loop {
            while let Some(notice) = self.dialog.notice() {
                self.noticed(now, &notice);
                if self.notices.len() == NOTICES {
                    self.notices.pop_front();
                }
                self.notices.push_back((now, notice));
            }
            // Each answer uses up what was asked.
            if !self.decide(now) {
                break;
            }
        }
        let order = self.dialog.order();
        if order != self.order {
            self.order = order.clone();
            self.station.order(now, order);
        }
        if self.dialog.is_over() {
            self.drop_line(now);
            return;
        }
        let is_done = self.station.terminal().machine().outcome().is_some();
        if is_done && self.farewell.is_none() && self.dialog.is_up() {
            self.farewell = Some(now + LINGER);
        }
        if self.farewell.is_some_and(|at| at <= now) {
            self.farewell = None;
            self.dialog.bye(now, 487);
        }
    }

    fn noticed(&mut self, now: Timestamp, notice: &Notice) {
        match *notice {
            Notice::Answered if self.offers == OffersT38::AtOnce => self.dialog.offer_fax(now),
            Notice::Failed(code) => self.refused = Some(code),
            // Holding a fax makes no sense, and nobody is here to be transferred.
            Notice::Requested(ref request) => self.dialog.respond(request.id, 501),
            _ => {}
        }
    }

    /// Answers what the peer offers. False if it offers nothing.
    fn decide(&mut self, now: Timestamp) -> bool {
        match self.dialog.asked() {
            Some(Ask::Fax) if self.dialog.settings().t38 == T38Mode::Never => self.dialog.decline(now, 488),
            Some(Ask::OldAudio) => self.dialog.insist(now),
            Some(Ask::Fax | Ask::Audio) => self.dialog.consent(now),
            None => return false,
        }
        true
    }

    fn drop_line(&mut self, now: Timestamp) {
        if !core::mem::replace(&mut self.dropped, true) {
            self.station.hang_up(now);
        }
    }
}

/// The payload type that we give to `red/8000`.
const RED: u8 = 121;
/// Notices that wait to be fetched; the oldest give way.
const NOTICES: usize = 64;
