//! Numbers, and where they lead.

use super::fax::FaxChoice;
use super::headers::HeaderChoice;
use core::fmt;
use core::str::FromStr;
use serde::Deserialize;

/// Numbers that are special.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Numbers {
    /// Numbers for help in danger. No route takes them but one that says `emergency = true`.
    pub emergency: Vec<Pattern>,
    /// Numbers that are never called.
    pub blocked: Vec<Pattern>,
    /// Calls an hour to all numbers together; 0 is no limit.
    pub calls_per_hour: u32,
}

impl Default for Numbers {
    fn default() -> Self {
        // The numbers in use on all continents; a longer number that begins alike is another number.
        let emergency = ["000", "110", "111", "112", "118", "119", "911", "988", "999"];
        Self {
            emergency: emergency.map(|number| Pattern(number.into())).into(),
            blocked: Vec::new(),
            calls_per_hour: 0,
        }
    }
}

/// A rule: which calls, and where they go.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What records call it.
    pub name: String,
    /// Trunks and atas whose calls it takes; empty takes those of all.
    #[serde(default)]
    pub from: Vec<String>,
    /// Called numbers that it takes; empty takes all.
    #[serde(default)]
    pub to: Vec<Pattern>,
    /// Whether it takes emergency numbers, and these alone. Their calls stay audio.
    #[serde(default)]
    pub emergency: bool,
    /// Whether a call may go back to the trunk that it comes from.
    #[serde(default)]
    pub hairpin: bool,
    /// Whom to call, one after the other until one answers.
    pub targets: Vec<Target>,
    /// Seconds for all targets together, 1 to 300.
    #[serde(default = "default_total")]
    pub total_s: u16,
    /// How fax is carried.
    #[serde(default)]
    pub fax: FaxChoice,
    /// Which headers of the caller go on.
    #[serde(default)]
    pub headers: HeaderChoice,
}

fn default_total() -> u16 {
    120
}

/// Whom a route calls.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The trunk or ata.
    pub trunk: String,
    /// Seconds until it has answered, 1 to 300; then the next.
    #[serde(default = "default_budget")]
    pub budget_s: u16,
    /// Characters to leave out at the beginning of the called number.
    #[serde(default)]
    pub strip: u8,
    /// What to put before it then.
    #[serde(default)]
    pub prepend: String,
    /// A number to call instead of the called one.
    pub number: Option<String>,
    /// A caller to show instead of the one who calls.
    pub caller: Option<String>,
    /// Which headers of the caller go on, where that differs from the route.
    #[serde(default)]
    pub headers: HeaderChoice,
}

fn default_budget() -> u16 {
    60
}

impl Target {
    /// The number to call there when `called` was called.
    pub fn called(&self, called: &str) -> String {
        match &self.number {
            Some(number) => number.clone(),
            None => self.prepend.chars().chain(called.chars().skip(self.strip.into())).collect(),
        }
    }
}

/// Numbers: characters as they are, `?` for any one, `*` at the end for any rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Whether a number is one of these.
    pub fn takes(&self, number: &str) -> bool {
        let (fixed, open) = self.parts();
        let mut digits = number.chars();
        let alike =
            fixed.chars().all(|wanted| digits.next().is_some_and(|digit| wanted == '?' || wanted == digit));
        alike && (open || digits.next().is_none())
    }

    /// Whether this takes every number that `other` takes.
    pub fn covers(&self, other: &Self) -> bool {
        let ((ours, open), (theirs, wider)) = (self.parts(), other.parts());
        let mut places = theirs.chars();
        let alike =
            ours.chars().all(|wanted| places.next().is_some_and(|place| wanted == '?' || wanted == place));
        alike && (open || (places.next().is_none() && !wider))
    }

    /// How many characters it fixes: a longer one says more.
    pub fn precision(&self) -> usize {
        self.parts().0.len()
    }

    fn parts(&self) -> (&str, bool) {
        match self.0.strip_suffix('*') {
            Some(fixed) => (fixed, true),
            None => (&self.0, false),
        }
    }
}

impl FromStr for Pattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fixed = text.strip_suffix('*').unwrap_or(text);
        let known = |c: char| c.is_ascii_alphanumeric() || "+#?._-".contains(c);
        if text.is_empty() || text.len() > 64 || !fixed.chars().all(known) {
            return Err(format!(
                "{text:?} is no pattern: characters of a number, ? for one, * at the end for any rest"
            ));
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        text.parse().unwrap()
    }

    #[test]
    fn a_pattern_takes_what_it_says_and_no_more() {
        assert!(pattern("0049*").takes("00493012345"));
        assert!(pattern("0049*").takes("0049"));
        assert!(!pattern("0049*").takes("004"));
        assert!(pattern("12??").takes("1234"));
        assert!(!pattern("12??").takes("123"));
        assert!(!pattern("12??").takes("12345"));
        assert!(pattern("*").takes(""));
        assert!(!pattern("112").takes("1120"));
    }

    #[test]
    fn a_pattern_covers_those_that_can_never_be_reached_behind_it() {
        assert!(pattern("*").covers(&pattern("0049*")));
        assert!(pattern("00*").covers(&pattern("0049")));
        assert!(pattern("12??").covers(&pattern("1234")));
        assert!(!pattern("1234").covers(&pattern("12??")));
        assert!(!pattern("12??").covers(&pattern("12*")));
        assert!(!pattern("0049*").covers(&pattern("00*")));
    }

    #[test]
    fn what_is_no_number_is_no_pattern() {
        for text in ["", "*1", "12 34", "a\nb", "1;x", "**"] {
            assert!(text.parse::<Pattern>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_target_changes_the_number_as_it_says() {
        let target: Target = toml::from_str("trunk = 't'\nstrip = 1\nprepend = '+44'").unwrap();
        assert_eq!(target.called("02079460000"), "+442079460000");
        let target: Target = toml::from_str("trunk = 't'\nnumber = 'fax1'").unwrap();
        assert_eq!(target.called("02079460000"), "fax1");
    }
}
