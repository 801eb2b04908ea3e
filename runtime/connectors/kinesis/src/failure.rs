//! What a failed call means: whether it is worth repeating, and what to tell the user if not.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use sqlc_runtime::error::{Error, ErrorKind};
use std::error::Error as StdError;

/// What is wrong, as far as it decides what happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Too many calls or bytes: the same call succeeds later.
    Throttled,
    /// The network or the service failed: the same call may succeed later.
    Transient,
    /// A shard iterator is too old: a new one is needed.
    ExpiredIterator,
    /// The stream or the shard does not exist.
    Missing,
    /// We are known, but not allowed to.
    Denied,
    /// We have no credentials, or they are not valid (any more).
    Credentials,
    /// The signature does not fit: another secret, or another time than the service's.
    Signature,
    /// The key that the stream is encrypted with cannot be used.
    Key,
    /// The service does not understand or accept the call.
    Invalid,
}

/// A failed call.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub reason: Reason,
    /// What the service or the network says.
    pub message: String,
}

/// Where a call went, in the user's words.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub stream: String,
    pub region: String,
    pub endpoint: Option<String>,
}

impl Failure {
    /// A call was not answered in time.
    pub fn timeout() -> Failure {
        Failure { reason: Reason::Transient, message: "the call timed out".to_owned() }
    }

    pub fn new<E>(error: &SdkError<E, HttpResponse>) -> Failure
    where
        E: ProvideErrorMetadata + StdError + 'static,
    {
        if let SdkError::ServiceError(service) = error {
            let error = service.err();
            let code = error.code().unwrap_or("an unnamed error");
            let failed = service.raw().status().as_u16() >= 500;
            return Failure::answered(code, error.message().unwrap_or("no message"), failed);
        }
        let source: Option<&(dyn StdError + 'static)> = match error {
            SdkError::DispatchFailure(failure) => failure.as_connector_error().map(|error| error as _),
            _ => None,
        };
        let timed_out = matches!(error, SdkError::TimeoutError(_));
        let construction = matches!(error, SdkError::ConstructionFailure(_));
        Failure::unanswered(source, timed_out, construction, || causes(error))
    }

    /// An error of the service, by its code.
    pub fn coded(code: &str, message: &str) -> Failure {
        Failure::answered(code, message, false)
    }

    /// An error of the service, which `failed` if that is all that its code says.
    fn answered(code: &str, message: &str, failed: bool) -> Failure {
        let reason = match code {
            "ProvisionedThroughputExceededException"
            | "LimitExceededException"
            | "KMSThrottlingException"
            | "ThrottlingException"
            | "Throttling"
            | "RequestLimitExceeded"
            | "SlowDown" => Reason::Throttled,
            "ExpiredIteratorException" | "ExpiredNextTokenException" => Reason::ExpiredIterator,
            "ResourceNotFoundException" => Reason::Missing,
            "KMSAccessDeniedException"
            | "KMSDisabledException"
            | "KMSInvalidStateException"
            | "KMSNotFoundException"
            | "KMSOptInRequired" => Reason::Key,
            "AccessDeniedException" | "AccessDenied" | "OptInRequired" | "NotAuthorized" => Reason::Denied,
            "InvalidSignatureException" | "SignatureDoesNotMatch" | "RequestTimeTooSkewed" | "RequestExpired" => {
                Reason::Signature
            }
            "UnrecognizedClientException"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "InvalidClientTokenId"
            | "ExpiredToken"
            | "ExpiredTokenException" => Reason::Credentials,
            "InternalFailure"
            | "InternalFailureException"
            | "InternalServerError"
            | "InternalServerException"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
            | "ResourceInUseException"
            | "RequestTimeoutException"
            | "RequestTimeout" => Reason::Transient,
            _ if failed => Reason::Transient,
            _ => Reason::Invalid,
        };
        Failure { reason, message: format!("{code}: {message}") }
    }

