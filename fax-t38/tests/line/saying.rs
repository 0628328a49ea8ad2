//! What packets a line makes of what is said: which, when, and how delicate.

use crate::support::{Wire, digits, line, ms};
use fax_core::{
    Chunk, FrameEnd, Line, Opening, Progress, Refusal, Signal, Span, Timestamp, Tone, Training, V17Rate,
    V29Rate, Wait,
};
use fax_t38::Version;
use fax_t38::line::{AnswerTones, BurstEnds, FrameEnds, Pacing, Settings, T38Line};
use fax_t38::udptl::Class;

const V17: Opening = Opening::V17(V17Rate::R14400, Training::Long);
const GOOD: Signal = Signal::FrameEnd(FrameEnd::Good);

fn octets(octets: &[u8]) -> Signal {
    Signal::Octets(Chunk::from_octets(octets))
}

fn bits(octets: &[u8]) -> Signal {
    Signal::Bits(Chunk::from_octets(octets))
}

fn metered() -> Settings {
    Settings { pacing: Pacing::METERED, ..Settings::default() }
}

/// Takes what a line sends out of its way.
fn drain(line: &mut T38Line<Wire>) {
    while line.transmit(&mut [0; 300]).is_some() {}
}

/// Says all of it at once on a live line; the packets in hexadecimal digits.
fn said(settings: Settings, signals: &[Signal]) -> String {
    let mut line = line(settings);
    for signal in signals {
        line.say(*signal).unwrap();
        drain(&mut line);
    }
    words(&line)
}

fn words(line: &T38Line<Wire>) -> String {
    let all: Vec<String> = line.carriage().sent.iter().map(|(_, ifp, _)| digits(ifp)).collect();
    all.join(" ")
}

/// Says all of it as it finds room, drives the line at its deadlines, and gives the times and the
/// packets.
fn paced(settings: Settings, signals: &[Signal]) -> (T38Line<Wire>, Vec<(Timestamp, String)>) {
    let mut line = line(settings);
    drain(&mut line);
    let mut signals = signals.iter().copied().peekable();
    for _ in 0..100_000 {
        while let Some(signal) = signals.peek() {
            match line.say(*signal) {
                Ok(()) => drop(signals.next()),
                Err(Refusal::Full) => break,
                Err(other) => panic!("{other}"),
            }
        }
        drain(&mut line);
        match line.deadline() {
            Some(deadline) => line.advance(deadline.at),
            None => break,
        }
        drain(&mut line);
    }
    assert_eq!(signals.next(), None, "not all was said");
    let sent = line.carriage().sent.iter().map(|(at, ifp, _)| (*at, digits(ifp))).collect();
    (line, sent)
}

/// IFP-13.
#[test]
fn a_session_begins_with_silence() {
    let mut line = line(Settings::default());
    assert_eq!(line.deadline().map(|deadline| deadline.at), Some(ms(0)));
    let mut ifp = [0xAA; 9];
    assert_eq!((line.transmit(&mut ifp), ifp[0]), (Some(1), 0));
    assert_eq!(line.deadline(), None);
}

/// IFP-1, IFP-13, IFP-14: the tone that is heard is announced, once.
#[test]
fn a_tone_is_announced_when_it_changes() {
    let tones = [Tone::Ced, Tone::AnsPr, Tone::AnsAm].map(Signal::Tone);
    assert_eq!(said(Settings::default(), &tones), "00 04");
    let settings = |version| Settings { version, answer_tones: AnswerTones::AsV8, ..Settings::default() };
    assert_eq!(said(settings(Version::V3), &tones), "00 04 2000");
    assert_eq!(said(settings(Version::V2), &tones), "00 04", "version 2 has no word for it");
    assert_eq!(said(Settings::default(), &[tones[0], Signal::Silence]), "00 04 00");
}

#[test]
fn the_pauses_of_cng_are_not_announced() {
    let mut line = line(Settings::default());
    for n in 0..3 {
        line.advance(ms(3500 * n));
        line.say(Signal::Tone(Tone::Cng)).unwrap();
        line.advance(ms(3500 * n + 500));
        line.say(Signal::Silence).unwrap();
    }
    assert_eq!(words(&line), "00 02");
    let deadline = line.deadline().unwrap();
    assert_eq!((deadline.at, deadline.why), (ms(7500 + 3600), Wait::Gap(Span::from_millis(3600))));
    line.advance(deadline.at);
    assert_eq!(words(&line), "00 02 00");
    assert_eq!(
        said(Settings::default(), &[Signal::Tone(Tone::Cng), Signal::Silence, Signal::Begin(Opening::V21)]),
        "00 02 06"
    );
}

