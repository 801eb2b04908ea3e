//! Many cases in one crate: each case's generated sources become a module, a `main` picks one by an environment variable,
//! and cargo compiles them all at once.
//!
//! A module that rustc refuses is a defect of the compiler: its case fails with rustc's words, and the others are
//! built without it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The variable that tells the binary which module to run.
const CHOICE: &str = "SPEC_CASE";

/// The crate that holds all cases.
pub struct Suite {
    folder: PathBuf,
    /// Module -> path in the crate of all cases -> text.
    modules: BTreeMap<String, BTreeMap<PathBuf, String>>,
    dependencies: BTreeSet<String>,
}

/// What building the suite gave.
pub struct Built {
    pub binary: PathBuf,
    /// Module -> what rustc said against it.
    pub refused: BTreeMap<String, String>,
}

impl Suite {
    pub fn new(folder: &Path) -> Self {
        Suite { folder: folder.to_owned(), modules: BTreeMap::new(), dependencies: BTreeSet::new() }
    }

    /// Adds a generated crate, its files by their paths, as a module.
    pub fn add(&mut self, module: &str, files: &BTreeMap<String, String>) {
        let moved = files.iter().filter_map(|(path, text)| as_module(module, path, text)).collect();
        let other = self.modules.insert(module.to_owned(), moved);
        assert!(other.is_none(), "two cases have the name {module}");
        let manifest = files.get("Cargo.toml").map(String::as_str).unwrap_or_default();
        let dependencies = manifest.split_once("[dependencies]\n").map(|(_, rest)| rest).unwrap_or_default();
        self.dependencies.extend(dependencies.lines().take_while(|line| line.contains('=')).map(str::to_owned));
    }

    /// Builds the crate into `target`, leaving out the modules that rustc refuses.
    pub fn build(&mut self, target: &Path) -> Result<Built> {
        let mut refused = BTreeMap::new();
        loop {
            self.write()?;
            let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
                .args(["build", "--quiet", "--message-format=json"])
                .current_dir(&self.folder)
                .env("CARGO_TARGET_DIR", target)
                .output()
                .context("cannot start cargo")?;
            if output.status.success() {
                return Ok(Built { binary: target.join("debug/specs"), refused });
            }
            let complaints = self.complaints(&String::from_utf8_lossy(&output.stdout));
            if complaints.is_empty() {
                bail!("the crate of all cases does not build:\n{}", String::from_utf8_lossy(&output.stderr));
            }
            for (module, complaint) in complaints {
                self.modules.remove(&module);
                refused.insert(module, complaint);
            }
        }
    }

    /// The errors in rustc's messages by the module they are about.
    fn complaints(&self, messages: &str) -> BTreeMap<String, String> {
        let mut complaints: BTreeMap<String, String> = BTreeMap::new();
        for line in messages.lines() {
            let Ok(message) = serde_json::from_str::<serde_json::Value>(line) else { continue };
            let message = &message["message"];
            if message["level"] != "error" {
                continue;
            }
            let spans = message["spans"].as_array().into_iter().flatten();
            let module = spans
                .filter_map(|span| span["file_name"].as_str())
                .find_map(|file| file.strip_prefix("src/")?.split('/').next())
                .filter(|module| self.modules.contains_key(*module));
            if let (Some(module), Some(text)) = (module, message["rendered"].as_str()) {
                complaints.entry(module.to_owned()).or_default().push_str(text);
            }
        }
        complaints
    }

