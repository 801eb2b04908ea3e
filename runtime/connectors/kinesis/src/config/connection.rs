//! Which stream, where it is and as whom we talk to it.

use super::{Warnings, choice, either, usage};
use sqlc_runtime::connector::options::{Options, Problem, stream};
use sqlc_runtime::error::Result;

/// Everything a client is made from; equal connections share one client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Connection {
    /// From the option or the ARN; otherwise the environment decides.
    pub region: Option<String>,
    pub endpoint: Option<String>,
    pub credentials: Credentials,
}

/// The stream of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub name: String,
    pub arn: Option<String>,
}

/// Where credentials come from, as `aws.credentials.provider` says.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Credentials {
    /// The SDK's chain: environment, profile, web identity, container, instance.
    Auto,
    Basic {
        key: String,
        secret: String,
    },
    Profile {
        name: Option<String>,
        path: Option<String>,
    },
    EnvironmentVariables,
    AssumeRole(Box<Role>),
    WebIdentityToken {
        role: Option<String>,
        session: Option<String>,
        file: Option<String>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Role {
    pub arn: String,
    pub session: Option<String>,
    pub external_id: Option<String>,
    pub sts_endpoint: Option<String>,
    /// Who may assume the role.
    pub provider: Credentials,
}

/// Secrets never reach a log.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Credentials::Auto => "AUTO",
            Credentials::Basic { .. } => "BASIC",
            Credentials::Profile { .. } => "PROFILE",
            Credentials::EnvironmentVariables => "ENV_VAR",
            Credentials::AssumeRole(_) => "ASSUME_ROLE",
            Credentials::WebIdentityToken { .. } => "WEB_IDENTITY_TOKEN",
        })
    }
}

impl Connection {
    pub fn read(options: &Options, warnings: &mut Warnings) -> Result<(Connection, Stream)> {
        let place = stream::place(options).map_err(Problem::into_error)?;
        let stream = Stream { name: place.stream.to_owned(), arn: place.arn.map(str::to_owned) };
        let (region, endpoint) = (place.region.map(str::to_owned), place.endpoint.map(str::to_owned));
        let credentials = credentials(options, "aws.credentials.provider", warnings)?;
        Ok((Connection { region, endpoint, credentials }, stream))
    }
}

const PROVIDERS: &[&str] =
    &["AUTO", "BASIC", "PROFILE", "ENV_VAR", "SYS_PROP", "ASSUME_ROLE", "WEB_IDENTITY_TOKEN", "CUSTOM"];

/// Reads the provider named by option `provider`; of the base of a role it is `….role.provider`.
fn credentials(options: &Options, provider: &str, warnings: &mut Warnings) -> Result<Credentials> {
    let chosen = match provider {
        "aws.credentials.provider" => choice(options, provider, PROVIDERS)?,
        _ => detail_name(options, "role.provider")?.map_or(Ok(None), |name| choice(options, name, PROVIDERS))?,
    };
    let is_base = provider != "aws.credentials.provider";
    let chosen = chosen.unwrap_or("AUTO");
    let detail = |name: &str| -> Result<Option<String>> {
        Ok(detail_name(options, name)?.and_then(|name| options.text(name)).map(str::to_owned))
    };
    let needed = |name: &str| {
        detail(name)?.filter(|value| !value.is_empty()).ok_or_else(|| {
            usage(format!("'{provider}' = '{chosen}' needs the option 'aws.credentials.provider.{name}'"))
        })
    };
    let credentials = match chosen {
        "AUTO" => Credentials::Auto,
        "BASIC" => Credentials::Basic { key: needed("basic.accesskeyid")?, secret: needed("basic.secretkey")? },
        "PROFILE" => Credentials::Profile { name: detail("profile.name")?, path: detail("profile.path")? },
        "ENV_VAR" => Credentials::EnvironmentVariables,
        "ASSUME_ROLE" if is_base => {
            return Err(usage(
                "a role that is assumed by a role is not supported in options; \
                 describe the chain in a profile and use PROFILE",
            ));
        }
        "ASSUME_ROLE" => Credentials::AssumeRole(Box::new(Role {
            arn: needed("role.arn")?,
            session: detail("role.sessionName")?,
            external_id: detail("role.externalId")?,
            sts_endpoint: detail("role.stsEndpoint")?,
            provider: credentials(options, "aws.credentials.provider.role.provider", warnings)?,
        })),
        "WEB_IDENTITY_TOKEN" => Credentials::WebIdentityToken {
            role: detail("role.arn")?,
            session: detail("role.sessionName")?,
            file: detail("webIdentityToken.file")?,
        },
        "SYS_PROP" => {
            return Err(usage(format!(
                "'{provider}' = 'SYS_PROP' reads Java's system properties, which there are none of; \
                 use ENV_VAR (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) or AUTO"
            )));
        }
        _ => {
            return Err(usage(format!(
                "'{provider}' = 'CUSTOM' names a Java class, which cannot be used here; use AUTO, PROFILE or ASSUME_ROLE"
            )));
        }
    };
    if !is_base {
        warn_of_unused(options, &credentials, warnings);
    }
    Ok(credentials)
}

/// The documentation's spelling of a detail, and the one of Flink's code.
fn detail_name<'a>(options: &'a Options, detail: &str) -> Result<Option<&'a str>> {
    let long = format!("aws.credentials.provider.{detail}");
    let short = format!("aws.credentials.{detail}");
    either(options, &long, &short, |name| Ok(options.text(name)))?;
    Ok(options.iter().map(|(name, _)| name).find(|name| *name == long || *name == short))
}

