//! A T.38 line: what it hears of packets, what packets it says.

mod hearing;
mod saying;
mod support;
mod traces;
