//! Whether the frame that is being heard is whole (IFP-3, IFP-4).

/// How T.30 frames begin: the address, then a control octet that says whether more follow, then, on a
/// fast modem, FCD or RCP (T.30 5.3.4 to 5.3.6, T.4 A.3.6).
const HEAD: [&[u8]; 3] = [&[0xFF], &[0xC0, 0xC8], &[0x60, 0x61]];

/// A frame, as far as it has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// So many octets were as a frame begins. After a loss more of them must be so: what follows it may
    /// be the middle of a frame that began in the hole.
    Head { seen: usize, after_loss: bool },
    /// Nothing of it is missing.
    Whole,
    /// Some of it is missing: it can only end bad.
    Holed,
}

impl Frame {
    /// The next frame, of which nothing has come yet.
    pub(crate) const fn awaited(after_loss: bool) -> Self {
        Self::Head { seen: 0, after_loss }
    }

    pub(crate) fn octet(&mut self, octet: u8, is_fast: bool) {
        let Self::Head { seen, after_loss } = *self else { return };
        let needed = match (after_loss, is_fast) {
            (false, _) => 1,
            (true, false) => 2,
            (true, true) => 3,
        };
        let fits = HEAD.get(seen).is_some_and(|known| known.contains(&octet));
        *self = match seen + 1 {
            _ if !fits => Self::Holed,
            seen if seen < needed => Self::Head { seen, after_loss },
            _ => Self::Whole,
        };
    }

    /// Packets are missing here.
    pub(crate) fn lose(&mut self) {
        *self = match self {
            Self::Head { seen: 0, .. } => Self::awaited(true),
            _ => Self::Holed,
        };
    }

    /// The end of a frame has come. Whether the frame was whole; `None` if nothing of it had come.
    pub(crate) fn end(&mut self) -> Option<bool> {
        match core::mem::replace(self, Self::awaited(false)) {
            Self::Head { seen: 0, .. } => None,
            frame => Some(frame == Self::Whole),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_whole(after_loss: bool, is_fast: bool, octets: &[u8]) -> bool {
        let mut frame = Frame::awaited(after_loss);
        octets.iter().for_each(|octet| frame.octet(*octet, is_fast));
        frame.end() == Some(true)
    }

    #[test]
    fn after_a_loss_a_frame_must_begin_as_frames_do() {
        assert!(is_whole(false, false, &[0xFF, 0x13]) && !is_whole(false, false, &[0xC8, 0x21]));
        assert!(is_whole(true, false, &[0xFF, 0xC8]) && !is_whole(true, false, &[0xFF, 0xFF, 0xC8]));
        assert!(is_whole(true, true, &[0xFF, 0xC0, 0x60]) && !is_whole(true, true, &[0xFF, 0xC8, 0x31]));
        assert!(!is_whole(true, true, &[0xFF, 0xC8]), "too short to tell");
    }

    #[test]
    fn a_loss_within_a_frame_is_not_forgotten_and_one_between_frames_is() {
        let mut frame = Frame::awaited(false);
        frame.octet(0xFF, false);
        frame.lose();
        frame.octet(0xC8, false);
        assert_eq!((frame.end(), frame), (Some(false), Frame::awaited(false)));
        frame.lose();
        assert_eq!((frame.end(), frame), (None, Frame::awaited(false)), "the end of one that was lost");
    }
}
