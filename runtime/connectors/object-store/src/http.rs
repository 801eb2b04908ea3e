//! How requests travel: the HTTP client and TLS that the AWS SDK is made of too, so that an application that reads
//! Kinesis links them once.

use async_trait::async_trait;
use http_body_util::BodyExt;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector as TcpConnector;
use hyper_util::rt::TokioExecutor;
use object_store::ClientOptions;
use object_store::client::{
    HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse, HttpService,
};
use rustls::{ClientConfig, RootCertStore};
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a request and its answer may take: some megabytes at a time, also over a slow line.
const REQUEST: Duration = Duration::from_secs(30);
/// How long a machine may take to answer what role it has. Where there is none nobody answers.
const METADATA: Duration = Duration::from_secs(2);

/// Makes [`Http`] clients.
#[derive(Debug)]
pub struct Connector(pub Http);

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.0.clone()))
    }
}

/// A client whose connections are kept open between requests.
#[derive(Clone, Debug)]
pub struct Http(Client<HttpsConnector<TcpConnector>, HttpRequestBody>);

impl Http {
    /// With the system's certificates, or an error that says that there are none; `plain` if there will be no TLS.
    pub fn new(plain: bool) -> std::io::Result<Http> {
        let mut tcp = TcpConnector::new();
        tcp.set_connect_timeout(Some(CONNECT));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let connector = match plain {
            false => HttpsConnectorBuilder::new().with_provider_and_native_roots(provider)?,
            true => {
                let config =
                    ClientConfig::builder_with_provider(Arc::new(provider)).with_safe_default_protocol_versions();
                let config = config.map_err(std::io::Error::other)?.with_root_certificates(RootCertStore::empty());
                HttpsConnectorBuilder::new().with_tls_config(config.with_no_client_auth())
            }
        };
        let connector = connector.https_or_http().enable_http1().wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new()).pool_idle_timeout(Duration::from_secs(30)).build(connector);
        Ok(Http(client))
    }
}

#[async_trait]
impl HttpService for Http {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let metadata = host.starts_with("169.254.");
        let limit = if metadata { METADATA } else { REQUEST };
        let exchange = async {
            let response = self.0.request(request).await;
            let response = response.map_err(|error| failure(&host, metadata, error.is_connect(), &error))?;
            // Answers are small: whoever wants a large object asks for it in pieces.
            let (parts, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| failure(&host, metadata, false, &error))?;
            Ok(HttpResponse::from_parts(parts, body.to_bytes().into()))
        };
        match tokio::time::timeout(limit, exchange).await {
            Ok(answer) => answer,
            Err(_) => {
                let message = format!("{host} did not answer within {} s", limit.as_secs());
                let kind = if metadata { HttpErrorKind::Unknown } else { HttpErrorKind::Request };
                Err(HttpError::new(kind, Unanswered { message, metadata }))
            }
        }
    }
}

/// A request that nobody answered, or not to the end.
#[derive(Debug)]
pub struct Unanswered {
    message: String,
    /// Whether the machine was asked for its role.
    pub metadata: bool,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Unanswered {}

/// All that goes wrong on the way is worth another try, whatever the request was: callers know what to make of one that
/// was carried out twice. But for the question for a role: where nobody answers, there is none.
fn failure(host: &str, metadata: bool, connecting: bool, error: &(dyn StdError + 'static)) -> HttpError {
    let mut root = error;
    while let Some(cause) = root.source() {
        root = cause;
    }
    let kind = match (metadata, connecting) {
        (true, _) => HttpErrorKind::Unknown,
        (false, true) => HttpErrorKind::Connect,
        (false, false) => HttpErrorKind::Request,
    };
    let message = match connecting {
        true => format!("no connection to {host}: {root}"),
        false => format!("the connection to {host} broke: {root}"),
    };
    HttpError::new(kind, Unanswered { message, metadata })
}
