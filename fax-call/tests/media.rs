//! The media of a call: octets passed on unchanged, signs heard, and the change to T.38.

use fax_call::media::{
    Audio, Flow, Learning, LegSettings, Order, Path, Redundancy, Settings, Sign, Socket, Station, T38,
};
use fax_call::{Law, Side};
use fax_core::image::Resolution;
use fax_core::t30::session::{Cause, Role};
use fax_core::terminal::{self, Document, FaxMachine, Page, PageWriter};
use fax_core::{Chunk, FrameEnd, Line, Opening, Signal, Span, Timestamp};
use fax_modem::AudioLine;
use fax_t38::line::{self, T38Line};
use fax_t38::rtp::Packet;
use fax_t38::sdp::{Abilities, Local, Offer, Origin, Policy, answer};
use std::collections::VecDeque;
use std::net::SocketAddr;

const NEAR: ([u8; 4], u16) = ([192, 0, 2, 1], 4000);
const FAR: ([u8; 4], u16) = ([192, 0, 2, 2], 5000);

fn at(ms: u64) -> Timestamp {
    Timestamp::from_micros(ms * 1000)
}

fn audio(remote: ([u8; 4], u16), red: Option<u8>) -> Order {
    Order::Audio(Audio {
        remote: remote.into(),
        law: Law::A,
        packet: Span::from_millis(20),
        red: red.map(|payload_type| Redundancy { payload_type, generations: 2 }),
        events: None,
        flow: Flow::Both,
    })
}

fn rtp(kind: u8, seq: u16, stamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x80, kind];
    packet.extend(seq.to_be_bytes());
    packet.extend(stamp.to_be_bytes());
    packet.extend([1, 2, 3, 4]);
    packet.extend(payload);
    packet
}

/// What leaves on a side.
fn sent(path: &mut Path, side: Side) -> Vec<(Socket, SocketAddr, Vec<u8>)> {
    let mut out = [0; 1500];
    core::iter::from_fn(|| {
        path.transmit(side, &mut out).map(|it| (it.socket, it.to, out[..it.length].to_vec()))
    })
    .collect()
}

fn both_audio(settings: Settings) -> Path {
    let mut path = Path::new(settings);
    path.order(Timestamp::ZERO, Side::Near, audio(NEAR, None));
    path.order(Timestamp::ZERO, Side::Far, audio(FAR, None));
    path
}

#[test]
fn octets_pass_unchanged_and_at_once_both_ways() {
    let mut path = both_audio(Settings::default());
    let mut stamps = Vec::new();
    for n in 0..50_u16 {
        let now = at(20 * u64::from(n));
        let payload: Vec<u8> = (0..160_u16).map(|i| (n.wrapping_mul(31) ^ i.wrapping_mul(7)) as u8).collect();
        for (side, from, to, other) in
            [(Side::Near, NEAR, FAR, Side::Far), (Side::Far, FAR, NEAR, Side::Near)]
        {
            path.receive(now, side, Socket::Rtp, from.into(), &rtp(8, 9 + n, 160 * u32::from(n), &payload));
            let all = sent(&mut path, other);
            let [(Socket::Rtp, target, octets)] = &all[..] else { panic!("{} packets", all.len()) };
            let packet = Packet::parse(octets).unwrap();
            assert_eq!((*target, packet.payload, packet.payload_type), (to.into(), &payload[..], 8));
            if other == Side::Far {
                stamps.push((packet.seq.0, packet.stamp));
            }
        }
        path.advance(now);
    }
    assert!(
        stamps.windows(2).all(|w| w[1].0 == w[0].0.wrapping_add(1) && w[1].1 == w[0].1.wrapping_add(160))
    );
}

#[test]
fn a_foreign_packet_is_counted_and_nothing_is_sent_for_it() {
    let mut path = both_audio(Settings::default());
    for n in 0..1000_u16 {
        let stranger: SocketAddr = ([198, 51, 100, 7], 1000 + n).into();
        let packet = rtp(8, n, 160 * u32::from(n), &[n as u8; 160]);
        assert!(!path.receive(at(n.into()), Side::Near, Socket::Rtp, stranger, &packet));
        assert!(!path.receive(at(n.into()), Side::Near, Socket::Udptl, stranger, &[0, 1, 1, 0, 0, 0]));
    }
    assert!(sent(&mut path, Side::Far).is_empty() && sent(&mut path, Side::Near).is_empty());
    assert_eq!((path.audio(Side::Near).received, path.audio(Side::Near).strangers), (0, 1000));
    assert_eq!(path.strangers(Side::Near), 1000);
    // T.38 from the host of the peer, which may be the peer's, is a stranger's as long as no answer says otherwise.
    for n in 0..20 {
        let neighbour = (NEAR.0, 4002).into();
        assert!(!path.receive(at(2000), Side::Near, Socket::Udptl, neighbour, &[0, n, 1, 6, 0, 0]));
    }
    assert_eq!(path.strangers(Side::Near), 1020);
}

