//! Page coding held against foreign coders and against damage.

#[allow(unreachable_pub)] // the fuzz target is another crate
#[path = "../fuzz/t4.rs"]
mod fuzz_t4;

mod damage;
mod foreign;
mod pages;
mod rows;
