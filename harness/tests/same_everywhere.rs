//! The same call on every machine: all that our machines and gateways say, octet for octet and sample for sample.

use fax_core::Span;
use fax_harness::stimulus::Impairments;
use fax_harness::system::System;
use fax_harness::world::network::Jitter;
use fax_harness::world::{Chain, Document, Network, Scenario, Taps, run};
use std::path::Path;

/// Fowler, Noll and Vo's hash (FNV-1a), of 64 bits.
struct Digest(u64);

impl Digest {
    fn take(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = (self.0 ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01B3);
        }
    }
}

/// A call between machines of ours, over noisy lines of another clock and a network that loses, delays and overtakes.
fn digest(chain: Chain) -> u64 {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages/itu1.tif");
    let document = Document::read(Path::new(page)).expect("pages");
    let network = Network {
        loss: 0.01,
        delay: Span::from_millis(35),
        jitter: Jitter::Uniform { max: 15.0 },
        ..Network::default()
    };
    let clean = Scenario::default().line;
    let scenario = Scenario {
        chain,
        ends: System::Ours,
        gateways: [System::Ours; 2],
        network: [network.clone(), network],
        line: Impairments { snr_db: Some(36.0), clock_ppm: 40.0, ..clean },
        ..Scenario::default()
    };
    let taps = Taps { events: true, datagrams: true, audio: true };
    let (record, kept) = run(&scenario, &document, 3, taps).expect("a call");
    assert!(record.verdict().pages_ok, "{chain}: the call that is compared must carry a page");
    let mut digest = Digest(0xCBF2_9CE4_8422_2325);
    kept.datagrams.iter().flatten().for_each(|datagram| digest.take(datagram));
    for line in kept.audio.iter().flatten() {
        let samples = line.said.iter().chain(&line.heard);
        samples.for_each(|sample| digest.take(&sample.to_le_bytes()));
    }
    digest.0
}

/// Whoever changes what is said changes these on purpose. With the same code they are the same on every machine, in
/// every build: no platform's maths, no order of a hash, no clock has a part in them.
#[test]
fn a_call_is_the_same_on_every_machine() {
    let calls = [Chain::Gateway, Chain::Passthrough, Chain::Regenerate].map(digest);
    let known = [0x6398_306E_B747_DA20, 0x01F8_8033_6C13_7B51, 0x3BB7_A9D9_BA15_F165];
    assert_eq!(calls, known, "{calls:#018X?}");
}
