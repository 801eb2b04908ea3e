//! Reads the body of an answer before the SDK does: it would make a record of four texts and a copy of every one of
//! them. Signing, sending and all answers that are not a plain batch of records stay the SDK's.

use super::aggregate::HashRange;
use super::answer::{self, Summary};
use super::queue::Queue;
use aws_sdk_kinesis::operation::get_records::{GetRecords, GetRecordsOutput};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, Error, Output,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer};
use sqlc_runtime::connector::Messages;
use std::sync::{Arc, Mutex, PoisonError};

/// What one answer brought.
#[derive(Debug)]
pub(super) struct Brought {
    pub messages: Messages,
    pub summary: Summary,
}

/// Sees to it that the answers of one shard are read by [`answer::read`].
#[derive(Clone, Debug)]
pub(super) struct InPlace(Arc<Shared>);

struct Shared {
    range: Option<HashRange>,
    queue: Arc<Queue>,
    brought: Mutex<Option<Brought>>,
    /// Where the SDK keeps what it reads answers with.
    sdk: Option<FrozenLayer>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("range", &self.range).finish_non_exhaustive()
    }
}

impl InPlace {
    /// `range` is that of the shard's hash keys; buffers come from the queue.
    pub fn new(range: Option<HashRange>, queue: Arc<Queue>) -> InPlace {
        let sdk = GetRecords::new().config();
        InPlace(Arc::new(Shared { range, queue, brought: Mutex::default(), sdk }))
    }

    pub fn range(&self) -> Option<HashRange> {
        self.0.range
    }

    /// What the last answer brought, unless the SDK has read it.
    pub fn take(&self) -> Option<Brought> {
        self.0.brought.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn read(&self, response: &HttpResponse) -> Option<GetRecordsOutput> {
        let body = response.body().bytes().filter(|_| response.status().is_success())?;
        let mut messages = self.0.queue.spare();
        let Some(summary) = answer::read(body, self.0.range, &mut messages) else {
            self.0.queue.take_back(messages);
            return None;
        };
        let output = GetRecordsOutput::builder()
            .set_records(Some(Vec::new()))
            .set_next_shard_iterator(summary.next_iterator.clone())
            .set_millis_behind_latest(summary.millis_behind_latest)
            .build();
        let brought = Brought { messages, summary };
        *self.0.brought.lock().unwrap_or_else(PoisonError::into_inner) = Some(brought);
        output.ok()
    }
}

impl Intercept for InPlace {
    fn name(&self) -> &'static str {
        "InPlace"
    }

    fn modify_before_deserialization(
        &self,
        _: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.0.sdk.is_some() {
            config.interceptor_state().store_put(SharedResponseDeserializer::new(self.clone()));
        }
        Ok(())
    }
}

impl DeserializeResponse for InPlace {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        config: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        if let Some(output) = self.read(response) {
            return Ok(Output::erase(output));
        }
        let sdk = self.0.sdk.as_ref().and_then(|layer| layer.load::<SharedResponseDeserializer>());
        let sdk = sdk.ok_or_else(|| OrchestratorError::other("the SDK has nothing to read answers with"))?;
        sdk.deserialize_nonstreaming_with_config(response, config)
    }
}
