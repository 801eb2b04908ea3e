//! The command line of an application.

use super::app::App;
use super::control::{self, Asked, Place, Routes, Server, Token};
use super::log;
use super::metrics::Registry;
use super::overrides::Overrides;
use super::run::{Job, Restore};
use super::run_control::Stop;
use super::select::SelectForm;
use super::settings::{Settings, parallelism};
use super::status::Status;
use crate::connector::options::parse_size;
use crate::error::{Error, ErrorKind, Result};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use signal_hook::consts::{SIGINT, SIGTERM};

const AFTER_HELP: &str = "\
Options of tables are changed with --set, with SQLC_SET_... variables and with --config; what is compiled into
the binary cannot be changed and says so. The variable of an option is its name in capitals with _ for every
other character, behind the table's name and two underscores:
  --set sensor_data.aws.region=eu-west-1    SQLC_SET_SENSOR_DATA__AWS_REGION=eu-west-1

SIGTERM and SIGINT stop reading, write out what has been read, take a last checkpoint, and end with 0; a second
signal ends at once. The commands talk to the instance that runs with the same checkpoint folder; over HTTP they are
POST /savepoint, /stop and /cancel, for those who know the token of --token or SQLC_TOKEN.

Exit codes: 0 ended or stopped; 64 wrong options; 65 data that the statements do not accept; 66 something is
missing or refuses, or no instance is running; 70 a defect; 74 reading or writing failed; 77 no permission, or
credentials that are not accepted; 128 and the signal's number after a second signal.";

/// Options with a value: name, what stands for the value, and help. Those of [`ASKED_TOO`] are for subcommands too.
const OPTIONS: [(&str, &str, &str); 10] = [
    ("set", "TABLE.OPTION=VALUE", "Change an option of a table, or a setting"),
    ("config", "FILE", "Change options from a TOML file with a [section] per table"),
    ("parallelism", "N", "How many workers share the work"),
    ("format", "changelog|json", "How rows of SELECT statements are written to stdout [default: changelog]"),
    ("checkpoint-dir", "DIR|URL", "Where checkpoints are kept [default: a folder named after the application, here]"),
    (
        "restore",
        "PATH|latest",
        "Go on from this checkpoint or savepoint [default: the newest checkpoint, if there is one]",
    ),
    ("memory-limit", "SIZE", "Stop with a checkpoint before more memory is used, such as 4gb"),
    ("listen", "ADDR", "Serve /healthz, /metrics and /status on this address, such as 127.0.0.1:8080"),
    ("token", "FILE", "Take commands over HTTP too (POST /savepoint, /stop, /cancel) from those who know this token"),
    ("log-format", "text|json", "How messages are written to stderr [default: text]"),
];

const ASKED_TOO: [&str; 3] = ["set", "config", "checkpoint-dir"];

const FLAGS: [(&str, &str); 5] = [
    ("no-checkpoints", "Take no checkpoints: after a restart the application begins anew"),
    ("no-restore", "Begin anew, whatever checkpoints there are"),
    ("allow-non-restored-state", "Leave state behind that this application has no use for"),
    ("describe", "Print what the application reads, does and writes, as JSON"),
    // `sqlc run` starts applications so: they are tried out, and leave nothing behind.
    ("trial", ""),
];

/// Options that contradict each other.
const CONFLICTS: [(&str, &str); 3] =
    [("no-checkpoints", "checkpoint-dir"), ("no-restore", "restore"), ("allow-non-restored-state", "no-restore")];

fn command(app: &App) -> Command {
    let mut command = Command::new(app.name)
        .subcommands(control::subcommands())
        .disable_help_subcommand(true)
        .version(app.version)
        .about("A streaming application compiled by sqlc")
        .after_help(AFTER_HELP);
    for (name, value, help) in OPTIONS {
        let arg = Arg::new(name).long(name).value_name(value).help(help).global(ASKED_TOO.contains(&name));
        let arg = match name {
            "set" => arg.action(ArgAction::Append),
            "parallelism" => arg.value_parser(clap::value_parser!(i64)),
            "format" => arg.value_parser(PossibleValuesParser::new(["changelog", "json"])).hide_possible_values(true),
            "log-format" => arg.value_parser(PossibleValuesParser::new(["text", "json"])).hide_possible_values(true),
            "token" => arg.requires("listen"),
            _ => arg,
        };
        command = command.arg(arg);
    }
    for (name, help) in FLAGS {
        command = command.arg(Arg::new(name).long(name).help(help).action(ArgAction::SetTrue).hide(help.is_empty()));
    }
    for (one, other) in CONFLICTS {
        command = command.mut_arg(one, |arg| arg.conflicts_with(other));
    }
    command
}

/// Does what the command line says.
pub(super) fn run(app: &App) -> Result<()> {
    let arguments = match command(app).try_get_matches() {
        Ok(arguments) => arguments,
        Err(error) if error.use_stderr() => {
            let message = error.to_string();
            return Err(usage(message.trim_start_matches("error: ").trim_end()));
        }
        Err(help) => {
            // --help and --version; there is nothing to do if stdout is gone.
            let _ = help.print();
            return Ok(());
        }
    };
    log::use_json(arguments.get_one::<String>("log-format").is_some_and(|form| form == "json"));
    if arguments.get_flag("describe") {
        println!("{}", app.description);
        return Ok(());
    }
    let settings = settings(app, &arguments)?;
    if let Some((name, asked)) = arguments.subcommand() {
        let asked = Asked::new(name, asked).ok_or_else(|| usage(&format!("there is no command {name}")))?;
        let dir = checkpoint_dir(app, &arguments, &settings)?;
        return asked.ask(Place { name: app.name, checkpoint_dir: dir.as_deref() });
    }
    let job = job(app, &arguments, &settings)?;
    if job.checkpoint_dir.is_none() && !arguments.get_flag("trial") {
        log::warn("checkpoints are off: after a restart the application begins anew, and what it knows is lost");
    }
    let _server = serve(app, &job, &arguments)?;
    job.run(app)
}

