//! The same sound in blocks of any length, as samples or as octets, is the same call.

mod support;

use fax_call::{Call, Event, Law, Leg, Policy, Side};
use fax_core::{Span, Timestamp};
use fax_t38::T38Line;
use fax_t38::line::{Settings, Udptl};
use fax_t38::udptl::{ReceiverSettings, SenderSettings};
use support::{Machine, Step};

/// Of the caller's script, without what it waits for: as far as the end of its first TCF.
const STEPS: usize = 95;

/// What a caller sends until its TCF is over: CNG, DCS, TCF.
fn recording() -> Vec<i16> {
    let turn = support::caller().into_iter().filter(|step| !matches!(step, Step::Await(_))).take(STEPS);
    let mut caller = Machine::new(Leg::audio(), turn);
    let (mut samples, mut now) = (Vec::new(), Timestamp::ZERO);
    for _ in 0..7 * 50 {
        now += support::BEAT;
        caller.drive(now);
        let Leg::Audio(line) = &mut caller.line else { panic!("a phone line") };
        let mut block = [0; 160];
        line.fill(&mut block);
        samples.extend(block);
    }
    assert!(caller.is_done());
    samples
}

/// A gateway to which samples come, `length` at once; the events.
fn events(
    samples: usize,
    length: usize,
    mut listen: impl FnMut(&mut Call, Timestamp, core::ops::Range<usize>),
) -> Vec<(Timestamp, Event)> {
    // Room for all copies: how full a datagram is depends on when it is fetched, which is not asked here.
    let sender = SenderSettings { peer_max_datagram: 1400, ..SenderSettings::default() };
    let line = T38Line::over(Udptl::new(ReceiverSettings::default(), sender), Settings::default());
    let mut call = Call::new(Leg::audio(), Leg::t38(line), Policy::default());
    let (mut said, mut datagram, mut events) = ([0; 960], [0; 1400], Vec::new());
    for start in (0..samples).step_by(length) {
        let end = (start + length).min(samples);
        listen(&mut call, Timestamp::from_samples(end as u64), start..end);
        call.fill(Side::Near, &mut said[..end - start]);
        while call.transmit(Side::Far, &mut datagram).is_some() {}
        events.extend(core::iter::from_fn(|| call.event()));
    }
    events
}

/// Without the figures of the trainings, which companding changes.
fn kinds(events: &[(Timestamp, Event)]) -> Vec<String> {
    let kind = |event: &Event| match event {
        Event::Modem(side, fax_modem::line::Event::Trained(opening, _)) => format!("{side:?} {opening}"),
        other => format!("{other:?}"),
    };
    events.iter().map(|(_, event)| kind(event)).collect()
}

#[test]
fn blocks_of_every_length_give_the_same_events() {
    let samples = recording();
    let of = |length| {
        events(samples.len(), length, |call, now, part| call.listen(Side::Near, now, &samples[part]))
    };
    let usual = of(160);
    assert!(usual.len() >= 10, "{usual:?}");
    for length in 1..=960 {
        let these = of(length);
        assert_eq!(these.len(), usual.len(), "{length}");
        for ((at, event), (usual_at, usual)) in these.iter().zip(&usual) {
            assert_eq!(event, usual, "{length}");
            // What is known only at the end of a block has its time: the call looks every 20 ms at least.
            let apart = at.since(*usual_at).max(usual_at.since(*at));
            assert!(apart <= Span::from_millis(20), "{length}: {event:?} {apart:?} apart");
        }
    }
}

#[test]
fn octets_of_either_law_give_the_same_events() {
    let samples = recording();
    let usual = events(samples.len(), 160, |call, now, part| call.listen(Side::Near, now, &samples[part]));
    for (law, encode) in [
        (Law::A, audio_codec_algorithms::encode_alaw as fn(i16) -> u8),
        (Law::Mu, audio_codec_algorithms::encode_ulaw),
    ] {
        let octets: Vec<u8> = samples.iter().map(|sample| encode(*sample)).collect();
        for length in [1, 7, 80, 160, 161, 240, 960] {
            let these = events(samples.len(), length, |call, now, part| {
                call.listen_g711(Side::Near, now, law, &octets[part]);
            });
            assert_eq!(kinds(&these), kinds(&usual), "{law:?}, {length}");
        }
    }
}
