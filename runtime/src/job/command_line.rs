//! The command line of an application.

use super::app::App;
use super::metrics::Registry;
use super::overrides::Overrides;
use super::run::{Job, Stop};
use super::select::SelectForm;
use super::{log, settings, status};
use crate::error::{Error, ErrorKind, Result};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use signal_hook::consts::{SIGINT, SIGTERM};

const AFTER_HELP: &str = "\
Options of tables are changed with --set, with SQLC_SET_... variables and with --config; what is compiled into
the binary cannot be changed and says so. The variable of an option is its name in capitals with _ for every
other character, behind the table's name and two underscores:
  --set sensor_data.aws.region=eu-west-1    SQLC_SET_SENSOR_DATA__AWS_REGION=eu-west-1

SIGTERM and SIGINT stop reading, write out what has been read, and end with 0; a second signal ends at once.

Exit codes: 0 ended or stopped; 64 wrong options; 65 data that the statements do not accept; 66 something is
missing or refuses; 70 a defect; 74 reading or writing failed; 77 no permission.";

fn command(app: &App) -> Command {
    Command::new(app.name)
        .version(app.version)
        .about("A streaming application compiled by sqlc")
        .after_help(AFTER_HELP)
        .args([
            Arg::new("set")
                .long("set")
                .value_name("TABLE.OPTION=VALUE")
                .action(ArgAction::Append)
                .help("Change an option of a table, or a setting"),
            Arg::new("config")
                .long("config")
                .value_name("FILE")
                .help("Change options from a TOML file with a [section] per table"),
            Arg::new("parallelism")
                .long("parallelism")
                .value_name("N")
                .value_parser(clap::value_parser!(i64))
                .help("How many workers share the work"),
            Arg::new("format")
                .long("format")
                .value_parser(PossibleValuesParser::new(["changelog", "json"]))
                .default_value("changelog")
                .help("How rows of SELECT statements are written to stdout"),
            Arg::new("listen")
                .long("listen")
                .value_name("ADDR")
                .help("Serve /healthz, /metrics and /status on this address, such as 127.0.0.1:8080"),
            Arg::new("log-format")
                .long("log-format")
                .value_parser(PossibleValuesParser::new(["text", "json"]))
                .default_value("text")
                .help("How messages are written to stderr"),
            Arg::new("describe")
                .long("describe")
                .action(ArgAction::SetTrue)
                .help("Print what the application reads, does and writes, as JSON"),
        ])
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
    let job = job(&arguments)?;
    if let Some(address) = arguments.get_one::<String>("listen") {
        status::listen(address, app, &job.metrics)?;
    }
    job.run(app)
}

fn job(arguments: &ArgMatches) -> Result<Job> {
    let parallelism =
        arguments.get_one::<i64>("parallelism").map(|number| settings::parallelism(*number)).transpose()?;
    let select_form = match arguments.get_one::<String>("format").map(String::as_str) {
        Some("json") => SelectForm::Json,
        _ => SelectForm::Changelog,
    };
    Ok(Job {
        overrides: overrides(arguments)?,
        parallelism,
        metrics: Registry::default(),
        select_form,
        stop: stop_on_signals()?,
        ..Job::default()
    })
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
