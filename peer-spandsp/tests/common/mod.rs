//! The line between the two sides, and what both test files say in the same words.
#![allow(dead_code)] // each test file uses its part

use fax_harness::stimulus::{Draws, Impairments, Law, Purpose, Rng};

/// Silence before and after a burst on a digital path, samples.
const SILENCE: usize = 800;

/// A line as the tests vary it.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    /// What stands in a failed assertion.
    pub(crate) name: String,
    impairments: Option<Impairments>,
    law: Option<Law>,
}

impl Path {
    /// Samples arrive as they were sent.
    pub(crate) fn digital() -> Self {
        Self { name: "digital".into(), impairments: None, law: None }
    }

    /// Samples arrive as they were sent but for one leg of G.711.
    pub(crate) fn g711(law: Law) -> Self {
        Self { name: format!("G.711 {law:?}"), impairments: None, law: Some(law) }
    }

    /// A line with a frequency offset in hertz, a clock offset in parts in 10^6, any fractional delay
    /// and carrier phase, and one leg of G.711.
    pub(crate) fn analogue(level: f64, frequency: f64, clock_ppm: f64, law: Law) -> Self {
        let impairments =
            Impairments { level, frequency, clock_ppm, g711: vec![law], ..Impairments::default() };
        let name = format!("{level} dBm0 {frequency:+} Hz {clock_ppm:+} ppm, G.711 {law:?}");
        Self { name, impairments: Some(impairments), law: None }
    }

    /// The burst as it arrives, silence around it; `instance` draws delay and phase.
    pub(crate) fn carry(&self, burst: &[i16], instance: u64) -> Vec<i16> {
        if let Some(impairments) = &self.impairments {
            let draws = Draws::from(&mut Rng::stream(11, Purpose::Channel, instance));
            return impairments.arrive(burst, draws, &mut Rng::stream(11, Purpose::Noise, instance)).samples;
        }
        let mut samples = vec![0; SILENCE];
        samples.extend_from_slice(burst);
        samples.extend([0; SILENCE]);
        if let Some(law) = self.law {
            let law = match law {
                Law::A => peer_spandsp::Law::A,
                Law::Mu => peer_spandsp::Law::Mu,
            };
            peer_spandsp::g711_leg(law, &mut samples);
        }
        samples
    }
}

/// Where all of `sent` stands in `heard`, looked for in the first `reach` bits.
pub(crate) fn lag(sent: &[bool], heard: &[bool], reach: usize) -> Option<usize> {
    (0..=reach).find(|&lag| heard.get(lag..lag + sent.len()).is_some_and(|part| part == sent))
}
