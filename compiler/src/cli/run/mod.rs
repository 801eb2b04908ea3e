//! `sqlc run`: a notebook as a running application, the rows of its SELECTs on the terminal.
//!
//! How rows are shown is left to [`panel`] and [`screen`]; how streams are had without AWS, to [`local`].

mod cells;
mod live;
#[cfg(feature = "local-kinesis")]
mod local;
#[cfg(not(feature = "local-kinesis"))]
#[path = "no_local.rs"]
mod local;
mod panel;
mod row;
mod screen;
mod status;
mod table;

use super::application;
use super::child::{self, Children, Event, Output};
use super::failure::{DATA, Failure};
use super::note::{self, NoteArguments};
use super::progress::Progress;
use clap::{Args, ValueEnum};
use local::Local;
use sqlc::stream::Target;
use sqlc::{Analysis, Selection};
use status::Status;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// How often the line with the counts is looked after.
const STATUS_INTERVAL: Duration = Duration::from_millis(500);

/// Compile a notebook and run it; the rows of SELECTs go to the terminal.
///
/// Everything runs in one process: all INSERTs and SELECTs of the notebook. Ctrl-C stops reading, completes what has
/// been read, and ends.
#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    note: NoteArguments,
    /// Run the statements of this cell only, counted from 1.
    #[arg(long, value_name = "N")]
    cell: Option<u32>,
    /// Change an option of a table (table.option=value) or a setting.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Run on a local Kinesis: it is started, and has the streams that the tables name. No AWS account is used.
    #[arg(long)]
    local: bool,
    /// With --local: another notebook, run beside this one to feed its streams. May be given several times.
    #[arg(long, value_name = "NOTE", requires = "local")]
    feed: Vec<PathBuf>,
    /// How many workers share the work.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    parallelism: Option<u32>,
    /// How rows of SELECTs are shown [default: table on a terminal, else changelog].
    #[arg(long, value_enum)]
    format: Option<Format>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// As tables that change in place (type=update), scroll (type=append), or as one line of text (type=single).
    Table,
    /// A line per change, in Flink's print form: +I[OK, 12, 70.5].
    Changelog,
    /// A JSON object per change: {"op":"+I","statement":1,"row":{...}}.
    Json,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let analysis = arguments.note.analyse(Selection { cell: arguments.cell, ..Selection::default() })?;
    if let Some(code) = note::report(&analysis) {
        return Ok(code);
    }
    note::check_cell(&analysis, arguments.cell)?;
    if analysis.plan.statements.is_empty() {
        return Err(nothing_to_run(&arguments.note, arguments.cell)?);
    }
    let format = arguments.format.unwrap_or(match std::io::stdout().is_terminal() {
        true => Format::Table,
        false => Format::Changelog,
    });
    let shows_rows = analysis.stream.jobs.iter().any(|job| matches!(job.target, Target::Select { .. }));
    let panels = if format == Format::Table && shows_rows { cells::panels(&analysis) } else { Vec::new() };
    let feeds = feeds(&arguments.feed)?;

    let mut progress = Progress::new();
    let binary = application::compile(&analysis, &arguments.note.note, arguments.cell, &mut progress)?;
    let mut feed_binaries = Vec::new();
    for (note, feed) in &feeds {
        feed_binaries.push(application::compile(feed, note, None, &mut progress)?);
    }
    let local = match arguments.local {
        true => {
            progress.say("starting a local Kinesis");
            Some(Local::start([&analysis].into_iter().chain(feeds.iter().map(|(_, feed)| feed)), &arguments.set)?)
        }
        false => None,
    };
    drop(progress);

    let started = Instant::now();
    let mut children = Children::new()?;
    let mut command = command(&binary, arguments, format, local.as_ref().map(|local| (local, &analysis)));
    let status = if wants_status(&analysis) { Status::new() } else { None };
    if let Some(status) = &status {
        command.args(["--listen", &status.address()]);
        status.watch();
    }
    let output = if panels.is_empty() { Output::Inherited } else { Output::Captured };
    let main = children.spawn(&mut command, output)?;
    for (binary, (_, feed)) in feed_binaries.iter().zip(&feeds) {
        let mut command = Command::new(binary);
        command.arg("--trial");
        if let Some(local) = &local {
            local.point(&mut command, feed);
        }
        children.spawn(&mut command, Output::Discarded)?;
    }
    let code = match panels.is_empty() {
        true => wait(&mut children, main, status.as_ref()),
        false => live::show(&mut children, main, panels, status, started)?,
    };
    children.finish();
    Ok(ExitCode::from(code))
}

