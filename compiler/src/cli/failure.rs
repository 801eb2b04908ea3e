//! What ends a command early: a message, what to do about it, and an exit code.

use super::terminal;
use std::io::ErrorKind;
use std::process::ExitCode;

/// Wrong arguments (`EX_USAGE` of sysexits.h, as are the others).
pub const USAGE: u8 = 64;
/// The notebook has errors, or nothing to do.
pub const DATA: u8 = 65;
/// A file or folder is missing.
pub const NO_INPUT: u8 = 66;
/// A program or port that is needed is not to be had.
pub const UNAVAILABLE: u8 = 69;
/// A defect of sqlc.
pub const SOFTWARE: u8 = 70;
/// Reading or writing failed.
pub const IO: u8 = 74;
/// No permission.
pub const PERMISSION: u8 = 77;

/// Why a command cannot go on.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
    help: Option<String>,
}

impl Failure {
    pub fn new(code: u8, message: impl Into<String>) -> Self {
        Failure { code, message: message.into(), help: None }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, message)
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Prints it on stderr.
    pub fn report(&self) -> ExitCode {
        let colour = terminal::colour_of_stderr();
        eprintln!("{}: {}", terminal::paint("error", terminal::RED, colour), self.message);
        if let Some(help) = &self.help {
            eprintln!("  {} {help}", terminal::paint("= help:", terminal::BOLD, colour));
        }
        ExitCode::from(self.code)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        let message = format!("{error:#}");
        if message.contains("rustc refuses the generated crate") {
            return Failure::new(SOFTWARE, message);
        }
        if message.contains("needs Rust (https://rustup.rs)") {
            return Failure::new(UNAVAILABLE, message).help("install Rust with rustup, then run the command again");
        }
        let cause = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
        let Some(cause) = cause else { return Failure::new(UNAVAILABLE, message) };
        match cause.kind() {
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
                Failure::new(PERMISSION, message).help("choose a folder that you may write to")
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                Failure::new(IO, message).help("make room on the disk, then run the command again")
            }
            ErrorKind::NotFound => Failure::new(NO_INPUT, message),
            _ => Failure::new(IO, message),
        }
    }
}
