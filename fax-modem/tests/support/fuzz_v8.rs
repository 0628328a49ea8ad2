//! What the fuzz target and the seeded test of V.8 share.

use fax_modem::v8::{Decoder, Menu, Message, Modulations};

/// Takes octets as bits of a line: no panic, and every message told can be sent and is heard again
/// as itself, unless it is a CI with more in it than V.8 says.
pub fn check(data: &[u8]) {
    let mut decoder = Decoder::new();
    let mut told = 0;
    for &octet in data {
        decoder.process(octet, 8, &mut |message| {
            told += 1;
            again(message);
        });
    }
    decoder.end().into_iter().for_each(again);
    // A message is two copies of 30 bits, or a CJ, at the least.
    assert!(told <= data.len() * 8 / 30 + 1);
    if let Some(menu) = Menu::from_octets(data) {
        assert_eq!(menu.octets(), data);
        assert!(!menu.without(Modulations::BEYOND_G3).is_super_g3());
        let answer = menu.answer(Modulations::G3);
        assert_eq!(answer.modulations(), menu.modulations() & Modulations::G3);
        assert_eq!(answer.is_fax(), menu.is_fax());
    }
}

fn again(message: Message) {
    let mut decoder = Decoder::new();
    let mut heard = None;
    for _ in 0..2 {
        for bit in message.bits() {
            decoder.process(u8::from(bit), 1, &mut |message| heard = Some(message));
        }
    }
    let heard = heard.or(decoder.end());
    assert_eq!(heard, Some(message));
}
