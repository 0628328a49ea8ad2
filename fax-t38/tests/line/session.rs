//! Lines on real UDPTL: driven as a shell would, with peers that differ from what was agreed.

use crate::support::{ms, told};
use crate::talk::{Network, Pair};
use fax_core::{Chunk, FrameEnd, Heard, Line, Opening, Signal, Span, Timestamp, Tone, Training, V17Rate};
use fax_t38::line::{Pacing, Settings, T38Line, Udptl};
use fax_t38::udptl::{ReceiverSettings, SenderSettings};
use fax_t38::{Event, Refusal, Syntax, Version};

const V17: Opening = Opening::V17(V17Rate::R14400, Training::Long);

fn frame(octets: &[u8]) -> [Signal; 2] {
    [Signal::Octets(Chunk::from_octets(octets)), Signal::FrameEnd(FrameEnd::Good)]
}

/// A tone, a command, a training check.
pub(crate) fn call() -> Vec<Signal> {
    let mut all = vec![Signal::Tone(Tone::Ced), Signal::Silence, Signal::Begin(Opening::V21)];
    all.extend(frame(&[0xFF, 0xC0, 2, 0x31, 0x32]));
    all.extend(frame(&[0xFF, 0xC8, 0xC1, 0, 0x45, 0x1E]));
    all.extend([Signal::End, Signal::Begin(V17)]);
    all.extend([Signal::Bits(Chunk::from_octets(&[0; 32])); 20]);
    all.push(Signal::End);
    all
}

pub(crate) fn heard_call(tail: usize) -> String {
    let zeros = "00".repeat(640 + tail);
    format!("ced silence v21 ffc0023132 good ffc8c100451e good end silence v17-14400 ={zeros} end silence")
}

pub(crate) fn metered() -> Settings {
    Settings { pacing: Pacing::METERED, ..Settings::default() }
}

/// Nobody calls a line before its deadline but for what comes and what is said.
#[test]
fn a_call_that_is_driven_by_deadlines_alone_is_heard_whole() {
    let (mut near, mut far) = (T38Line::new(metered()), T38Line::new(Settings::default()));
    let (mut signals, mut heard) = (call().into_iter().peekable(), Vec::new());
    let (mut now, mut wakes) = (Timestamp::ZERO, 0);
    while now < ms(12_000) {
        near.advance(now);
        far.advance(now);
        while signals.peek().is_some_and(|signal| near.say(*signal).is_ok()) {
            signals.next();
        }
        let mut datagram = [0; 1500];
        while let Some(length) = near.transmit(&mut datagram) {
            far.receive(now, &datagram[..length]).unwrap();
        }
        while let Some(length) = far.transmit(&mut datagram) {
            near.receive(now, &datagram[..length]).unwrap();
        }
        heard.extend(core::iter::from_fn(|| far.hear()));
        while near.progress().is_some() {}
        let next = [near.deadline(), far.deadline()].into_iter().flatten().min_by_key(|d| d.at);
        let Some(next) = next else { break };
        assert!(next.at > now, "{next:?} is due already");
        (now, wakes) = (next.at, wakes + 1);
    }
    assert_eq!(signals.next(), None);
    assert!(told(&heard) == heard_call(72), "{}", told(&heard));
    assert!(wakes < 250, "woken {wakes} times in 12 s");
}

/// Lever L2 and L4: a tenth is lost, and nothing of the call is.
#[test]
fn a_call_survives_the_loss_of_every_tenth_datagram() {
    for seed in 0..40 {
        let network = Network { loss: 10, jitter: 20, doubles: 2, is_repaired: true, seed };
        let mut pair = Pair::new(metered(), network);
        call().into_iter().for_each(|signal| pair.say(signal));
        (0..200).for_each(|_| pair.step());
        let heard = pair.signals();
        assert!(told(&heard) == heard_call(72), "seed {seed}: {}", told(&heard));
    }
}

