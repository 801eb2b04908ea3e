//! An analysed notebook to a binary in the cache, as quickly as possible: what did not change is not compiled again.

use super::failure::Failure;
use super::progress::Progress;
use anyhow::Context;
use sqlc::Analysis;
use sqlc::build::{self, Profile, runtime};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// A name for the generated crate, made from the note's: `SensorsApp` is `sensors_app`.
pub fn name(analysis: &Analysis) -> String {
    crate_name(&analysis.notebook.name)
}

/// Lower-case letters, digits and underscores, a letter first, and not a word that Rust or Cargo keep for themselves.
pub fn crate_name(wanted: &str) -> String {
    let starts_well = wanted.starts_with(|first: char| first.is_ascii_alphabetic());
    let wanted = if starts_well { wanted.to_owned() } else { format!("app {wanted}") };
    let plain = wanted.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect::<String>();
    let mut name = sqlc::emit::rust_name(plain.trim_matches('_'));
    if is_reserved(&name) {
        name.push_str("_app");
    }
    name
}

/// Keywords, crates that every program knows, and folders that Cargo makes.
fn is_reserved(name: &str) -> bool {
    let words = [
        "alloc",
        "build",
        "core",
        "deps",
        "examples",
        "incremental",
        "main",
        "proc_macro",
        "sqlc_kinesis",
        "sqlc_runtime",
        "std",
        "test",
    ];
    words.contains(&name) || syn::parse_str::<syn::Ident>(name).is_err()
}

/// The binary of the notebook `note` in the development profile, compiled if it is not there yet.
pub fn compile(
    analysis: &Analysis,
    note: &Path,
    cell: Option<u32>,
    progress: &mut Progress,
) -> Result<PathBuf, Failure> {
    let name = name(analysis);
    let generated = sqlc::generate(analysis, &name, "runtime");
    let cache = build::cache_dir()?;
    let dir = folder(&cache, note, cell, &name)?;
    fs::create_dir_all(&dir).with_context(|| format!("cannot make the cache folder {}", dir.display()))?;
    let lock = File::create(dir.join("lock")).with_context(|| format!("cannot write in {}", dir.display()))?;
    lock.lock().context("cannot lock the cache")?;

    let (binary, stamp_file) = (dir.join(&name), dir.join("stamp"));
    let stamp = stamp(&generated);
    let is_current = binary.is_file() && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp);
    if is_current {
        return Ok(binary);
    }
    let prebuilt = build::prebuilt(&cache, &generated.connectors, progress)?;
    progress.say(format!("compiling {name}"));
    let source = dir.join("crate");
    generated.write(&source)?;
    // A binary that is running cannot be written to, but it can be replaced.
    let fresh = dir.join(format!("{name}.new"));
    build::compile(&source, &name, &fresh, &prebuilt, Profile::Dev, &dir.join("incremental"))?;
    fs::rename(&fresh, &binary).with_context(|| format!("cannot write {}", binary.display()))?;
    fs::write(&stamp_file, stamp).with_context(|| format!("cannot write {}", stamp_file.display()))?;
    Ok(binary)
}

/// One folder for every notebook and cell, so that rustc finds there what it compiled last time.
fn folder(cache: &Path, note: &Path, cell: Option<u32>, name: &str) -> Result<PathBuf, Failure> {
    let path = note.canonicalize().with_context(|| format!("cannot find {}", note.display()))?;
    let key = format!("{}\n{cell:?}", path.display());
    let digest = runtime::digest(key.as_bytes());
    Ok(cache.join("notes").join(format!("{name}-{}", &digest[..12])))
}

/// Stands for everything that the binary is made from.
fn stamp(generated: &sqlc::package::Crate) -> String {
    let mut text = format!("{}\n", runtime::fingerprint());
    for (path, source) in &generated.files {
        text.push_str(&format!("{path}\n{}\n{source}", source.len()));
    }
    runtime::digest(text.as_bytes())
}
