//! What the fuzz target and the seeded test of RTP share.

use fax_core::Timestamp;
use fax_t38::Seq;
use fax_t38::rtp::{Carried, Content, Format, Packet, Reader, Red, Writer};

const FORMAT: Format = Format { payload_type: 98, red: Some(99), content: Content::Ifp };

/// Packets, each behind a length of two octets: no panic, and what is read lies inside the packet.
pub fn check(data: &[u8]) {
    let mut readers = [Content::Ifp, Content::Udptl].map(|content| Reader::new(Format { content, ..FORMAT }));
    let mut rest = data;
    while let [high, low, after @ ..] = rest {
        let length = (usize::from(*high) << 8 | usize::from(*low)) % 1600;
        let (packet, next) = after.split_at(length.min(after.len()));
        rest = next;
        for reader in &mut readers {
            if let Ok(Carried::Ifp(parts)) = reader.read(packet) {
                assert!(!parts.primary.is_empty());
                let older: usize = parts.secondaries().map(<[u8]>::len).sum();
                assert!(older + parts.primary.len() + 12 <= packet.len());
            }
        }
        if let Ok(packet) = Packet::parse(packet) {
            red(packet.payload);
        }
    }
    round_trip(data);
}

fn red(payload: &[u8]) {
    let Ok(red) = Red::parse(payload) else { return };
    let (mut total, mut count) = (0, 0);
    for block in red.newest_first() {
        total += block.octets.len();
        count += 1;
    }
    assert_eq!(total + red.primary.len() + 4 * count + 1, payload.len());
}

/// What is written is read again, older packets in their places.
fn round_trip(data: &[u8]) {
    let mut writer = Writer::new(FORMAT, 1, Seq(65_530), u32::MAX - 300);
    let mut reader = Reader::new(FORMAT);
    let mut now = 0;
    let mut sent: Vec<&[u8]> = Vec::new();
    let pieces = data.chunks(usize::from(data.first().copied().unwrap_or(0)) + 1);
    for (seq, ifp) in (0..=u16::MAX).map(Seq).zip(pieces) {
        now += u64::from(ifp[0]) * 3000;
        let mut out = [0; 1400];
        let depth = usize::from(ifp[0] % 20);
        let older = sent.iter().rev().copied().take(depth);
        let length = writer.write(Timestamp::from_micros(now), seq, ifp, older, &mut out).unwrap();
        let Ok(Carried::Ifp(parts)) = reader.read(&out[..length]) else { panic!("an IFP packet") };
        assert_eq!(parts.primary, ifp);
        assert!(parts.secondaries().zip(sent.iter().rev()).all(|(older, sent)| older == *sent));
        assert!(parts.secondaries().len() <= depth.min(sent.len()));
        sent.push(ifp);
    }
    assert_eq!(reader.counters().unplaced, 0);
}
