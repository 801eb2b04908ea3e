//! Whose a place in a bucket is.
//!
//! Nothing in a bucket can be locked, and nobody knows there who is still alive. Whoever begins to keep checkpoints in a
//! place leaves a mark in it, and looks before and after every manifest whether it is still there. So the process that
//! was started last has the place, as it must be where a new one replaces one that cannot be reached any more; and the
//! other one ends at its next checkpoint, before anything that belongs to it becomes visible.

use crate::store::Bucket;
use bytes::Bytes;
use object_store::{Error as StoreError, ObjectStoreExt, PutPayload};
use sqlc_runtime::error::{Error, ErrorKind, Result};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, PoisonError};

/// The object with the mark.
pub const MARK: &str = ".owner";

impl Bucket {
    /// Leaves our mark; answers a warning if somebody else's was there.
    pub fn claim(&self) -> Result<Option<String>> {
        let mut claimed = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        let found = self.find_mark()?;
        let mark = Bytes::from(mark());
        let (store, key, payload) = (Arc::clone(&self.store), self.key(MARK)?, PutPayload::from(mark.clone()));
        let put = self.background.wait(async move { store.put(&key, payload).await })?;
        put.map_err(|error| self.place.failed("write", MARK, &error))?;
        *claimed = Some(mark);
        let warning = |found| {
            let who = text(found);
            format!("{who} has not given {} up: if it still runs, it ends at its next checkpoint", self.place.location)
        };
        Ok(found.as_ref().map(warning))
    }

    /// Takes our mark away, unless it is no longer ours.
    pub fn release(&self) -> Result<()> {
        let mut claimed = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mark) = claimed.take() else { return Ok(()) };
        if self.find_mark()?.is_some_and(|found| found == mark) {
            let (store, key) = (Arc::clone(&self.store), self.key(MARK)?);
            match self.background.wait(async move { store.delete(&key).await })? {
                Ok(()) | Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(self.place.failed("remove", MARK, &error)),
            }
        }
        Ok(())
    }

    /// Whether this process has claimed the place.
    pub fn is_claimed(&self) -> bool {
        self.mark.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// An error that stays if somebody else has claimed the place since we have.
    pub fn check_claim(&self) -> Result<()> {
        let claimed = self.mark.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mark) = &*claimed else { return Ok(()) };
        let found = self.find_mark()?;
        if found.as_ref() == Some(mark) {
            return Ok(());
        }
        let location = &self.place.location;
        let message = match &found {
            Some(found) => format!("{} keeps its checkpoints in {location} now", text(found)),
            None => format!("somebody has removed the mark of this application from {location}"),
        };
        let message = format!("{message}: this one ends, so that nothing is written twice; give each its own place");
        Err(Error::new(ErrorKind::Usage, message).lasting())
    }

    fn find_mark(&self) -> Result<Option<Bytes>> {
        let (store, key) = (Arc::clone(&self.store), self.key(MARK)?);
        match self.background.wait(async move { store.get(&key).await?.bytes().await })? {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.place.failed("read", MARK, &error)),
        }
    }
}

/// `process 4242 on worker-7`, and on another line what tells it apart from all others.
fn mark() -> String {
    let host = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let host = host.or_else(|| std::fs::read_to_string("/etc/hostname").ok()).unwrap_or_default();
    let on = match host.trim() {
        "" => String::new(),
        host => format!(" on {host}"),
    };
    let mut unique = 0;
    for part in 0..2 {
        // Hash states are random.
        unique = unique << 64 | u128::from(RandomState::new().hash_one(part));
    }
    format!("process {}{on}\n{unique:032x}\n", std::process::id())
}

/// Who has left a mark.
fn text(mark: &Bytes) -> String {
    let text = String::from_utf8_lossy(mark);
    let line = text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(100);
    format!("another application ({})", line.collect::<String>())
}
