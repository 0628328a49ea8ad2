//! What we write, as an independent dissector reads it: tshark (Debian 12: 4.0), one run a syntax.
//!
//! Documented differences: tshark calls an empty secondary malformed (vector U12), which is legal to send
//! and happens; it does not look into T.38 inside RTP, so there the blocks are compared; it takes all but the
//! first segment of a TCP connection for UDPTL; it notes every end of a burst behind that of a frame.

#[allow(dead_code, unreachable_pub, reason = "each user takes what it needs")]
#[path = "support/trace.rs"]
mod trace;

use fax_core::Timestamp;
use fax_harness::stimulus::Rng;
use fax_harness::t38::timeline::What;
use fax_harness::t38::writer::CaptureWriter;
use fax_harness::t38::{self, Options};
use fax_t38::ifp::{DataType, Field, FieldType, Ifp, Indicator, write_data, write_indicator};
use fax_t38::rtp::{Content, Format, Writer};
use fax_t38::udptl::{Class, Copies, Datagram, Layout, Protection, Recovery, Sender, SenderSettings};
use fax_t38::{Refusal, Seq, Syntax, tpkt};
use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};

/// The head of a frame, the same in both syntaxes. It stands before every packet to be read, as
/// tshark gives up a datagram that ends a frame of which nothing came before.
const HEAD: [u8; 6] = [0xC0, 0x01, 0x80, 0x00, 0x00, 0xFF];

const UDPTL_PORT: u16 = 40_000;
const TPKT_PORT: u16 = 40_001;
const RTP_PORT: u16 = 40_002;

/// A capture that grows, and what a dissector must say of each of its packets.
struct Script {
    out: CaptureWriter<Vec<u8>>,
    expected: Vec<Expected>,
    syntax: Syntax,
}

struct Expected {
    name: String,
    story: String,
    is_faulted: bool,
}