/// IFP-8, IFP-24: octets as they come, the check in a packet of its own, then both ends.
#[test]
fn a_live_v21_burst_leaves_octet_by_octet() {
    let burst = [Signal::Begin(Opening::V21), octets(&[0xFF, 0xC8]), octets(&[0x21]), GOOD, Signal::End];
    assert_eq!(
        said(Settings::default(), &burst),
        "00 06 c001800000ff c001800000c8 c00180000021 c00120 c00110 00"
    );
    let version = Version::V2;
    assert_eq!(
        said(Settings { version, ..Settings::default() }, &burst),
        "00 06 c001800000ff c001800000c8 c00180000021 c00110 c00108 00"
    );
    let mut line = line(Settings::default());
    burst.iter().for_each(|signal| line.say(*signal).unwrap());
    let classes: Vec<Class> = line.carriage().sent.iter().map(|(_, _, class)| *class).collect();
    use Class::{Control, ControlEnd, Indicator};
    assert_eq!(classes, [Indicator, Indicator, Control, Control, Control, Control, ControlEnd, Indicator]);
}

/// Lever L3, T.38 7.5.
#[test]
fn more_octets_of_v21_go_into_one_packet_where_the_peer_takes_them() {
    let settings = Settings { v21_octets: 7, ..Settings::default() };
    let mut line = line(settings);
    line.say(Signal::Begin(Opening::V21)).unwrap();
    line.say(octets(&[0xFF, 0xC8, 1, 2, 3, 4, 5, 6, 7])).unwrap();
    assert_eq!(words(&line), "00 06 c001800006ffc80102030405");
    // The rest waits for as long as a full packet takes, 187 ms, but not for longer.
    let deadline = line.deadline().unwrap();
    assert_eq!(deadline.at.micros(), 186_666);
    line.advance(deadline.at);
    assert_eq!(words(&line), "00 06 c001800006ffc80102030405 c0018000010607");
    line.say(octets(&[8])).unwrap();
    line.say(GOOD).unwrap();
    assert!(words(&line).ends_with("c00180000008 c00120"), "nothing waits for more than its frame");
}

/// IFP-9: never an end of a signal after one that is combined with the last frame's.
#[test]
fn ends_are_combined_only_where_that_is_asked_for() {
    let frame = [octets(&[0xFF, 0xC8, 0x21]), GOOD];
    let burst = [&[Signal::Begin(Opening::V29(V29Rate::R9600))][..], &frame, &frame, &[Signal::End]].concat();
    let settings = |frame_ends, burst_ends| Settings { frame_ends, burst_ends, ..Settings::default() };
    let data = "c801800002ffc821";
    assert_eq!(
        said(settings(FrameEnds::Apart, BurstEnds::Combined), &burst),
        format!("00 0e {data} c80120 {data} c80140 00")
    );
    assert_eq!(
        said(settings(FrameEnds::WithData, BurstEnds::Separate), &burst),
        "00 0e c802800002ffc82120 c802800002ffc82120 c80110 00"
    );
}

/// A frame with a hole cannot leave as good, and one of which nothing was said leaves no trace.
#[test]
fn only_a_frame_that_was_said_leaves_and_with_a_hole_only_bad() {
    let end = |end| Signal::FrameEnd(end);
    let begin = Signal::Begin(Opening::V21);
    let holed = [begin, octets(&[0xFF]), Signal::Missing, octets(&[1]), end(FrameEnd::Bad), Signal::End];
    assert_eq!(said(Settings::default(), &holed), "00 06 c001800000ff c00180000001 c00130 c00110 00");
    let broken = [begin, octets(&[0xFF]), end(FrameEnd::Aborted), end(FrameEnd::Aborted), Signal::End];
    assert_eq!(said(Settings::default(), &broken), "00 06 c001800000ff c00130 c00110 00");
    let mut line = line(Settings::default());
    [begin, octets(&[0xFF]), Signal::Missing].iter().for_each(|signal| line.say(*signal).unwrap());
    assert!(matches!(line.say(GOOD), Err(Refusal::Grammar(_))));
}

