//! Octets of packets of any length in a fixed amount of memory: the newest push out the oldest.

/// A ring of octets. What is stored stays until as many octets as the ring holds have come after it;
/// its [`Handle`] then gives nothing, so nobody has to be told.
#[derive(Clone)]
pub(super) struct Arena {
    octets: Box<[u8]>,
    /// Octets ever used.
    head: u64,
    /// Where the next packet is written.
    next: usize,
}

/// Where a packet lies in an [`Arena`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Handle {
    /// What the head was.
    at: u64,
    start: u32,
    length: u16,
}

impl Arena {
    pub(super) fn new(size: usize) -> Self {
        Self { octets: vec![0; size].into_boxed_slice(), head: 0, next: 0 }
    }

    /// Keeps a copy. What is longer than the ring, or than a datagram can be, is kept as no octets.
    pub(super) fn store(&mut self, octets: &[u8]) -> Handle {
        let size = self.octets.len();
        let (length, octets) = match u16::try_from(octets.len()) {
            Ok(length) if octets.len() <= size => (length, octets),
            _ => (0, &[][..]),
        };
        let left = size.saturating_sub(self.next);
        if octets.len() > left {
            (self.head, self.next) = (self.head + left as u64, 0); // a packet lies in one piece
        }
        let handle = Handle { at: self.head, start: self.next as u32, length };
        let end = self.next.saturating_add(octets.len());
        if let Some(place) = self.octets.get_mut(self.next..end) {
            place.copy_from_slice(octets);
        }
        (self.head, self.next) = (self.head + u64::from(length), end);
        handle
    }

    /// Octets used since that packet began; when they are as many as the ring holds, it is gone.
    pub(super) const fn age(&self, handle: Handle) -> u64 {
        self.head.saturating_sub(handle.at)
    }

    /// The packet, if it is still there.
    pub(super) fn octets(&self, handle: Handle) -> Option<&[u8]> {
        if self.age(handle) > self.octets.len() as u64 {
            return None;
        }
        let start = handle.start as usize;
        self.octets.get(start..start.saturating_add(usize::from(handle.length)))
    }
}

/// Shows how much is in use: packets are personal data.
impl core::fmt::Debug for Arena {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Arena[{} of {}]", self.head, self.octets.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pushed_out_is_gone_and_never_replaced_by_another() {
        let mut arena = Arena::new(100);
        let mut kept: Vec<(Handle, Vec<u8>)> = Vec::new();
        for n in 0..1000_usize {
            let packet = vec![n as u8; n * 7 % 41];
            kept.push((arena.store(&packet), packet));
            let there: Vec<_> = kept.iter().filter_map(|(h, p)| arena.octets(*h).map(|o| (o, p))).collect();
            assert!(there.iter().all(|(octets, packet)| octets == packet), "packet {n}");
            assert!(there.len() >= 2.min(kept.len()));
            kept.drain(..kept.len().saturating_sub(50));
        }
    }

    #[test]
    fn what_can_never_fit_takes_no_room() {
        let mut arena = Arena::new(10);
        let first = arena.store(&[1; 10]);
        let huge = arena.store(&[2; 11]);
        assert_eq!(arena.octets(first), Some(&[1; 10][..]));
        assert_eq!(arena.octets(huge), Some(&[][..]));
    }
}
