//! Super G3 machines at both ends of a call that is audio: what of V.8 comes through.
//!
//! The answerer says ANSam with reversals for 2 s, then JM for 1 s; the caller says CM from 1.2 s after the tone began, then
//! CJ; then both say what stands for V.34: octets at random.

use fax_call::media::{Audio, Flow, Order, Path, Settings, Sign, Socket, V8Counters};
use fax_call::{Law, Policy, Side, SuperG3};
use fax_core::{Dbm0, Span, Timestamp, Tone};
use fax_modem::fsk::{Channel, FskTransmitter};
use fax_modem::tone::{Detector, Generator, ToneOutput};
use fax_modem::v8::{Listener, Menu, Message};

const LEVEL: Dbm0 = Dbm0(-13.0);
/// CM of a Super G3 fax: the vector of `test-vectors/modem/v8-cm-cj-ch1.bits`.
const SUPER_G3: [u8; 4] = [0x81, 0x85, 0xD4, 0x90];
/// When each begins, ms.
const TONE: usize = 500;
const CM: usize = 1700;
const JM: usize = 2500;
const CJ: usize = 3300;
const V34: usize = 3600;
/// When all ends.
const END: usize = 6000;

fn menu() -> Message {
    Message::Menu(Menu::from_octets(&SUPER_G3).unwrap())
}

/// Copies of a message in V.21, as many as fill these samples.
fn repeated(message: &Message, channel: Channel, out: &mut [i16]) {
    let mut modem = FskTransmitter::new(channel, LEVEL);
    while message.push_to(modem.bits()) {}
    modem.start();
    for block in out.chunks_mut(80) {
        while message.push_to(modem.bits()) {}
        modem.fill(block);
    }
}

fn part(samples: &mut [i16], from: usize, to: usize) -> &mut [i16] {
    &mut samples[8 * from..8 * to]
}

fn coded(samples: &[i16], seed: u64) -> Vec<u8> {
    let mut octets: Vec<u8> = samples.iter().map(|x| audio_codec_algorithms::encode_ulaw(*x)).collect();
    let mut state = seed;
    for octet in &mut octets[8 * V34..] {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *octet = (state >> 56) as u8;
    }
    octets
}

fn answerer() -> Vec<u8> {
    let mut samples = vec![0; 8 * END];
    Generator::new(Tone::AnsAmPr, LEVEL).fill(part(&mut samples, TONE, JM));
    repeated(&menu(), Channel::Two, part(&mut samples, JM, CJ));
    coded(&samples, 1)
}

fn caller() -> Vec<u8> {
    let mut samples = vec![0; 8 * END];
    repeated(&menu(), Channel::One, part(&mut samples, CM, CJ));
    repeated(&Message::Cj, Channel::One, part(&mut samples, CJ, CJ + 200));
    coded(&samples, 2)
}

struct Heard {
    /// What left to the caller and to the answerer.
    caller: Vec<u8>,
    answerer: Vec<u8>,
    signs: Vec<(Side, Sign)>,
    /// What was done to V.8 of the caller and of the answerer.
    counters: [V8Counters; 2],
}

fn called(super_g3: SuperG3) -> Heard {
    let addresses = [1, 2].map(|last| ([192, 0, 2, last], 4000).into());
    let policy = Policy { super_g3, ..Policy::default() };
    let mut path = Path::new(Settings { policy, ..Settings::default() });
    let sides = [Side::Near, Side::Far];
    for (side, remote) in sides.into_iter().zip(addresses) {
        let (law, packet, flow) = (Law::Mu, Span::from_millis(20), Flow::Both);
        let audio = Audio { remote, law, packet, red: None, events: None, flow };
        path.order(Timestamp::ZERO, side, Order::Audio(audio));
    }
    let said = [caller(), answerer()];
    let (mut left, mut signs) = ([Vec::new(), Vec::new()], Vec::new());
    for n in 0..(END / 20) {
        let now = Timestamp::from_micros(20_000 * n as u64);
        for (place, side) in sides.into_iter().enumerate() {
            let mut packet = vec![0x80, 0];
            packet.extend((n as u16).to_be_bytes());
            packet.extend((160 * n as u32).to_be_bytes());
            packet.extend([0, 0, 0, place as u8]);
            packet.extend(&said[place][160 * n..160 * (n + 1)]);
            path.receive(now, side, Socket::Rtp, addresses[place], &packet);
            let mut out = [0; 200];
            while let Some(sending) = path.transmit(side.other(), &mut out) {
                left[1 - place].extend(&out[12..sending.length]);
            }
        }
        path.advance(now);
        while let Some((_, side, sign)) = path.sign() {
            signs.push((side, sign));
        }
    }
    let [caller, answerer] = left;
    assert_eq!((caller.len(), answerer.len()), (8 * END, 8 * END));
    Heard { caller, answerer, signs, counters: sides.map(|side| path.v8(side)) }
}

fn samples(octets: &[u8]) -> Vec<i16> {
    octets.iter().map(|octet| audio_codec_algorithms::decode_ulaw(*octet)).collect()
}

/// The tones of what leaves before V.34.
fn tones(octets: &[u8]) -> Vec<Tone> {
    let (mut detector, mut tones) = (Detector::new(), Vec::new());
    detector.process(&samples(&octets[..8 * V34]), &mut |output| {
        if let ToneOutput::Began { tone, .. } | ToneOutput::Refined { tone, .. } = output {
            tones.push(tone);
        }
    });
    tones
}

fn menus(octets: &[u8]) -> usize {
    let (mut listener, mut menus) = (Listener::new(Channel::One), 0);
    listener.process(&samples(&octets[..8 * V34]), &mut |message| menus += usize::from(message == menu()));
    menus
}

/// The leg stays in audio: nothing is a reason to leave it. JM is V.21, of the channel of DIS, and no preamble.
#[test]
fn super_g3_that_passes_is_left_alone_octet_by_octet() {
    let mut heard = called(SuperG3::Pass);
    heard.signs.dedup();
    assert!(heard.caller == answerer() && heard.answerer == caller());
    assert_eq!(heard.signs, [(Side::Far, Sign::Ced), (Side::Far, Sign::Ansam)]);
    assert_eq!(heard.counters, [V8Counters::default(); 2]);
    assert_eq!(
        (tones(&heard.caller), menus(&heard.answerer)),
        (vec![Tone::Ced, Tone::AnsAm, Tone::AnsAmPr], 1)
    );
}

/// The caller is not invited; one that says CM all the same is heard.
#[test]
fn super_g3_that_is_suppressed_reads_a_plain_answer() {
    let heard = called(SuperG3::Suppress);
    assert_eq!(tones(&heard.caller), [Tone::Ced]);
    assert_eq!(menus(&heard.answerer), 1);
    assert!(heard.answerer == caller(), "nothing of the caller's is changed");
    let [caller, answerer] = heard.counters;
    assert_eq!((caller, answerer.made_plain, answerer.blocked), (V8Counters::default(), 97, 0));
    // All but the tone passes as it is.
    assert!(heard.caller[8 * JM..] == self::answerer()[8 * JM..]);
}

#[test]
fn a_cm_that_comes_anyway_is_kept_back_if_that_is_asked_for() {
    let heard = called(SuperG3::Block);
    assert_eq!((tones(&heard.caller), menus(&heard.answerer)), (vec![Tone::Ced], 0));
    assert!(heard.counters[0].blocked > 0);
    // What follows half a second after the tone passes again.
    assert!(heard.answerer[8 * (JM + 500)..] == caller()[8 * (JM + 500)..]);
}
