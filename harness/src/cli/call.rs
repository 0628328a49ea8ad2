//! `faxlab call`: many calls of one kind.

use super::modem::{LineOptions, cores};
use clap::{ArgAction, Args, Parser};
use fax_call::{OwnWord, OwnWords, Repetition, SuperG3};
use fax_core::Span;
use fax_harness::calls::report::failed_seeds;
use fax_harness::calls::timeline::timeline;
use fax_harness::calls::{Plan, Report, records};
use fax_harness::stimulus::{Impairments, Law};
use fax_harness::system::System;
use fax_harness::t38::writer::CaptureWriter;
use fax_harness::wav;
use fax_harness::world::classic_udptl::Recovery;
use fax_harness::world::network::{Bursts, Jitter, Order, Stepped, preset};
use fax_harness::world::scenario::{Coding, Copies, MachineSettings, Modem, PacketSettings, Sender};
use fax_harness::world::{Chain, Direction, Document, Kept, Network, Record, Scenario, Taps, run, sent};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// `faxlab call`.
#[derive(Debug, Args)]
pub(crate) struct Call {
    #[command(flatten)]
    pub(crate) cell: CellOptions,
    /// How many calls.
    #[arg(long, default_value = "100", value_parser = at_least_one)]
    calls: usize,
    /// Seed of the first call; the others follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; results do not depend on it.
    #[arg(long, default_value_t = cores())]
    jobs: usize,
    #[command(flatten)]
    one: OneCall,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// What can be kept of one call: of the first, where there are several.
#[derive(Debug, Args)]
pub(crate) struct OneCall {
    /// Both phone lines, four channels: the caller's machine says, hears, the answerer's says, hears.
    #[arg(long)]
    wav: Option<PathBuf>,
    /// What reached either side, as a capture (pcapng); the caller is 192.0.2.1, the answerer 192.0.2.2.
    #[arg(long)]
    pcap: Option<PathBuf>,
    /// Prints what happened on one axis of time (`faxlab replay` always does).
    #[arg(long)]
    timeline: bool,
}

/// A kind of call. Its text on a command line is its name: `faxlab replay` and sweeps take it.
#[derive(Debug, Args)]
pub(crate) struct CellOptions {
    /// The document, a TIFF file.
    #[arg(long)]
    pub(crate) doc: PathBuf,
    /// What stands between the fax machines: gateway, terminal-gateway, gateway-terminal,
    /// terminal-terminal, passthrough or regenerate.
    #[arg(long, default_value = "gateway")]
    chain: Chain,
    /// Whose fax machines: ours or spandsp.
    #[arg(long, default_value = "spandsp")]
    ends: System,
    /// Whose gateways: ours or spandsp, or the caller's and the answerer's with a comma between.
    #[arg(long, value_delimiter = ',', default_value = "ours", num_args = 1)]
    gateways: Vec<System>,
    /// The fastest modem of the fax machines: v17, v29 or v27ter.
    #[arg(long, default_value = "v17")]
    mode: Modem,
    /// Bit rate at which the sender starts, at most: 2400, 4800, 7200, 9600, 12000 or 14400.
    #[arg(long, value_parser = bit_rate)]
    max_rate: Option<u32>,
    /// Error correction: on or off.
    #[arg(long, default_value = "on", value_parser = on_or_off, action = ArgAction::Set)]
    ecm: bool,
    /// The best coding: mh, mr or mmr (which needs error correction).
    #[arg(long, default_value = "mmr")]
    coding: Coding,
    #[command(flatten)]
    packets: PacketOptions,
    #[command(flatten)]
    network: NetworkOptions,
    /// Burst power over noise power in 4 kHz, dB; without it the phone lines have no noise.
    #[arg(long, allow_negative_numbers = true)]
    snr: Option<f64>,
    #[command(flatten)]
    line: LineOptions,
    /// Playout delay of a passthrough, 20 to 200 ms.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(20..=200))]
    playout_ms: u64,
    /// Older packets beside each of a passthrough (RFC 2198), 0 to 2.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=2))]
    rtp_redundancy: u8,
    /// The answerer has the document, and the caller fetches it.
    #[arg(long)]
    poll: bool,
    /// Lets the fax machines begin with V.8, as Super G3 ones do; for --ends spandsp.
    #[arg(long)]
    v8: bool,
    /// What our gateways make of Super G3: suppress, block (a CM that comes anyway) or pass.
    #[arg(long, default_value = "suppress", value_parser = super_g3)]
    super_g3: SuperG3,
    /// What our gateways say that no machine said: any of flags, rnr, answers and ftt, or none.
    #[arg(long, default_value = "flags,rnr,answers,ftt", value_parser = own_words)]
    own: OwnWords,
    /// What our gateways make of a command that is said again over a slow network: kept or passed.
    #[arg(long, default_value = "kept", value_parser = repetition)]
    repetition: Repetition,
    /// When the answerer is hung up after the caller has gone on hook: ms, or never.
    #[arg(long, default_value = "2000", value_parser = hang_up)]
    hangup_ms: HangUp,
    /// Audio of a block: 20 or 10 ms.
    #[arg(long, default_value = "20", value_parser = block)]
    block_ms: u64,
}

/// How packets are protected and written.
#[derive(Debug, Args)]
struct PacketOptions {
    /// Secondaries in each datagram; without it or parity each system takes its own choice.
    #[arg(long)]
    redundancy: Option<usize>,
    /// Parity instead: packets in a sum, sums in a datagram, as in 3x3.
    #[arg(long, value_parser = parity, conflicts_with = "redundancy")]
    fec: Option<Recovery>,
    /// Spaced copies: of control packets, of image packets, ms apart, as in 2,1,120.
    #[arg(long, value_parser = copies)]
    copies: Option<Copies>,
    /// How long a receiver of ours waits for what was overtaken, ms.
    #[arg(long)]
    hold_ms: Option<u64>,
    /// Image in one packet of our gateways, ms: 30 unless given, 50 where they choose their protection.
    #[arg(long)]
    packet_ms: Option<u64>,
    /// T38FaxVersion, 0 to 3.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=3))]
    t38_version: u8,
    /// T38FaxRateManagement: 1 local TCF, 2 transferred TCF.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=2))]
    rate_management: u8,
    /// Leaves fill out of pages without error correction.
    #[arg(long)]
    fill_removal: bool,
}

/// What the network does, both ways.
#[derive(Debug, Args)]
struct NetworkOptions {
    /// A network by name, as random-loss-1pct or g1050-c (a wrong name lists all); the options below change it.
    #[arg(long)]
    preset: Option<String>,
    /// Independent loss, 0 to 1.
    #[arg(long, value_parser = share)]
    loss: Option<f64>,
    /// Bursts on the axis of time: share lost, mean length in ms, as in 0.05,120.
    #[arg(long, value_parser = pair, conflicts_with = "burst_packets")]
    burst: Option<(f64, f64)>,
    /// Bursts by packet: share lost, mean length in packets, as in 0.05,4.
    #[arg(long, value_parser = pair)]
    burst_packets: Option<(f64, f64)>,
    /// Delay one way, without jitter, ms: 20 unless a preset says otherwise.
    #[arg(long, value_parser = millis)]
    delay_ms: Option<f64>,
    /// Uniform jitter from 0 to so many ms, with overtaking.
    #[arg(long, value_parser = millis)]
    jitter_ms: Option<f64>,
    /// Share of datagrams that arrive twice, 0 to 1.
    #[arg(long, value_parser = share)]
    duplicate: Option<f64>,
}

/// For the text of a cell alone.
#[derive(Debug, Parser)]
#[command(name = "cell", no_binary_name = true, disable_help_flag = true)]
struct CellText {
    #[command(flatten)]
    cell: CellOptions,
}

impl Call {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        let (scenario, document) = (self.cell.scenario()?, Document::read(&self.cell.doc)?);
        let plan = Plan { calls: self.calls, seed: self.seed, jobs: self.jobs.max(1) };
        let bar = progress(self.calls);
        let records = records(&scenario, &document, plan, &|| bar.inc(1))?;
        bar.finish_and_clear();
        let (report, sent) = (Report::of(&records), sent(&scenario));
        if self.json {
            println!("{}", serde_json::to_string(&Line { report: &report, sent })?);
        } else {
            print_report(&report, &failed_seeds(&records));
            println!("caller sent   {}\nanswerer sent {}", sent[0], sent[1]);
        }
        if self.one.is_wanted() {
            self.one.show(&scenario, &document, self.seed)?;
        }
        Ok(())
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// How packets were protected, from the caller and from the answerer.
    sent: [String; 2],
}

impl OneCall {
    fn is_wanted(&self) -> bool {
        self.timeline || self.wav.is_some() || self.pcap.is_some()
    }

