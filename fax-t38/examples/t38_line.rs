//! Two T.38 lines in one process, over a network that loses every eighth datagram: a machine says a
//! command, a training check and a page, and the other end hears them.
//!
//! A line has no socket and no clock. Whoever owns it hands in what came and the time, sends what
//! [`T38Line::transmit`] gives, and calls again at [`Line::deadline`].

use fax_core::{Chunk, FrameEnd, Heard, Line, Opening, Signal, Timestamp, Training, V17Rate};
use fax_t38::line::{Pacing, Settings, T38Line};

fn main() {
    // The caller's source is a machine's mind, so the line keeps the time of a modem.
    let mut caller = T38Line::new(Settings { pacing: Pacing::METERED, ..Settings::default() });
    let mut answerer = T38Line::new(Settings::default());
    let mut to_say = command().into_iter().chain(page()).peekable();
    let (mut now, mut sent, mut datagram) = (Timestamp::ZERO, 0, [0; 1500]);

    while now < Timestamp::from_micros(10_000_000) {
        caller.advance(now);
        answerer.advance(now);
        while to_say.next_if(|signal| caller.say(*signal).is_ok()).is_some() {}

        while let Some(length) = caller.transmit(&mut datagram) {
            sent += 1;
            if sent % 8 > 0 {
                answerer.receive(now, &datagram[..length]).expect("a line's datagrams are never refused");
            }
        }
        while answerer.transmit(&mut datagram).is_some() {} // nobody listens to it here
        while let Some(heard) = answerer.hear() {
            show(&heard);
        }
        while let Some((at, event)) = answerer.event() {
            println!("{at}    {event:?}");
        }
        while let Some(progress) = caller.progress() {
            println!("{now}    caller: {progress:?}");
        }
        let deadlines = [caller.deadline(), answerer.deadline()];
        let Some(next) = deadlines.into_iter().flatten().map(|deadline| deadline.at).min() else { break };
        now = next;
    }
    let counters = answerer.counters();
    let repaired = counters.repaired_by_secondary;
    println!(
        "{sent} datagrams sent, {} came: {repaired} repaired, {} lost",
        counters.received, counters.lost
    );
}

/// DCS: 14 400 bit/s, no ECM.
fn command() -> Vec<Signal> {
    let octets = Chunk::from_octets(&[0xFF, 0xC8, 0xC1, 0x00, 0x45, 0x1E]);
    vec![Signal::Begin(Opening::V21), Signal::Octets(octets), Signal::FrameEnd(FrameEnd::Good), Signal::End]
}

/// Half a second of bits.
fn page() -> Vec<Signal> {
    let mut signals = vec![Signal::Begin(Opening::V17(V17Rate::R14400, Training::Long))];
    signals.extend([Signal::Bits(Chunk::from_octets(&[0x55; 30])); 30]);
    signals.push(Signal::End);
    signals
}

fn show(heard: &Heard) {
    println!("{} {:?}", heard.at, heard.signal);
}
