//! The body of the fuzz target over seeded input: the messages of RFC 4475 and those of a call, damaged.

#[path = "fuzz/message.rs"]
mod body;

use std::path::{Path, PathBuf};

/// Vigna's xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

fn messages() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = ["test-vectors/sip/rfc4475", "fuzz/corpus/message"].map(|folder| root.join(folder));
    let mut paths: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|it| it.unwrap().path())
        .collect();
    // What a fuzzer adds is named by a hash.
    paths.retain(|path| path.file_name().is_some_and(|name| name.len() < 40));
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
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
        let noise: Vec<u8> = (0..random.below(80)).map(|_| random.next() as u8).collect();
        body::check(&noise);
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
