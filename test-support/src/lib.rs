//! Test only: an allocator that counts, so that a test can show that a call allocates nothing, or how
//! much memory a thing holds.
//!
//! A test binary names it once:
//!
//! ```
//! use fax_test_support::{CountingAllocator, allocations_during};
//!
//! #[global_allocator]
//! static ALLOCATOR: CountingAllocator = CountingAllocator;
//!
//! let mut numbers = Vec::with_capacity(2);
//! assert_eq!(allocations_during(|| numbers.extend([1, 2])), 0);
//! assert_eq!(allocations_during(|| numbers.push(3)), 1);
//! ```

use core::cell::Cell;
use std::alloc::{GlobalAlloc, Layout, System};

thread_local! {
    /// Allocations and reallocations of this thread. `const`: its first use must not allocate.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
    /// Octets allocated and not freed by this thread, modulo 2^64: it may free what another made.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, with a count per thread.
pub struct CountingAllocator;

/// How many times `work` allocated or reallocated on this thread. Always 0 where no
/// [`CountingAllocator`] is the `#[global_allocator]`: [`is_counting`] tells.
pub fn allocations_during(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get().wrapping_sub(before)
}

/// What `make` makes, and how many octets of heap it holds when it is done. Always 0 where nothing
/// [is counting](is_counting).
pub fn with_octets_held<T>(make: impl FnOnce() -> T) -> (T, usize) {
    let before = HELD.get();
    let made = make();
    (made, HELD.get().wrapping_sub(before))
}

/// How many octets more this thread holds after `work` than before.
pub fn allocated_during(work: impl FnOnce()) -> usize {
    with_octets_held(work).1
}

/// Whether allocations are counted here. A test asserts it first, or its zero means nothing.
pub fn is_counting() -> bool {
    allocations_during(|| drop(core::hint::black_box(Box::new(0_u64)))) > 0
}

// A thread that is ending has no counter any more, and no test either.

fn count(octets: usize) {
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get().wrapping_add(1)));
    let _ = HELD.try_with(|held| held.set(held.get().wrapping_add(octets)));
}

fn free(octets: usize) {
    let _ = HELD.try_with(|held| held.set(held.get().wrapping_sub(octets)));
}

// SAFETY: every call goes to the system's allocator unchanged; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise is the system allocator's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise is the system allocator's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        free(layout.size());
        count(size);
        // SAFETY: the caller's promise is the system allocator's.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        free(layout.size());
        // SAFETY: the caller's promise is the system allocator's.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[global_allocator]
    static ALLOCATOR: CountingAllocator = CountingAllocator;

    #[test]
    fn what_allocates_is_counted_and_what_does_not_is_not() {
        assert!(is_counting());
        let mut octets = Vec::with_capacity(4);
        assert_eq!(allocations_during(|| octets.extend([1_u8, 2, 3, 4])), 0);
        assert_eq!(allocations_during(|| octets.push(5)), 1);
        assert_eq!(allocations_during(|| drop(octets)), 0);
    }

    #[test]
    fn what_is_held_is_what_was_not_freed() {
        let (kept, held) = with_octets_held(|| {
            drop(core::hint::black_box(vec![0_u8; 1000]));
            let mut grown = Vec::<u8>::with_capacity(10);
            grown.reserve_exact(40);
            grown
        });
        assert_eq!(held, kept.capacity());
    }

    #[test]
    fn the_count_is_of_this_thread_alone() {
        let counted = allocations_during(|| ());
        let other = std::thread::spawn(|| allocations_during(|| drop(core::hint::black_box(vec![1_u8]))));
        assert_eq!((counted, other.join().ok()), (0, Some(1)));
    }
}
