//! What a fax machine is and does.

use super::desk::Quality;
use super::timers::Timing;
use crate::private::Private;
use crate::t30::Dis;
use crate::t30::fields::{Bit, Length, ModemSet, ScanTime};
use crate::units::{BitRate, Decibel};

/// What a fax machine is and does. The default sends with every modem and ECM, and receives pages of A4
/// width in every coding but JBIG, up to 400 lines per inch.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What it can receive. Bit 9, a document that waits, follows from `offers`.
    pub receives: Dis,
    /// Modems it sends with.
    pub modems: ModemSet,
    /// The rate at which it begins to send, at most.
    pub max_rate: BitRate,
    /// Whether it sends with ECM where it can.
    pub ecm: bool,
    /// Frames of a block, where the far machine has no wish.
    pub ecm_frames: EcmFrames,
    /// NSF or NSC, up to [`Settings::NON_STANDARD`] octets: T.35 country, maker and what the maker likes.
    pub non_standard: Option<Private<Vec<u8>>>,
    /// CSI, TSI or CIG, up to 20 characters of ASCII; empty for none.
    pub identification: Private<String>,
    /// SUB, sent if the far machine takes it.
    pub sub_address: Option<Private<String>>,
    /// SID, sent if the far machine takes it.
    pub sender_identification: Option<Private<String>>,
    /// Caller: whether documents are fetched, after its own have been sent.
    pub polls: Option<Poll>,
    /// Whether a document of its own may be fetched.
    pub offers: Offer,
    /// Waits.
    pub timing: Timing,
    /// How often a command is sent before the call is given up: T.30's three.
    pub tries: u8,
    /// How often DIS is said before the call is given up; without a limit, until T1.
    pub dis_tries: Option<u8>,
    /// Requests for the same block before CTC or EOR: T.4 Annex A's four.
    pub requests: u8,
    /// What a sender does about RTN.
    pub on_rtn: OnRtn,
    /// Which pages are confirmed.
    pub copy_quality: CopyQuality,
    /// The least margin of a training that is confirmed, when the host tells it
    /// ([`super::Session::training_margin`]).
    pub least_margin: Decibel,
}

/// How long the frames of an ECM block are (T.4 A.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EcmFrames {
    /// 256 octets.
    #[default]
    Long,
    /// 64 octets: four times as many frames, of which each is likelier to come whole.
    Short,
}

/// How a caller fetches documents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Poll {
    /// PWD, sent if the far machine takes it.
    pub password: Option<Private<String>>,
    /// SEP: which document.
    pub document: Option<Private<String>>,
}

/// Whether what the source holds may be fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Offer {
    /// No.
    #[default]
    Nothing,
    /// By anyone.
    Freely,
    /// By those who know this password.
    WithPassword(Private<String>),
}

/// What a sender does about RTN; T.30 does not say whether the page was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRtn {
    /// The same page again at a lower rate, so often, then as [`OnRtn::Proceed`].
    Resend(u8),
    /// The page counts as sent, its quality as doubtful.
    Proceed,
}

/// Which pages without ECM are confirmed, in rows of a thousand. T.30 has no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyQuality {
    /// From so many bad rows on, RTP.
    pub poor: u16,
    /// From so many bad rows on, RTN.
    pub rejected: u16,
}

impl Settings {
    /// The longest non-standard facilities that are sent: a second of V.21.
    pub const NON_STANDARD: usize = 36;

    pub(super) fn non_standard(&self) -> Option<&[u8]> {
        let octets = self.non_standard.as_ref()?.reveal();
        octets.get(..octets.len().min(Self::NON_STANDARD)).filter(|octets| !octets.is_empty())
    }
}

impl CopyQuality {
    /// Bad rows of a thousand; a page without rows is all bad.
    pub(super) fn bad(quality: &Quality) -> u32 {
        let bad = u64::from(quality.bad_rows).saturating_mul(1000);
        bad.checked_div(u64::from(quality.rows)).map_or(1000, |permille| permille.min(1000) as u32)
    }
}

impl Default for Settings {
    fn default() -> Self {
        let bits = [
            Bit::RECEIVE,
            Bit::FINE,
            Bit::MR,
            Bit::ECM,
            Bit::MMR,
            Bit::R200X400,
            Bit::R300X300,
            Bit::R400X400,
            Bit::INCH,
            Bit::METRIC,
            Bit::SUB,
            Bit::PASSWORD,
        ];
        let receives = bits.into_iter().fold(Dis::NOTHING, Dis::with);
        Self {
            receives: receives
                .with_modems(ModemSet::V27terV29V17)
                .with_length(Length::Unlimited)
                .with_scan_time(ScanTime::Ms0),
            modems: ModemSet::V27terV29V17,
            max_rate: BitRate(14_400),
            ecm: true,
            ecm_frames: EcmFrames::Long,
            non_standard: None,
            identification: Private::new(String::new()),
            sub_address: None,
            sender_identification: None,
            polls: None,
            offers: Offer::Nothing,
            timing: Timing::default(),
            tries: 3,
            dis_tries: None,
            requests: 4,
            on_rtn: OnRtn::Resend(2),
            // As deployed machines have it; 4.9 % must pass and 15.1 % must not (conformance MRGN04).
            copy_quality: CopyQuality { poor: 50, rejected: 150 },
            least_margin: Decibel(0.0),
        }
    }
}
