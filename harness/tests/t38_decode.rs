//! Captures of whole calls, decoded.

#[allow(unreachable_pub)]
#[path = "fuzz/pcap.rs"]
mod fuzz_pcap;
#[allow(dead_code, unreachable_pub, reason = "each user takes what it needs")]
#[path = "support/trace.rs"]
mod trace;

use fax_core::{Span, Timestamp};
use fax_harness::stimulus::Rng;
use fax_harness::t38::capture::{Capture, Captured, NotACapture};
use fax_harness::t38::network::{Opened, open};
use fax_harness::t38::timeline::{Ending, What};
use fax_harness::t38::writer::CaptureWriter;
use fax_harness::t38::{self, Options, json, text};
use fax_t38::rtp::{Content, Format, Writer};
use fax_t38::udptl::{Layout, Protection};
use fax_t38::{Seq, tpkt};
use std::path::Path;
use trace::{Fate, capture, datagrams};

const SECONDARIES: Protection = Protection::Secondaries { control: 3, image: 1 };

fn told(file: &[u8], all: bool) -> String {
    let timeline = t38::decode(file, &Options::default()).unwrap();
    let mut out = Vec::new();
    text::write(&timeline, all, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Compares with a file of `tests/golden`; `BLESS=1` writes it anew.
fn golden(name: &str, told: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, told).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(told, expected, "{} (BLESS=1 writes it anew)", path.display());
}

#[test]
fn a_call_without_ecm_reads_like_its_trace() {
    let call = trace::trace("trace-nonecm-1998.txt");
    golden("nonecm-1998.txt", &told(&capture(&datagrams(&call, SECONDARIES, |_, _| Fate::Arrives)), false));
}

/// One in nine of A's datagrams is lost, and four in a row, which one secondary cannot bridge.
fn lossy(from_a: bool, seq: u16) -> Fate {
    match (from_a, seq) {
        (true, 150..154) => Fate::Lost,
        (true, _) if seq % 9 == 4 => Fate::Lost,
        (false, 49) => Fate::Late(45_000),
        _ => Fate::Arrives,
    }
}

#[test]
fn losses_and_repairs_stand_where_they_happened() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/captures/ecm-1998-lossy.pcapng");
    if std::env::var_os("BLESS").is_some() {
        let call = trace::trace("trace-ecm-1998.txt");
        std::fs::write(&path, capture(&datagrams(&call, SECONDARIES, lossy))).unwrap();
    }
    golden("ecm-1998-lossy.txt", &told(&std::fs::read(&path).unwrap(), false));
}

#[test]
fn parity_repairs_and_the_2002_syntax_is_found_without_sdp() {
    let call = trace::trace("trace-ecm-2002-2pages.txt");
    let parity = Protection::Parity { span: 3, rows: 3, layout: Layout::Raw };
    let fate = |from_a, seq| if from_a && seq % 11 == 7 { Fate::Lost } else { Fate::Arrives };
    let file = capture(&datagrams(&call, parity, fate));
    golden("ecm-2002-parity.txt", &told(&file, false));
}

#[test]
fn with_all_every_packet_has_its_line() {
    let call = trace::trace("trace-terminal-nonecm-1998.txt");
    let file = capture(&datagrams(&call, SECONDARIES, lossy));
    let timeline = t38::decode(&file, &Options::default()).unwrap();
    let packets: u64 = timeline.streams[0].totals.iter().map(|totals| totals.packets).sum();
    let told = told(&file, true);
    let lines = told.lines().filter(|line| line.contains("A>B  ") || line.contains("B>A  ")).count();
    let others = timeline.entries.iter().filter(|entry| matches!(entry.what, What::Missing { .. })).count();
    // One line says `in all` over both columns, and oddities name their way.
    assert_eq!(lines as u64, packets + others as u64 + 1);
}

