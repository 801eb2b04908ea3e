//! An analysed notebook to a binary in the cache, as quickly as possible: what did not change is not compiled again.

use super::failure::Failure;
use super::progress::Progress;
use anyhow::Context;
use sqlc::Analysis;
use sqlc::build::{self, Profile, Toolchain, files, runtime};
use std::fs;
use std::path::{Path, PathBuf};

/// How many notebooks, and cells of them, the binaries and what rustc remembers are kept of; it takes less than 30 MB each.
const KEPT_NOTES: usize = 50;

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
        "sqlc_object_store",
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
    files::make_folder(&dir)?;
    let _lock = files::lock(&dir, "lock")?;

    let (binary, stamp_file) = (dir.join(&name), dir.join("stamp"));
    let stamp = Stamp::new(&generated, &cache);
    if fs::read_to_string(&stamp_file).is_ok_and(|text| stamp.fits(&text, &binary)) {
        return Ok(binary);
    }
    let binary = build::compile(&cache, &generated, &dir, Profile::Dev, progress)?;
    files::replace(&stamp_file, &stamp.text(&binary))?;
    files::tidy(&cache.join("notes"), "", &dir, "lock", KEPT_NOTES);
    Ok(binary)
}

/// One folder for every notebook and cell, so that rustc finds there what it compiled last time.
fn folder(cache: &Path, note: &Path, cell: Option<u32>, name: &str) -> Result<PathBuf, Failure> {
    let path = note.canonicalize().with_context(|| format!("cannot find {}", note.display()))?;
    let key = format!("{}\n{cell:?}", path.display());
    let digest = runtime::digest(key.as_bytes());
    Ok(cache.join("notes").join(format!("{name}-{}", &digest[..12])))
}

/// Stands for everything that a binary is made from, and how.
struct Stamp {
    sources: String,
    /// `None` if there is no Rust: what it compiled while it was there is as good as ever.
    toolchain: Option<String>,
}

impl Stamp {
    fn new(generated: &sqlc::package::Crate, cache: &Path) -> Stamp {
        let mut text = format!("{}\n{:?}\n", runtime::fingerprint(), Profile::Dev.flags());
        for (path, source) in &generated.files {
            text.push_str(&format!("{path}\n{}\n{source}", source.len()));
        }
        let toolchain = Toolchain::find(cache).ok().map(|toolchain| toolchain.tag);
        Stamp { sources: runtime::digest(text.as_bytes()), toolchain }
    }

    /// The file beside the binary. It holds the binary's size and time too: one that was damaged is not the one that was
    /// stamped.
    fn text(&self, binary: &Path) -> String {
        let toolchain = self.toolchain.as_deref().unwrap_or("unknown");
        format!("{}\n{toolchain}\n{:?}\n", self.sources, files::stamp(binary))
    }

    fn fits(&self, text: &str, binary: &Path) -> bool {
        let known = text.lines().nth(1).map(str::to_owned);
        let stamp = Stamp { sources: self.sources.clone(), toolchain: self.toolchain.clone().or(known) };
        binary.is_file() && stamp.text(binary) == text
    }
}
