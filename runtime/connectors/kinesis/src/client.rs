//! The SDK's client for one stream: made once for all tables that talk to the same place as the same user.

use crate::clock::ServiceClock;
use crate::config::{Connection, Credentials, Role, Stream};
use crate::failure::{Failure, Place};
use crate::source::HashRange;
use crate::world::World;
use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::web_identity_token::{StaticConfiguration, WebIdentityTokenCredentialsProvider};
use aws_config::{BehaviorVersion, ConfigLoader, Region};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_kinesis::operation::list_shards::ListShardsOutput;
use aws_sdk_kinesis::types::HashKeyRange;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use sqlc_runtime::error::{Error, ErrorKind, Result};
use sqlc_runtime::time::Clock;
use sqlc_runtime::value::Timestamp;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A call without an answer for this long is given up and repeated.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// A stream, and how to reach it.
#[derive(Clone)]
pub(crate) struct StreamClient {
    pub api: Client,
    pub stream: Stream,
    pub place: Place,
    pub world: World,
    clock: ServiceClock,
}

/// A shard as ListShards tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shard {
    pub id: String,
    pub parents: Vec<String>,
    pub open: bool,
    /// The hash keys of its records.
    pub range: Option<HashRange>,
    /// The sequence number with which it begins, if that is told.
    pub began: Option<String>,
}

/// The service writes hash keys as decimal numbers.
pub(crate) fn hash_range(range: Option<&HashKeyRange>) -> Option<HashRange> {
    let range = range?;
    Some(HashRange { start: range.starting_hash_key.parse().ok()?, end: range.ending_hash_key.parse().ok()? })
}

impl StreamClient {
    /// Finds region and credentials; makes no call to Kinesis itself.
    pub fn connect(world: World, connection: &Connection, stream: Stream) -> Result<StreamClient> {
        let (api, region, clock) = match &world {
            World::Real(runtime) => runtime.block_on(client(connection))?,
            World::Simulated(simulated) => {
                let clock = ServiceClock::new(simulated.clock());
                (simulated.client(|config| config.interceptor(clock.clone())), "simulated".to_owned(), clock)
            }
        };
        let endpoint = connection.endpoint.clone().or_else(endpoint_of_environment);
        let place = Place { stream: stream.name.clone(), region, endpoint };
        Ok(StreamClient { api, stream, place, world, clock })
    }

    /// What time it is for the service.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// For how long the stream keeps records, if we may know.
    pub async fn retention(&self) -> Option<Duration> {
        let call = self.api.describe_stream_summary().set_stream_name(self.name()).set_stream_arn(self.arn());
        let summary = self.answered(CALL_TIMEOUT, call.send()).await.ok()?.stream_description_summary?;
        u64::try_from(summary.retention_period_hours).ok().map(|hours| Duration::from_secs(hours * 3600))
    }

    /// The stream's name, unless it is addressed by its ARN.
    pub fn name(&self) -> Option<String> {
        self.stream.arn.is_none().then(|| self.stream.name.clone())
    }

    pub fn arn(&self) -> Option<String> {
        self.stream.arn.clone()
    }

    /// Every shard of the stream, page by page.
    pub async fn list_shards(&self) -> Result<Vec<Shard>, Failure> {
        let mut shards = Vec::new();
        let mut page = self.list_shards_page(None).await?;
        loop {
            shards.extend(page.shards.unwrap_or_default().into_iter().map(|shard| Shard {
                open: shard.sequence_number_range.as_ref().is_none_or(|range| range.ending_sequence_number.is_none()),
                began: shard.sequence_number_range.map(|range| range.starting_sequence_number),
                parents: shard.parent_shard_id.into_iter().chain(shard.adjacent_parent_shard_id).collect(),
                range: hash_range(shard.hash_key_range.as_ref()),
                id: shard.shard_id,
            }));
            match page.next_token {
                Some(token) => page = self.list_shards_page(Some(token)).await?,
                None => return Ok(shards),
            }
        }
    }

    /// The first page, or the one that a token of the page before stands for.
    pub async fn list_shards_page(&self, token: Option<String>) -> Result<ListShardsOutput, Failure> {
        let call = self.api.list_shards().max_results(1000);
        let call = match token {
            Some(token) => call.next_token(token),
            None => call.set_stream_name(self.name()).set_stream_arn(self.arn()),
        };
        self.answered(CALL_TIMEOUT, call.send()).await
    }

    /// Waits for the answer to a call, for so long at most.
    pub async fn answered<T, E>(
        &self,
        longest: Duration,
        call: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
    ) -> Result<T, Failure>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match self.world.timeout(longest, call).await {
            Some(answer) => answer.map_err(|error| Failure::new(&error)),
            None => Err(Failure::timeout()),
        }
    }
}

type Connected = (Connection, Client, String, ServiceClock);

async fn client(connection: &Connection) -> Result<(Client, String, ServiceClock)> {
    static CLIENTS: Mutex<Vec<Connected>> = Mutex::new(Vec::new());
    let known = |clients: &Vec<Connected>| {
        let found = clients.iter().find(|(known, ..)| known == connection);
        found.map(|(_, client, region, clock)| (client.clone(), region.clone(), clock.clone()))
    };
    if let Some(found) = known(&CLIENTS.lock().unwrap_or_else(PoisonError::into_inner)) {
        return Ok(found);
    }
    let endpoint = connection.endpoint.clone().or_else(endpoint_of_environment);
    let region = region(connection, endpoint.is_some()).await?;
    let mut loader = loader(&region);
    // Calls are repeated by source and sink, which know what else they have to wait for.
    loader = loader.retry_config(RetryConfig::disabled());
    if let Some(endpoint) = &connection.endpoint {
        loader = loader.endpoint_url(endpoint);
    }
    let is_local = endpoint.as_deref().is_some_and(is_loopback);
    if let Some(provider) = credentials(&connection.credentials, &region, is_local).await {
        loader = loader.credentials_provider(provider);
    }
    let clock = ServiceClock::new(Clock::system());
    let config = aws_sdk_kinesis::config::Builder::from(&loader.load().await).interceptor(clock.clone()).build();
    let client = Client::from_conf(config);
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let region = region.to_string();
    clients.push((connection.clone(), client.clone(), region.clone(), clock.clone()));
    Ok((client, region, clock))
}

