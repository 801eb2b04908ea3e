//! Tables whose service, time and tasks follow from what somebody decides: everything of the connector but the network,
//! on one thread. A [`Driver`] belongs to one run of an application; dropping it loses what was on its way.

use crate::world::World;
use aws_credential_types::Credentials;
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::config::retry::RetryConfig;
use aws_sdk_kinesis::config::timeout::TimeoutConfig;
use aws_sdk_kinesis::config::{
    AsyncSleep, BehaviorVersion, Config, Region, SharedAsyncSleep, Sleep, StalledStreamProtectionConfig,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
pub use serde_json;
use serde_json::Value;
use sqlc_runtime::connector::Connector;
use sqlc_runtime::time::Clock;
use sqlc_runtime::value::Timestamp;
use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Poll, Waker};
use std::time::Duration;
use tokio::runtime::{Handle, Runtime};
use tokio::task::AbortHandle;

/// How often tasks get a turn before somebody else does: some steps of each.
const TURNS: usize = 8;

/// Bytes as the service spells them in JSON.
pub fn base64(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

/// What such a text stands for; nothing if it is none.
pub fn bytes(base64: &str) -> Vec<u8> {
    base64_simd::STANDARD.decode_to_vec(base64).unwrap_or_default()
}

/// The other end of the line: what the service does, when.
pub trait Service: Send {
    /// A call sets out; `operation` is `GetRecords`.
    fn fate(&mut self, operation: &str) -> Fate;

    /// A call arrives.
    fn answer(&mut self, operation: &str, request: &Value) -> Answer;
}

/// What the network does with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    /// After how long it arrives, if it does.
    pub there: Option<Duration>,
    /// How long the answer takes, if it comes.
    pub back: Option<Duration>,
}

/// An answer: its HTTP status and its body, which is JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

/// Runs the tasks of a connector whose service is a value.
pub struct Driver {
    runtime: Arc<Runtime>,
    simulated: Simulated,
}

impl Driver {
    /// `clock` is a simulated one.
    pub fn new(service: Arc<Mutex<dyn Service>>, clock: Clock) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime needs nothing");
        let timers = Arc::new(Timers { clock, waiting: Mutex::default() });
        let runtime = Arc::new(runtime);
        let (handle, weak) = (runtime.handle().clone(), Arc::downgrade(&runtime));
        Driver { runtime, simulated: Simulated { runtime: weak, handle, timers, service } }
    }

    /// The connector `'connector' = 'kinesis'` over this service.
    pub fn connector(&self) -> Box<dyn Connector> {
        Box::new(crate::Kinesis(Some(World::Simulated(self.simulated.clone()))))
    }

    /// Lets tasks do what there is to do.
    pub fn turn(&self) {
        self.simulated.turn(&self.runtime);
    }
}

/// What tasks know of a simulation.
#[derive(Clone)]
pub(crate) struct Simulated {
    /// Tasks live in it, so they must not keep it.
    runtime: Weak<Runtime>,
    handle: Handle,
    timers: Arc<Timers>,
    service: Arc<Mutex<dyn Service>>,
}

impl fmt::Debug for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Simulated")
    }
}

impl Simulated {
    /// Whoever blocks lets time pass until it is done.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let runtime = self.runtime.upgrade().expect("the driver outlives its tables");
        let mut future = pin!(future);
        loop {
            let attempt = poll_fn(|context| Poll::Ready(future.as_mut().poll(context)));
            let attempt = runtime.block_on(async {
                let polled = attempt.await;
                some_turns().await;
                polled
            });
            if let Poll::Ready(output) = attempt {
                return output;
            }
            self.let_time_pass();
        }
    }

    /// Lets time pass until something may happen, and happen.
    pub fn let_time_pass(&self) {
        let runtime = self.runtime.upgrade().expect("the driver outlives its tables");
        self.timers.clock.pass(Duration::from_millis(1));
        self.turn(&runtime);
    }

    /// Wakes whose time has come, and lets tasks do what there is to do.
    fn turn(&self, runtime: &Runtime) {
        self.timers.ring();
        runtime.block_on(some_turns());
    }

    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.handle.spawn(task).abort_handle()
    }

    pub fn clock(&self) -> Clock {
        self.timers.clock.clone()
    }

    pub async fn sleep_until(&self, moment: Timestamp) {
        self.timers.sleep_until(moment).await;
    }

    /// The SDK's client, with everything that it would ask the system for from here.
    pub fn client(
        &self,
        config: impl FnOnce(aws_sdk_kinesis::config::Builder) -> aws_sdk_kinesis::config::Builder,
    ) -> Client {
        let line = Line(self.clone());
        let builder = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url("http://kinesis.simulated")
            .credentials_provider(Credentials::new("simulated", "simulated", None, None, "simulated"))
            .http_client(line.clone())
            .sleep_impl(SharedAsyncSleep::new(line))
            .retry_config(RetryConfig::disabled())
            .timeout_config(TimeoutConfig::disabled())
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        Client::from_conf(config(builder).build())
    }
}

async fn some_turns() {
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
}

/// Who sleeps until when.
struct Timers {
    clock: Clock,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// How many have slept.
    count: u64,
    /// By the moment, and the number of the sleep.
    wakers: BTreeMap<(i64, u64), Waker>,
}

impl Timers {
    /// Wakes those whose time has come.
    fn ring(&self) {
        let now = self.clock.monotonic();
        let due = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let later = waiting.wakers.split_off(&(now.0.saturating_add(1), 0));
            std::mem::replace(&mut waiting.wakers, later)
        };
        due.into_values().for_each(Waker::wake);
    }

    async fn sleep_until(&self, moment: Timestamp) {
        poll_fn(|context| {
            if self.clock.monotonic() >= moment {
                return Poll::Ready(());
            }
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.count += 1;
            let number = waiting.count;
            waiting.wakers.insert((moment.0, number), context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// What the SDK sends its requests through, and sleeps by.
#[derive(Clone, Debug)]
struct Line(Simulated);

impl HttpClient for Line {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Simulated { timers, service, .. } = self.0.clone();
        HttpConnectorFuture::new(async move {
            let operation = request.headers().get("x-amz-target").and_then(|target| target.split('.').next_back());
            let operation = operation.unwrap_or_default().to_owned();
            let wait = async |pause: Option<Duration>| match pause {
                Some(pause) => timers.sleep_until(timers.clock.monotonic().after(pause)).await,
                None => std::future::pending().await,
            };
            let asked = || service.lock().unwrap_or_else(PoisonError::into_inner);
            let fate = asked().fate(&operation);
            wait(fate.there).await;
            let request = serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
            let Answer { status, body } = asked().answer(&operation, &request);
            wait(fate.back).await;
            let mut response =
                HttpResponse::new(status.try_into().expect("a status of HTTP"), SdkBody::from(body.to_string()));
            response.headers_mut().insert("content-type", "application/x-amz-json-1.1");
            Ok(response)
        })
    }
}

impl AsyncSleep for Line {
    fn sleep(&self, duration: Duration) -> Sleep {
        let timers = Arc::clone(&self.0.timers);
        let moment = timers.clock.monotonic().after(duration);
        Sleep::new(async move { timers.sleep_until(moment).await })
    }
}
