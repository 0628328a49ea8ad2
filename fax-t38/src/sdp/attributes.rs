//! The T.38 attributes as text: every spelling in, one spelling out.
//!
//! From: `T38...` attributes of T.38 annex D, with what RFC 5347 2.5 and field notes SDP-1 to SDP-10 and SDP-22 say
//! of how they are really written.
//! Always: one bad attribute changes nothing but a counter; the default stands.

use fax_core::BitRate;

use super::oddity::{Oddities, Oddity};
use super::parameters::{
    Booleans, Corrections, Depth, ModemType, Options, RateManagement, T38Parameters, VendorInfo,
};
use crate::Version;

/// Reads the attributes of one m-line, or of the session, into parameters.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub(super) parameters: T38Parameters,
    seen: u16,
}

/// What became of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It was one of T.38 that is known here, well written or not.
    Known,
    /// It begins like one of T.38.
    Unknown,
    /// It is something else.
    Foreign,
}

impl Reader {
    /// Begins with what stands where nothing is said.
    pub(super) fn new(defaults: T38Parameters) -> Self {
        Self { parameters: defaults, seen: 0 }
    }

    /// Whether any known attribute was taken.
    pub(super) fn is_touched(&self) -> bool {
        self.seen != 0
    }

    /// Takes `name`, or `name=value` by mistake, and its value.
    pub(super) fn take(&mut self, name: &str, value: Option<&str>, odd: &mut Oddities) -> Taken {
        let name = name.trim();
        if !name.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("t38")) {
            return Taken::Foreign;
        }
        let (name, value) = match name.split_once('=') {
            Some((name, value)) => {
                odd.note(Oddity::EqualsSign);
                (name.trim_end(), Some(value))
            }
            None => (name, value),
        };
        let Some((_, known)) = SPELLINGS.iter().find(|(spelling, _)| spelling.eq_ignore_ascii_case(name))
        else {
            odd.note(Oddity::UnknownAttribute);
            return Taken::Unknown;
        };
        if !name.eq_ignore_ascii_case(known.canonical()) {
            odd.note(Oddity::Alias);
        }
        self.know(*known, value.map(str::trim), odd);
        Taken::Known
    }

    fn know(&mut self, known: Known, value: Option<&str>, odd: &mut Oddities) {
        let first = self.seen & known.bit() == 0;
        self.seen |= known.bit();
        if !first && known != Known::UdpEc {
            odd.note(Oddity::Duplicate);
        }
        let text = value.unwrap_or_default();
        let these = &mut self.parameters;
        match known {
            Known::Version => set(&mut these.version, version(text, odd)),
            Known::MaxBitRate => set(&mut these.max_bit_rate, bit_rate(text, odd)),
            Known::FillBitRemoval => these.option(Options::FILL_BIT_REMOVAL, value, odd),
            Known::TranscodingMmr => these.option(Options::TRANSCODING_MMR, value, odd),
            Known::TranscodingJbig => these.option(Options::TRANSCODING_JBIG, value, odd),
            Known::RateManagement => keep(&mut these.rate_management, rate_management(text, odd)),
            Known::MaxBuffer => keep(&mut these.max_buffer, positive(text, odd)),
            Known::MaxDatagram => keep(&mut these.max_datagram, size(text, odd)),
            Known::MaxIfp => keep(&mut these.max_ifp, size(text, odd)),
            Known::UdpEc => these.correction(first, text, odd),
            Known::UdpEcDepth => keep(&mut these.depth, depth(text, odd)),
            Known::UdpFecMaxSpan => keep(&mut these.fec_max_span, positive(text, odd).map(octet)),
            Known::ModemType => keep(&mut these.modem_type, modem_type(text, odd)),
            Known::VendorInfo => keep(&mut these.vendor_info, vendor_info(text, odd)),
        }
    }
}

/// The attributes of `parameters`, in the canonical spelling and order.
pub(super) fn written(parameters: &T38Parameters) -> Vec<(&'static str, Option<String>)> {
    let these = parameters;
    let mut out = Vec::with_capacity(16);
    let mut say = |known: Known, value: Option<String>| {
        if let Some(value) = value {
            out.push((known.canonical(), Some(value).filter(|value| !value.is_empty())));
        }
    };
    say(Known::Version, Some(these.version.number().to_string()));
    say(Known::MaxBitRate, Some(these.max_bit_rate.0.to_string()));
    for (known, option) in [
        (Known::FillBitRemoval, Options::FILL_BIT_REMOVAL),
        (Known::TranscodingMmr, Options::TRANSCODING_MMR),
        (Known::TranscodingJbig, Options::TRANSCODING_JBIG),
    ] {
        let value = match (these.booleans, these.options.contains(option)) {
            (Booleans::Bare, true) => Some(""),
            (Booleans::Bare, false) => None,
            (Booleans::Valued, true) => Some("1"),
            (Booleans::Valued, false) => Some("0"),
        };
        say(known, value.map(str::to_owned));
    }
    say(Known::RateManagement, these.rate_management.map(|method| method.spelling().to_owned()));
    say(Known::MaxBuffer, these.max_buffer.map(|octets| octets.to_string()));
    say(Known::MaxDatagram, these.max_datagram.map(|octets| octets.to_string()));
    say(Known::MaxIfp, these.max_ifp.map(|octets| octets.to_string()));
    for spelling in these.corrections.spellings() {
        say(Known::UdpEc, Some((*spelling).to_owned()));
    }
    say(Known::UdpEcDepth, these.depth.map(|depth| format!("{} {}", depth.min, depth.max)));
    say(Known::UdpFecMaxSpan, these.fec_max_span.map(|span| span.to_string()));
    say(Known::ModemType, these.modem_type.map(|kind| kind.spelling().to_owned()));
    say(Known::VendorInfo, these.vendor_info.map(|info| info.to_string()));
    out
}

