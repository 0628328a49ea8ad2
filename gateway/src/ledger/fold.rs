//! What the machines of a call say, as a record keeps it.

use super::entry::{Fax, Heard, cause};
use fax_call::{CallRecord, Cause, Ending, Event, How, Phase, Retry, Side, SideRecord, Verdict};
use fax_core::Timestamp;
use fax_core::relay;
use fax_modem::line as modem;

/// `near` or `far`.
pub fn side(side: Side) -> &'static str {
    match side {
        Side::Near => "near",
        Side::Far => "far",
    }
}

/// The stable name of what became of a fax.
pub fn cause_name(cause: Cause) -> &'static str {
    match cause {
        Cause::Completed => "completed",
        Cause::NoFax => cause::VOICE,
        Cause::OneFax(Side::Near) => "only_caller_is_fax",
        Cause::OneFax(Side::Far) => "only_called_is_fax",
        Cause::NotAgreed => "not_agreed",
        Cause::NotTrained => "not_trained",
        Cause::Interrupted => "interrupted",
        Cause::NotConfirmed => "not_confirmed",
        Cause::NextNotBegun => "next_not_begun",
        Cause::WithoutEcm => "without_ecm",
    }
}

/// The stable name of an advice.
pub fn retry_name(retry: Retry) -> &'static str {
    match retry {
        Retry::No => "no",
        Retry::CheckNumber => "check_number",
        Retry::Later => "later",
        Retry::Slower => "slower",
        Retry::Rest => "rest",
        Retry::RestMayDouble => "rest_may_double",
        Retry::OtherWay => "other_way",
    }
}

/// What shows a verdict, in words.
pub fn evidence(record: &CallRecord, verdict: &Verdict) -> Vec<String> {
    let mut evidence = vec![format!("the last phase of T.30 was {:?}", verdict.phase)];
    evidence.push(match verdict.how {
        How::StillOn => "the signalling ended while the fax was on".into(),
        How::Dcn(who) => format!("DCN came from {}", side(who)),
        How::Starved(who) => {
            format!("the packets of {} ended within a burst, and nothing followed", side(who))
        }
        How::Ended(Ending::HungUp(who)) => format!("{} hung up", side(who)),
        How::Ended(Ending::Stopped) => "the call was ended from here".into(),
        How::Ended(Ending::Quiet) => "neither machine said a frame any more".into(),
        How::Ended(Ending::NoAudio(who)) => format!("no audio came from {} any more", side(who)),
        How::Ended(Ending::WithoutEcm(who)) => {
            format!("{} commanded pages without error correction, which the route requires", side(who))
        }
        How::Ended(Ending::PageTooLong) => "a page did not end".into(),
    });
    for who in [Side::Near, Side::Far] {
        let SideRecord { lost, bad_frames, untrained, unreadable, .. } = *record.side(who);
        let counts = [
            (lost, "packets were lost for good"),
            (bad_frames, "frames came damaged"),
            (untrained, "trainings failed"),
            (unreadable, "packets could not be read"),
        ];
        let told = counts.into_iter().filter(|(count, _)| *count > 0);
        evidence.extend(told.map(|(count, what)| format!("from {}: {count} {what}", side(who))));
    }
    evidence
}

/// A relay's record, as it is kept.
pub fn fax(record: &CallRecord) -> Fax {
    let seconds = |at: Timestamp| at.seconds();
    let phases =
        Phase::ALL.iter().filter_map(|phase| Some((format!("{phase:?}"), seconds(record.entered(*phase)?))));
    Fax {
        verdict: record.verdict().to_string(),
        phases: phases.collect(),
        sender: record.sender.map(|who| side(who).into()),
        modem: record.modem.map(|opening| opening.name().into()),
        ecm: record.ecm,
        pages: record.confirmed,
        refused: record.refused,
        corrections: record.corrections,
        trainings_refused: record.trainings_refused,
        near: heard(record.side(Side::Near)),
        far: heard(record.side(Side::Far)),
        relay: record.relay.to_string(),
    }
}

fn heard(side: &SideRecord) -> Heard {
    let tenth = |value: f32| (f64::from(value) * 10.0).round() / 10.0;
    let SideRecord { frames, bad_frames, trained, untrained, lost, repaired, unreadable, starved, .. } =
        *side;
    Heard {
        frames,
        bad_frames,
        trained,
        untrained,
        worst_evm_db: side.worst.map(|worst| tenth(worst.evm.0)),
        worst_level_dbm0: side.worst.map(|worst| tenth(worst.level.0)),
        clock_ppm: side.worst.map(|worst| tenth(worst.clock_offset)),
        lost,
        repaired,
        unreadable,
        starved,
    }
}