/// The notebooks that feed the streams, understood.
fn feeds(notes: &[PathBuf]) -> Result<Vec<(PathBuf, Analysis)>, Failure> {
    let mut feeds = Vec::new();
    for path in notes {
        let arguments = NoteArguments { note: path.clone(), catalog: None };
        let analysis = arguments.analyse(Selection { inserts_only: true, ..Selection::default() })?;
        if note::report(&analysis).is_some() {
            return Err(Failure::new(DATA, format!("{} feeds nothing: it has errors", path.display())));
        }
        if analysis.plan.statements.is_empty() {
            let failure = Failure::new(DATA, format!("{} feeds nothing: it has no INSERT", path.display()));
            return Err(failure.help("write rows into a table that names the stream"));
        }
        feeds.push((path.clone(), analysis));
    }
    Ok(feeds)
}

fn command(binary: &Path, arguments: &Arguments, format: Format, local: Option<(&Local, &Analysis)>) -> Command {
    let mut command = Command::new(binary);
    // The panels read JSON.
    let form = if format == Format::Changelog { "changelog" } else { "json" };
    // It is tried out: it leaves nothing behind.
    command.args(["--trial", "--format", form]);
    if let Some(workers) = arguments.parallelism {
        command.args(["--parallelism", &workers.to_string()]);
    }
    if let Some((local, analysis)) = local {
        local.point(&mut command, analysis);
    }
    for set in &arguments.set {
        command.args(["--set", set]);
    }
    command
}

/// Whether somebody looks who wants to know how the INSERTs get on, and nothing else is written there.
fn wants_status(analysis: &Analysis) -> bool {
    let inserts = analysis.stream.jobs.iter().any(|job| matches!(job.target, Target::Insert { .. }));
    let prints = analysis.stream.tables.iter().any(|table| table.option("connector") == Some("print"));
    inserts && !prints && std::io::stderr().is_terminal() && std::io::stdout().is_terminal()
}

/// Waits for the application, which writes its rows itself.
fn wait(children: &mut Children, main: usize, status: Option<&Status>) -> u8 {
    let bar = status.map(|_| status::bar());
    let code = loop {
        if let (Some(bar), Some(status)) = (&bar, status)
            && !status.latest().is_empty()
        {
            bar.set_message(status.latest());
        }
        match children.events().recv_timeout(STATUS_INTERVAL) {
            Ok(Event::Exited(number, status)) => {
                children.ended(number);
                if let Some(code) = ending(main, number, child::exit_code(status)) {
                    break code;
                }
            }
            Ok(Event::Signal) => children.stop_all(),
            Ok(Event::Output(_) | Event::OutputEnded) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break 0,
        }
    };
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    code
}

/// The code that the end of a child ends the command with, if it does: a feed that has come to its end does not.
fn ending(main: usize, number: usize, code: u8) -> Option<u8> {
    (number == main || code != 0).then_some(code)
}

/// Why there is nothing to run, and what could be.
pub fn nothing_to_run(arguments: &NoteArguments, cell: Option<u32>) -> Result<Failure, Failure> {
    let Some(cell) = cell else {
        let message = format!("there is nothing to run: {} has no SELECT or INSERT", arguments.note.display());
        return Ok(Failure::new(DATA, message).help("add one, in a %flink.ssql cell that is not switched off"));
    };
    let all = arguments.analyse(Selection::default())?;
    let mut cells: Vec<u32> = all.plan.statements.iter().map(|each| all.sources.origin(each.span).cell).collect();
    cells.dedup();
    let failure = Failure::new(DATA, format!("there is nothing to run: cell {cell} has no SELECT or INSERT"));
    Ok(match cells.as_slice() {
        [] => failure.help("no other cell has one either"),
        [only] => failure.help(format!("cell {only} has one")),
        cells => failure
            .help(format!("these cells have: {}", cells.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))),
    })
}
