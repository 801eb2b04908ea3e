//! Threads that accept connections and answer them, so that no client can hold up another for long, or the job at all.

use super::http::{Response, Stream, Unread, read_request, write_patience};
use super::routes::{Access, Outcome, Routes};
use super::socket::Claimed;
use crate::error::{Error, ErrorKind, Result};
use crate::job::log;
use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a client may take to send its request, and for each piece of the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a client that waits hears that it has to.
const REASSURANCE: Duration = Duration::from_secs(2);

/// How many connections of a listener are served at a time.
const CONNECTIONS: usize = 16;

/// Serves until the process ends. What is dropped takes the local socket away, and lets go of those who wait for the
/// end.
pub struct Server {
    shared: Arc<Shared>,
    claimed: Option<Claimed>,
}

struct Shared {
    routes: Routes,
    /// Connections whose end tells that the application has ended.
    held: Mutex<Vec<Box<dyn Stream>>>,
}

impl Server {
    pub fn new(routes: Routes) -> Self {
        Server { shared: Arc::new(Shared { routes, held: Mutex::default() }), claimed: None }
    }

    /// Serves HTTP on this address, such as `127.0.0.1:8080`.
    pub fn listen(&self, address: &str) -> Result<()> {
        let failed = |error: io::Error| Error::new(ErrorKind::Resource, format!("--listen {address}: {error}"));
        // Bound here, so that an address that is taken is an error of the start.
        let listener = TcpListener::bind(address).map_err(failed)?;
        self.accept("http", Access::Network, move || listener.accept().map(|(stream, _)| Box::new(stream) as _))
            .map_err(failed)
    }

    /// Serves the local socket.
    pub fn control(&mut self, (listener, claimed): (UnixListener, Claimed)) -> io::Result<()> {
        self.claimed = Some(claimed);
        self.accept("control", Access::Local, move || listener.accept().map(|(stream, _)| Box::new(stream) as _))
    }

    fn accept(
        &self,
        name: &str,
        access: Access,
        next: impl Fn() -> io::Result<Box<dyn Stream>> + Send + 'static,
    ) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let serve = move || {
            let open = Arc::new(AtomicUsize::new(0));
            loop {
                let mut stream = match next() {
                    Ok(stream) => stream,
                    Err(_) => {
                        // The client has gone away again, or there are no more files to be had: for a while.
                        thread::sleep(Duration::from_millis(50));
                        continue;
                    }
                };
                if open.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
                    open.fetch_sub(1, Ordering::Relaxed);
                    let _ = stream.set_timeouts(None, Some(Duration::from_millis(50)));
                    let busy = Response::text(503, "too many ask at the same time; ask again\n");
                    let _ = busy.write(&mut *stream, true, false);
                    linger(&mut *stream, Duration::from_millis(1));
                    continue;
                }
                let (shared, ours) = (Arc::clone(&shared), Arc::clone(&open));
                let work = move || {
                    serve(&shared, stream, access);
                    ours.fetch_sub(1, Ordering::Relaxed);
                };
                if thread::Builder::new().name("request".to_owned()).spawn(work).is_err() {
                    open.fetch_sub(1, Ordering::Relaxed);
                }
            }
        };
        thread::Builder::new().name(name.to_owned()).spawn(serve).map(drop)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.claimed = None;
        self.shared.held.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// One request, one answer. That a client has gone away is nothing to tell anybody.
fn serve(shared: &Shared, mut stream: Box<dyn Stream>, access: Access) {
    let request = match read_request(&mut *stream, Instant::now() + PATIENCE) {
        Ok(request) => request,
        Err(Unread::Gone) => return,
        Err(Unread::Refused(response)) => {
            let _ = response.write(&mut *stream, true, false);
            return linger(&mut *stream, Duration::from_millis(100));
        }
    };
    let _ = stream.set_timeouts(Some(PATIENCE), Some(PATIENCE));
    let is_told = access == Access::Local;
    match shared.routes.answer(&request, access) {
        Outcome::Answer(response) => {
            let _ = response.write(&mut *stream, request.method != "HEAD", false);
        }
        Outcome::Later { wait, ends } => {
            log::info(&format!("asked for {}", request.path.trim_start_matches('/')));
            let response = loop {
                if let Some(response) = wait(REASSURANCE) {
                    break response;
                }
                // Who does not wait any more need not be answered. What was asked for is done all the same.
                if request.may_wait && write_patience(&mut *stream).is_err() {
                    return;
                }
            };
            let holds = ends && is_told && response.status == 200;
            if response.write(&mut *stream, true, holds).is_ok() && holds {
                shared.held.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
            }
        }
    }
}

/// Reads what a client has sent or sends within a while: closed at once, the connection would be reset before the answer
/// is read.
fn linger(stream: &mut dyn Stream, pause: Duration) {
    let _ = stream.finish();
    let _ = stream.set_timeouts(Some(pause), Some(PATIENCE));
    let mut rest = [0; 4096];
    for _ in 0..16 {
        if !matches!(stream.read(&mut rest), Ok(1..)) {
            return;
        }
    }
}
