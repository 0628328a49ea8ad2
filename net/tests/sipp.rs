//! SIPp as a peer, both ways. Run by `make acceptance` where Debian's `sip-tester` is installed.

mod support;

use core::net::{Ipv4Addr, SocketAddr};
use fax_call::sip::{Command, Event, Gone, Method};
use fax_net::Trunk;
use std::process::Stdio;
use support::{Bench, OFFER, PATIENCE, T38, accept, event, offer};
use tokio::time::timeout;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sipp/");

/// A port that nobody has: SIPp cannot be told to take one itself and say which.
fn port() -> u16 {
    std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn sipp(scenario: &str, local: u16, more: &[&str]) -> std::process::Child {
    std::process::Command::new("sipp")
        .args([
            "-sf",
            &format!("{FOLDER}{scenario}"),
            "-m",
            "1",
            "-nostdin",
            "-i",
            "127.0.0.1",
            "-timeout",
            "10s",
            "-p",
        ])
        .arg(local.to_string())
        .args(more)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("sipp of Debian's sip-tester")
}

async fn succeeded(mut child: std::process::Child) -> bool {
    tokio::task::spawn_blocking(move || child.wait().unwrap().success()).await.unwrap()
}

#[tokio::test]
#[ignore = "needs sipp: make acceptance"]
async fn sipp_calls_and_switches_to_t38() {
    let mut bench = Bench::new().await;
    let target = bench.peer.target.to_string();
    let child = sipp("uac_reinvite_t38.xml", port(), &["-s", "200", &target]);
    let (_, mut dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    accept(&dialog, OFFER);
    loop {
        match event(&mut dialog).await {
            Event::Offered { .. } => accept(&dialog, T38),
            Event::Gone(gone) => break assert_eq!(gone, Gone::Bye(None)),
            _ => {}
        }
    }
    assert!(succeeded(child).await);
}

#[tokio::test]
#[ignore = "needs sipp: make acceptance"]
async fn sipp_is_called_and_switched_to_t38() {
    let local = port();
    let bench = Bench::with(|settings| {
        settings.trunks = vec![Trunk::udp("peer", SocketAddr::from((Ipv4Addr::LOCALHOST, local)))];
        settings.timers = fax_net::Timers::default();
    })
    .await;
    let child = sipp("uas_accept_t38.xml", local, &[]);
    let mut dialog = bench.dial(OFFER);
    while !matches!(event(&mut dialog).await, Event::Accepted { .. }) {}
    offer(&dialog, Method::ReInvite, T38);
    while !matches!(event(&mut dialog).await, Event::Accepted { .. }) {}
    dialog.command(Command::Bye);
    assert_eq!(event(&mut dialog).await, Event::Gone(Gone::AsAsked));
    assert!(succeeded(child).await);
}
