//! A fax machine that would rather be a Super G3 one: it begins with V.8, and is a G3 machine where no V.8
//! comes of that.

use super::ends::{Machine, Note, Outcome, Terminal};
use super::page::Page;
use super::spandsp::PeerTerminal;
use peer_spandsp::{Modulations, PeerTone, V8Outcome, V8Party, V8Side};

/// A Super G3 fax machine, all but V.34: where V.8 agrees on that, it goes on hook.
pub(super) struct SuperG3Machine {
    stage: Stage,
    machine: PeerTerminal,
    /// Samples since it was off hook.
    samples: u64,
    /// When the G3 machine began.
    began: u64,
    notes: Vec<Note>,
}

enum Stage {
    Negotiating(V8Party),
    Agreed,
    G3,
}

/// V.34, duplex in place of half-duplex: the peer reads the one bit and sends the other.
const WITH_V34: Modulations = Modulations(Modulations::GROUP_3.0 | 1 << 11);

/// The cause of a call that came to V.34.
pub(super) const AGREED: &str = "V.8 agreed on V.34";

impl SuperG3Machine {
    pub(super) fn new(calls: bool, machine: PeerTerminal) -> Self {
        let side = if calls { V8Side::Caller } else { V8Side::Answerer(PeerTone::AnsAmPr) };
        let party = V8Party::new(side, WITH_V34);
        Self { stage: Stage::Negotiating(party), machine, samples: 0, began: 0, notes: Vec::new() }
    }

    fn note(&mut self, text: &str) {
        self.notes.push(Note { at: self.samples, text: text.to_owned() });
    }
}

impl Terminal for SuperG3Machine {
    fn exchange(&mut self, heard: &[i16], said: &mut [i16]) {
        match &mut self.stage {
            Stage::G3 => self.machine.exchange(heard, said),
            Stage::Agreed => said.fill(0),
            Stage::Negotiating(party) => {
                party.process(heard);
                let filled = party.fill(said);
                said.iter_mut().skip(filled).for_each(|sample| *sample = 0);
                match party.outcome() {
                    None | Some(V8Outcome::Offered(_)) => {}
                    Some(V8Outcome::Agreed(_)) => {
                        self.stage = Stage::Agreed;
                        self.note(AGREED);
                    }
                    Some(V8Outcome::NotV8 | V8Outcome::Failed) => {
                        self.stage = Stage::G3;
                        self.began = self.samples + heard.len() as u64;
                        self.note("no V.8");
                    }
                }
            }
        }
        self.samples += heard.len() as u64;
    }
}

impl Machine for SuperG3Machine {
    fn outcome(&self) -> Option<Outcome> {
        match self.stage {
            Stage::Agreed => Some(Outcome { ok: false, cause: AGREED.to_owned(), pages: 0, bad_rows: 0 }),
            Stage::Negotiating(_) | Stage::G3 => self.machine.outcome(),
        }
    }

    fn is_on_hook(&self) -> bool {
        match self.stage {
            Stage::Agreed => true,
            Stage::Negotiating(_) => false,
            Stage::G3 => self.machine.is_on_hook(),
        }
    }

    fn hang_up(&mut self) {
        // Whoever still negotiates leaves as the G3 machine.
        if matches!(self.stage, Stage::Negotiating(_)) {
            self.stage = Stage::G3;
        }
        self.machine.hang_up();
    }

    fn notes(&mut self) -> Vec<Note> {
        let began = self.began;
        let later = |note: Note| Note { at: note.at + began, ..note };
        self.notes.drain(..).chain(self.machine.notes().into_iter().map(later)).collect()
    }

    fn received(&mut self) -> Vec<Page> {
        self.machine.received()
    }
}
