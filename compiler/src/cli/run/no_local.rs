//! What stands for the local Kinesis in a `sqlc` that was built without it.

use crate::cli::failure::{Failure, UNAVAILABLE};
use sqlc::Analysis;
use std::process::Command;

/// There is none.
pub enum Local {}

impl Local {
    pub fn start<'a>(_: impl Iterator<Item = &'a Analysis>, _: &[String]) -> Result<Local, Failure> {
        let failure = Failure::new(UNAVAILABLE, "this sqlc was built without the local Kinesis");
        Err(failure.help("build it with `--features local-kinesis`"))
    }

    pub fn point(&self, _: &mut Command, _: &Analysis) {
        match *self {}
    }
}
