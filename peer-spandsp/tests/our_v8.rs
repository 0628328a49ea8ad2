//! Our V.8 messages against the peer's V.8, both ways, over V.21 at 300 bit/s.
//!
//! | what the peer does | tested |
//! |---|---|
//! | it never sends the bit of V.34 half-duplex, which makes a fax a Super G3 fax | V.34 duplex in its place in what it sends; that it reads the bit in our CM |

mod common;

use common::Path;
use fax_core::Dbm0;
use fax_harness::stimulus::Law;
use fax_modem::Output;
use fax_modem::fsk::{Channel, FskReceiver, FskTransmitter, Preamble};
use fax_modem::v8::{CallFunction, Decoder, Menu, Message, Modulations};
use peer_spandsp::{self as peer, PeerTone, V8Outcome, V8Party, V8Side};

/// Samples handed to and fro at once.
const BLOCK: usize = 160;

/// V.34 duplex as the peer numbers it, beside what a G3 fax has.
const WITH_V34: peer::Modulations = peer::Modulations(peer::Modulations::GROUP_3.0 | 1 << 11);

/// What a fax without V.34 has, and one with it.
fn offers() -> [(Modulations, peer::Modulations); 2] {
    [(Modulations::G3, peer::Modulations::GROUP_3), (Modulations::G3 | Modulations::V34, WITH_V34)]
}

/// One way of a line, block by block.
fn carried(block: &mut [i16], law: Option<Law>) {
    match law {
        Some(Law::A) => peer::g711_leg(peer::Law::A, block),
        Some(Law::Mu) => peer::g711_leg(peer::Law::Mu, block),
        None => {}
    }
}

/// Our receiver of messages on a channel.
struct Ear {
    receiver: FskReceiver,
    decoder: Decoder,
    heard: Vec<Message>,
}

impl Ear {
    fn new(channel: Channel) -> Self {
        let receiver = FskReceiver::hunting(channel, Preamble::V8);
        Self { receiver, decoder: Decoder::new(), heard: Vec::new() }
    }

    fn hear(&mut self, samples: &[i16]) {
        let Self { receiver, decoder, heard } = self;
        receiver.process(samples, &mut |output| match output {
            Output::Bits { bits, count } => {
                decoder.process(bits, count, &mut |message| heard.push(message));
            }
            Output::Ended { .. } => heard.extend(decoder.end()),
            _ => {}
        });
    }
}

/// Our sender of messages, one copy after the other without a pause.
struct Mouth {
    transmitter: FskTransmitter,
    message: Option<Message>,
}

impl Mouth {
    fn new(channel: Channel) -> Self {
        Self { transmitter: FskTransmitter::new(channel, Dbm0(-13.0)), message: None }
    }

    fn begin(&mut self, message: Message) {
        self.transmitter.start();
        self.message = Some(message);
    }

    /// Ends with a last message behind the copy that goes on.
    fn end(&mut self, last: Message) {
        self.message = None;
        last.push_to(self.transmitter.bits());
        self.transmitter.finish();
    }

    fn say(&mut self, block: &mut [i16]) {
        if let Some(message) = self.message
            && self.transmitter.bits().len() < 30
        {
            message.push_to(self.transmitter.bits());
        }
        let filled = self.transmitter.fill(block);
        block[filled..].fill(0);
    }
}

