//! The daemon `faxgw`.

fn main() {}
