//! Reads `test-vectors/modem`.

use std::path::PathBuf;

/// The file of that name.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/modem").join(name)
}

/// Samples of a 16-bit mono WAV file at 8000 samples a second with a plain 44-octet header.
pub(crate) fn wav(name: &str) -> Vec<i16> {
    let octets = std::fs::read(path(name)).unwrap();
    assert_eq!(&octets[..4], b"RIFF");
    octets[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// Bits of a text of 0 and 1.
pub(crate) fn bits(name: &str) -> Vec<bool> {
    let text = std::fs::read_to_string(path(name)).unwrap();
    text.chars().filter(|c| !c.is_whitespace()).map(|c| c == '1').collect()
}