    /// Runs one call and shows or writes what was asked for.
    pub(crate) fn show(
        &self,
        scenario: &Scenario,
        document: &Document,
        seed: u64,
    ) -> Result<Record, Box<dyn Error>> {
        let taps = Taps { events: true, datagrams: true, audio: self.wav.is_some() };
        let (record, kept) = run(scenario, document, seed, taps)?;
        if self.timeline {
            print!("{}", timeline(&record, &kept));
        }
        if let Some(path) = &self.wav {
            write_wav(path, &kept)?;
        }
        if let Some(path) = &self.pcap {
            write_capture(path, &kept)?;
        }
        Ok(record)
    }

    /// All that is for people.
    pub(crate) fn with_timeline(mut self) -> Self {
        self.timeline = true;
        self
    }
}

fn write_wav(path: &Path, kept: &Kept) -> Result<(), Box<dyn Error>> {
    let lines = kept.audio.iter().flatten();
    let channels: Vec<&[i16]> =
        lines.flat_map(|line| [line.said.as_slice(), line.heard.as_slice()]).collect();
    if channels.is_empty() {
        return Err("a call between T.38 fax machines has no sound".into());
    }
    Ok(wav::write_channels(path, &channels)?)
}

/// Every datagram when it arrived.
fn write_capture(path: &Path, kept: &Kept) -> Result<(), Box<dyn Error>> {
    let sides = [1, 2].map(|n| SocketAddr::from(([192, 0, 2, n], PORT)));
    let mut arrivals = Vec::new();
    for direction in Direction::BOTH {
        let n = direction.index();
        for (passage, datagram) in kept.logs[n].passages().iter().zip(&kept.datagrams[n]) {
            arrivals.extend(passage.fate.arrivals().map(|at| (at, n, datagram)));
        }
    }
    arrivals.sort_by_key(|(at, n, _)| (*at, *n));
    let mut capture = CaptureWriter::new(BufWriter::new(File::create(path)?))?;
    for (at, n, datagram) in arrivals {
        capture.datagram(at, sides[n], sides[1 - n], datagram)?;
    }
    Ok(capture.into_inner().flush()?)
}

/// The port of both sides in captures.
const PORT: u16 = 40_000;

impl CellOptions {
    /// Reads a cell's text: its options, as on a command line.
    pub(crate) fn read(options: impl IntoIterator<Item = String>) -> Result<Self, clap::Error> {
        CellText::try_parse_from(options).map(|text| text.cell)
    }