/// A port stays open when its medium has ended; what comes to it is of the peer, who is late, or of a stranger.
#[test]
fn a_foreign_packet_is_counted_where_no_packet_is_due() {
    let mut path = both_audio(Settings::default());
    path.order(at(1), Side::Far, t38(FAR));
    let (packet, stranger) = (rtp(8, 1, 160, &[0xD5; 160]), ([198, 51, 100, 7], 4000).into());
    assert!(!path.receive(at(2), Side::Far, Socket::Rtp, FAR.into(), &packet));
    assert_eq!(path.audio(Side::Far).strangers, 0);
    assert!(!path.receive(at(3), Side::Far, Socket::Rtp, stranger, &packet));
    assert_eq!(path.audio(Side::Far).strangers, 1);
}

/// An event that is longer than any block takes no place of those that wait to be sent.
#[test]
fn what_cannot_be_passed_on_costs_nothing() {
    let with_events = |remote| match audio(remote, None) {
        Order::Audio(audio) => Order::Audio(Audio { events: Some(101), ..audio }),
        order => order,
    };
    let mut path = Path::new(Settings::default());
    path.order(Timestamp::ZERO, Side::Near, with_events(NEAR));
    path.order(Timestamp::ZERO, Side::Far, with_events(FAR));
    for n in 0..20_u16 {
        let packet = rtp(101, n, 0, &[0; 400]);
        path.receive(at(n.into()), Side::Near, Socket::Rtp, NEAR.into(), &packet);
    }
    assert!(sent(&mut path, Side::Far).is_empty());
    for n in 20..24_u16 {
        let packet = rtp(8, n, 160 * u32::from(n), &[1; 160]);
        path.receive(at(100), Side::Near, Socket::Rtp, NEAR.into(), &packet);
    }
    assert_eq!((sent(&mut path, Side::Far).len(), path.audio(Side::Far).overflowed), (4, 0));
}

/// The first target is behind a NAT and plays early media from where nobody named it; the next is not, and what comes from there
/// does not count for it.
#[test]
fn each_target_is_believed_by_its_own_rule() {
    let behind: SocketAddr = ([203, 0, 113, 5], 61_000).into();
    let heard = |rules: &[Learning]| {
        let mut path = Path::new(Settings::default());
        path.order(Timestamp::ZERO, Side::Near, audio(NEAR, None));
        for (n, learning) in rules.iter().enumerate() {
            let begins = at(1000 * n as u64);
            path.treat(Side::Far, LegSettings { learning: *learning, ..LegSettings::default() });
            path.order(begins, Side::Far, Order::Nothing);
            path.order(begins, Side::Far, audio(FAR, None));
            for packet in 0..10_u16 {
                let octets = rtp(8, packet, 160 * u32::from(packet), &[1; 160]);
                path.receive(begins + Span::from_millis(20), Side::Far, Socket::Rtp, behind, &octets);
            }
        }
        path.audio(Side::Far).received
    };
    let (nat, pinned) = (Learning::Nat, Learning::Pinned);
    assert_eq!([&[nat][..], &[nat, pinned], &[pinned], &[pinned, nat]].map(heard), [7, 7, 0, 7]);
}

/// RFC 2198: each lost packet is in the next one, and is passed on in its place.
#[test]
fn redundancy_of_one_leg_mends_its_losses_for_the_other() {
    let mut path = Path::new(Settings::default());
    path.order(Timestamp::ZERO, Side::Near, audio(NEAR, Some(121)));
    path.order(Timestamp::ZERO, Side::Far, audio(FAR, None));
    let mut passed = Vec::new();
    for n in 1..40_u16 {
        let mut payload = vec![0x80 | 8, (160_u16 >> 6) as u8, (160_u16 << 2) as u8, 160, 8];
        payload.extend([n as u8 - 1; 160]);
        payload.extend([n as u8; 160]);
        if n % 3 != 0 {
            let packet = rtp(121, n, 160 * u32::from(n), &payload);
            path.receive(at(20 * u64::from(n)), Side::Near, Socket::Rtp, NEAR.into(), &packet);
        }
        for (_, _, octets) in sent(&mut path, Side::Far) {
            let packet = Packet::parse(&octets).unwrap();
            passed.push((packet.seq.0, packet.payload[0]));
        }
    }
    let first = passed[0].0.wrapping_sub(passed[0].1.into());
    let wanted: Vec<(u16, u8)> = (0..=38_u8).map(|n| (first.wrapping_add(n.into()), n)).collect();
    assert_eq!(passed, wanted);
}

