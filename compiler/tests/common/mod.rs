//! The `sqlc` command in folders of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A folder with notebooks, and what runs in it.
pub struct Folder(tempfile::TempDir);

/// What a command answered.
#[derive(Debug)]
pub struct Answer {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Folder {
    pub fn new(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        files.iter().for_each(|(name, text)| folder.write(name, text));
        folder
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// `sqlc` with these arguments in this folder. Every test run shares one cache, so that the runtime is built once.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sqlc"));
        command.args(arguments).current_dir(self.path()).env("SQLC_CACHE_DIR", cache()).stdin(Stdio::null());
        command
    }

    pub fn sqlc(&self, arguments: &[&str]) -> Answer {
        Answer::of(self.command(arguments).output().unwrap())
    }
}

impl Answer {
    pub fn of(output: Output) -> Answer {
        Answer {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The answer, if the command succeeded.
    #[track_caller]
    pub fn success(self) -> Answer {
        assert_eq!(self.code, Some(0), "{}{}", self.stdout, self.stderr);
        self
    }

    #[track_caller]
    pub fn fails(self, code: i32, with: &str) -> Answer {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        assert!(self.stderr.contains(with), "expected: {with}\nfound: {}", self.stderr);
        self
    }
}

fn cache() -> PathBuf {
    match std::env::var_os("SQLC_CACHE_DIR") {
        Some(cache) => cache.into(),
        None => Path::new(env!("CARGO_TARGET_TMPDIR")).join("sqlc-cache"),
    }
}
