//! Where a call goes: one ordered table, and nothing else decides.
//!
//! [`decide`] is a function of the configuration and of what is known of a call. It gives the chain of reasons with
//! the outcome, so that `faxgw explain` shows what a call would meet, not a model of it.
//!
//! Always: at most one route is taken; a number is judged as it was called and again as it would be dialled; the caller's
//! own number decides nothing, since anybody can claim any.
//! Not here: counts of calls (`quota`), what is unwise in a table (`check`).

use crate::config::{Config, Fax, Pattern, Route, T38, Target};
use core::fmt;
use core::time::Duration;
use fax_call::sip::{HeaderRules, Trust};

/// What is known of a call before it goes anywhere.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The trunk or ata that it comes from.
    pub from: &'a str,
    /// Who is called.
    pub called: &'a str,
    /// Gateways of this kind that it has passed.
    pub hops: u8,
    /// How many more elements it may pass.
    pub max_forwards: u8,
}

/// Where it goes, and why.
#[derive(Clone, Debug)]
pub struct Decision<'c> {
    /// What was looked at, in order.
    pub chain: Vec<Step<'c>>,
    /// What came of it.
    pub outcome: Result<Plan<'c>, Refusal>,
}

/// A call that goes somewhere.
#[derive(Clone, Debug)]
pub struct Plan<'c> {
    /// By which route.
    pub route: &'c Route,
    /// Whom to call, one after the other. Never empty.
    pub targets: Vec<Leg<'c>>,
    /// For all of them together.
    pub total: Duration,
    /// How fax is carried.
    pub fax: Fax,
    /// Whether who calls us is believed and told who calls.
    pub from: Trust,
}

/// One target of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg<'c> {
    /// The trunk or ata.
    pub to: &'c str,
    /// The number to dial there.
    pub number: String,
    /// A caller to show instead of the one who calls.
    pub caller: Option<&'c str>,
    /// Until it has answered.
    pub budget: Duration,
    /// Which headers of the caller go on there.
    pub headers: HeaderRules,
    /// Whether it is believed and told who calls.
    pub trust: Trust,
}

/// Why a call goes nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    /// It passed too many gateways or proxies.
    Loop,
    /// What is called is no number.
    NoNumber,
    /// A number for help in danger, and no route is for these.
    Emergency,
    /// The number is blocked.
    Blocked,
    /// No route takes it.
    NoRoute,
    /// It would go back to where it came from.
    Hairpin,
}

impl Refusal {
    /// What SIP says to it.
    pub const fn code(self) -> u16 {
        match self {
            Self::Loop => 483,
            Self::NoNumber => 484,
            // So that a PBX takes its next way.
            Self::Emergency => 503,
            Self::Blocked => 403,
            Self::NoRoute => 404,
            Self::Hairpin => 482,
        }
    }

    /// As records and metrics call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loop => "loop",
            Self::NoNumber => "no_number",
            Self::Emergency => "emergency_number",
            Self::Blocked => "blocked_number",
            Self::NoRoute => "no_route",
            Self::Hairpin => "hairpin",
        }
    }
}

/// Something that was looked at.
#[derive(Clone, Debug)]
pub enum Step<'c> {
    /// Hops so far, and how many are allowed.
    Hops(u8, u8),
    /// The number has characters that no number has, or too many.
    NoNumber,
    /// It is an emergency number by this pattern; `None`: by none.
    Emergency(Option<&'c Pattern>),
    /// It is blocked by this pattern; `None`: by none.
    Blocked(Option<&'c Pattern>),
    /// A route was passed over.
    Passed(&'c Route, Mismatch),
    /// A route was taken, by this pattern; `None`: it takes all numbers.
    Taken(&'c Route, Option<&'c Pattern>),
    /// A target of it was left out.
    LeftOut(&'c Target, Refusal),
}

/// Why a route was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// It takes calls of others.
    From,
    /// It takes other numbers.
    Number,
    /// It takes only emergency numbers, or none.
    Emergency,
}

/// A longer one is no number.
const LONGEST: usize = 64;

/// Where a call goes.
pub fn decide<'c>(config: &'c Config, call: Call<'_>) -> Decision<'c> {
    let mut chain = Vec::new();
    let outcome = walk(config, call, &mut chain);
    Decision { chain, outcome }
}

fn walk<'c>(config: &'c Config, call: Call<'_>, chain: &mut Vec<Step<'c>>) -> Result<Plan<'c>, Refusal> {
    let allowed = config.limits.hops;
    chain.push(Step::Hops(call.hops, allowed));
    if call.hops >= allowed || call.max_forwards == 0 {
        return Err(Refusal::Loop);
    }
    let Some(number) = plain(call.called) else {
        chain.push(Step::NoNumber);
        return Err(Refusal::NoNumber);
    };
    let numbers = &config.numbers;
    let emergency = matching(&numbers.emergency, &number);
    chain.push(Step::Emergency(emergency));
    if emergency.is_none() {
        let blocked = matching(&numbers.blocked, &number);
        chain.push(Step::Blocked(blocked));
        if blocked.is_some() {
            return Err(Refusal::Blocked);
        }
    }
    let taken =
        config.routes.iter().find_map(|route| match takes(route, call.from, &number, emergency.is_some()) {
            Ok(by) => Some((route, by)),
            Err(mismatch) => {
                chain.push(Step::Passed(route, mismatch));
                None
            }
        });
    let Some((route, by)) = taken else {
        return Err(if emergency.is_some() { Refusal::Emergency } else { Refusal::NoRoute });
    };
    chain.push(Step::Taken(route, by));
    plan(config, route, call, chain)
}