/// An event as a moment of a timeline: whose it is, and words. `None` for what would only fill it.
pub fn moment(event: &Event) -> Option<(&'static str, String)> {
    Some(match event {
        Event::Relay(who, event) => (side(*who), relayed(event)?),
        Event::Modem(who, event) => (side(*who), heard_by_modem(event)?),
        Event::T38(who, event) => (side(*who), packets(event)?),
        Event::Ended(ending) => ("-", format!("fax over: {ending:?}")),
    })
}

fn relayed(event: &relay::Event) -> Option<String> {
    Some(match event {
        relay::Event::Tone(tone) => format!("tone {tone:?}"),
        relay::Event::Begun { opening, .. } => format!("carrier {}", opening.name()),
        relay::Event::Frame { fcf, .. } => fcf.name().into(),
        relay::Event::BadFrame { octets, .. } => format!("damaged frame of {octets} octets"),
        relay::Event::Hole => "something is missing".into(),
        relay::Event::Phase(phase) => format!("phase {phase:?}"),
        relay::Event::Edited(change) => format!("changed: {change:?}"),
        relay::Event::PredictionFailed(opening) => {
            format!("{} was expected and did not come", opening.name())
        }
        relay::Event::FrameReplayed { octets } => {
            format!("frame broken off after {octets} octets, played again")
        }
        relay::Event::Filled { octets } => format!("stretched by {octets} octets of fill"),
        relay::Event::TcfJudged { good } => format!("TCF judged {}", if *good { "good" } else { "bad" }),
        relay::Event::Held => "late: the other machine is held with flags".into(),
        relay::Event::HeldInVain => "held in vain".into(),
        relay::Event::CarrierLetGo(opening) => format!("{} let go: nothing came", opening.name()),
        relay::Event::ToldToWait => "late: the other machine is told RNR".into(),
        relay::Event::PollKept => "RR kept here".into(),
        relay::Event::RepetitionKept => "repeated command kept: its answer is on its way".into(),
        relay::Event::OfferKept => "repeated DIS kept: a command is on its way".into(),
        relay::Event::Unread(opening) => format!("{} of which nothing can be read", opening.name()),
        relay::Event::AnsweredAgain => "repeated command answered again".into(),
        relay::Event::Untimely(opening) => format!("{} passed over: the other machine spoke", opening.name()),
        relay::Event::SpokeOver(opening) => format!("spoken over: {}", opening.name()),
        _ => return None,
    })
}

fn heard_by_modem(event: &modem::Event) -> Option<String> {
    Some(match event {
        modem::Event::Trained(opening, quality) => {
            format!(
                "trained {}, EVM {:.1} dB, level {:.1} dBm0",
                opening.name(),
                quality.evm.0,
                quality.level.0
            )
        }
        modem::Event::TrainingFailed(opening) => format!("training failed: {}", opening.name()),
        modem::Event::V8(_) => "V.8".into(),
        modem::Event::Overflow => "overflow".into(),
        modem::Event::Underrun { bits } => format!("ran dry for {bits} bits"),
        modem::Event::FramesAborted { frames } => format!("ran dry, {frames} frames broken off"),
        _ => return None,
    })
}

fn packets(event: &fax_t38::Event) -> Option<String> {
    Some(match event {
        fax_t38::Event::Refused(refusal) => format!("packet not taken: {refusal:?}"),
        fax_t38::Event::Lost { packets, .. } => match packets {
            Some(count) => format!("lost {count} packets"),
            None => "lost packets, how many is not known".into(),
        },
        fax_t38::Event::Repaired { .. } => "lost packet rebuilt".into(),
        fax_t38::Event::Restarted { .. } => "new sequence".into(),
        fax_t38::Event::SyntaxLatched(syntax) => format!("reads the syntax {syntax:?}"),
        fax_t38::Event::Starved => "burst ended: nothing came".into(),
        fax_t38::Event::DepthCut { secondaries } => format!("redundancy cut to {secondaries}"),
        fax_t38::Event::Overflow => "overflow".into(),
        _ => return None,
    })
}
