//! What a T.30 frame is called, and what it says in short.
//!
//! From: T.30 5.3.6 by way of two independent implementations; the codes stand as in T.38, first bit on
//! the line in the top bit.
//! Not here: telephone numbers and pages, unless they are asked for.

/// Names by facsimile control field. Below 0x10 the top bit is part of the code; elsewhere it says who
/// speaks (X) and is masked.
const NAMES: [(u8, &str); 56] = [
    (0x01, "DIS"),
    (0x02, "CSI"),
    (0x04, "NSF"),
    (0x81, "DTC"),
    (0x82, "CIG"),
    (0x83, "PWD"),
    (0x84, "NSC"),
    (0x85, "SEP"),
    (0x86, "PSA"),
    (0x87, "CIA"),
    (0x88, "ISP"),
    (0x05, "DES"),
    (0x08, "SPI"),
    (0x41, "DCS"),
    (0x42, "TSI"),
    (0x43, "SUB"),
    (0x44, "NSS"),
    (0x45, "SID"),
    (0x46, "TSA"),
    (0x47, "IRA"),
    (0x48, "CTC"),
    (0x49, "DEC"),
    (0x4A, "DER"),
    (0x21, "CFR"),
    (0x22, "FTT"),
    (0x23, "CTR"),
    (0x24, "CSA"),
    (0x71, "EOM"),
    (0x72, "MPS"),
    (0x73, "EOR"),
    (0x74, "EOP"),
    (0x76, "RR"),
    (0x78, "EOS"),
    (0x79, "PRI-EOM"),
    (0x7A, "PRI-MPS"),
    (0x7C, "PRI-EOP"),
    (0x7D, "PPS"),
    (0x31, "MCF"),
    (0x32, "RTN"),
    (0x33, "RTP"),
    (0x34, "PIN"),
    (0x35, "PIP"),
    (0x36, "PID"),
    (0x37, "RNR"),
    (0x38, "ERR"),
    (0x3D, "PPR"),
    (0x3F, "FDM"),
    (0x53, "FNV"),
    (0x56, "TR"),
    (0x57, "TNR"),
    (0x58, "CRP"),
    (0x59, "DNK"),
    (0x5F, "DCN"),
    (0x60, "FCD"),
    (0x61, "RCP"),
    (0x62, "CCD"),
];

const FCD: u8 = 0x60;

/// A frame taken apart, none of it checked beyond its length.
#[derive(Clone, Copy, Debug)]
struct Frame<'a> {
    /// Facsimile control field, X masked where it has one.
    code: u8,
    /// Facsimile information field.
    information: &'a [u8],
}

impl<'a> Frame<'a> {
    fn of(octets: &'a [u8]) -> Option<Self> {
        match *octets {
            [0xFF, 0xC0 | 0xC8, code, ref information @ ..] => {
                Some(Self { code: if code & 0x70 == 0 { code } else { code & 0x7F }, information })
            }
            _ => None,
        }
    }

    fn name(&self) -> Option<&'static str> {
        NAMES.iter().find(|(code, _)| *code == self.code).map(|(_, name)| *name)
    }
}

/// What the frame is called: `DIS`, `PPS-EOP`, `FCD 12`; `?` and its code if it has no name,
/// `frame without a head` if address and control are not those of T.30 or are missing.
pub fn name(octets: &[u8]) -> String {
    let Some(frame) = Frame::of(octets) else { return "frame without a head".to_owned() };
    match (frame.name(), frame.information) {
        (Some(name @ ("PPS" | "EOR")), [second, ..]) => {
            format!("{name}-{}", Frame { code: second & 0x7F, information: &[] }.name().unwrap_or("NULL"))
        }
        (Some(name @ ("FCD" | "CCD")), [number, ..]) => format!("{name} {}", number.reverse_bits()),
        (Some(name), _) => name.to_owned(),
        (None, _) => format!("? {:02x}", frame.code),
    }
}

