//! Lines on the other carriers: a byte stream, and RTP.

use crate::session::{call, heard_call, metered};
use crate::support::{ms, told};
use crate::talk::Network;
use fax_core::{Chunk, FrameEnd, Heard, Line, Opening, Signal, Timestamp};
use fax_t38::line::{Carriage, Settings, T38Line, Tpkt};
use fax_t38::tpkt::{self, Framing};
use fax_t38::{Event, Refusal, Syntax, Version};

fn stream(settings: Settings) -> T38Line<Tpkt> {
    T38Line::over(Tpkt::new(settings.version.syntax()), settings)
}

fn drain<C: Carriage>(line: &mut T38Line<C>) -> Vec<Heard> {
    core::iter::from_fn(|| line.hear()).collect()
}

/// All that a line has to send now.
fn sent<C: Carriage>(line: &mut T38Line<C>, piece: usize) -> Vec<Vec<u8>> {
    let mut buffer = vec![0; piece];
    core::iter::from_fn(|| line.transmit(&mut buffer).map(|length| buffer[..length].to_vec())).collect()
}

/// Says the call over a stream that arrives in pieces of this length, at most so many every 10 ms.
fn over_a_stream(near: &mut T38Line<Tpkt>, far: &mut T38Line<Tpkt>, piece: usize, most: usize) -> Vec<Heard> {
    let (mut signals, mut under_way, mut heard) = (call().into_iter().peekable(), Vec::new(), Vec::new());
    for n in 0..1500 {
        let now = ms(10 * n);
        near.advance(now);
        while signals.peek().is_some_and(|signal| near.say(*signal).is_ok()) {
            signals.next();
        }
        under_way.extend(sent(near, piece));
        for piece in under_way.drain(..under_way.len().min(most)) {
            far.receive(now, &piece).unwrap();
        }
        far.advance(now);
        heard.extend(drain(far));
    }
    assert_eq!((signals.next(), under_way.len()), (None, 0));
    heard
}

#[test]
fn a_call_over_a_stream_is_heard_whole_however_the_stream_is_cut() {
    for (piece, most) in [(1, 1000), (7, 50), (1460, 100)] {
        let (mut near, mut far) = (stream(metered()), stream(Settings::default()));
        let heard = over_a_stream(&mut near, &mut far, piece, most);
        assert!(told(&heard) == heard_call(72), "by {piece}: {}", told(&heard));
        assert_eq!((far.carriage().counters().refused, far.event()), (0, None));
        assert_eq!(near.deadline(), None, "nobody keeps a connection alive but TCP");
    }
}

/// T.38's first text was vague about the envelope.
#[test]
fn a_peer_without_envelopes_is_understood_and_answered_in_kind() {
    let mut line = stream(Settings::default());
    line.receive(ms(0), &[0x06, 0xC0, 1, 0x80, 0, 1, 0xFF, 0xC8, 0xC0, 1, 0x20, 0x00]).unwrap();
    assert_eq!(told(&drain(&mut line)), "v21 ffc8 good end silence");
    assert_eq!(sent(&mut line, 100).concat(), [0x00]);
    let mut line = stream(Settings::default());
    line.receive(ms(0), &[3, 0, 0, 5, 0x00]).unwrap();
    assert_eq!(sent(&mut line, 100).concat(), [3, 0, 0, 5, 0x00]);
}

/// PER-3, and where nothing delimits a packet its end depends on the syntax.
#[test]
fn a_peer_that_writes_the_other_syntax_over_a_stream_is_understood() {
    let settings = Settings { version: Version::V2, ..metered() };
    let (mut near, mut far) = (stream(settings), stream(Settings::default()));
    let heard = over_a_stream(&mut near, &mut far, 1460, 10);
    assert_eq!(far.event().map(|(_, event)| event), Some(Event::SyntaxLatched(Syntax::Y2002)));
    assert!(told(&heard).ends_with("end silence") && told(&heard).contains("v17-14400 =0000"));
}

/// IFP-4.
#[test]
fn a_frame_in_which_the_stream_lost_its_sense_is_heard_as_bad() {
    let mut line = stream(Settings::default());
    line.receive(ms(0), &[3, 0, 0, 5, 0x06, 3, 0, 0, 11, 0xC0, 1, 0x80, 0, 1, 0xFF, 0xC8]).unwrap();
    line.receive(ms(10), b"GET / HTTP/1.0").unwrap();
    line.receive(ms(20), &[3, 0, 0, 7, 0xC0, 1, 0x20, 3, 0, 0, 5, 0x00]).unwrap();
    assert_eq!(told(&drain(&mut line)), "v21 ffc8 missing bad end silence");
    let events: Vec<_> = core::iter::from_fn(|| line.event()).map(|(_, event)| event).collect();
    assert_eq!(events, [Event::Refused(Refusal::OtherProtocol)]);
    assert_eq!(line.carriage().counters().refused, 1);
}

