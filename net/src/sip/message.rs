//! Header values as text: what is read out of a message and what is written into one.
//!
//! From: RFC 3261 20, 25; RFC 4028 4, 5; RFC 3326 (Reason).
//! Not here: the message itself, which the stack parses and writes.

use super::grammar::{self, parameter};
use super::stack::{HasHeaders, Header, Headers, Uri, make_header};
use core::net::SocketAddr;
use core::time::Duration;
pub(super) use fax_call::sip::escape_user;
use fax_call::sip::{Headers as FurtherHeaders, SessionTimer};
use fax_core::Span;

/// The mark that counts how often gateways of this kind have passed a call on; a loop is seen by it.
pub(super) const HOPS: &str = "X-Fax-Gateway-Hops";

/// What we can do, for Allow.
pub(super) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, INFO, REFER, NOTIFY, MESSAGE";

/// The value of the first header of that name, trimmed.
pub(super) fn value<'a>(message: &'a impl HasHeaders, name: &str) -> Option<&'a str> {
    values(message, name).next()
}

/// The values of all headers of that name, in order.
pub(super) fn values<'a>(message: &'a impl HasHeaders, name: &str) -> impl Iterator<Item = &'a str> {
    message
        .headers()
        .0
        .iter()
        .filter(move |header| header.name().eq_ignore_ascii_case(name))
        .map(|header| header.value().trim())
}

/// The items of all headers of that name that hold lists, in order. A comma inside quotes or angle brackets is none.
pub(super) fn list<'a>(message: &'a impl HasHeaders, name: &str) -> impl Iterator<Item = &'a str> {
    values(message, name).flat_map(grammar::list)
}

/// The user part of a SIP or tel URI, its escapes undone; empty if there is none.
pub(super) fn user(uri: &str) -> String {
    let Some((scheme, rest)) = uri.split_once(':') else { return String::new() };
    let user = match rest.rsplit_once('@') {
        Some((user, _)) => user,
        None if scheme.eq_ignore_ascii_case("tel") => rest,
        None => return String::new(),
    };
    unescape(user.split_once(':').map_or(user, |(name, _password)| name))
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|pair| core::str::from_utf8(pair).ok());
        match digits.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// CSeq as number and method.
pub(super) fn cseq(message: &impl HasHeaders) -> Option<(u32, &str)> {
    let (number, method) = value(message, "CSeq")?.split_once(char::is_whitespace)?;
    // RFC 3261 8.1.1.5: less than 2^31.
    let number = number.parse().ok().filter(|number| *number < 1 << 31)?;
    Some((number, method.trim()))
}

/// The headers that are for neither the dialog nor us.
pub(super) fn foreign(message: &impl HasHeaders) -> FurtherHeaders {
    let mut further = FurtherHeaders::received();
    for header in &message.headers().0 {
        // What does not fit is counted there.
        _ = further.push(header.name(), header.value());
    }
    further
}

/// Tag of From.
pub(super) fn from_tag(message: &impl HasHeaders) -> Option<&str> {
    value(message, "From").and_then(|from| parameter(from, "tag")).filter(|tag| !tag.is_empty())
}

/// Tag of To.
pub(super) fn to_tag(message: &impl HasHeaders) -> Option<&str> {
    value(message, "To").and_then(|to| parameter(to, "tag")).filter(|tag| !tag.is_empty())
}

/// What a message says of session timers.
pub(super) fn session_timer(message: &impl HasHeaders) -> SessionTimer {
    let span = |text: &str| text.split(';').next()?.trim().parse().ok().map(seconds);
    let expires = value(message, "Session-Expires");
    let refresher = expires.and_then(|expires| parameter(expires, "refresher"));
    SessionTimer {
        supported: list(message, "Supported").any(|option| option.eq_ignore_ascii_case("timer")),
        expires: expires.and_then(span),
        requester_refreshes: refresher.and_then(|who| match who {
            who if who.eq_ignore_ascii_case("uac") => Some(true),
            who if who.eq_ignore_ascii_case("uas") => Some(false),
            _ => None,
        }),
        min: value(message, "Min-SE").and_then(span),
    }
}

/// Which way a message goes: RFC 4028 asks more of a response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Request,
    Response,
}

/// Writes `timer` into `headers`. Nothing is written that it does not say (SIP-12).
pub(super) fn put_timer(headers: &mut Headers, timer: SessionTimer, kind: Kind) {
    if timer.supported {
        put(headers, "Supported", "timer".into());
    }
    if let Some(expires) = timer.expires {
        let refresher = match timer.requester_refreshes {
            Some(true) => ";refresher=uac",
            Some(false) => ";refresher=uas",
            None => "",
        };
        put(headers, "Session-Expires", format!("{}{refresher}", whole_seconds(expires)));
        // RFC 4028 9: the requester is told that it has to refresh.
        if kind == Kind::Response && timer.requester_refreshes == Some(true) {
            put(headers, "Require", "timer".into());
        }
    }
    if let Some(min) = timer.min {
        put(headers, "Min-SE", whole_seconds(min).to_string());
    }
}

