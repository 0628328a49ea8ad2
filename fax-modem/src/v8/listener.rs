//! Hears V.8 messages on a line.

use super::{Decoder, Message};
use crate::fsk::{Channel, FskReceiver, Preamble};
use crate::output::Output;

/// Hears the messages of one side: the caller's CI, CM and CJ come on channel 1 of V.21, the answerer's
/// JM on channel 2 (V.8 5).
#[derive(Clone, Debug)]
pub struct Listener {
    channel: Channel,
    receiver: FskReceiver,
    decoder: Decoder,
}

impl Listener {
    /// Listens on a channel.
    pub fn new(channel: Channel) -> Self {
        let receiver = FskReceiver::hunting(channel, Preamble::V8);
        Self { channel, receiver, decoder: Decoder::new() }
    }

    /// Listens on a channel from here on; nothing changes if it is the one already.
    pub fn tune(&mut self, channel: Channel) {
        if channel != self.channel {
            self.channel = channel;
            self.receiver.tune(channel);
            self.decoder = Decoder::new();
        }
    }

    /// Whether a signal is being followed.
    pub const fn is_receiving(&self) -> bool {
        self.receiver.is_receiving()
    }

    /// Lets samples pass unheard: see [`FskReceiver::skip`].
    pub fn skip(&mut self, samples: u64) {
        self.receiver.skip(samples);
    }

    /// Takes the next samples, any number, and tells the messages that end in them.
    pub fn process(&mut self, samples: &[i16], out: &mut impl FnMut(Message)) {
        let Self { receiver, decoder, .. } = self;
        receiver.process(samples, &mut |output| match output {
            Output::Bits { bits, count } | Output::Doubtful { bits, count } => {
                decoder.process(bits, count, out)
            }
            Output::Ended { .. } => decoder.end().into_iter().for_each(&mut *out),
            Output::Recognised { .. } | Output::Trained { .. } | Output::TrainingFailed { .. } => {}
        });
    }
}
