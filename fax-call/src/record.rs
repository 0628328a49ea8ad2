//! What is worth keeping of a call, made of its events alone.
//!
//! Always: a fold. It keeps no state that events do not carry, so the record of a saved list of events is
//! the record made live. Numbers only: its text has no telephone number, no name and no page.

use crate::event::Event;
use crate::verdict::{Ending, Verdict};
use core::fmt;
use fax_core::relay::{self, Phase, Side};
use fax_core::t30::{Change, Dcs, Fcf, PostPage};
use fax_core::{Opening, Timestamp, Tone};
use fax_modem::Quality;
use fax_modem::line as modem;

/// The record of a call.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CallRecord {
    /// The time of the latest event.
    pub until: Timestamp,
    /// When each phase was first entered; `None` if it never was.
    phases: [Option<Timestamp>; PHASES],
    phase: Phase,
    /// The phase before DCN.
    before_release: Phase,
    /// Who sends pages, once that is known.
    pub sender: Option<Side>,
    /// What the last DCS said: rate, coding, resolution and the like; after CTC at its rate.
    pub commanded: Option<Dcs>,
    /// The last fast modem of the sender.
    pub modem: Option<Opening>,
    /// Whether pages came in frames; `None` until one came.
    pub ecm: Option<bool>,
    /// Pages that were confirmed.
    pub confirmed: u32,
    /// Blocks that were confirmed and did not end their page (PPS-NULL).
    pub blocks: u32,
    /// Pages that were refused: RTN, PIN.
    pub refused: u32,
    /// Requests to send frames of a page again: PPR.
    pub corrections: u32,
    /// Trainings that were refused: FTT.
    pub trainings_refused: u32,
    /// What follows once the command is answered that waits for it.
    pending: Option<PostPage>,
    /// The post-message command that was answered last, until another page begins.
    answered: Option<PostPage>,
    /// What is known of the sides.
    near: SideRecord,
    far: SideRecord,
    /// What the relay did.
    pub relay: RelayRecord,
    pub(crate) last_frame: Timestamp,
    pub(crate) released_by: Option<Side>,
    /// What ended the call; `None` while it is on.
    pub ending: Option<Ending>,
}

/// What came from one side.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SideRecord {
    /// How often each tone was told, in the order of [`TONES`].
    tones: [u32; TONES.len()],
    /// Good frames.
    pub frames: u32,
    /// Damaged frames.
    pub bad_frames: u32,
    /// Places where something was missing.
    pub holes: u32,
    /// Trainings of fast modems that a phone line took.
    pub trained: u32,
    /// Trainings that led to nothing.
    pub untrained: u32,
    /// The training with the most noise.
    pub worst: Option<Quality>,
    /// Packets that nothing repaired.
    pub lost: u32,
    /// Packets that were rebuilt.
    pub repaired: u32,
    /// Packets that could not be read.
    pub unreadable: u32,
    /// New beginnings of the peer's sequence.
    pub restarts: u32,
    /// Bursts that ended because nothing came.
    pub starved: u32,
    /// What was heard and found no room; what was said and ran dry.
    pub overruns: u32,
    pub(crate) starved_at: Option<Timestamp>,
}

/// What a relay did, as counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RelayRecord {
    /// Frames that were changed.
    pub edited: u32,
    /// Frames broken off and played again.
    pub replayed: u32,
    /// Octets of fill.
    pub filled: u32,
    /// Octets of fill left out on the way into packets.
    pub fill_removed: u32,
    /// TCFs that were judged here as good.
    pub tcf_good: u32,
    /// And as bad.
    pub tcf_bad: u32,
    /// Machines held with flags, and in vain.
    pub held: u32,
    /// Of these, such for which no answer came.
    pub held_in_vain: u32,
    /// RNR said here to a machine whose answer was late.
    pub told_to_wait: u32,
    /// RR that was kept after it.
    pub polls_kept: u32,
    /// Commands said again that were kept because their answer was on its way.
    pub repetitions_kept: u32,
    /// CFR that became FTT.
    pub confirmations_refused: u32,
    /// Pages or parts of them of which nothing could be read.
    pub unread: u32,
    /// Carriers announced before they were heard that did not come.
    pub mispredicted: u32,
    /// Carriers let go because nothing came.
    pub let_go: u32,
    /// Answers given again.
    pub answered_again: u32,
    /// Bursts passed over, and machines spoken over.
    pub collisions: u32,
}

