//! IFP against measured packets, a foreign encoder, field notes and noise.

mod noise;
mod oracle;
mod quirks;
mod sample;
mod vectors;
