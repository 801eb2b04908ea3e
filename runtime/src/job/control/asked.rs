//! What the command line asks of a running application: `savepoint`, `stop`, `status`, `cancel`.

use super::client::{Client, Stopped};
use super::page::page;
use super::socket::Place;
use crate::error::Result;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;
use std::io::Write;
use std::path::Path;

/// The subcommands, for an application and for `sqlc` alike.
pub fn subcommands() -> Vec<Command> {
    let about = [
        ("savepoint", "Have the running application take a savepoint, and go on"),
        ("stop", "Have the running application write out what it has read, take a checkpoint, and end"),
        ("status", "Say how the running application gets on"),
        ("cancel", "Have the running application end at once, without a last checkpoint"),
    ];
    let subcommand = |(name, about): (&'static str, &'static str)| {
        let option =
            |id: &'static str, value: &'static str, help: &'static str| Arg::new(id).value_name(value).help(help);
        let socket = "Where the application listens [default: found by its name and its checkpoints]";
        let command = Command::new(name)
            .about(about)
            .arg(option("socket", "PATH", socket).long("socket"))
            .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Answer in JSON"));
        let where_to = "Where to [default: as execution.checkpointing.savepoint-dir says]";
        match name {
            "savepoint" => command.arg(option("dir", "DIR|URL", where_to)),
            "stop" => {
                let help = "Take a savepoint instead of a checkpoint";
                command.arg(option("savepoint", "DIR|URL", help).long("savepoint").num_args(0..=1))
            }
            _ => command,
        }
    };
    about.into_iter().map(subcommand).collect()
}

/// One of the subcommands, as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub what: What,
    pub socket: Option<String>,
    pub json: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    Savepoint(Option<String>),
    Stop(Option<Option<String>>),
    Status,
    Cancel,
}

impl Asked {
    /// From the matches of the subcommand of that name.
    pub fn new(name: &str, arguments: &ArgMatches) -> Option<Self> {
        let text = |id: &str| arguments.get_one::<String>(id).cloned();
        let what = match name {
            "savepoint" => What::Savepoint(text("dir")),
            "stop" => What::Stop(arguments.contains_id("savepoint").then(|| text("savepoint"))),
            "status" => What::Status,
            "cancel" => What::Cancel,
            _ => return None,
        };
        Some(Asked { what, socket: text("socket"), json: arguments.get_flag("json") })
    }

    /// Asks the application of that name and those checkpoints, and prints what it answers.
    pub fn ask(&self, place: Place<'_>) -> Result<()> {
        let client = match &self.socket {
            Some(path) => Client::at(Path::new(path))?,
            None => Client::find(place)?,
        };
        let text = self.tell(&client, place.name)?;
        // A reader that has seen enough is no failure.
        let _ = std::io::stdout().write_all(text.as_bytes());
        Ok(())
    }

    fn tell(&self, client: &Client, name: &str) -> Result<String> {
        let told = |value: serde_json::Value, text: String| match self.json {
            true => format!("{value:#}\n"),
            false => text,
        };
        Ok(match &self.what {
            What::Status => {
                let status = client.status()?;
                let text = page(&status);
                told(status, text)
            }
            What::Savepoint(target) => {
                let location = client.savepoint(target.as_deref())?;
                told(json!({ "savepoint": location }), format!("savepoint {location}\n"))
            }
            What::Stop(savepoint) => {
                let stopped = client.stop(savepoint.as_ref().map(|target| target.as_deref()))?;
                let kind = if savepoint.is_some() { "savepoint" } else { "checkpoint" };
                let Stopped { location, has_ended } = &stopped;
                let mut text = location.as_ref().map(|location| format!("{kind} {location}\n")).unwrap_or_default();
                text += &ended(name, "stopped", *has_ended);
                told(json!({ kind: location, "has_ended": has_ended }), text)
            }
            What::Cancel => {
                let has_ended = client.cancel()?;
                told(json!({ "has_ended": has_ended }), ended(name, "cancelled", has_ended))
            }
        })
    }
}

fn ended(name: &str, how: &str, has_ended: bool) -> String {
    match has_ended {
        true => format!("{name} {how}\n"),
        false => format!("{name} is ending\n"),
    }
}
