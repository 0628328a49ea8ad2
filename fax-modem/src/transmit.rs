//! The transmitter of all fast modems: bits in, samples out.
//!
//! Symbols come from the tables ([`TrainingSymbols`], [`SymbolEncoder`]); each is turned to the
//! carrier's phase at its centre and laid down as one pulse that already contains the carrier.
//!
//! Always: the same samples whatever the lengths asked for; symbol clock and carrier are whole-number
//! ratios of the sample clock and never drift; nothing is allocated after construction.

mod shaper;

use crate::bits::BitQueue;
use crate::encoder::{SymbolEncoder, TrainingSymbols};
use crate::table::{Modem, complex};
use fax_core::maths::Complex;
use fax_core::{Dbm0, Training};
use shaper::Shaper;
pub(crate) use shaper::to_sample;

/// Sends bursts of one modem.
///
/// A burst is [`start`](Self::start), bits as they come, [`finish`](Self::finish), and
/// [`fill`](Self::fill) all along until it gives fewer samples than were asked for.
///
/// ```
/// use fax_core::{Dbm0, Training};
/// use fax_modem::{EchoProtection, Modem, QamTransmitter};
///
/// // Half a second of image data at 14 400 bit/s, in blocks of 20 ms as a telephone line wants them.
/// let modem = Modem::of("v17-14400".parse()?).ok_or("V.21 has a transmitter of its own")?;
/// let mut line = QamTransmitter::new(modem, Dbm0(-13.0));
/// line.start(Training::Long, EchoProtection::Off);
///
/// let mut page = (0..7200_u32).step_by(32).map(|n| n.wrapping_mul(0x9E37_79B9));
/// let mut block = [0_i16; 160];
/// let mut sent = 0;
/// loop {
///     // Well ahead of need: a block takes 288 bits of it.
///     while line.bits().room() >= 32 {
///         let Some(word) = page.next() else {
///             line.finish();
///             break;
///         };
///         line.bits().push(word, 32);
///     }
///     let samples = line.fill(&mut block);
///     sent += samples; // block[..samples] goes to the line
///     if samples < block.len() {
///         break;
///     }
/// }
/// assert_eq!(line.underrun_bits(), 0);
/// // 3344 symbols of training, 1200 of data, 32 of ones and 48 of silence, 2400 a second.
/// assert_eq!(sent, (3344 + 1200 + 32 + 48) * 10 / 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct QamTransmitter {
    modem: &'static Modem,
    shaper: Shaper,
    bits: BitQueue,
    stage: Stage,
    ending: Ending,
    underrun_bits: u64,
}

/// Whether a burst begins with talker echo protection: 200 ms of carrier, then 20 ms of silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EchoProtection {
    /// It begins with its training.
    #[default]
    Off,
    /// It begins with the carrier.
    On,
}

/// Where a burst stands.
#[derive(Clone, Debug)]
enum Stage {
    Idle,
    /// Symbols of the echo protection that are left, its silence included.
    Protection(usize, TrainingSymbols),
    Training(TrainingSymbols),
    /// Ones: the last training segment goes on until there is a user bit.
    Waiting(SymbolEncoder),
    Data(SymbolEncoder),
    /// Symbols of ones that are left.
    Ones(usize, SymbolEncoder),
    /// Symbols of silence that are left.
    Silence(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// More bits may come.
    Open,
    /// When the queue is empty, the carrier goes.
    Wanted,
}

impl QamTransmitter {
    /// A transmitter at rest. `level` is the mean power of the data; where the training of a modem
    /// has other points its level differs as the tables say (V.17: up to 0.21 dB less).
    pub fn new(modem: &'static Modem, level: Dbm0) -> Self {
        Self {
            modem,
            shaper: Shaper::new(modem, level),
            bits: BitQueue::new(),
            stage: Stage::Idle,
            ending: Ending::Open,
            underrun_bits: 0,
        }
    }

    /// Sends bursts of another modem from the next [`start`](Self::start) on.
    pub const fn tune(&mut self, modem: &'static Modem) {
        self.modem = modem;
    }

    /// Begins a burst with the next sample. A burst under way is cut off, and bits that were pushed
    /// before are forgotten. Where fax never sends the short training the long one is sent.
    pub fn start(&mut self, training: Training, protection: EchoProtection) {
        let training = if self.modem.sends_short { training } else { Training::Long };
        let symbols = TrainingSymbols::new(self.modem, training);
        self.shaper.reset(self.modem);
        self.bits.clear();
        self.ending = Ending::Open;
        self.stage = match protection {
            EchoProtection::Off => Stage::Training(symbols),
            EchoProtection::On => {
                Stage::Protection(self.modem.protection.carrier + self.modem.protection.silence, symbols)
            }
        };
    }