#[test]
fn json_is_one_object_a_line_and_tells_the_same() {
    let call = trace::trace("trace-ecm-1998.txt");
    let timeline = t38::decode(&capture(&datagrams(&call, SECONDARIES, lossy)), &Options::default()).unwrap();
    let mut out = Vec::new();
    json::write(&timeline, &mut out).unwrap();
    let rows: Vec<serde_json::Value> = out
        .split(|octet| *octet == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(rows.len(), timeline.entries.len() + 2);
    let frames = rows.iter().filter(|row| row["type"] == "frame" && row["ending"] == "good");
    let control: Vec<_> = frames
        .filter_map(|row| row["name"].as_str())
        .filter(|name| !name.starts_with("FCD") && *name != "RCP")
        .collect();
    assert_eq!(control, ["CSI", "DIS", "TSI", "DCS", "CFR", "PPS-EOP", "MCF", "DCN"]);
    let totals = &rows[rows.len() - 2];
    assert_eq!((totals["type"].as_str(), totals["direction"].as_str()), (Some("totals"), Some("A>B")));
    assert_eq!(totals["lost"], 3); // of the four in a row the last is in the datagram behind them
}

/// Telephone numbers are personal data.
#[test]
fn a_telephone_number_is_shown_only_if_asked_for() {
    let call = trace::trace("trace-terminal-ecm-1998.txt");
    let file = capture(&datagrams(&call, SECONDARIES, |_, _| Fate::Arrives));
    let content = |shows_content| {
        let options = Options { shows_content, ..Options::default() };
        let timeline = t38::decode(&file, &options).unwrap();
        let frames = timeline.entries.into_iter().filter_map(|entry| match entry.what {
            What::Frame(frame) if frame.name == "TSI" => Some(frame.content),
            _ => None,
        });
        frames.collect::<Vec<_>>()
    };
    assert_eq!(content(false), [None]);
    assert!(content(true)[0].as_ref().is_some_and(|number| number.contains('1')), "{:?}", content(true));
}

fn sip(from_a: bool, version: u8, first_line: &str) -> Vec<u8> {
    let (own, _) = trace::ends(from_a);
    let sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=image {port} udptl t38\r\n\
         a=T38FaxVersion:{version}\r\na=T38FaxRateManagement:transferredTCF\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n",
        ip = own.ip(),
        port = own.port()
    );
    let head = "Via: SIP/2.0/UDP 192.0.2.1\r\nContent-Type: application/sdp\r\n";
    format!("{first_line}\r\n{head}Content-Length: {}\r\n\r\n{sdp}", sdp.len()).into_bytes()
}

/// PER-3. Both ends said version 0, and wrote the syntax of 2002.
#[test]
fn sdp_in_the_capture_says_the_syntax_and_packets_overrule_it() {
    let call = trace::trace("trace-ecm-2002-2pages.txt");
    let (a, b) = ("192.0.2.1:5060".parse().unwrap(), "198.51.100.7:5060".parse().unwrap());
    let mut out = CaptureWriter::new(Vec::new()).unwrap();
    let invite = sip(true, 3, "INVITE sip:fax@198.51.100.7 SIP/2.0");
    let ok = sip(false, 0, "SIP/2.0 200 OK");
    out.datagram(Timestamp::ZERO, a, b, &invite).unwrap();
    out.datagram(Timestamp::ZERO, b, a, &ok).unwrap();
    for (at, from_a, datagram) in datagrams(&call, SECONDARIES, |_, _| Fate::Arrives) {
        let (from, to) = trace::ends(from_a);
        out.datagram(at, from, to, &datagram).unwrap();
    }
    let file = out.into_inner();
    let timeline = t38::decode(&file, &Options::default()).unwrap();
    let [stream] = &timeline.streams[..] else { panic!("one stream") };
    assert_eq!(stream.described.as_deref(), Some("SDP of both ends: version 0"));
    for totals in &stream.totals {
        assert!(totals.oddities.contains_key("PER-3"));
        assert_eq!((totals.syntax, totals.frames.contains_key("good")), ("2002", true));
        assert_eq!(totals.frames.len(), 1, "every frame is good");
    }
    let told = timeline.entries.iter().filter(|entry| matches!(entry.what, What::Description(_))).count();
    assert_eq!(told, 2);
}

#[test]
fn a_single_datagram_is_t38_only_by_its_port() {
    let file = capture(&[(Timestamp::ZERO, true, vec![0, 0, 1, 0, 0, 0])]);
    assert!(t38::decode(&file, &Options::default()).unwrap().streams.is_empty());
    let options = Options { ports: vec![18_232], ..Options::default() };
    assert_eq!(t38::decode(&file, &options).unwrap().streams[0].totals[0].packets, 1);
}

