//! A fax machine of one's own: one sends a page, the other receives it, over T.38. `cargo run -p fax-call --example send_page`
//!
//! A [`Terminal`] is a machine on a leg. On T.38 datagrams go in as they come and out until there are no more, and it is
//! driven when it wants to be; on a phone line it is `listen` and `fill` instead. Time is virtual here: a quarter
//! of a minute takes a few milliseconds.

use fax_call::{Leg, Terminal};
use fax_core::image::Resolution;
use fax_core::t30::session::Role;
use fax_core::terminal::{Document, FaxMachine, PageRefusal, PageWriter, Settings};
use fax_core::{Span, Timestamp};
use fax_t38::T38Line;
use fax_t38::line::{Pacing, Settings as LineSettings};

/// How long the network takes, each way.
const DELAY: Span = Span::from_millis(20);

/// A4 with a frame around it, black as 1.
fn page() -> Result<Document, PageRefusal> {
    let mut writer = PageWriter::new(1728, Resolution::FINE, 1 << 20)?;
    for row in 0..2292 {
        let mut pels = if (60..2232).contains(&row) { [0x00; 216] } else { [0xFF; 216] };
        pels[..8].fill(0xFF);
        pels[208..].fill(0xFF);
        writer.row(&pels)?;
    }
    Ok([writer.finish()].into_iter().collect())
}

fn terminal(role: Role, document: Document) -> Terminal {
    // A machine does not speak in real time by itself: the line holds it to the rate of its modem.
    let line = T38Line::new(LineSettings { pacing: Pacing::METERED, ..LineSettings::default() });
    Terminal::new(FaxMachine::new(role, Settings::default(), document), Leg::t38(line))
}

fn main() -> Result<(), PageRefusal> {
    let mut caller = terminal(Role::Caller, page()?);
    let mut answerer = terminal(Role::Answerer, Document::default());
    let mut network: Vec<(Timestamp, bool, Vec<u8>)> = Vec::new();
    let mut now = Timestamp::ZERO;
    while caller.machine().outcome().is_none() || answerer.machine().outcome().is_none() {
        for (end, to_answerer) in [(&mut caller, true), (&mut answerer, false)] {
            end.advance(now);
            let mut datagram = [0; 1400];
            while let Some(length) = end.transmit(&mut datagram) {
                network.push((now + DELAY, to_answerer, datagram[..length].to_vec()));
            }
            while let Some((at, event)) = end.event() {
                println!("{at} {} {event:?}", if to_answerer { "caller  " } else { "answerer" });
            }
        }
        // A program would wait for its socket or for the deadline, whichever is first.
        let deadlines = [&caller, &answerer].into_iter().filter_map(Terminal::deadline).map(|next| next.at);
        let arrivals = network.iter().map(|(at, ..)| *at);
        now = deadlines.chain(arrivals).min().unwrap_or(now).max(now + Span::from_millis(1));
        for (_, to_answerer, datagram) in network.extract_if(.., |(at, ..)| *at <= now) {
            let end = if to_answerer { &mut answerer } else { &mut caller };
            if let Err(refusal) = end.receive(now, &datagram) {
                println!("refused: {refusal}");
            }
        }
    }
    for received in answerer.machine().received() {
        println!("received {} rows, confirmed: {}", received.page.height(), received.is_confirmed());
    }
    Ok(())
}