/// RFC 2198 on the leg that it goes to: two gateways with redundancy between them lose nothing of what a lossy network between
/// them drops, though both only pass on.
#[test]
fn what_is_passed_on_to_a_leg_with_redundancy_survives_two_of_three_packets_lost() {
    let [mut first, mut second] = [(None, Some(121)), (Some(121), None)].map(|(near, far)| {
        let mut path = Path::new(Settings::default());
        path.order(Timestamp::ZERO, Side::Near, audio(NEAR, near));
        path.order(Timestamp::ZERO, Side::Far, audio(FAR, far));
        path
    });
    let mut arrived = Vec::new();
    for n in 0..60_u16 {
        let now = at(20 * u64::from(n));
        let packet = rtp(8, n, 160 * u32::from(n), &[n as u8; 160]);
        first.receive(now, Side::Near, Socket::Rtp, NEAR.into(), &packet);
        for (_, _, octets) in sent(&mut first, Side::Far) {
            assert_eq!(Packet::parse(&octets).unwrap().payload_type, 121);
            if n % 3 == 0 {
                second.receive(now, Side::Near, Socket::Rtp, NEAR.into(), &octets);
            }
        }
        for (_, _, octets) in sent(&mut second, Side::Far) {
            let packet = Packet::parse(&octets).unwrap();
            assert_eq!((packet.payload_type, packet.payload.len()), (8, 160));
            arrived.push(packet.payload[0]);
        }
        first.advance(now);
        second.advance(now);
    }
    assert_eq!(arrived, (0..58).collect::<Vec<u8>>());
}

/// A fax machine behind RTP.
struct Machine {
    line: AudioLine,
    unsaid: VecDeque<Signal>,
    seq: u16,
    address: ([u8; 4], u16),
}

impl Machine {
    fn new(address: ([u8; 4], u16)) -> Self {
        Self { line: AudioLine::default(), unsaid: VecDeque::new(), seq: 0, address }
    }

    fn packet(&mut self) -> Vec<u8> {
        let mut samples = [0; 160];
        while self.unsaid.front().is_some_and(|signal| self.line.say(*signal).is_ok()) {
            self.unsaid.pop_front();
        }
        self.line.fill(&mut samples);
        let octets = samples.map(audio_codec_algorithms::encode_alaw);
        self.seq += 1;
        rtp(8, self.seq, 160 * u32::from(self.seq), &octets)
    }

    fn say(&mut self, frame: &[u8]) {
        self.unsaid.extend(burst(frame));
    }
}

fn burst(frame: &[u8]) -> [Signal; 4] {
    let frame = Signal::Octets(Chunk::from_octets(frame));
    [Signal::Begin(Opening::V21), frame, Signal::FrameEnd(FrameEnd::Good), Signal::End]
}

fn t38(remote: ([u8; 4], u16)) -> Order {
    let host = [192, 0, 2, 9].into();
    let local = Local { origin: Origin::new(1, host), host, port: 6000, audio: None };
    let (abilities, policy) = (Abilities::default(), Policy::default());
    let offer = Offer::new(&abilities, &policy, &local, &[]);
    let answered = answer(&abilities, &policy, &local, &offer.description).unwrap();
    let session = answered.session;
    Order::T38(T38 { remote: remote.into(), session, continues: false })
}

/// Frames that a T.38 peer heard.
fn frames(heard: &[Signal]) -> Vec<Vec<u8>> {
    let (mut frames, mut open) = (Vec::new(), Vec::new());
    for signal in heard {
        match signal {
            Signal::Octets(chunk) => open.extend_from_slice(chunk.octets()),
            Signal::FrameEnd(FrameEnd::Good) => frames.push(core::mem::take(&mut open)),
            Signal::FrameEnd(_) => open.clear(),
            _ => {}
        }
    }
    frames
}