/// UTL-2. Audio stood on the ports before, and is not T.38.
#[test]
fn audio_on_the_same_ports_is_passed_over() {
    let call = trace::trace("trace-nonecm-1998.txt");
    let mut all: Vec<_> = (0..200_u16)
        .map(|n| {
            let mut packet = vec![0x80, 0];
            packet.extend(n.to_be_bytes());
            packet.extend([0, 0, (n >> 8) as u8, n as u8, 1, 2, 3, 4]);
            packet.resize(12 + 160, 0xD5);
            (Timestamp::from_micros(u64::from(n) * 20_000), n % 2 == 0, packet)
        })
        .collect();
    let fax = datagrams(&call, SECONDARIES, |_, _| Fate::Arrives);
    all.extend(
        fax.into_iter().map(|(at, from_a, datagram)| (at + Span::from_millis(4100), from_a, datagram)),
    );
    let timeline = t38::decode(&capture(&all), &Options::default()).unwrap();
    let totals = &timeline.streams[0].totals;
    assert_eq!([totals[0].packets, totals[1].packets], [289, 56]);
    assert_eq!([totals[0].lost, totals[1].lost], [0, 0]);
    assert_eq!(totals[0].refused.values().sum::<u32>(), 100);
}

#[test]
fn tpkt_over_tcp_and_rtp_tell_the_same_frames() {
    let call = trace::trace("trace-terminal-ecm-1998.txt");
    let format = Format { payload_type: 98, red: Some(99), content: Content::Ifp };
    let mut rtp = [0, 1].map(|n| Writer::new(format, n, Seq(65_000), 5));
    let (mut tcp, mut udp) =
        (CaptureWriter::new(Vec::new()).unwrap(), CaptureWriter::new(Vec::new()).unwrap());
    let mut numbers = [1000_u32, 2000];
    let mut sent: [Vec<&[u8]>; 2] = [Vec::new(), Vec::new()];
    for packet in &call {
        let way = usize::from(!packet.from_a);
        let (from, to) = trace::ends(packet.from_a);
        let mut out = [0; 1400];
        let length = tpkt::write(&packet.ifp, &mut out).unwrap();
        // Cut in two, the second half first, and the first twice; but a stream begins with its first octet.
        let (head, tail) = out[..length].split_at(length / 2);
        let (first, second) = ((numbers[way], head), (numbers[way] + head.len() as u32, tail));
        let order = if packet.seq == Seq(0) { [first, second, first] } else { [second, first, first] };
        for (seq, piece) in order {
            tcp.segment(packet.at, from, to, seq, piece).unwrap();
        }
        numbers[way] += length as u32;
        let older = sent[way].iter().rev().copied().take(2);
        let length = rtp[way].write(packet.at, packet.seq, &packet.ifp, older, &mut out).unwrap();
        sent[way].push(&packet.ifp);
        if packet.seq.0 % 5 != 4 {
            udp.datagram(packet.at, from, to, &out[..length]).unwrap();
        }
    }
    let control = |file: &[u8], options: &Options| {
        let timeline = t38::decode(file, options).unwrap();
        let frames = timeline.entries.into_iter().filter_map(|entry| match entry.what {
            What::Frame(frame) if frame.ending == Ending::Good => Some(frame.name),
            _ => None,
        });
        frames.collect::<Vec<_>>()
    };
    let over_udptl =
        control(&capture(&datagrams(&call, SECONDARIES, |_, _| Fate::Arrives)), &Options::default());
    assert!(over_udptl.len() > 20);
    let ports = Options { ports: vec![40_000], rtp: Some(format), ..Options::default() };
    assert_eq!(control(&tcp.into_inner(), &ports), over_udptl);
    assert_eq!(control(&udp.into_inner(), &ports), over_udptl);
}

/// The same packets behind every header that captures have.
#[test]
fn every_link_type_and_both_formats_of_file_are_read() {
    let call = trace::trace("trace-nonecm-1998.txt");
    let datagrams = datagrams(&call, SECONDARIES, |_, _| Fate::Arrives);
    let file = capture(&datagrams);
    let packets = Capture::read(&file).unwrap().packets;
    let ethernet = [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2][..], &[8, 0]].concat();
    let vlan = [&ethernet[..12], &[0x81, 0, 0, 5, 8, 0]].concat();
    let cooked = [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &[8, 0]].concat();
    let cooked2 = [&[8, 0][..], &[0; 18]].concat();
    let links: [(u32, &[u8]); 8] = [
        (1, &ethernet),
        (1, &vlan),
        (113, &cooked),
        (276, &cooked2),
        (101, &[]),
        (228, &[]),
        (0, &[2, 0, 0, 0]),
        (108, &[0, 0, 0, 2]),
    ];
    let expected = told(&file, false);
    for (link, header) in links {
        for (magic, is_nano) in [(0xA1B2_C3D4_u32, false), (0xA1B2_3C4D, true)] {
            let mut classic = Vec::new();
            for word in [magic, 0x0002_0004, 0, 0, 0, link] {
                classic.extend(word.to_be_bytes());
            }
            for packet in &packets {
                let (seconds, rest) = (packet.at / 1_000_000_000, packet.at % 1_000_000_000);
                let length = (header.len() + packet.octets.len()) as u32;
                let fraction = if is_nano { rest } else { rest / 1000 };
                for word in [seconds as u32, fraction as u32, length, length] {
                    classic.extend(word.to_be_bytes());
                }
                classic.extend([header, packet.octets].concat());
            }
            assert_eq!(told(&classic, false), expected, "link type {link}");
        }
    }
}