/// Answers those who ask how the application gets on, or tell it what to do, as long as what comes back is there.
fn serve(app: &App, job: &Job, arguments: &ArgMatches) -> Result<Server> {
    let address = arguments.get_one::<String>("listen");
    let token = match address {
        Some(_) => Token::find(arguments.get_one::<String>("token").map(String::as_str))?,
        None => None,
    };
    let mut server = Server::new(Routes {
        status: Status {
            name: app.name,
            version: app.version,
            clock: job.clock.clone(),
            started: job.clock.now(),
            checkpoint_dir: job.checkpoint_dir.clone(),
        },
        metrics: job.metrics.clone(),
        commands: job.commands.clone(),
        token,
    });
    if let Some(address) = address {
        server.listen(address)?;
    }
    if !arguments.get_flag("trial") {
        let claimed = control::claim(Place { name: app.name, checkpoint_dir: job.checkpoint_dir.as_deref() });
        let failed = |error: std::io::Error| Error::new(ErrorKind::Io, error.to_string());
        // Rows matter more than talking about them.
        if let Err(error) = claimed.and_then(|claimed| server.control(claimed).map_err(failed)) {
            log::warn(&format!("the commands savepoint, stop, status and cancel will not work: {error}"));
        }
    }
    Ok(server)
}

/// What the settings are after everything that the start changes.
fn settings(app: &App, arguments: &ArgMatches) -> Result<Settings> {
    Settings::new(&overrides(arguments)?.settings(app.settings))
}

fn job(app: &App, arguments: &ArgMatches, settings: &Settings) -> Result<Job> {
    let parallelism = arguments.get_one::<i64>("parallelism").map(|number| parallelism(*number)).transpose()?;
    let select_form = match arguments.get_one::<String>("format").map(String::as_str) {
        Some("json") => SelectForm::Json,
        _ => SelectForm::Changelog,
    };
    Ok(Job {
        overrides: overrides(arguments)?,
        parallelism,
        metrics: Registry::default(),
        select_form,
        checkpoint_dir: checkpoint_dir(app, arguments, settings)?,
        restore: restore(arguments)?,
        allow_non_restored_state: arguments.get_flag("allow-non-restored-state"),
        memory_limit: arguments.get_one::<String>("memory-limit").map(|size| memory_limit(size)).transpose()?,
        stop: stop_on_signals()?,
        ..Job::default()
    })
}

/// Where checkpoints are kept, unless there are none.
fn checkpoint_dir(app: &App, arguments: &ArgMatches, settings: &Settings) -> Result<Option<String>> {
    let given = arguments.get_one::<String>("checkpoint-dir").map(|dir| dir.trim());
    if given.is_some_and(str::is_empty) {
        return Err(usage("--checkpoint-dir is empty, expected a folder or a URL such as s3://bucket/path"));
    }
    let checkpoints = &settings.checkpoints;
    if arguments.get_flag("no-checkpoints") || arguments.get_flag("trial") || checkpoints.interval.is_none() {
        return Ok(None);
    }
    let beside = || format!("{}.checkpoints", app.name);
    Ok(Some(given.map(str::to_owned).or_else(|| checkpoints.dir.clone()).unwrap_or_else(beside)))
}

fn restore(arguments: &ArgMatches) -> Result<Restore> {
    Ok(match arguments.get_one::<String>("restore").map(|path| path.trim()) {
        Some("") => return Err(usage("--restore is empty, expected a checkpoint or savepoint, or latest")),
        Some("latest") => Restore::Newest,
        Some(path) => Restore::Path(path.to_owned()),
        None if arguments.get_flag("no-restore") => Restore::No,
        None => Restore::Newest,
    })
}

fn memory_limit(size: &str) -> Result<u64> {
    // Nothing starts with less than some megabytes: that is a forgotten unit.
    const LEAST: u64 = 16 << 20;
    match parse_size(size) {
        None => Err(usage(&format!("--memory-limit {size}: expected a size such as 4gb"))),
        Some(bytes) if bytes < LEAST => Err(usage(&format!("--memory-limit {size}: expected at least 16mb"))),
        Some(bytes) => Ok(bytes),
    }
}

fn overrides(arguments: &ArgMatches) -> Result<Overrides> {
    let mut overrides = Overrides::default();
    if let Some(file) = arguments.get_one::<String>("config") {
        let read = std::fs::read_to_string(file);
        let text = read.map_err(|error| usage(&format!("cannot read --config {file}: {error}")))?;
        overrides.add_file(file, &text)?;
    }
    overrides.add_variables(
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    );
    for argument in arguments.get_many::<String>("set").unwrap_or_default() {
        overrides.add_argument(argument)?;
    }
    Ok(overrides)
}

/// The first signal asks to stop, the second ends the process.
fn stop_on_signals() -> Result<Stop> {
    let stop = Stop::default();
    for signal in [SIGTERM, SIGINT] {
        let registered = signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, stop.flag())
            .and_then(|_| signal_hook::flag::register(signal, stop.flag()));
        registered.map_err(|error| Error::new(ErrorKind::Internal, format!("cannot listen to signals: {error}")))?;
    }
    Ok(stop)
}

fn usage(message: &str) -> Error {
    Error::new(ErrorKind::Usage, message)
}

#[cfg(test)]
mod tests;
