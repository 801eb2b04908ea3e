//! Where the local socket of an application is: claimed by the one that runs, found by those who want to talk to it.
//!
//! It is `control.sock` in the folder of the checkpoints: who knows that folder knows the application, and another
//! instance has another folder. Checkpoints in a bucket, or none, or a path that is too long for a socket, have it in
//! a folder of the user's for such things, named after the application and its checkpoints.

use crate::error::{Error, ErrorKind, Result};
use crate::order;
use rustix::fs::{FlockOperation, flock};
use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

const FILE: &str = "control.sock";

/// The longest path of a socket, on every system: `sun_path` has 104 bytes or more, with a zero at the end.
const LONGEST: usize = 103;

/// What an application is found by.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub name: &'a str,
    /// The folder or URL of its checkpoints.
    pub checkpoint_dir: Option<&'a str>,
}

/// A socket that is ours, as long as this is there.
#[derive(Debug)]
pub struct Claimed {
    path: PathBuf,
    /// Device and inode: another application may have the path in the meantime.
    identity: (u64, u64),
    /// A folder that goes too, unless something else is in it: the one that is made where none is named.
    ours: Option<PathBuf>,
}

impl Drop for Claimed {
    fn drop(&mut self) {
        if fs::symlink_metadata(&self.path).is_ok_and(|found| identity(&found) == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
        if let Some(folder) = &self.ours {
            // Only if nothing else has come into it.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Binds the first of the places of this application that can be had.
pub fn claim(place: Place<'_>) -> Result<(UnixListener, Claimed)> {
    let mut failure = None;
    let process = format!("{}-{}.sock", place.name, std::process::id());
    let named = place.checkpoint_dir.map(|dir| file_name(place.name, dir));
    let beside = place.checkpoint_dir.and_then(local).map(|folder| folder.join(FILE));
    let below = |folder: &PathBuf| named.iter().chain([&process]).map(|name| folder.join(name)).collect::<Vec<_>>();
    let folders = runtime_dirs();
    for path in beside.iter().cloned().chain(folders.iter().flat_map(below)) {
        let is_private = Some(&path) != beside.as_ref();
        match bind(&path, is_private) {
            Ok((listener, mut claimed)) => {
                let ours = format!("{}.checkpoints", place.name);
                let folder = path.parent().filter(|folder| folder.file_name() == Some(ours.as_ref()));
                claimed.ours = folder.map(Path::to_owned);
                return Ok((listener, claimed));
            }
            Err(error) => failure = failure.or(Some(format!("{}: {error}", path.display()))),
        }
    }
    Err(Error::new(ErrorKind::Io, failure.unwrap_or_default()))
}

/// Where the socket of this application may be: the best first.
pub fn candidates(place: Place<'_>) -> Vec<PathBuf> {
    let beside = place.checkpoint_dir.and_then(local).map(|folder| folder.join(FILE));
    let mut found: Vec<PathBuf> = beside.into_iter().collect();
    let folders = runtime_dirs();
    if let Some(dir) = place.checkpoint_dir {
        found.extend(folders.iter().map(|folder| folder.join(file_name(place.name, dir))));
    }
    found
}

/// The sockets of all running applications of that name in the user's folders.
pub fn named(name: &str) -> Vec<PathBuf> {
    let entries = runtime_dirs().into_iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let is_ours = |file: &str| {
        let rest = file.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(".sock")?;
        rest.bytes().all(|byte| byte.is_ascii_alphanumeric()).then_some(())
    };
    let ours = entries.filter(|entry| entry.file_name().to_str().and_then(is_ours).is_some());
    let mut paths: Vec<PathBuf> = ours.map(|entry| entry.path()).filter(|path| is_alive(path)).collect();
    order::sort(&mut paths);
    paths
}

/// Whether somebody answers there.
pub fn is_alive(path: &Path) -> bool {
    UnixStream::connect(path).is_ok()
}

/// The folder of a place that is one: not a URL, unless one of a file.
fn local(dir: &str) -> Option<&Path> {
    match dir.split_once("://") {
        Some(("file", path)) => Some(Path::new(path)),
        Some(_) => None,
        None => Some(Path::new(dir)),
    }
}

/// `readings-1f2e3d4c5b6a7988.sock`
fn file_name(name: &str, dir: &str) -> String {
    let place = match local(dir) {
        Some(folder) => std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()).into_os_string(),
        None => dir.trim_end_matches('/').into(),
    };
    // FNV-1a: it has to be the same in every version, and to tell some folders apart.
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = place.as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325, mix);
    format!("{name}-{hash:016x}.sock")
}

/// The user's folders for such things. A service may run without the first while its user logs in with it.
pub fn runtime_dirs() -> Vec<PathBuf> {
    let given = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let user = rustix::process::geteuid().as_raw();
    given.map(|folder| folder.join("sqlc")).into_iter().chain([PathBuf::from(format!("/tmp/sqlc-{user}"))]).collect()
}

/// Makes a socket that only its owner can connect to. One that a dead process has left is replaced.
fn bind(path: &Path, is_private: bool) -> io::Result<(UnixListener, Claimed)> {
    // The name of the socket while it is made is not longer than the one that it gets.
    if path.as_os_str().len() > LONGEST {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path is too long for a socket"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let mode = if is_private { 0o700 } else { 0o777 };
        DirBuilder::new().recursive(true).mode(mode).create(folder)?;
    }
    if is_private {
        let found = fs::symlink_metadata(folder)?;
        if found.uid() != rustix::process::geteuid().as_raw() || !found.is_dir() || found.mode() & 0o077 != 0 {
            let message = "the folder belongs to somebody else, or is open to others";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
        }
    }
    // One after the other, so that nobody takes a fresh socket for one of the dead. Released when it is closed.
    let lock = File::open(folder)?;
    flock(&lock, FlockOperation::LockExclusive)?;
    if is_alive(path) {
        return Err(io::Error::new(io::ErrorKind::AddrInUse, "another instance listens there"));
    }
    // Where nobody else can get at it, until its permissions are right.
    let workshop = folder.join(".s");
    let _ = fs::remove_file(workshop.join("c"));
    match DirBuilder::new().mode(0o700).create(&workshop) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let unfinished = workshop.join("c");
    let finished = UnixListener::bind(&unfinished).and_then(|listener| {
        fs::set_permissions(&unfinished, Permissions::from_mode(0o600))?;
        let identity = identity(&fs::symlink_metadata(&unfinished)?);
        fs::rename(&unfinished, path)?;
        Ok((listener, identity))
    });
    let _ = fs::remove_dir(&workshop);
    let (listener, identity) = finished?;
    Ok((listener, Claimed { path: path.to_owned(), identity, ours: None }))
}

fn identity(found: &fs::Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(dir: &str) -> Place<'_> {
        Place { name: "readings", checkpoint_dir: Some(dir) }
    }

    #[test]
    fn the_socket_lies_beside_the_checkpoints_and_goes_with_the_application() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("readings.checkpoints");
        let dir = dir.to_str().unwrap();
        let (_listener, claimed) = claim(place(dir)).unwrap();
        assert_eq!(claimed.path, Path::new(dir).join("control.sock"));
        assert_eq!(candidates(place(dir))[0], claimed.path);
        assert!(is_alive(&claimed.path));
        let found = fs::symlink_metadata(&claimed.path).unwrap();
        assert_eq!(found.mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(dir).unwrap().count(), 1, "nothing else is left there");

        // Another instance with the same folder is found under another name.
        let (_other, second) = claim(place(dir)).unwrap();
        assert_ne!(second.path, claimed.path);
        assert!(second.path.file_name().unwrap().to_str().unwrap().starts_with("readings-"));
        let path = second.path.clone();
        drop(second);
        assert!(!path.exists());

        drop(claimed);
        assert!(!Path::new(dir).exists(), "it is the one that is made where none is named");
    }

