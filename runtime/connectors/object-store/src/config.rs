//! Which bucket, where, and as whom: from the URL, settings and the usual variables.

use crate::profile::{self, Profile};
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::error::{Error, ErrorKind, Result};
use std::fmt;
use std::time::Duration;

/// An environment variable's value.
pub type Variables<'v> = &'v dyn Fn(&str) -> Option<String>;

/// What a URL and its surroundings say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub bucket: String,
    /// What names in the storage stand behind, without slashes at its ends.
    pub prefix: String,
    /// Whatever speaks S3, if it isn't Amazon's: `https://minio.example:9000`.
    pub endpoint: Option<String>,
    /// Whether the bucket stands in the path and not in the host's name.
    pub path_style: bool,
    pub region: Option<String>,
    /// Keys that were given; without, the role of the machine, container or pod is asked for.
    pub keys: Option<Keys>,
    /// What the surroundings say about the role, and about how objects are encrypted: names and values of [`VARIABLES`].
    pub variables: Vec<(&'static str, String)>,
    /// For how long a request that fails for a reason that may pass is repeated. Whoever waits goes on then: the next
    /// checkpoint is the next try.
    pub patience: Duration,
}

/// The longest [`patience`](Config::patience).
const PATIENCE: Duration = Duration::from_secs(10);

/// Variables that are passed on as they are, by the names that `object_store` gives them.
const VARIABLES: [(&str, &str); 11] = [
    ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "aws_container_authorization_token_file"),
    ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "aws_container_credentials_full_uri"),
    ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "aws_container_credentials_relative_uri"),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "aws_metadata_endpoint"),
    ("AWS_ENDPOINT_URL_STS", "aws_endpoint_url_sts"),
    ("AWS_ROLE_ARN", "aws_role_arn"),
    ("AWS_ROLE_SESSION_NAME", "aws_role_session_name"),
    ("AWS_SERVER_SIDE_ENCRYPTION", "aws_server_side_encryption"),
    ("AWS_SSE_BUCKET_KEY_ENABLED", "aws_sse_bucket_key_enabled"),
    ("AWS_SSE_KMS_KEY_ID", "aws_sse_kms_key_id"),
    ("AWS_WEB_IDENTITY_TOKEN_FILE", "aws_web_identity_token_file"),
];

/// Credentials of a user.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    pub access_key: String,
    pub secret_key: String,
    pub session_token: Option<String>,
}

/// Secrets are never printed.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.access_key)
    }
}