    /// The call that is meant.
    pub(crate) fn scenario(&self) -> Result<Scenario, Box<dyn Error>> {
        let gateways = match self.gateways.as_slice() {
            [both] => [*both; 2],
            [caller, answerer] => [*caller, *answerer],
            _ => return Err("--gateways takes one system, or two with a comma between".into()),
        };
        let mut line = Impairments { snr_db: self.snr, ..self.line.impairments(self.snr) };
        if line.g711.is_empty() {
            line.g711 = vec![Law::Mu];
        }
        let [forth, back] = Direction::BOTH.map(|direction| self.network.network(direction));
        Ok(Scenario {
            chain: self.chain,
            ends: self.ends,
            gateways,
            machine: MachineSettings {
                modem: self.mode,
                max_rate: self.max_rate,
                ecm: self.ecm,
                coding: self.coding,
            },
            packets: self.packets.settings(),
            network: [forth?, back?],
            line,
            playout: Span::from_millis(self.playout_ms),
            generations: self.rtp_redundancy,
            super_g3: self.super_g3,
            own: self.own,
            repetition: self.repetition,
            sender: if self.poll { Sender::Answerer } else { Sender::Caller },
            v8: self.v8,
            hang_up: self.hangup_ms.0,
            block: self.block_ms as usize * 8,
        })
    }
}

impl PacketOptions {
    fn settings(&self) -> PacketSettings {
        PacketSettings {
            recovery: self.fec.or(self.redundancy.map(Recovery::Redundancy)).unwrap_or(Recovery::OwnChoice),
            copies: self.copies,
            hold: self.hold_ms.map(Span::from_millis),
            packet: self.packet_ms.map(Span::from_millis),
            version: self.t38_version,
            rate_management: self.rate_management,
            fill_removal: self.fill_removal,
        }
    }
}

impl NetworkOptions {
    fn network(&self, direction: Direction) -> Result<Network, Box<dyn Error>> {
        let mut network = match &self.preset {
            Some(name) => preset::named(name, direction)?,
            None => Network::default(),
        };
        if let Some(loss) = self.loss {
            network.loss = loss;
        }
        if let Some((rate, mean)) = self.burst {
            network.bursts = Some(Bursts::blackouts(Stepped::ByTime, rate, mean));
        }
        if let Some((rate, mean)) = self.burst_packets {
            network.bursts = Some(Bursts::blackouts(Stepped::ByPacket, rate, mean));
        }
        if let Some(ms) = self.delay_ms {
            network.delay = Span::from_micros((ms * 1000.0) as u64);
        }
        if let Some(max) = self.jitter_ms {
            network.jitter = Jitter::Uniform { max };
            network.order = Order::Free;
        }
        if let Some(duplicate) = self.duplicate {
            network.duplicate = duplicate;
        }
        Ok(network)
    }
}

/// A bar on the terminal; nothing where there is none.
pub(crate) fn progress(calls: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(calls as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} calls, {eta} left") {
        bar.set_style(style);
    }
    bar
}

