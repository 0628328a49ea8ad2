//! What a call came to, for people and for programs.

use fax_core::t30::fields::{Coding, Ecm};
use fax_core::t30::session::{Advice, Cause, Verdict};
use fax_core::terminal::{FaxMachine, PageAccount, Way};
use serde::Serialize;
use std::fmt;

/// The result of one end of a call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Receipt {
    /// Whether all pages were sent or received and confirmed.
    pub success: bool,
    /// Why the call ended.
    pub cause: String,
    /// What to do about it.
    pub advice: &'static str,
    /// SpanDSP's number for the cause (`fax_result_code`).
    pub code: u8,
    /// Pages sent.
    pub sent: u16,
    /// Pages received.
    pub received: u16,
    /// Of all these, those of which parts may be missing.
    pub doubtful: u16,
    /// What the far machine calls itself.
    pub far: Option<String>,
    /// Each page, each time that it went or came.
    pub pages: Vec<PageLine>,
    /// Files that were written.
    pub files: Vec<String>,
}

/// The account of a page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PageLine {
    /// Page of the call, from 1.
    pub page: u16,
    /// `sent` or `received`.
    pub way: &'static str,
    /// What its sender was told: good, poor, rejected, incomplete or unsaid.
    pub verdict: &'static str,
    /// Rows.
    pub rows: u32,
    /// Rows that could not be decoded.
    pub bad_rows: u32,
    /// The longest run of those.
    pub longest_bad_run: u32,
    /// Pels of a row.
    pub width: u32,
    /// Dots to the inch.
    pub resolution: String,
    /// mh, mr, mmr or jbig.
    pub coding: &'static str,
    /// Modem and rate.
    pub modem: String,
    /// Octets of an ECM frame; 0 without ECM.
    pub ecm: u16,
    /// From the first octet of the page to the answer.
    pub seconds: f64,
    /// Coded octets.
    pub octets: u32,
    /// ECM frames that went more than once.
    pub frames_resent: u32,
    /// Requests for them.
    pub requests: u16,
}

impl Receipt {
    /// The result of a machine's call.
    pub fn of(machine: &FaxMachine, files: Vec<String>) -> Self {
        let outcome = machine.outcome();
        let cause = outcome.map_or(Cause::Internal, |outcome| outcome.cause);
        let far = machine.remote().identification.map(|far| far.text().reveal().as_str().to_owned());
        Self {
            success: cause == Cause::Success,
            cause: format!("{cause:?}"),
            advice: advice(cause.advice()),
            code: cause.code(),
            sent: outcome.map_or(0, |outcome| outcome.sent),
            received: outcome.map_or(0, |outcome| outcome.received),
            doubtful: outcome.map_or(0, |outcome| outcome.doubtful),
            far,
            pages: machine.accounts().iter().map(PageLine::of).collect(),
            files,
        }
    }
}

/// The exit code that stands for an outcome: 0 all is well; 3 pages are doubtful; 4 try again; 5 later; 6 at a lower
/// rate; 7 do not. (1 is a fault of files or arguments, 2 of the command line.)
pub const fn exit_code(cause: Cause) -> u8 {
    match (cause, cause.advice()) {
        (Cause::Success, _) => 0,
        (_, Advice::Nothing) => 3,
        (_, Advice::Retry) => 4,
        (_, Advice::RetryLater) => 5,
        (_, Advice::RetrySlower) => 6,
        (_, Advice::DoNotRetry) => 7,
    }
}

const fn advice(advice: Advice) -> &'static str {
    match advice {
        Advice::Nothing => "nothing",
        Advice::Retry => "retry",
        Advice::RetryLater => "retry later",
        Advice::RetrySlower => "retry slower",
        Advice::DoNotRetry => "do not retry",
    }
}

impl PageLine {
    fn of(account: &PageAccount) -> Self {
        let (record, terms) = (&account.record, &account.record.terms);
        let (across, down) = terms.resolution.dots();
        Self {
            page: record.number + 1,
            way: match account.way {
                Way::Sent => "sent",
                Way::Received => "received",
            },
            verdict: match record.verdict {
                Verdict::Good => "good",
                Verdict::Poor => "poor",
                Verdict::Rejected => "rejected",
                Verdict::Incomplete => "incomplete",
                Verdict::Unsaid => "unsaid",
            },
            rows: record.rows,
            bad_rows: record.bad_rows,
            longest_bad_run: record.longest_bad_run,
            width: terms.resolution.pels(terms.width),
            resolution: format!("{across}x{down}"),
            coding: match terms.coding {
                Coding::Mh => "mh",
                Coding::Mr => "mr",
                Coding::Mmr => "mmr",
                Coding::Jbig | Coding::JbigL0 => "jbig",
                Coding::Other => "other",
            },
            modem: terms.opening.name().to_owned(),
            ecm: match terms.ecm {
                Ecm::Off => 0,
                Ecm::Frames64 => 64,
                Ecm::Frames256 => 256,
            },
            seconds: (account.took.micros() / 1000) as f64 / 1000.0,
            octets: record.octets,
            frames_resent: record.frames_resent,
            requests: record.requests,
        }
    }
}

/// For people: a line for the call, and one for each page.
impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} sent, {} received; advice: {}",
            self.cause, self.sent, self.received, self.advice
        )?;
        for page in &self.pages {
            let PageLine { page: number, way, verdict, rows, bad_rows, .. } = page;
            let PageLine { width, resolution, coding, modem, ecm, seconds, octets, .. } = page;
            write!(
                f,
                "page {number} {way}, {verdict}: {width} x {rows} at {resolution}, {bad_rows} rows bad; "
            )?;
            let ecm = if *ecm == 0 { "no ECM".to_owned() } else { format!("ECM {ecm}") };
            write!(f, "{coding}, {modem}, {ecm}; {octets} octets in {seconds} s")?;
            writeln!(f, "; {} frames again", page.frames_resent)?;
        }
        for file in &self.files {
            writeln!(f, "written: {file}")?;
        }
        Ok(())
    }
}
