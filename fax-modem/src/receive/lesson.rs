//! What a training teaches: the symbols a receiver knows in advance, counted from the end of the
//! alternation that opens it.

use crate::encoder::{SymbolEncoder, TrainingSymbols};
use crate::table::{Coding, Content, Modem, complex};
use fax_core::Training;
use fax_core::maths::Complex;

/// The known part of one training.
#[derive(Clone, Debug)]
pub(crate) struct Lesson {
    /// The alternation's points; the second one comes last.
    pub(crate) alternation: [Complex; 2],
    /// Symbols of alternation.
    pub(crate) alternations: usize,
    /// Symbols after the alternation that are known whatever the sender does.
    pub(crate) known: Vec<Complex>,
    /// Symbols from the end of the alternation to the first symbol of user data.
    pub(crate) data_at: usize,
    /// The encoder at the start of [`Lesson::known`]'s end: where decoding begins.
    pub(crate) encoder: SymbolEncoder,
}

impl Lesson {
    pub(crate) fn new(modem: &'static Modem, training: Training) -> Self {
        let mut symbols = TrainingSymbols::new(modem, training);
        let (mut alternation, mut alternations) = ([Complex::ZERO; 2], 0);
        let (mut known, mut data_at) = (Vec::new(), 0);
        let mut encoder = None;
        for segment in modem.segments(training) {
            let ones = matches!(segment.content, Content::ScrambledOnes { .. });
            // Where a trellis coder's differential part starts is told differently by different
            // senders (V.17 5.1.4), so those symbols are decoded, not compared.
            if ones && matches!(modem.coding, Coding::Trellis(_)) && encoder.is_none() {
                encoder = Some(symbols.encoder());
            }
            let content: Vec<Complex> = symbols.by_ref().take(segment.symbols).collect();
            match segment.content {
                Content::Silence => {}
                Content::Alternate(points) => {
                    alternation = points.map(complex);
                    alternations = segment.symbols;
                }
                _ => {
                    data_at += segment.symbols;
                    if encoder.is_none() {
                        known.extend(content);
                    }
                }
            }
        }
        let encoder = encoder.unwrap_or_else(|| symbols.encoder());
        Self { alternation, alternations, known, data_at, encoder }
    }

    /// The symbol `n` places after the end of the alternation; negative ones lie within it.
    pub(crate) fn symbol(&self, n: i64) -> Option<Complex> {
        if n < 0 {
            let within = n >= -(self.alternations as i64);
            return within.then(|| self.alternation[usize::from(n & 1 != 0)]);
        }
        self.known.get(n as usize).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{V17_14400, V27TER_4800, V29_9600};

    #[test]
    fn trainings_teach_what_the_recommendations_say() {
        let v17 = Lesson::new(&V17_14400, Training::Long);
        assert_eq!((v17.alternations, v17.known.len(), v17.data_at), (256, 2976 + 64, 2976 + 64 + 48));
        let short = Lesson::new(&V17_14400, Training::Short);
        assert_eq!((short.known.len(), short.data_at), (38, 38 + 48));
        assert_eq!(short.known[..], v17.known[..38]);
        let v29 = Lesson::new(&V29_9600, Training::Long);
        assert_eq!((v29.alternations, v29.known.len(), v29.data_at), (128, 432, 432));
        let v27ter = Lesson::new(&V27TER_4800, Training::Long);
        assert_eq!((v27ter.alternations, v27ter.known.len(), v27ter.data_at), (50, 1082, 1082));
        assert_eq!(v29.symbol(-1), Some(Complex::new(3.0, -3.0)));
        assert_eq!(v29.symbol(-128), Some(Complex::new(-3.0, 0.0)));
        assert_eq!(v29.symbol(-129), None);
    }
}
