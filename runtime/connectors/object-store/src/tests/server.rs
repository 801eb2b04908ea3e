//! A service that speaks S3 and keeps its buckets in a folder: with faults when asked for, and gone when told so.

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub const ACCESS_KEY: &str = "AKIDEXAMPLE";
pub const SECRET_KEY: &str = "not/a+secret";

/// What becomes of a request.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    None,
    /// The connection breaks before anything has happened.
    Lost,
    /// It is carried out, but the connection breaks before the answer.
    AnswerLost,
    /// It is carried out, but answered only when the server is told to [go on](Server::go_on).
    Slow,
    /// It is answered so, without anything having happened.
    Answer(u16, &'static str),
}

#[derive(Default)]
struct Plan {
    faults: VecDeque<Fault>,
    requests: Vec<String>,
    may_go_on: bool,
}

pub struct Server {
    folder: TempDir,
    address: SocketAddr,
    plan: Arc<Mutex<Plan>>,
    runtime: Option<Runtime>,
}

impl Server {
    /// A server with the bucket `state`.
    pub fn start() -> Server {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("state")).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut server = Server { folder, address, plan: Arc::default(), runtime: None };
        server.come_back();
        server
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The folder of the bucket.
    pub fn bucket(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    /// What becomes of the next requests, in order of their coming.
    pub fn fail_next(&self, faults: impl IntoIterator<Item = Fault>) {
        self.plan.lock().unwrap().faults = faults.into_iter().collect();
    }

    /// Answers what is [slow](Fault::Slow).
    pub fn go_on(&self) {
        self.plan.lock().unwrap().may_go_on = true;
    }

    /// Method, path and query of all requests since the last call.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.plan.lock().unwrap().requests)
    }

    /// Refuses connections, and breaks those there are.
    pub fn go_away(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }

    pub fn come_back(&mut self) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind(self.address)).unwrap();
        runtime.spawn(serve(listener, service(self.folder.path()), Arc::clone(&self.plan)));
        self.runtime = Some(runtime);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.go_away();
    }
}

fn service(folder: &Path) -> S3Service {
    let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder).unwrap());
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
    builder.build()
}

async fn serve(listener: tokio::net::TcpListener, service: S3Service, plan: Arc<Mutex<Plan>>) {
    while let Ok((socket, _)) = listener.accept().await {
        let (service, plan) = (service.clone(), Arc::clone(&plan));
        let answer = service_fn(move |request: hyper::Request<Incoming>| {
            let (service, plan) = (service.clone(), Arc::clone(&plan));
            let slow = Arc::clone(&plan);
            let fault = {
                let mut plan = plan.lock().unwrap();
                plan.requests.push(format!("{} {}", request.method(), request.uri()));
                plan.faults.pop_front().unwrap_or(Fault::None)
            };
            async move {
                if matches!(fault, Fault::Lost) {
                    return Err(io::Error::from(io::ErrorKind::ConnectionReset));
                }
                if let Fault::Answer(status, body) = fault {
                    let answer = hyper::Response::builder().status(status);
                    return Ok(answer.body(s3s::Body::from(body.to_owned())).unwrap());
                }
                let (parts, body) = request.into_parts();
                let request = hyper::Request::from_parts(parts, s3s::Body::from(body));
                let answer = service.call(request).await.map_err(|error| io::Error::other(format!("{error:?}")))?;
                while matches!(fault, Fault::Slow) && !slow.lock().unwrap().may_go_on {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
                match fault {
                    Fault::AnswerLost => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
                    _ => Ok(answer),
                }
            }
        });
        tokio::spawn(async move {
            // Breaking connections is what faults are for.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), answer).await;
        });
    }
}
