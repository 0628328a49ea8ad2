//! What is kept of a call: one object, whatever became of it.
//!
//! Always: numbers are shown as the configuration allows; nothing of a page; every list is bounded.

use crate::clock::Utc;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of this form. It grows when a key changes its meaning; new keys leave it.
pub const SCHEMA: u32 = 1;
/// Moments of a timeline that are kept; later ones are counted.
const MOMENTS: usize = 600;

/// The record of a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// See [`SCHEMA`].
    pub schema: u32,
    /// Names the call here: hexadecimal, in the order of time.
    pub id: String,
    /// Call-ID of the dialog that came in.
    pub call_id: String,
    /// When the INVITE came.
    pub began: Utc,
    /// When the call was over.
    pub ended: Utc,
    /// The trunk or ata that it came from.
    pub from: String,
    /// The trunk or ata that took it, or was asked last.
    pub to: String,
    /// The route.
    pub route: String,
    /// Who called, as far as it may be shown.
    pub caller: String,
    /// Who was called, as far as it may be shown.
    pub called: String,
    /// The chain of the decision.
    pub decision: Vec<String>,
    /// What became of it: one of [`cause`].
    pub cause: String,
    /// What shows that.
    pub evidence: Vec<String>,
    /// What a sender should do: `no`, `check_number`, `later`, `slower`, `rest`, `rest_may_double`,
    /// `other_way`.
    pub retry: String,
    /// The response that the caller got, or that the last target gave.
    pub code: u16,
    /// The mode that the route asks for.
    pub mode_asked: String,
    /// The mode that the call ended in: `none`, `audio`, `t38`, or `mixed` if the legs differ (a gateway).
    pub mode_used: String,
    /// Each change of mode.
    pub changes: Vec<Change>,
    /// The side that called.
    pub near: Leg,
    /// The side that was called.
    pub far: Leg,
    /// What the relay saw, if there was one.
    pub fax: Option<Fax>,
    /// What happened when.
    pub timeline: Vec<Moment>,
    /// Moments that found no room in the timeline.
    pub untold: u32,
    /// The file with its packets.
    pub capture: Option<String>,
}

/// A change of what flows on a leg.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Milliseconds since the call began.
    pub at_ms: u64,
    /// `near` or `far`.
    pub side: String,
    /// What flows from then on: `none`, `muted`, `audio`, `t38`.
    pub to: String,
    /// Why.
    pub why: String,
}

/// One side of a call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Leg {
    /// What flowed last: `none`, `audio`, `t38`.
    pub mode: String,
    /// What was offered and answered: codecs and T.38 parameters, no addresses.
    pub agreed: Vec<String>,
    /// Codes of refusals in it.
    pub refusals: Vec<u16>,
    /// Packets of media that came in and were taken.
    pub packets_in: u64,
    /// Packets of media that were sent.
    pub packets_out: u64,
    /// Packets of strangers.
    pub strangers: u64,
    /// Audio packets that never came.
    pub lost: u64,
    /// Audio packets that came too late to be played.
    pub late: u64,
    /// RFC 3550 jitter at its worst, milliseconds.
    pub jitter_ms: f64,
    /// The longest time without a packet, milliseconds.
    pub longest_gap_ms: u64,
    /// Times without a packet that were longer than `limits.one_way_ms`.
    pub one_way_gaps: u32,
}

/// What a relay saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fax {
    /// The cause in one line.
    pub verdict: String,
    /// Seconds from the beginning of the relay to each phase.
    pub phases: BTreeMap<String, f64>,
    /// Who sent pages: `near` or `far`.
    pub sender: Option<String>,
    /// The last fast modem.
    pub modem: Option<String>,
    /// Whether pages came in frames.
    pub ecm: Option<bool>,
    /// Pages confirmed (blocks, with ECM).
    pub pages: u32,
    /// Pages refused.
    pub refused: u32,
    /// Requests to send frames again.
    pub corrections: u32,
    /// Trainings refused.
    pub trainings_refused: u32,
    /// What came from the side that called.
    pub near: Heard,
    /// What came from the side that was called.
    pub far: Heard,
    /// What the relay did, in words.
    pub relay: String,
}

/// What a relay heard of one side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Heard {
    /// Good frames.
    pub frames: u32,
    /// Damaged frames.
    pub bad_frames: u32,
    /// Trainings taken.
    pub trained: u32,
    /// Trainings that led to nothing.
    pub untrained: u32,
    /// The worst training: error vector magnitude, dB.
    pub worst_evm_db: Option<f64>,
    /// Its level, dBm0.
    pub worst_level_dbm0: Option<f64>,
    /// Its difference of clocks, ppm.
    pub clock_ppm: Option<f64>,
    /// Packets that nothing repaired.
    pub lost: u32,
    /// Packets that were rebuilt.
    pub repaired: u32,
    /// Packets that could not be read.
    pub unreadable: u32,
    /// Bursts that ended because nothing came.
    pub starved: u32,
}

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// Milliseconds since the call began.
    pub at_ms: u64,
    /// `near`, `far`, or `-` for the call as a whole.
    pub side: String,
    /// What.
    pub what: String,
    /// How often in a row, if more than once.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub times: u32,
}

