//! Calls are carried out one after the other and without a pause, whoever makes them.
//!
//! The library keeps locks of threads while it waits for locks of tasks. A call that gave way to another one there, as
//! tasks do now and then of themselves, would have the only thread wait for itself.

use crate::completion::failure;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Whose turn it is; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Turn(Arc<Mutex<()>>);

impl Turn {
    /// Waits for its turn and carries the call out.
    pub(crate) async fn take<T>(&self, call: impl Future<Output = T>) -> T {
        let _turn = self.0.lock().await;
        tokio::task::unconstrained(call).await
    }
}

/// The same for every request. A client that is slow to send its own holds nobody up.
pub(crate) async fn one_after_the_other(State(turn): State<Turn>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(body) => turn.take(next.run(Request::from_parts(head, Body::from(body)))).await,
        Err(error) => failure(StatusCode::BAD_REQUEST, "SerializationException", &error.to_string()),
    }
}
