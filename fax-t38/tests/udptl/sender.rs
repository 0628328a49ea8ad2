//! What a sender puts into its datagrams, when it repeats them, and what it refuses.

use fax_core::Span;
use fax_t38::udptl::{
    Class, Copies, Datagram, Gaps, LARGEST_DATAGRAM, Layout, Protection, Recovery, Repeat, Sender,
    SenderSettings,
};
use fax_t38::{Event, Refusal, Seq};

use crate::common::{Bench, at, datagram, ifp, in_order, ms, v21};
use crate::vectors::vector;

/// A sender whose datagrams are fetched with their times.
struct Line {
    sender: Sender,
    now: u64,
}

impl Line {
    fn new(settings: SenderSettings) -> Self {
        Self { sender: Sender::new(settings), now: 0 }
    }

    fn without_copies(peer_max_datagram: usize, protection: Protection) -> Self {
        Self::new(SenderSettings {
            peer_max_datagram,
            protection,
            copies: Copies::NONE,
            ..SenderSettings::default()
        })
    }

    fn say(&mut self, ifp: &[u8], class: Class) -> Vec<u8> {
        self.sender.submit(at(self.now), ifp, class).unwrap();
        self.poll().expect("a new packet is due at once")
    }

    fn poll(&mut self) -> Option<Vec<u8>> {
        let mut buffer = [0; LARGEST_DATAGRAM];
        let length = self.sender.poll(at(self.now), &mut buffer)?;
        Some(buffer[..length].to_vec())
    }

    /// All that is sent until then, with times.
    fn until(&mut self, millis: u64) -> Vec<(u64, Vec<u8>)> {
        let mut sent = Vec::new();
        while let Some(deadline) = self.sender.deadline().filter(|deadline| *deadline <= at(millis)) {
            self.now = self.now.max(deadline.micros() / 1000);
            sent.extend(self.poll().map(|octets| (self.now, octets)));
        }
        self.now = millis;
        sent
    }
}

fn secondaries(octets: &[u8]) -> usize {
    match Datagram::parse(octets).unwrap().recovery.unwrap() {
        Recovery::Secondaries(entries) => entries.len(),
        Recovery::Parity { rows, .. } => rows.len(),
    }
}

const fn depth(depth: u8) -> Protection {
    Protection::Secondaries { control: depth, image: depth }
}

/// The history that `udptl-vectors.txt` states for its parity vectors.
fn history() -> [Vec<u8>; 6] {
    [
        vec![0x00],
        vec![0x06],
        vec![0xC0, 1, 0x80, 0, 0, 0xFF],
        vec![0xC0, 1, 0x80, 0, 0, 0xC0],
        vec![0xC0, 1, 0x80, 0, 0, 0x02],
        vec![0xC0, 1, 0x20],
    ]
}

#[test]
fn the_vectors_come_out_of_a_sender_with_that_history() {
    let parity = |span, rows, layout| Protection::Parity { span, rows, layout };
    for (id, history, primary, protection) in [
        ("U1", &history()[..0], vec![0x00], depth(3)),
        ("U2", &history()[..1], vec![0x06], depth(3)),
        ("U3", &history()[..2], history()[2].clone(), depth(3)),
        ("U8", &history(), vec![0x06], parity(3, 1, Layout::Raw)),
        ("U9", &history(), vec![0x06], parity(3, 1, Layout::Prefixed)),
        ("U10", &history(), vec![0x06], parity(2, 3, Layout::Raw)),
        ("U13", &history()[..2], history()[2].clone(), parity(2, 3, Layout::Raw)),
    ] {
        let mut line = Line::without_copies(1200, protection);
        history.iter().for_each(|packet| {
            line.say(packet, Class::Image);
        });
        assert_eq!(line.say(&primary, Class::Image), vector(id), "{id}");
    }
}

/// UTL-16: every peer takes redundancy, few take parity.
#[test]
fn parity_is_sent_by_nobody_who_did_not_ask_for_it() {
    let mut line = Line::new(SenderSettings::default());
    for n in 0..10 {
        let octets = line.say(&v21(n), Class::Control);
        let recovery = Datagram::parse(&octets).unwrap().recovery.unwrap();
        assert!(matches!(recovery, Recovery::Secondaries(_)));
    }
}

