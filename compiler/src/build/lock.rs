//! The lock file of a generated crate: the versions that the runtime was built with.

use super::{Toolchain, cargo, link, prebuilt, runtime};
use crate::package::Crate;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Stdio;

/// The text of a `Cargo.lock` that fits the crate exactly.
///
/// It is that of the crate through which the runtime is built, under another name. Cargo is asked for it if the runtime
/// was not built yet; without Cargo all versions that sqlc itself was built with are named, of which Cargo will
/// choose.
pub fn lock_file(cache: &Path, generated: &Crate) -> Result<String> {
    let dir = link::write(&prebuilt::version_folder(cache), &generated.connectors)?;
    let path = dir.join("Cargo.lock");
    let read = || fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()));
    if let Some(lock) = renamed(&read()?, generated) {
        return Ok(lock);
    }
    let resolves = |toolchain: Toolchain| {
        let mut metadata = cargo::command(&toolchain, &dir);
        metadata.args(["metadata", "--format-version", "1", "--manifest-path"]).arg(dir.join("Cargo.toml"));
        let status = metadata.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|status| status.success())
    };
    if !Toolchain::find(cache).is_ok_and(resolves) {
        return Ok(runtime::file("Cargo.lock").to_owned());
    }
    match renamed(&read()?, generated) {
        Some(lock) => Ok(lock),
        None => bail!("cargo has not locked the versions in {}", dir.display()),
    }
}

/// The lock file with the generated crate in place of the one through which the runtime is built, in its order; `None` if
/// Cargo has not seen the file yet.
fn renamed(lock: &str, generated: &Crate) -> Option<String> {
    let mut parts: Vec<&str> = lock.trim_end().split("\n\n").collect();
    let link = parts.iter().position(|part| part.starts_with("[[package]]\nname = \"link\"\n"))?;
    let own = parts.remove(link).replace("name = \"link\"", &format!("name = \"{}\"", generated.name));
    let own = own.replace("version = \"0.0.0\"", "version = \"0.1.0\"");
    let name_of = |part: &str| part.lines().find_map(|line| line.strip_prefix("name = ")).unwrap_or("").to_owned();
    let before = parts.iter().position(|part| part.starts_with("[[package]]") && name_of(part) > name_of(&own));
    parts.insert(before.unwrap_or(parts.len()), &own);
    Some(parts.join("\n\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_application_takes_its_place_among_the_packages() {
        let package = |name: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"0.0.0\"\n");
        let lock =
            ["# By Cargo.\nversion = 4\n".to_owned(), package("link"), package("memchr"), package("zmij")].join("\n");
        let lock_for = |name: &str| renamed(&lock, &Crate { name: name.to_owned(), ..Crate::default() }).unwrap();
        let names = |lock: &str| {
            let lines = lock.lines().filter_map(|line| line.strip_prefix("name = "));
            lines.map(|name| name.trim_matches('"').to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&lock_for("app")), ["app", "memchr", "zmij"]);
        assert_eq!(names(&lock_for("sensors_app")), ["memchr", "sensors_app", "zmij"]);
        assert_eq!(names(&lock_for("zz")), ["memchr", "zmij", "zz"]);
        assert!(lock_for("app").ends_with("version = \"0.0.0\"\n"));
        assert!(lock_for("app").contains("name = \"app\"\nversion = \"0.1.0\""));
        assert_eq!(renamed("version = 4\n", &Crate::default()), None);
    }
}
