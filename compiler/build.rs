//! Puts the runtime's sources, the workspace's manifest and its lock file into one archive, which travels inside the
//! `sqlc` binary.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("..");
    let mut files = BTreeMap::new();
    for folder in ["runtime/src", "runtime/rows", "runtime/connectors"] {
        println!("cargo:rerun-if-changed={}", root.join(folder).display());
        collect(&root, Path::new(folder), &mut files);
    }
    for file in ["runtime/Cargo.toml", "Cargo.lock", "Cargo.toml"] {
        println!("cargo:rerun-if-changed={}", root.join(file).display());
        files.insert(file.to_owned(), read(&root.join(file)));
    }
    for (_, manifest) in files.iter_mut().filter(|(name, _)| name.ends_with("/Cargo.toml")) {
        *manifest = without_tests(manifest);
    }
    let manifest = files.get_mut("Cargo.toml").expect("was just read");
    *manifest = runtime_workspace(manifest);
    // A file of lengths and texts: name, newline, length, newline, text.
    let mut archive = String::new();
    for (name, text) in &files {
        archive.push_str(&format!("{name}\n{}\n{text}", text.len()));
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("runtime.archive"), archive).expect("the build folder is writable");
    println!("cargo:rustc-env=SQLC_TARGET={}", env::var("TARGET").expect("cargo sets it"));
}

/// The manifest with the runtime's crates as its only members.
fn runtime_workspace(manifest: &str) -> String {
    let lines = manifest.lines().filter(|line| !line.starts_with("exclude"));
    let mut text = String::new();
    for line in lines {
        let line = if line.starts_with("members") {
            "members = [\"runtime\", \"runtime/rows\", \"runtime/connectors/*\"]"
        } else {
            line
        };
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// A manifest without what only tests and benchmarks need, whose files stay behind.
fn without_tests(manifest: &str) -> String {
    let mut kept = true;
    let lines = manifest.lines().filter(|line| {
        if line.starts_with('[') {
            kept = !["[[bench]]", "[[test]]", "[[example]]", "[dev-dependencies]"].contains(line);
        }
        kept
    });
    lines.map(|line| format!("{line}\n")).collect()
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
    let entries = fs::read_dir(root.join(folder)).expect("the folder is part of the sources");
    for entry in entries {
        let entry = entry.expect("a readable entry");
        let path = folder.join(entry.file_name());
        let name = path.to_str().expect("our names are UTF-8").replace('\\', "/");
        if entry.path().is_dir() {
            if !["target", "tests", "benches"].contains(&entry.file_name().to_str().unwrap_or("")) {
                collect(root, &path, files);
            }
        } else if name.ends_with(".rs") || name.ends_with("Cargo.toml") {
            files.insert(name, read(&entry.path()));
        }
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
