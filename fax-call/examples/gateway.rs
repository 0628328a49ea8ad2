//! A T.38 gateway as the author of a PBX embeds it. `cargo run -p fax-call --example gateway`
//!
//! A [`Call`] owns no socket, no sound card and no clock. Every 20 ms the PBX hands in the samples that came from the
//! phone line and takes those to play; datagrams go in as they come and out until there are no more. Here
//! two gateways stand back to back, and a fax machine behind the second one answers: it says its DIS.

use fax_call::{Call, Ending, Event, Leg, Policy, Side};
use fax_core::{Chunk, FrameEnd, Line, Opening, Signal, Span, Timestamp};
use fax_modem::AudioLine;
use fax_t38::T38Line;
use fax_t38::line::Settings;

/// The phone line is the near side, the network the far one.
fn gateway() -> Call {
    Call::new(Leg::audio(), Leg::t38(T38Line::new(Settings::default())), Policy::default())
}

/// What a PBX does with a call every 20 ms: samples from the phone, samples to the phone.
fn audio(call: &mut Call, phone: &mut AudioLine, now: Timestamp) {
    let mut samples = [0; 160];
    phone.fill(&mut samples); // instead of a channel of the PBX
    call.listen(Side::Near, now, &samples);
    call.fill(Side::Near, &mut samples);
    phone.listen(&samples);
}

/// And whenever a call was driven: what it has to send is sent, what it has to tell is logged.
fn settle(name: &str, call: &mut Call, peer: &mut Call, now: Timestamp) {
    let mut datagram = [0; 1400];
    while let Some(length) = call.transmit(Side::Far, &mut datagram) {
        if let Err(refusal) = peer.receive(Side::Far, now, &datagram[..length]) {
            println!("refused: {refusal}"); // it is counted; the call goes on
        }
    }
    while let Some((at, event)) = call.event() {
        println!("{at} {name:>9} {event:?}");
        if let Event::Ended(_) = event {
            print!("{}", call.record()); // the PBX hangs up now and drops the call
        }
    }
}

fn main() {
    let (mut calling, mut answering) = (gateway(), gateway());
    let (mut caller, mut answerer) = (AudioLine::default(), AudioLine::default());
    let mut dis = [
        Signal::Begin(Opening::V21),
        Signal::Octets(Chunk::from_octets(&[0xFF, 0xC8, 0x01, 0x00, 0x76, 0x1F])),
        Signal::FrameEnd(FrameEnd::Good),
        Signal::End,
    ]
    .into_iter()
    .peekable();
    let mut now = Timestamp::ZERO;
    while now < Timestamp::from_micros(5_000_000) {
        now += Span::from_millis(20);
        while dis.next_if(|signal| answerer.say(*signal).is_ok()).is_some() {}
        audio(&mut calling, &mut caller, now);
        audio(&mut answering, &mut answerer, now);
        // Between two blocks a call with a datagram to send is driven when it wants to be.
        for call in [&mut calling, &mut answering] {
            if call.deadline().is_some_and(|deadline| deadline.at <= now) {
                call.advance(now);
            }
        }
        settle("calling", &mut calling, &mut answering, now);
        settle("answering", &mut answering, &mut calling, now);
        while let Some(heard) = caller.hear() {
            println!("{now}    caller hears {:?}", heard.signal);
        }
    }
    // The caller does not like what it heard. A call of which nothing is heard ends by itself, later.
    calling.finish(now, Ending::HungUp(Side::Near));
    settle("calling", &mut calling, &mut answering, now);
}
