//! The signalling of a call against scripted peers, in virtual time: one test for each field note that signalling
//! decides (`docs/sip.md` lists them).

mod calling;
mod glare;
mod pair;
mod peer;
mod random;
mod refresh;
mod refuse;
mod sdp;
mod switch;
mod timing;
mod voice;
