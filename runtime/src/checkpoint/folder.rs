//! Checkpoints in a folder of this machine, or of a network file system.

use super::storage::{Listed, Object, Storage, failed};
use crate::error::{Error, ErrorKind, Result};
use crate::order;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// The file that a process holds locked while the folder is its own.
const LOCK: &str = ".lock";
/// How the names of files end that are being written. They begin with a point, so that nobody takes them for objects.
const TEMPORARY: &str = ".tmp";

/// A folder. It is made when the first object is written or when it is claimed.
pub struct Folder {
    root: PathBuf,
    lock: Mutex<Option<File>>,
    /// Tells the temporary files of this process apart.
    writes: AtomicU64,
}

impl Folder {
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Folder { root: root.into(), lock: Mutex::new(None), writes: AtomicU64::new(0) }
    }

    /// Where an object lies. Names come from our own code and from checked manifests.
    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Whether the folder that was claimed is still the one of that name. A disk that has gone leaves an empty folder where
    /// it was mounted: checkpoints written into that would be hidden when it is back, and those before them look lost.
    fn check(&self) -> Result<()> {
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        match &*lock {
            Some(file) if !is_same(file, &self.root.join(LOCK)) => Err(Error::new(
                ErrorKind::Resource,
                format!(
                    "{} is not the folder that it was when the application started: its {LOCK} is gone, or another's; \
                     it is not touched until the folder is back",
                    self.root.display()
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Locks the folder's lock file, unless another process removes it at the same time.
    fn try_lock(&self, warnings: &mut Vec<String>) -> Result<Option<File>> {
        let path = self.root.join(LOCK);
        let mut options = File::options();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| failed("open", path.display(), &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Who it is only helps to find it.
                let _ = file.take(64).read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => String::new(),
                    process => format!(" (process {process})"),
                };
                let message = format!(
                    "another application{holder} keeps its checkpoints in {}: stop it, or choose another folder",
                    self.root.display()
                );
                return Err(Error::new(ErrorKind::Usage, message));
            }
            Err(TryLockError::Error(error)) => warnings.push(format!(
                "{} cannot be locked ({error}): make sure that no other application keeps its checkpoints there",
                self.root.display()
            )),
        }
        if !is_same(&file, &path) {
            return Ok(None);
        }
        let written = file.set_len(0).and_then(|()| file.write_all(std::process::id().to_string().as_bytes()));
        written.map_err(|error| failed("write", path.display(), &error))?;
        Ok(Some(file))
    }

    /// Removes files that were being written when a process died. Only whoever has claimed the folder may do so.
    fn remove_temporary(&self, folder: &Path, depth: usize) -> Result<()> {
        for (path, is_folder) in entries(folder)? {
            let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
            if is_folder {
                if depth == 0 && super::place::Place::parse(name).is_some() {
                    self.remove_temporary(&path, depth + 1)?;
                    remove_folder_if_empty(&path)?;
                }
            } else if name.starts_with('.') && name.ends_with(TEMPORARY) {
                remove_file(&path)?;
            }
        }
        Ok(())
    }

    fn collect(&self, folder: &Path, name: &str, prefix: &str, listed: &mut Vec<Listed>) -> Result<()> {
        for (path, is_folder) in entries(folder)? {
            let Some(last) = path.file_name().and_then(|last| last.to_str()) else { continue };
            if last.starts_with('.') {
                continue;
            }
            let name = format!("{name}{last}");
            if is_folder {
                let inner = format!("{name}/");
                if inner.starts_with(prefix) || prefix.starts_with(&inner) {
                    self.collect(&path, &inner, prefix, listed)?;
                }
            } else if name.starts_with(prefix) {
                match fs::metadata(&path) {
                    Ok(file) => listed.push(Listed { name, size: file.len() }),
                    // It was removed in between.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(failed("look at", path.display(), &error)),
                }
            }
        }
        Ok(())
    }
}

impl Storage for Folder {
    fn location(&self) -> String {
        self.root.display().to_string()
    }

    fn claim(&self) -> Result<Vec<String>> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut warnings = Vec::new();
        while lock.is_none() {
            make_folder(&self.root)?;
            *lock = self.try_lock(&mut warnings)?;
        }
        self.remove_temporary(&self.root, 0)?;
        Ok(warnings)
    }

    fn release(&self) -> Result<()> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = lock.take() else { return Ok(()) };
        let path = self.root.join(LOCK);
        if is_same(&file, &path) {
            // Removed while it is still locked: who opens it from now on makes a new one.
            remove_file(&path)?;
            // An empty folder may stay, as one does on which a disk is mounted.
            let _ = remove_folder_if_empty(&self.root);
        }
        Ok(())
    }

    fn check_claim(&self) -> Result<()> {
        self.check()
    }

    fn create(&self, name: &str) -> Result<Box<dyn Object>> {
        self.check()?;
        let path = self.path(name);
        let folder = path.parent().unwrap_or(&self.root);
        make_folder(folder)?;
        let last = path.file_name().unwrap_or_default().to_string_lossy();
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!(".{last}.{}-{number}{TEMPORARY}", std::process::id()));
        let file = File::options().write(true).create(true).truncate(true).open(&temporary);
        let file = file.map_err(|error| failed("create", temporary.display(), &error))?;
        Ok(Box::new(FolderObject { file, temporary, path, complete: false }))
    }

    fn open(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>> {
        self.check()?;
        let path = self.path(name);
        match File::open(&path) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("open", path.display(), &error)),
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<Listed>> {
        self.check()?;
        let mut listed = Vec::new();
        self.collect(&self.root, "", prefix, &mut listed)?;
        order::sort(&mut listed);
        Ok(listed)
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.check()?;
        let path = self.path(name);
        remove_file(&path)?;
        let mut folder = path.parent();
        while let Some(inner) = folder.filter(|folder| *folder != self.root && folder.starts_with(&self.root)) {
            remove_folder_if_empty(inner)?;
            folder = inner.parent();
        }
        Ok(())
    }
}

