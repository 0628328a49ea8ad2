//! The arithmetic coder of T.82: bits in a context to octets and back.
//!
//! From: T.82 clause 6.8 (coder) and table 24 (probabilities).

/// Contexts of the templates: ten pels.
pub(super) const CONTEXTS: usize = 1024;

/// Table 24: the size of the less probable part; the next state after it and after the other; whether after it the
/// more probable symbol is exchanged.
#[rustfmt::skip]
const STATES: [(u32, u8, u8, u8); 113] = [
    (0x5A1D, 1, 1, 1), (0x2586, 14, 2, 0), (0x1114, 16, 3, 0), (0x080B, 18, 4, 0),
    (0x03D8, 20, 5, 0), (0x01DA, 23, 6, 0), (0x00E5, 25, 7, 0), (0x006F, 28, 8, 0),
    (0x0036, 30, 9, 0), (0x001A, 33, 10, 0), (0x000D, 35, 11, 0), (0x0006, 9, 12, 0),
    (0x0003, 10, 13, 0), (0x0001, 12, 13, 0), (0x5A7F, 15, 15, 1), (0x3F25, 36, 16, 0),
    (0x2CF2, 38, 17, 0), (0x207C, 39, 18, 0), (0x17B9, 40, 19, 0), (0x1182, 42, 20, 0),
    (0x0CEF, 43, 21, 0), (0x09A1, 45, 22, 0), (0x072F, 46, 23, 0), (0x055C, 48, 24, 0),
    (0x0406, 49, 25, 0), (0x0303, 51, 26, 0), (0x0240, 52, 27, 0), (0x01B1, 54, 28, 0),
    (0x0144, 56, 29, 0), (0x00F5, 57, 30, 0), (0x00B7, 59, 31, 0), (0x008A, 60, 32, 0),
    (0x0068, 62, 33, 0), (0x004E, 63, 34, 0), (0x003B, 32, 35, 0), (0x002C, 33, 9, 0),
    (0x5AE1, 37, 37, 1), (0x484C, 64, 38, 0), (0x3A0D, 65, 39, 0), (0x2EF1, 67, 40, 0),
    (0x261F, 68, 41, 0), (0x1F33, 69, 42, 0), (0x19A8, 70, 43, 0), (0x1518, 72, 44, 0),
    (0x1177, 73, 45, 0), (0x0E74, 74, 46, 0), (0x0BFB, 75, 47, 0), (0x09F8, 77, 48, 0),
    (0x0861, 78, 49, 0), (0x0706, 79, 50, 0), (0x05CD, 48, 51, 0), (0x04DE, 50, 52, 0),
    (0x040F, 50, 53, 0), (0x0363, 51, 54, 0), (0x02D4, 52, 55, 0), (0x025C, 53, 56, 0),
    (0x01F8, 54, 57, 0), (0x01A4, 55, 58, 0), (0x0160, 56, 59, 0), (0x0125, 57, 60, 0),
    (0x00F6, 58, 61, 0), (0x00CB, 59, 62, 0), (0x00AB, 61, 63, 0), (0x008F, 61, 32, 0),
    (0x5B12, 65, 65, 1), (0x4D04, 80, 66, 0), (0x412C, 81, 67, 0), (0x37D8, 82, 68, 0),
    (0x2FE8, 83, 69, 0), (0x293C, 84, 70, 0), (0x2379, 86, 71, 0), (0x1EDF, 87, 72, 0),
    (0x1AA9, 87, 73, 0), (0x174E, 72, 74, 0), (0x1424, 72, 75, 0), (0x119C, 74, 76, 0),
    (0x0F6B, 74, 77, 0), (0x0D51, 75, 78, 0), (0x0BB6, 77, 79, 0), (0x0A40, 77, 48, 0),
    (0x5832, 80, 81, 1), (0x4D1C, 88, 82, 0), (0x438E, 89, 83, 0), (0x3BDD, 90, 84, 0),
    (0x34EE, 91, 85, 0), (0x2EAE, 92, 86, 0), (0x299A, 93, 87, 0), (0x2516, 86, 71, 0),
    (0x5570, 88, 89, 1), (0x4CA9, 95, 90, 0), (0x44D9, 96, 91, 0), (0x3E22, 97, 92, 0),
    (0x3824, 99, 93, 0), (0x32B4, 99, 94, 0), (0x2E17, 93, 86, 0), (0x56A8, 95, 96, 1),
    (0x4F46, 101, 97, 0), (0x47E5, 102, 98, 0), (0x41CF, 103, 99, 0), (0x3C3D, 104, 100, 0),
    (0x375E, 99, 93, 0), (0x5231, 105, 102, 0), (0x4C0F, 106, 103, 0), (0x4639, 107, 104, 0),
    (0x415E, 103, 99, 0), (0x5627, 105, 106, 1), (0x50E7, 108, 107, 0), (0x4B85, 109, 103, 0),
    (0x5597, 110, 109, 0), (0x504F, 111, 107, 0), (0x5A10, 110, 111, 1), (0x5522, 112, 109, 0),
    (0x59EB, 112, 111, 1),
];

/// What is known of a context: its state, and in the top bit the more probable symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Known(u8);

impl Known {
    fn state(self) -> (u32, u8, u8, u8) {
        STATES.get(usize::from(self.0 & 0x7F)).copied().unwrap_or((1, 0, 0, 0))
    }

