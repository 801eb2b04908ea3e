//! Generated crates that are committed, of the examples and of notebooks that exercise one operator or format each:
//! they are what the compiler writes today, and cargo has nothing to say against them.
//!
//! `UPDATE=1` writes them anew; read the difference as carefully as any other code.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use sqlc::Selection;
use sqlc::diagnostic::{Colour, render_human};
use sqlc_tests::changelog::difference;

/// Where the runtime lies, seen from a committed crate.
const RUNTIME: &str = "../../../runtime";

/// A notebook with its committed crate.
struct Golden {
    notebook: PathBuf,
    folder: PathBuf,
    /// The crate's name.
    name: String,
    /// An application has no SELECTs; the notebooks beside the tests keep theirs.
    inserts_only: bool,
}

#[test]
fn committed_crates_are_what_the_compiler_writes() -> Result<()> {
    let update = std::env::var_os("UPDATE").is_some();
    let mut report = String::new();
    for golden in goldens()? {
        let written = match generate(&golden) {
            Ok(written) => written,
            Err(refusal) => {
                writeln!(report, "{refusal}")?;
                continue;
            }
        };
        if update {
            remove_others(&golden.folder, &written)?;
            for (path, text) in &written {
                write_if_changed(&golden.folder.join(path), text)?;
            }
            continue;
        }
        let committed = read(&golden.folder)?;
        for path in written.keys().chain(committed.keys()).collect::<BTreeSet<_>>() {
            let lines = |files: &BTreeMap<String, String>| -> Vec<String> {
                files.get(path).map(|text| text.lines().map(str::to_owned).collect()).unwrap_or_default()
            };
            if let Some(difference) = difference(&lines(&committed), &lines(&written)) {
                writeln!(report, "{}/{path}\n{difference}", relative(&golden.folder))?;
            }
        }
    }
    ensure!(report.is_empty(), "{report}\nUPDATE=1 writes what the compiler writes");
    Ok(())
}

#[test]
fn cargo_accepts_committed_crates_without_a_warning() -> Result<()> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("golden");
    let goldens = goldens()?;
    let mut members = BTreeSet::new();
    for golden in &goldens {
        let files = read(&golden.folder)?;
        ensure!(!files.is_empty(), "{} is missing; UPDATE=1 writes it", relative(&golden.folder));
        for (path, text) in &files {
            ensure!(!text.contains("allow("), "{}/{path} silences a warning", relative(&golden.folder));
        }
        ensure!(members.insert(&golden.name), "two crates are called {}", golden.name);
        let member = folder.join(&golden.name);
        let files = files.into_iter().map(|(path, text)| match path.as_str() {
            "Cargo.toml" => (path, as_member(&text)),
            _ => (path, text),
        });
        let files = files.collect();
        remove_others(&member, &files)?;
        for (path, text) in &files {
            write_if_changed(&member.join(path), text)?;
        }
    }
    let names: Vec<String> = members.iter().map(|name| format!("{name:?}")).collect();
    let manifest =
        format!("[workspace]\nresolver = \"3\"\nmembers = [{}]\n\n[profile.dev]\ndebug = false\n", names.join(", "));
    write_if_changed(&folder.join("Cargo.toml"), &manifest)?;
    // One lock file for all, that of this workspace: what the runtime is tested with.
    std::fs::copy(workspace().join("Cargo.lock"), folder.join("Cargo.lock")).context("cannot copy Cargo.lock")?;
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["check", "--workspace", "--quiet", "--message-format=json"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .context("cannot start cargo")?;
    let said = complaints(&String::from_utf8_lossy(&output.stdout));
    ensure!(said.is_empty(), "{said}");
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// The examples, and the notebooks in `golden/`.
fn goldens() -> Result<Vec<Golden>> {
    let examples = [
        ("sensors", "SensorsApp.zpln", "sensors_app"),
        ("clickstream", "clickstream.sql", "clickstream_app"),
        ("datagen", "orders.sql", "orders_app"),
    ];
    let mut goldens: Vec<Golden> = examples
        .into_iter()
        .map(|(folder, notebook, name)| {
            let folder = workspace().join("examples").join(folder);
            let notebook = folder.join(notebook);
            Golden { notebook, folder: folder.join(name), name: name.to_owned(), inserts_only: true }
        })
        .collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden");
    let mut notebooks = Vec::new();
    for entry in std::fs::read_dir(&folder).context("cannot list golden/")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            notebooks.push(path);
        }
    }
    notebooks.sort();
    for notebook in notebooks {
        let name = notebook.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        goldens.push(Golden { folder: folder.join(&name), notebook, name, inserts_only: false });
    }
    Ok(goldens)
}

/// The files of the crate that the compiler writes for a notebook that it has nothing against.
fn generate(golden: &Golden) -> Result<BTreeMap<String, String>> {
    let catalog = golden.notebook.with_file_name("catalog");
    let selection = Selection { inserts_only: golden.inserts_only, ..Selection::default() };
    let analysis = sqlc::analyse(&golden.notebook, &catalog, selection);
    let said = render_human(analysis.diagnostics.iter(), &analysis.sources, Colour::Never);
    ensure!(!analysis.diagnostics.has_errors(), "{}:\n{said}", relative(&golden.notebook));
    Ok(sqlc::generate(&analysis, &golden.name, RUNTIME).files)
}

/// The manifest of a crate as a member of a workspace: the runtime by its full path, nothing that only a root may say.
fn as_member(manifest: &str) -> String {
    let runtime = format!("path = \"{}", workspace().join("runtime").display());
    let sections = manifest
        .split("\n\n")
        .filter(|section| !section.lines().any(|line| line == "[workspace]" || line.starts_with("[profile.")));
    let text = sections.collect::<Vec<_>>().join("\n\n");
    text.replace(&format!("path = \"{RUNTIME}"), &runtime).trim_end().to_owned() + "\n"
}

/// What rustc warns of or refuses, in cargo's messages.
fn complaints(messages: &str) -> String {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let about = messages.filter(|message| message["reason"] == "compiler-message").filter_map(|message| {
        let target = message["target"]["src_path"].as_str()?.to_owned();
        let text = message["message"]["rendered"].as_str()?.to_owned();
        Some(format!("{target}:\n{text}"))
    });
    about.collect()
}

/// The committed files of a crate by their paths in it.
fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    collect(folder, folder, &mut files)?;
    Ok(files)
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
        // What cargo leaves when somebody builds a crate where it lies.
        if name == "target" || name == "Cargo.lock" {
            continue;
        }
        match path.is_dir() {
            true => collect(root, &path, files)?,
            false => drop(files.insert(name, std::fs::read_to_string(&path)?)),
        }
    }
    Ok(())
}

fn remove_others(folder: &Path, files: &BTreeMap<String, String>) -> Result<()> {
    for path in read(folder)?.keys().filter(|path| !files.contains_key(*path)) {
        std::fs::remove_file(folder.join(path))?;
    }
    Ok(())
}

/// Files that stay as they are keep their times, so that cargo checks no more than it must.
fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    std::fs::create_dir_all(path.parent().unwrap_or(path))?;
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn relative(path: &Path) -> String {
    path.strip_prefix(workspace()).unwrap_or(path).display().to_string()
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace")
}
