//! IFP against measured packets, a foreign encoder, field notes and noise.

mod sample;
mod vectors;
