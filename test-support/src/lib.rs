//! Test only: an allocator that counts, so that a test can show that a call allocates nothing.
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
    /// Octets that this thread has allocated and not given back; below zero, modulo, if others' were.
    static OCTETS: Cell<usize> = const { Cell::new(0) };
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

/// How many octets more are allocated on this thread after `work` than before.
pub fn allocated_during(work: impl FnOnce()) -> usize {
    let before = OCTETS.get();
    work();
    OCTETS.get().wrapping_sub(before)
}

/// Whether allocations are counted here. A test asserts it first, or its zero means nothing.
pub fn is_counting() -> bool {
    allocations_during(|| drop(core::hint::black_box(Box::new(0_u64)))) > 0
}

fn count(octets: usize) {
    // A thread that is ending has no counter any more, and no test either.
    let _ = ALLOCATIONS.try_with(|count| count.set(count.get().wrapping_add(1)));
    weigh(octets);
}

fn weigh(octets: usize) {
    let _ = OCTETS.try_with(|sum| sum.set(sum.get().wrapping_add(octets)));
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
        count(size.wrapping_sub(layout.size()));
        // SAFETY: the caller's promise is the system allocator's.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        weigh(layout.size().wrapping_neg());
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
    fn what_is_kept_is_weighed_and_what_is_given_back_is_not() {
        let mut octets = Vec::new();
        assert_eq!(allocated_during(|| octets = Vec::<u8>::with_capacity(100)), 100);
        assert_eq!(allocated_during(|| octets.reserve_exact(300)), 200);
        assert_eq!(allocated_during(|| drop(vec![1_u8; 50])), 0);
    }

    #[test]
    fn the_count_is_of_this_thread_alone() {
        let counted = allocations_during(|| ());
        let other = std::thread::spawn(|| allocations_during(|| drop(core::hint::black_box(vec![1_u8]))));
        assert_eq!((counted, other.join().ok()), (0, Some(1)));
    }
}
