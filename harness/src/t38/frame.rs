//! What a T.30 frame is called, and what it says in short.
//!
//! Not here: what the fields mean (`fax_core::t30`); telephone numbers and pages, unless they are asked
//! for.

use fax_core::Opening;
use fax_core::t30::fields::{Bit, Coding, Ecm};
use fax_core::t30::{Body, Dcs, Dis, Fcf, Frame, ModemSet, PostPage};

/// What the frame is called: `DIS`, `PPS-EOP`, `FCD 12`; `?` and its code if it has no name,
/// `frame without a head` if address and control are not those of T.30 or are missing.
pub fn name(octets: &[u8]) -> String {
    let Ok(frame) = Frame::parse(octets) else { return "frame without a head".to_owned() };
    let name = frame.fcf().name();
    match (frame.fcf(), frame.body()) {
        (Fcf::Unknown(code), _) => format!("{name} {code:02x}"),
        (_, Ok(Body::Pps(pps))) => format!("{name}-{}", second(pps.then)),
        (_, Ok(Body::Eor(then))) => format!("{name}-{}", second(then)),
        (_, Ok(Body::Fcd(fcd))) => format!("{name} {}", fcd.number),
        _ => name.to_owned(),
    }
}

fn second(then: PostPage) -> &'static str {
    then.fcf().map_or("NULL", Fcf::name)
}

/// The number of an ECM frame of the page, 0..=255.
pub fn ecm_number(octets: &[u8]) -> Option<u8> {
    match Frame::parse(octets).ok()?.body().ok()? {
        Body::Fcd(fcd) => Some(fcd.number),
        _ => None,
    }
}

/// What the frame says, as far as that is neither a number of a subscriber nor a page.
pub fn gist(octets: &[u8]) -> Option<String> {
    match Frame::parse(octets).ok()?.body().ok()? {
        Body::Dcs(dcs) => Some(command(&dcs)),
        Body::Dis(dis) | Body::Dtc(dis) => Some(offer(&dis)),
        Body::Ctc(ctc) => Some(rate(ctc.opening())),
        Body::Pps(pps) => Some(format!("page {}, block {}, {} frames", pps.page, pps.block, pps.frames())),
        Body::Ppr(ppr) => Some(format!("{} frames asked for again", ppr.count())),
        _ => None,
    }
}

/// What the frame says in full: a telephone number, or the octets of its information field.
pub fn content(octets: &[u8]) -> Option<String> {
    /// Octets shown of a field that is no number.
    const SHOWN: usize = 40;
    let frame = Frame::parse(octets).ok()?;
    match (frame.body(), *frame.information().reveal()) {
        (_, []) => None,
        (Ok(Body::Ident(ident)), _) => Some(format!("{:?}", ident.text().reveal().as_str())),
        (_, octets) => {
            let hex: String = octets.iter().take(SHOWN).map(|octet| format!("{octet:02x}")).collect();
            Some(if octets.len() > SHOWN { format!("{hex}...") } else { hex })
        }
    }
}

fn command(dcs: &Dcs) -> String {
    let coding = match dcs.coding() {
        Coding::Mh => "MH",
        Coding::Mr => "MR",
        Coding::Mmr => "MMR",
        Coding::Jbig | Coding::JbigL0 => "JBIG",
        Coding::Other => "another coding",
    };
    let correction = match dcs.ecm() {
        Ecm::Off => "",
        Ecm::Frames256 => ", ECM",
        Ecm::Frames64 => ", ECM 64",
    };
    format!("{}, {coding}{correction}", rate(dcs.opening()))
}

/// Real-time Internet fax.
const T38: Option<Bit> = Bit::new(3);

fn offer(dis: &Dis) -> String {
    let modems = match dis.modems() {
        ModemSet::Fallback => "V.27ter 2400",
        ModemSet::V27ter => "V.27ter",
        ModemSet::V29 => "V.29",
        ModemSet::V27terV29 => "V.27ter V.29",
        ModemSet::V27terV29V17 => "V.27ter V.29 V.17",
    };
    let also =
        [(Some(Bit::ECM), ", ECM"), (Some(Bit::MMR), ", MMR"), (Some(Bit::V8), ", V.8"), (T38, ", T.38")];
    let also = also.into_iter().filter(|(bit, _)| bit.is_some_and(|bit| dis.has(bit))).map(|(_, text)| text);
    std::iter::once(modems).chain(also).collect()
}

fn rate(opening: Option<Opening>) -> String {
    let Some(opening) = opening else { return "unknown rate".to_owned() };
    let family = match opening {
        Opening::V21 => "V.21",
        Opening::V27ter(_) => "V.27ter",
        Opening::V29(_) => "V.29",
        Opening::V17(..) => "V.17",
    };
    format!("{family} {}", opening.bit_rate().0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(hex: &str) -> Vec<u8> {
        hex.split(' ').map(|octet| u8::from_str_radix(octet, 16).unwrap()).collect()
    }

    #[test]
    fn frames_are_told_by_their_names() {
        for (hex, expected) in [
            ("FF C8 01 00 77 1F", "DIS"),
            ("FF C8 81 00 50 11", "DTC"),
            ("FF C0 42 04", "TSI"),
            ("FF C8 C1 00 45 1E", "DCS"),
            ("FF C8 21", "CFR"),
            ("FF C8 FD F4 00 00 80", "PPS-EOP"),
            ("FF C8 7D 00 00 00 FF", "PPS-NULL"),
            ("FF C8 73 F2", "EOR-MPS"),
            ("FF C0 60 80 AA", "FCD 1"),
            ("FF C0 61", "RCP"),
            ("FF C8 DF", "DCN"),
            ("FF C8 0F", "? 0f"),
            ("FF C8 7D", "PPS"),
            ("FF C0 60", "FCD"),
            ("13 C8 21", "frame without a head"),
        ] {
            assert_eq!(name(&octets(hex)), expected, "{hex}");
        }
    }

    /// The worked examples E1, E8, E10 and E12 of our notes on T.30, each read so by two other programs.
    #[test]
    fn the_gist_is_what_other_programs_read() {
        for (hex, expected) in [
            ("FF C8 01 00 50 00", "V.27ter"),
            ("FF C8 01 00 76 1F 23 01 E9 81 01 01 1E", "V.27ter V.29 V.17, ECM, MMR"),
            ("FF C8 C1 00 44 1F 21 01 50", "V.17 14400, MH, ECM"),
            ("FF C8 41 00 54 1F 30", "V.17 12000, MH, ECM 64"),
            ("FF C8 C1 00 44 1F 21 01 11 01 01 01 04", "V.17 14400, JBIG, ECM"),
            ("FF C8 7D F4 00 00 80", "page 0, block 0, 2 frames"),
        ] {
            assert_eq!(gist(&octets(hex)).as_deref(), Some(expected), "{hex}");
        }
    }

    #[test]
    fn a_number_is_content_and_never_gist() {
        let tsi = octets("FF C0 C2 9C 1C EC 6C AC 2C CC 4C 8C 0C D4 04 04 04 04 04 04 04 04 04");
        assert_eq!(gist(&tsi), None);
        assert_eq!(content(&tsi).as_deref(), Some("\"+0123456789\""));
    }
}
