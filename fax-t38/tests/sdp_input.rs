//! What comes in may be anything: long, repeated, cut, mutated, random.
#![cfg(feature = "sdp")]

#[allow(unreachable_pub)]
#[path = "fuzz/sdp.rs"]
mod fuzz;

use fax_t38::sdp::{Description, MAX_LINES, MAX_MEDIA, MAX_OCTETS, Oddity, Unreadable};
use proptest::prelude::*;

const HEAD: &str =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=image 4000 udptl t38\r\n";

const NAMES: [&str; 16] = [
    "T38FaxVersion",
    "T38MaxBitRate",
    "T38FaxMaxRate",
    "T38FaxFillBitRemoval",
    "T38FaxTranscodingMMR",
    "T38FaxTranscodingJBIG",
    "T38FaxRateManagement",
    "T38FaxMaxBuffer",
    "T38FaxMaxDatagram",
    "T38MaxDatagram",
    "T38FaxMaxIFP",
    "T38FaxUdpEC",
    "T38FaxUdpECDepth",
    "T38FaxUdpFECMaxSpan",
    "T38ModemType",
    "T38VendorInfo",
];

/// The vectors, which are also the seeds of the fuzz target.
fn seeds() -> Vec<Vec<u8>> {
    let folder = format!("{}/../test-vectors/sdp", env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// CVE-2007-2293: values read into arrays of fixed size.
#[test]
fn a_value_of_any_length_on_any_attribute_leaves_the_line_usable() {
    for name in NAMES {
        for length in [0, 1, 255, 256, 2047, 2048, 65_000, 65_535, 65_536] {
            for filler in ["9", "x", "-", " ", "="] {
                let text = format!("{HEAD}a={name}:{}\r\n", filler.repeat(length));
                fuzz::check(text.as_bytes());
                match Description::parse(text.as_bytes()) {
                    Ok(description) => assert_eq!(description.fax_lines().count(), 1, "{name} {length}"),
                    Err(refusal) => {
                        assert!(text.len() > MAX_OCTETS, "{name} {length}");
                        assert_eq!(refusal, Unreadable::TooLong);
                    }
                }
            }
        }
    }
}

#[test]
fn an_attribute_may_be_repeated_a_thousand_times() {
    for name in NAMES {
        for times in [1, 2, 10, 100, 1000] {
            let text = format!("{HEAD}{}", format!("a={name}:7\r\n").repeat(times));
            let description = Description::parse(text.as_bytes()).unwrap();
            assert_eq!(description.fax_lines().count(), 1, "{name} {times}");
            fuzz::check(text.as_bytes());
        }
    }
}

#[test]
fn every_limit_is_a_refusal_and_one_less_is_none() {
    let parsed =
        |text: String| Description::parse(text.as_bytes()).map(|description| description.media.len());
    let lines = |count: usize| format!("v=0\n{}", "m=audio 0 RTP/AVP 0\n".repeat(count));
    assert_eq!(parsed(lines(MAX_MEDIA)), Ok(MAX_MEDIA));
    assert_eq!(parsed(lines(MAX_MEDIA + 1)), Err(Unreadable::TooMany));
    let attributes = |count: usize| format!("v=0\n{}", "a=x\n".repeat(count - 1));
    assert_eq!(parsed(attributes(MAX_LINES)), Ok(0));
    assert_eq!(parsed(attributes(MAX_LINES + 1)), Err(Unreadable::TooMany));
    assert_eq!(parsed(format!("v=0\n{}", " ".repeat(MAX_OCTETS - 4))), Ok(0));
    assert_eq!(parsed(format!("v=0\n{}", " ".repeat(MAX_OCTETS - 3))), Err(Unreadable::TooLong));
    for none in ["", "\r\n\r\n", "\0\0", "hello", "INVITE sip:x SIP/2.0", "a=b"] {
        assert_eq!(parsed(none.to_owned()), Err(Unreadable::NotSdp), "{none:?}");
    }
}

/// A router died of 256 letters in an m-line.
#[test]
fn an_m_line_of_any_length_is_read_or_refused() {
    for length in [0, 1, 63, 64, 65, 255, 256, 2047, 2048, 65_000] {
        for line in [
            format!("m={} 4000 udptl t38", "a".repeat(length)),
            format!("m=audio 4000 RTP/AVP {}", "a".repeat(length)),
            format!("m=image {} udptl t38", "1".repeat(length)),
            format!("m=image 4000 {} t38", "a".repeat(length)),
            format!("m=audio{}", "a".repeat(length)),
        ] {
            fuzz::check(format!("v=0\nc=IN IP4 192.0.2.1\n{line}\n").as_bytes());
        }
    }
}

#[test]
fn any_prefix_of_a_description_does_no_harm() {
    for seed in seeds() {
        for end in 0..seed.len() {
            fuzz::check(&seed[..end]);
        }
    }
}

#[test]
fn octets_that_are_no_text_cost_one_line() {
    let mut octets = format!("{HEAD}a=T38MaxBitRate:").into_bytes();
    octets.extend([0xFF, 0xFE, 0xC0, 0x80, b'\r', b'\n']);
    octets.extend(b"a=T38FaxVersion:2\r\n");
    let description = Description::parse(&octets).unwrap();
    let (_, _, fax) = description.fax_lines().next().unwrap();
    assert_eq!(fax.parameters.version, fax_t38::Version::V2);
    assert_eq!(description.oddities.count(Oddity::Octets), 1);
    assert_eq!(description.oddities.count(Oddity::NotANumber), 1);
}

/// The fuzz target's body over mutated seeds, on the stable tool chain.
#[test]
fn mutated_descriptions_do_no_harm() {
    let seeds = seeds();
    let mut random = Random(0x5DB1_38FA);
    for _ in 0..20_000 {
        let mut octets = random.choice(&seeds).clone();
        for _ in 0..=random.below(6) {
            mutate(&mut octets, &seeds, &mut random);
        }
        fuzz::check(&octets);
    }
}

fn mutate(octets: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    const WORDS: [&str; 14] = [
        "4294967296",
        "-1",
        "\r\n",
        "\0",
        "m=image 0 udptl t38\r\n",
        "m=audio 5 RTP/AVP 98\r\n",
        "a=rtpmap:98 t38/8000\r\n",
        "c=IN IP4 0.0.0.0\r\n",
        "a=inactive\r\n",
        "t38UDPFEC",
        ";",
        "/",
        "=",
        ":",
    ];
    let at = random.below(octets.len() + 1);
    let to = (at + random.below(40)).min(octets.len());
    match random.below(6) {
        0 => octets.splice(at..at, random.choice(&WORDS).bytes()).for_each(drop),
        1 => octets.splice(at..to, []).for_each(drop),
        2 => octets.extend_from_within(at..to),
        3 => octets.splice(at..at, lines(random.choice::<Vec<u8>>(seeds), random)).for_each(drop),
        4 => octets.splice(at..to, random.choice(&WORDS).bytes()).for_each(drop),
        _ => {
            if let Some(octet) = octets.get_mut(at) {
                *octet = random.below(256) as u8;
            }
        }
    }
}

/// A few whole lines of a seed.
fn lines(seed: &[u8], random: &mut Random) -> Vec<u8> {
    let all: Vec<&[u8]> = seed.split_inclusive(|&octet| octet == b'\n').collect();
    let from = random.below(all.len());
    all[from..(from + 1 + random.below(4)).min(all.len())].concat()
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % end
    }

    fn choice<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

proptest! {
    #[test]
    fn random_octets_do_no_harm(octets in proptest::collection::vec(any::<u8>(), 0..400)) {
        fuzz::check(&octets);
    }

    #[test]
    fn random_values_on_known_attributes_do_no_harm(
        lines in proptest::collection::vec((0..NAMES.len(), "[:=]?[ -~]{0,12}"), 0..20)
    ) {
        let attributes: String = lines.iter().map(|(name, value)| format!("a={}{value}\r\n", NAMES[*name])).collect();
        let text = format!("{HEAD}{attributes}");
        fuzz::check(text.as_bytes());
        let description = Description::parse(text.as_bytes()).unwrap();
        prop_assert_eq!(description.fax_lines().count(), 1);
    }
}
