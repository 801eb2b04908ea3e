//! boto3 and the AWS CLI against the local Kinesis, as `tests/kinesis/clients.py` tries them.

use sqlc_local_kinesis::{LocalKinesis, Options};
use std::path::Path;
use std::process::Command;

/// Needs Python with boto3 and the AWS CLI; CI installs them.
#[test]
fn aws_clients_work_with_the_local_kinesis() -> anyhow::Result<()> {
    let has = |program: &str, arguments: &[&str]| {
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    if !has("python3", &["-c", "import boto3"]) || !has("aws", &["--version"]) {
        eprintln!("SKIPPED: python3 with boto3, or the AWS CLI, is missing (pip install boto3 awscli)");
        assert!(std::env::var_os("CI").is_none(), "CI has the clients that this test needs");
        return Ok(());
    }
    let kinesis = LocalKinesis::start(Options::default())?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("kinesis/clients.py");
    let output = Command::new("python3").arg(script).arg(kinesis.endpoint()).output()?;
    kinesis.shutdown();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(!printed.contains("FAILED") && printed.matches("ok ").count() >= 10, "{printed}");
    Ok(())
}