    /// The user bits to be sent, first in first out. Pushed ahead of need: bits are taken up to one
    /// symbol before the samples that [`fill`](Self::fill) hands out.
    ///
    /// Until there are enough for a first symbol, the training goes on with scrambled ones. Later, a
    /// bit that is missing is sent as zero and counted.
    pub const fn bits(&mut self) -> &mut BitQueue {
        &mut self.bits
    }

    /// Bits pushed and not yet turned into symbols.
    pub const fn queued_bits(&self) -> usize {
        self.bits.len()
    }

    /// Ends the burst once the queue is empty: ones fill the last symbol, then comes the turn-off
    /// sequence of the modem, its silence included.
    pub const fn finish(&mut self) {
        self.ending = Ending::Wanted;
    }

    /// Writes the next samples and returns their number: fewer than there is room for only if the
    /// burst ended, zero at rest.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        let mut done = 0;
        while let Some(rest) = out.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let wanted = rest.len().min(Shaper::CHUNK);
            self.send_data(wanted);
            while self.shaper.ready() < wanted {
                let Some(symbol) = self.symbol() else { break };
                self.shaper.lay(symbol);
            }
            let taken = self.shaper.take(&mut rest[..wanted]);
            done += taken;
            if taken < wanted {
                break;
            }
        }
        done
    }

    /// Whether a burst is under way: [`fill`](Self::fill) has samples.
    pub fn is_active(&self) -> bool {
        !matches!(self.stage, Stage::Idle) || self.shaper.ready() > 0
    }

    /// Zeros sent because the queue was empty, over all bursts.
    pub const fn underrun_bits(&self) -> u64 {
        self.underrun_bits
    }

    /// The modem it sends.
    pub const fn modem(&self) -> &'static Modem {
        self.modem
    }

    /// Samples from the begin of a burst to the centre of its first symbol.
    pub const fn delay(&self) -> usize {
        self.shaper.delay()
    }

    /// Sends data as long as there are bits and more samples are wanted: nearly all of a burst passes
    /// through this loop, and nothing but bits.
    fn send_data(&mut self, wanted: usize) {
        let Stage::Data(encoder) = &mut self.stage else { return };
        let count = self.modem.bits_per_symbol;
        while self.shaper.ready() < wanted && self.bits.len() >= count {
            let (bits, _) = self.bits.take(count);
            self.shaper.lay(encoder.encode(bits));
        }
    }

    /// The next symbol of the burst, `None` when it is over.
    fn symbol(&mut self) -> Option<Complex> {
        if let Stage::Data(encoder) = &mut self.stage {
            let wanted = self.modem.bits_per_symbol;
            let (bits, got) = self.bits.take(wanted);
            if got == wanted {
                return Some(encoder.encode(bits));
            }
            if self.ending == Ending::Open {
                self.underrun_bits += (wanted - got) as u64;
                return Some(encoder.encode(bits));
            }
            if got > 0 {
                return Some(encoder.encode(bits | u32::MAX << got));
            }
        }
        self.symbol_around_data()
    }

    /// Everything but data; also reached when the data is over.
    fn symbol_around_data(&mut self) -> Option<Complex> {
        loop {
            match &mut self.stage {
                Stage::Idle => return None,
                Stage::Protection(0, symbols) => self.stage = Stage::Training(symbols.clone()),
                Stage::Protection(left, _) => {
                    let protection = &self.modem.protection;
                    let carrier = *left > protection.silence;
                    *left -= 1;
                    return Some(if carrier { complex(protection.point) } else { Complex::ZERO });
                }
                Stage::Training(symbols) => match symbols.next() {
                    Some(symbol) => return Some(symbol),
                    None => self.stage = Stage::Waiting(symbols.encoder()),
                },
                Stage::Waiting(encoder) => {
                    if self.ending == Ending::Wanted || self.bits.len() >= self.modem.bits_per_symbol {
                        self.stage = Stage::Data(encoder.clone());
                        return self.symbol();
                    }
                    return Some(encoder.encode(u32::MAX));
                }
                Stage::Data(encoder) => self.stage = Stage::Ones(self.modem.turn_off.ones, encoder.clone()),
                Stage::Ones(0, _) => {
                    let silence = self.modem.turn_off.silence.max(self.shaper.run_out());
                    self.stage = Stage::Silence(silence);
                }
                Stage::Ones(left, encoder) => {
                    *left -= 1;
                    return Some(encoder.encode(u32::MAX));
                }
                Stage::Silence(0) => self.stage = Stage::Idle,
                Stage::Silence(left) => {
                    *left -= 1;
                    return Some(Complex::ZERO);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
