//! SIP messages as they may be kept: without credentials, and without numbers and names as far as the configuration shows none.
//!
//! Always: what is hidden keeps its length, and what is not known to be harmless is hidden.

use crate::config::NumberDisplay;

/// Headers that say nothing of persons, beside the users of the URIs in them; short forms too.
const HARMLESS: &[&str] = &[
    "accept",
    "allow",
    "c",
    "call-id",
    "content-encoding",
    "content-length",
    "content-type",
    "cseq",
    "date",
    "event",
    "expires",
    "i",
    "k",
    "l",
    "max-forwards",
    "min-expires",
    "min-se",
    "privacy",
    "proxy-authenticate",
    "rack",
    "reason",
    "record-route",
    "refer-sub",
    "require",
    "retry-after",
    "route",
    "rseq",
    "server",
    "session-expires",
    "subscription-state",
    "supported",
    "timestamp",
    "unsupported",
    "user-agent",
    "v",
    "via",
    "warning",
    "www-authenticate",
    "x",
    "x-fax-gateway-hops",
];
/// Headers with the address of a person: all but the address is hidden, and its user.
const ADDRESSES: &[&str] = &[
    "contact",
    "diversion",
    "f",
    "from",
    "history-info",
    "m",
    "p-asserted-identity",
    "p-preferred-identity",
    "r",
    "refer-to",
    "referred-by",
    "remote-party-id",
    "reply-to",
    "t",
    "to",
];
/// Headers that show a password to who tries many.
const CREDENTIALS: &[&str] = &["authorization", "proxy-authorization"];

/// A message as it may be kept.
pub(super) fn redact(message: &[u8], numbers: NumberDisplay) -> Vec<u8> {
    let text = String::from_utf8_lossy(message);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut out = String::with_capacity(text.len());
    let mut is_sdp = false;
    for (n, line) in head.split("\r\n").enumerate() {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let key = name.trim().to_ascii_lowercase();
        let is = |names: &[&str]| names.contains(&key.as_str());
        is_sdp |= matches!(key.as_str(), "content-type" | "c") && value.trim().starts_with("application/sdp");
        match n {
            _ if n > 0 && is(CREDENTIALS) => out += &format!("{name}:{}", hidden(value)),
            _ if numbers == NumberDisplay::Full => out += line,
            0 => out += &without_users(line, numbers),
            _ if is(ADDRESSES) => out += &format!("{name}:{}", without_users(&without_names(value), numbers)),
            _ if is(HARMLESS) => out += &format!("{name}:{}", without_users(value, numbers)),
            _ => out += &format!("{name}:{}", hidden(value)),
        }
        out += "\r\n";
    }
    out += "\r\n";
    match (numbers, is_sdp) {
        (NumberDisplay::Full, _) => out += body,
        (_, true) => body.split_inclusive('\n').for_each(|line| out += &description(line)),
        (_, false) => out += &hidden(body),
    }
    out.into_bytes()
}

/// Letters and digits become `x`.
fn hidden(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_punctuation() || c.is_whitespace() { c } else { 'x' }).collect()
}

/// What stands before the address: a name, in quotes or not.
fn without_names(value: &str) -> String {
    match value.split_once('<') {
        Some((name, rest)) => format!("{}<{rest}", hidden(name)),
        None => value.to_owned(),
    }
}

/// The users in all SIP and tel URIs.
fn without_users(text: &str, numbers: NumberDisplay) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut rest = 0;
    while let Some((start, tel)) = next_uri(&lower, rest) {
        let after = lower.get(start..).unwrap_or_default();
        let end = after.find(|c: char| c.is_whitespace() || "<>\",".contains(c)).unwrap_or(after.len());
        let uri = after.get(..end).unwrap_or_default();
        // Of a SIP URI without a user all is host.
        let user = if tel { uri.find(';').unwrap_or(end) } else { uri.rfind('@').unwrap_or(0) };
        out += text.get(rest..start).unwrap_or_default();
        out += &shown(text.get(start..start + user).unwrap_or_default(), numbers);
        rest = start + user;
    }
    out + text.get(rest..).unwrap_or_default()
}

/// Where the next URI's user begins, and whether it is a tel URI.
fn next_uri(lower: &str, from: usize) -> Option<(usize, bool)> {
    let rest = lower.get(from..)?;
    let kinds = [("sip:", false), ("sips:", false), ("tel:", true)];
    let found =
        kinds.iter().filter_map(|(scheme, tel)| Some((from + rest.find(scheme)? + scheme.len(), *tel)));
    found.min()
}

