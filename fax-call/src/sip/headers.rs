//! Headers of an INVITE that are its sender's own word and no part of the dialog, and what of them goes on to another peer.
//!
//! From: RFC 3261 7.3, 20; RFC 3323, 3325 (who may know who calls); RFC 5806, 7044 (from where a call was diverted).
//! Always: no value holds an end of a line; none is a header that a dialog lives by; number and octets are bounded.
//! Not here: headers of other requests and of responses: none of them goes on.

mod rules;

pub use rules::{BadRules, Destination, HeaderPattern, HeaderRules, HeaderSetting, Onward, Trust};

use fax_core::Private;

/// Headers of one INVITE, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    lines: Vec<(String, Private<String>)>,
    left_out: u16,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

impl Way {
    /// The most lines, and the most octets.
    const fn bounds(self) -> (usize, usize) {
        match self {
            Self::In => (64, 8192),
            Self::Out => (16, 2048),
        }
    }
}

/// Why something is no header that goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// Its name is none: letters, digits and a few signs, at most 64 octets.
    #[error("it is no name of a header")]
    Name,
    /// The dialog or the message lives by it, and each leg has its own.
    #[error(
        "it belongs to the dialog, and each leg has its own: it can neither pass nor be removed nor be set"
    )]
    Owned,
    /// Its value is empty, or has a control character in it, such as an end of line.
    #[error("its value is empty, or has an end of line or another control character in it")]
    Value,
    /// Its value stands for something with braces that is neither `{caller}` nor `{called}`.
    #[error("braces hold {{caller}} or {{called}} and nothing else")]
    Braces,
    /// It is longer than 1024 octets, or with those before it there are too many.
    #[error("it is too long")]
    Long,
}

/// A longer value is not passed on: a shortened one would say something else.
const LONGEST_VALUE: usize = 1024;

impl Headers {
    /// Of an INVITE that came: as many as a message of a talkative peer has.
    pub const fn received() -> Self {
        Self::empty(Way::In)
    }

    /// Of an INVITE that is sent: few enough that it stays a datagram.
    pub const fn sent() -> Self {
        Self::empty(Way::Out)
    }

    const fn empty(way: Way) -> Self {
        Self { lines: Vec::new(), left_out: 0, way }
    }

    /// Takes one more; short forms of names become long ones.
    ///
    /// # Errors
    /// Why it is left out.
    pub fn push(&mut self, name: &str, value: &str) -> Result<(), BadHeader> {
        let name = proper(name)?;
        let value = line(value)?;
        let held: usize = self.iter().map(|(name, value)| name.len() + value.len()).sum();
        let (lines, octets) = self.way.bounds();
        let full = self.lines.len() >= lines || held + name.len() + value.len() > octets;
        if full || value.len() > LONGEST_VALUE {
            self.left_out = self.left_out.saturating_add(1);
            return Err(BadHeader::Long);
        }
        self.lines.push((name.to_owned(), Private::new(value)));
        Ok(())
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().map(|(name, value)| (name.as_str(), value.reveal().as_str()))
    }

    /// How many were left out as too many or too long.
    pub const fn left_out(&self) -> u16 {
        self.left_out
    }

    fn values<'a>(&'a self, of: &'static str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(of)).map(|(_, value)| value)
    }
}

impl Default for Headers {
    fn default() -> Self {
        Self::sent()
    }
}

/// The user part of a URI that stands for `text`.
pub fn escape_user(text: &str) -> String {
    use core::fmt::Write;
    text.bytes().fold(String::new(), |mut out, byte| {
        let plain = byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&byte);
        match plain {
            true => out.push(byte.into()),
            false => write!(out, "%{byte:02X}").unwrap_or(()),
        }
        out
    })
}

/// The long form of a header's name, if it is one that may go on.
fn proper(name: &str) -> Result<&str, BadHeader> {
    let name = long(name);
    if !is_token(name) {
        return Err(BadHeader::Name);
    }
    if is_owned(name) { Err(BadHeader::Owned) } else { Ok(name) }
}

/// RFC 3261 25.1, `token`.
fn is_token(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(known)
}

/// A value as it goes into one line: tabulators are blanks, other control characters end it all.
fn line(value: &str) -> Result<String, BadHeader> {
    let value = value.trim().replace('\t', " ");
    if value.is_empty() || value.contains(char::is_control) { Err(BadHeader::Value) } else { Ok(value) }
}