#[test]
fn a_stream_that_nobody_drains_is_held_back_and_nothing_of_it_is_lost() {
    let mut line = stream(Settings::default());
    let mut octets = vec![3, 0, 0, 5, 0x06];
    for n in 0..4000_u16 {
        octets.extend([3, 0, 0, 10, 0xC0, 1, 0x80, 0, 0, n as u8]);
    }
    let (mut rest, mut heard, mut refused) = (&octets[..], Vec::new(), 0);
    while !rest.is_empty() {
        let (segment, after) = rest.split_at(rest.len().min(Tpkt::SEGMENT));
        match line.receive(ms(1), segment) {
            Ok(()) => rest = after,
            Err(refusal) => {
                assert_eq!(refusal, Refusal::NoRoom);
                refused += 1;
                heard.extend(drain(&mut line));
            }
        }
    }
    heard.extend(drain(&mut line));
    let octets: Vec<u8> = heard
        .iter()
        .filter_map(|heard| match heard.signal {
            Signal::Octets(chunk) => Some(chunk.octets().to_vec()),
            _ => None,
        })
        .flatten()
        .collect();
    assert!(refused > 3 && octets == (0..4000_u16).map(|n| n as u8).collect::<Vec<_>>());
    assert_eq!(line.receive(ms(2), &vec![0; tpkt::CAPACITY + 1]), Err(Refusal::NoRoom));
}

/// A connection that takes nothing for a while: the source is refused room, and what was said is sent.
#[test]
fn what_a_slow_connection_does_not_take_waits() {
    let mut near = stream(Settings::default());
    near.say(Signal::Begin(Opening::V21)).unwrap();
    let mut said = 0;
    while near.say(Signal::Octets(Chunk::from_octets(&[0xFF, 3, said as u8]))).is_ok() {
        said += 1;
    }
    assert!((400..1000).contains(&said), "{said}");
    let mut far = stream(Settings::default());
    let (mut heard, mut end) = (Vec::new(), vec![Signal::End, Signal::FrameEnd(FrameEnd::Good)]);
    for n in 0..1000 {
        near.advance(ms(n));
        while end.last().is_some_and(|signal| near.say(*signal).is_ok()) {
            end.pop();
        }
        let mut buffer = [0; 100];
        if let Some(length) = near.transmit(&mut buffer) {
            far.receive(ms(n), &buffer[..length]).unwrap();
        }
        heard.extend(drain(&mut far));
    }
    assert_eq!(far.carriage().framing(), Some(Framing::Tpkt));
    let told = told(&heard);
    assert_eq!(told.matches("ff03").count(), said);
    assert!(told.ends_with(" good end silence"), "{}", &told[told.len().saturating_sub(60)..]);
}

#[cfg(feature = "rtp")]
mod rtp {
    use super::*;
    use crate::talk::Pair;
    use fax_t38::Seq;
    use fax_t38::line::{Rtp, RtpStart};
    use fax_t38::rtp::{Content, Format};
    use fax_t38::udptl::{Copies, Layout, Protection, ReceiverSettings, SenderSettings};

    const RED: Format = Format { payload_type: 98, red: Some(99), content: Content::Ifp };
    const PLAIN: Format = Format { red: None, ..RED };
    const UDPTL: Format = Format { content: Content::Udptl, ..PLAIN };

    /// An end whose numbers and stamps wrap within the call.
    fn carriage(format: Format, ssrc: u32, sender: SenderSettings) -> Rtp {
        let start = RtpStart { ssrc, first: Seq(65_500), stamp: u32::MAX - 9000 };
        Rtp::new(format, start, ReceiverSettings::default(), sender)
    }

    fn pair(format: Format, sender: SenderSettings, network: Network) -> Pair<Rtp> {
        Pair::over([carriage(format, 1, sender), carriage(format, 2, sender)], metered(), network)
    }

    fn over(mut pair: Pair<Rtp>) -> (String, Pair<Rtp>) {
        call().into_iter().for_each(|signal| pair.say(signal));
        (0..200).for_each(|_| pair.step());
        (told(&pair.signals()), pair)
    }

    /// Levers L2 and L4, over RTP: redundancy of RFC 2198, copies with spacing.
    #[test]
    fn a_call_over_rtp_survives_the_loss_of_every_tenth_packet() {
        let (mut repaired, mut lost) = (0, 0);
        for seed in 0..40 {
            let network = Network { loss: 10, jitter: 20, doubles: 2, is_repaired: true, seed };
            let (heard, pair) = over(pair(RED, SenderSettings::default(), network));
            assert!(heard == heard_call(72), "seed {seed}: {heard}");
            repaired += pair.far.carriage().counters().repaired_by_secondary;
            lost += pair.far.carriage().counters().lost;
        }
        assert!(repaired > 100 && lost == 0, "{repaired} repaired, {lost} lost");
    }