const PHASES: usize = Phase::ALL.len();
/// In the order of a text; `Tone as usize` is the place.
const TONES: [(Tone, &str); 5] = [
    (Tone::Cng, "cng"),
    (Tone::Ced, "ced"),
    (Tone::AnsPr, "ans-pr"),
    (Tone::AnsAm, "ansam"),
    (Tone::AnsAmPr, "ansam-pr"),
];

impl CallRecord {
    /// The record of a list of events.
    pub fn of<'a>(events: impl IntoIterator<Item = &'a (Timestamp, Event)>) -> Self {
        let mut record = Self::default();
        events.into_iter().for_each(|(at, event)| record.note(*at, event));
        record
    }

    /// Takes the next event.
    pub fn note(&mut self, at: Timestamp, event: &Event) {
        if self.ending.is_some() {
            return;
        }
        self.until = self.until.max(at);
        match event {
            Event::Relay(side, event) => self.relay_event(at, *side, event),
            Event::Modem(side, event) => self.side_mut(*side).modem_event(event),
            Event::T38(side, event) => self.side_mut(*side).t38_event(at, event),
            Event::Ended(ending) => self.ending = Some(*ending),
        }
    }

    /// Where the call is in T.30.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// When a phase was first entered.
    pub fn entered(&self, phase: Phase) -> Option<Timestamp> {
        self.phases.get(phase as usize).copied().flatten()
    }

    /// What came from a side.
    pub fn side(&self, side: Side) -> &SideRecord {
        match side {
            Side::Near => &self.near,
            Side::Far => &self.far,
        }
    }

    /// What this means.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(self)
    }

    pub(crate) fn last_phase(&self) -> Phase {
        if self.phase == Phase::Released { self.before_release } else { self.phase }
    }

    fn relay_event(&mut self, at: Timestamp, side: Side, event: &relay::Event) {
        let relay = &mut self.relay;
        match *event {
            relay::Event::Tone(tone) => self.side_mut(side).tone(tone),
            relay::Event::Begun { opening, .. } => self.begun(side, opening),
            relay::Event::Frame { fcf, then, .. } => self.frame(at, side, fcf, then),
            relay::Event::Commanded(dcs) => self.commanded = Some(dcs),
            relay::Event::BadFrame { .. } => up(&mut self.side_mut(side).bad_frames),
            relay::Event::Hole => up(&mut self.side_mut(side).holes),
            relay::Event::Phase(phase) => self.enter(at, phase),
            relay::Event::Edited(change) => {
                up(&mut relay.edited);
                if change == Change::TrainingRefused {
                    up(&mut relay.confirmations_refused);
                }
            }
            relay::Event::PredictionFailed(_) => up(&mut relay.mispredicted),
            relay::Event::FrameReplayed { .. } => up(&mut relay.replayed),
            relay::Event::Filled { octets } => relay.filled = relay.filled.saturating_add(octets),
            relay::Event::FillRemoved { octets } => {
                relay.fill_removed = relay.fill_removed.saturating_add(octets);
            }
            relay::Event::TcfJudged { good: true } => up(&mut relay.tcf_good),
            relay::Event::TcfJudged { good: false } => up(&mut relay.tcf_bad),
            relay::Event::Held => up(&mut relay.held),
            relay::Event::HeldInVain => up(&mut relay.held_in_vain),
            relay::Event::ToldToWait => up(&mut relay.told_to_wait),
            relay::Event::PollKept => up(&mut relay.polls_kept),
            relay::Event::RepetitionKept => up(&mut relay.repetitions_kept),
            relay::Event::Unread(_) => up(&mut relay.unread),
            relay::Event::CarrierLetGo(_) => up(&mut relay.let_go),
            relay::Event::AnsweredAgain => up(&mut relay.answered_again),
            relay::Event::Untimely(_) | relay::Event::SpokeOver(_) => up(&mut relay.collisions),
            // The end of a burst, and predictions that come true, say nothing. The enum grows.
            _ => {}
        }
    }

    fn begun(&mut self, side: Side, opening: Opening) {
        if opening != Opening::V21 && self.sender == Some(side) {
            self.modem = Some(opening);
        }
    }

    fn frame(&mut self, at: Timestamp, side: Side, fcf: Fcf, then: Option<PostPage>) {
        up(&mut self.side_mut(side).frames);
        self.last_frame = at;
        if then.is_some() {
            // What was answered before may be said again: its answer was lost.
            if self.answered != then {
                self.pending = then;
            }
            self.ecm = Some(matches!(fcf, Fcf::Pps | Fcf::Eor));
        }
        match fcf {
            Fcf::Dis | Fcf::Dtc => self.sender = Some(side.other()),
            Fcf::Dcs => self.sender = Some(side),
            Fcf::Ftt => up(&mut self.trainings_refused),
            Fcf::Fcd | Fcf::Rcp => self.ecm = Some(true),
            Fcf::Ppr => up(&mut self.corrections),
            Fcf::Mcf | Fcf::Rtp | Fcf::Pip => match self.answer() {
                Some(PostPage::Null) => up(&mut self.blocks),
                Some(_) => up(&mut self.confirmed),
                None => {}
            },
            Fcf::Rtn | Fcf::Pin if self.answer().is_some() => up(&mut self.refused),
            Fcf::Err => _ = self.answer(),
            Fcf::Dcn => _ = self.released_by.get_or_insert(side),
            _ => {}
        }
    }

    /// The command that waited is answered; which it was.
    fn answer(&mut self) -> Option<PostPage> {
        let pending = self.pending.take();
        self.answered = pending.or(self.answered);
        pending
    }

    fn enter(&mut self, at: Timestamp, phase: Phase) {
        if phase == Phase::Page {
            self.answered = None;
        }
        if phase == Phase::Released && self.phase != Phase::Released {
            self.before_release = self.phase;
        }
        if phase != Phase::Released {
            // Whoever said DCN went on all the same, or an echo of it was heard.
            self.released_by = None;
        }
        self.phase = phase;
        if let Some(first) = self.phases.get_mut(phase as usize) {
            first.get_or_insert(at);
        }
    }

    fn side_mut(&mut self, side: Side) -> &mut SideRecord {
        match side {
            Side::Near => &mut self.near,
            Side::Far => &mut self.far,
        }
    }
}

