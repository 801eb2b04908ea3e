//! `--memory-limit`: an application whose state outgrows it ends with a checkpoint, and goes on with more memory.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use sqlc_tests::app::{Application, Ended};

/// Their state is about twice what the lower limit allows.
const IDS: usize = 1_500_000;

#[test]
fn an_application_that_needs_more_memory_stops_with_a_checkpoint() -> Result<()> {
    let notebook = Path::new(env!("CARGO_MANIFEST_DIR")).join("faults/many_keys.sql");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("memory");
    let application = Application::build(&notebook, "many_keys", &target)?;
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("in");
    std::fs::create_dir(&input)?;
    let mut lines = String::new();
    for id in 0..IDS {
        writeln!(lines, "{{\"id\": {id}, \"taken\": \"2024-03-01 00:00:00\"}}")?;
    }
    std::fs::write(input.join("a.jsonl"), lines)?;
    let run = |arguments: &[&str]| -> Result<Ended> {
        let running = application.start(|command| {
            command.current_dir(folder.path()).args(arguments);
        })?;
        running.wait()
    };
    // It waits for more input when it has read all, so that only the limit ends it.
    let watching = ["--set", "readings.source.monitor-interval=20 ms", "--set", "execution.checkpointing.interval=1 h"];
    for attempt in ["first", "with what it remembers"] {
        let stopped = run(&[&watching[..], &["--memory-limit", "32mb"]].concat()).context(attempt)?;
        stopped.expect(66);
        for words in ["MiB of memory and may use 32 MiB", "--memory-limit"] {
            ensure!(stopped.stderr.contains(words), "{attempt}: {words}: {}", stopped.stderr);
        }
        ensure!(stopped.stderr.contains("going on from") == (attempt != "first"), "{}", stopped.stderr);
        ensure!(!folder.path().join("days").exists(), "no window is over");
    }
    let ended = run(&["--memory-limit", "4gb", "--parallelism", "2"])?;
    ended.expect(0);
    ensure!(ended.stderr.contains("going on from"), "{}", ended.stderr);
    let mut counts = vec![0; IDS];
    for entry in std::fs::read_dir(folder.path().join("days"))? {
        for line in std::fs::read_to_string(entry?.path())?.lines() {
            let row: serde_json::Value = serde_json::from_str(line)?;
            let id = row["id"].as_u64().and_then(|id| usize::try_from(id).ok()).context("an id")?;
            counts[id] += row["readings"].as_u64().context("a count")?;
        }
    }
    ensure!(counts.iter().all(|count| *count == 1), "every reading counts once");
    Ok(())
}