impl Script {
    fn new(syntax: Syntax) -> Self {
        Self { out: CaptureWriter::new(Vec::new()).unwrap(), expected: Vec::new(), syntax }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.expected.len() as u64 * 10_000)
    }

    /// Streams have sources of their own, so that tshark does not put frames of two together.
    fn source(stream: u16) -> SocketAddr {
        SocketAddr::new([192, 0, 2, 1].into(), 1000 + stream)
    }

    fn target(port: u16) -> SocketAddr {
        SocketAddr::new([192, 0, 2, 2].into(), port)
    }

    fn datagram(&mut self, name: String, stream: u16, datagram: &[u8]) {
        let story = story(datagram, self.syntax).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        self.out.datagram(self.now(), Self::source(stream), Self::target(UDPTL_PORT), datagram).unwrap();
        // An empty open type is not PER.
        let is_faulted = name == "U12";
        self.expected.push(Expected { name, story, is_faulted });
    }

    fn vectors(&mut self) {
        let year = if self.syntax == Syntax::Y1998 { "1998" } else { "2002" };
        let read = |name: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/t38").join(name);
            std::fs::read_to_string(path).unwrap()
        };
        for line in read("ifp-vectors.txt").lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<_> = line.split('|').map(str::trim).collect();
            if let [id, syntax, hex, ..] = columns[..]
                && syntax == year
            {
                let ifp = trace::octets(hex);
                let head = [&[0, self.expected.len() as u8, 6][..], &HEAD, &[0, 0]].concat();
                self.datagram(format!("head of {id}"), 3, &head);
                let mut datagram = vec![0, self.expected.len() as u8];
                match ifp.len() {
                    length @ 0..128 => datagram.push(length as u8),
                    length => datagram.extend((0x8000 | length as u16).to_be_bytes()),
                }
                datagram.extend([&ifp[..], &[0, 0]].concat());
                self.datagram(format!("{id} {year}"), 3, &datagram);
            }
        }
        if self.syntax == Syntax::Y1998 {
            for line in read("udptl-vectors.txt").lines().filter(|line| !line.starts_with('#')) {
                let columns: Vec<_> = line.split('|').map(str::trim).collect();
                if let [id, hex, ..] = columns[..] {
                    self.datagram(id.to_owned(), 4, &trace::octets(hex));
                }
            }
        }
    }

    fn generated(&mut self, rng: &mut Rng) {
        let protections = [
            Protection::Secondaries { control: 0, image: 0 },
            Protection::Secondaries { control: 7, image: 3 },
            Protection::Parity { span: 3, rows: 1, layout: Layout::Raw },
            Protection::Parity { span: 4, rows: 5, layout: Layout::Prefixed },
        ];
        for (stream, protection) in (3000..).zip(protections) {
            let mut sender = Sender::new(SenderSettings {
                first: Seq(65_500),
                peer_max_datagram: 1400,
                max_ifp: 300,
                protection,
                copies: Copies::NONE,
                ..SenderSettings::default()
            });
            for n in 0..160 {
                let ifp = if n % 2 == 0 { HEAD.to_vec() } else { packet(rng, self.syntax) };
                let mut datagram = [0; 1500];
                sender.submit(self.now(), &ifp, Class::Control).unwrap();
                let length = sender.poll(self.now(), &mut datagram).unwrap();
                self.datagram(format!("{protection:?} {n}"), stream, &datagram[..length]);
            }
        }
    }

    /// Two envelopes in one segment, each segment in a connection of its own.
    fn envelopes(&mut self, rng: &mut Rng) {
        for n in 0..40 {
            let (mut octets, mut story) = (Vec::new(), String::new());
            for ifp in [HEAD.to_vec(), packet(rng, self.syntax)] {
                let mut out = vec![0; tpkt::HEADER + ifp.len()];
                tpkt::write(&ifp, &mut out).unwrap();
                octets.extend(out);
                story += &ifp_story(&ifp, self.syntax).unwrap();
            }
            let (from, to) = (Self::source(2000 + n), Self::target(TPKT_PORT));
            self.out.segment(self.now(), from, to, 5000, &octets).unwrap();
            self.expected.push(Expected { name: format!("TPKT {n}"), story, is_faulted: false });
        }
    }

    fn rtp(&mut self, rng: &mut Rng) {
        let format = Format { payload_type: 98, red: Some(99), content: Content::Ifp };
        let mut writer = Writer::new(format, 0xFA_C5, Seq(65_530), 100);
        let mut sent: Vec<(u32, Vec<u8>)> = Vec::new();
        for n in 0..40 {
            let ifp = packet(rng, self.syntax);
            let now = Timestamp::from_micros(n * 30_000);
            let mut out = [0; 1400];
            let older = sent.iter().rev().map(|(_, octets)| &octets[..]).take(3);
            let length = writer.write(now, Seq(n as u16), &ifp, older, &mut out).unwrap();
            let (from, to) = (Self::source(2), Self::target(RTP_PORT));
            self.out.datagram(self.now(), from, to, &out[..length]).unwrap();
            let stamp = 100 + n as u32 * 240;
            let mut story = format!(" type 99 rtp {} {stamp}", Seq(65_530).plus(n as u16).0);
            let older = &sent[sent.len().saturating_sub(3)..];
            for (known, octets) in older {
                write!(story, " type 98 -{} [{}]", stamp - known, octets.len()).unwrap();
            }
            write!(story, " type 98 |").unwrap();
            for octets in older.iter().map(|(_, octets)| octets).chain([&ifp]) {
                write!(story, " {}", hex(octets)).unwrap();
            }
            self.expected.push(Expected { name: format!("RTP {n}"), story, is_faulted: false });
            sent.push((stamp, ifp));
        }
    }

    fn compare(self) {
        let told = dissect(&self.out.into_inner(), self.syntax);
        assert_eq!(told.len(), self.expected.len(), "tshark tells of another number of packets");
        let mut wrong = Vec::new();
        for (n, (expected, told)) in self.expected.iter().zip(&told).enumerate() {
            let agrees = expected.is_faulted || told.story == expected.story;
            if !agrees || told.faults.is_empty() == expected.is_faulted {
                let Told { story, faults } = told;
                wrong.push(format!(
                    "packet {} ({}):\n    we     {}\n    tshark {story}\n    faults {faults:?}",
                    n + 1,
                    expected.name,
                    expected.story
                ));
            }
        }
        assert!(
            wrong.is_empty(),
            "{} of {}:\n{}",
            wrong.len(),
            told.len(),
            wrong[..wrong.len().min(5)].join("\n")
        );
    }
}