/// UTL-12: nothing is there to be covered yet.
#[test]
fn parity_starts_with_no_rows_and_a_span_of_zero() {
    let mut line = Line::new(SenderSettings {
        first: Seq(6),
        protection: Protection::Parity { span: 3, rows: 1, layout: Layout::Raw },
        ..SenderSettings::default()
    });
    assert_eq!(line.say(&[0x06], Class::Indicator), vector("U11"));
}

/// UTL-10.
#[test]
fn the_depth_grows_from_nothing_and_control_has_more_than_images() {
    let mut line = Line::without_copies(400, Protection::Secondaries { control: 7, image: 3 });
    let depths: Vec<_> = (0..10).map(|n| secondaries(&line.say(&v21(n), Class::Control))).collect();
    assert_eq!(depths, [0, 1, 2, 3, 4, 5, 6, 7, 7, 7]);
    assert_eq!(secondaries(&line.say(&ifp(0), Class::Image)), 3);
    assert_eq!(secondaries(&line.say(&ifp(0), Class::ImageEnd)), 7);
}

/// Lever L4: a page without ECM must come whole, TCF need not.
#[test]
fn the_depth_follows_the_loss_that_was_measured() {
    let classes = [Class::Control, Class::Zeros, Class::Image, Class::ImageEnd];
    for (loss, depths) in [(0, [3, 1, 3, 3]), (10, [3, 1, 6, 6]), (100, [3, 1, 7, 7]), (300, [3, 1, 8, 8])] {
        let mut line = Line::without_copies(1200, Protection::AsMeasured);
        line.sender.loss(loss);
        (0..10).for_each(|n| {
            line.say(&v21(n), Class::Control);
        });
        assert_eq!(classes.map(|class| secondaries(&line.say(&ifp(0), class))), depths, "{loss}");
    }
}

/// Lever L10.
#[test]
fn the_last_word_is_sent_again_for_two_seconds() {
    let mut line = Line::new(SenderSettings::default());
    let said = [(0, Class::Control), (27, Class::Control), (54, Class::ControlEnd)];
    let mut packets = Vec::new();
    for (at, class) in said {
        line.until(at);
        packets.push(line.say(&v21(at as u8), class));
        if at == 27 {
            line.sender.insist(self::at(27));
        }
    }
    let sent = line.until(4000);
    for packet in &packets {
        let times: Vec<u64> = sent.iter().filter(|(_, octets)| octets == packet).map(|(at, _)| *at).collect();
        assert!(times.last().is_some_and(|last| *last >= 2000), "{times:?}");
        assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= 320), "{times:?}");
    }
}

/// UTL-17, SDP-4: every limit, every size.
#[test]
fn no_datagram_is_longer_than_the_peer_takes_and_depth_goes_before_data() {
    for limit in 124..420 {
        let mut line = Line::without_copies(limit, depth(3));
        for n in 0..8 {
            let octets = line.say(&[9; 59], Class::Image);
            assert!(octets.len() <= limit);
            let wanted = 3.min(n);
            let fits = (limit - 64) / 60;
            assert_eq!(secondaries(&octets), wanted.min(fits), "limit {limit}, packet {n}");
        }
    }
}

#[test]
fn depth_that_the_peer_cannot_take_is_told_once() {
    let mut line = Line::without_copies(130, depth(3));
    (0..10).for_each(|_| drop(line.say(&[9; 59], Class::Image)));
    let told: Vec<_> = core::iter::from_fn(|| line.sender.event()).map(|(_, event)| event).collect();
    assert_eq!(told, [Event::DepthCut { secondaries: 1 }]);
}

/// SDP-4: 72 is meant for the packet, not for the datagram.
#[test]
fn a_limit_that_cannot_hold_a_packet_and_its_copy_is_one_on_the_packet() {
    for (limit, largest) in
        [(72, 72), (122, 122), (123, 123), (124, 59), (158, 76), (400, 127), (1, 1), (0, 1)]
    {
        let mut line = Line::without_copies(limit, depth(3));
        assert_eq!(line.sender.largest_ifp(), largest, "{limit}");
        assert_eq!(line.sender.submit(at(0), &vec![9; largest + 1], Class::Image), Err(Refusal::NoRoom));
        let depths: Vec<_> =
            (0..3).map(|_| secondaries(&line.say(&vec![9; largest], Class::Image))).collect();
        assert!(depths[2] >= 1, "redundancy is never given up, limit {limit}");
    }
}

