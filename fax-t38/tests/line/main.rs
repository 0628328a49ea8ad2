//! A T.38 line: what it hears of packets, what packets it says.

mod any;
mod carriers;
mod hearing;
mod saying;
mod scripts;
#[path = "../../../test-support/shared/sentence.rs"]
mod sentence;
mod session;
mod support;
mod talk;
mod traces;
