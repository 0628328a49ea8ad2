//! What a sender commands: from a DIS, its own page and the rate ladder to a DCS that the DIS admits.
//!
//! From: T.30 Table 2; the ladder and the order of choices are field practice (`docs/t30-session.md`).

use super::desk::Format;
use super::settings::{EcmFrames, Settings};
use crate::signal::{Opening, Training, V17Rate, V27terRate, V29Rate};
use crate::t30::fields::{Bit, Coding, Dcs, Dis, Ecm, Excess, Length, ScanTime, Terms};
use crate::units::BitRate;

/// Each step is taken by one FTT, RTP, RTN or CTC; what one of the machines lacks is left out.
const LADDER: [Opening; 8] = [
    Opening::V17(V17Rate::R14400, Training::Long),
    Opening::V17(V17Rate::R12000, Training::Long),
    Opening::V17(V17Rate::R9600, Training::Long),
    Opening::V29(V29Rate::R9600),
    Opening::V17(V17Rate::R7200, Training::Long),
    Opening::V29(V29Rate::R7200),
    Opening::V27ter(V27terRate::R4800),
    Opening::V27ter(V27terRate::R2400),
];

/// The best modem and rate of both, within the limit; the slowest of both if none is within it.
pub(super) fn best(offered: &Dis, settings: &Settings) -> Option<Opening> {
    let common = || LADDER.into_iter().filter(|opening| permitted(*opening, offered, settings));
    let within = |opening: &Opening| opening.bit_rate() <= settings.max_rate;
    common().find(within).or_else(|| common().next_back())
}

/// The next step down from here.
pub(super) fn lower(than: Opening, offered: &Dis, settings: &Settings) -> Option<Opening> {
    let here = than.with_training(Training::Long);
    let below = LADDER.into_iter().skip_while(|opening| *opening != here).skip(1);
    let within = |opening: &Opening| opening.bit_rate() <= BitRate(settings.max_rate.0.max(2400));
    below.filter(within).find(|opening| permitted(*opening, offered, settings))
}

/// The DCS for a page, and what it and the DIS agree on.
pub(super) fn command(
    offered: &Dis,
    format: &Format,
    opening: Opening,
    settings: &Settings,
) -> Result<(Dcs, Terms), Excess> {
    let short = settings.ecm_frames == EcmFrames::Short || offered.has(Bit::SHORT_FRAMES_PREFERRED);
    let ecm = match (settings.ecm && offered.has(Bit::ECM), short) {
        (false, _) => Ecm::Off,
        (true, false) => Ecm::Frames256,
        (true, true) => Ecm::Frames64,
    };
    let length = if offered.length() == Length::Unlimited { Length::Unlimited } else { format.length };
    let scan_time = if ecm == Ecm::Off { offered.scan_time(format.resolution) } else { ScanTime::Ms0 };
    let mut dcs = Dcs::NOTHING
        .with(Bit::RECEIVE)
        .with_opening(opening)
        .with_ecm(ecm)
        .with_coding(coding(offered, format, ecm))
        .with_resolution(format.resolution)
        .with_width(format.width)
        .with_length(length)
        .with_scan_time(scan_time);
    if settings.sub_address.is_some() && offered.has(Bit::SUB) {
        dcs = dcs.with(Bit::SUB);
    }
    if settings.sender_identification.is_some() && offered.has(Bit::PASSWORD) {
        dcs = dcs.with(Bit::PASSWORD);
    }
    offered.admits(&dcs).map(|terms| (dcs, terms))
}

/// The first of the page's codings that the DIS has; T.6 and JBIG only with ECM.
fn coding(offered: &Dis, format: &Format, ecm: Ecm) -> Coding {
    let fits = |coding: &Coding| {
        let mends = ecm != Ecm::Off || matches!(coding, Coding::Mh | Coding::Mr);
        mends && offered.decodes(*coding)
    };
    format.codings.iter().copied().find(fits).unwrap_or(Coding::Mh)
}

fn permitted(opening: Opening, offered: &Dis, settings: &Settings) -> bool {
    offered.modems().permits(opening) && settings.modems.permits(opening)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::t30::ModemSet;
    use crate::t30::fields::{Resolution, Width};

    fn offered(octets: &[u8]) -> Dis {
        Dis::from_octets(octets).unwrap()
    }

    const PAGE: Format = Format {
        resolution: Resolution::R8x3_85,
        width: Width::Mm215,
        length: Length::A4,
        codings: &[Coding::Mmr, Coding::Mr, Coding::Mh],
    };

    /// Conformance MTGN03.
    #[test]
    fn a_minimal_dis_is_answered_by_a_minimal_dcs() {
        let dis = offered(&[0x00, 0x50, 0x00]);
        let settings = Settings::default();
        let opening = best(&dis, &settings).unwrap();
        let (dcs, terms) = command(&dis, &PAGE, opening, &settings).unwrap();
        assert_eq!(dcs.octets(), [0x00, 0x50, 0x00]);
        assert_eq!((terms.coding, terms.ecm), (Coding::Mh, Ecm::Off));
    }

    /// Conformance OTGC08 and MTGX11.
    #[test]
    fn the_ladder_goes_down_to_2400_and_ends() {
        let steps = |modems, limit| {
            let dis = Dis::NOTHING.with_modems(modems);
            let settings = Settings { max_rate: BitRate(limit), ..Settings::default() };
            let first = best(&dis, &settings);
            core::iter::successors(first, |here| lower(*here, &dis, &settings))
                .map(Opening::name)
                .collect::<Vec<_>>()
        };
        assert_eq!(steps(ModemSet::V27terV29V17, 14_400).len(), 8);
        assert_eq!(
            steps(ModemSet::V27terV29V17, 14_400)[..4],
            ["v17-14400", "v17-12000", "v17-9600", "v29-9600"]
        );
        assert_eq!(steps(ModemSet::V27terV29, 9600), ["v29-9600", "v29-7200", "v27ter-4800", "v27ter-2400"]);
        assert_eq!(steps(ModemSet::V29, 2400), ["v29-7200"], "what both have, though it is above the limit");
    }

    #[test]
    fn without_ecm_nothing_that_needs_it_is_commanded() {
        let settings = Settings { ecm: false, ..Settings::default() };
        let dis = Settings::default().receives;
        let opening = best(&dis, &settings).unwrap();
        let (_, terms) = command(&dis, &PAGE, opening, &settings).unwrap();
        assert_eq!((terms.coding, terms.length), (Coding::Mr, Length::Unlimited));
    }
}
