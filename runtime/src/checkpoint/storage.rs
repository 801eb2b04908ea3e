//! Where checkpoints are kept.

use crate::error::{Error, ErrorKind, Result};
use std::fmt::Display;
use std::io::{self, Read, Write};

/// A place for named objects: a folder, or a bucket. Names are paths with `/`, relative to the place.
///
/// Every method may wait for the network, so workers never call them. An error of kind
/// [`Resource`](ErrorKind::Resource) or [`Io`](ErrorKind::Io) may be gone the next time.
pub trait Storage: Send + Sync {
    /// Where this is, for messages: the folder, or the URL.
    fn location(&self) -> String;

    /// Makes this process the one that writes checkpoints here, until [`release`](Storage::release) or its end, and
    /// removes what processes that died have left half-written. Answers what the user should be warned of. An error of
    /// kind [`Usage`](ErrorKind::Usage) if another process has claimed it.
    ///
    /// A place that is only read, or only gets savepoints, need not be claimed.
    fn claim(&self) -> Result<Vec<String>>;

    /// Whether what was claimed is still this process's, or was never claimed: asked before an attempt goes on from a
    /// checkpoint, since sinks then undo what came behind it. Nobody takes what is locked.
    fn check_claim(&self) -> Result<()> {
        Ok(())
    }

    /// Gives the claim up, and leaves no empty folder behind if nothing is kept here.
    fn release(&self) -> Result<()>;

    /// Begins an object. It is there, as a whole, once it is [complete](Object::complete).
    fn create(&self, name: &str) -> Result<Box<dyn Object>>;

    /// Reads an object; `None` if there is none of that name.
    fn open(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>>;

    /// All objects whose names begin with `prefix`, in order of their names. `chk-` and `chk-000042/` are prefixes.
    fn list(&self, prefix: &str) -> Result<Vec<Listed>>;

    /// Removes an object. One that is not there is no error.
    fn delete(&self, name: &str) -> Result<()>;
}

/// An object of a storage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    pub name: String,
    /// Bytes.
    pub size: u64,
}

/// An object that is being written. What is dropped before it is complete was never there.
///
/// Whoever writes does so in large pieces: nothing is gathered on the way.
pub trait Object: Write + Send {
    /// Makes it an object of the storage that outlives the process and the machine, in place of any of the same name. A
    /// place that is claimed but cannot be locked refuses to replace what another process has written of a checkpoint. A
    /// [lasting](Error::is_lasting) error says that another process has claimed the place in the meantime.
    fn complete(self: Box<Self>) -> Result<()>;
}

/// What has failed, where: `cannot write /data/chk-000042/worker-0.state: No space left on device`. An [`Error`] that
/// a storage has wrapped keeps its kind and words.
#[cold]
pub fn failed(doing: &str, what: impl Display, error: &io::Error) -> Error {
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        return inner.clone();
    }
    let kind = match error.kind() {
        io::ErrorKind::NotFound => ErrorKind::Resource,
        io::ErrorKind::PermissionDenied => ErrorKind::Permission,
        _ => ErrorKind::Io,
    };
    Error::new(kind, format!("cannot {doing} {what}: {error}"))
}
