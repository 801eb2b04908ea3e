//! A bucket, or what stands behind a prefix in it, as a storage.

use crate::background::Background;
use crate::claim::MARK;
use crate::config::Config;
use crate::failure::{Where, ended};
use crate::http::{Connector, Http};
use crate::reader::ObjectReader;
use crate::upload::Upload;
use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::list::{PaginatedListOptions, PaginatedListStore};
use object_store::path::Path;
use object_store::{BackoffConfig, Error as StoreError, ObjectStoreExt, RetryConfig};
use sqlc_runtime::checkpoint::{Listed, Object, Storage, failed};
use sqlc_runtime::error::{Error, ErrorKind, Result};
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many parts of uploads are on their way at a time, whatever they belong to: this bounds their memory.
const PARTS_AT_A_TIME: usize = 8;

/// Objects in a bucket.
pub struct S3Storage {
    bucket: Arc<Bucket>,
}

/// What everything that belongs to a storage shares.
pub struct Bucket {
    pub store: Arc<AmazonS3>,
    pub background: Background,
    pub place: Where,
    prefix: String,
    /// What this process has left in the place that it has claimed.
    pub mark: Mutex<Option<Bytes>>,
    /// Parts that may still be sent.
    pub slots: Arc<Semaphore>,
}

impl S3Storage {
    pub fn open(config: &Config) -> Result<S3Storage> {
        let http = Http::new(config.is_plain());
        let http = http.map_err(|error| failed("find", "the system's certificates", &error))?;
        let is_plain = config.has_plain_endpoint();
        let region = config.region.clone().unwrap_or_else(|| "us-east-1".to_owned());
        let retry = RetryConfig {
            backoff: BackoffConfig { max_backoff: Duration::from_secs(2), ..BackoffConfig::default() },
            max_retries: usize::MAX,
            retry_timeout: config.patience,
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&config.bucket)
            .with_region(&region)
            .with_virtual_hosted_style_request(!config.path_style)
            .with_allow_http(is_plain)
            // Over TLS nothing changes on the way; the files have checksums besides.
            .with_unsigned_payload(!is_plain)
            .with_retry(retry)
            .with_http_connector(Connector(http));
        for (name, value) in &config.variables {
            if let Ok(key) = name.parse::<AmazonS3ConfigKey>() {
                builder = builder.with_config(key, value);
            }
        }
        if let Some(endpoint) = &config.endpoint {
            let (scheme, host) = endpoint.split_once("://").unwrap_or(("https", endpoint));
            builder = builder.with_endpoint(match config.path_style {
                true => endpoint.clone(),
                false => format!("{scheme}://{}.{host}", config.bucket),
            });
        }
        if let Some(keys) = &config.keys {
            builder = builder.with_access_key_id(&keys.access_key).with_secret_access_key(&keys.secret_key);
            builder = match &keys.session_token {
                Some(token) => builder.with_token(token),
                None => builder,
            };
        }
        let location = match config.prefix.as_str() {
            "" => format!("s3://{}", config.bucket),
            prefix => format!("s3://{}/{prefix}", config.bucket),
        };
        let place = Where { location, bucket: config.bucket.clone(), endpoint: config.endpoint.clone(), region };
        let store = builder.build().map_err(|error| {
            let message = format!("cannot use {}: {error}", place.location);
            Error::new(ErrorKind::Usage, message)
        })?;
        let bucket = Bucket {
            store: Arc::new(store),
            background: Background::start()?,
            place,
            prefix: config.prefix.clone(),
            mark: Mutex::new(None),
            slots: Arc::new(Semaphore::new(PARTS_AT_A_TIME)),
        };
        Ok(S3Storage { bucket: Arc::new(bucket) })
    }
}

impl Bucket {
    /// The key of an object in the bucket.
    pub fn key(&self, name: &str) -> Result<Path> {
        let key = match self.prefix.as_str() {
            "" => name.to_owned(),
            prefix => format!("{prefix}/{name}"),
        };
        Path::parse(&key).map_err(|error| {
            let message = format!("'{key}' cannot be the name of an object: {error}");
            Error::new(ErrorKind::Usage, message)
        })
    }

    fn list(&self, prefix: &str, at_most: Option<usize>) -> Result<Vec<Listed>> {
        let root = if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        let full = format!("{root}{prefix}");
        let store = Arc::clone(&self.store);
        let found = self.background.wait(async move {
            let full = Some(full.as_str()).filter(|full| !full.is_empty());
            let mut objects = Vec::new();
            let mut page_token = None;
            loop {
                let options = PaginatedListOptions { page_token, max_keys: at_most, ..PaginatedListOptions::default() };
                let page = store.list_paginated(full, options).await?;
                objects.extend(page.result.objects);
                page_token = page.page_token;
                if page_token.is_none() || at_most.is_some() {
                    return Ok(objects);
                }
            }
        })?;
        let objects = found.map_err(|error: StoreError| self.place.failed("list", prefix, &error))?;
        let listed = objects.into_iter().filter_map(|object| {
            let name = object.location.as_ref().strip_prefix(root.as_str())?.to_owned();
            (name != MARK).then_some(Listed { name, size: object.size })
        });
        let mut listed: Vec<Listed> = listed.collect();
        listed.sort();
        Ok(listed)
    }
}

impl Storage for S3Storage {
    fn location(&self) -> String {
        self.bucket.place.location.clone()
    }

    /// Looks whether the bucket is there and answers us, and leaves our mark. From now on files of checkpoints are written only
    /// where there are none: what another process writes that does not know yet that it was replaced fails, or ours does,
    /// and the next checkpoint has another number. Parts of uploads that died stay hidden, and cost money, until a rule
    /// of the bucket removes them (`AbortIncompleteMultipartUpload`).
    fn claim(&self) -> Result<Vec<String>> {
        self.bucket.list("", Some(1))?;
        Ok(self.bucket.claim()?.into_iter().collect())
    }

    fn check_claim(&self) -> Result<()> {
        self.bucket.check_claim()
    }

    fn release(&self) -> Result<()> {
        self.bucket.release()
    }

    fn create(&self, name: &str) -> Result<Box<dyn Object>> {
        Ok(Box::new(Upload::new(Arc::clone(&self.bucket), name)?))
    }

    fn open(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>> {
        let key = self.bucket.key(name)?;
        let (store, asked) = (Arc::clone(&self.bucket.store), key.clone());
        match self.bucket.background.wait(async move { store.head(&asked).await })? {
            Ok(meta) => {
                let reader = ObjectReader::new(Arc::clone(&self.bucket), name.to_owned(), key, meta.size);
                Ok(Some(Box::new(reader)))
            }
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.bucket.place.failed("read", name, &error)),
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<Listed>> {
        self.bucket.list(prefix, None)
    }

    fn delete(&self, name: &str) -> Result<()> {
        let key = self.bucket.key(name)?;
        let store = Arc::clone(&self.bucket.store);
        match self.bucket.background.wait(async move { store.delete(&key).await })? {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.bucket.place.failed("remove", name, &error)),
        }
    }
}

/// What a task that was spawned has answered.
pub fn joined<T>(answer: Result<T, tokio::task::JoinError>) -> Result<T> {
    answer.map_err(|_| ended())
}