fn shown(user: &str, numbers: NumberDisplay) -> String {
    let length = user.chars().count();
    match numbers {
        NumberDisplay::Full => user.to_owned(),
        NumberDisplay::Ending if length >= 6 => {
            let ending: String = user.chars().skip(length - 2).collect();
            hidden(&user.chars().take(length - 2).collect::<String>()) + &ending
        }
        NumberDisplay::Ending | NumberDisplay::Hidden => hidden(user),
    }
}

/// A line of SDP. Its owner's and its session's name, address and number are somebody's; all else is technical.
fn description(line: &str) -> String {
    let Some((kind, value)) = line.split_once('=') else { return hidden(line) };
    match kind {
        "o" => {
            let (owner, rest) = value.split_once(' ').unwrap_or((value, ""));
            format!("o={} {rest}", hidden(owner))
        }
        "s" | "i" | "u" | "e" | "p" | "k" => format!("{kind}={}", hidden(value)),
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str = "INVITE sip:0044207946000@192.0.2.1:5060;user=phone SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bK77;rport\r\n\
        From: \"Ada Lovelace\" <sip:+4930123456@pbx.example>;tag=aa11\r\n\
        To: <tel:0044207946000;phone-context=+49>\r\n\
        P-Asserted-Identity: Babbage <sips:babbage@pbx.example>\r\n\
        Contact: <sip:192.0.2.2:5060>\r\n\
        Call-ID: 4711\r\nCSeq: 1 INVITE\r\nX-Customer: 30 123456\r\n\
        Proxy-Authorization: Digest username=\"office\", response=\"0123456789abcdef\"\r\n\
        Content-Type: application/sdp\r\nContent-Length: 99\r\n\r\n\
        v=0\r\no=Ada 1 1 IN IP4 192.0.2.2\r\ns=Ada\r\nc=IN IP4 192.0.2.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";

    #[test]
    fn nothing_of_a_person_is_left_and_everything_of_the_protocol() {
        let kept = String::from_utf8(redact(INVITE.as_bytes(), NumberDisplay::Hidden)).unwrap();
        assert_eq!(kept.len(), INVITE.len());
        for personal in ["0044", "4930", "Ada", "Lovelace", "abbage", "123456", "office", "abcdef"] {
            assert!(!kept.contains(personal), "{personal} in {kept}");
        }
        for technical in [
            "INVITE sip:xxxxxxxxxxxxx@192.0.2.1:5060;user=phone SIP/2.0",
            "branch=z9hG4bK77;rport",
            "\"xxx xxxxxxxx\" <sip:+xxxxxxxxxx@pbx.example>;tag=aa11",
            "<tel:xxxxxxxxxxxxx;phone-context=+49>",
            "Contact: <sip:192.0.2.2:5060>",
            "Call-ID: 4711",
            "c=IN IP4 192.0.2.2",
            "m=audio 4000 RTP/AVP 8",
        ] {
            assert!(kept.contains(technical), "{technical} in {kept}");
        }
    }

    #[test]
    fn as_much_of_a_number_is_shown_as_in_records_and_of_credentials_nothing() {
        let ending = String::from_utf8(redact(INVITE.as_bytes(), NumberDisplay::Ending)).unwrap();
        assert!(ending.contains("sip:xxxxxxxxxxx00@192.0.2.1") && ending.contains("<sip:+xxxxxxxx56@pbx"));
        let full = String::from_utf8(redact(INVITE.as_bytes(), NumberDisplay::Full)).unwrap();
        assert!(full.contains("Ada Lovelace") && full.contains("0044207946000"));
        assert!(!full.contains("abcdef") && !full.contains("office"));
    }

    /// Digits that somebody keyed in.
    #[test]
    fn a_body_that_is_no_description_is_hidden() {
        let info = "INFO sip:a@h SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=160\r\n";
        let kept = String::from_utf8(redact(info.as_bytes(), NumberDisplay::Ending)).unwrap();
        assert!(kept.ends_with("\r\n\r\nxxxxxx=x\r\nxxxxxxxx=xxx\r\n"), "{kept}");
    }

    #[test]
    fn no_message_does_harm() {
        let mut state = 7_u64;
        for _ in 0..20_000 {
            let mut message = INVITE.as_bytes().to_vec();
            for _ in 0..8 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (state >> 40) as usize % message.len();
                message[at] = (state >> 32) as u8;
            }
            redact(&message, NumberDisplay::Ending);
        }
    }
}
