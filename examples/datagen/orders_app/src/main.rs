//! orders_app, compiled by sqlc.

use crate::app::OrdersApp;
use sqlc_runtime::job::{self, App};

mod app;
mod jobs;
mod tables;

fn main() -> std::process::ExitCode {
    job::main(
        App::new("orders_app", OrdersApp::open)
            .version(env!("CARGO_PKG_VERSION"))
            .describe(include_str!("../describe.json")),
    )
}
