//! Says what a fax machine tells of itself, and what of it a gateway lets through.
//!
//!     cargo run -p fax-core --example read_dis -- ff c8 01 04 77 1f 23
//!
//! The octets are those of the frame, address first and without FCS, as `faxlab listen` prints them.

use fax_core::Chunk;
use fax_core::t30::fields::Bit;
use fax_core::t30::{Body, Confirmation, Dis, Edits, Frame, FrameEdit};
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let octets = match words.is_empty() {
        // A machine of the field: V.17, ECM, MMR, fine, Super G3.
        true => vec![0xFF, 0xC8, 0x01, 0x04, 0x77, 0x1F, 0x23, 0x01, 0xF9, 0xC0],
        false => words.iter().map(|word| u8::from_str_radix(word, 16)).collect::<Result<_, _>>()?,
    };
    let said = dis(&octets)?;
    println!("modems {:?}, width {:?}, length {:?}", said.modems(), said.width(), said.length());

    let edits = Edits::gateway().forbidding(Bit::ECM);
    let edited = FrameEdit::new(Confirmation::Pass).chunk(&edits, Chunk::from_octets(&octets));
    let passed = dis(edited.octets())?;
    for bit in Bit::all().filter(|bit| said.has(*bit)) {
        let fate = if passed.has(bit) { "" } else { "   taken out by a gateway that forbids ECM" };
        println!("{:>4}  {}{fate}", bit.number(), bit.row().name);
    }
    Ok(())
}

fn dis(octets: &[u8]) -> Result<Dis, Box<dyn Error>> {
    match Frame::parse(octets)?.body()? {
        Body::Dis(dis) => Ok(dis),
        other => Err(format!("a frame {:?}, not a DIS", other.fcf()).into()),
    }
}