/// The same as one `fmtp` value: `;` between parameters, RFC 4612. Error correction is RTP's own matter there.
pub(super) fn written_as_fmtp(parameters: &T38Parameters) -> String {
    let parameters = T38Parameters { corrections: Corrections::Unsaid, ..*parameters };
    let joined = written(&parameters).into_iter().map(|(name, value)| match value {
        Some(value) => format!("{name}={value}"),
        None => name.to_owned(),
    });
    joined.collect::<Vec<_>>().join(";")
}

/// A number that may be anything: `None` if there is none or it is below zero, the largest if it is larger.
pub(super) fn decimal(text: &str, odd: &mut Oddities) -> Option<u32> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = digits.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = digits.split_at_checked(end)?;
    if digits.is_empty() {
        odd.note(Oddity::NotANumber);
        return None;
    }
    if !rest.is_empty() {
        odd.note(Oddity::TrailingText);
    }
    if text.starts_with('-') {
        odd.note(Oddity::Negative);
        return None;
    }
    let value = digits.bytes().try_fold(0_u32, |value, digit| {
        value.checked_mul(10)?.checked_add(u32::from(digit.wrapping_sub(b'0')))
    });
    if value.is_none() {
        odd.note(Oddity::Huge);
    }
    Some(value.unwrap_or(u32::MAX))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Version,
    MaxBitRate,
    FillBitRemoval,
    TranscodingMmr,
    TranscodingJbig,
    RateManagement,
    MaxBuffer,
    MaxDatagram,
    MaxIfp,
    UdpEc,
    UdpEcDepth,
    UdpFecMaxSpan,
    ModemType,
    VendorInfo,
}

/// What is read as which attribute, in any case. The first spelling of each is the one written.
const SPELLINGS: &[(&str, Known)] = &[
    ("T38FaxVersion", Known::Version),
    ("T38MaxBitRate", Known::MaxBitRate),
    ("T38FaxMaxRate", Known::MaxBitRate), // SDP-2
    ("T38FaxFillBitRemoval", Known::FillBitRemoval),
    ("T38FaxTranscodingMMR", Known::TranscodingMmr),
    ("T38FaxTranscodingJBIG", Known::TranscodingJbig),
    ("T38FaxRateManagement", Known::RateManagement),
    ("T38FaxMaxBuffer", Known::MaxBuffer),
    ("T38FaxMaxDatagram", Known::MaxDatagram),
    ("T38MaxDatagram", Known::MaxDatagram), // SDP-2
    ("T38FaxMaxIFP", Known::MaxIfp),
    ("T38FaxUdpEC", Known::UdpEc),
    ("T38FaxUdpECDepth", Known::UdpEcDepth),
    ("T38FaxUdpFECMaxSpan", Known::UdpFecMaxSpan),
    ("T38ModemType", Known::ModemType),
    ("T38VendorInfo", Known::VendorInfo),
];

impl Known {
    fn canonical(self) -> &'static str {
        SPELLINGS.iter().find(|(_, known)| *known == self).map_or("", |(spelling, _)| spelling)
    }

    fn bit(self) -> u16 {
        1 << self as u16
    }
}

impl T38Parameters {
    /// Bare or not zero is true, `0` and `false` are false (SDP-3).
    fn option(&mut self, option: Options, value: Option<&str>, odd: &mut Oddities) {
        let present = match value.filter(|value| !value.is_empty()) {
            None => true,
            Some(value) => {
                odd.note(Oddity::ValuedBoolean);
                self.booleans = Booleans::Valued;
                !value.eq_ignore_ascii_case("false") && value.bytes().any(|octet| octet != b'0')
            }
        };
        self.options = self.options.with(option, present);
    }