/// A file under a temporary name.
struct FolderObject {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
    complete: bool,
}

impl Write for FolderObject {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Object for FolderObject {
    fn complete(mut self: Box<Self>) -> Result<()> {
        // The bytes must be on the disk before the name is, and the name before anybody relies on it.
        let synced = self.file.sync_all();
        synced.map_err(|error| failed("write", self.temporary.display(), &error))?;
        fs::rename(&self.temporary, &self.path).map_err(|error| failed("create", self.path.display(), &error))?;
        self.complete = true;
        match self.path.parent() {
            Some(folder) => sync_folder(folder),
            None => Ok(()),
        }
    }
}

impl Drop for FolderObject {
    fn drop(&mut self) {
        if !self.complete {
            // What cannot be removed now is removed at the next start.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// The paths in a folder and which of them are folders themselves; none if the folder is not there.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, bool)>> {
    let read = |error: io::Error| failed("read", folder.display(), &error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(read(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(read)?;
        found.push((entry.path(), entry.file_type().map_err(read)?.is_dir()));
    }
    Ok(found)
}

/// Makes a folder, and those above it, so that they outlive the machine.
fn make_folder(folder: &Path) -> Result<()> {
    if folder.as_os_str().is_empty() {
        return Ok(());
    }
    match fs::create_dir(folder) {
        Ok(()) => match folder.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
            _ => sync_folder(Path::new(".")),
        },
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && folder.parent().is_some() => {
            make_folder(folder.parent().unwrap_or(folder))?;
            make_folder(folder)
        }
        Err(error) => Err(failed("make the folder", folder.display(), &error)),
    }
}

/// Puts the names in a folder on the disk.
fn sync_folder(folder: &Path) -> Result<()> {
    let synced = File::open(folder).and_then(|file| file.sync_all());
    match synced {
        // Some network file systems know no such thing for folders.
        Err(error) if [io::ErrorKind::InvalidInput, io::ErrorKind::Unsupported].contains(&error.kind()) => Ok(()),
        Err(error) => Err(failed("write", folder.display(), &error)),
        Ok(()) => Ok(()),
    }
}

fn remove_file(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", path.display(), &error)),
        _ => Ok(()),
    }
}

fn remove_folder_if_empty(folder: &Path) -> Result<()> {
    match fs::remove_dir(folder) {
        Err(error) if ![io::ErrorKind::NotFound, io::ErrorKind::DirectoryNotEmpty].contains(&error.kind()) => {
            Err(failed("remove", folder.display(), &error))
        }
        _ => Ok(()),
    }
}

/// Whether an open file is still the one of that name.
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(open), Ok(named)) => (open.dev(), open.ino()) == (named.dev(), named.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
