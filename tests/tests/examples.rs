//! The examples that need no service: they run as their notebooks say, and what they write is what Flink wrote for
//! them (`examples/`, recorded by `examples/record.py`).

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sqlc_tests::app::Application;
use sqlc_tests::changelog::difference;

#[test]
fn clickstream_writes_what_flink_writes() -> Result<()> {
    let application = build("clickstream/clickstream.sql", "clickstream_app")?;
    for parallelism in ["1", "3"] {
        let folder = tempfile::tempdir()?;
        copy(&workspace().join("examples/clickstream/data"), &folder.path().join("data"))?;
        let running = application.start(|command| {
            command.current_dir(folder.path());
            command.args(["--parallelism", parallelism, "--set", "pipeline.auto-watermark-interval=0 ms"]);
        })?;
        running.wait()?.expect(0);
        for table in ["visits", "traffic", "revenue"] {
            let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{table}.jsonl"));
            let expected: Vec<String> = std::fs::read_to_string(&recorded)?.lines().map(str::to_owned).collect();
            ensure!(!expected.is_empty(), "{} is empty", recorded.display());
            let written = rows(&folder.path().join("out").join(table))?;
            let difference = difference(&expected, &written);
            ensure!(difference.is_none(), "{table}:\n{}", difference.unwrap_or_default());
        }
        let letters = std::fs::read_to_string(folder.path().join("out/page_views.bad.jsonl"))?;
        let letters: Vec<Value> = letters.lines().map(serde_json::from_str).collect::<std::result::Result<_, _>>()?;
        ensure!(letters.len() == 2, "{letters:#?}");
        ensure!(letters.iter().all(|letter| letter["table"] == "page_views"), "{letters:#?}");
    }
    Ok(())
}

#[test]
fn generated_orders_end_after_their_number() -> Result<()> {
    let application = build("datagen/orders.sql", "orders_app")?;
    let folder = tempfile::tempdir()?;
    let running = application.start(|command| {
        command.current_dir(folder.path());
        // As fast as it can.
        for table in ["web_orders", "store_orders"] {
            command.args(["--set", &format!("{table}.rows-per-second=1000000")]);
        }
    })?;
    let ended = running.wait()?;
    ended.expect(0);
    // What is left of every product after all changes: the orders of both shops but for those paid in cash.
    let mut orders = std::collections::BTreeMap::new();
    for line in ended.stdout.lines() {
        let Some(row) = line.strip_prefix("sales> ") else { continue };
        let (kind, values) = row.split_at(2);
        let values: Vec<&str> = values.trim_matches(['[', ']']).split(", ").collect();
        let number: i64 = values.get(2).context("a row has four columns")?.parse()?;
        if kind != "-U" {
            orders.insert(values[0].to_owned(), number);
        }
    }
    let total: i64 = orders.values().sum();
    ensure!(orders.len() == 5, "{orders:?}");
    ensure!((200..=250).contains(&total), "{total} orders");
    let minutes: Vec<&str> = ended.stdout.lines().filter(|line| line.starts_with("minute> +I[")).collect();
    ensure!(!minutes.is_empty(), "{}", ended.stdout);
    Ok(())
}

fn build(notebook: &str, name: &str) -> Result<Application> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("applications");
    Application::build(&workspace().join("examples").join(notebook), name, &target)
}

fn rows(folder: &Path) -> Result<Vec<String>> {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("there is no {}", folder.display()))? {
        let text = std::fs::read_to_string(entry?.path())?;
        rows.extend(text.lines().map(str::to_owned));
    }
    rows.sort();
    Ok(rows)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests lie in the workspace")
}