/// IFP-21, UTL-19: 30 ms of a page in a packet, the rest in the end of the signal.
#[test]
fn a_live_page_leaves_in_packets_of_thirty_milliseconds() {
    let mut line = line(Settings::default());
    line.say(Signal::Begin(V17)).unwrap();
    line.say(bits(&[0; 32])).unwrap();
    assert_eq!(words(&line), "00 1e");
    assert_eq!(line.deadline().map(|deadline| deadline.at), Some(ms(30)), "so old the first octet may grow");
    line.advance(ms(20));
    line.say(bits(&[0; 30])).unwrap();
    let full = format!("00 1e d001e00035{}", "00".repeat(54));
    assert_eq!(words(&line), full);
    assert_eq!(line.deadline().map(|deadline| deadline.at), Some(ms(50)));
    let mut three = Chunk::EMPTY;
    [true, false, true].iter().for_each(|bit| assert!(three.push_bit(*bit)));
    line.say(Signal::Bits(three)).unwrap();
    line.say(Signal::End).unwrap();
    assert_eq!(words(&line), format!("{full} d001f000080000000000000000a0 00"));
}

#[test]
fn no_packet_is_longer_than_the_settings_say() {
    for (largest_ifp, packet, expected) in
        [(127, 40, 77), (127, 90, 126), (40, 30, 39), (400, 90, 167), (9, 30, 8)]
    {
        let settings = Settings { largest_ifp, packet: Span::from_millis(packet), ..Settings::default() };
        let mut line = line(settings);
        line.say(Signal::Begin(V17)).unwrap();
        for _ in 0..20 {
            line.say(bits(&[0; 32])).unwrap();
            drain(&mut line);
        }
        let longest = line.carriage().sent.iter().map(|(_, ifp, _)| ifp.len()).max();
        assert_eq!(longest, Some(expected), "{packet} ms in {largest_ifp} octets");
    }
}

/// IFP-10, IFP-11, IFP-12: what the far modem needs it is given.
#[test]
fn a_metered_line_keeps_the_times_of_the_far_modem() {
    let frame = [octets(&[0xFF, 0xC8, 0x21]), GOOD];
    let burst = [
        &[Signal::Tone(Tone::Ced), Signal::Silence, Signal::Begin(Opening::V21)][..],
        &frame,
        &[Signal::End],
    ];
    let (mut line, sent) = paced(metered(), &burst.concat());
    let times: Vec<(u64, &str)> = sent.iter().map(|(at, ifp)| (at.micros() / 1000, ifp.as_str())).collect();
    assert_eq!(
        times,
        [
            (0, "00"),
            (0, "04"),
            (0, "00"),
            (75, "06"),
            (1075, "c001800000ff"),
            (1105, "c001800000c8"), // 9 bits: a zero was inserted
            (1135, "c00180000021"), // and another, across the border of the octets
            (1161, "c00120"),
            (1341, "c00110"), // the check, a flag, and 100 ms
            (1341, "00"),
        ]
    );
    let progress: Vec<Progress> = core::iter::from_fn(|| line.progress()).collect();
    assert!(matches!(
        progress[..],
        [Progress::Started(Opening::V21, started), Progress::Drained(drained), Progress::Ended(ended)]
            if started == ms(75) && drained.since(started) > Span::from_millis(1160) && ended == sent[9].0
    ));
}

/// IFP-11, IFP-12.
#[test]
fn a_metered_page_leaves_at_its_rate_with_a_tail_of_zeros() {
    let page = vec![bits(&[0x55; 32]); 45];
    let burst =
        [&[Signal::Begin(V17)][..], &page, &[Signal::End, Signal::Begin(Opening::V21), Signal::End]].concat();
    let (_, sent) = paced(metered(), &burst);
    assert_eq!((sent[1].0, sent[1].1.as_str()), (ms(0), "1e"));
    let data: Vec<_> = sent.iter().filter(|(_, ifp)| ifp.starts_with("d001e0")).collect();
    assert_eq!(data[0].0, ms(1393));
    assert!(data.windows(2).all(|pair| pair[1].0.since(pair[0].0) == Span::from_millis(30)));
    let all: String = data.iter().map(|(_, ifp)| &ifp[10..]).collect();
    assert_eq!(all, "55".repeat(1440) + &"00".repeat(72), "40 ms of zeros");
    let end = sent.iter().position(|(_, ifp)| ifp == "d00170").unwrap();
    // 1440 octets last 800 ms, the zeros 40, the wait 60.
    assert_eq!(sent[end].0, ms(1393 + 800 + 40 + 60));
    assert_eq!((sent[end + 1].1.as_str(), sent[end + 2].1.as_str()), ("00", "06"));
    assert_eq!(sent[end + 2].0.since(sent[end + 1].0), Span::from_millis(75));
}

