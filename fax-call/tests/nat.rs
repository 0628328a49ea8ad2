//! T.38 with peers behind a NAT or a firewall, and with those that still send their audio: what leaves, and where to.

use fax_call::media::{Audio, Flow, Learning, LegSettings, Order, Path, Settings, Socket, T38};
use fax_call::{Law, Side};
use fax_core::{Span, Timestamp};
use fax_t38::line::{self, T38Line};
use fax_t38::sdp::{Abilities, Local, Offer, Origin, Policy, answer};
use fax_t38::udptl::Datagram;
use std::net::SocketAddr;

/// Where signalling says the peer is, where it really is, and where its audio comes from.
const NAMED: ([u8; 4], u16) = ([192, 0, 2, 1], 4002);
const BEHIND: ([u8; 4], u16) = ([203, 0, 113, 5], 61_002);
const ITS_AUDIO: ([u8; 4], u16) = ([203, 0, 113, 5], 61_000);

fn at(ms: u64) -> Timestamp {
    Timestamp::from_micros(ms * 1000)
}

/// A call whose near leg has become T.38, its far leg in audio.
fn call(learning: Learning) -> Path {
    let near = LegSettings { learning, ..LegSettings::default() };
    let mut path = Path::new(Settings { near, ..Settings::default() });
    let (remote, packet) = (([192, 0, 2, 2], 5000).into(), Span::from_millis(20));
    let audio = Audio { remote, law: Law::A, packet, red: None, events: None, flow: Flow::Both };
    path.order(at(0), Side::Far, Order::Audio(audio));
    let host = [192, 0, 2, 9].into();
    let local = Local { origin: Origin::new(1, host), host, port: 6000, audio: None };
    let (abilities, policy) = (Abilities::default(), Policy::default());
    let offer = Offer::new(&abilities, &policy, &local, &[]);
    let session = answer(&abilities, &policy, &local, &offer.description).unwrap().session;
    path.order(at(0), Side::Near, Order::T38(T38 { remote: NAMED.into(), session, continues: false }));
    path
}

/// What leaves the near leg, and where to.
fn sent(path: &mut Path) -> Vec<(SocketAddr, Vec<u8>)> {
    let mut out = [0; 1500];
    let leaving = core::iter::from_fn(|| path.transmit(Side::Near, &mut out).map(|it| (it, out)));
    leaving.map(|(it, out)| (it.to, out[..it.length].to_vec())).collect()
}

/// Whom the near leg sends to when the peer has sent T.38 from there for a second since `begin`, then nothing more.
fn target_after(path: &mut Path, begin: u64, from: ([u8; 4], u16)) -> SocketAddr {
    let mut peer = T38Line::new(line::Settings::default());
    let (mut datagram, mut target) = ([0; 1400], None);
    for now in (begin..begin + 2_000).step_by(20).map(at) {
        peer.advance(now);
        while let Some(length) = peer.transmit(&mut datagram).filter(|_| now < at(begin + 1_000)) {
            path.receive(now, Side::Near, Socket::Udptl, from.into(), &datagram[..length]);
        }
        path.advance(now);
        target = sent(path).pop().map(|(to, _)| to).or(target);
    }
    target.expect("something leaves")
}

/// NAT-1.
#[test]
fn t38_that_comes_from_elsewhere_is_believed_only_where_the_peer_is_known_to_be_behind_a_nat() {
    assert_eq!(target_after(&mut call(Learning::Nat), 0, BEHIND), BEHIND.into());
    let mut path = call(Learning::Pinned);
    assert_eq!(target_after(&mut path, 0, BEHIND), NAMED.into());
    assert!(path.strangers(Side::Near) >= 4);
}

/// NAT-1: whoever comes second does not get the stream.
#[test]
fn a_peer_that_was_heard_keeps_its_stream() {
    let mut path = call(Learning::Nat);
    assert_eq!(target_after(&mut path, 0, BEHIND), BEHIND.into());
    let mut stranger = T38Line::new(line::Settings::default());
    let mut datagram = [0; 1400];
    for now in (2_000..12_000).step_by(20).map(at) {
        stranger.advance(now);
        while let Some(length) = stranger.transmit(&mut datagram) {
            path.receive(
                now,
                Side::Near,
                Socket::Udptl,
                ([198, 51, 100, 9], 4002).into(),
                &datagram[..length],
            );
        }
        path.advance(now);
        assert!(sent(&mut path).iter().all(|(to, _)| *to == BEHIND.into()));
    }
}

/// NAT-2, UTL-2: audio that goes on after the switch, on the port of T.38.
#[test]
fn old_audio_on_the_port_of_t38_moves_nothing() {
    let mut path = call(Learning::Nat);
    for n in 0..200_u16 {
        let now = at(20 * u64::from(n));
        let mut packet = vec![0x80, 8, (n >> 8) as u8, n as u8, 0, 0, n as u8, 0, 1, 2, 3, 4];
        packet.extend([0xD5; 160]);
        path.receive(now, Side::Near, Socket::Udptl, ITS_AUDIO.into(), &packet);
        path.advance(now);
        assert!(sent(&mut path).iter().all(|(to, _)| *to == NAMED.into()));
    }
    assert_eq!(path.strangers(Side::Near), 200);
    assert_eq!(target_after(&mut path, 4_000, NAMED), NAMED.into());
}

/// NAT-3: a peer that waits for us gets "no signal" at once, three copies of it, and again each 500 ms: the firewall opens.
#[test]
fn of_two_that_wait_for_each_other_we_are_not_one() {
    const NO_SIGNAL: u8 = 0;
    let mut path = call(Learning::Pinned);
    let mut times = Vec::new();
    for ms in (0..5_000).step_by(10) {
        path.advance(at(ms));
        for (to, octets) in sent(&mut path) {
            let datagram = Datagram::parse(&octets).unwrap();
            assert_eq!((to, datagram.primary), (NAMED.into(), &[NO_SIGNAL][..]));
            times.push(ms);
        }
    }
    assert_eq!(times[0], 0);
    assert!(times[3] <= 600, "{times:?}");
    assert!(times.windows(2).all(|pair| pair[1] - pair[0] <= 510), "{times:?}");
}
