//! The command line: arguments to calls of the library, what comes back to a terminal, a folder or a running
//! application. One file per command.
//!
//! What a notebook means, and how a crate or binary is made from it, is left to the library.

mod application;
mod build;
mod check;
mod child;
mod control;
mod diff;
mod explain;
mod failure;
#[cfg(feature = "local-kinesis")]
mod kinesis;
mod new;
mod note;
mod progress;
mod run;
mod terminal;

use clap::{Parser, Subcommand};
use failure::Failure;
use std::process::ExitCode;

const AFTER_HELP: &str = "\
Exit codes: 0 success; 1 `check` found errors, or `diff` found state
that the new version cannot go on with; 64 wrong arguments; 65 the notebook has errors, or nothing to do;
66 a file or folder is missing, or no such application is running; 69 Rust, which builds the binaries, or a port is not
to be had; 70 a defect of sqlc; 74 reading or writing failed; 77 no permission. `run` ends with the exit code of the
application; `savepoint`, `stop`, `status` and `cancel` end with what the application answers.

SQLC_CACHE_DIR is where compiled things are kept (default: sqlc in the user's cache folder). NO_COLOR switches
colours off.";

/// Compiles notebooks of Flink-dialect streaming SQL into standalone applications.
#[derive(Parser)]
#[command(name = "sqlc", version, about, after_help = AFTER_HELP)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Arguments),
    Check(check::Arguments),
    Explain(explain::Arguments),
    Diff(diff::Arguments),
    Build(build::Arguments),
    New(new::Arguments),
    Savepoint(control::Savepoint),
    Stop(control::Stop),
    Status(control::Status),
    Cancel(control::Cancel),
    #[cfg(feature = "local-kinesis")]
    Kinesis(kinesis::Arguments),
}

/// Does what the arguments of the process ask for.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // There is nothing to do if the terminal is gone.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(failure::USAGE) } else { ExitCode::SUCCESS };
        }
    };
    let outcome: Result<ExitCode, Failure> = match &arguments.command {
        Command::Run(arguments) => run::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
        Command::Build(arguments) => build::run(arguments),
        Command::New(arguments) => new::run(arguments),
        Command::Savepoint(arguments) => control::savepoint(arguments),
        Command::Stop(arguments) => control::stop(arguments),
        Command::Status(arguments) => control::status(arguments),
        Command::Cancel(arguments) => control::cancel(arguments),
        #[cfg(feature = "local-kinesis")]
        Command::Kinesis(arguments) => kinesis::run(arguments),
    };
    outcome.unwrap_or_else(|failure| failure.report())
}