/// Short forms: RFC 3261 7.3.3, and the registry of SIP headers at IANA.
fn long(name: &str) -> &str {
    const FORMS: [(&str, &str); 20] = [
        ("a", "Accept-Contact"),
        ("b", "Referred-By"),
        ("c", "Content-Type"),
        ("d", "Request-Disposition"),
        ("e", "Content-Encoding"),
        ("f", "From"),
        ("i", "Call-ID"),
        ("j", "Reject-Contact"),
        ("k", "Supported"),
        ("l", "Content-Length"),
        ("m", "Contact"),
        ("n", "Identity-Info"),
        ("o", "Event"),
        ("r", "Refer-To"),
        ("s", "Subject"),
        ("t", "To"),
        ("u", "Allow-Events"),
        ("v", "Via"),
        ("x", "Session-Expires"),
        ("y", "Identity"),
    ];
    let form = FORMS.iter().find(|(short, _)| short.eq_ignore_ascii_case(name));
    form.map_or(name, |(_, long)| long)
}

/// Whether the stack or a machine writes that header: two in one message, or that of another dialog, would break it.
fn is_owned(name: &str) -> bool {
    const OWNED: [&str; 45] = [
        "Accept",
        "Accept-Encoding",
        "Allow",
        "Allow-Events",
        "Authentication-Info",
        "Authorization",
        "Call-ID",
        "Contact",
        "CSeq",
        "Event",
        "Expires",
        "Flow-Timer",
        "From",
        "Join",
        "Max-Forwards",
        "MIME-Version",
        "Min-Expires",
        "Min-SE",
        "Path",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Proxy-Require",
        "RAck",
        "Record-Route",
        "Recv-Info",
        "Refer-Sub",
        "Refer-To",
        "Replaces",
        "Require",
        "Retry-After",
        "Route",
        "RSeq",
        "Server",
        "Service-Route",
        "Session-Expires",
        "Session-ID",
        "Subscription-State",
        "Supported",
        "Target-Dialog",
        "Timestamp",
        "To",
        "Unsupported",
        "User-Agent",
        "Via",
        "WWW-Authenticate",
    ];
    // Our own mark by which loops are seen.
    const HOPS: &str = "X-Fax-Gateway-Hops";
    let content = name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("Content-"));
    content || OWNED.iter().chain(&[HOPS]).any(|owned| owned.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dialog_lives_by_is_no_header_that_goes_on_in_either_form() {
        for name in [
            "Via",
            "v",
            "CALL-ID",
            "i",
            "contact",
            "m",
            "Content-Disposition",
            "l",
            "route",
            "X-Fax-Gateway-Hops",
        ] {
            assert_eq!(Headers::received().push(name, "1"), Err(BadHeader::Owned), "{name}");
        }
        for name in ["", "a b", "X-A:", "X\r\nY", "ü", "X\0"] {
            assert_eq!(Headers::received().push(name, "1"), Err(BadHeader::Name), "{name:?}");
        }
    }

    #[test]
    fn no_value_reaches_beyond_its_line() {
        let mut headers = Headers::received();
        for value in ["", " ", "a\r\nVia: x", "a\nb", "a\rb", "a\0", "a\u{85}b", "a\r\n b"] {
            assert_eq!(headers.push("X-A", value), Err(BadHeader::Value), "{value:?}");
        }
        headers.push("s", " a\tb ").unwrap();
        assert_eq!(headers.iter().collect::<Vec<_>>(), [("Subject", "a b")]);
    }

    #[test]
    fn headers_are_bounded_in_number_and_in_octets_and_what_is_left_out_is_counted() {
        let mut many = Headers::sent();
        for _ in 0..20 {
            _ = many.push("X-A", "1");
        }
        assert_eq!((many.iter().count(), many.left_out()), (16, 4));
        let mut large = Headers::sent();
        assert_eq!(large.push("X-A", &"1".repeat(1025)), Err(BadHeader::Long));
        for _ in 0..3 {
            _ = large.push("X-A", &"1".repeat(1000));
        }
        assert_eq!((large.iter().count(), large.left_out()), (2, 2));
    }

    #[test]
    fn values_do_not_print() {
        let mut headers = Headers::received();
        headers.push("P-Asserted-Identity", "<sip:4711@h>").unwrap();
        assert!(!format!("{headers:?}").contains("4711"));
    }
}
