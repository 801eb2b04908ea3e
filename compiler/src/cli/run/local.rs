//! A local Kinesis in this process, with the streams that notebooks name.

use crate::cli::failure::Failure;
use anyhow::Context;
use sqlc::Analysis;
use sqlc::plan::Table;
use sqlc_local_kinesis::{LocalKinesis, Options};
use std::collections::BTreeSet;
use std::process::Command;

/// How many shards a stream has: more than one, so that what depends on the order of records shows early.
const SHARDS: u32 = 2;

/// The running service.
pub struct Local {
    kinesis: LocalKinesis,
}

impl Local {
    /// Starts it on a free port and creates the streams.
    pub fn start<'a>(notes: impl Iterator<Item = &'a Analysis>, overrides: &[String]) -> Result<Local, Failure> {
        let kinesis = LocalKinesis::start(Options::default()).context("cannot start the local Kinesis")?;
        let mut streams: BTreeSet<String> = BTreeSet::new();
        for note in notes {
            streams.extend(kinesis_tables(note).filter_map(stream_of));
        }
        // A table may be pointed to another stream at the start.
        for set in overrides {
            if let Some((key, value)) = set.split_once('=') {
                let (_, option) = key.trim().split_once('.').unwrap_or(("", ""));
                streams.extend(stream_name(option, value));
            }
        }
        for stream in &streams {
            kinesis.create_stream(stream, SHARDS).with_context(|| format!("cannot create the stream {stream}"))?;
        }
        Ok(Local { kinesis })
    }

    /// Lets an application use it, whatever its tables and the user's own environment say.
    pub fn point(&self, command: &mut Command, note: &Analysis) {
        command
            .env("AWS_ENDPOINT_URL", self.kinesis.endpoint())
            .env("AWS_ACCESS_KEY_ID", "local")
            .env("AWS_SECRET_ACCESS_KEY", "local")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env_remove("AWS_ENDPOINT_URL_KINESIS")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN");
        for table in kinesis_tables(note) {
            for (option, value) in self.kinesis.table_options() {
                if table.option(option).is_some() {
                    command.args(["--set", &format!("{}.{option}={value}", table.name)]);
                }
            }
        }
    }
}

fn kinesis_tables(note: &Analysis) -> impl Iterator<Item = &Table> {
    note.plan.tables.iter().filter(|table| table.option("connector") == Some("kinesis"))
}

fn stream_of(table: &Table) -> Option<String> {
    table.options.iter().find_map(|option| stream_name(&option.name, &option.value))
}

/// The name of the stream that an option names.
fn stream_name(option: &str, value: &str) -> Option<String> {
    match option {
        "stream" => Some(value.to_owned()),
        "stream.arn" => value.rsplit_once(":stream/").map(|(_, name)| name.to_owned()),
        _ => None,
    }
}