fn once() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_once(times: &u32) -> bool {
    *times == 1
}

/// What can become of a call, beside the causes of T.30 in `fax_call::Cause`. Names are stable.
pub mod cause {
    /// The caller hung up before an answer.
    pub const CANCELLED: &str = "cancelled";
    /// No target answered in its time.
    pub const NO_ANSWER: &str = "no_answer";
    /// Every target refused.
    pub const REFUSED: &str = "refused";
    /// Too many calls at once, or the program is late.
    pub const CAPACITY: &str = "capacity";
    /// Too many calls in an hour.
    pub const QUOTA: &str = "quota";
    /// No ports or sockets.
    pub const NO_PORTS: &str = "no_ports";
    /// Answered, and nothing of it was a fax.
    pub const VOICE: &str = "no_fax_heard";
    /// A fax in audio, carried as octets: how it went is not known.
    pub const AUDIO_FAX: &str = "audio_fax";
    /// Answered, and media never came from a side.
    pub const NO_MEDIA: &str = "media_never_arrived";
    /// The caller offered nothing that is taken here.
    pub const NOT_ACCEPTABLE: &str = "not_acceptable";
    /// T.38 was required, and not to be had.
    pub const T38_REFUSED: &str = "t38_refused";
    /// The dialog was lost.
    pub const LOST: &str = "dialog_lost";
    /// The longest time of a call.
    pub const TOO_LONG: &str = "too_long";
    /// The program ended in order while the call was on.
    pub const SHUTDOWN: &str = "shutdown";
    /// The program ended otherwise while the call was on.
    pub const RESTART: &str = "process_restart";
    /// A fault of ours.
    pub const INTERNAL: &str = "internal";
}

impl Entry {
    /// The record of a call that begins now.
    pub fn begin(id: String, began: Utc) -> Self {
        Self { schema: SCHEMA, id, began, mode_used: "none".into(), ..Self::default() }
    }

    /// Notes something in the timeline.
    pub fn note(&mut self, at_ms: u64, side: &str, what: impl Into<String>) {
        let what = what.into();
        let full = self.untold > 0 || self.timeline.len() >= MOMENTS;
        match self.timeline.last_mut() {
            Some(last) if !full && last.what == what && last.side == side => {
                last.times = last.times.saturating_add(1)
            }
            _ if full => self.untold = self.untold.saturating_add(1),
            _ => self.timeline.push(Moment { at_ms, side: side.into(), what, times: 1 }),
        }
    }

    /// Whether the call reached what it was for, as far as is known.
    pub fn went_well(&self) -> bool {
        matches!(self.cause.as_str(), "completed" | cause::VOICE | cause::AUDIO_FAX | cause::CANCELLED)
    }

    /// Pages that were confirmed.
    pub fn pages(&self) -> u32 {
        self.fax.as_ref().map_or(0, |fax| fax.pages)
    }

    /// One line without what may be long: for logs.
    pub fn summary(&self) -> String {
        let Self { id, from, to, mode_used, cause, .. } = self;
        let seconds = self.ended.0.saturating_sub(self.began.0) as f64 / 1000.0;
        format!("{id} {from} -> {to}: {cause}, {mode_used}, pages {}, {seconds:.1} s", self.pages())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeline_has_an_end_and_says_what_it_left_out() {
        let mut entry = Entry::begin("1".into(), Utc(0));
        for at in 0..2000 {
            entry.note(at, "near", if at % 2 == 0 { "a" } else { "b" });
        }
        assert_eq!((entry.timeline.len(), entry.untold), (MOMENTS, 1400));
    }

    #[test]
    fn what_happens_again_and_again_is_one_moment() {
        let mut entry = Entry::begin("1".into(), Utc(0));
        (0..1000).for_each(|at| entry.note(at, "far", "stranger"));
        assert_eq!((entry.timeline.len(), entry.timeline[0].times), (1, 1000));
    }

    /// A record of an older program is read by a newer one.
    #[test]
    fn an_entry_is_read_without_the_keys_it_lacks() {
        let entry: Entry =
            serde_json::from_str(r#"{"schema":1,"id":"7","began":5,"cause":"completed"}"#).unwrap();
        assert_eq!((entry.id.as_str(), entry.began), ("7", Utc(5)));
        let again: Entry = serde_json::from_str(&serde_json::to_string(&entry).unwrap()).unwrap();
        assert_eq!(again, entry);
    }
}