impl Config {
    /// Settings come before variables, and those before the profile.
    pub fn new(url: &str, settings: &Options, variables: Variables<'_>) -> Result<Config> {
        let (bucket, prefix) = parse_url(url)?;
        let setting = |names: &[&str]| {
            let values = names.iter().filter_map(|name| settings.text(name));
            values.map(str::trim).find(|value| !value.is_empty()).map(str::to_owned)
        };
        let variable = |names: &[&str]| names.iter().filter_map(|name| variables(name)).find(|value| !value.is_empty());
        let keys = keys(&setting, &variable)?;
        // A role that the surroundings offer comes before the profile's keys, but a profile that is asked for is an answer.
        let has_role = variable(&["AWS_WEB_IDENTITY_TOKEN_FILE"]).is_some();
        let profile = match keys.is_none() && !has_role || variable(&["AWS_PROFILE"]).is_some() {
            true => profile::read(variables)?,
            false => Profile::default(),
        };
        let keys = match keys {
            None if !has_role => profile.keys()?,
            keys => keys,
        };
        let has_container = variable(&CONTAINER).is_some();
        let is_alone = variable(&["AWS_EC2_METADATA_DISABLED"]).is_some_and(|value| value.eq_ignore_ascii_case("true"));
        if keys.is_none() && !has_role && !has_container && is_alone {
            return Err(Error::new(ErrorKind::Permission, format!("cannot open {url}: {NO_CREDENTIALS}")));
        }
        let endpoint = setting(&["s3.endpoint"]).or_else(|| variable(&["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]));
        let endpoint = endpoint.map(|endpoint| parse_endpoint(&endpoint)).transpose()?;
        let path_style = settings.boolean("s3.path-style-access")?;
        let region =
            setting(&["s3.region"]).or_else(|| variable(&["AWS_REGION", "AWS_DEFAULT_REGION"])).or(profile.region);
        Ok(Config {
            // Certificates are made out to names with one label before the service's.
            path_style: path_style.unwrap_or(endpoint.is_some() || bucket.contains('.')),
            bucket,
            prefix,
            endpoint,
            region,
            keys,
            variables: VARIABLES.iter().filter_map(|(name, passed)| Some((*passed, variable(&[name])?))).collect(),
            patience: settings.duration("connection.retry-timeout")?.map_or(PATIENCE, |limit| limit.min(PATIENCE)),
        })
    }

    /// Whether nothing that is asked for goes through TLS.
    pub fn is_plain(&self) -> bool {
        self.keys.is_some() && self.has_plain_endpoint()
    }

    pub fn has_plain_endpoint(&self) -> bool {
        self.endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://"))
    }
}

/// What to do where nobody says who we are.
pub const NO_CREDENTIALS: &str =
    "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run where there is a role";

const CONTAINER: [&str; 2] = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];

fn keys(
    setting: &dyn Fn(&[&str]) -> Option<String>,
    variable: &dyn Fn(&[&str]) -> Option<String>,
) -> Result<Option<Keys>> {
    let access_key = setting(&["s3.access-key"]);
    let secret_key = setting(&["s3.secret-key"]);
    match (access_key, secret_key) {
        (Some(access_key), Some(secret_key)) => {
            return Ok(Some(Keys { access_key, secret_key, session_token: setting(&["s3.session-token"]) }));
        }
        (Some(_), None) => return Err(usage("'s3.access-key' is set, but 's3.secret-key' is not")),
        (None, Some(_)) => return Err(usage("'s3.secret-key' is set, but 's3.access-key' is not")),
        (None, None) => {}
    }
    match (variable(&["AWS_ACCESS_KEY_ID"]), variable(&["AWS_SECRET_ACCESS_KEY"])) {
        (Some(access_key), Some(secret_key)) => {
            Ok(Some(Keys { access_key, secret_key, session_token: variable(&["AWS_SESSION_TOKEN"]) }))
        }
        (Some(_), None) => Err(usage("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not")),
        (None, Some(_)) => Err(usage("AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not")),
        (None, None) => Ok(None),
    }
}

/// `s3://bucket/some/path` to the bucket and `some/path`.
fn parse_url(url: &str) -> Result<(String, String)> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let is_bucket = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if bucket.is_empty() || !bucket.bytes().all(is_bucket) {
        return Err(usage(&format!("'{url}' names no bucket, expected s3://bucket/path")));
    }
    let segments: Vec<&str> = prefix.split('/').filter(|segment| !segment.is_empty()).collect();
    if segments.iter().any(|segment| [".", ".."].contains(segment)) {
        return Err(usage(&format!("'{url}' goes up or nowhere: there are no folders in a bucket, only names")));
    }
    Ok((bucket.to_owned(), segments.join("/")))
}

/// An endpoint as a URL: Flink's users write `minio:9000` too.
fn parse_endpoint(endpoint: &str) -> Result<String> {
    let endpoint = endpoint.trim().trim_end_matches('/');
    let url = if endpoint.contains("://") { endpoint.to_owned() } else { format!("https://{endpoint}") };
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']) => Ok(url),
        _ => Err(usage(&format!("'s3.endpoint' is '{endpoint}', expected a URL such as https://minio.example:9000"))),
    }
}