/// The number of an ECM frame of the page, 0..=255.
pub fn ecm_number(octets: &[u8]) -> Option<u8> {
    let frame = Frame::of(octets).filter(|frame| frame.code == FCD)?;
    frame.information.first().map(|number| number.reverse_bits())
}

/// What the frame says, as far as that is neither a number of a subscriber nor a page.
pub fn gist(octets: &[u8]) -> Option<String> {
    let frame = Frame::of(octets)?;
    match (frame.name()?, frame.information) {
        ("DCS", bits) => Some(dcs(bits)),
        ("DIS" | "DTC", bits) => Some(dis(bits)),
        ("CTC", [_, rate, ..]) => Some(rate_of(*rate).to_owned()),
        ("PPS", [_, page, block, frames, ..]) => {
            let [page, block, frames] = [page, block, frames].map(|octet| octet.reverse_bits());
            Some(format!("page {page}, block {block}, {} frames", u16::from(frames) + 1))
        }
        ("PPR", map) => {
            let missing: u32 = map.iter().map(|octet| octet.count_ones()).sum();
            Some(format!("{missing} frames asked for again"))
        }
        _ => None,
    }
}

/// What the frame says in full: a telephone number, or the octets of its information field.
pub fn content(octets: &[u8]) -> Option<String> {
    let frame = Frame::of(octets)?;
    match (frame.name(), frame.information) {
        (_, []) => None,
        (Some("CSI" | "TSI" | "CIG" | "PWD" | "SEP" | "SUB" | "SID" | "PSA"), digits) => {
            let text: String = digits.iter().rev().map(|octet| char::from(octet.reverse_bits())).collect();
            Some(format!("{:?}", text.trim()))
        }
        (_, octets) => {
            let hex: String = octets.iter().take(40).map(|octet| format!("{octet:02x}")).collect();
            Some(if octets.len() > 40 { format!("{hex}...") } else { hex })
        }
    }
}

/// Bit `number` of an information field, counted from 1 as T.30 does.
fn bit(bits: &[u8], number: usize) -> bool {
    bits.get((number - 1) / 8).is_some_and(|octet| octet << ((number - 1) % 8) & 0x80 != 0)
}

fn dcs(bits: &[u8]) -> String {
    let rate = bits.get(1).map_or("no rate", |octet| rate_of(*octet));
    let coding = match (bit(bits, 31), bit(bits, 16), bit(bits, 78) || bit(bits, 79)) {
        (_, _, true) => "JBIG",
        (true, ..) => "MMR",
        (_, true, _) => "MR",
        _ => "MH",
    };
    let correction = match (bit(bits, 27), bit(bits, 28)) {
        (true, true) => ", ECM 64",
        (true, false) => ", ECM",
        _ => "",
    };
    format!("{rate}, {coding}{correction}")
}

fn dis(bits: &[u8]) -> String {
    let modems = match bits.get(1).map_or(0, |octet| octet >> 2 & 0xF) {
        0b0000 => "V.27ter 2400",
        0b0100 => "V.27ter",
        0b1000 => "V.29",
        0b1100 => "V.27ter V.29",
        0b1101 => "V.27ter V.29 V.17",
        _ => "unknown modems",
    };
    let also = [(27, ", ECM"), (31, ", MMR"), (6, ", V.8"), (3, ", T.38")];
    let also = also.into_iter().filter(|(number, _)| bit(bits, *number)).map(|(_, text)| text);
    std::iter::once(modems).chain(also).collect()
}

/// Bits 11 to 14 of DCS, in the second octet.
fn rate_of(octet: u8) -> &'static str {
    match octet >> 2 & 0xF {
        0b0000 => "V.27ter 2400",
        0b0100 => "V.27ter 4800",
        0b1000 => "V.29 9600",
        0b1100 => "V.29 7200",
        0b0001 => "V.17 14400",
        0b0101 => "V.17 12000",
        0b1001 => "V.17 9600",
        0b1101 => "V.17 7200",
        _ => "unknown rate",
    }
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
