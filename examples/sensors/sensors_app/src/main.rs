//! sensors_app, compiled by sqlc.

use crate::app::SensorsApp;
use sqlc_runtime::job::{self, App};

mod app;
mod jobs;
mod tables;

fn main() -> std::process::ExitCode {
    job::main(
        App::new("sensors_app", SensorsApp::open)
            .version(env!("CARGO_PKG_VERSION"))
            .describe(include_str!("../describe.json"))
            .connector(sqlc_kinesis::connector())
            .storage(sqlc_object_store::storage()),
    )
}