impl SideRecord {
    /// How often a tone was told.
    pub fn tones(&self, tone: Tone) -> u32 {
        self.tones.get(tone as usize).copied().unwrap_or(0)
    }

    /// Whether a fax was there: a tone of one or a good frame.
    pub fn was_fax(&self) -> bool {
        self.frames > 0 || self.tones.iter().any(|count| *count > 0)
    }

    fn tone(&mut self, tone: Tone) {
        self.tones.get_mut(tone as usize).into_iter().for_each(up);
    }

    fn modem_event(&mut self, event: &modem::Event) {
        match event {
            modem::Event::Trained(Opening::V21, _) | modem::Event::V8(_) => {}
            modem::Event::Trained(_, quality) => {
                up(&mut self.trained);
                self.worst = match self.worst {
                    Some(worst) if worst.evm.0 >= quality.evm.0 => Some(worst),
                    _ => Some(*quality),
                };
            }
            modem::Event::TrainingFailed(_) => up(&mut self.untrained),
            modem::Event::Overflow | modem::Event::Underrun { .. } | modem::Event::FramesAborted { .. } => {
                up(&mut self.overruns);
            }
            _ => {}
        }
    }

    fn t38_event(&mut self, at: Timestamp, event: &fax_t38::Event) {
        match event {
            fax_t38::Event::Refused(_) => up(&mut self.unreadable),
            fax_t38::Event::Lost { packets, .. } => {
                self.lost = self.lost.saturating_add(packets.unwrap_or(0).into());
            }
            fax_t38::Event::Repaired { .. } => up(&mut self.repaired),
            fax_t38::Event::Restarted { .. } => up(&mut self.restarts),
            fax_t38::Event::Starved => {
                up(&mut self.starved);
                self.starved_at = Some(at);
            }
            fax_t38::Event::Overflow => up(&mut self.overruns),
            _ => {}
        }
    }
}

