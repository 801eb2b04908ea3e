//! What a failed request means for the user.

use crate::config::NO_CREDENTIALS;
use crate::http::Unanswered;
use object_store::Error as StoreError;
use sqlc_runtime::error::{Error, ErrorKind};
use std::error::Error as StdError;

/// Where requests go, in the user's words.
#[derive(Clone, Debug)]
pub struct Where {
    /// `s3://bucket/path`.
    pub location: String,
    pub bucket: String,
    pub endpoint: Option<String>,
    pub region: String,
}

impl Where {
    /// The error of a request: `doing` is `write`, `what` the name of an object, or empty for the place itself.
    #[cold]
    pub fn failed(&self, doing: &str, what: &str, error: &StoreError) -> Error {
        let what = if what.is_empty() { self.location.clone() } else { format!("{}/{what}", self.location) };
        let (kind, reason) = self.reason(error);
        Error::new(kind, format!("cannot {doing} {what}: {reason}"))
    }

    fn reason(&self, error: &StoreError) -> (ErrorKind, String) {
        if let Some(unanswered) = unanswered(error) {
            let reason = match unanswered.metadata {
                false => (ErrorKind::Io, unanswered.to_string()),
                true => (ErrorKind::Permission, NO_CREDENTIALS.to_owned()),
            };
            return reason;
        }
        let text = full_text(error);
        let service = match &self.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => format!("S3 in {}", self.region),
        };
        let message = element(&text, "Message").unwrap_or_default();
        match element(&text, "Code") {
            Some("NoSuchBucket") => (ErrorKind::Resource, format!("there is no bucket '{}' at {service}", self.bucket)),
            Some(
                code @ ("InvalidAccessKeyId"
                | "SignatureDoesNotMatch"
                | "ExpiredToken"
                | "InvalidToken"
                | "NotSignedUp"),
            ) => (ErrorKind::Permission, format!("{service} does not accept the credentials ({code}: {message})")),
            Some("AuthorizationHeaderMalformed" | "PermanentRedirect" | "IllegalLocationConstraintException") => {
                (ErrorKind::Usage, self.other_region(element(&text, "Region")))
            }
            Some("AccessDenied" | "AllAccessDisabled" | "AccountProblem") => {
                (ErrorKind::Permission, format!("{service} denies access ({message})"))
            }
            Some(code) => (ErrorKind::Io, format!("{service} answers {code}: {message}")),
            None if text.contains("//169.254.") => (ErrorKind::Permission, format!("{NO_CREDENTIALS} ({text})")),
            // Answers to HEAD have no text.
            None if text.contains("incorrectly configured region") => (ErrorKind::Usage, self.other_region(None)),
            None => match error {
                StoreError::NotFound { .. } => (ErrorKind::Resource, "it is not there".to_owned()),
                StoreError::PermissionDenied { .. } | StoreError::Unauthenticated { .. } => {
                    (ErrorKind::Permission, format!("{service} denies access"))
                }
                _ => (ErrorKind::Io, text),
            },
        }
    }

    fn other_region(&self, region: Option<&str>) -> String {
        let region = region.map(|region| format!("in {region}")).unwrap_or_else(|| "in another region".to_owned());
        format!("the bucket is {region} and not in {}: set 's3.region' or AWS_REGION", self.region)
    }
}

/// A defect of ours ended the thread or a task on it.
#[cold]
pub fn ended() -> Error {
    Error::new(ErrorKind::Internal, "the thread of the object store has ended")
}

/// The failure of a request that got no answer.
fn unanswered(error: &StoreError) -> Option<&Unanswered> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(unanswered) = error.downcast_ref() {
            return Some(unanswered);
        }
        cause = error.source();
    }
    None
}

/// An error and its causes that say something new.
fn full_text(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

/// What stands in an element of the service's answer.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    Some(rest.split_once(&format!("</{name}>"))?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> (ErrorKind, String) {
        let place = Where {
            location: "s3://b/p".to_owned(),
            bucket: "b".to_owned(),
            endpoint: None,
            region: "us-east-1".to_owned(),
        };
        let error = StoreError::Generic { store: "S3", source: text.into() };
        let error = place.failed("write", "chk-000001/manifest.json", &error);
        (error.kind(), error.message().replace("cannot write s3://b/p/chk-000001/manifest.json: ", ""))
    }

    #[test]
    fn answers_of_the_service_are_told_in_the_users_words() {
        assert_eq!(
            message("400: <Error><Code>NoSuchBucket</Code><Message>x</Message></Error>"),
            (ErrorKind::Resource, "there is no bucket 'b' at S3 in us-east-1".to_owned())
        );
        assert_eq!(
            message("<Code>AuthorizationHeaderMalformed</Code><Message>x</Message><Region>eu-west-1</Region>"),
            (
                ErrorKind::Usage,
                "the bucket is in eu-west-1 and not in us-east-1: set 's3.region' or AWS_REGION".to_owned()
            )
        );
        assert_eq!(
            message("<Code>ExpiredToken</Code><Message>The token has expired</Message>"),
            (
                ErrorKind::Permission,
                "S3 in us-east-1 does not accept the credentials (ExpiredToken: The token has expired)".to_owned()
            )
        );
        let (kind, text) = message("Error performing PUT http://169.254.169.254/latest/api/token: 403");
        assert!(kind == ErrorKind::Permission && text.starts_with(NO_CREDENTIALS), "{text}");
        assert_eq!(
            message("<Code>SlowDown</Code><Message>Reduce your request rate</Message>"),
            (ErrorKind::Io, "S3 in us-east-1 answers SlowDown: Reduce your request rate".to_owned())
        );
    }
}
