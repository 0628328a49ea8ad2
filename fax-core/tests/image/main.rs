//! Page coding held against foreign coders and against damage.

#[allow(unreachable_pub)] // the fuzz target is another crate
#[path = "../fuzz/t4.rs"]
mod fuzz_t4;

#[allow(unreachable_pub)]
#[path = "../fuzz/t85.rs"]
mod fuzz_t85;

#[cfg(feature = "tiff")]
#[allow(unreachable_pub)]
#[path = "../fuzz/tiff.rs"]
mod fuzz_tiff;

mod damage;
#[cfg(all(feature = "tiff", feature = "pdf", feature = "png"))]
mod documents;
mod foreign;
mod jbig;
mod mutate;
mod pages;
mod rows;
