//! V.8 messages against the reference vector, every bit error, and random bits.

mod support;

use fax_modem::BitQueue;
use fax_modem::v8::{CallFunction, Category, Decoder, Menu, Message, Modulations};
use proptest::prelude::*;
use support::{fuzz_v8, random::Random, wav};

const SUPER_G3: [u8; 4] = [0x81, 0x85, 0xD4, 0x90];

fn vector(name: &str) -> Vec<u8> {
    let path = format!("{}/../test-vectors/modem/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn vector_bits() -> Vec<bool> {
    let text = vector("v8-cm-cj-ch1.bits");
    text.iter().filter(|c| !c.is_ascii_whitespace()).map(|&c| c == b'1').collect()
}

fn heard(bits: impl IntoIterator<Item = bool>) -> Vec<Message> {
    let (mut decoder, mut out) = (Decoder::new(), Vec::new());
    for bit in bits {
        decoder.process(u8::from(bit), 1, &mut |message| out.push(message));
    }
    out.extend(decoder.end());
    out
}

#[test]
fn the_vector_is_what_we_would_send_and_is_heard_as_one_cm_and_a_cj() {
    let menu = Message::Menu(Menu::from_octets(&SUPER_G3).unwrap());
    let ours: Vec<bool> =
        (0..4).flat_map(|_| menu.bits().collect::<Vec<_>>()).chain(Message::Cj.bits()).collect();
    assert_eq!(ours, vector_bits());
    assert_eq!(heard(vector_bits()), [menu, Message::Cj]);
}

/// Demodulated by comparing the energies at 980 and 1180 Hz over each bit.
#[test]
fn the_recording_holds_the_bits_of_the_vector() {
    let (rate, samples) = wav::read(&vector("v8-cm-cj-ch1.wav")).unwrap();
    assert_eq!(rate, 8000);
    let energy = |window: &[i16], hertz: f64| {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, &x) in window.iter().enumerate() {
            let angle = 2.0 * fax_core::maths::PI * hertz * n as f64 / 8000.0;
            re += f64::from(x) * fax_core::maths::cos(angle);
            im += f64::from(x) * fax_core::maths::sin(angle);
        }
        re * re + im * im
    };
    let bits: Vec<bool> = (0..vector_bits().len())
        .map(|n| {
            let window = &samples[160 + n * 80 / 3..160 + (n + 1) * 80 / 3];
            energy(window, 980.0) > energy(window, 1180.0)
        })
        .collect();
    assert_eq!(bits, vector_bits());
}

#[test]
fn one_wrong_bit_costs_two_copies_and_invents_nothing() {
    let menu = Message::Menu(Menu::from_octets(&SUPER_G3).unwrap());
    let clean: Vec<bool> = (0..6).flat_map(|_| menu.bits().collect::<Vec<_>>()).collect();
    for wrong in 0..clean.len() {
        let bits = clean.iter().enumerate().map(|(n, &bit)| bit != (n == wrong));
        assert_eq!(heard(bits), [menu], "bit {wrong}");
    }
}

#[test]
fn a_ci_is_heard_though_its_carrier_just_stops() {
    let ci = Message::Ci(CallFunction::FaxFromCaller);
    assert_eq!(ci.bits().count(), 30);
    assert_eq!(heard(ci.bits().chain(ci.bits())), [ci]);
    assert_eq!(heard(ci.bits()), [], "one copy is not enough");
}

#[test]
fn a_cj_breaks_into_a_cm_and_is_heard_even_out_of_step() {
    let menu = Message::Menu(Menu::from_octets(&SUPER_G3).unwrap());
    let mut bits: Vec<bool> = (0..2).flat_map(|_| menu.bits().collect::<Vec<_>>()).collect();
    bits.extend(menu.bits().take(40));
    bits.extend(Message::Cj.bits());
    assert_eq!(heard(bits), [menu, Message::Cj]);
    assert_eq!(heard([false, false, true, false].into_iter().chain(Message::Cj.bits())), [Message::Cj]);
    assert_eq!(heard([false; 100]), [], "a break is no CJ");
}

