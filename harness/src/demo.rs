//! The demonstration: a page goes through a bad line as V.17 at 14 400 bit/s and comes out again.
//!
//! Writes what the line sounds like (WAV), the symbols as the receiver decides on them and the page as
//! sent and as received (SVG), and tells the figures.

pub mod fax;

use crate::bench::ber::BLOCK;
use crate::bench::score::Score;
use crate::plot;
use crate::stimulus::{Draws, Impairments, Purpose, Rng};
use crate::system::{Figures, System};
use crate::wav;
use fax_core::{Opening, Training, V17Rate};
use fax_modem::{Modem, Output, QamReceiver};
use std::error::Error;
use std::path::Path;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Story {
    /// What the line did.
    pub line: Impairments,
    /// What the receiver says of the line, if it trained.
    pub heard: Option<Figures>,
    /// Bits of the page.
    pub bits: usize,
    /// Wrong ones; a missing one is a half.
    pub errors: f64,
    /// Symbols in the picture.
    pub symbols: usize,
}

/// Files that [`run`] writes.
pub const FILES: [&str; 3] = ["line.wav", "constellation.svg", "page.svg"];

const OPENING: Opening = Opening::V17(V17Rate::R14400, Training::Long);
/// Bits of a row of the page, and rows.
const WIDTH: usize = 320;
const HEIGHT: usize = 200;
/// Symbols in the picture at most.
const SHOWN: usize = 4000;

/// A far line at an SNR of 26 dB: V.56bis AD-5 with EDD-2, a carrier 4 Hz off, a clock 60 ppm off.
pub fn bad_line() -> Impairments {
    Impairments {
        snr_db: Some(26.0),
        level: -20.0,
        frequency: 4.0,
        clock_ppm: 60.0,
        line: "AD-5/EDD-2".parse().ok(),
        ..Impairments::default()
    }
}

/// Sends the page over the line and writes [`FILES`] into the folder.
pub fn run(folder: &Path, line: Impairments, seed: u64) -> Result<Story, Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let modem = Modem::of(OPENING).ok_or("no such modem")?;
    let sent = page();
    let burst = System::Ours.transmitter(OPENING)?.burst(Training::Long, &sent);
    let draws = Draws::from(&mut Rng::stream(seed, Purpose::Channel, 0));
    let arrival = line.arrive(&burst, draws, &mut Rng::stream(seed, Purpose::Noise, 0));
    wav::write(&folder.join(FILES[0]), &arrival.samples)?;

    let mut receiver = QamReceiver::new(modem);
    let (mut heard, mut received, mut symbols) = (None, Vec::new(), Vec::new());
    for block in arrival.samples.chunks(BLOCK) {
        let mut take = |output| match output {
            Output::Trained { quality, .. } => heard = Some(Figures::from(quality)),
            Output::Bits { bits, count } | Output::Doubtful { bits, count } => {
                received.extend((0..count).map(|n| bits >> n & 1 == 1));
            }
            Output::Recognised { .. } | Output::TrainingFailed { .. } | Output::Ended { .. } => {}
        };
        receiver.process_observed(block, &mut take, &mut |symbol, _| symbols.push((symbol.re, symbol.im)));
    }
    let score = Score::of(&sent, &received, 0, 0);
    let begin = symbols.len().saturating_sub(SHOWN);
    let title = "V.17 at 14 400 bit/s: symbols as decided";
    plot::constellation(&folder.join(FILES[1]), title, modem.points, &symbols[begin..])?;
    let came: Vec<bool> = (0..sent.len() as i64)
        .map(|n| usize::try_from(n + score.lag).ok().and_then(|n| received.get(n)).copied().unwrap_or(false))
        .collect();
    std::fs::write(folder.join(FILES[2]), plot::pages(&[("sent", &sent), ("received", &came)], WIDTH))?;
    let errors = score.half_errors as f64 / 2.0;
    Ok(Story { line, heard, bits: sent.len(), errors, symbols: symbols.len() })
}

/// A test page, row by row, black is true: rings that grow finer outwards around a word.
fn page() -> Vec<bool> {
    (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| word(x, y).unwrap_or_else(|| ring(x, y)))).collect()
}

fn ring(x: usize, y: usize) -> bool {
    let (dx, dy) = (x.abs_diff(WIDTH / 2), y.abs_diff(HEIGHT / 2));
    (dx * dx + dy * dy) / 700 % 2 == 1
}

/// The word in letters of 5 by 7 squares, with a white edge of one square; `None` outside of it.
fn word(x: usize, y: usize) -> Option<bool> {
    const LETTERS: [[u8; 7]; 3] = [
        [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000],
        [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
        [0b10001, 0b10001, 0b01010, 0b00100, 0b01010, 0b10001, 0b10001],
    ];
    const SQUARE: usize = 8;
    const COLUMNS: usize = 6 * LETTERS.len() + 1;
    const ROWS: usize = 9;
    let (left, top) = ((WIDTH - COLUMNS * SQUARE) / 2, (HEIGHT - ROWS * SQUARE) / 2);
    let (column, row) = (x.checked_sub(left)? / SQUARE, y.checked_sub(top)? / SQUARE);
    if column >= COLUMNS || row >= ROWS {
        return None;
    }
    let dot = || {
        let column = column.checked_sub(1)?;
        let bits = LETTERS.get(column / 6)?.get(row.checked_sub(1)?)?;
        Some(column % 6 < 5 && bits >> (4 - column % 6) & 1 == 1)
    };
    Some(dot().unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_comes_through_the_bad_line_without_an_error() {
        let folder = std::env::temp_dir().join(format!("fax-demo-{}", std::process::id()));
        let story = run(&folder, bad_line(), 1).unwrap();
        let texts = FILES.map(|file| std::fs::read(folder.join(file)).unwrap().len());
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((story.bits, story.errors), (WIDTH * HEIGHT, 0.0));
        let heard = story.heard.unwrap();
        assert!((heard.frequency - 4.0).abs() < 0.5, "{heard:?}");
        assert!((heard.clock_ppm - 60.0).abs() < 30.0, "{heard:?}");
        assert!(texts.iter().all(|size| *size > 10_000), "{texts:?}");
    }
}
