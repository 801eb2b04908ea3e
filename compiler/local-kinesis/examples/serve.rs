//! Starts a local Kinesis, prints its endpoint and serves until its input ends.
//!
//! `cargo run -p sqlc-local-kinesis --example serve [PORT]`
//!
//! With `--features testing` and `LOCAL_KINESIS_FAULTS=SEED:PERCENT` so many of a hundred GetRecords, PutRecords,
//! GetShardIterator and ListShards fail: throttled, refused in part, with status 500, with expired iterators, or with
//! a connection that breaks before or after the service has done what it was asked for. `LOCAL_KINESIS_FOLDER` names
//! a folder in which streams outlive the process.

use sqlc_local_kinesis::{LocalKinesis, Options};
use std::io::Read;

fn main() -> anyhow::Result<()> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let persist = std::env::var_os("LOCAL_KINESIS_FOLDER").map(Into::into);
    let options = Options { port, persist, ..Options::default() };
    if let Ok(faults) = std::env::var("LOCAL_KINESIS_FAULTS") {
        inject(&options, &faults)?;
    }
    let kinesis = LocalKinesis::start(options)?;
    println!("{}", kinesis.endpoint());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    kinesis.shutdown();
    Ok(())
}

#[cfg(feature = "testing")]
fn inject(options: &Options, faults: &str) -> anyhow::Result<()> {
    let parsed = faults.split_once(':').and_then(|(seed, percent)| Some((seed.parse().ok()?, percent.parse().ok()?)));
    let Some((seed, percent @ 0..=100)) = parsed else {
        anyhow::bail!("LOCAL_KINESIS_FAULTS is '{faults}', expected SEED:PERCENT such as 7:10");
    };
    options.faults.by_chance(seed, percent);
    Ok(())
}

#[cfg(not(feature = "testing"))]
fn inject(_: &Options, _: &str) -> anyhow::Result<()> {
    anyhow::bail!("LOCAL_KINESIS_FAULTS needs --features testing")
}
