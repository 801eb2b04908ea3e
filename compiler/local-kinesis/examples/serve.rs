//! Starts a local Kinesis, prints its endpoint and serves until its input ends.
//!
//! `cargo run -p sqlc-local-kinesis --example serve [PORT]`

use sqlc_local_kinesis::{LocalKinesis, Options};
use std::io::Read;

fn main() -> anyhow::Result<()> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let kinesis = LocalKinesis::start(Options { port, ..Options::default() })?;
    println!("{}", kinesis.endpoint());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    kinesis.shutdown();
    Ok(())
}
