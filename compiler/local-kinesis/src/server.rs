//! The thread and the port of a local Kinesis.

use crate::journal::Journal;
use crate::turn::{self, Turn};
use crate::{Options, completion};
use anyhow::{Context, Result, anyhow};
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use ferrokinesis::store::{Store, StoreOptions};
use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// PutRecords takes 10 MiB of data (5 MiB for older clients), which base64 makes a third larger.
const MAX_REQUEST_BYTES: usize = 16 << 20;

/// How long running requests have to end when the server stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// More shards than any local experiment opens.
const SHARD_LIMIT: u32 = 10_000;

/// How often records beyond their retention are removed.
const RETENTION_CHECK_SECONDS: u64 = 60;

pub(crate) struct Server {
    address: SocketAddr,
    runtime: Handle,
    turn: Turn,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(options: Options) -> Result<(Server, Store)> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("cannot start the runtime of the local Kinesis")?;
        let address = SocketAddr::new(options.host, options.port);
        let listener =
            runtime.block_on(TcpListener::bind(address)).map_err(|error| binding_failure(address, &error))?;
        let address = listener.local_addr().context("the local Kinesis has no address")?;
        let (app, store) = {
            // The library spawns its housekeeping on the runtime it is created in.
            let _inside = runtime.enter();
            ferrokinesis::create_app(store_options(&options))
        };
        let journal = match &options.persist {
            Some(folder) => Some(runtime.block_on(Journal::open(folder, &store))?),
            None => None,
        };
        let turn = Turn::default();
        let app = app.layer(middleware::from_fn_with_state(store.clone(), completion::complete));
        let app = app.layer(middleware::from_fn_with_state(turn.clone(), turn::one_after_the_other));
        #[cfg(feature = "testing")]
        let app = app.layer(middleware::from_fn_with_state(options.faults.clone(), crate::testing::inject));
        let app = app.layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES));

        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = async move {
            let (draining, drain) = oneshot::channel::<()>();
            let serving = axum::serve(listener, app).with_graceful_shutdown(async move {
                let _ = stopped.await;
                let _ = draining.send(());
            });
            let deadline = async {
                let _ = drain.await;
                tokio::time::sleep(DRAIN_TIMEOUT).await;
            };
            tokio::select! {
                _ = serving => {}
                () = deadline => {}
            }
        };
        let (journaled, journal_turn) = (store.clone(), turn.clone());
        let work = async move {
            match journal {
                Some(journal) => persist_while(serve, journal, &journaled, &journal_turn).await,
                None => serve.await,
            }
        };
        let thread = std::thread::Builder::new()
            .name("local-kinesis".to_owned())
            .spawn(move || runtime.block_on(work))
            .context("cannot start the thread of the local Kinesis")?;
        Ok((Server { address, runtime: handle, turn, stop: Some(stop), thread: Some(thread) }, store))
    }

    pub(crate) fn endpoint(&self) -> String {
        // A client cannot connect to "every address"; on this machine the loopback is one of them.
        let host = match self.address.ip() {
            ip if ip.is_unspecified() => "127.0.0.1".to_owned(),
            ip if ip.is_ipv6() => format!("[{ip}]"),
            ip => ip.to_string(),
        };
        format!("http://{host}:{}", self.address.port())
    }

    /// Runs one call against the store on the caller's thread.
    pub(crate) fn run<T>(&self, call: impl Future<Output = T>) -> T {
        self.runtime.block_on(self.turn.take(call))
    }

    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn store_options(options: &Options) -> StoreOptions {
    StoreOptions {
        // Nobody learns anything from waiting for a local stream.
        create_stream_ms: 0,
        delete_stream_ms: 0,
        update_stream_ms: 0,
        shard_limit: SHARD_LIMIT,
        iterator_ttl_seconds: options.iterator_lifetime.as_secs(),
        retention_check_interval_secs: RETENTION_CHECK_SECONDS,
        enforce_limits: options.enforce_limits,
        aws_region: options.region.clone(),
        ..StoreOptions::default()
    }
}

fn binding_failure(address: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => anyhow!(
            "port {} of {} is taken; is another local Kinesis running? Choose another port, or 0 for any free one",
            address.port(),
            address.ip()
        ),
        std::io::ErrorKind::PermissionDenied => {
            anyhow!("not allowed to listen on port {}; choose one above 1023", address.port())
        }
        _ => anyhow!("cannot listen on {address}: {error}"),
    }
}

/// Writes down what is new, once a second while the work goes on, and when it is over.
async fn persist_while(work: impl Future<Output = ()>, mut journal: Journal, store: &Store, turn: &Turn) {
    tokio::pin!(work);
    let mut every_second = tokio::time::interval(Duration::from_secs(1));
    loop {
        let over = tokio::select! {
            () = &mut work => true,
            _ = every_second.tick() => false,
        };
        if let Err(error) = turn.take(journal.append(store)).await {
            eprintln!("warning: streams and records are no longer persisted: {error:#}");
            return work.await;
        }
        if over {
            return;
        }
    }
}
