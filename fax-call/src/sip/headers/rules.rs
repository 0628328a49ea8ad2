//! Which headers of a caller's INVITE go on to a target, and how the caller is shown there.
//!
//! Without rules only the wish for privacy goes on, and between peers of one trust domain the asserted identity.
//!
//! From: RFC 3323 4.2, 5; RFC 3325 5, 6, 7, 9.3; RFC 7044 10.1.
//! Always: an asserted identity comes only from a trusted peer or the rules, and goes only to a trusted one; who asks for
//! privacy is not named to a stranger; a wish for privacy goes on, whatever the rules say.

use super::{BadHeader, Headers, escape_user, is_owned, is_token, line, long, proper};
use crate::sip::Invitation;
use core::fmt;
use core::str::FromStr;
use fax_core::Private;

/// What of the caller's headers goes on, and what is said in their place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderRules {
    pass: Vec<HeaderPattern>,
    remove: Vec<HeaderPattern>,
    set: Vec<HeaderSetting>,
}

/// Why rules are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadRules {
    /// More than 16 names to pass or to remove.
    #[error("more than 16 names to pass, or to remove")]
    ManyNames,
    /// More than 8 headers to set.
    #[error("more than 8 headers to set")]
    ManySettings,
    /// One header is set twice.
    #[error("one header is set twice")]
    Twice,
    /// The caller's wish would get lost.
    #[error("Privacy is the caller's wish and always goes on: it cannot be removed, and not be set to none")]
    Privacy,
}

/// The name of a header, or how names begin: `Diversion`, `X-Pbx-*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderPattern {
    name: String,
    open: bool,
}

/// A header with a value; `{caller}` and `{called}` in it stand for the numbers as that target is shown them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderSetting {
    name: String,
    value: String,
}

/// Whether a peer is of our trust domain (RFC 3325 2.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// It is believed what it asserts of a caller, and may know it.
    Trusted,
    /// Neither.
    #[default]
    Stranger,
}

/// Where a call goes.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// Whom it comes from.
    pub from: Trust,
    /// Whom it goes to.
    pub to: Trust,
    /// The number that is called there.
    pub called: &'a str,
    /// A caller to show there instead of the one who calls.
    pub caller: Option<&'a str>,
    /// Help in danger is told who calls, whatever the caller has asked for.
    pub emergency: bool,
}

/// What a target is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Onward {
    /// User part of From.
    pub caller: Private<String>,
    /// Headers of the INVITE.
    pub headers: Headers,
}

const PRIVACY: &str = "Privacy";
const ASSERTED: &str = "P-Asserted-Identity";
/// RFC 3323 4.1.1.3.
const ANONYMOUS: &str = "anonymous";

impl HeaderRules {
    const MOST_NAMES: usize = 16;
    const MOST_SETTINGS: usize = 8;

    /// Rules that hold together.
    ///
    /// # Errors
    /// Why they do not.
    pub fn new(
        pass: Vec<HeaderPattern>,
        remove: Vec<HeaderPattern>,
        set: Vec<HeaderSetting>,
    ) -> Result<Self, BadRules> {
        let twice = |(place, setting): (usize, &HeaderSetting)| {
            set.iter().skip(place + 1).any(|other| other.name.eq_ignore_ascii_case(&setting.name))
        };
        let is_privacy = |name: &str| name.eq_ignore_ascii_case(PRIVACY);
        let unasked =
            |setting: &HeaderSetting| is_privacy(&setting.name) && !is_private(wishes(&setting.value));
        if pass.len().max(remove.len()) > Self::MOST_NAMES {
            Err(BadRules::ManyNames)
        } else if set.len() > Self::MOST_SETTINGS {
            Err(BadRules::ManySettings)
        } else if set.iter().enumerate().any(twice) {
            Err(BadRules::Twice)
        } else if remove.iter().any(|name| is_privacy(&name.name)) || set.iter().any(unasked) {
            Err(BadRules::Privacy)
        } else {
            Ok(Self { pass, remove, set })
        }
    }

    /// What a target is told of a call.
    pub fn onward(&self, invitation: &Invitation, to: &Destination<'_>) -> Onward {
        let came = &invitation.headers;
        let wish = self.wish(came);
        let asked = wish.as_deref().is_some_and(|wish| is_private(wishes(wish)));
        let hidden = asked && to.to == Trust::Stranger && !to.emergency;
        let caller = match to.caller {
            Some(shown) => shown,
            None if hidden => ANONYMOUS,
            None => invitation.caller.reveal(),
        };
        let mut headers = Headers::sent();
        // What is too long is counted there.
        let mut add = |name: &str, value: &str| _ = headers.push(name, value);
        if let Some(wish) = wish {
            add(PRIVACY, &wish);
        }
        for HeaderSetting { name, value } in &self.set {
            let asserted = name.eq_ignore_ascii_case(ASSERTED);
            if !name.eq_ignore_ascii_case(PRIVACY) && (!asserted || to.to == Trust::Trusted) {
                let value = value.replace("{caller}", &escape_user(caller));
                add(name, &value.replace("{called}", &escape_user(to.called)));
            }
        }
        for (name, value) in came.iter().filter(|(name, _)| self.passes(name, to.from, to.to)) {
            if !(hidden && tells_of_persons(name)) {
                add(name, value);
            }
        }
        Onward { caller: Private::new(caller.to_owned()), headers }
    }

