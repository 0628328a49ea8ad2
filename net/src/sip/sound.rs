//! Whether a request is one that can be believed: its framing, and the headers that every request has.
//!
//! From: RFC 3261 7.3, 8.1.1, 8.2.2.1, 20.14; RFC 4475 3.1.2, 3.3.
//! Always: what two readers could take for two different requests is refused.
//! Not here: what it asks for (`gate`).

use super::grammar;
use super::message::{cseq, from_tag, value, values};
use super::stack::{Method, Request, Scheme, TransactionKey, TransactionRole, Version};

/// What every later step needs of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sound<'a> {
    /// CSeq's number.
    pub(super) number: u32,
    pub(super) call_id: &'a str,
    /// Tag of From.
    pub(super) tag: &'a str,
}

/// Call-IDs and tags are kept: longer ones are nobody's.
const LONGEST_ID: usize = 256;

impl<'a> Sound<'a> {
    /// Looks at a request.
    ///
    /// # Errors
    /// The response that says what is wrong: 505, 400, 416.
    pub(super) fn of(request: &'a Request) -> Result<Self, u16> {
        if request.version != Version::V2 {
            return Err(505);
        }
        let sound = Self::headers(request).ok_or(400_u16)?;
        match &request.uri.scheme {
            Some(Scheme::Sip | Scheme::Sips) => Ok(sound),
            Some(Scheme::Other(scheme)) if scheme.eq_ignore_ascii_case("tel") => Ok(sound),
            Some(Scheme::Other(_)) | None => Err(416),
        }
    }

    fn headers(request: &'a Request) -> Option<Self> {
        let (number, method) = cseq(request)?;
        let call_id = value(request, "Call-ID").filter(|id| !id.is_empty() && id.len() <= LONGEST_ID)?;
        let tag = from_tag(request).filter(|tag| tag.len() <= LONGEST_ID)?;
        let fits = method == request.method.to_string()
            && value(request, "To").is_some()
            && value(request, "Max-Forwards").is_none_or(|hops| hops.parse::<u8>().is_ok())
            && TransactionKey::from_request(request, TransactionRole::Server).is_ok();
        let contact = request.method != Method::Invite || value(request, "Contact").is_some();
        let whole = is_framed(request) && is_single(request) && is_lines(request) && is_closed(request);
        (fits && contact && whole).then_some(Self { number, call_id, tag })
    }
}

/// A body as long as it is said to be; what a datagram has beyond that is left out.
fn is_framed(request: &Request) -> bool {
    value(request, "Content-Length")
        .is_none_or(|length| length.parse::<u32>().is_ok_and(|length| length as usize <= request.body.len()))
}

/// Headers of which there is one: of two, others might believe the other.
fn is_single(request: &Request) -> bool {
    const SINGLE: [&str; 7] =
        ["Call-ID", "CSeq", "From", "To", "Max-Forwards", "Content-Length", "Content-Type"];
    SINGLE.iter().all(|name| values(request, name).nth(1).is_none())
}

/// No ends of lines inside headers: they may be passed on, to somebody who would read two headers there.
fn is_lines(request: &Request) -> bool {
    request.headers.0.iter().all(|header| is_line(header.value()))
}

/// Whether a text goes into one header.
pub(super) fn is_line(text: &str) -> bool {
    !text.contains(['\r', '\n', '\0'])
}

/// No quotes that stay open in addresses.
fn is_closed(request: &Request) -> bool {
    ["From", "To", "Contact"].iter().all(|name| values(request, name).all(grammar::is_closed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: \"A \\\"B\" <sip:a@b>;tag=1\r\n\
        To: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:a@b>\r\nMax-Forwards: 70\r\nContent-Length: 2\r\n\r\nab";

    fn judged(text: &str) -> Result<u32, u16> {
        let request = Request::try_from(text.as_bytes()).unwrap();
        Sound::of(&request).map(|sound| sound.number)
    }

    #[test]
    fn each_fault_of_framing_and_headers_is_refused() {
        assert_eq!(judged(GOOD), Ok(1));
        assert_eq!(judged(&GOOD.replace("Content-Length: 2\r\n", "")), Ok(1));
        assert_eq!(judged(&GOOD.replace("INVITE sip:1@h", "INVITE tel:1")), Ok(1));
        let faults = [
            (505, GOOD.replace("h SIP/2.0", "h SIP/3.0")),
            (416, GOOD.replace("sip:1@h", "gopher:1@h")),
            (400, GOOD.replace("Length: 2", "Length: 3")),
            (400, GOOD.replace("Length: 2", "Length: -2")),
            (400, GOOD.replace("Content-Length: 2", "Content-Length: 2\r\nl: 1")),
            (400, GOOD.replace("To:", "t: <sip:other@d>\r\nTo:")),
            (400, GOOD.replace("\"A \\\"B\"", "\"A \\\"B")),
            (416, GOOD.replace("sip:1@h", "1@h")),
            (400, GOOD.replace("Contact", "X-Contact")),
            (400, GOOD.replace("70", "70\r\nRefer-To: sip:a@b\rX-Contact: c")),
        ];
        for (code, text) in faults {
            assert_eq!(judged(&text), Err(code), "{text}");
        }
    }
}