    fn likely(self) -> u8 {
        self.0 >> 7
    }

    fn after_likely(self) -> Self {
        Self(self.0 & 0x80 | self.state().2)
    }

    fn after_unlikely(self) -> Self {
        let (_, next, _, exchanged) = self.state();
        Self((self.0 & 0x80) ^ (exchanged << 7) | next)
    }
}

/// The contexts of a page.
#[derive(Clone)]
pub(super) struct Contexts([Known; CONTEXTS]);

impl Contexts {
    pub(super) const FRESH: Self = Self([Known(0); CONTEXTS]);

    fn at(&mut self, context: usize) -> &mut Known {
        &mut self.0[context % CONTEXTS]
    }
}

/// The width of the interval at the start.
const WHOLE: u32 = 0x10000;

/// Below this the interval is widened again.
const HALF: u32 = 0x8000;

/// Reads the bits of a stripe.
#[derive(Clone)]
pub(super) struct QmDecoder {
    width: u32,
    code: u32,
    left: u32,
}

impl QmDecoder {
    /// Octets that a bit may need.
    pub(super) const LOOKS_AHEAD: usize = 3;

    /// Begins a stripe; `octet` gives its octets, and zeros behind them.
    pub(super) fn new(mut octet: impl FnMut() -> u8) -> Self {
        let code = (0..3).fold(0, |code, _| code << 8 | u32::from(octet()));
        Self { width: WHOLE, code, left: 8 }
    }

    /// The next bit. T.82 figures 29 to 32.
    #[inline]
    pub(super) fn bit(&mut self, contexts: &mut Contexts, context: usize, octet: impl FnMut() -> u8) -> u8 {
        let known = contexts.at(context);
        let unlikely = known.state().0;
        self.width -= unlikely;
        let below = self.code >> 8 < self.width;
        if below && self.width >= HALF {
            return known.likely();
        }
        // The larger part is the likely one, whichever it has come to be.
        let is_likely = below != (self.width < unlikely);
        if !below {
            self.code -= self.width << 8;
            self.width = unlikely;
        }
        let bit = if is_likely { known.likely() } else { 1 - known.likely() };
        *known = if is_likely { known.after_likely() } else { known.after_unlikely() };
        self.widen(octet);
        bit
    }

    fn widen(&mut self, mut octet: impl FnMut() -> u8) {
        while self.width < HALF {
            if self.left == 0 {
                self.code |= u32::from(octet());
                self.left = 8;
            }
            self.width <<= 1;
            self.code <<= 1;
            self.left -= 1;
        }
    }
}

/// Writes the bits of a stripe.
#[derive(Clone)]
pub(super) struct QmEncoder {
    width: u32,
    code: u32,
    left: u32,
    /// The last octet, as long as a carry may still reach it, and the FF behind it.
    held: Option<u8>,
    held_ff: u32,
    octets: Vec<u8>,
}

impl QmEncoder {
    pub(super) fn new() -> Self {
        Self { width: WHOLE, code: 0, left: 11, held: None, held_ff: 0, octets: Vec::new() }
    }

    /// Adds a bit. T.82 figures 23 to 26.
    #[inline]
    pub(super) fn bit(&mut self, contexts: &mut Contexts, context: usize, bit: u8) {
        let known = contexts.at(context);
        let unlikely = known.state().0;
        self.width -= unlikely;
        let is_likely = bit == known.likely();
        if is_likely && self.width >= HALF {
            return;
        }
        if is_likely == (self.width < unlikely) {
            self.code += self.width;
            self.width = unlikely;
        }
        *known = if is_likely { known.after_likely() } else { known.after_unlikely() };
        while self.width < HALF {
            self.width <<= 1;
            self.code <<= 1;
            self.left -= 1;
            if self.left == 0 {
                self.octet();
                self.left = 8;
            }
        }
    }

    /// Takes an octet off the code. T.82 figure 27.
    fn octet(&mut self) {
        let octet = self.code >> 19;
        self.code &= 0x7FFFF;
        if octet == 0xFF {
            self.held_ff += 1;
            return;
        }
        self.release(octet > 0xFF);
        self.held = Some(octet as u8);
    }

    /// Nothing changes what is held any more, but for a carry now.
    fn release(&mut self, carry: bool) {
        self.octets.extend(self.held.take().map(|held| held.wrapping_add(u8::from(carry))));
        let behind = if carry { 0x00 } else { 0xFF };
        self.octets.extend((0..self.held_ff).map(|_| behind));
        self.held_ff = 0;
    }

    /// Ends the stripe, without the zeros at its end, which a decoder adds by itself. T.82 figure 28, where the
    /// case without a carry has to leave the held octet as it is.
    pub(super) fn finish(&mut self) -> Vec<u8> {
        let most = (self.width - 1 + self.code) & 0xFFFF_0000;
        let code = if most < self.code { most + HALF } else { most };
        let code = u64::from(code) << self.left;
        self.release(code >> 27 != 0);
        self.octets.extend([(code >> 19) as u8, (code >> 11) as u8]);
        while self.octets.last() == Some(&0) {
            self.octets.pop();
        }
        let octets = core::mem::take(&mut self.octets);
        *self = Self::new();
        octets
    }
}