#[test]
fn a_menu_that_changes_is_told_again() {
    let with = Message::Menu(Menu::from_octets(&SUPER_G3).unwrap());
    let without = Message::Menu(Menu::from_octets(&SUPER_G3).unwrap().without(Modulations::BEYOND_G3));
    let bits = [with, with, with, without, without, with, with].map(|m| m.bits().collect::<Vec<_>>());
    assert_eq!(heard(bits.concat()), [with, without, with]);
}

#[test]
fn v92_and_messages_too_long_are_passed_over() {
    let menu = Message::Menu(Menu::from_octets(&SUPER_G3).unwrap());
    let framed = |octet: u8| (0..10).map(move |n| (1 << 9 | u16::from(octet) << 1) >> n & 1 == 1);
    let other = |octets: Vec<u8>| {
        let copy = [true; 10].into_iter().chain(octets.into_iter().flat_map(framed)).collect::<Vec<_>>();
        [copy.clone(), copy].concat()
    };
    let bits = [other(vec![0x55, 0x81, 0x85]), other([vec![0xE0], vec![0x81; 200]].concat())].concat();
    assert_eq!(heard(bits.clone()), []);
    assert_eq!(heard([bits, menu.bits().collect(), menu.bits().collect()].concat()), [menu]);
}

#[test]
fn a_full_queue_takes_a_whole_copy_or_nothing() {
    let message = Message::Menu(Menu::from_octets(&SUPER_G3).unwrap());
    let mut queue = BitQueue::new();
    let mut copies = 0;
    while message.push_to(&mut queue) {
        copies += 1;
    }
    assert_eq!((copies, queue.len()), (BitQueue::CAPACITY / 60, copies * 60));
    let (bits, _) = queue.take(20);
    assert_eq!(bits & 0xF_FFFF, 0b1111_0000_0011_1111_1111);
}

#[test]
fn a_million_random_octets_upset_nothing() {
    let mut random = Random::new(8);
    for _ in 0..200 {
        let kind = random.below(4);
        let data: Vec<u8> = (0..5000)
            .map(|n| match kind {
                0 => random.bits() as u8,
                1 => [0xFF, 0x03, 0x1E, 0x08][random.below(4)],
                2 => 0xFF ^ (1 << (n % 8)),
                _ => (random.bits() & random.bits() & random.bits()) as u8,
            })
            .collect();
        fuzz_v8::check(&data);
        fuzz_v8::check(&data[..random.below(30)]);
    }
}

fn any_menu() -> impl Strategy<Value = Menu> {
    prop::collection::vec(any::<u8>(), 1..=Menu::CAPACITY).prop_filter_map(
        "three zero octets are a CJ",
        |octets| {
            let cj = octets.windows(3).any(|w| w == [0; 3]);
            if cj { None } else { Menu::from_octets(&octets) }
        },
    )
}

proptest! {
    #[test]
    fn what_is_sent_twice_is_heard_once(menu in any_menu(), lead in prop::collection::vec(any::<bool>(), 0..40)) {
        let message = Message::Menu(menu);
        let bits = lead.into_iter().chain([true]).chain(message.bits()).chain(message.bits());
        let heard = heard(bits);
        prop_assert_eq!(heard.last(), Some(&message));
    }

    #[test]
    fn a_menu_says_what_it_was_made_of(function in 0_u8..8, octets in any::<[u8; 3]>(), options in 0_u8..8) {
        let function = CallFunction::from_number(function);
        let raw = [0x81, octets[0] & 0xE0 | 0x05, octets[1] & 0xC7 | 0x10, octets[2] & 0xC7 | 0x10];
        let modulations = Menu::from_octets(&raw).unwrap().modulations();
        let mut menu = Menu::new(function, modulations);
        prop_assert!(menu.add(Category::Access, options));
        prop_assert_eq!(menu.function(), Some(function));
        prop_assert_eq!(menu.modulations(), modulations);
        prop_assert_eq!(menu.options(Category::Access), Some(options));
    }

    #[test]
    fn any_octets_are_borne(data in prop::collection::vec(any::<u8>(), 0..400)) {
        fuzz_v8::check(&data);
    }
}
