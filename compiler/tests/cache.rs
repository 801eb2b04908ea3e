//! What `sqlc` keeps in its cache: when it is made again, and when not. Rust is played by two scripts, which write down
//! what they are asked for; what a real rustc and cargo do is seen to by the other tests.

mod common;

use common::{Answer, Folder};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// Answers as rustc does. The binary is a script; what the files `ice`, `slow` and `full` in the folder of the scripts
/// say goes wrong.
const RUSTC: &str = r#"#!/bin/sh
here=$(dirname "$0")
if [ "$1" = -vV ]; then
    printf 'rustc 9.9.9 (fake)\ncommit-hash: %s\nhost: x86_64-unknown-linux-gnu\n' "$(cat "$here/commit")"
    echo asked >> "$here/log"
    exit 0
fi
echo compile >> "$here/log"
for argument; do
    case "$argument" in
        -Cincremental=*) incremental=${argument#-Cincremental=} ;;
        sqlc_runtime=*) library=${argument#sqlc_runtime=} ;;
    esac
    if [ "$before" = -o ]; then binary=$argument; fi
    before=$argument
done
if [ -e "$here/full" ]; then echo 'error: No space left on device (os error 28)' >&2; exit 1; fi
if [ "$(tr -d '\n' < "$library")" != '!<arch> library' ]; then echo 'error[E0786]: found invalid metadata files' >&2; exit 1; fi
if [ -n "$incremental" ]; then
    if [ -e "$incremental/broken" ]; then echo 'thread rustc panicked: incremental' >&2; exit 101; fi
    mkdir -p "$incremental"
fi
printf '#!/bin/sh\necho row\n' > "$binary"
chmod +x "$binary"
"#;

/// Answers as cargo does: builds two libraries if they are not there.
const CARGO: &str = r#"#!/bin/sh
here=$(dirname "$0")
if [ "$1" != build ]; then exit 1; fi
echo build >> "$here/log"
for argument; do
    if [ "$before" = --target-dir ]; then target=$argument; fi
    before=$argument
done
deps=$target/release/deps
mkdir -p "$deps"
if [ -e "$here/slow" ]; then printf lib > "$deps/libbytes.rlib"; sleep 60; fi
if [ -e "$deps/broken" ]; then echo 'error: found invalid metadata files for crate' >&2; exit 101; fi
for name in bytes sqlc_runtime; do
    if [ ! -e "$deps/lib$name.rlib" ] || [ -e "$here/slowed" ]; then printf '!<arch>\n library' > "$deps/lib$name.rlib"; fi
    cat << END
{"reason":"compiler-artifact","package_id":"$name","manifest_path":"/Cargo.toml","target":{"kind":["lib"],"crate_types":["lib"],"name":"$name","src_path":"/lib.rs","edition":"2024","doc":true,"doctest":true,"test":true},"profile":{"opt_level":"3","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false},"features":[],"filenames":["$deps/lib$name.rlib"],"executable":null,"fresh":true}
END
done
"#;

const NOTE: &str = "%flink.ssql
CREATE TABLE words (word STRING) WITH ('connector' = 'filesystem', 'path' = 'words.json', 'format' = 'json');
%flink.ssql
SELECT word FROM words;
";

/// A notebook, a cache and a toolchain.
struct Place(Folder);

impl Place {
    fn new() -> Place {
        let place = Place(Folder::new(&[
            ("note.sql", NOTE),
            ("rust/rustc", RUSTC),
            ("rust/cargo", CARGO),
            ("rust/commit", "aaaaaaaaaaaa"),
        ]));
        for program in ["rust/rustc", "rust/cargo"] {
            fs::set_permissions(place.path(program), fs::Permissions::from_mode(0o755)).unwrap();
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = self.0.command(&["run", "note.sql"]);
        let path = format!("{}:{}", self.path("rust").display(), std::env::var("PATH").unwrap());
        command.env("SQLC_CACHE_DIR", self.path("cache")).env("PATH", path).env("RUSTC", self.path("rust/rustc"));
        command
    }

    /// Runs the notebook; what the toolchain was asked for comes back.
    #[track_caller]
    fn run(&self) -> String {
        let answer = Answer::of(self.command().output().unwrap()).success();
        assert_eq!(answer.stdout, "row\n");
        self.asked()
    }

    fn asked(&self) -> String {
        let log = fs::read_to_string(self.path("rust/log")).unwrap_or_default();
        let _ = fs::remove_file(self.path("rust/log"));
        log.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Gives the notebook another text.
    fn edit(&self) {
        let text = self.0.read("note.sql");
        self.0.write("note.sql", &text.replace("FROM words;", "FROM words WHERE word <> '';"));
    }

    /// The one path in the cache that ends so.
    #[track_caller]
    fn cached(&self, end: &str) -> PathBuf {
        let mut found = Vec::new();
        find(&self.path("cache"), end, &mut found);
        assert_eq!(found.len(), 1, "{end}: {found:?}");
        found.remove(0)
    }
}

fn find(dir: &Path, end: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap().flatten() {
        if entry.path().is_dir() {
            find(&entry.path(), end, found);
        }
        if entry.path().ends_with(end) {
            found.push(entry.path());
        }
    }
}

fn age(path: &Path, days: u64) {
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60)).unwrap();
}

#[test]
fn only_what_changed_is_made_again() {
    let place = Place::new();
    assert_eq!(place.run(), "asked build compile");
    assert_eq!(place.run(), "");
    place.edit();
    assert_eq!(place.run(), "compile");
    assert_eq!(place.run(), "");
    // Another rustc cannot use the libraries of this one.
    place.0.write("rust/commit", "bbbbbbbbbbbb");
    place.0.write("rust/rustc", &format!("{RUSTC}\n"));
    assert_eq!(place.run(), "asked build compile");
    // A copy of the cache is as good as the cache.
    let copied = Command::new("cp").arg("-r").arg(place.path("cache")).arg(place.path("copy")).status().unwrap();
    assert!(copied.success());
    fs::remove_dir_all(place.path("cache")).unwrap();
    fs::rename(place.path("copy"), place.path("cache")).unwrap();
    place.0.write("note.sql", NOTE);
    let asked = place.run();
    assert!(!asked.contains("build"), "{asked}");
}

#[test]
fn a_broken_cache_heals() {
    let place = Place::new();
    place.run();
    fn folder_named(place: &Place, start: &str) -> PathBuf {
        let mut found = Vec::new();
        let versions = fs::read_dir(place.path("cache")).unwrap().flatten().map(|entry| entry.path());
        for version in versions.filter(|path| path.join("sources").is_dir()) {
            found.extend(fs::read_dir(version).unwrap().flatten().map(|entry| entry.path()));
        }
        found.retain(|path| path.is_dir() && path.file_name().unwrap().to_str().unwrap().starts_with(start));
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }
    let libraries = || folder_named(&place, "core-");
    let damages: [(&str, &dyn Fn(), &str); 10] = [
        ("a library is gone", &|| fs::remove_file(libraries().join("libbytes.rlib")).unwrap(), "build compile"),
        ("a library is cut off", &|| fs::write(libraries().join("libbytes.rlib"), "lib").unwrap(), "build compile"),
        ("a library is empty", &|| fs::write(libraries().join("libsqlc_runtime.rlib"), "").unwrap(), "build compile"),
        (
            "a library is zeroed, and looks as before",
            &|| {
                let library = libraries().join("libsqlc_runtime.rlib");
                let time = fs::metadata(&library).unwrap().modified().unwrap();
                fs::write(&library, "\0".repeat(16)).unwrap();
                File::options().append(true).open(&library).unwrap().set_modified(time).unwrap();
            },
            "compile build compile",
        ),
        (
            "all is lost that was not yet on the disk",
            &|| {
                for name in ["libsqlc_runtime.rlib", "record.json"] {
                    fs::write(libraries().join(name), "").unwrap();
                }
            },
            "build compile",
        ),
        (
            "a library and the record are cut off",
            &|| {
                fs::write(libraries().join("libsqlc_runtime.rlib"), "!<arch>\n").unwrap();
                fs::write(libraries().join("record.json"), "").unwrap();
            },
            "build compile build compile",
        ),
        (
            "the record is cut off",
            &|| {
                let record = libraries().join("record.json");
                let text = fs::read_to_string(&record).unwrap();
                fs::write(&record, &text[..text.len() / 2]).unwrap();
            },
            "build compile",
        ),
        ("the folder is gone", &|| fs::remove_dir_all(libraries()).unwrap(), "build compile"),
        (
            "what rustc remembered is broken",
            &|| fs::write(place.cached("incremental").join("broken"), "").unwrap(),
            "compile compile",
        ),
        ("what is known of rustc is cut off", &|| fs::write(toolchain(&place), "{").unwrap(), "asked compile"),
    ];
    for (what, damage, expected) in damages {
        damage();
        place.edit();
        assert_eq!(place.run(), expected, "{what}");
        assert_eq!(place.run(), "", "{what}");
        place.0.write("note.sql", NOTE);
        assert_eq!(place.run(), "compile", "{what}");
    }
    // The binary, and what is written beside it.
    fs::write(place.cached("note"), "").unwrap();
    assert_eq!(place.run(), "compile");
    fs::write(place.cached("stamp"), "x").unwrap();
    assert_eq!(place.run(), "compile");
    // Cargo's own folder.
    fs::write(place.cached("deps").join("broken"), "").unwrap();
    fs::remove_dir_all(libraries()).unwrap();
    place.edit();
    assert_eq!(place.run(), "build build compile");
}

/// The file with what rustc said of itself.
fn toolchain(place: &Place) -> PathBuf {
    let entries = fs::read_dir(place.path("cache")).unwrap().flatten();
    let is_it = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("toolchain-");
    entries.map(|entry| entry.path()).find(is_it).unwrap()
}

#[test]
fn a_killed_build_is_taken_up_again() {
    let place = Place::new();
    place.0.write("rust/slow", "");
    let mut child = place.command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while !fs::read_to_string(place.path("rust/log")).is_ok_and(|log| log.contains("build")) {
        assert!(started.elapsed() < Duration::from_secs(60), "cargo is never called");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    fs::remove_file(place.path("rust/slow")).unwrap();
    // Cargo knows what it has not finished.
    place.0.write("rust/slowed", "");
    place.asked();
    assert_eq!(place.run(), "build compile");
}

#[test]
fn several_at_once_build_once() {
    let place = Place::new();
    let note = |number: usize| format!("note_{number}.sql");
    for number in 0..4 {
        place.0.write(&note(number), NOTE);
    }
    let run = |number: usize| {
        let template = place.command();
        let mut command = Command::new(template.get_program());
        command.args(["run", &note(number)]).current_dir(place.0.path());
        for (name, value) in template.get_envs() {
            command.env(name, value.unwrap());
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let running: Vec<_> = (0..4).map(run).collect();
    for child in running {
        assert_eq!(Answer::of(child.wait_with_output().unwrap()).success().stdout, "row\n");
    }
    let asked = place.asked();
    assert_eq!(asked.matches("build").count(), 1, "{asked}");
    assert_eq!(asked.matches("compile").count(), 4, "{asked}");
}

#[test]
fn a_cache_that_cannot_be_used_is_named() {
    let place = Place::new();
    place.0.write("file", "");
    place.0.sqlc(&["check", "note.sql"]).success();
    let answer = Answer::of(place.command().env("SQLC_CACHE_DIR", place.path("file/cache")).output().unwrap());
    assert!(answer.stderr.contains("cannot make the cache folder"), "{}", answer.stderr);
    assert!(answer.stderr.contains("SQLC_CACHE_DIR"), "{}", answer.stderr);
    place.run();
    place.0.write("rust/full", "");
    place.edit();
    let answer = Answer::of(place.command().output().unwrap()).fails(74, "No space left on device");
    assert!(answer.stderr.contains("help: make room on the disk"), "{}", answer.stderr);
    assert!(!answer.stderr.contains("defect"), "{}", answer.stderr);
    fs::remove_file(place.path("rust/full")).unwrap();
    place.asked();
    assert_eq!(place.run(), "compile");
}

#[test]
fn what_nobody_uses_is_removed() {
    let place = Place::new();
    place.run();
    let old = place.path("cache/runtime-0000000000000000");
    fs::create_dir(&old).unwrap();
    fs::write(old.join("lock"), "").unwrap();
    age(&old.join("lock"), 31);
    let recent = place.path("cache/notes/recent");
    fs::create_dir(&recent).unwrap();
    fs::write(recent.join("lock"), "").unwrap();
    place.edit();
    place.run();
    assert!(old.exists() && recent.exists(), "versions are looked after when a runtime is built");
    place.0.write("rust/commit", "cccccccccccc");
    place.0.write("rust/rustc", &format!("{RUSTC}\n"));
    age(&recent.join("lock"), 31);
    place.run();
    assert!(!old.exists() && !recent.exists());
}
