//! Collects the octets of one frame as they come.

use super::{Frame, Refusal};
use core::fmt;

/// Room for one frame. Its cap is [`FrameBuffer::CAPACITY`]; octets beyond it are not kept, and the frame
/// is then refused as too long.
#[derive(Clone)]
pub struct FrameBuffer {
    octets: [u8; FrameBuffer::CAPACITY],
    /// Octets offered, also those that found no room.
    offered: usize,
}

impl FrameBuffer {
    /// The longest frame ([`Frame::MAX`]) and a little, so that a frame with its FCS still fits.
    pub const CAPACITY: usize = 264;

    /// An empty buffer.
    pub const fn new() -> Self {
        Self { octets: [0; Self::CAPACITY], offered: 0 }
    }

    /// Appends octets. Returns `false` when not all of them fitted; the frame is lost then.
    pub fn push(&mut self, octets: &[u8]) -> bool {
        let free = self.octets.get_mut(self.offered..).unwrap_or_default();
        for (place, octet) in free.iter_mut().zip(octets) {
            *place = *octet;
        }
        self.offered = self.offered.saturating_add(octets.len());
        self.offered <= Self::CAPACITY
    }

    /// The octets collected.
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..self.offered).unwrap_or(&self.octets)
    }

    /// The frame collected, or why it is none.
    pub fn frame(&self) -> Result<Frame<'_>, Refusal> {
        if self.offered > Self::CAPACITY {
            return Err(Refusal::TooLong);
        }
        Frame::parse(self.octets())
    }

    /// Makes room for the next frame.
    pub fn clear(&mut self) {
        self.offered = 0;
    }
}

impl Default for FrameBuffer {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the length only: frames are personal data.
impl fmt::Debug for FrameBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrameBuffer({} octets)", self.offered)
    }
}