/// Details of a provider that was not chosen are most likely a mistake.
fn warn_of_unused(options: &Options, credentials: &Credentials, warnings: &mut Warnings) {
    let base = match credentials {
        Credentials::AssumeRole(role) => Some(&role.provider),
        _ => None,
    };
    let uses = |group: &str| {
        let by = |credentials: &Credentials| match credentials {
            Credentials::Basic { .. } => group == "basic",
            Credentials::Profile { .. } => group == "profile",
            Credentials::AssumeRole(_) => group == "role",
            Credentials::WebIdentityToken { .. } => matches!(group, "role" | "webIdentityToken"),
            Credentials::Auto | Credentials::EnvironmentVariables => false,
        };
        by(credentials) || base.is_some_and(by)
    };
    for (name, _) in options.iter() {
        let Some(detail) = name.strip_prefix("aws.credentials.") else { continue };
        let detail = detail.strip_prefix("provider.").unwrap_or(detail);
        let group = detail.split('.').next().unwrap_or(detail);
        if detail != "provider" && !uses(group) {
            warnings.push(format!("option '{name}' has no effect with 'aws.credentials.provider' = '{credentials:?}'"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<const N: usize>(options: [(&str, &str); N]) -> Result<(Connection, Stream)> {
        Connection::read(&Options::new(options), &mut Warnings::new())
    }

    fn refusal<const N: usize>(options: [(&str, &str); N]) -> String {
        read(options).unwrap_err().to_string()
    }

    #[test]
    fn a_stream_is_named_in_one_of_two_ways() {
        let (connection, stream) = read([("stream", "input"), ("aws.region", "eu-west-1")]).unwrap();
        assert_eq!((stream.name.as_str(), stream.arn), ("input", None));
        assert_eq!(connection.region.as_deref(), Some("eu-west-1"));

        let arn = "arn:aws:kinesis:us-east-2:123456789012:stream/input";
        let (connection, stream) = read([("stream.arn", arn)]).unwrap();
        assert_eq!((stream.name.as_str(), stream.arn.as_deref()), ("input", Some(arn)));
        assert_eq!(connection.region.as_deref(), Some("us-east-2"));

        assert!(refusal([]).contains("'stream' (a name) or 'stream.arn' is missing"));
        assert!(refusal([("stream", "a"), ("stream.arn", arn)]).contains("keep one of them"));
        assert!(refusal([("stream", arn)]).contains("write it as 'stream.arn'"));
        assert!(refusal([("stream.arn", "input")]).contains("expected 'arn:aws:kinesis:"));
        assert!(refusal([("stream", "my stream")]).contains("1 to 128 letters"));
        assert!(refusal([("stream.arn", arn), ("aws.region", "us-east-1")]).contains("the ARN of the stream says"));
    }

    #[test]
    fn credentials_are_read_in_both_spellings() {
        for prefix in ["aws.credentials.provider", "aws.credentials"] {
            let key = format!("{prefix}.basic.accesskeyid");
            let secret = format!("{prefix}.basic.secretkey");
            let options = [
                ("stream", "input"),
                ("aws.credentials.provider", "basic"),
                (key.as_str(), "AK"),
                (secret.as_str(), "SK"),
            ];
            let (connection, _) = read(options).unwrap();
            assert_eq!(connection.credentials, Credentials::Basic { key: "AK".into(), secret: "SK".into() });
            assert_eq!(format!("{:?}", connection.credentials), "BASIC", "secrets are not printed");
        }
        let missing = refusal([("stream", "input"), ("aws.credentials.provider", "BASIC")]);
        assert!(missing.contains("needs the option 'aws.credentials.provider.basic.accesskeyid'"), "{missing}");
    }

    #[test]
    fn a_role_is_assumed_with_the_credentials_of_a_base() {
        let options = [
            ("stream", "input"),
            ("aws.credentials.provider", "ASSUME_ROLE"),
            ("aws.credentials.provider.role.arn", "arn:aws:iam::1:role/r"),
            ("aws.credentials.provider.role.provider", "ENV_VAR"),
        ];
        let (connection, _) = read(options).unwrap();
        let Credentials::AssumeRole(role) = connection.credentials else { panic!("not a role") };
        assert_eq!((role.arn.as_str(), role.provider), ("arn:aws:iam::1:role/r", Credentials::EnvironmentVariables));
        assert!(refusal([("stream", "i"), ("aws.credentials.provider", "SYS_PROP")]).contains("ENV_VAR"));
        assert!(refusal([("stream", "i"), ("aws.credentials.provider", "CUSTOM")]).contains("Java class"));
        assert!(refusal([("stream", "i"), ("aws.credentials.provider", "MAGIC")]).contains("expected AUTO, BASIC"));
    }

    #[test]
    fn details_without_their_provider_are_warned_of() {
        let mut warnings = Warnings::new();
        let options = Options::new([("stream", "input"), ("aws.credentials.profile.name", "me")]);
        Connection::read(&options, &mut warnings).unwrap();
        assert_eq!(
            warnings,
            ["option 'aws.credentials.profile.name' has no effect with 'aws.credentials.provider' = 'AUTO'"]
        );
    }

    #[test]
    fn trusting_everybody_is_refused() {
        let refused = refusal([("stream", "input"), ("aws.trust.all.certificates", "true")]);
        assert!(refused.contains("certificates are always checked"), "{refused}");
        assert!(refusal([("stream", "input"), ("aws.endpoint", "127.0.0.1:4567")]).contains("expected a URL"));
    }
}
