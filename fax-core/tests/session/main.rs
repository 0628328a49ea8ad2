//! The rows of the state table: scripts of what the far machine says, and what the session must say to it.
//! Most have the name of the conformance case whose order of frames they have.

#[path = "../support/desk.rs"]
mod desk;
mod fetching;
mod rare;
mod receiving;
#[path = "../support/script.rs"]
mod script;
mod sending;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/wire.rs"]
mod wire;
