//! The one bridge from tokio to rayon.

use crate::failure::Failure;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};
use tokio::sync::oneshot;

/// The threads for inflating, parsing, sorting and encoding.
#[derive(Debug, Clone)]
pub(crate) struct Cpu {
    pool: Option<Arc<rayon::ThreadPool>>,
}

impl Cpu {
    /// A pool of `threads` threads; with none, the thread that asks does the work, so that a
    /// run's calls of its stores come in the same order each time.
    pub(crate) fn new(threads: usize) -> Result<Self, Failure> {
        if threads == 0 {
            return Ok(Self { pool: None });
        }
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|n| format!("cpu-{n}"))
            .build()
            .map_err(|error| Failure::Internal(error.to_string()))?;
        Ok(Self {
            pool: Some(Arc::new(pool)),
        })
    }

    /// Runs `work` on the pool, unless nobody waits for it any more when its turn comes. A
    /// panic in it is an error of this call alone.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let Some(pool) = &self.pool else {
            return caught(work);
        };
        let (sender, receiver) = oneshot::channel();
        pool.spawn(move || {
            if !sender.is_closed() {
                let _ = sender.send(caught(work));
            }
        });
        receiver.await.unwrap_or_else(|_| Err(panicked()))
    }

    /// As [`Cpu::run`] of each, one after another in one go; a panic is an error of one alone.
    pub(crate) async fn run_each<T, F>(
        &self,
        works: Vec<F>,
    ) -> Result<Vec<Result<T, Failure>>, Failure>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.run(move || works.into_iter().map(caught).collect())
            .await
    }
}

fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| panicked())
}

fn panicked() -> Failure {
    Failure::Internal("a worker thread panicked".into())
}
