//! How fax is carried.
//!
//! Every key may stand in `[fax]` and in a route; the route's counts.

use core::fmt;
use fax_core::BitRate;
use fax_core::relay::{self, EcmUse, OwnWord, OwnWords};
use fax_core::t30::Edits;
use serde::Deserialize;

/// When a leg becomes T.38.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum T38 {
    /// As soon as a fax is heard, if the peer takes it.
    Prefer,
    /// The same, and a call whose peer does not take it ends.
    Require,
    /// Audio to the end.
    Never,
}

/// Whether two machines may correct errors between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ecm {
    /// As they like.
    Allow,
    /// No: pages without correction.
    Forbid,
    /// They must: a call whose pages would go without is ended.
    Require,
}

/// The highest rate of pages: those that DIS can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "u32")]
pub struct MaxRate(u32);

impl TryFrom<u32> for MaxRate {
    type Error = String;

    fn try_from(rate: u32) -> Result<Self, Self::Error> {
        match rate {
            2400 | 4800 | 9600 | 14400 => Ok(Self(rate)),
            _ => Err(format!("max_rate {rate} is not 2400, 4800, 9600 or 14400")),
        }
    }
}

/// What protects packets of T.38 from loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorCorrection {
    /// Nothing.
    None,
    /// Earlier packets are sent along.
    Redundancy,
    /// Sums of earlier packets are sent along.
    Fec,
}

/// How many earlier packets go along with each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Redundancy {
    /// As many as the loss asks for that is measured on what comes.
    Measured,
    /// Always so many, at most 16.
    Fixed {
        /// With each packet of a control frame.
        control: u8,
        /// With each packet of a page.
        image: u8,
    },
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields, expecting = "it is \"measured\", or as { control = 7, image = 3 }")]
enum Written {
    Word(String),
    Numbers { control: u8, image: u8 },
}

impl TryFrom<Written> for Redundancy {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Word(word) if word == "measured" => Ok(Self::Measured),
            Written::Numbers { control: control @ ..=16, image: image @ ..=16 } => {
                Ok(Self::Fixed { control, image })
            }
            Written::Word(word) => Err(format!("redundancy {word:?} is not \"measured\"")),
            Written::Numbers { .. } => Err("redundancy is 0 to 16".into()),
        }
    }
}

impl fmt::Display for Redundancy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measured => f.write_str("as measured"),
            Self::Fixed { control, image } => write!(f, "{control}/{image}"),
        }
    }
}

/// What becomes of an answer that invites to V.34.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SuperG3 {
    /// It is made a plain answer: the machines use V.17.
    Suppress,
    /// The same, and a caller that tries V.34 all the same is not heard: in audio nothing of it passes while the answer
    /// sounds.
    Block,
    /// It passes, and the call stays in audio unless V.21 is heard after it.
    Pass,
}

/// What the gateway says to a fax machine that the other one did not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Vec<Word>")]
pub struct MaySay(OwnWords);

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Flags,
    Rnr,
    Answers,
    Ftt,
}

impl From<Vec<Word>> for MaySay {
    fn from(words: Vec<Word>) -> Self {
        let all = [
            (Word::Flags, OwnWord::Flags),
            (Word::Rnr, OwnWord::NotReady),
            (Word::Answers, OwnWord::AnswerAgain),
            (Word::Ftt, OwnWord::TrainingRefused),
        ];
        let others = all.iter().filter(|(word, _)| !words.contains(word));
        Self(others.fold(OwnWords::ALL, |own, (_, word)| own.without(*word)))
    }
}

/// The highest version of T.38 that is offered or answered with: 2. Version 3 says that V.34 is relayed, and it is not: a peer
/// that is told 3 may send V.8 and V.34 packets, which nobody here makes a modem signal of. Who offers 3 is answered with 2, and
/// goes on without V.34 (T.38 version negotiation: the answer is what both have).
pub const HIGHEST: u8 = 2;

/// What is said about fax in one place; nothing is said by what is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaxChoice {
    /// When a leg becomes T.38.
    pub t38: Option<T38>,
    /// Whether a fax goes on in audio if T.38 was refused.
    pub fallback: Option<bool>,
    /// Whether machines may correct errors between them.
    pub ecm: Option<Ecm>,
    /// The highest rate of pages, bit/s.
    pub max_rate: Option<MaxRate>,
    /// What protects packets.
    pub error_correction: Option<ErrorCorrection>,
    /// How many earlier packets go along with each.
    pub redundancy: Option<Redundancy>,
    /// How often the packets of a control frame are sent again as they are, 0 to 8.
    pub copies: Option<u8>,
    /// The version of T.38 that is offered, 0 to [`HIGHEST`]; more counts as that.
    pub offer_version: Option<u8>,
    /// The highest version that is answered with, likewise.
    pub answer_version: Option<u8>,
    /// What becomes of an answer that invites to V.34.
    pub super_g3: Option<SuperG3>,
    /// What is said to a machine that the other one did not say.
    pub may_say: Option<MaySay>,
    /// Whether a fax between two phone legs is made anew as modem signals.
    pub regenerate: Option<bool>,
    /// Whether audio is offered with RFC 2198 redundancy.
    pub audio_redundancy: Option<bool>,
    /// Whether calling tone alone switches a leg; a person's equipment may send it too.
    pub on_calling_tone: Option<bool>,
}

