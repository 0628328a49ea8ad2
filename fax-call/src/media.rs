//! Which media flow on a call, and how.
//!
//! Signalling gives an [`Order`] for each leg whenever something changed; [`Path`] obeys: it takes the datagrams of both
//! legs, passes audio on as it is while nobody needs more, tells signs of a fax, and joins the legs by a relay once
//! one of them is T.38.

mod adapter;
mod answer_tone;
mod audio_leg;
mod ear;
mod order;
mod path;
mod pin;
mod playout;
mod rtp_out;
mod settings;
mod sign;
mod station;

pub use adapter::Adapter;
pub use answer_tone::V8Counters;
pub use audio_leg::AudioCounters;
pub use order::{Audio, Flow, Order, Redundancy, T38};
pub use path::{Path, Sending, Socket};
pub use pin::Learning;
pub use playout::PlayoutCounters;
pub use settings::{LegSettings, Settings};
pub use sign::Sign;
pub use station::Station;
