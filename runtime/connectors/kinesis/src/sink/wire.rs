//! The bodies of PutRecords and its answers, written and read in place: the SDK would make three texts of every record
//! on the way out and two on the way back. Signing, sending and answers that refuse something stay the SDK's.

use super::buffer::Entry;
use aws_sdk_kinesis::operation::put_records::{PutRecords, PutRecordsOutput};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextMut, BeforeTransmitInterceptorContextMut, Error, Output,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{ConfigBag, FrozenLayer};
use std::sync::{Arc, Mutex, PoisonError};

/// Writes the request for a batch.
pub(super) fn body(batch: &[Entry], name: Option<&str>, arn: Option<&str>) -> Vec<u8> {
    const BESIDE: usize = 40;
    let size: usize = batch.iter().map(|entry| entry.bytes() * 4 / 3 + BESIDE).sum();
    let mut body = Vec::with_capacity(size + 256);
    body.extend_from_slice(b"{\"Records\":[");
    for (index, entry) in batch.iter().enumerate() {
        if index > 0 {
            body.push(b',');
        }
        body.extend_from_slice(b"{\"Data\":\"");
        base64_simd::STANDARD.encode_append(entry.data(), &mut body);
        body.extend_from_slice(b"\",\"PartitionKey\":");
        text(entry.key(), &mut body);
        body.push(b'}');
    }
    body.push(b']');
    for (field, value) in [("StreamName", name), ("StreamARN", arn)] {
        if let Some(value) = value {
            body.push(b',');
            text(field.as_bytes(), &mut body);
            body.push(b':');
            text(value.as_bytes(), &mut body);
        }
    }
    body.push(b'}');
    body
}

/// A JSON string of UTF-8.
fn text(text: &[u8], body: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    body.push(b'"');
    for &byte in text {
        match byte {
            b'"' | b'\\' => body.extend_from_slice(&[b'\\', byte]),
            0..0x20 => {
                body.extend_from_slice(b"\\u00");
                body.extend_from_slice(&[HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
            _ => body.push(byte),
        }
    }
    body.push(b'"');
}

/// Whether an answer says that nothing was refused.
fn refuses_nothing(body: &[u8]) -> bool {
    const COUNT: &[u8] = b"\"FailedRecordCount\":";
    let Some(start) = memchr::memmem::find(body, COUNT) else { return false };
    let number = body[start + COUNT.len()..].trim_ascii_start();
    number.first() == Some(&b'0') && !number.get(1).is_some_and(u8::is_ascii_digit)
}

/// One call's body on its way, and whether its answer refused nothing.
#[derive(Clone, Debug)]
pub(super) struct Wire(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    body: Mutex<Option<Vec<u8>>>,
    all_arrived: Mutex<bool>,
    /// Where the SDK keeps what it reads answers with.
    sdk: Option<FrozenLayer>,
}

impl Wire {
    pub fn new(body: Vec<u8>) -> Wire {
        let sdk = PutRecords::new().config();
        Wire(Arc::new(Shared { body: Mutex::new(Some(body)), all_arrived: Mutex::new(false), sdk }))
    }

    pub fn all_arrived(&self) -> bool {
        *self.0.all_arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Wire {
    fn name(&self) -> &'static str {
        "Wire"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = self.0.body.lock().unwrap_or_else(PoisonError::into_inner).take();
        let body = body.ok_or("a body is sent once")?;
        let request = context.request_mut();
        request.headers_mut().insert("content-length", body.len().to_string());
        *request.body_mut() = SdkBody::from(body);
        Ok(())
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

impl DeserializeResponse for Wire {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        config: &ConfigBag,
    ) -> Result<Output, OrchestratorError<Error>> {
        let body = response.body().bytes().filter(|_| response.status().is_success());
        if body.is_some_and(refuses_nothing)
            && let Ok(output) = PutRecordsOutput::builder().set_records(Some(Vec::new())).build()
        {
            *self.0.all_arrived.lock().unwrap_or_else(PoisonError::into_inner) = true;
            return Ok(Output::erase(output));
        }
        let sdk = self.0.sdk.as_ref().and_then(|layer| layer.load::<SharedResponseDeserializer>());
        let sdk = sdk.ok_or_else(|| OrchestratorError::other("the SDK has nothing to read answers with"))?;
        sdk.deserialize_nonstreaming_with_config(response, config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_the_services_json() {
        let entry =
            |key: &str, data: &[u8]| Entry::new(Vec::new(), key, data, false, sqlc_runtime::value::Timestamp(0));
        let batch = [entry("k", b"one"), entry("\"\\\u{1}\u{e4}", b"")];
        let written = String::from_utf8(body(&batch, Some("input"), None)).unwrap();
        let expected = concat!(
            r#"{"Records":[{"Data":"b25l","PartitionKey":"k"},{"Data":"","PartitionKey":"\"\\\u0001"#,
            "\u{e4}\"}],\"StreamName\":\"input\"}"
        );
        assert_eq!(written, expected);
        assert!(String::from_utf8(body(&batch, None, Some("arn:x"))).unwrap().ends_with(r#","StreamARN":"arn:x"}"#));
    }

    #[test]
    fn only_a_count_of_zero_refuses_nothing() {
        for (answer, nothing) in [
            (r#"{"FailedRecordCount":0,"Records":[]}"#, true),
            (r#"{"Records":[],"FailedRecordCount": 0}"#, true),
            (r#"{"FailedRecordCount":01}"#, false),
            (r#"{"FailedRecordCount":10}"#, false),
            (r#"{"Records":[]}"#, false),
            ("", false),
        ] {
            assert_eq!(refuses_nothing(answer.as_bytes()), nothing, "{answer}");
        }
    }
}
