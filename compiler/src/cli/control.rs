//! `sqlc savepoint`, `stop`, `status` and `cancel`: what an application's own commands of these names do, for an
//! application that is named in any way.

use super::failure::{Failure, NO_INPUT};
use clap::Args;
use sqlc_runtime::job::control::{Asked, Place, What, is_alive};
use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The name of the socket in a folder of checkpoints.
const SOCKET: &str = "control.sock";

/// Which application, and in which form it answers.
#[derive(Args)]
pub struct Running {
    /// The running application: its name, its binary, its working directory, its folder or URL of checkpoints, or its socket.
    #[arg(value_name = "APP")]
    application: String,
    /// The folder or URL of its checkpoints, if it was started with another than its own.
    #[arg(long, value_name = "DIR|URL")]
    checkpoint_dir: Option<String>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

/// Have a running application take a savepoint, and go on.
#[derive(Args)]
pub struct Savepoint {
    #[command(flatten)]
    running: Running,
    /// Where to [default: as its execution.checkpointing.savepoint-dir says].
    #[arg(value_name = "DIR|URL")]
    dir: Option<String>,
}

/// Have a running application write out what it has read, take a checkpoint, and end.
#[derive(Args)]
pub struct Stop {
    #[command(flatten)]
    running: Running,
    /// Take a savepoint instead of a checkpoint.
    #[arg(long, value_name = "DIR|URL", num_args = 0..=1)]
    savepoint: Option<Option<String>>,
}

/// Say how a running application gets on.
#[derive(Args)]
pub struct Status {
    #[command(flatten)]
    running: Running,
}

/// Have a running application end at once, without a last checkpoint.
#[derive(Args)]
pub struct Cancel {
    #[command(flatten)]
    running: Running,
}

pub fn savepoint(arguments: &Savepoint) -> Result<ExitCode, Failure> {
    arguments.running.ask(What::Savepoint(arguments.dir.clone()))
}

pub fn stop(arguments: &Stop) -> Result<ExitCode, Failure> {
    arguments.running.ask(What::Stop(arguments.savepoint.clone()))
}

pub fn status(arguments: &Status) -> Result<ExitCode, Failure> {
    arguments.running.ask(What::Status)
}

pub fn cancel(arguments: &Cancel) -> Result<ExitCode, Failure> {
    arguments.running.ask(What::Cancel)
}

impl Running {
    fn ask(&self, what: What) -> Result<ExitCode, Failure> {
        let found = find(&self.application)?;
        let socket = match &self.checkpoint_dir {
            Some(_) => None,
            None => found.socket.map(|path| path.to_string_lossy().into_owned()),
        };
        let dir = self.checkpoint_dir.clone().or(found.checkpoint_dir);
        let asked = Asked { what, socket, json: self.json };
        asked
            .ask(Place { name: &found.name, checkpoint_dir: dir.as_deref() })
            .map(|()| ExitCode::SUCCESS)
            .map_err(|error| Failure::new(error.kind().exit_code(), error.to_string()))
    }
}

/// What is known about an application from what the user calls it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    name: String,
    checkpoint_dir: Option<String>,
    socket: Option<PathBuf>,
}

fn find(application: &str) -> Result<Found, Failure> {
    let path = Path::new(application);
    let of = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = |path: PathBuf| path.to_string_lossy().into_owned();
    if application.contains("://") {
        let name = application.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        return Ok(Found { name: name.to_owned(), checkpoint_dir: Some(application.to_owned()), socket: None });
    }
    let Ok(metadata) = fs::metadata(path) else {
        if application.contains('/') {
            return Err(Failure::new(NO_INPUT, format!("there is no {application}")));
        }
        // A name; what it leaves in the working directory is looked for here.
        let dir = format!("{application}.checkpoints");
        return Ok(Found { name: application.to_owned(), checkpoint_dir: Some(dir), socket: None });
    };
    if metadata.file_type().is_socket() {
        return Ok(Found { name: of(path), checkpoint_dir: None, socket: Some(path.to_owned()) });
    }
    if metadata.is_dir() {
        return find_in(path);
    }
    let name = of(path);
    let beside = path.with_file_name(format!("{name}.checkpoints"));
    let here = PathBuf::from(format!("{name}.checkpoints"));
    let dir = if !here.join(SOCKET).exists() && beside.join(SOCKET).exists() { beside } else { here };
    Ok(Found { name, checkpoint_dir: Some(text(dir)), socket: None })
}

/// A folder of checkpoints, or one that has such folders.
fn find_in(folder: &Path) -> Result<Found, Failure> {
    let absolute = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let base = absolute.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = base.strip_suffix(".checkpoints").unwrap_or(&base).to_owned();
    let mut found = Found { name, checkpoint_dir: Some(folder.to_string_lossy().into_owned()), socket: None };
    if folder.join(SOCKET).exists() {
        found.socket = Some(folder.join(SOCKET));
        return Ok(found);
    }
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let below = entries.filter(|path| path.extension().is_some_and(|extension| extension == "checkpoints"));
    let mut sockets: Vec<PathBuf> = below.map(|path| path.join(SOCKET)).filter(|path| is_alive(path)).collect();
    sockets.sort();
    match &sockets[..] {
        [] => Ok(found),
        [socket] => {
            let stem = socket.parent().and_then(Path::file_stem);
            found.name = stem.map(|stem| stem.to_string_lossy().into_owned()).unwrap_or(found.name);
            found.socket = Some(socket.clone());
            Ok(found)
        }
        several => {
            let several: Vec<String> = several.iter().map(|socket| socket.display().to_string()).collect();
            let message = format!("several applications are running in {}", folder.display());
            Err(Failure::usage(message).help(format!("name one of {}", several.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn an_application_is_found_by_name_binary_folder_and_socket() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let (checkpoints, binary) = (root.join("readings.checkpoints"), root.join("readings"));
        fs::create_dir(&checkpoints).unwrap();
        fs::write(&binary, "").unwrap();
        let socket = checkpoints.join(SOCKET);
        let _listener = UnixListener::bind(&socket).unwrap();
        let found = |path: &Path| find(path.to_str().unwrap()).unwrap();
        let listening = |name: &str, dir: &Path| Found {
            name: name.to_owned(),
            checkpoint_dir: Some(dir.to_string_lossy().into_owned()),
            socket: Some(socket.clone()),
        };
        assert_eq!(found(&checkpoints), listening("readings", &checkpoints));
        assert_eq!(found(root), listening("readings", root));
        assert_eq!(found(&socket).socket, Some(socket.clone()));
        assert_eq!(found(&binary).checkpoint_dir.as_deref(), checkpoints.to_str());
        assert_eq!(find("readings_app").unwrap().checkpoint_dir.as_deref(), Some("readings_app.checkpoints"));
        assert_eq!(find("s3://bucket/readings/").unwrap().name, "readings");
        assert!(find("/nowhere/readings").is_err());

        let other = root.join("other.checkpoints");
        fs::create_dir(&other).unwrap();
        let _other = UnixListener::bind(other.join(SOCKET)).unwrap();
        assert!(find(root.to_str().unwrap()).is_err(), "two are running there");
    }
}
