//! IFP against measured packets, a foreign encoder, field notes and noise.

mod oracle;
mod sample;
mod vectors;
