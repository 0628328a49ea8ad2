//! How much memory things hold: the bounds that the documentation states.

use fax_modem::AudioLine;
use fax_test_support::{CountingAllocator, is_counting, with_octets_held};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What a thing holds once the tables that all of its kind share have been made.
fn held_by<T>(make: impl Fn() -> T) -> usize {
    assert!(is_counting());
    drop(make());
    let (thing, heap) = with_octets_held(make);
    heap + size_of_val(&thing)
}

#[test]
fn an_audio_line_holds_less_than_184_kib() {
    let held = held_by(AudioLine::default);
    assert!(held <= 184 * 1024, "{held} octets");
}
