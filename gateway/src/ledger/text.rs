//! Records as text, for whoever looks at them.

use super::entry::{Entry, Heard, Leg};
use crate::clock::Utc;
use core::fmt::{self, Write};

/// A table of calls.
pub fn table(entries: &[Entry]) -> String {
    let mut text = format!(
        "{:<14} {:<24} {:<14} {:<14} {:<6} {:>5} {:>7}  {}\n",
        "id", "began", "from", "to", "mode", "pages", "s", "cause"
    );
    for entry in entries {
        let Entry { id, began, from, to, mode_used, cause, .. } = entry;
        let (began, seconds) = (began.to_string(), seconds(entry.began, entry.ended));
        let pages = entry.pages();
        _ = writeln!(
            text,
            "{id:<14} {began:<24} {from:<14} {to:<14} {mode_used:<6} {pages:>5} {seconds:>7.1}  {cause}"
        );
    }
    text
}

/// A call with all that is known of it.
pub struct Whole<'a>(pub &'a Entry);

impl fmt::Display for Whole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = self.0;
        let Entry { id, call_id, began, ended, from, to, route, caller, called, .. } = entry;
        writeln!(f, "call {id}  {began}  {:.1} s", seconds(*began, *ended))?;
        // What was refused went to nobody, and maybe by no route.
        let to = if to.is_empty() { "nobody" } else { to };
        let by = if route.is_empty() { String::new() } else { format!(" by route {route:?}") };
        writeln!(f, "from {from} ({caller}) to {to} ({called}){by}, Call-ID {call_id}")?;
        let Entry { cause, retry, code, mode_asked, mode_used, .. } = entry;
        writeln!(f, "cause: {cause} (SIP {code}); a sender should retry: {retry}")?;
        entry.evidence.iter().try_for_each(|evidence| writeln!(f, "  because {evidence}"))?;
        writeln!(f, "T.38 asked: {mode_asked}; mode used: {mode_used}")?;
        leg(f, "near", &entry.near)?;
        leg(f, "far", &entry.far)?;
        self.fax(f)?;
        if let Some(capture) = &entry.capture {
            writeln!(f, "packets: {capture}")?;
        }
        writeln!(f, "decision:")?;
        entry.decision.iter().try_for_each(|step| writeln!(f, "  {step}"))?;
        writeln!(f, "timeline:")?;
        for moment in &entry.timeline {
            let again = if moment.times > 1 { format!(" ({} times)", moment.times) } else { String::new() };
            writeln!(
                f,
                "  {:>9.3} s  {:<4}  {}{again}",
                moment.at_ms as f64 / 1000.0,
                moment.side,
                moment.what
            )?;
        }
        if entry.untold > 0 {
            writeln!(f, "  and {} more", entry.untold)?;
        }
        Ok(())
    }
}

impl Whole<'_> {
    fn fax(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(fax) = &self.0.fax else { return Ok(()) };
        writeln!(f, "fax: {}", fax.verdict)?;
        let ecm = fax.ecm.map_or("unknown", |ecm| if ecm { "yes" } else { "no" });
        let (sender, modem) =
            (fax.sender.as_deref().unwrap_or("unknown"), fax.modem.as_deref().unwrap_or("none"));
        writeln!(f, "  sender {sender}, modem {modem}, ECM {ecm}")?;
        let super::entry::Fax { pages, refused, corrections, trainings_refused, .. } = fax;
        writeln!(
            f,
            "  pages {pages}, refused {refused}, corrections {corrections}, trainings refused {trainings_refused}"
        )?;
        heard(f, "near", &fax.near)?;
        heard(f, "far", &fax.far)?;
        writeln!(f, "  relay: {}", fax.relay)?;
        let mut phases: Vec<_> = fax.phases.iter().collect();
        phases.sort_by(|(_, at), (_, other)| at.total_cmp(other));
        let phases: Vec<_> = phases.iter().map(|(phase, at)| format!("{phase} {at:.3} s")).collect();
        writeln!(f, "  phases: {}", phases.join(", "))
    }
}

fn leg(f: &mut fmt::Formatter<'_>, name: &str, leg: &Leg) -> fmt::Result {
    let Leg { mode, packets_in, packets_out, strangers, lost, late, .. } = leg;
    if mode.is_empty() && packets_in + packets_out + strangers == 0 && leg.refusals.is_empty() {
        return Ok(());
    }
    let mode = if mode.is_empty() { "no media" } else { mode };
    write!(f, "{name}: {mode}, packets in {packets_in}, out {packets_out}, lost {lost}, late {late}")?;
    let Leg { jitter_ms, longest_gap_ms, one_way_gaps, .. } = leg;
    writeln!(
        f,
        ", strangers {strangers}, jitter {jitter_ms:.1} ms, longest gap {longest_gap_ms} ms, one-way {one_way_gaps}"
    )?;
    leg.agreed.iter().try_for_each(|agreed| writeln!(f, "  {agreed}"))?;
    if !leg.refusals.is_empty() {
        let codes: Vec<_> = leg.refusals.iter().map(ToString::to_string).collect();
        writeln!(f, "  refused: {}", codes.join(", "))?;
    }
    Ok(())
}

fn heard(f: &mut fmt::Formatter<'_>, name: &str, heard: &Heard) -> fmt::Result {
    let Heard { frames, bad_frames, trained, untrained, lost, repaired, unreadable, starved, .. } = heard;
    write!(f, "  {name}: frames {frames}, bad {bad_frames}, trained {trained}, untrained {untrained}")?;
    write!(f, ", lost {lost}, repaired {repaired}, unreadable {unreadable}, starved {starved}")?;
    if let (Some(evm), Some(level)) = (heard.worst_evm_db, heard.worst_level_dbm0) {
        let clock = heard.clock_ppm.unwrap_or(0.0);
        write!(f, ", worst EVM {evm:.1} dB at {level:.1} dBm0, clock {clock:+.0} ppm")?;
    }
    writeln!(f)
}

fn seconds(began: Utc, ended: Utc) -> f64 {
    ended.0.saturating_sub(began.0) as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_call_that_was_refused_nothing_is_shown_that_was_not() {
        let mut entry = Entry::begin("7".into(), Utc(0));
        (entry.from, entry.cause, entry.code) = ("pbx".into(), "capacity".into(), 503);
        entry.evidence.push("limits.calls is reached".into());
        let shown = Whole(&entry).to_string();
        assert!(shown.contains("from pbx () to nobody (), Call-ID"), "{shown}");
        assert!(shown.contains("because limits.calls is reached"), "{shown}");
        assert!(!shown.contains("packets") && !shown.contains("route"), "{shown}");
        entry.far.strangers = 1;
        assert!(Whole(&entry).to_string().contains("far: no media, packets in 0"));
    }
}
