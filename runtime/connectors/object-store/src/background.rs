//! The thread on which requests are made.

use crate::failure::ended;
use sqlc_runtime::checkpoint::failed;
use sqlc_runtime::error::Result;
use std::future::Future;
use std::sync::mpsc;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A small async runtime with one thread. It ends when this is dropped.
pub struct Background {
    handle: Handle,
    _stop: oneshot::Sender<()>,
}

impl Background {
    pub fn start() -> Result<Background> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed("start", "an async runtime", &error))?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("object-store".to_owned());
        let spawned = thread.spawn(move || {
            // Either way it is over.
            let _ = runtime.block_on(stopped);
        });
        spawned.map_err(|error| failed("start", "the thread of the object store", &error))?;
        Ok(Background { handle, _stop: stop })
    }

    /// Begins work that somebody asks for later.
    pub fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        self.handle.spawn(work)
    }

    /// Waits for work. Must not be called on the thread itself.
    pub fn wait<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Result<T> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // Somebody waits for the answer, below.
            let _ = answer.send(work.await);
        });
        answered.recv().map_err(|_| ended())
    }
}
