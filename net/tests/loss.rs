//! Two endpoints with a bad network between them.

mod support;

use bytes::Bytes;
use core::net::Ipv4Addr;
use fax_call::sip::{Command, Event, Gone, Headers, Method, SessionTimer, Target};
use fax_core::Private;
use fax_net::{Calls, EndpointSettings, Listener, SipEndpoint, Trunk};
use std::sync::Arc;
use support::{FAST, OFFER, T38, accept, event, offer};
use tokio::net::UdpSocket;

/// One side: an endpoint that knows the network's port as its peer, and tells the other side to answer through it.
async fn side(near: &UdpSocket, far: &UdpSocket) -> (SipEndpoint, Calls) {
    let mut trunk = Trunk::udp("net", near.local_addr().unwrap());
    trunk.advertised = Some(far.local_addr().unwrap());
    let listeners = vec![Listener::udp((Ipv4Addr::LOCALHOST, 0).into())];
    SipEndpoint::start(EndpointSettings {
        listeners,
        trunks: vec![trunk],
        timers: FAST,
        ..EndpointSettings::default()
    })
    .await
    .unwrap()
}

/// Passes on what comes to `from`, but for one datagram in five, chosen by `seed`.
async fn lossy(from: Arc<UdpSocket>, by: Arc<UdpSocket>, to: core::net::SocketAddr, mut seed: u32) {
    let mut buffer = [0; 8192];
    while let Ok((length, _)) = from.recv_from(&mut buffer).await {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if !(seed >> 16).is_multiple_of(5) {
            let _ = by.send_to(&buffer[..length], to).await;
        }
    }
}

async fn answer(mut calls: Calls) {
    while let Some((_, mut dialog)) = calls.next().await {
        tokio::spawn(async move {
            accept(&dialog, OFFER);
            loop {
                match event(&mut dialog).await {
                    Event::Offered { .. } => accept(&dialog, T38),
                    Event::Gone(gone) => return gone,
                    _ => {}
                }
            }
        });
    }
}

async fn call(endpoint: SipEndpoint) -> Gone {
    let mut dialog = endpoint.dial().unwrap();
    let number = || Private::new("1".to_owned());
    let target = Target {
        trunk: "net".into(),
        caller: number(),
        called: number(),
        max_forwards: 70,
        hops: 0,
        headers: Headers::default(),
    };
    dialog.command(Command::Invite {
        target,
        body: Bytes::from_static(OFFER.as_bytes()),
        timer: SessionTimer::default(),
    });
    while !matches!(event(&mut dialog).await, Event::Accepted { .. }) {}
    offer(&dialog, Method::ReInvite, T38);
    loop {
        match event(&mut dialog).await {
            Event::Accepted { body, .. } => {
                assert_eq!(body, T38);
                break;
            }
            // The 200 of the first INVITE is not yet acknowledged over there.
            Event::Refused { code: 491 | 500, .. } => offer(&dialog, Method::ReInvite, T38),
            _ => {}
        }
    }
    dialog.command(Command::Bye);
    loop {
        if let Event::Gone(gone) = event(&mut dialog).await {
            return gone;
        }
    }
}

#[tokio::test]
async fn twenty_calls_get_through_when_every_fifth_datagram_is_lost() {
    let open = async || Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap());
    let (left, right) = (open().await, open().await);
    let (caller, _none) = side(&left, &right).await;
    let (answerer, calls) = side(&right, &left).await;
    let (caller_at, answerer_at) = (caller.bound()[0].1, answerer.bound()[0].1);
    let there = tokio::spawn(lossy(Arc::clone(&left), Arc::clone(&right), answerer_at, 1));
    let back = tokio::spawn(lossy(right, left, caller_at, 2));
    let answering = tokio::spawn(answer(calls));
    let calls: Vec<_> = (0..20).map(|_| tokio::spawn(call(caller.clone()))).collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Gone::AsAsked);
    }
    assert_eq!((caller.counts().dialogs_out, answerer.counts().dialogs_in), (20, 20));
    for task in [there, back, answering] {
        task.abort();
    }
}
