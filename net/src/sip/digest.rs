//! Digest authentication, both sides: answering a trunk's challenge, and challenging an adapter.
//!
//! From: RFC 3261 22, RFC 7616, RFC 8760.
//! Always: credentials are shown to one realm only; passwords and answers are compared in constant time; a nonce that we
//! gave out lives five minutes, works from one address, and each count of it works once.

use super::grammar::pair;
use super::message::{user, value};
use super::sound::is_line;
use super::stack::HasHeaders;
use crate::settings::{Account, Credentials};
use core::net::IpAddr;
use core::time::Duration;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Sha256,
}

impl Algorithm {
    /// RFC 7616 6.1; without the hyphen it is an error that is met in the field.
    fn named(name: Option<&str>) -> Option<Self> {
        match name.unwrap_or("MD5") {
            name if name.eq_ignore_ascii_case("MD5") => Some(Self::Md5),
            name if name.eq_ignore_ascii_case("SHA-256") || name.eq_ignore_ascii_case("SHA256") => {
                Some(Self::Sha256)
            }
            _ => None,
        }
    }

    const fn token(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn hash(self, parts: &[&[u8]]) -> String {
        match self {
            Self::Md5 => hash::<Md5>(parts),
            Self::Sha256 => hash::<Sha256>(parts),
        }
    }
}

/// The hash of `parts` joined by colons, in hexadecimal.
fn hash<D: Digest>(parts: &[&[u8]]) -> String {
    let mut digest = D::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            digest.update(b":");
        }
        digest.update(part);
    }
    hex(&digest.finalize())
}

/// `octets` in hexadecimal.
pub(super) fn hex(octets: &[u8]) -> String {
    use core::fmt::Write;
    octets.iter().fold(String::with_capacity(octets.len() * 2), |mut out, octet| {
        write!(out, "{octet:02x}").unwrap_or(());
        out
    })
}

/// What is asked about, and with what.
pub(super) struct Asked<'a> {
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
    pub(super) body: &'a [u8],
}

/// The header that answers the challenge in a 401 or 407, as name and value. `None` when there is no challenge that we
/// can answer and may answer: `pinned` is the realm of this trunk, and is learned from its first challenge.
pub(super) fn answer(
    challenged: &impl HasHeaders,
    proxy: bool,
    credentials: &Credentials,
    pinned: &mut Option<String>,
    asked: &Asked<'_>,
    cnonce: &str,
) -> Option<(&'static str, String)> {
    let (from, to) = match proxy {
        true => ("Proxy-Authenticate", "Proxy-Authorization"),
        false => ("WWW-Authenticate", "Authorization"),
    };
    let realm = credentials.realm.as_ref().or(pinned.as_ref());
    let (algorithm, challenge) = super::message::values(challenged, from)
        .filter_map(Fields::parse)
        .filter(|fields| realm.is_none_or(|realm| fields.one("realm") == Some(realm)))
        .filter_map(|fields| Some((Algorithm::named(fields.one("algorithm"))?, fields)))
        .max_by_key(|(algorithm, _)| *algorithm)?;
    let realm = challenge.one("realm")?;
    let nonce = challenge.one("nonce")?;
    let (user, password) = (credentials.user.as_str(), credentials.password.expose_secret());
    let qop = challenge.one("qop").and_then(|offered| {
        let offers = |wanted| offered.split(',').any(|qop| qop.trim().eq_ignore_ascii_case(wanted));
        ["auth", "auth-int"].into_iter().find(|wanted| offers(wanted))
    });
    let response =
        respond(algorithm, &[user, realm, password], nonce, qop.map(|qop| (qop, FIRST, cnonce)), asked);
    let mut value = format!(
        "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{}\", response=\"{response}\"",
        asked.uri
    );
    if let Some(named) = challenge.one("algorithm") {
        // Said back as it was said to us: a peer that misspells it expects its own spelling.
        value.push_str(&format!(", algorithm={named}"));
    }
    if let Some(opaque) = challenge.one("opaque") {
        value.push_str(&format!(", opaque=\"{opaque}\""));
    }
    if let Some(qop) = qop {
        value.push_str(&format!(", qop={qop}, nc={FIRST}, cnonce=\"{cnonce}\""));
    }
    pinned.get_or_insert_with(|| realm.to_owned());
    Some((to, value))
}

/// Each nonce is answered once by us.
const FIRST: &str = "00000001";

