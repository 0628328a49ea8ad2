//! Octets as packets in the syntax of 1998.

#[path = "ifp_body.rs"]
mod body;

/// See `ifp_body.rs`.
pub(crate) fn check(data: &[u8]) {
    body::check(data, fax_t38::Syntax::Y1998);
}
