//! The sources of the runtime that travel inside this binary.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

const ARCHIVE: &str = include_str!(concat!(env!("OUT_DIR"), "/runtime.archive"));

/// Names and texts of the files, in the order of their names.
pub fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut rest = ARCHIVE;
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once('\n')?;
        let (length, after) = after.split_once('\n')?;
        let (text, after) = after.split_at(length.parse().expect("the archive is our own"));
        rest = after;
        Some((name, text))
    })
}

/// The text of one of the files.
pub fn file(name: &str) -> &'static str {
    files().find(|(known, _)| *known == name).map(|(_, text)| text).expect("the archive is our own")
}

/// Stands for all the sources: 16 hexadecimal digits.
pub fn fingerprint() -> &'static str {
    static FINGERPRINT: LazyLock<String> = LazyLock::new(|| digest(ARCHIVE.as_bytes())[..16].to_owned());
    &FINGERPRINT
}

/// SHA-256 in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the sources below `dir`: a workspace with the runtime and its connectors.
pub fn export(dir: &Path) -> Result<()> {
    for (name, text) in files() {
        let path = dir.join(name);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            continue;
        }
        let parent = path.parent().unwrap_or(dir);
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_are_all_there() {
        let names: Vec<&str> = files().map(|(name, _)| name).collect();
        for name in [
            "Cargo.toml",
            "Cargo.lock",
            "runtime/Cargo.toml",
            "runtime/src/lib.rs",
            "runtime/rows/Cargo.toml",
            "runtime/rows/src/lib.rs",
            "runtime/connectors/kinesis/Cargo.toml",
        ] {
            assert!(names.contains(&name), "{name} is not among {names:?}");
        }
        assert!(file("Cargo.toml").contains("members = [\"runtime\", \"runtime/rows\", \"runtime/connectors/*\"]"));
    }
}
