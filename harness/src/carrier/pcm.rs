//! A phone line as a pipe: 16-bit samples, little-endian, 8000 a second, in lock step.

use super::{Carrier, Step};
use crate::world::Recording;
use fax_call::Terminal;
use fax_core::Timestamp;
use std::io::{self, ErrorKind, Read, Write};

/// Samples of a block: 20 ms.
const BLOCK: usize = 160;

/// A phone line of which one end is a pipe: a block out, a block in, and so on. Time is what has come in, so the far
/// side sets the pace.
///
/// It begins with a block out. So two of these can be joined head to tail, and none waits for the other's first word.
#[derive(Debug)]
pub struct Pcm<R, W> {
    input: R,
    output: W,
    samples: u64,
    recording: Option<Recording>,
}

impl<R: Read, W: Write> Pcm<R, W> {
    /// A line that hears `input` and says to `output`.
    pub fn new(input: R, output: W) -> Self {
        Self { input, output, samples: 0, recording: None }
    }

    /// Keeps what is heard and said.
    #[must_use]
    pub fn recorded(self) -> Self {
        Self { recording: Some(Recording::default()), ..self }
    }

    /// What was kept.
    pub fn into_recording(self) -> Option<Recording> {
        self.recording
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_samples(self.samples)
    }

    fn write(&mut self, said: &[i16]) -> io::Result<()> {
        let octets: Vec<u8> = said.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        self.output.write_all(&octets)?;
        self.output.flush()
    }
}

impl<R: Read, W: Write> Carrier for Pcm<R, W> {
    fn step(&mut self, terminal: &mut Terminal) -> io::Result<Step> {
        let (mut said, mut octets) = ([0; BLOCK], [0; 2 * BLOCK]);
        terminal.fill(&mut said);
        let passed = self.write(&said).and_then(|()| self.input.read_exact(&mut octets));
        match passed {
            Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof) => {
                return Ok(Step::Dropped(self.now()));
            }
            other => other?,
        }
        let mut heard = [0; BLOCK];
        for (sample, pair) in heard.iter_mut().zip(octets.chunks_exact(2)) {
            *sample = i16::from_le_bytes([pair[0], pair[1]]);
        }
        self.samples += BLOCK as u64;
        if let Some(recording) = &mut self.recording {
            recording.said.extend(said);
            recording.heard.extend(heard);
        }
        terminal.listen(self.now(), &heard);
        Ok(Step::On)
    }

    /// All that was said is in the pipe: a machine ends a second after its last word.
    fn finish(&mut self, _: &mut Terminal) -> io::Result<()> {
        Ok(())
    }
}