/// UTL-19.
#[test]
fn no_length_needs_two_octets_by_default() {
    assert_eq!(
        Line::new(SenderSettings { peer_max_datagram: 1400, ..Default::default() }).sender.largest_ifp(),
        127
    );
}

/// Rows are given up like secondaries.
#[test]
fn parity_gives_up_rows_before_data() {
    for limit in 130..420 {
        let protection = Protection::Parity { span: 3, rows: 3, layout: Layout::Prefixed };
        let mut line = Line::without_copies(limit, protection);
        let mut lengths = (0..20).map(|_| line.say(&[9; 59], Class::Image).len());
        assert!(lengths.all(|length| length <= limit), "limit {limit}");
        assert_eq!(
            secondaries(&line.say(&[9; 59], Class::Image)),
            ((limit - 66) / 62).min(3),
            "limit {limit}"
        );
    }
}

/// Lever L2, UTL-4.
#[test]
fn delicate_packets_are_sent_three_more_times_with_growing_gaps_as_the_same_datagram() {
    for (class, copies) in [
        (Class::Indicator, &[80, 240, 560][..]),
        (Class::Control, &[80, 240, 560]),
        (Class::ControlEnd, &[80, 240, 560]),
        (Class::ImageEnd, &[80, 240, 560]),
        (Class::Image, &[]),
    ] {
        let mut line = Line::new(SenderSettings { keep_alive: None, ..SenderSettings::default() });
        line.say(&[0x00], Class::Image);
        let first = line.say(&[0x06], class);
        line.now = 30;
        let other = line.say(&v21(0xFF), Class::Image);
        let sent = line.until(2000);
        let expected: Vec<_> = copies.iter().map(|millis| (*millis, first.clone())).collect();
        assert_eq!(sent, expected, "{class:?}");
        assert_ne!(other, first);
    }
}

/// Lever L2: the last copy trails by more than the longest outage.
#[test]
fn the_last_copy_outlasts_the_longest_outage_seen() {
    for (outage, times) in
        [(0, [80, 240, 560]), (400, [80, 240, 560]), (570, [90, 270, 630]), (5000, [97, 291, 679])]
    {
        let mut line = Line::new(SenderSettings { keep_alive: None, ..SenderSettings::default() });
        line.sender.outage(ms(outage));
        line.say(&[0x06], Class::Indicator);
        let sent: Vec<_> = line.until(2000).into_iter().map(|(millis, _)| millis).collect();
        assert_eq!(sent, times, "outage of {outage} ms");
    }
}

#[test]
fn copies_of_images_are_sent_only_if_asked_for() {
    let image = Repeat { count: 3, spacing: ms(100), gaps: Gaps::Even };
    let copies = Copies { image, ..Copies::NONE };
    let mut line = Line::new(SenderSettings { copies, keep_alive: None, ..SenderSettings::default() });
    line.say(&ifp(1), Class::Image);
    assert_eq!(line.until(1000).iter().map(|(millis, _)| *millis).collect::<Vec<_>>(), [100, 200, 300]);
    line.say(&v21(1), Class::Control);
    assert_eq!(line.until(2000), []);
}

/// NAT-5, NAT-3.
#[test]
fn the_last_datagram_is_repeated_when_there_is_nothing_to_say() {
    let mut line = Line::new(SenderSettings { copies: Copies::NONE, ..SenderSettings::default() });
    assert_eq!(line.until(20_000), [], "nothing was said yet");
    let said = line.say(&[0x00], Class::Indicator);
    let times: Vec<_> = [35_000, 50_000, 65_000].map(|millis| (millis, said.clone())).into();
    assert_eq!(line.until(70_000), times);
    line.sender.set_keep_alive(Some(ms(500)));
    assert_eq!(line.until(71_000).len(), 3);
    line.sender.set_keep_alive(None);
    assert_eq!((line.until(100_000), line.sender.deadline()), (vec![], None));
}

