//! Emitted tokens and templates to a formatted crate, first as text in memory and then on disk.
//!
//! What the statements mean was settled before; that the crate becomes a binary is left to `build`.

mod format;
mod join;

use crate::emit::Emitted;
use crate::plan::Table;
use anyhow::{Context, Result};
use askama::Template;
use std::collections::BTreeMap;
use std::path::Path;

/// The files of a crate by their path, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Crate {
    pub name: String,
    pub files: BTreeMap<String, String>,
    /// Crates that it links beside the runtime: `sqlc_kinesis`, `sqlc_object_store`.
    pub connectors: Vec<&'static str>,
}

/// What a crate says about where it came from.
#[derive(Clone, Debug)]
pub struct Origin<'a> {
    /// `sensors_app`.
    pub name: &'a str,
    /// `SensorsApp.zpln`.
    pub notebook: &'a str,
    /// The notebook's prose, one text a cell.
    pub prose: Vec<String>,
    /// The cells as compiled, whose lines comments speak of.
    pub sql: String,
    /// Where the runtime's sources are, seen from the crate: `sqlc/runtime`.
    pub runtime: &'a str,
    /// What `--describe` prints.
    pub description: String,
}

#[derive(Template)]
#[template(path = "Cargo.toml")]
struct CargoToml<'a> {
    version: &'a str,
    app_version: &'a str,
    notebook: &'a str,
    name: &'a str,
    runtime: &'a str,
    connectors: Vec<Connector>,
    release_profile: String,
}

struct Connector {
    package: String,
    path: String,
}

#[derive(Template)]
#[template(path = "README.md")]
struct Readme<'a> {
    version: &'a str,
    notebook: &'a str,
    name: &'a str,
    prose: &'a [String],
    edges: Vec<Edge>,
    tables: Vec<TableRow<'a>>,
}

struct Edge {
    from: String,
    from_id: String,
    to: String,
    to_id: String,
}

struct TableRow<'a> {
    name: &'a str,
    connector: &'a str,
    module: String,
}

#[derive(Template)]
#[template(path = "Dockerfile", escape = "txt")]
struct Dockerfile<'a> {
    name: &'a str,
}

/// Packages that work on every record or byte, beside the generated crate and `sqlc-rows`.
const FAST: [&str; 13] = [
    "aho-corasick",
    "bumpalo",
    "fast-float2",
    "foldhash",
    "itoa",
    "jiff-core",
    "libm",
    "md-5",
    "memchr",
    "regex-automata",
    "sha2",
    "simdutf8",
    "zmij",
];

/// Packages that work when an application starts, or not even then: their size is all that counts.
const SMALL: [&str; 5] = ["clap_builder", "glob", "regex-lite", "toml", "toml_parser"];

/// The release profile of a crate that links these connectors (`sqlc_kinesis`), as Cargo writes it. The crate through which
/// `sqlc` builds the runtime has the same.
pub fn release_profile(connectors: &[&str]) -> String {
    let mut text = String::from(
        "[profile.release]\ncodegen-units = 1\npanic = \"abort\"\nstrip = true\n\n\
         # What does not work on records is compiled for size.\n\
         [profile.release.package]\n\"*\".opt-level = \"s\"\n",
    );
    let encryption = (!connectors.is_empty()).then_some(["aws-lc-rs", "aws-lc-sys", "rustls"]);
    let kinesis = connectors.contains(&"sqlc_kinesis").then_some("sqlc-kinesis");
    let network = encryption.into_iter().flatten().chain(kinesis);
    for package in FAST.into_iter().chain(network) {
        text.push_str(&format!("{package}.opt-level = 3\n"));
    }
    for package in SMALL {
        text.push_str(&format!("{package}.opt-level = \"z\"\n"));
    }
    // What its hot paths are made of is inlined into the application; for the rest 3 makes it larger, but no faster.
    text.push_str("sqlc-rows.opt-level = 2\n");
    text
}