const DIS: [u8; 6] = [0xFF, 0xC8, 0x01, 0x00, 0x76, 0x1F];

/// A DIS begins in audio, its preamble is heard, signalling takes 400 ms; the near leg then is T.38, and hears the DIS from
/// its beginning. What the fax says in T.38 reaches it as audio.
#[test]
fn what_was_on_its_way_while_signalling_was_asked_is_not_lost() {
    let mut path = both_audio(Settings::default());
    let mut answerer = Machine::new(FAR);
    let mut peer = T38Line::new(line::Settings::default());
    let (mut sign, mut heard, mut answered) = (None, Vec::new(), Vec::new());
    for n in 0..400_u64 {
        let now = at(20 * n);
        if n == 20 {
            answerer.say(&DIS);
        }
        let packet = answerer.packet();
        path.receive(now, Side::Far, Socket::Rtp, answerer.address.into(), &packet);
        path.advance(now);
        while let Some((at, side, what)) = path.sign() {
            assert_eq!((side, what), (Side::Far, Sign::V21Preamble));
            sign.get_or_insert(at);
            path.order(now, Side::Near, Order::Muted);
            path.order(now, Side::Far, audio(FAR, None));
        }
        if sign.is_some_and(|at| now.since(at) == Span::from_millis(400)) {
            path.order(now, Side::Near, t38(NEAR));
        }
        if n == 250 {
            burst(&[0xFF, 0xC8, 0x41, 0x00, 0x01]).into_iter().for_each(|signal| peer.say(signal).unwrap());
        }
        peer.advance(now);
        let mut datagram = [0; 1400];
        while let Some(length) = peer.transmit(&mut datagram) {
            path.receive(now, Side::Near, Socket::Udptl, NEAR.into(), &datagram[..length]);
        }
        for (socket, _, octets) in sent(&mut path, Side::Near) {
            if socket == Socket::Udptl {
                peer.receive(now, &octets).unwrap();
            }
        }
        for (_, _, octets) in sent(&mut path, Side::Far) {
            let packet = Packet::parse(&octets).unwrap();
            let samples: Vec<i16> =
                packet.payload.iter().map(|octet| audio_codec_algorithms::decode_alaw(*octet)).collect();
            answerer.line.listen(&samples);
        }
        heard.extend(core::iter::from_fn(|| peer.hear()).map(|heard| heard.signal));
        while let Some(one) = answerer.line.hear() {
            answered.push(one.signal);
        }
    }
    assert!(sign.is_some_and(|at| at.micros() < 800_000), "{sign:?}");
    let frames = frames(&heard);
    assert_eq!(frames.len(), 1, "{heard:?}");
    assert_eq!(frames[0][..3], DIS[..3]);
    assert!(answered.contains(&Signal::FrameEnd(FrameEnd::Good)), "{answered:?}");
}

/// NAT-4.
#[test]
fn packets_that_come_before_the_answer_are_played_after_it() {
    let heard = plays_early(NEAR);
    assert!(heard.contains(&Signal::FrameEnd(FrameEnd::Good)), "{heard:?}");
}

/// The answer says whose they were: a stranger who is early is none the less a stranger.
#[test]
fn packets_of_strangers_that_come_before_the_answer_are_not_played_after_it() {
    for stranger in [([198, 51, 100, 7], 4000), (NEAR.0, NEAR.1 + 1)] {
        let heard = plays_early(stranger);
        assert!(!heard.iter().any(|signal| matches!(signal, Signal::Begin(_))), "{heard:?}");
    }
}

/// What is heard on the far leg when somebody sends a DIS, the beginning of it before T.38 is agreed.
fn plays_early(from: ([u8; 4], u16)) -> Vec<Signal> {
    let mut path = both_audio(Settings::default());
    let mut peer = T38Line::new(line::Settings::default());
    let mut machine = Machine::new(FAR);
    let mut heard = Vec::new();
    for n in 0..200_u64 {
        let now = at(20 * n);
        if n == 10 {
            burst(&DIS).into_iter().for_each(|signal| peer.say(signal).unwrap());
        }
        peer.advance(now);
        let mut datagram = [0; 1400];
        while let Some(length) = peer.transmit(&mut datagram) {
            path.receive(now, Side::Near, Socket::Udptl, from.into(), &datagram[..length]);
        }
        if n == 15 {
            path.order(now, Side::Near, t38(NEAR));
        }
        path.advance(now);
        for (_, _, octets) in sent(&mut path, Side::Far) {
            let packet = Packet::parse(&octets).unwrap();
            let samples: Vec<i16> =
                packet.payload.iter().map(|octet| audio_codec_algorithms::decode_alaw(*octet)).collect();
            machine.line.listen(&samples);
        }
        while let Some(one) = machine.line.hear() {
            heard.push(one.signal);
        }
    }
    heard
}

