//! Passwords and tokens: in files of their own, never in the configuration, never in a log.

use super::Error;
use fax_core::Private;
use std::path::Path;

/// A password or token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret(Private<String>);

/// What is wrong with a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weakness {
    /// Fewer than 12 characters.
    Short,
    /// One character over and over, or a run such as `12345678`.
    Regular,
    /// A word that every scanner tries.
    Common,
    /// Others than its owner may read the file.
    Exposed,
}

/// Shorter ones are guessed: twelve characters of a generator hold 60 bits and more.
const SHORTEST: usize = 12;
/// Parts of what is tried first.
const COMMON: [&str; 8] =
    ["password", "passwort", "secret", "admin", "changeme", "letmein", "asterisk", "qwerty"];

impl Secret {
    /// Reads a secret: the first line of a file.
    ///
    /// # Errors
    /// The file cannot be read or its first line is empty.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let line = text.lines().next().unwrap_or("").trim();
        if line.is_empty() {
            return Err(unreadable(std::io::Error::new(std::io::ErrorKind::InvalidData, "no secret in it")));
        }
        Ok(Self(Private::new(line.into())))
    }

    /// The secret, for whoever must send or check it.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// Whether `tried` is this secret; takes as long whatever is wrong with it.
    pub fn is(&self, tried: &str) -> bool {
        let (ours, theirs) = (self.reveal().as_bytes(), tried.as_bytes());
        let differs = ours.iter().enumerate().fold(ours.len() ^ theirs.len(), |differs, (place, octet)| {
            differs | usize::from(octet ^ theirs.get(place).copied().unwrap_or(0))
        });
        differs == 0
    }

    /// What makes it easy to guess.
    pub fn weakness(&self) -> Option<Weakness> {
        let text = self.reveal().to_ascii_lowercase();
        let octets = text.as_bytes();
        let steps = || octets.iter().zip(octets.iter().skip(1)).map(|(a, b)| b.wrapping_sub(*a));
        if octets.len() < SHORTEST {
            Some(Weakness::Short)
        } else if steps().all(|step| step == 0) || steps().all(|step| step == 1) {
            Some(Weakness::Regular)
        } else if COMMON.iter().any(|common| text.contains(common)) {
            Some(Weakness::Common)
        } else {
            None
        }
    }

    /// Whether others than the owner and the group may read the file.
    pub fn exposure(path: &Path) -> Option<Weakness> {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).ok()?.permissions().mode();
        (mode & 0o004 != 0).then_some(Weakness::Exposed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret(Private::new(text.into()))
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", secret("correct horse")), "Secret(…)");
    }

    #[test]
    fn only_the_whole_secret_is_the_secret() {
        let ours = secret("k8dR-0pWq-77xe");
        assert!(ours.is("k8dR-0pWq-77xe"));
        for wrong in ["", "k8dR-0pWq-77x", "k8dR-0pWq-77xe ", "K8dR-0pWq-77xe"] {
            assert!(!ours.is(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn what_scanners_try_is_weak() {
        let weakness = |text| secret(text).weakness();
        assert_eq!(weakness("1234"), Some(Weakness::Short));
        assert_eq!(weakness("aaaaaaaaaaaaaa"), Some(Weakness::Regular));
        assert_eq!(weakness("abcdefghijklmn"), Some(Weakness::Regular));
        assert_eq!(weakness("My-Password-2026"), Some(Weakness::Common));
        assert_eq!(weakness("k8dR-0pWq-77xe"), None);
    }
}
