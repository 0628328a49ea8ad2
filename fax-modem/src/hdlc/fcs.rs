//! The frame check sequence: 16 bits, x^16 + x^12 + x^5 + 1 (T.30 5.3.7).

/// A frame check in progress, over octets whose top bit is first on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fcs(u16);

impl Fcs {
    /// Nothing checked yet: all ones.
    pub const START: Self = Self(0xFFFF);

    /// What is left after a whole frame with its right check.
    const RESIDUE: u16 = 0xF0B8;

    /// The check after one more octet.
    #[must_use]
    pub const fn octet(self, octet: u8) -> Self {
        let place = (self.0 as u8 ^ octet.reverse_bits()) as usize;
        Self(self.0 >> 8 ^ TABLE[place])
    }

    /// The two octets to be sent after the frame, in line order.
    pub const fn octets(self) -> [u8; 2] {
        let [low, high] = (!self.0).to_le_bytes();
        [low.reverse_bits(), high.reverse_bits()]
    }

    /// Whether the octets so far end with their right check.
    pub const fn is_good(self) -> bool {
        self.0 == Self::RESIDUE
    }
}

/// The check's step for each octet, bit-reflected polynomial 0x8408.
const TABLE: [u16; 256] = {
    let mut table = [0; 256];
    let mut octet = 0;
    while octet < 256 {
        let mut value = octet as u16;
        let mut bit = 0;
        while bit < 8 {
            value = if value & 1 == 1 { value >> 1 ^ 0x8408 } else { value >> 1 };
            bit += 1;
        }
        table[octet] = value;
        octet += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn over(octets: &[u8]) -> Fcs {
        octets.iter().fold(Fcs::START, |fcs, octet| fcs.octet(*octet))
    }

    #[test]
    fn the_check_of_the_nine_digits_is_the_published_one() {
        let line: Vec<u8> = b"123456789".iter().map(|octet| octet.reverse_bits()).collect();
        assert_eq!(!over(&line).0, 0x906E);
        assert_eq!(over(&line).octets(), [0x6E_u8.reverse_bits(), 0x90_u8.reverse_bits()]);
    }

    #[test]
    fn a_frame_with_its_check_leaves_the_good_residue() {
        for frame in [&[][..], &[0xFF], &[0xFF, 0xC8, 0x44], &[0; 300]] {
            let fcs = over(frame);
            let [first, second] = fcs.octets();
            assert!(fcs.octet(first).octet(second).is_good());
            assert!(!fcs.octet(first).octet(second ^ 1).is_good());
        }
    }
}
