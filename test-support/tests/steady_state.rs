//! The modems and UDPTL allocate when they are made and never again.

use fax_core::{
    Chunk, Dbm0, Expectation, FrameEnd, Line, Opening, Signal, Span, Timestamp, Tone, Training, V17Rate,
};
use fax_modem::fsk::{Channel, FskReceiver, FskTransmitter};
use fax_modem::v8::{CallFunction, Decoder, Menu, Message, Modulations};
use fax_modem::{
    AudioLine, BitQueue, EchoProtection, Modem, Output, QamReceiver, QamTransmitter, hdlc, tone,
};
use fax_t38::udptl::{Class, Layout, Protection, Receiver, ReceiverSettings, Sender, SenderSettings};
use fax_test_support::{CountingAllocator, allocations_during, is_counting};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Pseudo-random bits, 32 at a time.
fn words() -> impl Iterator<Item = u32> {
    (1_u32..).map(|n| n.wrapping_mul(0x9e37_79b9).rotate_left(7))
}

#[test]
fn no_fast_modulator_allocates_in_a_burst_or_from_one_to_the_next() {
    assert!(is_counting());
    for modem in Opening::ALL.into_iter().filter_map(Modem::of) {
        let mut tx = QamTransmitter::new(modem, Dbm0(-13.0));
        let allocations = allocations_during(|| {
            for training in [Training::Long, Training::Short] {
                tx.start(training, EchoProtection::On);
                let (mut words, mut block) = (words().take(300), [0; 160]);
                loop {
                    while tx.bits().room() >= 32 {
                        let Some(word) = words.next() else {
                            tx.finish();
                            break;
                        };
                        tx.bits().push(word, 32);
                    }
                    if tx.fill(&mut block) < block.len() {
                        break;
                    }
                }
            }
        });
        assert_eq!(allocations, 0, "{}", modem.opening);
    }
}

#[test]
fn v21_with_hdlc_allocates_nothing_either_way() {
    assert!(is_counting());
    let (mut framer, mut deframer) = (hdlc::Framer::new(), hdlc::Deframer::new());
    let (mut tx, mut rx) = (FskTransmitter::new(Channel::Two, Dbm0(-13.0)), FskReceiver::new(Channel::Two));
    let mut good = 0;
    let allocations = allocations_during(|| {
        for _ in 0..2 {
            tx.start();
            framer.hold_flags(37);
            framer.octets(&Chunk::from_octets(&[0xff, 0xc0, 0x80, 0, 1, 2, 3]));
            framer.end(FrameEnd::Good);
            let mut block = [0; 160];
            let mut filled = block.len();
            while filled == block.len() {
                if framer.is_idle() {
                    tx.finish();
                } else {
                    framer.fill(tx.bits(), 16);
                }
                filled = tx.fill(&mut block);
                block[filled..].fill(0);
                hear(&mut rx, &mut deframer, &block, &mut good);
            }
            for _ in 0..20 {
                hear(&mut rx, &mut deframer, &[0; 160], &mut good);
            }
        }
    });
    assert_eq!((allocations, good), (0, 2));
}

fn hear(rx: &mut FskReceiver, deframer: &mut hdlc::Deframer, samples: &[i16], good: &mut usize) {
    rx.process(samples, &mut |output| {
        if let Output::Bits { bits, count } = output {
            deframer.push(bits, count, &mut |event| {
                *good += usize::from(event == hdlc::Event::FrameEnd(FrameEnd::Good));
            });
        }
    });
}

#[test]
fn no_tone_is_made_or_heard_with_an_allocation() {
    assert!(is_counting());
    for tone in [Tone::Cng, Tone::Ced, Tone::AnsPr, Tone::AnsAm, Tone::AnsAmPr] {
        let (mut generator, mut detector) = (tone::Generator::new(tone, Dbm0(-13.0)), tone::Detector::new());
        let (mut block, mut heard) = ([0; 160], 0);
        let allocations = allocations_during(|| {
            for _ in 0..150 {
                generator.fill(&mut block);
                detector.process(&block, &mut |_| heard += 1);
            }
        });
        assert_eq!(allocations, 0, "{tone:?}");
        assert!(heard > 0, "{tone:?}");
    }
}

