//! What the tables do not do themselves: threads that run tasks, and time. A simulation puts its own in their place.

use crate::simulation::Simulated;
use sqlc_runtime::error::{Error, ErrorKind, Result};
use sqlc_runtime::time::Clock;
use sqlc_runtime::value::Timestamp;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::task::AbortHandle;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) enum World {
    Real(&'static Runtime),
    Simulated(Simulated),
}

impl World {
    /// The runtime that moves the bytes of all Kinesis tables. It does nothing but wait and copy: two threads
    /// feed more workers than a machine has cores.
    pub fn real() -> Result<World> {
        static RUNTIME: OnceLock<Result<Runtime>> = OnceLock::new();
        let made = RUNTIME.get_or_init(|| {
            tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .thread_name("kinesis")
                .enable_all()
                .build()
                .map_err(|error| Error::new(ErrorKind::Io, format!("cannot start the threads of Kinesis: {error}")))
        });
        made.as_ref().map(World::Real).map_err(Clone::clone)
    }

    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self {
            World::Real(runtime) => runtime.block_on(future),
            World::Simulated(simulated) => simulated.block_on(future),
        }
    }

    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        match self {
            World::Real(runtime) => runtime.spawn(task).abort_handle(),
            World::Simulated(simulated) => simulated.spawn(task),
        }
    }

    /// The time of day.
    pub fn clock(&self) -> Clock {
        match self {
            World::Real(_) => Clock::system(),
            World::Simulated(simulated) => simulated.clock(),
        }
    }

    /// A moment of a clock that nobody sets.
    pub fn moment(&self) -> Timestamp {
        self.clock().monotonic()
    }

    /// How long ago a moment was.
    pub fn since(&self, moment: Timestamp) -> Duration {
        self.moment().since(moment)
    }

    pub async fn sleep(&self, pause: Duration) {
        match self {
            World::Real(_) => tokio::time::sleep(pause).await,
            World::Simulated(simulated) => simulated.sleep_until(self.moment().after(pause)).await,
        }
    }

    pub async fn sleep_until(&self, moment: Timestamp) {
        self.sleep(moment.since(self.moment())).await;
    }

    /// Waits for something for so long at most.
    pub async fn timeout<F: Future>(&self, longest: Duration, future: F) -> Option<F::Output> {
        match self {
            World::Real(_) => tokio::time::timeout(longest, future).await.ok(),
            World::Simulated(_) => {
                let mut future = std::pin::pin!(future);
                tokio::select! {
                    biased;
                    output = &mut future => Some(output),
                    () = self.sleep(longest) => None,
                }
            }
        }
    }
}
