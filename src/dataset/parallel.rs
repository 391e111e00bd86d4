//! Work on many cores: each worker has its own networks, as a network runs on one thread at a
//! time.

use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::iter::{IntoParallelRefMutIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder};

/// As many threads as there are workers.
///
/// # Errors
/// If the system refuses to start a thread.
pub fn thread_pool(workers: usize) -> Result<ThreadPool, ThreadPoolBuildError> {
    ThreadPoolBuilder::new()
        .num_threads(workers.max(1))
        .thread_name(|number| format!("reader {number}"))
        .build()
}

/// `work` on each of `items`, by whichever worker is free; results in the order of `items`,
/// whatever the number of workers.
pub fn map<W: Send, T: Sync, R: Send>(
    pool: &ThreadPool,
    workers: &mut [W],
    items: &[T],
    work: impl Fn(&mut W, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let mut done: Vec<(usize, R)> = pool.install(|| {
        workers
            .par_iter_mut()
            .map(|worker| {
                let mut done = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return done };
                    done.push((index, work(worker, item)));
                }
            })
            .flatten_iter()
            .collect()
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_each_item_is_worked_on_once() {
        let items: Vec<u32> = (0..1000).collect();
        for workers in [1, 2, 5] {
            let pool = thread_pool(workers).unwrap();
            let mut counts = vec![0_u32; workers];
            let squares = map(&pool, &mut counts, &items, |count, item| {
                *count += 1;
                item * item
            });
            assert_eq!(squares, items.iter().map(|i| i * i).collect::<Vec<_>>());
            assert_eq!(counts.iter().sum::<u32>(), 1000);
        }
    }
}
