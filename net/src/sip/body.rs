//! The description in a body: alone, or as one part of several (RFC 5621; SIP-I trunks send ISUP beside it).

use super::grammar::parameter;
use super::message::value;
use super::stack::HasHeaders;
use bytes::Bytes;

/// What kind of body a message has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Nothing,
    Description,
    Other,
}

/// Sorts the body of a message.
pub(super) fn sort(message: &impl HasHeaders, body: &[u8]) -> Body {
    match value(message, "Content-Type") {
        _ if body.is_empty() => Body::Nothing,
        None => Body::Description,
        Some(kind) if is_sdp(kind) || kind.to_ascii_lowercase().starts_with("multipart/") => {
            Body::Description
        }
        Some(_) => Body::Other,
    }
}

/// The session description in `body`, or nothing.
pub(super) fn description(message: &impl HasHeaders, body: &[u8]) -> Bytes {
    let kind = value(message, "Content-Type").unwrap_or("application/sdp");
    if is_sdp(kind) {
        return Bytes::copy_from_slice(body);
    }
    let boundary = parameter(kind, "boundary").filter(|boundary| !boundary.is_empty());
    let part = boundary.and_then(|boundary| part(body, boundary));
    part.map(Bytes::copy_from_slice).unwrap_or_default()
}

fn is_sdp(kind: &str) -> bool {
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/sdp"))
}

/// The first part that is a description. Text only: a boundary inside binary parts does not matter, as parts are cut at it anyway.
fn part<'a>(body: &'a [u8], boundary: &str) -> Option<&'a [u8]> {
    let mark = [b"--", boundary.as_bytes()].concat();
    let mut rest = body;
    while let Some(at) = find(rest, &mark) {
        rest = rest.get(at + mark.len()..)?;
        let whole = rest.get(..find(rest, &mark)?)?;
        let (head, content) = split(whole, b"\r\n\r\n").or_else(|| split(whole, b"\n\n"))?;
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let kind = head
            .lines()
            .find_map(|line| line.strip_prefix("content-type:").or_else(|| line.strip_prefix("c:")));
        if kind.is_some_and(is_sdp) {
            return Some(content);
        }
    }
    None
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len().max(1)).position(|window| window == what)
}

fn split<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let position = find(text, at)?;
    Some((text.get(..position)?, text.get(position + at.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::stack::Request;

    fn message(kind: &str) -> Request {
        Request::try_from(format!("INVITE sip:1@h SIP/2.0\r\nContent-Type: {kind}\r\n\r\n").as_bytes())
            .unwrap()
    }

    #[test]
    fn a_description_is_found_among_parts() {
        let body = b"--b\r\nContent-Type: application/ISUP\r\n\r\n\x01\x02\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--\r\n";
        assert_eq!(description(&message("multipart/mixed;boundary=\"b\""), body), "v=0\r\n");
        assert_eq!(description(&message("multipart/mixed"), body), "");
        assert_eq!(
            description(&message("multipart/mixed;boundary=b"), b"--b\r\nContent-Type: application/sdp"),
            ""
        );
    }

    #[test]
    fn bodies_are_sorted_by_their_type() {
        assert_eq!(sort(&message("Application/SDP; charset=x"), b"v=0"), Body::Description);
        assert_eq!(sort(&message("text/plain"), b"v=0"), Body::Other);
        assert_eq!(sort(&message("text/plain"), b""), Body::Nothing);
        assert_eq!(description(&message("text/plain"), b"v=0"), "");
    }
}
