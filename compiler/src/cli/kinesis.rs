//! `sqlc kinesis`: the local Kinesis as a service for any program on this machine.

use super::failure::Failure;
use anyhow::Context;
use clap::Args;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use sqlc_local_kinesis::{LocalKinesis, Options};
use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Serve the Kinesis API on this machine, for boto3, the AWS CLI and any SDK. No AWS account is used.
#[derive(Args)]
pub struct Arguments {
    /// The port to listen on; 0 takes any free one.
    #[arg(long, default_value_t = 4567)]
    port: u16,
    /// The address to listen on; only programs on this machine can reach the default.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1")]
    host: IpAddr,
    /// A folder in which streams and records outlive the process [default: in memory only].
    #[arg(long, value_name = "DIR")]
    persist: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).context("cannot listen to signals")?;
    let options = Options {
        host: arguments.host,
        port: arguments.port,
        persist: arguments.persist.clone(),
        ..Options::default()
    };
    let kinesis = LocalKinesis::start(options)?;
    let endpoint = kinesis.endpoint();
    println!(
        "Kinesis is at {endpoint}. Point programs to it with\n  \
         export AWS_ENDPOINT_URL={endpoint} AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_REGION=us-east-1\n\
         for example\n  \
         aws kinesis create-stream --stream-name my-input-stream --shard-count 1\n\
         Ctrl-C ends it."
    );
    signals.forever().next();
    kinesis.shutdown();
    Ok(ExitCode::SUCCESS)
}