/// AUD-1: ten minutes against a clock that is 200 ppm away, and not a sample is lost or doubled.
#[test]
fn the_clock_of_a_phone_leg_follows_its_peer() {
    for (ppm, expected) in [(200_i64, 200_i16), (-200, -200)] {
        let settings = LegSettings { learning: Learning::Nat, ..LegSettings::default() };
        let mut path = Path::new(Settings { near: settings, ..Settings::default() });
        path.order(Timestamp::ZERO, Side::Near, audio(NEAR, None));
        path.order(Timestamp::ZERO, Side::Far, t38(FAR));
        let mut sent_by_us = 0;
        for n in 0..30_000_u64 {
            let now = Timestamp::from_micros((n as i64 * 20_000 * (1_000_000 - ppm) / 1_000_000) as u64);
            while let Some(deadline) = path.deadline().filter(|deadline| deadline.at < now) {
                path.advance(deadline.at);
                sent_by_us += sent(&mut path, Side::Near).len();
                _ = sent(&mut path, Side::Far);
            }
            path.receive(
                now,
                Side::Near,
                Socket::Rtp,
                NEAR.into(),
                &rtp(8, n as u16, 160 * n as u32, &[0x55; 160]),
            );
        }
        let counters = path.audio(Side::Near);
        assert_eq!((counters.playout.late, counters.playout.restarts), (0, 0));
        assert!(counters.playout.invented < 800, "{counters:?}");
        assert!((counters.drift_ppm - expected).abs() < 30, "{counters:?}");
        assert!((29_990..30_010).contains(&sent_by_us), "{sent_by_us}");
    }
}

/// Whatever comes, from whomever, in whatever order of orders: nothing panics, and what is sent goes to the peers.
#[test]
fn noise_on_the_sockets_of_a_call_does_no_harm() {
    let mut state = 0x9E37_79B9_u64;
    let mut next = move |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for regenerate in [false, true] {
        let nat = LegSettings { learning: Learning::Nat, ..LegSettings::default() };
        let mut path = Path::new(Settings { near: nat, regenerate, ..Settings::default() });
        let peers: [SocketAddr; 4] =
            [NEAR.into(), FAR.into(), ([192, 0, 2, 1], 9).into(), ([203, 0, 113, 9], 7).into()];
        for n in 0..30_000_u64 {
            let now = at(n);
            let side = if next(2) == 0 { Side::Near } else { Side::Far };
            let remote = if side == Side::Near { NEAR } else { FAR };
            if next(200) == 0 {
                let order = match next(5) {
                    0 => Order::Nothing,
                    1 => Order::Muted,
                    2 => t38(remote),
                    3 => audio(remote, Some(121)),
                    _ => audio(remote, None),
                };
                path.order(now, side, order);
            }
            let mut octets: Vec<u8> = (0..next(700)).map(|_| next(256) as u8).collect();
            if next(4) > 0 {
                let kind = [0, 8, 13, 101, 121][next(5) as usize];
                octets = rtp(kind, next(1 << 16) as u16, next(1 << 32) as u32, &octets);
            }
            let socket = if next(2) == 0 { Socket::Rtp } else { Socket::Udptl };
            path.receive(now, side, socket, peers[next(4) as usize], &octets);
            path.advance(now);
            for side in [Side::Near, Side::Far] {
                assert!(sent(&mut path, side).iter().all(|(_, to, _)| peers.contains(to)));
            }
            while path.sign().is_some() || path.event().is_some() {}
        }
    }
}

fn page() -> Page {
    let mut page = PageWriter::new(1728, Resolution::FINE, 1 << 20).unwrap();
    for row in 0..400_u32 {
        let pels: Vec<u8> =
            (0..216_u32).map(|at| if (at / 9 + row / 16) % 3 == 0 { 0xF0 } else { 0 }).collect();
        page.row(&pels).unwrap();
    }
    page.finish()
}

fn station(role: Role, document: Document) -> Station {
    let machine = FaxMachine::new(role, terminal::Settings::default(), document);
    Station::new(machine, LegSettings::default(), 3)
}