    #[test]
    fn what_a_dead_process_left_is_replaced_and_what_is_not_ours_stays() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().to_str().unwrap();
        let path = folder.path().join("control.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists() && !is_alive(&path));
        let (_listener, claimed) = claim(place(dir)).unwrap();
        assert!(is_alive(&path));
        fs::remove_file(&path).unwrap();
        let _other = UnixListener::bind(&path).unwrap();
        drop(claimed);
        assert!(path.exists(), "it is another one's");
    }

    #[test]
    fn long_paths_and_buckets_have_it_in_the_users_folder() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("x".repeat(120));
        for dir in [long.to_str().unwrap(), "s3://bucket/readings"] {
            let (_listener, claimed) = claim(place(dir)).unwrap();
            assert!(runtime_dirs().contains(&claimed.path.parent().unwrap().to_owned()), "{claimed:?}");
            assert!(candidates(place(dir)).contains(&claimed.path));
            assert!(named("readings").contains(&claimed.path));
            assert!(!named("reading").contains(&claimed.path));
        }
        assert_ne!(file_name("a", "s3://b/c"), file_name("a", "s3://b/d"));
        assert_eq!(file_name("a", "s3://b/c"), file_name("a", "s3://b/c/"));
        let (_listener, claimed) = claim(Place { name: "readings", checkpoint_dir: None }).unwrap();
        let expected = format!("readings-{}.sock", std::process::id());
        assert_eq!(claimed.path.file_name().unwrap().to_str().unwrap(), expected);
    }
}