/// RFC 7616 3.4.1.
fn respond(
    algorithm: Algorithm,
    secret: &[&str; 3],
    nonce: &str,
    qop: Option<(&str, &str, &str)>,
    asked: &Asked<'_>,
) -> String {
    let a1 = algorithm.hash(&secret.map(str::as_bytes));
    let int = qop.is_some_and(|(qop, ..)| qop.eq_ignore_ascii_case("auth-int"));
    let a2 = match int {
        true => algorithm.hash(&[
            asked.method.as_bytes(),
            asked.uri.as_bytes(),
            algorithm.hash(&[asked.body]).as_bytes(),
        ]),
        false => algorithm.hash(&[asked.method.as_bytes(), asked.uri.as_bytes()]),
    };
    match qop {
        Some((qop, count, cnonce)) => algorithm.hash(&[
            a1.as_bytes(),
            nonce.as_bytes(),
            count.as_bytes(),
            cnonce.as_bytes(),
            qop.as_bytes(),
            a2.as_bytes(),
        ]),
        None => algorithm.hash(&[a1.as_bytes(), nonce.as_bytes(), a2.as_bytes()]),
    }
}

/// The fields of a challenge or an answer.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn parse(value: &str) -> Option<Self> {
        const MOST: usize = 24;
        let (scheme, fields) = value.split_once(char::is_whitespace)?;
        (scheme.eq_ignore_ascii_case("Digest") && is_line(fields)).then_some(())?;
        let fields = super::grammar::list(fields).take(MOST).map(pair);
        Some(Self(
            fields.filter_map(|(name, value)| Some((name.to_ascii_lowercase(), value?.to_owned()))).collect(),
        ))
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// What we think of the answer to our challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is this account.
    Good(String),
    /// The password is right, the nonce is not: a fresh one will do.
    Stale,
    /// Anything else; which of the many reasons is not told.
    Bad,
}

/// Challenges, and what is remembered of them. Time is a duration since the process began.
pub(super) struct Doorkeeper {
    realm: String,
    key: [u8; 32],
    accounts: HashMap<String, Account>,
    /// The highest count of each nonce that came back, and the branch it came with.
    used: HashMap<String, Used>,
}

struct Used {
    count: u32,
    branch: String,
    until: Duration,
}

impl Doorkeeper {
    const LIFE: Duration = Duration::from_secs(300);
    /// Nonces that have been used and live. When there are more, the oldest ones are forgotten together with their life.
    const MOST_USED: usize = 16_384;

    pub(super) fn new(realm: &str, accounts: &[Account], key: [u8; 32]) -> Self {
        let accounts = accounts.iter().map(|account| (account.user.clone(), account.clone())).collect();
        Self { realm: realm.to_owned(), key, accounts, used: HashMap::new() }
    }

    /// The values of the WWW-Authenticate headers of a 401: the same for whoever asks, but for the nonce.
    pub(super) fn challenges(&self, now: Duration, source: IpAddr, stale: bool) -> [String; 2] {
        let nonce = self.nonce(now.as_secs(), source);
        [Algorithm::Sha256, Algorithm::Md5].map(|algorithm| {
            let stale = if stale { ", stale=true" } else { "" };
            format!(
                "Digest realm=\"{}\", nonce=\"{nonce}\", algorithm={}, qop=\"auth\"{stale}",
                self.realm,
                algorithm.token()
            )
        })
    }

    /// Judges the Authorization header of a request that came from `source` with this Via branch.
    pub(super) fn judge(
        &mut self,
        now: Duration,
        source: IpAddr,
        message: &impl HasHeaders,
        asked: &Asked<'_>,
        branch: &str,
    ) -> Verdict {
        let Some(fields) = value(message, "Authorization").and_then(Fields::parse) else {
            return Verdict::Bad;
        };
        let Some(algorithm) = Algorithm::named(fields.one("algorithm")) else { return Verdict::Bad };
        let name = fields.one("username").unwrap_or_default();
        let nonce = fields.one("nonce").unwrap_or_default();
        let uri = fields.one("uri").unwrap_or_default();
        let qop = fields
            .one("qop")
            .map(|qop| (qop, fields.one("nc").unwrap_or_default(), fields.one("cnonce").unwrap_or_default()));
        // An account that does not exist costs the same as one with another password.
        let account = self.accounts.get(name);
        let password = account.map_or("no such account", |account| account.password.expose_secret());
        let said = Asked { uri, ..*asked };
        let expected = respond(algorithm, &[name, &self.realm, password], nonce, qop, &said);
        let right = same(
            expected.as_bytes(),
            fields.one("response").unwrap_or_default().to_ascii_lowercase().as_bytes(),
        );
        let ours = fields.one("realm") == Some(&self.realm) && user(uri) == user(asked.uri);
        if !(right && ours && account.is_some()) {
            return Verdict::Bad;
        }
        match self.fresh(now, source, nonce, qop.map(|(_, count, _)| count), branch) {
            true => Verdict::Good(name.to_owned()),
            false => Verdict::Stale,
        }
    }

