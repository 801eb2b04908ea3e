//! A location as users write it to the storage it names.

use super::folder::Folder;
use super::storage::Storage;
use crate::connector::options::Options;
use crate::error::{Error, ErrorKind, Result};
use std::sync::Arc;

/// A kind of storage that lives in a crate of its own, by the schemes of its URLs.
pub trait StorageScheme: Send + Sync {
    /// `["s3", "s3a"]`.
    fn schemes(&self) -> &'static [&'static str];

    /// Opens the storage that a URL names. What settings it knows has the names of Flink's file systems.
    fn open(&self, url: &str, settings: &Options) -> Result<Arc<dyn Storage>>;
}

/// Opens a location: a path, `file:///...`, or a URL of one of the linked schemes. Nothing is read or written yet.
pub fn open_storage(location: &str, linked: &[Box<dyn StorageScheme>], settings: &Options) -> Result<Arc<dyn Storage>> {
    let refused = |message: String| Err(Error::new(ErrorKind::Usage, message));
    if location.is_empty() {
        return refused("the place for checkpoints is empty, expected a folder or a URL".to_owned());
    }
    let Some(scheme) = scheme(location) else { return Ok(Arc::new(Folder::new(location))) };
    if let Some(linked) = linked.iter().find(|linked| linked.schemes().contains(&scheme.as_str())) {
        return linked.open(location, settings);
    }
    match scheme.as_str() {
        "file" => match local_path(&location["file:".len()..]) {
            Some(path) => Ok(Arc::new(Folder::new(path))),
            None => refused(format!("'{location}' names another machine: write file:///path for a folder of this one")),
        },
        _ if is_bucket(location) => refused(format!(
            "this application was built without S3 and cannot keep checkpoints in '{location}': \
             add SET 'execution.checkpointing.dir' = '{location}'; to the notebook and build it again"
        )),
        other => refused(format!(
            "checkpoints cannot be kept in '{location}': there is no storage for '{other}', use a folder or s3://bucket/path"
        )),
    }
}

/// Whether a location is in S3, or in whatever speaks S3.
pub fn is_bucket(location: &str) -> bool {
    scheme(location).is_some_and(|scheme| S3.contains(&scheme.as_str()))
}

/// The schemes of S3: Hadoop's names for the same are known to Flink's users.
const S3: [&str; 3] = ["s3", "s3a", "s3n"];

/// The scheme of a URL in lower case; `None` for a path. A path may contain a colon, but not `x://` or `file:/`.
fn scheme(location: &str) -> Option<String> {
    let (scheme, rest) = location.split_once(':')?;
    let begins = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    let is_scheme = begins && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let scheme = scheme.to_ascii_lowercase();
    (is_scheme && (rest.starts_with("//") || scheme == "file")).then_some(scheme)
}

/// The path in what follows `file:`; `None` if it is on another machine.
fn local_path(rest: &str) -> Option<&str> {
    match rest.strip_prefix("//") {
        None => Some(rest).filter(|rest| !rest.is_empty()),
        Some(rest) => Some(rest.strip_prefix("localhost").unwrap_or(rest)).filter(|path| path.starts_with('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(text: &str) -> Result<String> {
        open_storage(text, &[], &Options::default()).map(|storage| storage.location())
    }

    #[test]
    fn paths_and_file_urls_are_folders() {
        assert_eq!(location("app.checkpoints").unwrap(), "app.checkpoints");
        assert_eq!(location("/var/lib/a:b").unwrap(), "/var/lib/a:b");
        assert_eq!(location("file:///var/lib/app").unwrap(), "/var/lib/app");
        assert_eq!(location("file:/var/lib/app").unwrap(), "/var/lib/app");
        assert_eq!(location("FILE://localhost/var/lib/app").unwrap(), "/var/lib/app");
    }

    #[test]
    fn other_schemes_say_what_to_do() {
        let message = |text| location(text).unwrap_err().to_string();
        assert_eq!(
            message("s3://bucket/app"),
            "this application was built without S3 and cannot keep checkpoints in 's3://bucket/app': add SET \
             'execution.checkpointing.dir' = 's3://bucket/app'; to the notebook and build it again"
        );
        assert_eq!(
            message("hdfs://namenode/app"),
            "checkpoints cannot be kept in 'hdfs://namenode/app': there is no storage for 'hdfs', use a folder or \
             s3://bucket/path"
        );
        assert_eq!(
            message("file://server/share"),
            "'file://server/share' names another machine: write file:///path for a folder of this one"
        );
        assert_eq!(message(""), "the place for checkpoints is empty, expected a folder or a URL");
    }
}