pub(crate) fn print_report(report: &Report, failed: &[u64]) {
    let interval = report.interval();
    println!(
        "strict        {} of {} calls ({:.1} %; 95 %: {:.1} to {:.1} %)",
        report.strict,
        report.calls,
        100.0 * report.rate(),
        100.0 * interval.low,
        100.0 * interval.high
    );
    println!(
        "t30_ok        {}, pages_ok {}, damaged_ok {}",
        report.t30_ok, report.pages_ok, report.damaged_ok
    );
    let seconds = report.mean_seconds.map_or("-".to_owned(), |seconds| format!("{seconds} s"));
    println!("mean          {seconds}, {} PPR a call", report.ppr_per_call);
    println!(
        "sent          {} octets in {} datagrams a call, both ways",
        report.octets_per_call, report.packets_per_call
    );
    println!(
        "CPU           {} and {} ms a call second in the gateways; {} x real time",
        report.cpu_ms_per_call_second[0], report.cpu_ms_per_call_second[1], report.realtime_factor
    );
    for (cause, count) in &report.causes {
        println!("failed {count:>6} {cause}");
    }
    if !failed.is_empty() {
        let shown: Vec<String> = failed.iter().take(20).map(u64::to_string).collect();
        let more = if failed.len() > 20 { " ..." } else { "" };
        println!("failed seeds  {}{more} (see one: faxlab replay 'OPTIONS' SEED)", shown.join(" "));
    }
}

/// When to hang up, if at all.
#[derive(Clone, Copy, Debug)]
struct HangUp(Option<Span>);