    fn fresh(
        &mut self,
        now: Duration,
        source: IpAddr,
        nonce: &str,
        count: Option<&str>,
        branch: &str,
    ) -> bool {
        let Some(given) = nonce.get(..8).and_then(|digits| u64::from_str_radix(digits, 16).ok()) else {
            return false;
        };
        let until = Duration::from_secs(given) + Self::LIFE;
        if !same(self.nonce(given, source).as_bytes(), nonce.as_bytes())
            || now > until
            || given > now.as_secs()
        {
            return false;
        }
        // Without qop there is no count, and the nonce works once (RFC 2069 clients).
        let Ok(count) = count.map_or(Ok(1), |count| u32::from_str_radix(count, 16)) else { return false };
        if let Some(used) = self.used.get_mut(nonce) {
            let again = used.branch == branch && used.count == count; // the same request, sent again by UDP
            let next = count > used.count;
            if next {
                (used.count, used.branch) = (count, branch.to_owned());
            }
            return next || again;
        }
        if self.used.len() >= Self::MOST_USED {
            self.used.retain(|_, used| used.until > now);
        }
        if self.used.len() >= Self::MOST_USED {
            return false;
        }
        self.used.insert(nonce.to_owned(), Used { count, branch: branch.to_owned(), until });
        true
    }

    fn nonce(&self, second: u64, source: IpAddr) -> String {
        let second = format!("{second:08x}");
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) else { return second };
        mac.update(second.as_bytes());
        mac.update(source.to_canonical().to_string().as_bytes());
        let tag = mac.finalize().into_bytes();
        second + &hex(tag.get(..16).unwrap_or_default())
    }
}

