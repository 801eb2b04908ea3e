//! The crate through which the runtime is built: it does nothing but depend on what generated crates depend on.

use super::{files, runtime};
use crate::package::{folder_of, release_profile};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// `core`, or the connector crates: `sqlc_kinesis`.
pub fn set(connectors: &[&str]) -> String {
    if connectors.is_empty() { "core".to_owned() } else { connectors.join("-") }
}

/// The folder of the crate, with the runtime's sources beside it. `dir` is where everything of this version of the
/// runtime is.
pub fn write(dir: &Path, connectors: &[&str]) -> Result<PathBuf> {
    files::make_folder(dir)?;
    let _lock = files::lock(dir, "sources-lock")?;
    runtime::export(&dir.join("sources"))?;
    let app = dir.join(format!("link-{}", set(connectors)));
    fs::create_dir_all(app.join("src")).with_context(|| format!("cannot make {}", app.display()))?;
    write_changed(&app.join("Cargo.toml"), &manifest(connectors))?;
    write_changed(&app.join("src/lib.rs"), "")?;
    // Half a lock file is worse than none.
    let lock = app.join("Cargo.lock");
    if !fs::read_to_string(&lock).is_ok_and(|text| text.ends_with("\n") && text.contains("name = \"sqlc-runtime\"")) {
        write_changed(&lock, runtime::file("Cargo.lock"))?;
    }
    Ok(app)
}

/// Leaves files alone that are right already: their times tell cargo what to build.
fn write_changed(path: &Path, text: &str) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    files::replace(path, text)
}

pub fn manifest(connectors: &[&str]) -> String {
    let mut manifest = String::from(
        "[package]\nname = \"link\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
         sqlc-runtime = { path = \"../sources/runtime\" }\n",
    );
    for connector in connectors {
        let package = connector.replace('_', "-");
        let folder = folder_of(connector);
        manifest.push_str(&format!("{package} = {{ path = \"../sources/runtime/{folder}\" }}\n"));
    }
    manifest.push_str(&format!("\n{}", release_profile(connectors)));
    manifest
}
