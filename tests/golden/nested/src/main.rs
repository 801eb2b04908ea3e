//! nested, compiled by sqlc.

use crate::app::Nested;
use sqlc_runtime::job::{self, App};

mod app;
mod jobs;
mod tables;

fn main() -> std::process::ExitCode {
    job::main(
        App::new("nested", Nested::open)
            .version(env!("CARGO_PKG_VERSION"))
            .describe(include_str!("../describe.json")),
    )
}