/// IFP-12: the tail is not hurried because the end was said late.
#[test]
fn a_metered_page_that_ran_dry_ends_with_its_tail_from_then_on() {
    let mut line = line(metered());
    [Signal::Begin(V17), bits(&[0x55; 32])].iter().for_each(|signal| line.say(*signal).unwrap());
    line.advance(ms(5000));
    line.say(Signal::End).unwrap();
    line.advance(ms(5039));
    assert_eq!(line.carriage().sent.len(), 2 + 1 + 2, "two packets of zeros");
    line.advance(ms(5099));
    assert_eq!(line.carriage().sent.len(), 2 + 1 + 2);
    line.advance(ms(5100));
    assert!(words(&line).ends_with(" d00170 00"));
}

/// IFP-11: 200 ms of flags before ECM frames, and what echo protection takes.
#[test]
fn a_metered_line_leaves_time_for_flags_and_for_echo_protection() {
    let frame = [octets(&[0xFF, 0xC0, 0x60, 0]), GOOD, Signal::End];
    for allowance in [0, 215] {
        let pacing = Pacing::Metered { allowance: Span::from_millis(allowance) };
        for (opening, lead) in
            [(V17, 1393), (V17.with_training(Training::Short), 142), (Opening::V29(V29Rate::R7200), 253)]
        {
            let (_, sent) =
                paced(Settings { pacing, ..metered() }, &[&[Signal::Begin(opening)][..], &frame].concat());
            assert_eq!(sent[2].0.since(sent[1].0), Span::from_millis(lead + allowance + 200), "{opening}");
        }
    }
}

#[test]
fn a_metered_line_tells_its_room_and_when_it_runs_dry() {
    let mut line = line(metered());
    [Signal::Tone(Tone::Ced), Signal::Silence, Signal::Begin(V17)]
        .iter()
        .for_each(|signal| line.say(*signal).unwrap());
    assert_eq!(line.room().bits, 0, "the carrier is not announced yet");
    assert_eq!(
        line.deadline().map(|deadline| (deadline.at, deadline.why)),
        Some((ms(75), Wait::Gap(Span::from_millis(75))))
    );
    line.advance(ms(75));
    assert_eq!((line.room().bits, line.room().dry_at), (8 * 540, Some(ms(1468))));
    for _ in 0..16 {
        line.say(bits(&[0; 32])).unwrap();
    }
    assert_eq!(line.room().bits, 8 * 28);
    assert_eq!(line.say(bits(&[0; 32])), Err(Refusal::Full));
    assert_eq!(line.room().dry_at.map(Timestamp::micros), Some(1_468_000 + 284_444));
    line.advance(ms(1468));
    assert_eq!(line.room().bits, 8 * 82, "one packet has left");
    line.advance(ms(1760));
    assert_eq!(line.room().bits, 8 * 540);
    line.say(bits(&[1])).unwrap();
    assert_eq!(
        line.room().dry_at.map(Timestamp::micros),
        Some(1_760_000 + 555),
        "it had run dry and goes on from now"
    );
}

#[test]
fn what_may_not_be_said_changes_nothing() {
    let mut line = line(metered());
    assert!(line.say(Signal::End).is_err());
    assert!(line.say(bits(&[1])).is_err());
    [Signal::Tone(Tone::Ced), Signal::Silence, Signal::Begin(Opening::V21)]
        .iter()
        .for_each(|signal| line.say(*signal).unwrap());
    assert!(line.say(octets(&[1])).is_err(), "the carrier is not on yet");
    assert_eq!(line.say(Signal::End), Err(Refusal::Full));
    line.advance(ms(100));
    line.say(octets(&[1])).unwrap();
    assert!(line.say(Signal::Tone(Tone::Ced)).is_err());
    assert!(line.say(Signal::End).is_err(), "within a frame");
}

/// The carriage may be slow to take packets: nothing of what was said is lost.
#[test]
fn a_carriage_that_is_full_is_waited_for() {
    let mut line = line(Settings::default());
    line.say(Signal::Begin(Opening::V21)).unwrap();
    line.say(octets(&[0xFF; 32])).unwrap();
    line.say(GOOD).unwrap();
    line.say(Signal::End).unwrap();
    assert_eq!(line.carriage().sent.len(), 16);
    assert_eq!(line.say(Signal::Tone(Tone::Ced)), Err(Refusal::Full));
    drain(&mut line);
    assert_eq!(line.carriage().sent.len(), 2 + 32 + 3);
}