/// The number without what only makes it readable, if it is one.
fn plain(called: &str) -> Option<String> {
    let known = |c: char| c.is_ascii_alphanumeric() || "+*#._-".contains(c);
    let number: String = called.chars().filter(|c| !"._-".contains(*c)).collect();
    (!number.is_empty() && called.len() <= LONGEST && called.chars().all(known)).then_some(number)
}

fn matching<'c>(patterns: &'c [Pattern], number: &str) -> Option<&'c Pattern> {
    patterns.iter().find(|pattern| pattern.takes(number))
}

fn takes<'c>(
    route: &'c Route,
    from: &str,
    number: &str,
    emergency: bool,
) -> Result<Option<&'c Pattern>, Mismatch> {
    if route.emergency != emergency {
        return Err(Mismatch::Emergency);
    }
    if !route.from.is_empty() && !route.from.iter().any(|taken| taken == from) {
        return Err(Mismatch::From);
    }
    if route.to.is_empty() {
        return Ok(None);
    }
    matching(&route.to, number).map(Some).ok_or(Mismatch::Number)
}

fn plan<'c>(
    config: &'c Config,
    route: &'c Route,
    call: Call<'_>,
    chain: &mut Vec<Step<'c>>,
) -> Result<Plan<'c>, Refusal> {
    let mut targets = Vec::with_capacity(route.targets.len());
    let mut why = None;
    for target in &route.targets {
        match dialled(config, route, target, call) {
            Ok(leg) => targets.push(leg),
            Err(refusal) => {
                chain.push(Step::LeftOut(target, refusal));
                why.get_or_insert(refusal);
            }
        }
    }
    if let (true, Some(why)) = (targets.is_empty(), why) {
        return Err(why);
    }
    let fax = config.fax_of(route);
    let fax = if route.emergency { Fax { t38: T38::Never, regenerate: false, ..fax } } else { fax };
    let total = Duration::from_secs(route.total_s.clamp(1, 300).into());
    Ok(Plan { route, targets, total, fax, from: config.trust(call.from) })
}

/// What is dialled may not be what was called: it is judged again.
fn dialled<'c>(
    config: &'c Config,
    route: &'c Route,
    target: &'c Target,
    call: Call<'_>,
) -> Result<Leg<'c>, Refusal> {
    let number = target.called(call.called);
    let judged = plain(&number).ok_or(Refusal::NoNumber)?;
    if !route.emergency {
        if matching(&config.numbers.emergency, &judged).is_some() {
            return Err(Refusal::Emergency);
        }
        if matching(&config.numbers.blocked, &judged).is_some() {
            return Err(Refusal::Blocked);
        }
    }
    // Between adapters of one network calls are welcome.
    if target.trunk == call.from && !route.hairpin && config.ata(call.from).is_none() {
        return Err(Refusal::Hairpin);
    }
    Ok(Leg {
        to: &target.trunk,
        number,
        caller: target.caller.as_deref(),
        budget: Duration::from_secs(target.budget_s.into()),
        headers: Config::headers_of(route, target),
        trust: config.trust(&target.trunk),
    })
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hops(hops, allowed) => write!(f, "gateways passed: {hops} of {allowed}"),
            Self::NoNumber => write!(f, "what is called is no number"),
            Self::Emergency(Some(by)) => write!(f, "emergency number: yes, by {by}"),
            Self::Emergency(None) => write!(f, "emergency number: no"),
            Self::Blocked(Some(by)) => write!(f, "blocked: yes, by {by}"),
            Self::Blocked(None) => write!(f, "blocked: no"),
            Self::Passed(route, Mismatch::From) => {
                write!(f, "route {:?}: passed over, it takes calls of {}", route.name, route.from.join(", "))
            }
            Self::Passed(route, Mismatch::Number) => {
                let patterns: Vec<_> = route.to.iter().map(ToString::to_string).collect();
                write!(f, "route {:?}: passed over, it takes {}", route.name, patterns.join(", "))
            }
            Self::Passed(route, Mismatch::Emergency) if route.emergency => {
                write!(f, "route {:?}: passed over, it takes emergency numbers", route.name)
            }
            Self::Passed(route, Mismatch::Emergency) => {
                write!(f, "route {:?}: passed over, it takes no emergency numbers", route.name)
            }
            Self::Taken(route, Some(by)) => write!(f, "route {:?}: taken, by {by}", route.name),
            Self::Taken(route, None) => write!(f, "route {:?}: taken, it takes all numbers", route.name),
            Self::LeftOut(target, why) => write!(f, "target {:?}: left out, {}", target.trunk, why.name()),
        }
    }
}

impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.chain {
            writeln!(f, "  {step}")?;
        }
        match &self.outcome {
            Err(refusal) => writeln!(f, "refused: {}, SIP {}", refusal.name(), refusal.code()),
            Ok(plan) => {
                writeln!(f, "goes by {:?}, within {} s:", plan.route.name, plan.total.as_secs())?;
                for (place, leg) in plan.targets.iter().enumerate() {
                    let caller = leg.caller.map_or(String::new(), |caller| format!(", shown as {caller}"));
                    let Leg { to, number, budget, headers, trust, .. } = leg;
                    writeln!(f, "  {}. {to}: {number}, {} s to answer{caller}", place + 1, budget.as_secs())?;
                    writeln!(f, "     headers of the caller: {}", headers.told(plan.from, *trust))?;
                }
                writeln!(f, "  fax: {}", plan.fax)
            }
        }
    }
}

#[cfg(test)]
mod tests;
