//! Where checkpoints are kept.

use crate::error::Result;
use std::io::{Read, Write};

/// A place for named objects: a folder, or a bucket. Names are paths with `/`, relative to the place.
///
/// Every method may wait for the network, so workers never call them. An error of kind
/// [`Resource`](crate::error::ErrorKind::Resource) may be gone the next time.
pub trait Storage: Send + Sync {
    /// Where this is, for messages: the folder, or the URL.
    fn location(&self) -> String;

    /// Begins an object. It is there, as a whole, once it is [complete](Object::complete).
    fn create(&self, name: &str) -> Result<Box<dyn Object>>;

    /// Reads an object; `None` if there is none of that name.
    fn open(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>>;

    /// The names of all objects whose names begin with `prefix`, in order.
    fn list(&self, prefix: &str) -> Result<Vec<String>>;

    /// Removes an object. One that is not there is no error.
    fn delete(&self, name: &str) -> Result<()>;
}

/// An object that is being written. What is dropped before it is complete was never there.
pub trait Object: Write + Send {
    /// Makes it an object of the storage that outlives the process and the machine, in place of any of the same name.
    fn complete(self: Box<Self>) -> Result<()>;
}
