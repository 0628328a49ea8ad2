//! IFP packets without a network: what the peer's T.38 engine takes and gives.

use fax_core::{Timestamp, Wait};
use fax_t38::line::Carriage;
use std::collections::VecDeque;

/// IFP packets as they are, in order. One of no octets stands for one that is lost.
#[derive(Default)]
pub(crate) struct Packets {
    heard: VecDeque<Vec<u8>>,
    current: Vec<u8>,
    said: VecDeque<Vec<u8>>,
    seq: u16,
}

impl Carriage for Packets {
    fn receive(&mut self, _: Timestamp, octets: &[u8]) -> Result<(), fax_t38::Refusal> {
        self.heard.push_back(octets.to_vec());
        Ok(())
    }

    fn advance(&mut self, _: Timestamp) {}

    fn next(&mut self) -> Option<fax_t38::udptl::Delivery<'_>> {
        self.current = self.heard.pop_front()?;
        self.seq = self.seq.wrapping_add(1);
        if self.current.is_empty() {
            return Some(fax_t38::udptl::Delivery::Missing {
                from: fax_t38::Seq(self.seq),
                packets: Some(1),
            });
        }
        Some(fax_t38::udptl::Delivery::Ifp { seq: fax_t38::Seq(self.seq), octets: &self.current })
    }

    fn largest_ifp(&self) -> usize {
        300
    }

    fn has_room(&self) -> bool {
        true
    }

    fn submit(&mut self, _: Timestamp, ifp: &[u8], _: fax_t38::udptl::Class) -> Result<(), fax_t38::Refusal> {
        self.said.push_back(ifp.to_vec());
        Ok(())
    }

    fn poll(&mut self, _: Timestamp, out: &mut [u8]) -> Option<usize> {
        let ifp = self.said.pop_front()?;
        out[..ifp.len()].copy_from_slice(&ifp);
        Some(ifp.len())
    }

    fn deadline(&self) -> Option<(Timestamp, Wait)> {
        None
    }

    fn event(&mut self) -> Option<(Timestamp, fax_t38::Event)> {
        None
    }

    fn set_syntax(&mut self, _: fax_t38::Syntax) {}
}
