//! Applications as processes: built as `sqlc build` builds them, started with options, asked over HTTP, stopped.
//!
//! What they should answer is the business of the tests.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use sqlc::build::{self, Profile};
use sqlc::diagnostic::{Colour, render_human};
use sqlc::{Selection, generate};

/// No condition of a test takes this long, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// A built application.
pub struct Application {
    binary: PathBuf,
}

/// A running one; it is killed when the test forgets it.
pub struct Running {
    child: Child,
    address: String,
    stdout: PathBuf,
    stderr: PathBuf,
    _folder: tempfile::TempDir,
}

/// What is left of one.
#[derive(Debug)]
pub struct Ended {
    /// `None` after a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Application {
    /// Compiles the INSERTs of a notebook, below `target`. The runtime's libraries come from the user's own cache: what
    /// `sqlc` has built there already is not built again.
    pub fn build(notebook: &Path, name: &str, target: &Path) -> Result<Application> {
        let selection = Selection { inserts_only: true, ..Selection::default() };
        let analysis = sqlc::analyse(notebook, &notebook.with_file_name("catalog"), selection);
        let said = render_human(analysis.diagnostics.iter(), &analysis.sources, Colour::Never);
        ensure!(!analysis.diagnostics.has_errors(), "{said}");
        let generated = generate(&analysis, name, "runtime");
        let folder = target.join(name);
        // Tests of several processes may want the same application.
        std::fs::create_dir_all(&folder)?;
        let lock = std::fs::File::create(folder.join("lock"))?;
        lock.lock()?;
        let binary = build::compile(&build::cache_dir()?, &generated, &folder, Profile::Dev, &mut ())?;
        Ok(Application { binary })
    }

    /// A command without the variables of AWS and of sqlc that the machine may have.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("AWS_") || text.starts_with("SQLC_") {
                command.env_remove(name);
            }
        }
        command.env("AWS_EC2_METADATA_DISABLED", "true").stdin(Stdio::null());
        command
    }

    /// Starts it and returns at once.
    pub fn start(&self, arrange: impl FnOnce(&mut Command)) -> Result<Running> {
        let folder = tempfile::tempdir()?;
        let (stdout, stderr) = (folder.path().join("stdout"), folder.path().join("stderr"));
        // A free port: the application binds it in a moment.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let mut command = self.command();
        // Where its checkpoints are, unless the test says otherwise.
        command.args(["--listen", &address]).current_dir(folder.path());
        arrange(&mut command);
        // Files, unlike pipes, do not fill up while nobody reads them.
        let child = command
            .stdout(std::fs::File::create(&stdout)?)
            .stderr(std::fs::File::create(&stderr)?)
            .spawn()
            .context("cannot start the application")?;
        Ok(Running { child, address, stdout, stderr, _folder: folder })
    }
}

impl Running {
    /// The answer to a GET, as soon as the application listens.
    pub fn get(&mut self, path: &str) -> Result<String> {
        let started = Instant::now();
        loop {
            match ask(&self.address, path) {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    if let Some(status) = self.child.try_wait()? {
                        bail!("the application ended with {status}:\n{}", self.stderr());
                    }
                    ensure!(started.elapsed() < PATIENCE, "{path}: {error:#}\n{}", self.stderr());
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
        }
    }

    /// `/status`.
    pub fn status(&mut self) -> Result<Value> {
        serde_json::from_str(&self.get("/status")?).context("/status is not JSON")
    }

    /// Waits until the condition holds for the status.
    pub fn until(&mut self, what: &str, mut holds: impl FnMut(&Value) -> bool) -> Result<Value> {
        let started = Instant::now();
        loop {
            let status = self.status()?;
            if holds(&status) {
                return Ok(status);
            }
            ensure!(started.elapsed() < PATIENCE, "waiting for {what}:\n{status:#}\n{}", self.stderr());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to stop, and waits for its end.
    pub fn terminate(self) -> Result<Ended> {
        self.signal("TERM")?;
        self.wait()
    }

    pub fn signal(&self, name: &str) -> Result<()> {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status()?;
        ensure!(sent.success(), "cannot send {name}");
        Ok(())
    }

    /// Waits until it ends by itself.
    pub fn wait(mut self) -> Result<Ended> {
        let started = Instant::now();
        while self.child.try_wait()?.is_none() {
            ensure!(started.elapsed() < PATIENCE, "the application does not end:\n{}", self.stderr());
            std::thread::sleep(Duration::from_millis(5));
        }
        let code = self.child.wait()?.code();
        Ok(Ended { code, stdout: read(&self.stdout), stderr: self.stderr() })
    }

    pub fn stderr(&self) -> String {
        read(&self.stderr)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// Asserts how it ended; a panic is never an answer.
    pub fn expect(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        self
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}

fn ask(address: &str, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the answer has no head")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
    Ok(body.to_owned())
}