fn loader(region: &Region) -> ConfigLoader {
    let timeouts = TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).build();
    aws_config::defaults(BehaviorVersion::latest()).region(region.clone()).timeout_config(timeouts)
}

/// The endpoint that the environment puts in the place of the region's.
fn endpoint_of_environment() -> Option<String> {
    ["AWS_ENDPOINT_URL_KINESIS", "AWS_ENDPOINT_URL"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|url| !url.is_empty()))
}

fn is_loopback(endpoint: &str) -> bool {
    let host = endpoint.split("://").nth(1).unwrap_or(endpoint);
    ["127.0.0.1", "localhost", "[::1]"]
        .iter()
        .any(|local| host.strip_prefix(local).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/'])))
}

/// The option's or the ARN's region, or the usual chain.
async fn region(connection: &Connection, has_endpoint: bool) -> Result<Region> {
    if let Some(region) = &connection.region {
        return Ok(Region::new(region.clone()));
    }
    let mut profile = ProfileFileRegionProvider::builder();
    if let Credentials::Profile { name: Some(name), .. } = &connection.credentials {
        profile = profile.profile_name(name);
    }
    let chain = RegionProviderChain::first_try(EnvironmentVariableRegionProvider::new()).or_else(profile.build());
    let chain = if has_endpoint {
        // The endpoint says where the stream is; a region is only needed to sign the calls.
        chain.or_else(Region::from_static("us-east-1"))
    } else {
        chain.or_else(ImdsRegionProvider::builder().build())
    };
    chain.region().await.ok_or_else(|| {
        Error::new(
            ErrorKind::Usage,
            "in which region is the stream? Set 'aws.region', AWS_REGION or a profile's region",
        )
    })
}

/// What `aws.credentials.provider` says; nothing if the SDK's own chain is to be used.
async fn credentials(credentials: &Credentials, region: &Region, is_local: bool) -> Option<SharedCredentialsProvider> {
    match credentials {
        // A service on this machine checks no credentials, but calls must be signed with some. A profile is
        // not asked, which may want to talk to AWS first.
        Credentials::Auto if is_local => {
            let local = aws_credential_types::Credentials::new("local", "local", None, None, "local");
            let chain =
                CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new())
                    .or_else("Local", local);
            Some(SharedCredentialsProvider::new(chain))
        }
        Credentials::Auto => None,
        Credentials::AssumeRole(role) => Some(assumed(role, region).await),
        simple => Some(simple_credentials(simple, region)),
    }
}

/// Credentials that need no others.
fn simple_credentials(credentials: &Credentials, region: &Region) -> SharedCredentialsProvider {
    // Profiles and tokens lead to roles, which are assumed in a region.
    let here = ProviderConfig::without_region().with_region(Some(region.clone()));
    match credentials {
        Credentials::Basic { key, secret } => SharedCredentialsProvider::new(aws_credential_types::Credentials::new(
            key,
            secret,
            None,
            None,
            "aws.credentials.provider.basic",
        )),
        Credentials::Profile { name, path } => {
            let mut provider = ProfileFileCredentialsProvider::builder().configure(&here);
            if let Some(name) = name {
                provider = provider.profile_name(name);
            }
            if let Some(path) = path {
                let files = EnvConfigFiles::builder().with_file(EnvConfigFileKind::Credentials, path);
                provider = provider.profile_files(files.include_default_config_file(true).build());
            }
            SharedCredentialsProvider::new(provider.build())
        }
        Credentials::WebIdentityToken { role, session, file } => {
            let mut provider = WebIdentityTokenCredentialsProvider::builder().configure(&here);
            if let (Some(role), Some(file)) = (role, file) {
                provider = provider.static_configuration(StaticConfiguration {
                    web_identity_token_file: file.into(),
                    role_arn: role.clone(),
                    session_name: session.clone().unwrap_or_else(|| "sqlc".to_owned()),
                });
            }
            SharedCredentialsProvider::new(provider.build())
        }
        Credentials::EnvironmentVariables | Credentials::Auto | Credentials::AssumeRole(_) => {
            SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
        }
    }
}

/// Credentials of a role, assumed by those of its base.
async fn assumed(role: &Role, region: &Region) -> SharedCredentialsProvider {
    let mut base = loader(region);
    if role.provider != Credentials::Auto {
        base = base.credentials_provider(simple_credentials(&role.provider, region));
    }
    if let Some(endpoint) = &role.sts_endpoint {
        base = base.endpoint_url(endpoint);
    }
    let mut provider = AssumeRoleProvider::builder(&role.arn)
        .session_name(role.session.as_deref().unwrap_or("sqlc"))
        .region(region.clone())
        .configure(&base.load().await);
    if let Some(external_id) = &role.external_id {
        provider = provider.external_id(external_id);
    }
    SharedCredentialsProvider::new(provider.build().await)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        for local in ["http://127.0.0.1:4567", "http://localhost", "https://[::1]:1/"] {
            assert!(is_loopback(local), "{local}");
        }
        for remote in ["http://127.0.0.1.example.com", "https://kinesis.us-east-1.amazonaws.com"] {
            assert!(!is_loopback(remote), "{remote}");
        }
    }
}