/// A packet that our encoder writes, any of them.
fn packet(rng: &mut Rng, syntax: Syntax) -> Vec<u8> {
    let mut below = |limit: usize| (rng.next_u64() % limit as u64) as usize;
    let mut out = vec![0; 300];
    let length = loop {
        if below(4) == 0 {
            break write_indicator(Indicator::ALL[below(Indicator::ALL.len())], &mut out).unwrap();
        }
        let octets: Vec<u8> = (0..=below(120)).map(|_| below(256) as u8).collect();
        let fields: Vec<_> = (0..below(3))
            .map(|_| {
                let kind = FieldType::ALL[below(FieldType::ALL.len())];
                Field { kind, octets: if below(2) == 0 { &[] } else { &octets } }
            })
            .collect();
        // What our encoder never sends is drawn again.
        if let Ok(length) = write_data(DataType::ALL[below(DataType::ALL.len())], &fields, syntax, &mut out) {
            break length;
        }
    };
    out.truncate(length);
    out
}

/// A datagram as we read it.
fn story(datagram: &[u8], syntax: Syntax) -> Result<String, Refusal> {
    let datagram = Datagram::parse(datagram)?;
    let mut story = format!("seq {}{}", datagram.seq.0, ifp_story(datagram.primary, syntax)?);
    match datagram.recovery? {
        Recovery::Secondaries(entries) => {
            write!(story, " secondaries {}", entries.len()).unwrap();
            for entry in entries.filter(|entry| !entry.is_empty()) {
                story += &ifp_story(entry, syntax)?;
            }
        }
        Recovery::Parity { span, rows } => {
            write!(story, " parity span {span} rows {}", rows.len()).unwrap();
            rows.for_each(|row| write!(story, " {}", hex(row)).unwrap());
        }
    }
    Ok(story)
}

fn ifp_story(octets: &[u8], syntax: Syntax) -> Result<String, Refusal> {
    Ok(match Ifp::parse(octets, syntax)?.ifp {
        Ifp::Indicator(indicator) => format!(" indicator {}", indicator.value()),
        Ifp::Data(data) => {
            let fields = data.fields().map(|field| format!(" {}:{}", field.kind.value(), hex(field.octets)));
            format!(" data {}{}", data.kind.value(), fields.collect::<String>())
        }
    })
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// What tshark tells of a packet.
struct Told {
    story: String,
    /// Malformed parts and expert's warnings.
    faults: Vec<String>,
}

fn dissect(capture: &[u8], syntax: Syntax) -> Vec<Told> {
    let is_old = if syntax == Syntax::Y1998 { "TRUE" } else { "FALSE" };
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("tshark-{syntax:?}.pcapng"));
    std::fs::write(&path, capture).unwrap();
    let output = tshark(&path)
        .args(["-T", "pdml"])
        .args(["-d", &format!("udp.port=={UDPTL_PORT},t38"), "-d", &format!("tcp.port=={TPKT_PORT},t38")])
        .args(["-d", &format!("udp.port=={RTP_PORT},rtp"), "-d", "rtp.pt==99,rtp_rfc2198"])
        .args(["-o", &format!("t38.use_pre_corrigendum_asn1_specification:{is_old}")])
        .args(["-o", "t38.tpkt_usage:Always"])
        // Frames made up at random do not go together.
        .args(["-o", "t38.reassembly:FALSE", "--disable-protocol", "t30"])
        .output()
        .unwrap_or_else(missing);
    assert!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.split("<packet>").skip(1).map(tell).collect()
}

