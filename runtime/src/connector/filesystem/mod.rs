//! The `filesystem` connector: lines of files, and files of lines.
//!
//! A file is a split: one worker reads it from its first line to its last, and workers take the files in the
//! order of their paths. What a line means is left to the table's format. See
//! <https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/table/filesystem/>.

mod discover;
mod sink;
mod source;

use super::{Connector, ConnectorContext, Reader, Sink, TableConfig};
use crate::error::{Error, ErrorKind, Result};
use std::path::{Path, PathBuf};

pub struct Filesystem;

impl Connector for Filesystem {
    fn name(&self) -> &'static str {
        "filesystem"
    }

    fn open_source(&self, table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Reader>>> {
        source::open(table, context)
    }

    fn open_sink(&self, table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Sink>>> {
        sink::open(table, context)
    }
}

/// The table's `path` as a path of this machine.
fn local_path(table: &TableConfig) -> Result<PathBuf> {
    let path = table.options.required("path")?;
    let local = match path.split_once("://") {
        // `file:///a` and `file://localhost/a` name the same.
        Some(("file", rest)) => rest.strip_prefix("localhost").unwrap_or(rest),
        Some((scheme, _)) => {
            let message = format!("'path' is '{path}', but '{scheme}://' is not supported: only local files are");
            return Err(Error::new(ErrorKind::Usage, message));
        }
        None => path.strip_prefix("file:").unwrap_or(path),
    };
    Ok(PathBuf::from(local))
}

/// An error of the operating system, about a path.
#[cold]
fn failed(doing: &str, path: &Path, error: &std::io::Error) -> Error {
    use std::io::ErrorKind as Io;
    let kind = match error.kind() {
        Io::NotFound => ErrorKind::Resource,
        Io::PermissionDenied => ErrorKind::Permission,
        _ => ErrorKind::Io,
    };
    Error::new(kind, format!("cannot {doing} {}: {error}", path.display()))
}