    /// Writes what has changed and removes what is no longer there, so that cargo compiles no more than it must.
    fn write(&self) -> Result<()> {
        let mut manifest = "[package]\nname = \"specs\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
                            [profile.dev]\ndebug = false\n\n[dependencies]\n"
            .to_owned();
        let mut main = "use std::process::ExitCode;\n\n".to_owned();
        for dependency in &self.dependencies {
            writeln!(manifest, "{dependency}")?;
        }
        for module in self.modules.keys() {
            writeln!(main, "mod {module};")?;
        }
        writeln!(main, "\nfn main() -> ExitCode {{")?;
        writeln!(main, "    match std::env::var(\"{CHOICE}\").as_deref() {{")?;
        for module in self.modules.keys() {
            writeln!(main, "        Ok(\"{module}\") => {module}::main(),")?;
        }
        writeln!(main, "        _ => ExitCode::FAILURE,\n    }}\n}}")?;
        let mut files = BTreeMap::from([
            (self.folder.join("Cargo.toml"), manifest.as_str()),
            (self.folder.join("src/main.rs"), main.as_str()),
        ]);
        for files_of_module in self.modules.values() {
            for (path, text) in files_of_module {
                files.insert(self.folder.join(path), text);
            }
        }
        remove_others(&self.folder.join("src"), &files)?;
        for (path, text) in files {
            write_if_changed(&path, text)?;
        }
        Ok(())
    }
}

/// The command that runs one case of a built suite, as `sqlc run` would: without checkpoints.
pub fn command(binary: &Path, module: &str) -> Command {
    let mut command = Command::new(binary);
    command.env(CHOICE, module).arg("--trial");
    command
}

/// Where a file of a generated crate goes in the crate of all cases, and what it says there. The manifest stays behind.
fn as_module(module: &str, path: &str, text: &str) -> Option<(PathBuf, String)> {
    let Some(source) = path.strip_prefix("src/") else {
        return (path != "Cargo.toml").then(|| (Path::new("files").join(module).join(path), text.to_owned()));
    };
    let text = text
        .replace("crate::", &format!("crate::{module}::"))
        .replace("include_str!(\"../", &format!("include_str!(\"../../files/{module}/"));
    let folder = Path::new("src").join(module);
    Some(match source {
        "main.rs" => (folder.join("mod.rs"), text.replace("\nfn main()", "\npub fn main()")),
        _ => (folder.join(source), text),
    })
}

fn remove_others(folder: &Path, files: &BTreeMap<PathBuf, &str>) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            match files.keys().any(|file| file.starts_with(&path)) {
                true => remove_others(&path, files)?,
                false => std::fs::remove_dir_all(&path)?,
            }
        } else if !files.contains_key(&path) {
            std::fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn write_if_changed(path: &Path, text: &str) -> Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(main: &str) -> BTreeMap<String, String> {
        let greeting = "pub fn text() -> &'static str {\n    \"hello\"\n}\n";
        let files = [("src/main.rs", main), ("src/greeting.rs", greeting), ("Cargo.toml", "[dependencies]\n")];
        files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect()
    }

    #[test]
    fn a_crate_becomes_a_module() {
        let main = "use crate::x::Y;\n\nfn main() -> ExitCode {}\n";
        let (path, text) = as_module("a", "src/main.rs", main).unwrap();
        assert_eq!(path, Path::new("src/a/mod.rs"));
        assert_eq!(text, "use crate::a::x::Y;\n\npub fn main() -> ExitCode {}\n");
        assert_eq!(as_module("a", "describe.json", "{}").unwrap().0, Path::new("files/a/describe.json"));
        assert_eq!(as_module("a", "Cargo.toml", ""), None);
    }

    #[test]
    fn a_refused_module_does_not_stop_the_others() {
        let folder = tempfile::tempdir().unwrap();
        let main = "mod greeting;\nuse std::process::ExitCode;\n\nfn main() -> ExitCode {\n    \
                    println!(\"{}\", crate::greeting::text());\n    ExitCode::SUCCESS\n}\n";
        let mut suite = Suite::new(folder.path());
        suite.add("good", &files(main));
        suite.add("bad", &files(&main.replace("text()", "word()")));
        let built = suite.build(&folder.path().join("target")).unwrap();
        assert_eq!(built.refused.keys().collect::<Vec<_>>(), ["bad"]);
        assert!(built.refused["bad"].contains("cannot find function `word`"), "{}", built.refused["bad"]);
        let output = command(&built.binary, "good").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\n");
        assert!(!command(&built.binary, "bad").status().unwrap().success());
    }
}