/// Where the sources of a linked crate are, seen from those of the runtime.
pub fn folder_of(linked: &str) -> String {
    format!("connectors/{}", linked.trim_start_matches("sqlc_").replace('_', "-"))
}

/// Puts a crate together.
pub fn package(emitted: &Emitted, tables: &[Table], origin: &Origin<'_>) -> Crate {
    let version = env!("CARGO_PKG_VERSION");
    let mut files = BTreeMap::new();
    for file in &emitted.files {
        files.insert(file.path.clone(), format::format(&file.docs, &file.tokens));
    }
    let connectors = emitted
        .connectors
        .iter()
        .map(|name| Connector {
            package: name.replace('_', "-"),
            path: format!("{}/{}", origin.runtime, folder_of(name)),
        })
        .collect();
    let cargo = CargoToml {
        version,
        app_version: "0.1.0",
        notebook: origin.notebook,
        name: origin.name,
        runtime: origin.runtime,
        connectors,
        release_profile: release_profile(&emitted.connectors),
    };
    let readme = Readme {
        version,
        notebook: origin.notebook,
        name: origin.name,
        prose: &origin.prose,
        edges: edges(emitted.jobs.iter().map(|job| job.flow.as_str())),
        tables: tables
            .iter()
            .map(|table| TableRow {
                name: &table.name,
                connector: table.option("connector").unwrap_or("-"),
                module: crate::emit::rust_name(&table.name),
            })
            .collect(),
    };
    let render = |template: askama::Result<String>| {
        let mut text = template.expect("a template of fixed fields renders");
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text
    };
    files.insert("Cargo.toml".to_owned(), render(cargo.render()));
    files.insert("README.md".to_owned(), render(readme.render()));
    files.insert("Dockerfile".to_owned(), render(Dockerfile { name: origin.name }.render()));
    files.insert(format!("{}.sql", origin.name), origin.sql.clone());
    files.insert("describe.json".to_owned(), origin.description.clone());
    Crate { name: origin.name.to_owned(), files, connectors: emitted.connectors.clone() }
}

/// The arrows of the Mermaid picture, each once.
fn edges<'f>(flows: impl Iterator<Item = &'f str>) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    for (number, flow) in flows.enumerate() {
        for chain in flow.split("; ") {
            let stops: Vec<&str> = chain.split(" -> ").collect();
            for pair in stops.windows(2) {
                // Tables are shared by all statements, operators belong to one.
                let id = |stop: &str| {
                    let is_operator = stop.starts_with(|first: char| first.is_ascii_uppercase());
                    let name = crate::emit::rust_name(stop);
                    if is_operator { format!("{name}_{}", number + 1) } else { name }
                };
                let edge =
                    Edge { from: pair[0].to_owned(), from_id: id(pair[0]), to: pair[1].to_owned(), to_id: id(pair[1]) };
                if !edges.iter().any(|known| known.from_id == edge.from_id && known.to_id == edge.to_id) {
                    edges.push(edge);
                }
            }
        }
    }
    edges
}

impl Crate {
    /// Writes the files below `dir`; those that are there already with the same text are not touched, so that
    /// their times stay and rustc has less to do. Source files that the crate does not have any more are removed.
    pub fn write(&self, dir: &Path) -> Result<()> {
        for (path, text) in &self.files {
            let path = dir.join(path);
            if std::fs::read_to_string(&path).is_ok_and(|old| old == *text) {
                continue;
            }
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
            }
            std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        for folder in ["src/tables", "src/jobs"] {
            let Ok(entries) = std::fs::read_dir(dir.join(folder)) else { continue };
            for entry in entries.flatten() {
                let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
                if name.ends_with(".rs") && !self.files.contains_key(&name) {
                    std::fs::remove_file(entry.path())
                        .with_context(|| format!("cannot remove {}", entry.path().display()))?;
                }
            }
        }
        Ok(())
    }
}
