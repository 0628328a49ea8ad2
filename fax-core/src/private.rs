//! Personal data, wrapped from birth so that no log shows it by accident.

use core::fmt;

/// A fax number, a name, a password or a page. It prints as `…`; whoever wants to see it says so with
/// [`Private::reveal`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Private<T>(T);

impl<T> Private<T> {
    /// Wraps `content`.
    pub const fn new(content: T) -> Self {
        Self(content)
    }

    /// The content, on purpose.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_private_does_not_print() {
        assert_eq!(format!("{:?}", Private::new("+44 20 7946 0000")), "…");
        assert_eq!(*Private::new(7).reveal(), 7);
    }
}