/// PER-3: the peer agreed on version 0 and writes the syntax of 2002.
#[test]
fn a_peer_that_writes_the_other_syntax_is_understood() {
    let settings = Settings { version: Version::V2, ..metered() };
    let (mut near, mut far) = (T38Line::new(settings), T38Line::new(Settings::default()));
    let (mut heard, mut events) = (Vec::new(), Vec::new());
    let mut signals = call().into_iter().peekable();
    for n in 0..1200 {
        near.advance(ms(10 * n));
        while signals.peek().is_some_and(|signal| near.say(*signal).is_ok()) {
            signals.next();
        }
        let mut datagram = [0; 1500];
        while let Some(length) = near.transmit(&mut datagram) {
            let _ = far.receive(ms(10 * n), &datagram[..length]);
        }
        heard.extend(core::iter::from_fn(|| far.hear()));
        events.extend(core::iter::from_fn(|| far.event()).map(|(_, event)| event));
    }
    assert_eq!(events, [Event::SyntaxLatched(Syntax::Y2002)]);
    let all = told(&heard);
    assert!(all.ends_with("end silence") && all.contains("v17-14400 =0000"), "{all}");
}

/// UTL-2.
#[test]
fn what_is_not_udptl_is_refused_and_changes_nothing() {
    let mut line = T38Line::new(Settings::default());
    let mut rtp = [0x55; 172];
    rtp[..4].copy_from_slice(&[0x80, 0, 0x12, 0x34]);
    assert_eq!(line.receive(ms(5), &rtp), Err(Refusal::OtherProtocol));
    assert_eq!(line.receive(ms(5), &[]), Err(Refusal::Truncated));
    assert_eq!((line.hear(), line.counters().refused_in_all()), (None, 2));
    assert!(!line.carriage().is_locked());
}

/// A refusal of the peer's T38FaxMaxDatagram is no refusal here: packets are as small as they must be.
#[test]
fn a_page_is_cut_to_what_the_peer_takes() {
    let sender = SenderSettings { peer_max_datagram: 100, usual_ifp: 40, ..SenderSettings::default() };
    let carriage = Udptl::new(ReceiverSettings::default(), sender);
    let mut near = T38Line::over(carriage, Settings::default());
    near.say(Signal::Begin(V17)).unwrap();
    (0..4).for_each(|_| near.say(Signal::Bits(Chunk::from_octets(&[0; 32]))).unwrap());
    near.say(Signal::End).unwrap();
    let (mut far, mut datagram, mut longest) = (T38Line::new(Settings::default()), [0; 1500], 0);
    while let Some(length) = near.transmit(&mut datagram) {
        longest = longest.max(length);
        far.receive(ms(0), &datagram[..length]).unwrap();
    }
    assert!(longest <= 100, "{longest} octets");
    let heard: Vec<Heard> = core::iter::from_fn(|| far.hear()).collect();
    assert_eq!(told(&heard), format!("v17-14400 ={} end silence", "00".repeat(128)));
}

/// NAT-5: a line that has nothing to say wakes for the network's sake only.
#[test]
fn an_idle_line_sleeps_until_it_must_show_itself() {
    let mut line = T38Line::new(Settings::default());
    while line.transmit(&mut [0; 1500]).is_some() {}
    let mut wakes = 0;
    let mut now = Timestamp::ZERO;
    while let Some(deadline) = line.deadline().filter(|deadline| deadline.at < ms(60_000)) {
        (now, wakes) = (deadline.at.max(now + Span::from_micros(1)), wakes + 1);
        line.advance(now);
        while line.transmit(&mut [0; 1500]).is_some() {}
    }
    assert!(wakes <= 6, "{wakes}");
}

/// IFP-23: of two modem clocks a live line has neither. A source that is 100 ppm off is passed on at its own
/// pace for half an hour, and nothing piles up or runs out; the correction is the relay's, who has both.
#[test]
fn a_live_page_keeps_the_clock_of_its_source_for_half_an_hour() {
    for micros in [29_997, 30_003] {
        let (mut near, mut far) = (T38Line::new(Settings::default()), T38Line::new(Settings::default()));
        let (mut now, mut said, mut heard, mut datagram) = (ms(0), 0, 0, [0; 1500]);
        near.say(Signal::Begin(V17)).unwrap();
        while now < ms(1_800_000) {
            for chunk in [Chunk::from_octets(&[0x55; 27]); 2] {
                near.say(Signal::Bits(chunk)).unwrap();
                said += 27;
            }
            near.advance(now);
            while let Some(length) = near.transmit(&mut datagram) {
                far.receive(now, &datagram[..length]).unwrap();
            }
            while let Some(Heard { at, signal, .. }) = far.hear() {
                assert_eq!(at, now);
                heard += if let Signal::Bits(chunk) = signal { chunk.octets().len() } else { 0 };
            }
            assert!(said - heard <= 54, "{} octets are held back", said - heard);
            while near.progress().is_some() {}
            now += Span::from_micros(micros);
        }
    }
}