    #[test]
    fn a_datagram_inside_rtp_keeps_its_parity() {
        let protection = Protection::Parity { span: 3, rows: 3, layout: Layout::Raw };
        let sender = SenderSettings { protection, ..SenderSettings::default() };
        let mut repaired = 0;
        for seed in 0..20 {
            let network = Network { loss: 3, jitter: 0, doubles: 0, is_repaired: true, seed };
            let (heard, pair) = over(pair(UDPTL, sender, network));
            assert!(heard == heard_call(72), "seed {seed}: {heard}");
            repaired += pair.far.carriage().counters().repaired_by_parity;
        }
        assert!(repaired > 10, "{repaired}");
    }

    /// IFP-4: no frame is good in which something is missing, whatever was lost.
    #[test]
    fn without_redundancy_a_loss_is_heard_as_a_loss() {
        let sender = SenderSettings { copies: Copies::NONE, ..SenderSettings::default() };
        let mut damaged = 0;
        for seed in 0..40 {
            let network = Network { loss: 10, jitter: 0, doubles: 0, is_repaired: false, seed };
            let (heard, pair) = over(pair(PLAIN, sender, network));
            assert_eq!(pair.far.carriage().counters().repaired_by_secondary, 0);
            let good = ["ffc0023132 good", "ffc8c100451e good"];
            assert!(
                heard.matches(" good").count() <= good.iter().filter(|good| heard.contains(*good)).count()
            );
            damaged += usize::from(heard != heard_call(72));
        }
        assert!(damaged > 30, "{damaged} of 40");
    }

    /// RFC 4612: fax and audio are told apart by payload type, in one stream of numbers.
    #[test]
    fn audio_in_the_stream_is_no_loss_and_no_signal() {
        let mut line = T38Line::over(carriage(PLAIN, 1, SenderSettings::default()), Settings::default());
        let packet = |payload_type: u8, seq: u8, payload: &[u8]| {
            [&[0x80, payload_type, 0, seq, 0, 0, seq, 0, 0, 0, 0, 7], payload].concat()
        };
        line.receive(ms(0), &packet(98, 1, &[0x06])).unwrap();
        line.receive(ms(10), &packet(98, 2, &[0xC0, 1, 0x80, 0, 1, 0xFF, 0xC8])).unwrap();
        for seq in 3..60 {
            line.receive(ms(20 * u64::from(seq)), &packet(0, seq, &[0xD5; 160])).unwrap();
        }
        line.receive(ms(1210), &packet(98, 60, &[0xC0, 1, 0x20])).unwrap();
        line.receive(ms(1220), &packet(98, 61, &[0x00])).unwrap();
        assert_eq!(told(&drain(&mut line)), "v21 ffc8 good end silence");
        assert_eq!(line.carriage().counters().lost, 0);
    }

    /// UTL-2.
    #[test]
    fn what_is_not_rtp_is_refused_and_counted() {
        let mut line = T38Line::over(carriage(RED, 1, SenderSettings::default()), Settings::default());
        assert_eq!(line.receive(ms(0), &[0, 1, 1, 6, 0, 0, 0, 0, 0, 0, 0, 0]), Err(Refusal::OtherProtocol));
        assert_eq!(line.receive(ms(0), &[]), Err(Refusal::Truncated));
        assert_eq!((line.hear(), line.carriage().counters().refused_in_all()), (None, 2));
    }

    /// RFC 4612: T38FaxMaxDatagram is the largest payload of RTP.
    #[test]
    fn no_payload_is_larger_than_the_peer_takes() {
        let sender = SenderSettings { peer_max_datagram: 150, ..SenderSettings::default() };
        for format in [RED, PLAIN, UDPTL] {
            let mut near = T38Line::over(carriage(format, 1, sender), metered());
            let mut signals = call().into_iter().peekable();
            let (mut longest, mut count) = (0, 0);
            for n in 0..1200 {
                near.advance(Timestamp::from_micros(10_000 * n));
                while signals.peek().is_some_and(|signal| near.say(*signal).is_ok()) {
                    signals.next();
                }
                for packet in sent(&mut near, 1500) {
                    (longest, count) = (longest.max(packet.len()), count + 1);
                }
            }
            assert!(longest <= 12 + 150 && count > 50, "{format:?}: {longest} octets, {count} packets");
        }
    }
}
