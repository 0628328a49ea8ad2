//! The modems allocate when they are made and never again.

use fax_core::{Chunk, Dbm0, FrameEnd, Opening, Tone, Training};
use fax_modem::fsk::{Channel, FskReceiver, FskTransmitter};
use fax_modem::{EchoProtection, Modem, Output, QamTransmitter, hdlc, tone};
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