#[test]
fn the_peer_answers_our_cm_with_a_jm_that_we_read() {
    for law in [None, Some(Law::A), Some(Law::Mu)] {
        for (ours, theirs) in offers() {
            let told = format!("{ours:?} over {law:?}");
            let mut answerer = V8Party::new(V8Side::Answerer(PeerTone::AnsAmPr), WITH_V34);
            let (mut mouth, mut ear) = (Mouth::new(Channel::One), Ear::new(Channel::Two));
            let cm = Menu::new(CallFunction::FaxFromCaller, ours | Modulations::V34_HALF_DUPLEX);
            let mut ended = false;
            for n in 0..500 {
                if n == 75 {
                    mouth.begin(Message::Menu(cm)); // a second and a half of ANSam has gone by
                }
                if !ended && !ear.heard.is_empty() {
                    ended = true;
                    mouth.end(Message::Cj);
                }
                let (mut from_us, mut from_them) = ([0; BLOCK], [0; BLOCK]);
                mouth.say(&mut from_us);
                answerer.fill(&mut from_them);
                carried(&mut from_us, law);
                carried(&mut from_them, law);
                answerer.process(&from_us);
                ear.hear(&from_them);
            }
            let [Message::Menu(jm)] = ear.heard[..] else { panic!("{told}: {:?}", ear.heard) };
            assert_eq!(
                (jm.function(), jm.modulations()),
                (Some(CallFunction::FaxFromCaller), ours),
                "{told}"
            );
            // What it calls agreed is what we offered.
            let offered = peer::Modulations(theirs.0 | peer::Modulations::V34HDX.0);
            assert_eq!(answerer.outcome(), Some(V8Outcome::Agreed(offered)), "{told}");
        }
    }
}

#[test]
fn the_peer_takes_our_answer_to_its_cm_and_ends_with_a_cj_that_we_hear() {
    for law in [None, Some(Law::A), Some(Law::Mu)] {
        for (ours, theirs) in offers() {
            let told = format!("{ours:?} over {law:?}");
            let mut caller = V8Party::new(V8Side::Caller, WITH_V34);
            let mut ansam = fax_modem::tone::Generator::new(fax_core::Tone::AnsAmPr, Dbm0(-13.0));
            let (mut mouth, mut ear) = (Mouth::new(Channel::Two), Ear::new(Channel::One));
            let mut answered = false;
            for n in 0..600 {
                let (mut from_us, mut from_them) = ([0; BLOCK], [0; BLOCK]);
                if let (false, Some(Message::Menu(cm))) = (answered, ear.heard.first()) {
                    assert_eq!(cm.modulations(), Modulations::G3 | Modulations::V34, "{told}");
                    mouth.begin(Message::Menu(cm.answer(ours)));
                    answered = true;
                }
                match answered {
                    false if n >= 25 => ansam.fill(&mut from_us),
                    false => {}
                    true => mouth.say(&mut from_us),
                }
                caller.fill(&mut from_them);
                carried(&mut from_us, law);
                carried(&mut from_them, law);
                caller.process(&from_us);
                ear.hear(&from_them);
            }
            assert!(matches!(ear.heard[..], [Message::Menu(_), Message::Cj]), "{told}: {:?}", ear.heard);
            assert_eq!(caller.outcome(), Some(V8Outcome::Agreed(theirs)), "{told}");
        }
    }
}

#[test]
fn we_read_the_peers_cm_over_a_bad_line_and_at_any_level() {
    // Recorded once, while a party of its own kind answers.
    let mut caller = V8Party::new(V8Side::Caller, WITH_V34);
    let mut answerer = V8Party::new(V8Side::Answerer(PeerTone::AnsAmPr), peer::Modulations::GROUP_3);
    let mut recording = Vec::new();
    for _ in 0..500 {
        let (mut from_caller, mut from_answerer) = ([0; BLOCK], [0; BLOCK]);
        caller.fill(&mut from_caller);
        answerer.fill(&mut from_answerer);
        answerer.process(&from_caller);
        caller.process(&from_answerer);
        recording.extend(from_caller);
    }
    for level in [-10.0, -20.0, -30.0, -40.0] {
        for (n, (frequency, ppm, law)) in
            (0..).zip([(8.0, 80.0, Law::A), (-8.0, -80.0, Law::Mu), (8.0, -80.0, Law::Mu)])
        {
            let path = Path::analogue(level, frequency, ppm, law);
            let mut ear = Ear::new(Channel::One);
            ear.hear(&path.carry(&recording, n));
            let [Message::Menu(cm), Message::Cj] = ear.heard[..] else {
                panic!("{}: {:?}", path.name, ear.heard)
            };
            assert_eq!(cm.modulations(), Modulations::G3 | Modulations::V34, "{}", path.name);
            assert!(cm.is_fax(), "{}", path.name);
        }
    }
}