    /// Whether an asserted identity would be set or passed where it may not go.
    pub fn asserts(&self) -> bool {
        let set = self.set.iter().any(|setting| setting.name.eq_ignore_ascii_case(ASSERTED));
        set || self.pass.iter().any(|pattern| !pattern.open && pattern.takes(ASSERTED))
    }

    /// What becomes of headers between these two, for a person to read.
    pub fn told(&self, from: Trust, to: Trust) -> String {
        let asserted = self.passes(ASSERTED, from, to).then_some(ASSERTED);
        let named =
            self.pass.iter().filter(|name| name.open || !name.takes(ASSERTED) && !name.takes(PRIVACY));
        let pass = [PRIVACY].into_iter().map(str::to_owned).chain(asserted.map(str::to_owned));
        let pass: Vec<_> = pass.chain(named.map(ToString::to_string)).collect();
        let mut text = format!("{} go on", pass.join(", "));
        if pass.len() == 1 {
            text = "only Privacy goes on".into();
        }
        let remove: Vec<_> = self.remove.iter().map(ToString::to_string).collect();
        if !remove.is_empty() {
            text += &format!(", but not {}", remove.join(", "));
        }
        for HeaderSetting { name, value } in &self.set {
            let idle = name.eq_ignore_ascii_case(ASSERTED) && to == Trust::Stranger;
            text += &format!(
                "; {name}: {value}{}",
                if idle { " (not to this one: it is not trusted)" } else { "" }
            );
        }
        text
    }

    /// Whether such a header of the caller goes on. Privacy is no matter of rules.
    fn passes(&self, name: &str, from: Trust, to: Trust) -> bool {
        let takes = |patterns: &[HeaderPattern]| patterns.iter().any(|pattern| pattern.takes(name));
        let replaced = self.set.iter().any(|setting| setting.name.eq_ignore_ascii_case(name));
        let wanted = if name.eq_ignore_ascii_case(ASSERTED) {
            (from, to) == (Trust::Trusted, Trust::Trusted)
        } else {
            takes(&self.pass) && !name.eq_ignore_ascii_case(PRIVACY)
        };
        wanted && !replaced && !takes(&self.remove)
    }

    /// What the caller asks for, or the rules where the caller asks for nothing.
    fn wish(&self, came: &Headers) -> Option<String> {
        let asked = came.values(PRIVACY).flat_map(wishes).take(8).collect::<Vec<_>>().join(";");
        // Who wants something that cannot be read wants at least this.
        let unread = asked.is_empty() && came.values(PRIVACY).next().is_some();
        let asked = if unread { "id".into() } else { asked };
        let set = self.set.iter().find(|setting| setting.name.eq_ignore_ascii_case(PRIVACY));
        match set.filter(|_| !is_private(wishes(&asked))) {
            Some(setting) => Some(setting.value.clone()),
            None => Some(asked).filter(|asked| !asked.is_empty()),
        }
    }
}

impl HeaderPattern {
    fn takes(&self, name: &str) -> bool {
        match self.open {
            true => name.get(..self.name.len()).is_some_and(|start| start.eq_ignore_ascii_case(&self.name)),
            false => name.eq_ignore_ascii_case(&self.name),
        }
    }
}

impl FromStr for HeaderPattern {
    type Err = BadHeader;

    fn from_str(text: &str) -> Result<Self, BadHeader> {
        match text.strip_suffix('*') {
            // One letter would be nearly every header.
            Some(start) if start.len() >= 2 && is_token(start) && !start.contains('*') => {
                match is_owned(start) {
                    true => Err(BadHeader::Owned),
                    false => Ok(Self { name: start.to_owned(), open: true }),
                }
            }
            _ if text.contains('*') => Err(BadHeader::Name),
            _ => proper(text).map(|name| Self { name: name.to_owned(), open: false }),
        }
    }
}

impl fmt::Display for HeaderPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, if self.open { "*" } else { "" })
    }
}

impl HeaderSetting {
    /// A header to set.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(name: &str, value: &str) -> Result<Self, BadHeader> {
        let (name, value) = (proper(name)?, line(value)?);
        let plain = value.replace("{caller}", "").replace("{called}", "");
        if plain.contains(['{', '}']) {
            Err(BadHeader::Braces)
        } else if value.len() > super::LONGEST_VALUE {
            Err(BadHeader::Long)
        } else {
            Ok(Self { name: long(name).to_owned(), value })
        }
    }
}

/// What a Privacy header asks for (RFC 3323 4.2). What is no word of it is left out.
fn wishes(value: &str) -> impl Iterator<Item = &str> {
    value.split([';', ',']).map(str::trim).filter(|wish| is_token(wish))
}

/// Whether any of it asks that the caller be hidden. A word that is not known does.
fn is_private<'a>(mut wishes: impl Iterator<Item = &'a str>) -> bool {
    wishes.any(|wish| !["none", "critical"].iter().any(|word| word.eq_ignore_ascii_case(wish)))
}

/// Whether such a header names the caller, who diverted the call, or where they are (RFC 3323 4.1, 5.3; RFC 7044 10.1).
fn tells_of_persons(name: &str) -> bool {
    const THEIRS: [&str; 16] = [
        ASSERTED,
        "Call-Info",
        "Diversion",
        "Geolocation",
        "History-Info",
        "Identity",
        "In-Reply-To",
        "Organization",
        "P-Access-Network-Info",
        "P-Charge-Info",
        "P-Preferred-Identity",
        "P-Served-User",
        "Referred-By",
        "Remote-Party-ID",
        "Reply-To",
        "Subject",
    ];
    THEIRS.iter().any(|theirs| theirs.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
