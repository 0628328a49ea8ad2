//! Messages of a dialog, shown as they pass.

mod support;

use fax_call::sip::{Command, Event, Headers};
use fax_net::Tap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use support::{Bench, OFFER, PATIENCE, accept, event};
use tokio::time::timeout;

type Seen = Arc<Mutex<Vec<(SocketAddr, SocketAddr, String)>>>;

fn tap(seen: &Seen) -> Tap {
    let seen = Arc::clone(seen);
    Tap::new(move |message| {
        let text = String::from_utf8_lossy(message.octets);
        let start = text.lines().next().unwrap_or_default();
        let name = start.strip_prefix("SIP/2.0 ").unwrap_or(start).split(' ').next().unwrap_or_default();
        seen.lock().unwrap().push((message.from, message.to, name.to_owned()));
    })
}

fn names(seen: &Seen) -> Vec<String> {
    seen.lock().unwrap().iter().map(|(_, _, name)| name.clone()).collect()
}

#[tokio::test]
async fn a_tap_sees_what_goes_and_comes_on_a_dialog_of_ours_and_on_no_other() {
    let bench = Bench::new().await;
    let seen = Seen::default();
    let target = fax_call::sip::Target {
        trunk: "peer".into(),
        caller: fax_core::Private::new("100".into()),
        called: fax_core::Private::new("200".into()),
        max_forwards: 69,
        hops: 1,
        headers: Headers::default(),
    };
    let mut dialog = bench.endpoint.dial().unwrap();
    dialog.tap(tap(&seen));
    dialog.command(Command::Invite { target, body: OFFER.into(), timer: Default::default() });
    let invite = bench.peer.expect("INVITE").await;
    bench.peer.reply(&invite, 200, OFFER).await;
    assert!(matches!(event(&mut dialog).await, Event::Accepted { .. }));
    bench.peer.expect("ACK").await;
    let (_untapped, _) = bench.up().await;
    dialog.command(Command::Bye);
    let bye = bench.peer.expect("BYE").await;
    bench.peer.reply(&bye, 200, "").await;
    event(&mut dialog).await;
    assert_eq!(names(&seen), ["INVITE", "200", "ACK", "BYE", "200"]);
    let (ours, theirs) = (bench.peer.target, bench.peer.address);
    let ends: Vec<_> = seen.lock().unwrap().iter().map(|(from, to, _)| (*from, *to)).collect();
    assert_eq!(ends[..2], [(ours, theirs), (theirs, ours)]);
}

#[tokio::test]
async fn a_tap_on_a_call_that_came_in_is_shown_its_invite_too() {
    let mut bench = Bench::new().await;
    bench.peer.invite("z9hG4bKi", 1, OFFER).await;
    let (_, mut dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    let seen = Seen::default();
    dialog.tap(tap(&seen));
    accept(&dialog, OFFER);
    let ok = bench.peer.expect("200").await;
    bench.peer.ack(&ok, "z9hG4bKa").await;
    assert!(matches!(event(&mut dialog).await, Event::Acknowledged { .. }));
    assert_eq!(
        names(&seen).into_iter().filter(|name| name != "100").collect::<Vec<_>>(),
        ["INVITE", "200", "ACK"]
    );
}
