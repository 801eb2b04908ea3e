//! streams, compiled by sqlc.

use crate::app::Streams;
use sqlc_runtime::job::{self, App};

mod app;
mod jobs;
mod tables;

fn main() -> std::process::ExitCode {
    job::main(
        App::new("streams", Streams::open)
            .version(env!("CARGO_PKG_VERSION"))
            .describe(include_str!("../describe.json"))
            .connector(sqlc_kinesis::connector())
            .storage(sqlc_object_store::storage()),
    )
}
