//! `faxlab load`: many faxes at once through a gateway, over SIP and in real time.

use super::machine::read_document;
use super::picture::Greys;
use super::sip::{SipT38, Uri};
use clap::Args;
use fax_call::Phone;
use fax_core::t30::session::{Cause, Role};
use fax_core::terminal::{Document, FaxMachine, Settings};
use fax_harness::carrier::SipPlace;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// `faxlab load`.
#[derive(Debug, Args)]
pub(crate) struct Load {
    /// Whom every caller calls: sip:NUMBER@ADDRESS:PORT of the gateway.
    whom: String,
    /// The document, a TIFF file.
    file: PathBuf,
    /// Where the callers' SIP is.
    #[arg(long, default_value = "127.0.0.1:5080")]
    callers: SocketAddr,
    /// Where the gateway sends the calls: our machines answer there.
    #[arg(long, default_value = "127.0.0.1:5090")]
    answerers: SocketAddr,
    /// How many calls.
    #[arg(long, default_value_t = 100)]
    calls: u32,
    /// How often the document is sent in each call.
    #[arg(long, default_value_t = 1)]
    times: usize,
    /// Time from one call's beginning to the next's.
    #[arg(long, default_value_t = 50)]
    apart_ms: u64,
    /// What the callers do about T.38.
    #[arg(long, value_enum, default_value = "refused")]
    caller_t38: SipT38,
    /// What the answerers do about T.38.
    #[arg(long, value_enum, default_value = "taken")]
    answerer_t38: SipT38,
    /// A file for what happens to each call at both ends, a line of JSON each, as it happens. A call is known by its
    /// caller: 0, 1, 2 ...
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
}

/// Where it is told what happens.
#[derive(Clone)]
struct Trace(Option<Arc<Mutex<File>>>, Instant);

impl Trace {
    fn create(path: Option<&PathBuf>) -> std::io::Result<Self> {
        let file = path.map(File::create).transpose()?;
        Ok(Self(file.map(|file| Arc::new(Mutex::new(file))), Instant::now()))
    }

    fn tell(&self, end: &str, caller: &str, what: &str) {
        let Some(file) = &self.0 else { return };
        let line =
            json!({ "at": self.1.elapsed().as_secs_f64(), "end": end, "caller": caller, "what": what });
        // One write: whoever ends this program finds whole lines.
        let written =
            file.lock().unwrap_or_else(PoisonError::into_inner).write_all(format!("{line}\n").as_bytes());
        if let Err(error) = written {
            eprintln!("the trace: {error}");
        }
    }
}

/// The result, as one JSON object.
#[derive(Debug, Default, Serialize)]
struct Tally {
    calls: u32,
    /// Both ends say success, and the pages are those that were sent, pel for pel.
    whole: u32,
    /// How the callers ended.
    callers: BTreeMap<String, u32>,
    /// How the answerers ended.
    answerers: BTreeMap<String, u32>,
    seconds: f64,
}

impl Load {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let once = read_document(&self.file, Greys::Diffusion)?;
        let pages = (0..self.times).flat_map(|_| once.pages());
        let document: Document = pages.cloned().collect();
        let whom = Uri::read(&self.whom)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let began = Instant::now();
        let mut tally = runtime.block_on(self.play(&whom, &document))?;
        tally.seconds = began.elapsed().as_secs_f64();
        println!("{}", serde_json::to_string(&tally)?);
        Ok(if tally.whole == self.calls { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn play(&self, whom: &Uri, document: &Document) -> Result<Tally, Box<dyn Error>> {
        let tally = Arc::new(Mutex::new(Tally { calls: self.calls, ..Tally::default() }));
        let (callers, _none) = SipPlace::open(self.caller_t38.way(self.callers, whom.host)).await?;
        let (answerers, mut calls) = SipPlace::open(self.answerer_t38.way(self.answerers, whom.host)).await?;
        let (callers, answerers) = (Arc::new(callers), Arc::new(answerers));
        let trace = Trace::create(self.trace.as_ref())?;
        let answering = tokio::spawn({
            let (tally, document, trace) = (tally.clone(), document.clone(), trace.clone());
            async move {
                while let Some(call) = calls.next().await {
                    let (place, tally, document) = (answerers.clone(), tally.clone(), document.clone());
                    let (trace, caller) = (trace.clone(), call.0.caller.reveal().clone());
                    trace.tell("answerer", &caller, "Invited");
                    tokio::spawn(async move {
                        let machine =
                            FaxMachine::new(Role::Answerer, Settings::default(), Document::default());
                        let mut note = |_, what: &dyn core::fmt::Debug| {
                            trace.tell("answerer", &caller, &format!("{what:?}"));
                        };
                        let phone = place.answer(machine, call, &mut note).await;
                        let how = answered(&tally, phone.ok().flatten(), &document);
                        trace.tell("answerer", &caller, &format!("over: {how}"));
                    });
                }
            }
        });
        let mut calling = Vec::new();
        for number in 0..self.calls {
            let machine = FaxMachine::new(Role::Caller, Settings::default(), document.clone());
            let (place, tally, whom) = (callers.clone(), tally.clone(), whom.number.clone());
            let (trace, caller) = (trace.clone(), format!("{number}"));
            calling.push(tokio::spawn(async move {
                let mut note =
                    |_, what: &dyn core::fmt::Debug| trace.tell("caller", &caller, &format!("{what:?}"));
                let phone = place.call(machine, &caller, &whom, &mut note).await;
                let how = phone.map_or_else(|error| error.to_string(), |phone| ending(phone).1);
                trace.tell("caller", &caller, &format!("over: {how}"));
                *tally.lock().unwrap_or_else(PoisonError::into_inner).callers.entry(how).or_default() += 1;
            }));
            tokio::time::sleep(Duration::from_millis(self.apart_ms)).await;
        }
        for call in calling {
            call.await?;
        }
        // The last answerers hang up a little later.
        tokio::time::sleep(Duration::from_secs(4)).await;
        answering.abort();
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(std::mem::take(&mut *tally))
    }
}

fn answered(tally: &Mutex<Tally>, phone: Option<Phone>, document: &Document) -> String {
    let (machine, how) = match phone {
        Some(phone) => ending(phone),
        None => return "not taken".to_owned(),
    };
    let sent = document.pages();
    let is_whole = machine.outcome().is_some_and(|outcome| outcome.cause == Cause::Success)
        && machine.received().len() == sent.len()
        && machine
            .received()
            .iter()
            .zip(sent)
            .all(|(received, sent)| received.page.raster() == sent.raster());
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    *tally.answerers.entry(how.clone()).or_default() += 1;
    tally.whole += u32::from(is_whole);
    how
}

fn ending(phone: Phone) -> (FaxMachine, String) {
    let refused = phone.refused();
    let machine = phone.into_machine();
    let how = match (refused, machine.outcome()) {
        (Some(code), _) => format!("refused with {code}"),
        (None, Some(outcome)) => format!("{:?}", outcome.cause),
        (None, None) => "no outcome".to_owned(),
    };
    (machine, how)
}