/// What a fast receiver told.
#[derive(Debug, Default, PartialEq)]
struct Told {
    trained: usize,
    failed: usize,
    bits: usize,
    ended: usize,
}

impl Told {
    fn take(&mut self, output: Output) {
        match output {
            Output::Recognised { .. } => {}
            Output::Trained { .. } => self.trained += 1,
            Output::TrainingFailed { .. } => self.failed += 1,
            Output::Bits { count, .. } | Output::Doubtful { count, .. } => self.bits += usize::from(count),
            Output::Ended { .. } => self.ended += 1,
        }
    }
}

/// A second of data behind a training, then silence.
fn burst(tx: &mut QamTransmitter, training: Training) -> Vec<i16> {
    tx.start(training, EchoProtection::On);
    let (mut words, mut samples) = (words().take(tx.modem().opening.bit_rate().0 as usize / 32), Vec::new());
    let mut block = [0; 160];
    loop {
        while tx.bits().room() >= 32 {
            let Some(word) = words.next() else {
                tx.finish();
                break;
            };
            tx.bits().push(word, 32);
        }
        let filled = tx.fill(&mut block);
        samples.extend_from_slice(&block[..filled]);
        if filled < block.len() {
            samples.extend([0; 1600]);
            return samples;
        }
    }
}

/// Two seconds of white noise.
fn noise() -> Vec<i16> {
    words().take(16_000).map(|word| (word >> 20) as i16 - 2048).collect()
}

#[test]
fn no_fast_demodulator_allocates_in_a_burst_or_between_bursts() {
    assert!(is_counting());
    for modem in Modem::ALL {
        let mut tx = QamTransmitter::new(modem, Dbm0(-13.0));
        let (long, short, noise) = (burst(&mut tx, Training::Long), burst(&mut tx, Training::Short), noise());
        let cut = &long[..long.len() / 4];
        let (mut rx, mut told) = (QamReceiver::new(modem), Told::default());
        let allocations = allocations_during(|| {
            for samples in [&noise, &long, &short, &noise, cut, &long, &noise] {
                samples.chunks(160).for_each(|block| rx.process(block, &mut |output| told.take(output)));
            }
            rx.reset();
            rx.process(&short, &mut |output| told.take(output));
            rx.expect(&Modem::ALL);
            rx.process(&long, &mut |output| told.take(output));
        });
        assert_eq!(allocations, 0, "{}", modem.opening);
        // Trained, failed, gave bits and ended: every state was passed through.
        assert!(told.trained >= 5 && told.ended >= 5, "{}: {told:?}", modem.opening);
        assert!(told.bits > 3 * modem.opening.bit_rate().0 as usize, "{}: {told:?}", modem.opening);
    }
}

#[test]
fn v8_messages_are_queued_and_read_without_an_allocation() {
    assert!(is_counting());
    let menu = Message::Menu(Menu::new(CallFunction::FaxFromCaller, Modulations::V17 | Modulations::V29));
    let (mut queue, mut decoder, mut heard) = (BitQueue::new(), Decoder::new(), 0);
    let allocations = allocations_during(|| {
        for message in [menu, menu, menu, Message::Cj, Message::Ci(CallFunction::FaxFromCaller)] {
            message.push_to(&mut queue);
        }
        while !queue.is_empty() {
            let (bits, count) = queue.take(8);
            decoder.process(bits as u8, count as u8, &mut |_| heard += 1);
        }
        heard += usize::from(decoder.end().is_some());
    });
    assert_eq!((allocations, heard), (0, 2));
}

#[test]
fn tones_are_sought_in_noise_and_beside_our_own_without_an_allocation() {
    assert!(is_counting());
    let (noise, mut detector, mut heard) = (noise(), tone::Detector::new(), 0);
    let mut own = tone::Generator::new(Tone::Cng, Dbm0(-13.0));
    let mut block = [0; 160];
    let allocations = allocations_during(|| {
        detector.process(&noise, &mut |_| heard += 1);
        detector.ignore(Some(Tone::Cng));
        for _ in 0..100 {
            own.fill(&mut block);
            detector.process(&block, &mut |_| heard += 1);
        }
        detector.ignore(None);
        detector.process(&noise, &mut |_| heard += 1);
    });
    assert_eq!((allocations, heard), (0, 0));
}