/// How fax is carried on a call, everything decided.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fax {
    /// When a leg becomes T.38.
    pub t38: T38,
    /// Whether a fax goes on in audio if T.38 was refused.
    pub fallback: bool,
    /// Whether machines may correct errors between them.
    pub ecm: Ecm,
    /// The highest rate of pages, bit/s.
    pub max_rate: u32,
    /// What protects packets.
    pub error_correction: ErrorCorrection,
    /// How many earlier packets go along with each.
    pub redundancy: Redundancy,
    /// How often packets of control frames are sent again.
    pub copies: u8,
    /// The version offered.
    pub offer_version: u8,
    /// The highest version answered.
    pub answer_version: u8,
    /// What becomes of an answer that invites to V.34.
    pub super_g3: SuperG3,
    /// What is said to a machine that the other one did not say.
    pub may_say: OwnWords,
    /// Whether two phone legs are joined by modems.
    pub regenerate: bool,
    /// Whether RFC 2198 is offered.
    pub audio_redundancy: bool,
    /// Whether calling tone alone switches.
    pub on_calling_tone: bool,
}

impl FaxChoice {
    /// This, and where it says nothing, `below`.
    #[must_use]
    pub fn over(&self, below: &Self) -> Self {
        Self {
            t38: self.t38.or(below.t38),
            fallback: self.fallback.or(below.fallback),
            ecm: self.ecm.or(below.ecm),
            max_rate: self.max_rate.or(below.max_rate),
            error_correction: self.error_correction.or(below.error_correction),
            redundancy: self.redundancy.or(below.redundancy),
            copies: self.copies.or(below.copies),
            offer_version: self.offer_version.or(below.offer_version),
            answer_version: self.answer_version.or(below.answer_version),
            super_g3: self.super_g3.or(below.super_g3),
            may_say: self.may_say.or(below.may_say),
            regenerate: self.regenerate.or(below.regenerate),
            audio_redundancy: self.audio_redundancy.or(below.audio_redundancy),
            on_calling_tone: self.on_calling_tone.or(below.on_calling_tone),
        }
    }

    /// With the program's own choice where nothing is said.
    pub fn resolved(&self) -> Fax {
        Fax {
            t38: self.t38.unwrap_or(T38::Prefer),
            fallback: self.fallback.unwrap_or(true),
            ecm: self.ecm.unwrap_or(Ecm::Allow),
            max_rate: self.max_rate.map_or(14_400, |rate| rate.0),
            error_correction: self.error_correction.unwrap_or(ErrorCorrection::Redundancy),
            redundancy: self.redundancy.unwrap_or(Redundancy::Measured),
            copies: self.copies.unwrap_or(3).min(8),
            offer_version: self.offer_version.unwrap_or(0).min(HIGHEST),
            answer_version: self.answer_version.unwrap_or(HIGHEST).min(HIGHEST),
            super_g3: self.super_g3.unwrap_or(SuperG3::Suppress),
            may_say: self.may_say.map_or(OwnWords::ALL, |words| words.0),
            regenerate: self.regenerate.unwrap_or(false),
            audio_redundancy: self.audio_redundancy.unwrap_or(false),
            on_calling_tone: self.on_calling_tone.unwrap_or(false),
        }
    }
}

impl Fax {
    /// What the relay is to do.
    pub fn relay(&self) -> relay::Policy {
        let edits = Edits::gateway().with_limit(BitRate(self.max_rate));
        let ecm = match self.ecm {
            Ecm::Allow => EcmUse::LeftAlone,
            Ecm::Forbid => EcmUse::Forbidden,
            Ecm::Require => EcmUse::Required,
        };
        let super_g3 = match self.super_g3 {
            SuperG3::Suppress => relay::SuperG3::Suppress,
            SuperG3::Block => relay::SuperG3::Block,
            SuperG3::Pass => relay::SuperG3::Pass,
        };
        relay::Policy { edits, ecm, super_g3, own: self.may_say, ..relay::Policy::default() }
    }
}

/// One line.
impl fmt::Display for Fax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { max_rate, redundancy, copies, .. } = self;
        match (self.t38, self.fallback) {
            (T38::Prefer, true) => write!(f, "T.38 prefer, else audio")?,
            (T38::Prefer, false) => write!(f, "T.38 prefer, no fallback once refused")?,
            (T38::Require, _) => write!(f, "T.38 require")?,
            (T38::Never, _) => write!(f, "audio only")?,
        }
        let ecm = match self.ecm {
            Ecm::Allow => "allow",
            Ecm::Forbid => "forbid",
            Ecm::Require => "require",
        };
        write!(f, "; ECM {ecm}; up to {max_rate} bit/s")?;
        match self.error_correction {
            ErrorCorrection::None => write!(f, "; no redundancy")?,
            ErrorCorrection::Redundancy => write!(f, "; redundancy {redundancy}")?,
            ErrorCorrection::Fec => write!(f, "; fec")?,
        }
        let v34 = match self.super_g3 {
            SuperG3::Suppress => "suppress",
            SuperG3::Block => "block",
            SuperG3::Pass => "pass",
        };
        let Self { offer_version, answer_version, .. } = self;
        write!(
            f,
            ", copies {copies}; version {offer_version} offered, up to {answer_version} answered; V.34 {v34}"
        )
    }
}