/// PDML has an element a line.
fn tell(packet: &str) -> Told {
    let (mut story, mut blocks, mut faults) = (String::new(), String::new(), Vec::new());
    for line in packet.lines() {
        let of = |name: &str| {
            let from = line.find(&format!(" {name}=\""))? + name.len() + 3;
            line[from..].split('"').next()
        };
        let (show, value) = (of("show").unwrap_or_default(), of("value").unwrap_or_default());
        match of("name").unwrap_or_default() {
            "t38.seq_number" => write!(story, "seq {show}"),
            "t38.t30_indicator" => write!(story, " indicator {show}"),
            "t38.t30_data" => write!(story, " data {show}"),
            "t38.field_type" => write!(story, " {show}:"),
            "t38.field_data" => write!(story, "{value}"),
            "t38.secondary_ifp_packets" => write!(story, " secondaries {show}"),
            "t38.fec_npackets" => write!(story, " parity span {show}"),
            "t38.fec_data" => write!(story, " rows {show}"),
            "t38.fec_data_item" => write!(story, " {value}"),
            "rtp.p_type" => write!(story, " type {show}"),
            "rtp.seq" => write!(story, " rtp {show}"),
            "rtp.timestamp" => write!(story, " {show}"),
            "rtp.timestamp-offset" => write!(story, " -{show}"),
            "rtp.block-length" => write!(story, " [{show}]"),
            "rtp.payload" if of("hide").is_none() => write!(blocks, " {value}"),
            "_ws.malformed" => {
                faults.push("malformed".to_owned());
                Ok(())
            }
            "_ws.expert.message" => {
                faults.push(show.to_owned());
                Ok(())
            }
            _ => Ok(()),
        }
        .unwrap();
    }
    if story.starts_with(" type") {
        story = format!("{story} |{blocks}");
    }
    Told { story, faults }
}

#[test]
fn tshark_reads_our_datagrams_of_the_1998_syntax_as_we_do() {
    everything(Syntax::Y1998);
}

#[test]
fn tshark_reads_our_datagrams_of_the_2002_syntax_as_we_do() {
    everything(Syntax::Y2002);
}

fn everything(syntax: Syntax) {
    let mut rng = Rng::seeded(0x738);
    let mut script = Script::new(syntax);
    script.vectors();
    script.generated(&mut rng);
    script.envelopes(&mut rng);
    script.rtp(&mut rng);
    script.compare();
}

/// What tshark notes of every hdlc-sig-end behind the end of a frame, as T.38 has it.
const LONE_END: &str = "[RECEIVED END OF FRAGMENT W/OUT ANY FRAGMENT DATA]";

/// A whole call, with frames put together: tshark finds the frames that we find, and complains of nothing else.
#[test]
fn tshark_finds_the_frames_of_a_call_that_we_find() {
    let call = trace::trace("trace-ecm-1998.txt");
    let protection = Protection::Secondaries { control: 3, image: 1 };
    let once = trace::datagrams(&call, protection, |_, _| trace::Fate::Arrives);
    let file = trace::capture(&once);
    let timeline = t38::decode(&file, &Options::default()).unwrap();
    let mut ours = Vec::new();
    for entry in timeline.entries {
        if let What::Frame(frame) = entry.what {
            ours.push(frame.name.split([' ', '-']).next().unwrap_or_default().to_owned());
        }
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tshark-call.pcapng");
    std::fs::write(&path, file).unwrap();
    let port = trace::ends(true).0.port();
    let output = tshark(&path)
        .args(["-d", &format!("udp.port=={port},t38"), "-T", "fields", "-e", "t30.FacsimileControl"])
        .args(["-e", "_ws.expert.message"])
        .output()
        .unwrap_or_else(missing);
    let text = String::from_utf8_lossy(&output.stdout);
    let mut theirs = Vec::new();
    for line in text.lines() {
        let (codes, faults) = line.split_once('\t').unwrap_or((line, ""));
        let is_known = faults.split(',').all(|fault| fault.is_empty() || fault == LONE_END);
        assert!(is_known, "tshark complains: {faults}");
        for code in codes.split(',').filter(|code| !code.is_empty()) {
            theirs.push(code.parse::<u8>().unwrap());
        }
    }
    let names = [(1, "DIS"), (2, "CSI"), (0x42, "TSI"), (0x41, "DCS"), (0x21, "CFR"), (0x60, "FCD")];
    let more = [(0x61, "RCP"), (0x7D, "PPS"), (0x31, "MCF"), (0x5F, "DCN")];
    let name =
        |code: &u8| names.iter().chain(&more).find(|(known, _)| known == code).map_or("?", |(_, name)| *name);
    assert_eq!(theirs.iter().map(name).collect::<Vec<_>>(), ours);
}

fn tshark(capture: &Path) -> Command {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(capture);
    command
}

fn missing(error: std::io::Error) -> Output {
    panic!("this test needs tshark, which `make setup` (and so `make test`) installs: {error}")
}