#[test]
fn what_is_no_capture_says_so() {
    for (octets, error) in [
        (&b""[..], NotACapture::Empty),
        (&[0x1F, 0x8B, 8, 0], NotACapture::Packed),
        (b"GIF89a", NotACapture::Unknown),
        (&[0xD4, 0xC3, 0xB2, 0xA1, 2, 0], NotACapture::Header),
        (&[0x0A, 0x0D, 0x0D, 0x0A, 0, 0, 0, 28], NotACapture::Header),
    ] {
        assert_eq!(Capture::read(octets).err(), Some(error));
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn a_capture_that_ends_early_or_lies_about_lengths_gives_what_came_before() {
    let call = trace::trace("trace-nonecm-1998.txt");
    let datagrams = datagrams(&call, SECONDARIES, |_, _| Fate::Arrives);
    let file = capture(&datagrams);
    let cut = t38::decode(&file[..file.len() * 2 / 3 + 1], &Options::default()).unwrap();
    assert!(cut.file.packets > 200 && cut.file.packets < datagrams.len());
    assert_eq!(cut.file.skipped.len(), 1, "{:?}", cut.file.skipped);
    // The length of the third packet inside its block: that block is stepped over.
    let place = |n: usize| {
        let mut at = 0;
        for _ in 0..n {
            at += u32::from_le_bytes(file[at + 4..at + 8].try_into().unwrap()) as usize;
        }
        at
    };
    let third = place(4);
    let mut broken = file.clone();
    broken[third + 20..third + 24].copy_from_slice(&[0xFF; 4]);
    let capture = Capture::read(&broken).unwrap();
    assert_eq!((capture.broken, capture.packets.len()), (1, datagrams.len() - 1));
    // The same of the block itself: whether it says too much or too little, reading ends well.
    for length in [0_u32, 4, 13, 0x7FFF_FFFF, u32::MAX] {
        let mut broken = file.clone();
        broken[third + 4..third + 8].copy_from_slice(&length.to_le_bytes());
        let capture = Capture::read(&broken).unwrap();
        assert_eq!((capture.packets.len(), capture.unread), (2, file.len() - third), "length {length}");
    }
    // A trailer that contradicts costs its block.
    let mut broken = file.clone();
    let end = place(5);
    broken[end - 1] ^= 1;
    let capture = Capture::read(&broken).unwrap();
    assert_eq!((capture.broken, capture.packets.len()), (1, datagrams.len() - 1));
}

/// UTL-17. A datagram that IP had to cut is not put together, and said to be there.
#[test]
fn fragments_and_snapped_packets_are_counted() {
    let file = capture(&[(Timestamp::ZERO, true, vec![0; 64])]);
    let whole = Capture::read(&file).unwrap();
    let [packet] = whole.packets[..] else { panic!("one packet") };
    let mut fragment = packet.octets.to_vec();
    fragment[6] |= 0x20; // more fragments
    assert_eq!(open(&Captured { octets: &fragment, ..packet }), Opened::Fragment);
    let snapped = Captured { octets: &packet.octets[..60], is_cut: true, ..packet };
    assert_eq!(open(&snapped), Opened::Cut);
    assert_eq!(open(&Captured { octets: &packet.octets[..10], ..packet }), Opened::Broken);
}

#[test]
fn random_and_broken_captures_do_no_harm() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/pcap");
    let mut seeds: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    let seeds: Vec<_> = seeds.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let mut rng = Rng::seeded(0xCA97);
    let mut below = |limit: usize| (rng.next_u64() % limit.max(1) as u64) as usize;
    for round in 0..4000 {
        let mut data = seeds[round % seeds.len()].clone();
        for _ in 0..below(6) {
            let place = below(data.len());
            match below(3) {
                0 => data[place] = below(256) as u8,
                1 => data[place] = [0, 1, 0x7F, 0x80, 0xFF][below(5)],
                _ => data.truncate(place.max(1)),
            }
        }
        fuzz_pcap::check(&data);
    }
}
