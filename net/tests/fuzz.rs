//! The body of the fuzz target over seeded input: the messages of RFC 4475 and those of a call, damaged.

#[path = "fuzz/message.rs"]
mod body;
#[path = "../../test-support/shared/seeded.rs"]
mod seeded;

use seeded::{Random, corpus};

fn messages() -> Vec<Vec<u8>> {
    ["test-vectors/sip/rfc4475", "fuzz/corpus/message"].into_iter().flat_map(corpus).collect()
}

/// What makes a difference to a parser of SIP.
const WORDS: [&[u8]; 24] = [
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b"\r\n ",
    b":",
    b";",
    b",",
    b"\"",
    b"\\",
    b"<",
    b">",
    b"@",
    b"%",
    b"%00",
    b"=",
    b"sip:",
    b"tag=",
    b"branch=z9hG4bK",
    b"Content-Length: 99999999999999999999",
    b"CSeq: 4294967296 INVITE",
    b"\xC3\xBC",
    b"\xFF",
    b"Digest realm=\"realm\", nonce=\"",
    b"--",
];

#[test]
fn noise_is_no_message() {
    let mut random = Random(0x51_50);
    for _ in 0..20_000 {
        body::check(&random.noise(80));
    }
}

#[test]
fn no_damage_to_a_message_breaks_what_reads_it() {
    let messages = messages();
    assert!(messages.len() >= 49 + 4);
    let mut random = Random(0x51_51);
    for message in &messages {
        body::check(message);
        for _ in 0..2_000 {
            let mut message = message.clone();
            for _ in 0..=random.below(4) {
                let at = random.below(message.len());
                match random.below(6) {
                    0 if !message.is_empty() => message[at] = random.next() as u8,
                    1 if !message.is_empty() => message[at] ^= 1 << random.below(8),
                    2 => message.truncate(at),
                    3 => drop(message.drain(at..message.len().min(at + 1 + random.below(20)))),
                    4 => {
                        let other = &messages[random.below(messages.len())];
                        let from = random.below(other.len());
                        let to = other.len().min(from + random.below(60));
                        message.splice(at..at, other[from..to].iter().copied());
                    }
                    _ => drop(message.splice(at..at, WORDS[random.below(WORDS.len())].iter().copied())),
                }
            }
            body::check(&message);
        }
    }
}