/// A count that stops instead of wrapping.
fn up(count: &mut u32) {
    *count = count.saturating_add(1);
}

/// Lines of names and numbers.
impl fmt::Display for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "verdict: {}", self.verdict())?;
        writeln!(f, "until: {} s", self.until)?;
        write!(f, "phases:")?;
        for (name, at) in Phase::ALL.iter().zip(&self.phases) {
            if let Some(at) = at {
                write!(f, " {name:?}@{at}")?;
            }
        }
        let modem = self.modem.map_or("none", Opening::name);
        let ecm = match self.ecm {
            None => "unknown",
            Some(true) => "yes",
            Some(false) => "no",
        };
        write!(f, "\nterms: sender {:?}, modem {modem}, ecm {ecm}", self.sender)?;
        if let Some(dcs) = &self.commanded {
            write!(f, ", {:?}, {:?}, {:?}", dcs.coding(), dcs.resolution(), dcs.width())?;
            write!(f, ", {} ms a line", dcs.scan_time().ms())?;
        }
        let Self { confirmed, blocks, refused, corrections, trainings_refused, relay, .. } = self;
        write!(f, "\npages: confirmed {confirmed}, blocks besides {blocks}, refused {refused}")?;
        writeln!(f, ", corrections {corrections}, ftt {trainings_refused}")?;
        writeln!(f, "near: {}\nfar: {}", self.near, self.far)?;
        writeln!(f, "relay: {relay}")
    }
}

impl fmt::Display for SideRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for ((_, name), count) in TONES.iter().zip(self.tones).filter(|(_, count)| *count > 0) {
            write!(f, "{name} {count}, ")?;
        }
        write!(f, "frames {}, bad {}, holes {}", self.frames, self.bad_frames, self.holes)?;
        write!(f, ", trained {}, untrained {}", self.trained, self.untrained)?;
        if let Some(Quality { evm, clock_offset, level, .. }) = &self.worst {
            write!(
                f,
                ", worst EVM {:.1} dB, clock {clock_offset:+.0} ppm, level {:.1} dBm0",
                evm.0, level.0
            )?;
        }
        write!(f, ", lost {}, repaired {}, unreadable {}", self.lost, self.repaired, self.unreadable)?;
        write!(f, ", restarts {}, starved {}, overruns {}", self.restarts, self.starved, self.overruns)
    }
}

