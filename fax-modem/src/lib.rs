//! Fax modems, tones and V.8: signals to samples and back.
//!
//! Transmitters are pulled ([`Transmitter::fill`]), receivers are pushed ([`Receiver::process`]);
//! both run at 8000 samples a second on 16-bit linear samples, allocate only when they are made, and
//! know no clock but the count of samples.
//!
//! Programs to begin with are in `fax-modem/examples`: `two_lines` (one [`AudioLine`] talks to another),
//! `receive_wav` ([`QamReceiver::any`] on a recording), `hear_tones` ([`tone`] made and heard).
//!
//! Always: equal samples give equal bits on every machine; nothing a line can carry makes a receiver
//! panic or lose a later burst.

pub mod bits;
pub mod encoder;
pub mod fsk;
pub mod hdlc;
pub mod line;
pub mod modem;
pub mod output;
pub mod pulse;
pub mod receive;
pub mod scrambler;
pub mod table;
pub mod tone;
pub mod transmit;
pub mod v8;

pub use bits::BitQueue;
pub use line::AudioLine;
pub use modem::{Receiver, Transmitter};
pub use output::{Output, Quality};
pub use receive::QamReceiver;
pub use table::Modem;
pub use transmit::{EchoProtection, QamTransmitter};
