//! speed, compiled by sqlc.

use crate::app::Speed;
use sqlc_runtime::job::{self, App};

mod app;
mod jobs;
mod tables;

fn main() -> std::process::ExitCode {
    job::main(
        App::new("speed", Speed::open)
            .version(env!("CARGO_PKG_VERSION"))
            .describe(include_str!("../describe.json")),
    )
}