/// Adds a header.
pub(super) fn put(headers: &mut Headers, name: &str, value: String) {
    headers.push(header(name, value));
}

/// A header of that name.
pub(super) fn header(name: &str, value: String) -> Header {
    make_header(name, value)
}

/// Seconds of a span, rounded up: a bound that is promised is not shortened.
pub(super) fn whole_seconds(span: Span) -> u64 {
    span.micros().div_ceil(1_000_000)
}

/// A span of whole seconds.
pub(super) const fn seconds(seconds: u64) -> Span {
    Span::from_millis(seconds.saturating_mul(1000))
}

/// Retry-After: seconds, whatever comment or parameters follow.
pub(super) fn retry_after(message: &impl HasHeaders) -> Option<Span> {
    let digits = value(message, "Retry-After")?;
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok().map(seconds)
}

/// The Q.850 cause of a Reason header.
pub(super) fn q850(message: &impl HasHeaders) -> Option<u8> {
    list(message, "Reason")
        .find(|reason| {
            reason.split(';').next().is_some_and(|protocol| protocol.trim().eq_ignore_ascii_case("Q.850"))
        })
        .and_then(|reason| parameter(reason, "cause"))
        .and_then(|cause| cause.parse().ok())
}

/// A URI as the stack wants it.
pub(super) fn uri(text: &str) -> Option<Uri> {
    Uri::try_from(text).ok()
}

/// The number address and port of a URI's host, if it is one.
pub(super) fn uri_socket(text: &str, default_port: u16) -> Option<SocketAddr> {
    let rest = text.split_once(':')?.1;
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host.split([';', '?']).next()?;
    host.parse()
        .ok()
        .or_else(|| host.trim_matches(['[', ']']).parse().ok().map(|ip| SocketAddr::new(ip, default_port)))
}

/// A duration in whole seconds, at least one.
pub(super) fn at_least_a_second(duration: Duration) -> u64 {
    duration.as_secs().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::stack::Request;

    fn request(lines: &str) -> Request {
        let text = format!("INVITE sip:1@h SIP/2.0\r\n{lines}\r\n\r\n");
        Request::try_from(text.as_bytes()).unwrap()
    }

    #[test]
    fn tags_are_read_wherever_addresses_carry_parameters() {
        let message = request("From: \"a;tag=no\" <sip:a@b;tag=nor>;x=1;Tag=yes\r\nTo: sip:c@d;tag=bare");
        assert_eq!(from_tag(&message), Some("yes"));
        assert_eq!(to_tag(&message), Some("bare"));
    }

    #[test]
    fn users_go_into_uris_and_come_back() {
        for text in ["+44 20", "1#2*3", "a@b", "ü", ""] {
            assert_eq!(user(&format!("sip:{}@host", escape_user(text))), text);
        }
        assert_eq!(user("tel:+4420"), "+4420");
        assert_eq!(user("sip:host"), "");
        assert_eq!(user("sip:a:secret@host"), "a");
        assert_eq!(user("sip:100%@h"), "100%");
    }

    #[test]
    fn what_is_written_of_a_session_timer_is_read_again() {
        let said = SessionTimer {
            supported: true,
            expires: Some(seconds(1800)),
            requester_refreshes: Some(false),
            min: Some(seconds(90)),
        };
        let mut message = request("From: <sip:a@b>");
        put_timer(&mut message.headers, said, Kind::Request);
        assert_eq!(session_timer(&message), said);
    }

    #[test]
    fn a_compact_session_timer_is_read() {
        let message = request("k: 100rel, timer\r\nx: 600;refresher=UAC");
        let timer = session_timer(&message);
        assert_eq!(
            (timer.supported, timer.expires, timer.requester_refreshes),
            (true, Some(seconds(600)), Some(true))
        );
    }

    #[test]
    fn a_message_that_says_nothing_of_timers_gets_none() {
        let mut message = request("From: <sip:a@b>");
        let before = message.headers.0.len();
        put_timer(&mut message.headers, SessionTimer::default(), Kind::Response);
        assert_eq!(message.headers.0.len(), before);
        assert_eq!(session_timer(&message), SessionTimer::default());
    }

    #[test]
    fn the_q850_cause_is_found_among_reasons() {
        let message =
            request("Reason: SIP;cause=200, Q.850;text=\"Terminated, normally; cause=41\";cause=16");
        assert_eq!(q850(&message), Some(16));
        assert_eq!(q850(&request("Reason: Q.850;cause=999")), None);
    }

    #[test]
    fn a_uri_with_a_numeric_host_gives_its_socket() {
        assert_eq!(uri_socket("sip:a@10.0.0.1:5070;transport=udp", 5060), "10.0.0.1:5070".parse().ok());
        assert_eq!(uri_socket("sip:[::1]", 5060), "[::1]:5060".parse().ok());
        assert_eq!(uri_socket("sip:a@example.com", 5060), None);
    }
}