/// Whether both are the same, in a time that does not depend on where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    let difference = one.iter().zip(other).fold(0, |all, (a, b)| core::hint::black_box(all | (a ^ b)));
    one.len() == other.len() && difference == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sip::stack::{Request, Response};

    const SOURCE: IpAddr = IpAddr::V4(core::net::Ipv4Addr::new(192, 0, 2, 1));
    const ASKED: Asked<'_> = Asked { method: "REGISTER", uri: "sip:fax.example", body: b"" };

    fn credentials(realm: Option<&str>) -> Credentials {
        Credentials {
            user: "ata1".into(),
            password: "secret".to_owned().into(),
            realm: realm.map(str::to_owned),
        }
    }

    fn doorkeeper() -> Doorkeeper {
        let account = Account { user: "ata1".into(), password: "secret".to_owned().into() };
        Doorkeeper::new("fax", &[account], [7; 32])
    }

    fn challenged(challenges: &[String]) -> Response {
        let lines: String = challenges.iter().map(|line| format!("WWW-Authenticate: {line}\r\n")).collect();
        Response::try_from(format!("SIP/2.0 401 Unauthorized\r\n{lines}\r\n").as_bytes()).unwrap()
    }

    fn answered(value: &str) -> Request {
        Request::try_from(
            format!("REGISTER sip:fax.example SIP/2.0\r\nAuthorization: {value}\r\n\r\n").as_bytes(),
        )
        .unwrap()
    }

    fn round(door: &mut Doorkeeper, asked_at: Duration, answered_at: Duration) -> (Request, Verdict) {
        let challenge = challenged(&door.challenges(asked_at, SOURCE, false));
        let (_, value) = answer(&challenge, false, &credentials(None), &mut None, &ASKED, "c").unwrap();
        let request = answered(&value);
        let verdict = door.judge(answered_at, SOURCE, &request, &ASKED, "z9hG4bK1");
        (request, verdict)
    }

    /// RFC 2617 3.5 and RFC 7616 3.9.1.
    #[test]
    fn answers_are_those_of_the_standards_examples() {
        let get = Asked { method: "GET", uri: "/dir/index.html", body: b"" };
        let secret = ["Mufasa", "testrealm@host.com", "Circle Of Life"];
        let qop = Some(("auth", "00000001", "0a4f113b"));
        let response = respond(Algorithm::Md5, &secret, "dcd98b7102dd2f0e8b11d0f600bfb0c093", qop, &get);
        assert_eq!(response, "6629fae49393a05397450978507c4ef1");
        let secret = ["Mufasa", "http-auth@example.org", "Circle of Life"];
        let qop = Some(("auth", "00000001", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"));
        let response =
            respond(Algorithm::Sha256, &secret, "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", qop, &get);
        assert_eq!(response, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    }

    #[test]
    fn our_answer_opens_our_door_and_prefers_sha_256() {
        let (request, verdict) = round(&mut doorkeeper(), Duration::from_secs(5), Duration::from_secs(6));
        assert_eq!(verdict, Verdict::Good("ata1".into()));
        assert!(value(&request, "Authorization").unwrap().contains("algorithm=SHA-256"));
    }

    #[test]
    fn a_nonce_works_once_and_the_same_request_again_is_the_same_request() {
        let mut door = doorkeeper();
        let (request, _) = round(&mut door, Duration::ZERO, Duration::ZERO);
        assert_eq!(
            door.judge(Duration::ZERO, SOURCE, &request, &ASKED, "z9hG4bK1"),
            Verdict::Good("ata1".into())
        );
        assert_eq!(door.judge(Duration::ZERO, SOURCE, &request, &ASKED, "z9hG4bK2"), Verdict::Stale);
    }

    #[test]
    fn a_nonce_lives_five_minutes_at_one_address() {
        let mut door = doorkeeper();
        assert_eq!(round(&mut door, Duration::ZERO, Duration::from_secs(301)).1, Verdict::Stale);
        let challenge = challenged(&door.challenges(Duration::ZERO, SOURCE, false));
        let (_, value) = answer(&challenge, false, &credentials(None), &mut None, &ASKED, "c").unwrap();
        let elsewhere = IpAddr::V4(core::net::Ipv4Addr::new(192, 0, 2, 2));
        assert_eq!(door.judge(Duration::ZERO, elsewhere, &answered(&value), &ASKED, "b"), Verdict::Stale);
    }

    #[test]
    fn an_unknown_name_and_a_wrong_password_are_the_same_to_the_asker() {
        let mut door = doorkeeper();
        for (user, password) in [("nobody", "secret"), ("ata1", "guess")] {
            let credentials =
                Credentials { user: user.into(), password: password.to_owned().into(), realm: None };
            let challenge = challenged(&door.challenges(Duration::ZERO, SOURCE, false));
            let (_, value) = answer(&challenge, false, &credentials, &mut None, &ASKED, "c").unwrap();
            assert_eq!(door.judge(Duration::ZERO, SOURCE, &answered(&value), &ASKED, "b"), Verdict::Bad);
        }
        let none = Request::try_from(&b"REGISTER sip:x SIP/2.0\r\nTo: <sip:a@b>\r\n\r\n"[..]).unwrap();
        assert_eq!(door.judge(Duration::ZERO, SOURCE, &none, &ASKED, "b"), Verdict::Bad);
    }

    #[test]
    fn an_answer_for_one_number_does_not_pay_for_another() {
        let mut door = doorkeeper();
        let (request, _) = round(&mut door, Duration::ZERO, Duration::ZERO);
        let other = Asked { method: "REGISTER", uri: "sip:900@fax.example", body: b"" };
        assert_eq!(door.judge(Duration::ZERO, SOURCE, &request, &other, "z9hG4bK1"), Verdict::Bad);
    }

    #[test]
    fn credentials_are_not_shown_to_another_realm() {
        let foreign = challenged(&["Digest realm=\"evil\", nonce=\"n\"".into()]);
        assert!(answer(&foreign, false, &credentials(Some("fax")), &mut None, &ASKED, "c").is_none());
        let mut pinned = Some("fax".to_owned());
        assert!(answer(&foreign, false, &credentials(None), &mut pinned, &ASKED, "c").is_none());
        let mut learned = None;
        assert!(answer(&foreign, false, &credentials(None), &mut learned, &ASKED, "c").is_some());
        assert_eq!(learned.as_deref(), Some("evil"));
    }

    #[test]
    fn a_challenge_of_two_lines_is_none() {
        let challenge = "Digest realm=\"fax\", nonce=\"n\rX: y\", algorithm=MD5".to_owned();
        let asked = Asked { method: "INVITE", uri: "sip:1@h", body: &[] };
        let answered =
            answer(&challenged(&[challenge]), false, &credentials(None), &mut None, &asked, "cnonce");
        assert_eq!(answered, None);
    }

    #[test]
    fn a_challenge_that_we_cannot_answer_is_left_and_the_next_one_taken() {
        let both = challenged(&[
            "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256".into(),
            "Digest realm=\"r\", nonce=\"n\", algorithm=MD5".into(),
        ]);
        let (_, value) = answer(&both, false, &credentials(None), &mut None, &ASKED, "c").unwrap();
        assert!(value.contains("algorithm=MD5") && !value.contains("qop"));
        assert!(
            answer(
                &challenged(&["Basic realm=\"r\"".into()]),
                false,
                &credentials(None),
                &mut None,
                &ASKED,
                "c"
            )
            .is_none()
        );
    }
}
