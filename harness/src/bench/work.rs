//! Work on all cores whose result does not depend on how many there are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// `task(n)` for n in 0..`count`, on `jobs` threads, in the order of n. The first error ends the work.
pub fn in_order<T: Send, E: Send>(
    count: usize,
    jobs: usize,
    task: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, Result<T, E>)>> = Mutex::new(Vec::with_capacity(count));
    let worker = || {
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= count {
                return;
            }
            let result = task(n);
            if result.is_err() {
                next.store(count, Ordering::Relaxed);
            }
            results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((n, result));
        }
    };
    if jobs <= 1 || count <= 1 {
        worker();
    } else {
        std::thread::scope(|scope| {
            for _ in 0..jobs.min(count) {
                scope.spawn(worker);
            }
        });
    }
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(n, _)| *n);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_the_number_of_threads() {
        for jobs in [1, 2, 5] {
            let squares = in_order(100, jobs, |n| Ok::<_, ()>(n * n)).unwrap();
            assert!(squares.iter().enumerate().all(|(n, square)| n * n == *square));
        }
        assert_eq!(in_order(100, 2, |n| if n == 7 { Err("seven") } else { Ok(n) }), Err("seven"));
    }
}
