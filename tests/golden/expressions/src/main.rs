//! expressions, compiled by sqlc.

use crate::app::Expressions;
use sqlc_runtime::job::{self, App};

mod app;
mod jobs;
mod tables;

fn main() -> std::process::ExitCode {
    job::main(
        App::new("expressions", Expressions::open)
            .version(env!("CARGO_PKG_VERSION"))
            .describe(include_str!("../describe.json")),
    )
}
