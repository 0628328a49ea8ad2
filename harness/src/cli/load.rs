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
use std::collections::BTreeMap;
use std::error::Error;
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
    /// Time from one call's beginning to the next's.
    #[arg(long, default_value_t = 50)]
    apart_ms: u64,
    /// What the callers do about T.38.
    #[arg(long, value_enum, default_value = "refused")]
    caller_t38: SipT38,
    /// What the answerers do about T.38.
    #[arg(long, value_enum, default_value = "taken")]
    answerer_t38: SipT38,
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
        let document = read_document(&self.file, Greys::Diffusion)?;
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
        let answering = tokio::spawn({
            let (tally, document) = (tally.clone(), document.clone());
            async move {
                while let Some(call) = calls.next().await {
                    let (place, tally, document) = (answerers.clone(), tally.clone(), document.clone());
                    tokio::spawn(async move {
                        let machine =
                            FaxMachine::new(Role::Answerer, Settings::default(), Document::default());
                        let phone = place.answer(machine, call, &mut |_, _| {}).await;
                        answered(&tally, phone.ok().flatten(), &document);
                    });
                }
            }
        });
        let mut calling = Vec::new();
        for number in 0..self.calls {
            let machine = FaxMachine::new(Role::Caller, Settings::default(), document.clone());
            let (place, tally, whom) = (callers.clone(), tally.clone(), whom.number.clone());
            calling.push(tokio::spawn(async move {
                let phone = place.call(machine, &format!("{number}"), &whom, &mut |_, _| {}).await;
                let how = phone.map_or_else(|error| error.to_string(), |phone| ending(phone).1);
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

fn answered(tally: &Mutex<Tally>, phone: Option<Phone>, document: &Document) {
    let (machine, how) = match phone {
        Some(phone) => ending(phone),
        None => return,
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
    *tally.answerers.entry(how).or_default() += 1;
    tally.whole += u32::from(is_whole);
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