#[test]
fn a_whole_line_says_and_hears_a_call_without_an_allocation() {
    assert!(is_counting());
    let (mut near, mut far) = (AudioLine::default(), AudioLine::default());
    let (mut block, mut heard) = ([0; 160], 0);
    let v17 = |training| Signal::Begin(Opening::V17(V17Rate::R14400, training));
    let frame = [Signal::Octets(Chunk::from_octets(&[0xff, 0xc8, 0x80])), Signal::FrameEnd(FrameEnd::Good)];
    let page = Signal::Bits(Chunk::from_octets(&[0; 32]));
    let call = [
        Signal::Tone(Tone::AnsAmPr),
        Signal::Silence,
        Signal::Begin(Opening::V21),
        frame[0],
        frame[1],
        Signal::End,
        v17(Training::Long),
        page,
        page,
        Signal::End,
        Signal::Begin(Opening::V21),
        frame[0],
        frame[1],
        Signal::End,
        v17(Training::Short),
        frame[0],
        frame[1],
        Signal::End,
    ];
    let allocations = allocations_during(|| {
        let mut said = call.iter().peekable();
        for n in 0..600 {
            // The answer tone lasts 2.6 s; all else follows as there is room.
            while let Some(signal) = said.next_if(|signal| n >= 130 || matches!(signal, Signal::Tone(_))) {
                if near.say(*signal).is_err() {
                    let left = said.clone().count() + 1;
                    said = call[call.len() - left..].iter().peekable();
                    break;
                }
            }
            near.fill(&mut block);
            far.listen(&block);
            while far.hear().is_some() {
                heard += 1;
            }
            while far.event().is_some() || near.event().is_some() || near.progress().is_some() {}
            far.expect(Expectation::ANYTHING);
        }
    });
    assert_eq!(allocations, 0);
    assert!(heard > 20, "{heard} signals");
}

#[test]
fn udptl_sends_loses_repairs_and_repeats_without_an_allocation() {
    assert!(is_counting());
    let redundancy = Protection::Secondaries { control: 7, image: 3 };
    let parity = Protection::Parity { span: 3, rows: 3, layout: Layout::Raw };
    for protection in [redundancy, parity] {
        let mut sender = Sender::new(SenderSettings { protection, ..SenderSettings::default() });
        let mut receiver = Receiver::new(ReceiverSettings::default());
        let (mut now, mut buffer, mut sent, mut packets) = (Timestamp::ZERO, [0; 1500], 0, 0);
        let allocations = allocations_during(|| {
            for word in words().take(3000) {
                let [a, b, c, d] = word.to_be_bytes();
                let class = if word % 3 == 0 { Class::Control } else { Class::Image };
                let taken = sender.submit(now, &[0xD0, 1, 0xE0, 0, 3, a, b, c, d], class);
                assert!(taken.is_ok());
                while let Some(length) = sender.poll(now, &mut buffer) {
                    sent += 1;
                    // Lost, cut short, noise, or taken.
                    let _ = match sent % 7 {
                        0 | 1 => Ok(()),
                        2 => receiver.take(now, &buffer[..length / 2]),
                        3 => receiver.take(now, &buffer[2..length]),
                        _ => receiver.take(now, &buffer[..length]),
                    };
                }
                receiver.advance(now);
                while receiver.next().is_some() {
                    packets += 1;
                }
                // Events are not fetched: the oldest give way.
                now += Span::from_millis(30);
            }
        });
        assert_eq!(allocations, 0, "{protection:?}");
        let counters = receiver.counters();
        let repaired = counters.repaired_by_secondary + counters.repaired_by_parity;
        assert!(
            packets > 2500 && repaired > 300 && counters.duplicates > 300,
            "{packets} packets, {counters:?}"
        );
    }
}