pub fn usage(message: &str) -> Error {
    Error::new(ErrorKind::Usage, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn config(url: &str, settings: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Config> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        let none = tempfile::tempdir().unwrap().path().join("none").display().to_string();
        Config::new(url, &Options::new(settings.iter().copied()), &|name| match name {
            "AWS_SHARED_CREDENTIALS_FILE" | "AWS_CONFIG_FILE" => Some(none.clone()),
            name => variables.get(name).map(|value| (*value).to_owned()),
        })
    }

    #[test]
    fn a_url_is_a_bucket_and_a_prefix() {
        let parts = |url| config(url, &[], &[]).map(|config| (config.bucket, config.prefix));
        assert_eq!(parts("s3://bucket").unwrap(), ("bucket".to_owned(), String::new()));
        assert_eq!(parts("s3a://my.bucket-1//a/b/").unwrap(), ("my.bucket-1".to_owned(), "a/b".to_owned()));
        assert_eq!(parts("s3://").unwrap_err().to_string(), "'s3://' names no bucket, expected s3://bucket/path");
        assert!(parts("s3:///path").is_err());
        assert!(parts("s3://bucket/a/../b").is_err());
    }

    #[test]
    fn settings_come_before_variables() {
        let variables = [
            ("AWS_ACCESS_KEY_ID", "variable"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_SESSION_TOKEN", "token"),
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ENDPOINT_URL", "http://localhost:4566/"),
        ];
        let found = config("s3://b/p", &[], &variables).unwrap();
        assert_eq!(found.region.as_deref(), Some("eu-west-1"));
        assert_eq!(found.endpoint.as_deref(), Some("http://localhost:4566"));
        assert!(found.path_style, "other services seldom have a name per bucket");
        assert!(found.is_plain());
        assert_eq!(found.patience, PATIENCE);
        let keys = found.keys.unwrap();
        assert_eq!((keys.access_key.as_str(), keys.session_token.as_deref()), ("variable", Some("token")));
        let settings = [
            ("s3.access-key", "setting"),
            ("s3.secret-key", "hidden"),
            ("s3.endpoint", "minio:9000"),
            ("s3.path-style-access", "false"),
            ("connection.retry-timeout", "3 s"),
            ("s3.region", "us-west-2"),
        ];
        let found = config("s3://b/p", &settings, &variables).unwrap();
        assert_eq!(found.region.as_deref(), Some("us-west-2"));
        assert_eq!(found.endpoint.as_deref(), Some("https://minio:9000"));
        assert!(!found.path_style && !found.is_plain());
        assert_eq!(found.patience, Duration::from_secs(3));
        let keys = found.keys.unwrap();
        assert_eq!((keys.access_key.as_str(), keys.session_token.as_deref()), ("setting", None));
        assert_eq!(format!("{keys:?}"), "Keys(setting)");
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        let message = |settings: &[(&str, &str)], variables: &[(&str, &str)]| {
            config("s3://b/p", settings, variables).unwrap_err().to_string()
        };
        assert_eq!(message(&[("s3.access-key", "a")], &[]), "'s3.access-key' is set, but 's3.secret-key' is not");
        assert_eq!(
            message(&[], &[("AWS_ACCESS_KEY_ID", "a")]),
            "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"
        );
        assert_eq!(
            message(&[("s3.endpoint", "ftp://minio")], &[]),
            "'s3.endpoint' is 'ftp://minio', expected a URL such as https://minio.example:9000"
        );
        assert!(message(&[("s3.path-style-access", "perhaps")], &[]).contains("s3.path-style-access"));
        assert_eq!(config("s3://b", &[], &[]).unwrap().keys, None, "then a role is asked for");
        let error = config("s3://b", &[], &[("AWS_EC2_METADATA_DISABLED", "true")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Permission);
        assert_eq!(error.to_string(), format!("cannot open s3://b: {NO_CREDENTIALS}"));
        let pod = [("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://10.0.0.1/")];
        let passed = ("aws_container_credentials_full_uri", "http://10.0.0.1/".to_owned());
        assert_eq!(config("s3://b", &[], &pod).unwrap().variables, [passed]);
    }
}
