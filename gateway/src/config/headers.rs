//! Which headers of a caller go on.
//!
//! Every key may stand in a route and in a target of it; the target's counts.

use fax_call::sip::{HeaderPattern, HeaderRules, HeaderSetting};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What is said about headers in one place; nothing is said by what is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct HeaderChoice {
    pass: Option<Vec<HeaderPattern>>,
    remove: Option<Vec<HeaderPattern>>,
    set: Option<Vec<HeaderSetting>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    pass: Option<Vec<String>>,
    remove: Option<Vec<String>>,
    set: Option<BTreeMap<String, String>>,
}

impl TryFrom<Written> for HeaderChoice {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let setting = |(name, value): (&String, &String)| {
            HeaderSetting::new(name, value).map_err(|why| format!("{name:?} cannot be set: {why}"))
        };
        let set = written.set.map(|set| set.iter().map(setting).collect()).transpose()?;
        let (pass, remove) = (patterns(written.pass)?, patterns(written.remove)?);
        let choice = Self { pass, remove, set };
        choice.over(&Self::default()).map_err(|why| why.to_string())?;
        Ok(choice)
    }
}

fn patterns(written: Option<Vec<String>>) -> Result<Option<Vec<HeaderPattern>>, String> {
    let pattern = |text: &String| {
        text.parse().map_err(|why| match text.contains('*') {
            true => {
                format!("{text:?} is no beginning of names: at least two characters, then *, as X-*; {why}")
            }
            false => format!("{text:?} is no header for a rule: {why}"),
        })
    };
    written.map(|texts| texts.iter().map(pattern).collect()).transpose()
}

impl HeaderChoice {
    /// This, and where it says nothing, `below`.
    ///
    /// # Errors
    /// Together they are no rules.
    pub fn over(&self, below: &Self) -> Result<HeaderRules, fax_call::sip::BadRules> {
        let chosen = |here: &Option<Vec<HeaderPattern>>, below: &Option<Vec<HeaderPattern>>| {
            here.as_ref().or(below.as_ref()).cloned().unwrap_or_default()
        };
        let set = self.set.as_ref().or(below.set.as_ref()).cloned().unwrap_or_default();
        HeaderRules::new(chosen(&self.pass, &below.pass), chosen(&self.remove, &below.remove), set)
    }
}