fn hang_up(text: &str) -> Result<HangUp, String> {
    match text {
        "never" => Ok(HangUp(None)),
        _ => text
            .parse()
            .map(|ms| HangUp(Some(Span::from_millis(ms))))
            .map_err(|_| "a number of ms, or never".to_owned()),
    }
}

fn super_g3(text: &str) -> Result<SuperG3, String> {
    match text {
        "suppress" => Ok(SuperG3::Suppress),
        "block" => Ok(SuperG3::Block),
        "pass" => Ok(SuperG3::Pass),
        _ => Err("use suppress, block or pass".to_owned()),
    }
}

fn own_words(text: &str) -> Result<OwnWords, String> {
    let all = [
        ("flags", OwnWord::Flags),
        ("rnr", OwnWord::NotReady),
        ("answers", OwnWord::AnswerAgain),
        ("ftt", OwnWord::TrainingRefused),
    ];
    let named: Vec<&str> = text.split(',').filter(|name| *name != "none").collect();
    if named.iter().any(|name| !all.iter().any(|(known, _)| known == name)) {
        return Err("use flags, rnr, answers and ftt with commas between, or none".to_owned());
    }
    let others = all.iter().filter(|(name, _)| !named.contains(name));
    Ok(others.fold(OwnWords::ALL, |words, (_, word)| words.without(*word)))
}

fn repetition(text: &str) -> Result<Repetition, String> {
    match text {
        "kept" => Ok(Repetition::Kept),
        "passed" => Ok(Repetition::Passed),
        _ => Err("use kept or passed".to_owned()),
    }
}

pub(super) fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("use on or off".to_owned()),
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("a number of 1 or more".to_owned()),
        Ok(count) => Ok(count),
    }
}

fn bit_rate(text: &str) -> Result<u32, String> {
    const RATES: [u32; 6] = [2400, 4800, 7200, 9600, 12_000, 14_400];
    let rate = text.parse().ok().filter(|rate| RATES.contains(rate));
    rate.ok_or_else(|| "use 2400, 4800, 7200, 9600, 12000 or 14400".to_owned())
}

fn block(text: &str) -> Result<u64, String> {
    match text {
        "10" => Ok(10),
        "20" => Ok(20),
        _ => Err("use 10 or 20".to_owned()),
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a share between 0 and 1".to_owned())
}

fn millis(text: &str) -> Result<f64, String> {
    let millis = text.parse().ok().filter(|millis| (0.0..=600_000.0).contains(millis));
    millis.ok_or_else(|| "a number of ms, 0 or more".to_owned())
}

fn pair(text: &str) -> Result<(f64, f64), String> {
    let (rate, mean) = text.split_once(',').ok_or("two numbers with a comma between")?;
    let read = |text: &str| text.trim().parse::<f64>().map_err(|error| error.to_string());
    match (read(rate)?, read(mean)?) {
        (rate, mean) if rate > 0.0 && rate < 1.0 && mean >= 1.0 => Ok((rate, mean)),
        _ => Err("a share between 0 and 1, and a length of 1 or more".to_owned()),
    }
}

fn parity(text: &str) -> Result<Recovery, String> {
    let numbers =
        text.split_once('x').and_then(|(span, entries)| Some((span.parse().ok()?, entries.parse().ok()?)));
    match numbers {
        Some((span @ 1..=127, entries @ 1..=127)) => Ok(Recovery::Parity { span, entries }),
        _ => Err("span and entries, as in 3x3".to_owned()),
    }
}

fn copies(text: &str) -> Result<Copies, String> {
    let numbers: Vec<u64> = text.split(',').filter_map(|number| number.parse().ok()).collect();
    match numbers.as_slice() {
        [control, image, ms] => {
            Ok(Copies { control: *control as usize, image: *image as usize, apart: Span::from_millis(*ms) })
        }
        _ => Err("control, image, ms apart, as in 2,1,120".to_owned()),
    }
}