impl fmt::Display for RelayRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { edited, replayed, filled, fill_removed, held, held_in_vain, .. } = self;
        let Self { mispredicted, let_go, answered_again, collisions, tcf_good, tcf_bad, .. } = self;
        write!(f, "edited {edited}, replayed {replayed}, filled {filled}, fill removed {fill_removed}")?;
        write!(f, ", held {held} ({held_in_vain} in vain), tcf good {tcf_good}, bad {tcf_bad}")?;
        write!(f, ", mispredicted {mispredicted}, let go {let_go}")?;
        write!(f, ", answered again {answered_again}, collisions {collisions}")?;
        let Self { told_to_wait, polls_kept, repetitions_kept, confirmations_refused, .. } = self;
        write!(f, ", told to wait {told_to_wait}, polls kept {polls_kept}")?;
        write!(f, ", repetitions kept {repetitions_kept}, cfr refused {confirmations_refused}")?;
        write!(f, ", unread {}", self.unread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_and_tones_stand_at_their_numbers() {
        assert!(Phase::ALL.iter().enumerate().all(|(place, phase)| *phase as usize == place));
        assert!(TONES.iter().enumerate().all(|(place, (tone, _))| *tone as usize == place));
    }

    fn record(events: &[(Side, relay::Event)]) -> CallRecord {
        let mut record = CallRecord::default();
        events.iter().for_each(|(side, event)| record.note(Timestamp::ZERO, &Event::Relay(*side, *event)));
        record
    }

    fn frame(fcf: Fcf, then: Option<PostPage>) -> relay::Event {
        relay::Event::Frame { fcf, then, last: true }
    }

    #[test]
    fn a_block_that_does_not_end_its_page_is_no_page() {
        let (near, far) = (Side::Near, Side::Far);
        let record = record(&[
            (near, frame(Fcf::Pps, Some(PostPage::Null))),
            (far, frame(Fcf::Mcf, None)),
            (near, frame(Fcf::Pps, Some(PostPage::Eop))),
            (far, frame(Fcf::Mcf, None)),
            (far, frame(Fcf::Mcf, None)),
        ]);
        assert_eq!((record.confirmed, record.blocks, record.ecm), (1, 1, Some(true)));
    }

    /// The answer was lost, and the command comes again; then another page of the same document comes.
    #[test]
    fn a_page_whose_command_is_said_again_is_counted_once() {
        let (near, far) = (Side::Near, Side::Far);
        let (pps, mcf) = (frame(Fcf::Pps, Some(PostPage::Mps)), frame(Fcf::Mcf, None));
        let page = [(near, relay::Event::Phase(Phase::Page)), (near, pps), (far, mcf)];
        let again = [(near, pps), (far, mcf)];
        assert_eq!(record(&[&page[..], &again, &again].concat()).confirmed, 1);
        assert_eq!(record(&[&page[..], &again, &page].concat()).confirmed, 2);
    }

    #[test]
    fn what_the_relay_said_of_its_own_accord_is_in_the_record() {
        let record = record(&[
            (Side::Far, relay::Event::Held),
            (Side::Far, relay::Event::ToldToWait),
            (Side::Near, relay::Event::PollKept),
            (Side::Near, relay::Event::RepetitionKept),
            (Side::Far, relay::Event::AnsweredAgain),
            (Side::Far, relay::Event::Edited(Change::TrainingRefused)),
            (Side::Far, relay::Event::Unread(Opening::V21)),
        ]);
        let relay = &record.relay;
        assert_eq!((relay.held, relay.told_to_wait, relay.polls_kept), (1, 1, 1));
        assert_eq!((relay.answered_again, relay.repetitions_kept), (1, 1));
        assert_eq!((relay.confirmations_refused, relay.unread), (1, 1));
        let text = "told to wait 1, polls kept 1, repetitions kept 1, cfr refused 1, unread 1\n";
        assert!(record.to_string().ends_with(text), "{record}");
    }

    #[test]
    fn what_was_commanded_and_what_became_of_fill_and_tcf_is_in_the_record() {
        let dcs = Dcs::from_octets(&[0x00, 0x45, 0x1E]).unwrap();
        let record = record(&[
            (Side::Near, relay::Event::Commanded(dcs)),
            (Side::Near, relay::Event::TcfJudged { good: false }),
            (Side::Near, relay::Event::TcfJudged { good: true }),
            (Side::Near, relay::Event::FillRemoved { octets: 70 }),
        ]);
        let relay = &record.relay;
        assert_eq!((relay.tcf_good, relay.tcf_bad, relay.fill_removed), (1, 1, 70));
        assert!(record.to_string().contains(", Mr, R8x3_85, Mm215, 0 ms a line\n"), "{record}");
    }
}
