//! A fax machine with a dialog of its own, as its peer's signalling sees it.

use bytes::Bytes;
use fax_call::sip::{Command, Event, Headers, Invitation, LegSettings, Local, Method, SessionTimer, T38Mode};
use fax_call::{OffersT38, Phone, PhoneSettings, media};
use fax_core::t30::session::Role;
use fax_core::terminal::{Document, FaxMachine, Settings};
use fax_core::{Private, Timestamp};

const AT: Timestamp = Timestamp::ZERO;

fn sdp(version: u32, line: &str) -> Bytes {
    let head = format!("v=0\r\no=- 1 {version} IN IP4 192.0.2.2\r\ns=-\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\n");
    Bytes::from(head + line + "\r\n")
}

/// A machine that was called and has answered in audio.
fn answered(t38: T38Mode) -> Phone {
    let machine = FaxMachine::new(Role::Answerer, Settings::default(), Document::default());
    let local = Local { host: [192, 0, 2, 1].into(), rtp_port: 4000, udptl_port: 4002, origin: 1 };
    let leg = LegSettings { t38, ..LegSettings::new(local) };
    let media = media::LegSettings::default();
    let settings = PhoneSettings { leg, media, offers: OffersT38::Never, seed: 1 };
    let number = |digits: &str| Private::new(digits.to_owned());
    let invitation = Invitation {
        call_id: "1".into(),
        caller: number("1"),
        called: number("2"),
        source: ([192, 0, 2, 2], 5060).into(),
        trunk: "a".into(),
        max_forwards: 70,
        hops: 0,
        headers: Headers::default(),
        body: sdp(1, "m=audio 5000 RTP/AVP 8"),
        timer: SessionTimer::default(),
    };
    let mut phone = Phone::answer(machine, settings, &invitation, AT).unwrap();
    assert!(matches!(phone.command(), Some(Command::Accept { .. })));
    phone.take(AT, Event::Acknowledged { body: Bytes::new() });
    phone
}

fn offered(phone: &mut Phone, version: u32, line: &str) -> Option<Command> {
    let (by, timer) = (Method::ReInvite, SessionTimer::default());
    phone.take(AT, Event::Offered { by, body: sdp(version, line), timer });
    phone.command()
}

/// SIP-9: a gateway that comes into the call moves its media.
#[test]
fn audio_from_elsewhere_is_taken_at_once() {
    let mut phone = answered(T38Mode::Never);
    let answer = offered(&mut phone, 2, "m=audio 6000 RTP/AVP 8");
    assert!(matches!(&answer, Some(Command::Accept { body, .. }) if body.starts_with(b"v=0")), "{answer:?}");
}

#[test]
fn t38_is_taken_or_refused_as_is_set() {
    let line = "m=image 6002 udptl t38";
    assert!(matches!(offered(&mut answered(T38Mode::Prefer), 2, line), Some(Command::Accept { .. })));
    let refused = offered(&mut answered(T38Mode::Never), 2, line);
    assert!(matches!(refused, Some(Command::Refuse { code: 488, .. })), "{refused:?}");
}
