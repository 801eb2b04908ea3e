//! An object on its way into the bucket: at once if it is small, in parts if it is large. It is there when it is
//! complete, and not before.

use crate::failure::ended;
use crate::store::{Bucket, joined};
use bytes::Bytes;
use object_store::path::Path;
use object_store::{Error as StoreError, MultipartUpload, ObjectStore, ObjectStoreExt, PutMode, PutPayload};
use sqlc_runtime::checkpoint::Object;
use sqlc_runtime::error::{Error, ErrorKind, Result};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// How large a part is at first. S3 takes 10,000 of them, of at least 5 MiB.
const PART: usize = 8 << 20;
/// After how many parts they become four times as large, so that 300 GB fit.
const SMALL_PARTS: usize = 1_000;

type Part = JoinHandle<object_store::Result<()>>;

pub struct Upload {
    bucket: Arc<Bucket>,
    name: String,
    key: Path,
    buffer: Vec<u8>,
    /// Begun with the first part.
    multipart: Option<Box<dyn MultipartUpload>>,
    parts: VecDeque<Part>,
    begun: usize,
    /// How many bytes the parts have.
    size: u64,
}

impl Upload {
    pub fn new(bucket: Arc<Bucket>, name: &str) -> Result<Upload> {
        let key = bucket.key(name)?;
        let (name, buffer) = (name.to_owned(), Vec::new());
        Ok(Upload { bucket, name, key, buffer, multipart: None, parts: VecDeque::new(), begun: 0, size: 0 })
    }

    #[cold]
    fn failed(&self, error: &StoreError) -> Error {
        self.bucket.place.failed("write", &self.name, error)
    }

    /// Sends what is in the buffer as a part, as soon as there is room for one.
    fn send_part(&mut self) -> Result<()> {
        while self.parts.front().is_some_and(JoinHandle::is_finished) {
            self.await_part()?;
        }
        if self.multipart.is_none() {
            let (store, key) = (Arc::clone(&self.bucket.store), self.key.clone());
            let begun = self.bucket.background.wait(async move { store.put_multipart(&key).await })?;
            self.multipart = Some(begun.map_err(|error| self.failed(&error))?);
        }
        let slots = Arc::clone(&self.bucket.slots);
        let slot = self.bucket.background.wait(slots.acquire_owned())?.map_err(|_| ended())?;
        self.size += self.buffer.len() as u64;
        let payload = PutPayload::from(Bytes::from(std::mem::take(&mut self.buffer)));
        let Some(multipart) = &mut self.multipart else { return Err(ended()) };
        let sending = multipart.put_part(payload);
        self.parts.push_back(self.bucket.background.spawn(async move {
            let sent = sending.await;
            drop(slot);
            sent
        }));
        self.begun += 1;
        Ok(())
    }

    /// Waits for the oldest part on its way.
    fn await_part(&mut self) -> Result<()> {
        let Some(part) = self.parts.pop_front() else { return Ok(()) };
        joined(self.bucket.background.wait(part)?)?.map_err(|error| self.failed(&error))
    }

    fn complete_parts(&mut self) -> Result<()> {
        if !self.buffer.is_empty() {
            self.send_part()?;
        }
        while !self.parts.is_empty() {
            self.await_part()?;
        }
        // Uploads in parts know no conditions: this leaves a moment between.
        if self.bucket.is_claimed() && self.is_there(None)? {
            return Err(self.taken());
        }
        let Some(mut multipart) = self.multipart.take() else { return Err(ended()) };
        let (multipart, completed) = self.bucket.background.wait(async move {
            let completed = multipart.complete().await;
            (multipart, completed)
        })?;
        match completed {
            Ok(_) => Ok(()),
            // The answer may have been lost: then there is no upload any more that could be completed, but the object.
            Err(StoreError::NotFound { .. } | StoreError::PermissionDenied { .. })
                if self.is_there(Some(self.size))? =>
            {
                Ok(())
            }
            Err(error) => {
                self.multipart = Some(multipart);
                Err(self.failed(&error))
            }
        }
    }

    /// Whether there is an object of this name, and this size if it matters.
    fn is_there(&self, size: Option<u64>) -> Result<bool> {
        let (store, key) = (Arc::clone(&self.bucket.store), self.key.clone());
        let found = self.bucket.background.wait(async move { store.head(&key).await })?;
        Ok(found.is_ok_and(|meta| size.is_none_or(|size| meta.size == size)))
    }

    /// Everything in one request.
    fn put(&mut self, mode: PutMode) -> Result<object_store::Result<()>> {
        let (store, key) = (Arc::clone(&self.bucket.store), self.key.clone());
        let payload = PutPayload::from(Bytes::from(self.buffer.clone()));
        self.bucket.background.wait(async move { store.put_opts(&key, payload, mode.into()).await.map(drop) })
    }

    /// Writes an object that must not be there yet.
    fn put_new(&mut self) -> Result<()> {
        match self.put(PutMode::Create)? {
            Ok(()) => Ok(()),
            // Whether it is there is then asked for first, which leaves a moment between.
            Err(error) if is_unknown(&error) => match self.is_ours()? {
                Some(false) => Err(self.taken()),
                Some(true) => Ok(()),
                None => self.put(PutMode::Overwrite)?.map_err(|error| self.failed(&error)),
            },
            // An answer may have been lost, and the request repeated.
            Err(StoreError::AlreadyExists { .. }) => match self.is_ours()? {
                Some(true) => Ok(()),
                _ => Err(self.taken()),
            },
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Whether the object that is there has the bytes of this one; `None` if there is none.
    fn is_ours(&self) -> Result<Option<bool>> {
        let (store, key) = (Arc::clone(&self.bucket.store), self.key.clone());
        let found = self.bucket.background.wait(async move { store.get(&key).await?.bytes().await })?;
        match found {
            Ok(bytes) => Ok(Some(bytes == self.buffer)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(&error)),
        }
    }

    #[cold]
    fn taken(&self) -> Error {
        let location = &self.bucket.place.location;
        let name = &self.name;
        Error::new(ErrorKind::Io, format!("cannot write {location}/{name}: another application has written it"))
    }
}

/// Whether the service does not know requests with conditions.
fn is_unknown(error: &StoreError) -> bool {
    matches!(error, StoreError::NotImplemented { .. }) || error.to_string().contains("<Code>NotImplemented</Code>")
}

impl Write for Upload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        let part = if self.begun < SMALL_PARTS { PART } else { 4 * PART };
        if self.buffer.len() >= part {
            self.send_part().map_err(io::Error::other)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Object for Upload {
    fn complete(mut self: Box<Self>) -> Result<()> {
        if self.multipart.is_some() {
            return self.complete_parts();
        }
        // What belongs to no single checkpoint is written again and again.
        let is_unique = self.name.contains('/');
        if !self.bucket.is_claimed() || !is_unique {
            self.bucket.check_claim()?;
            return self.put(PutMode::Overwrite)?.map_err(|error| self.failed(&error));
        }
        let is_manifest = self.name.ends_with("/manifest.json");
        if is_manifest {
            self.bucket.check_claim()?;
        }
        self.put_new()?;
        // Sinks commit when this has succeeded. Who has claimed the place in between has seen the manifest or made us fail.
        if is_manifest { self.bucket.check_claim() } else { Ok(()) }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        for part in &self.parts {
            part.abort();
        }
        if let Some(mut multipart) = self.multipart.take() {
            // Nobody waits for this. What it cannot remove, a rule of the bucket does.
            drop(self.bucket.background.spawn(async move { multipart.abort().await }));
        }
    }
}