#[test]
fn new_packets_go_out_in_order_however_many_copies_wait() {
    let mut line = Line::new(SenderSettings { keep_alive: None, ..SenderSettings::default() });
    let mut numbers = Vec::new();
    for n in 0..200 {
        line.now = n * 10;
        let octets = line.say(&v21(n as u8), Class::Control);
        numbers.push(Datagram::parse(&octets).unwrap().seq.0);
        while line.poll().is_some() {}
    }
    assert_eq!(numbers, (0..200).collect::<Vec<_>>());
    assert!(line.until(10_000).len() <= 128);
}

#[test]
fn no_more_than_32_packets_wait_and_none_is_lost() {
    let mut line = Line::new(SenderSettings { copies: Copies::NONE, ..SenderSettings::default() });
    let taken = (0..40).take_while(|n| line.sender.submit(at(0), &ifp(*n), Class::Image).is_ok()).count();
    assert_eq!(taken, 32);
    assert_eq!(line.sender.submit(at(0), &ifp(32), Class::Image), Err(Refusal::TooMany));
    let mut bench = Bench::new();
    while let Some(octets) = line.poll() {
        bench.take(0, &octets).unwrap();
    }
    assert_eq!(bench.drain(), in_order(0..32));
}

#[test]
fn a_buffer_that_is_too_short_costs_depth_and_then_the_packet_but_never_a_cut_one() {
    for size in 0..80 {
        let mut line = Line::without_copies(400, depth(3));
        (0..4).for_each(|n| drop(line.say(&ifp(n), Class::Image)));
        line.sender.submit(at(0), &ifp(4), Class::Image).unwrap();
        let mut buffer = vec![0; size];
        match line.sender.poll(at(0), &mut buffer) {
            Some(length) => assert_eq!(Datagram::parse(&buffer[..length]).unwrap().primary, ifp(4)),
            None => assert!(size < 2 + 1 + ifp(4).len() + 2),
        }
    }
}

#[test]
fn an_empty_packet_is_refused() {
    let mut sender = Sender::new(SenderSettings::default());
    assert_eq!(sender.submit(at(0), &[], Class::Image), Err(Refusal::Empty));
    assert_eq!(sender.deadline(), None);
}

/// Levers L2 and L5 together: control survives bursts that swallow everything for as long as the
/// copies trail, over a network that also delays.
#[test]
fn control_packets_survive_an_outage_with_copies_alone() {
    for outage_at in (100..400).step_by(10) {
        let mut line = Line::new(SenderSettings { protection: depth(0), ..SenderSettings::default() });
        line.sender.outage(ms(240));
        let mut bench = Bench::holding(ms(700));
        let lost = |millis: u64| (outage_at..outage_at + 240).contains(&millis);
        for n in 0..40_u32 {
            for (millis, octets) in line.until(u64::from(n) * 30) {
                bench.advance(millis);
                if !lost(millis) {
                    bench.take(millis, &octets).unwrap();
                }
            }
            let octets = line.say(&ifp(n), Class::Control);
            if !lost(line.now) {
                bench.take(line.now, &octets).unwrap();
            }
        }
        for (millis, octets) in line.until(3000) {
            bench.advance(millis);
            bench.take(millis, &octets).unwrap();
        }
        assert_eq!(bench.drain(), in_order(0..40), "outage at {outage_at} ms");
    }
}

/// What the receiver sees of outages is what the sender wants to know.
#[test]
fn a_receiver_tells_the_longest_outage() {
    let mut bench = Bench::locked();
    assert_eq!(bench.receiver.longest_outage(), Span::ZERO);
    bench.take(30, &datagram(2, &v21(2), &[])).unwrap();
    bench.take(270, &datagram(10, &v21(10), &[])).unwrap();
    assert_eq!(bench.receiver.longest_outage(), ms(240));
    bench.take(9000, &datagram(12, &v21(12), &[])).unwrap(); // the line was silent: one packet is no outage of 9 s
    assert_eq!(bench.receiver.longest_outage(), ms(240));
}
