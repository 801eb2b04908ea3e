//! The `filesystem` connector: lines of files, and files of lines.
//!
//! A file is a split: one worker reads it from its first line to its last, and workers take the files in the
//! order of their paths, each the next one when it has finished its last. A file is never shared between workers,
//! which would change the order of its rows; so the work of N workers is balanced if there are N files of much the
//! same size, or many. Files that one worker reads one after the other are one stream: rows of a later file that are
//! behind the watermark of an earlier one are late, as in Flink. What a line means is left to the table's format. See
//! <https://nightlies.apache.org/flink/flink-docs-stable/docs/connectors/table/filesystem/>.

mod discover;
mod files;
mod pipe;
mod position;
mod sink;
mod source;

use super::options::{self, Problem};
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

    fn settle(&self, table: &str, prepared: &[String]) -> Result<bool> {
        sink::settle(table, prepared)
    }
}

/// The table's `path` as a path of this machine.
fn local_path(table: &TableConfig) -> Result<PathBuf> {
    Ok(PathBuf::from(options::local_path(&table.options).map_err(Problem::into_error)?))
}

/// An error of the operating system, about a path.
#[cold]
fn failed(doing: &str, path: &Path, error: &std::io::Error) -> Error {
    use std::io::ErrorKind as Io;
    let kind = match error.kind() {
        Io::NotFound | Io::NotADirectory => ErrorKind::Resource,
        Io::PermissionDenied | Io::ReadOnlyFilesystem => ErrorKind::Permission,
        _ => ErrorKind::Io,
    };
    Error::new(kind, format!("cannot {doing} {}: {error}", path.display()))
}