    /// May come more than once, and more than one in a line (SDP-7).
    fn correction(&mut self, first: bool, text: &str, odd: &mut Oddities) {
        let mut these = if first { Corrections::None } else { self.corrections };
        for value in text.split([',', ';', ' ']).map(str::trim) {
            let known = [Corrections::Redundancy, Corrections::Fec, Corrections::None]
                .into_iter()
                .find(|known| known.spellings().iter().any(|spelling| spelling.eq_ignore_ascii_case(value)));
            match known {
                Some(more) => {
                    these =
                        Corrections::of(these.redundancy() || more.redundancy(), these.fec() || more.fec());
                }
                None => odd.note(Oddity::UnknownValue),
            }
        }
        self.corrections = these;
    }
}

impl Corrections {
    fn spellings(self) -> &'static [&'static str] {
        match self {
            Self::Unsaid => &[],
            Self::None => &["t38UDPNoEC"],
            Self::Redundancy => &["t38UDPRedundancy"],
            Self::Fec => &["t38UDPFEC"],
            Self::Both => &["t38UDPRedundancy", "t38UDPFEC"],
        }
    }
}

impl RateManagement {
    fn spelling(self) -> &'static str {
        match self {
            Self::LocalTcf => "localTCF",
            Self::TransferredTcf => "transferredTCF",
        }
    }
}

impl ModemType {
    fn spelling(self) -> &'static str {
        match self {
            Self::G3FaxOnly => "t38G3FaxOnly",
            Self::G3AndV34G3 => "t38G3AndV34G3",
        }
    }
}

fn set<T>(place: &mut T, read: Option<T>) {
    if let Some(value) = read {
        *place = value;
    }
}

fn keep<T>(place: &mut Option<T>, read: Option<T>) {
    if read.is_some() {
        *place = read;
    }
}

fn octet(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

fn version(text: &str, odd: &mut Oddities) -> Option<Version> {
    decimal(text, odd).map(|number| Version::new(octet(number)))
}

fn positive(text: &str, odd: &mut Oddities) -> Option<u32> {
    let value = decimal(text, odd)?;
    if value == 0 {
        odd.note(Oddity::Zero);
    }
    Some(value).filter(|&value| value > 0)
}

/// No fax modem is slower than 2400 bit/s or faster than 33 600.
fn bit_rate(text: &str, odd: &mut Oddities) -> Option<BitRate> {
    match positive(text, odd)? {
        0..2400 => {
            odd.note(Oddity::UnknownValue);
            None
        }
        rate @ 2400..=33_600 => Some(BitRate(rate)),
        33_601.. => {
            odd.note(Oddity::Huge);
            Some(BitRate(33_600))
        }
    }
}

/// No datagram is longer than 65 535 octets: who says so said nothing (SDP-5).
fn size(text: &str, odd: &mut Oddities) -> Option<u16> {
    let value = positive(text, odd)?;
    let size = u16::try_from(value).ok();
    if size.is_none() && value < u32::MAX {
        odd.note(Oddity::Huge);
    }
    size
}

fn rate_management(text: &str, odd: &mut Oddities) -> Option<RateManagement> {
    for method in [RateManagement::LocalTcf, RateManagement::TransferredTcf] {
        if method.spelling().eq_ignore_ascii_case(text) {
            return Some(method);
        }
    }
    let misspelled = match text.to_ascii_lowercase().as_str() {
        "localtfc" => Some(RateManagement::LocalTcf),
        "transferredtfc" | "transferedtcf" => Some(RateManagement::TransferredTcf),
        _ => None,
    };
    odd.note(if misspelled.is_some() { Oddity::MisspelledValue } else { Oddity::UnknownValue });
    misspelled
}

fn depth(text: &str, odd: &mut Oddities) -> Option<Depth> {
    let mut numbers = text.split_whitespace();
    let min = octet(decimal(numbers.next().unwrap_or_default(), odd)?);
    let max = match numbers.next() {
        Some(text) => octet(decimal(text, odd)?),
        None => min,
    };
    Some(Depth { min: min.min(max), max: max.max(min) })
}

fn modem_type(text: &str, odd: &mut Oddities) -> Option<ModemType> {
    let found = [ModemType::G3FaxOnly, ModemType::G3AndV34G3]
        .into_iter()
        .find(|kind| kind.spelling().eq_ignore_ascii_case(text));
    if found.is_none() {
        odd.note(Oddity::UnknownValue);
    }
    found
}

fn vendor_info(text: &str, odd: &mut Oddities) -> Option<VendorInfo> {
    let mut numbers = text.split_whitespace().map(|number| decimal(number, odd));
    let (country, extension, manufacturer) =
        (numbers.next().flatten(), numbers.next().flatten(), numbers.next().flatten());
    drop(numbers);
    let info = country
        .and_then(|country| u8::try_from(country).ok())
        .zip(extension.and_then(|extension| u8::try_from(extension).ok()));
    let Some(((country, extension), manufacturer)) = info.zip(manufacturer) else {
        odd.note(Oddity::UnknownValue);
        return None;
    };
    Some(VendorInfo { country, extension, manufacturer })
}