/// A caller on G.711 and an answerer that goes over to T.38 with the gateway: the page is the same. Signalling takes 100 ms.
#[test]
fn a_fax_that_begins_in_audio_ends_in_t38_with_its_page_whole() {
    let (us, ours) = (([192, 0, 2, 9], 7000), ([192, 0, 2, 9], 7002));
    let mut path = both_audio(Settings::default());
    let mut caller = station(Role::Caller, Document::from_iter([page()]));
    let mut answerer = station(Role::Answerer, Document::default());
    caller.order(Timestamp::ZERO, audio(us, None));
    answerer.order(Timestamp::ZERO, audio(ours, None));
    let (mut switch, mut now) = (None, Timestamp::ZERO);
    let mut out = [0; 1500];
    while caller.terminal().machine().outcome().is_none() || answerer.terminal().machine().outcome().is_none()
    {
        let deadlines = [path.deadline(), caller.deadline(), answerer.deadline()];
        now = deadlines.into_iter().flatten().map(|deadline| deadline.at).min().unwrap().max(now);
        assert!(now < at(120_000), "{:?}", path.record());
        path.advance(now);
        caller.advance(now);
        answerer.advance(now);
        while let Some((_, side, sign)) = path.sign() {
            if (side, sign, switch) == (Side::Far, Sign::V21Preamble, None) {
                path.order(now, Side::Far, Order::Muted);
                answerer.order(now, Order::Muted);
                switch = Some(now + Span::from_millis(100));
            }
        }
        if switch.is_some_and(|at| at <= now) && !answerer.terminal().is_on_t38() {
            answerer.order(now, t38(ours));
            path.order(now, Side::Far, t38(FAR));
        }
        while let Some(it) = caller.transmit(&mut out) {
            path.receive(now, Side::Near, it.socket, NEAR.into(), &out[..it.length]);
        }
        while let Some(it) = answerer.transmit(&mut out) {
            path.receive(now, Side::Far, it.socket, FAR.into(), &out[..it.length]);
        }
        while let Some(it) = path.transmit(Side::Near, &mut out) {
            caller.receive(now, it.socket, us.into(), &out[..it.length]);
        }
        while let Some(it) = path.transmit(Side::Far, &mut out) {
            answerer.receive(now, it.socket, ours.into(), &out[..it.length]);
        }
    }
    let outcomes = [&mut caller, &mut answerer].map(|it| it.terminal().machine().outcome().unwrap().cause);
    assert_eq!(outcomes, [Cause::Success; 2]);
    let received = answerer.terminal().machine().received();
    assert_eq!((received.len(), received[0].page.raster()), (1, page().raster()));
    assert!(now < at(40_000), "{now}");
}

/// What a machine behind the path hears of a frame of V.21 of which this packet was lost on the way to the path.
fn regenerated_without(lost: u64) -> Vec<Vec<u8>> {
    let mut path = both_audio(Settings { regenerate: true, ..Settings::default() });
    let (mut speaker, mut listener) = (Machine::new(FAR), AudioLine::default());
    let mut heard = Vec::new();
    for n in 0..300 {
        let now = at(20 * n);
        if n == 20 {
            speaker.say(&[0xFF, 0xC8, 0xBF, 0x2F, 0x00, 0x03, 0x4E]);
        }
        let packet = speaker.packet();
        if n != lost {
            path.receive(now, Side::Far, Socket::Rtp, speaker.address.into(), &packet);
        }
        path.advance(now);
        while path.sign().is_some() {}
        for (_, _, octets) in sent(&mut path, Side::Near) {
            let packet = Packet::parse(&octets).unwrap();
            let samples: Vec<i16> =
                packet.payload.iter().map(|octet| audio_codec_algorithms::decode_alaw(*octet)).collect();
            listener.listen(&samples);
        }
        heard.extend(core::iter::from_fn(|| listener.hear()).map(|heard| heard.signal));
    }
    frames(&heard)
}

/// The path knows what did not come, and tells the relay's ear.
#[test]
fn a_frame_that_lost_a_packet_goes_out_whole_when_it_is_made_anew() {
    let frame = [0xFF, 0xC8, 0xBF, 0x2F, 0x00, 0x03, 0x4E];
    let whole = (71..81).filter(|lost| regenerated_without(*lost) == [frame]).count();
    assert!(whole >= 9, "{whole} of 10");
}
