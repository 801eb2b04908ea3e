//! What a build was made from, for those who want to know whether it would come out the same today.

use super::BuildProfile;
use crate::cli::failure::Failure;
use crate::cli::note::NoteArguments;
use anyhow::Context;
use serde_json::{Map, Value, json};
use sqlc::Analysis;
use sqlc::build::{self, runtime};
use sqlc::notebook;
use sqlc::package::Crate;
use std::path::Path;

/// The key that says that sqlc wrote the folder.
pub const WRITTEN_BY: &str = "sqlc";

pub fn manifest(
    note: &NoteArguments,
    analysis: &Analysis,
    generated: &Crate,
    profile: BuildProfile,
    binary: Option<&Path>,
) -> Result<Value, Failure> {
    let mut manifest = json!({
        WRITTEN_BY: env!("CARGO_PKG_VERSION"),
        "name": generated.name,
        "profile": match profile {
            BuildProfile::Release => "release",
            BuildProfile::Dev => "dev",
            BuildProfile::Max => "max",
        },
        "sources": sources(note)?,
        // The same for notebooks that differ only in how they are written.
        "plan": runtime::digest(analysis.plan.to_string().as_bytes()),
        "runtime": runtime::fingerprint(),
        "crate": runtime::digest(all_files(generated).as_bytes()),
    });
    if let Some(binary) = binary {
        let bytes = std::fs::read(binary).with_context(|| format!("cannot read {}", binary.display()))?;
        manifest["rustc"] = build::Toolchain::find(&build::cache_dir()?)?.version.into();
        manifest["binary"] = json!({ "bytes": bytes.len(), "sha256": runtime::digest(&bytes) });
    }
    Ok(manifest)
}

/// The digests of the files that the build read, by their names seen from the notebook's folder.
fn sources(note: &NoteArguments) -> Result<Value, Failure> {
    let mut digests = Map::new();
    let mut add = |name: String, path: &Path| -> Result<(), Failure> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        digests.insert(name, runtime::digest(&bytes).into());
        Ok(())
    };
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    add(name(&note.note), &note.note)?;
    let catalog = note.catalog_folder();
    let files = notebook::catalog_files(&catalog).with_context(|| format!("cannot read {}", catalog.display()))?;
    for file in files {
        add(format!("{}/{}", name(&catalog), name(&file)), &file)?;
    }
    Ok(Value::Object(digests))
}

fn all_files(generated: &Crate) -> String {
    generated.files.iter().map(|(path, text)| format!("{path}\n{}\n{text}", text.len())).collect()
}