    /// A call that was not answered, or not in a way one could read.
    fn unanswered(
        source: Option<&(dyn StdError + 'static)>,
        timed_out: bool,
        construction: bool,
        causes: impl Fn() -> String,
    ) -> Failure {
        let mut cause = source;
        while let Some(error) = cause {
            if error.is::<CredentialsError>() {
                return Failure { reason: Reason::Credentials, message: credentials_message(&chain(error)) };
            }
            cause = error.source();
        }
        let message = if timed_out { "the call timed out".to_owned() } else { causes() };
        let reason = if construction { Reason::Invalid } else { Reason::Transient };
        Failure { reason, message }
    }

    /// The same failure as the end of the application. `action` completes "cannot … stream 'x'".
    pub fn into_error(self, action: &str, place: &Place) -> Error {
        let Place { stream, region, endpoint } = place;
        let at = match endpoint {
            Some(endpoint) => format!("region {region}, endpoint {endpoint}"),
            None => format!("region {region}"),
        };
        let message = &self.message;
        let (kind, text) = match self.reason {
            Reason::Missing => (
                ErrorKind::Resource,
                format!(
                    "stream '{stream}' does not exist ({at}): create it, or check 'stream' (or 'stream.arn') and \
                     'aws.region' [{message}]"
                ),
            ),
            Reason::Denied => (
                ErrorKind::Permission,
                format!(
                    "not allowed to {action} stream '{stream}' ({at}): grant the credentials kinesis:ListShards, \
                     kinesis:GetShardIterator and kinesis:GetRecords to read, kinesis:PutRecords to write [{message}]"
                ),
            ),
            Reason::Credentials => (
                ErrorKind::Permission,
                format!(
                    "no valid AWS credentials to {action} stream '{stream}' ({at}): set AWS_ACCESS_KEY_ID and \
                     AWS_SECRET_ACCESS_KEY, a profile, or 'aws.credentials.provider' [{message}]"
                ),
            ),
            Reason::Signature => (
                ErrorKind::Permission,
                format!(
                    "the service does not accept how calls to {action} stream '{stream}' ({at}) are signed: check the \
                     secret key, and this machine's clock [{message}]"
                ),
            ),
            Reason::Key => (
                ErrorKind::Permission,
                format!(
                    "cannot {action} stream '{stream}' ({at}): its KMS key cannot be used; look whether the key is \
                     enabled, and grant the credentials kms:Decrypt to read, kms:GenerateDataKey to write [{message}]"
                ),
            ),
            Reason::Invalid | Reason::ExpiredIterator => {
                (ErrorKind::Io, format!("the service refused to {action} stream '{stream}' ({at}): {message}"))
            }
            Reason::Throttled => (
                ErrorKind::Io,
                format!("stream '{stream}' ({at}) is too busy to {action}; add shards or readers' capacity: {message}"),
            ),
            Reason::Transient => (
                ErrorKind::Io,
                format!(
                    "cannot {action} stream '{stream}' ({at}): {message}; check the network, 'aws.region' and \
                     'aws.endpoint'"
                ),
            ),
        };
        let error = Error::new(kind, text);
        match self.reason {
            Reason::Throttled | Reason::Transient | Reason::ExpiredIterator => error,
            _ => error.lasting(),
        }
    }
}

/// Profiles of IAM Identity Center are left out of the SDK: they would make every application a megabyte
/// larger, for what the AWS CLI does as well.
fn credentials_message(message: &str) -> String {
    match message.contains("cargo feature") && message.contains("sso") {
        true => "the profile signs in through IAM Identity Center (SSO), which is read by way of the AWS CLI: give \
             the application a profile with credential_process = aws configure export-credentials --profile NAME \
             --format process"
            .to_owned(),
        false => message.to_owned(),
    }
}

/// The innermost causes say what happened ("connection refused"); the outer ones only where.
fn causes(error: &dyn StdError) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_failure_has_its_own_exit_and_advice() {
        let place = Place { stream: "input".to_owned(), region: "eu-west-1".to_owned(), endpoint: None };
        let told = |code: &str| Failure::coded(code, "says the service").into_error("read", &place);
        for (code, kind, advice) in [
            ("ResourceNotFoundException", ErrorKind::Resource, "create it, or check 'stream'"),
            ("AccessDeniedException", ErrorKind::Permission, "not allowed to read stream 'input'"),
            ("UnrecognizedClientException", ErrorKind::Permission, "no valid AWS credentials"),
            ("InternalFailure", ErrorKind::Io, "check the network"),
            ("ValidationException", ErrorKind::Io, "refused to read"),
            ("KMSDisabledException", ErrorKind::Permission, "kms:Decrypt"),
            ("RequestTimeTooSkewed", ErrorKind::Permission, "this machine's clock"),
        ] {
            let error = told(code);
            assert_eq!(error.kind(), kind, "{code}");
            for part in ["'input'", "eu-west-1", "says the service", advice] {
                assert!(error.message().contains(part), "{code}: {error}");
            }
        }
    }
}
