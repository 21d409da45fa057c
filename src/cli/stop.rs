//! SIGINT and SIGTERM.

use super::exit::Exit;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// How long claims under way may take to finish. Fargate kills after 30 seconds; a claim
/// that is cut off is finished by the next run.
const GRACE: Duration = Duration::from_secs(20);

/// The signals that end a run.
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    /// Starts to listen.
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for a signal, asks the run to stop, and returns when it must have: after the
    /// grace, or at a second signal.
    pub(crate) async fn enforce(
        mut self,
        stop: &CancellationToken,
        received: &std::sync::OnceLock<Exit>,
    ) -> Exit {
        let exit = self.next().await;
        let _ = received.set(exit);
        stop.cancel();
        warn!(
            "stopping: claims under way are finished, nothing new is begun; a second signal ends at once"
        );
        tokio::select! {
            _ = self.next() => {}
            () = tokio::time::sleep(GRACE) => {}
        }
        exit
    }

    async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }
}
