//! How header values are built: items of a list, parameters, quotes and angle brackets.
//!
//! From: RFC 3261 25.1.
//! Always: one walk over the text, whatever it holds; what is opened and not closed goes on to the end.
//! Not here: what the items mean.

use nom::branch::alt;
use nom::bytes::complete::{is_not, take, take_till, take_till1};
use nom::character::complete::char;
use nom::combinator::{all_consuming, opt, recognize};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// What stands between commas, trimmed; empty items are passed over.
pub(super) fn list(value: &str) -> impl Iterator<Item = &str> {
    items(value, ',').filter(|item| !item.is_empty())
}

/// A parameter: what follows its name behind a semicolon, without quotes; empty if nothing does.
pub(super) fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let mut parameters = items(value, ';').skip(1).map(pair);
    parameters.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then(|| value.unwrap_or_default()))
}

/// The URI in an address, without its angle brackets.
pub(super) fn address(value: &str) -> &str {
    let name = many0_count(alt((quoted, is_not("\"<"))));
    match preceded(name, bracketed).parse(value) {
        Ok((_, uri)) => uri.trim(),
        Err(_) => items(value, ';').next().unwrap_or_default(),
    }
}

/// A name and what it equals, without quotes.
pub(super) fn pair(item: &str) -> (&str, Option<&str>) {
    let (name, value) = match item.split_once('=') {
        Some((name, value)) => (name, Some(value.trim())),
        None => (item, None),
    };
    (name.trim(), value.map(|value| quoted(value).map_or(value, |(_, inside)| inside)))
}

/// What stands between separators that are neither in quotes nor in brackets, trimmed.
fn items(value: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    core::iter::from_fn(move || {
        let plain = take_till1(|c| c == separator || c == '"' || c == '<');
        let (behind, item) = recognize(many0_count(alt((quoted, bracketed, plain)))).parse(rest?).ok()?;
        rest = behind.strip_prefix(separator);
        Some(item.trim())
    })
}

/// Whether all quotes are closed.
pub(super) fn is_closed(value: &str) -> bool {
    let closed = delimited(char('"'), inside, char('"'));
    all_consuming(many0_count(alt((closed, is_not("\""))))).parse(value).is_ok()
}

/// The inside of quotes.
fn quoted(text: &str) -> IResult<&str, &str> {
    delimited(char('"'), inside, opt(char('"'))).parse(text)
}

/// Text up to a quote. What follows a backslash is none.
fn inside(text: &str) -> IResult<&str, &str> {
    let escaped = recognize((char('\\'), opt(take(1_usize))));
    recognize(many0_count(alt((is_not("\\\""), escaped)))).parse(text)
}

/// The inside of angle brackets.
fn bracketed(text: &str) -> IResult<&str, &str> {
    delimited(char('<'), take_till(|c| c == '>'), opt(char('>'))).parse(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_cut_at_commas_outside_quotes_and_brackets() {
        let both = list("\"a,\\\",b\" <sip:x,y@h>;z, , <sip:z@h>,");
        assert_eq!(both.collect::<Vec<_>>(), ["\"a,\\\",b\" <sip:x,y@h>;z", "<sip:z@h>"]);
        assert_eq!(list(" ").count(), 0);
    }

    #[test]
    fn a_parameter_is_one_of_the_address_and_not_of_its_uri_its_name_or_another_parameter() {
        let value = "\"a>;tag=1\" <sip:a@b;tag=2>;text=\"<x>;tag=3\";lr ; Tag = 4 ;tag=5";
        assert_eq!(parameter(value, "tag"), Some("4"));
        assert_eq!(parameter(value, "text"), Some("<x>;tag=3"));
        assert_eq!((parameter(value, "lr"), parameter(value, "ttl")), (Some(""), None));
        assert_eq!(parameter("sip:a@b;tag=bare", "tag"), Some("bare"));
    }

    #[test]
    fn an_address_is_found_behind_its_name() {
        assert_eq!(address("\"x <sip:no@h>\" <sip:a@b;lr>;tag=1"), "sip:a@b;lr");
        assert_eq!(address("Bob < sip:a@b >"), "sip:a@b");
        assert_eq!(address("sip:c@d;tag=1"), "sip:c@d");
        assert_eq!(address(""), "");
    }

    #[test]
    fn what_is_not_closed_goes_on_to_the_end_of_the_text() {
        assert_eq!(list("a, \"b, c").collect::<Vec<_>>(), ["a", "\"b, c"]);
        assert_eq!(address("<sip:a@b;lr"), "sip:a@b;lr");
        assert_eq!(parameter("x;y=\"a\\", "y"), Some("a\\"));
        assert!(is_closed("\"a\" b \"\\\"\"") && !is_closed("\"a\" \"b\\\"") && is_closed(""));
        // Not once for each: a message of these takes no longer than another.
        assert_eq!(list(&"<".repeat(65_000)).count(), 1);
        assert_eq!(list(&"\"<".repeat(32_000)).count(), 1);
    }
}
