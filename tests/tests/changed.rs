//! An application whose SQL changes between two runs: the new version goes on with the state of the old one, as
//! `sqlc diff` says.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sqlc_tests::app::{Application, Ended, Running};

const TABLES: &str = "%flink.ssql
CREATE TABLE orders (
    customer INT,
    amount INT,
    ordered_at TIMESTAMP(3),
    WATERMARK FOR ordered_at AS ordered_at
) WITH ('connector' = 'filesystem', 'path' = 'in', 'format' = 'json', 'source.monitor-interval' = '50 ms');
CREATE TABLE totals (customer BIGINT, num BIGINT, total BIGINT, largest BIGINT)
WITH ('connector' = 'print', 'print-identifier' = 'totals');
CREATE TABLE hours (starts TIMESTAMP(3), customers BIGINT, num BIGINT, total BIGINT)
WITH ('connector' = 'print', 'print-identifier' = 'hours');
";

const OLD: &str = "%flink.ssql
INSERT INTO totals SELECT customer, COUNT(*), SUM(amount), 0 FROM orders GROUP BY customer;

%flink.ssql
INSERT INTO hours
SELECT window_start, COUNT(DISTINCT customer), COUNT(*), 0
FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ordered_at), INTERVAL '1' HOUR))
GROUP BY window_start, window_end;
";

/// The statements in another order, over a wider type, with other names, one more aggregate each, and a condition.
const NEW: &str = "%flink.ssql
INSERT INTO hours
SELECT TUMBLE_START(at_time, INTERVAL '60' MINUTE), COUNT(DISTINCT who), COUNT(*), SUM(price)
FROM (SELECT customer AS who, amount AS price, ordered_at AS at_time FROM orders)
GROUP BY TUMBLE(at_time, INTERVAL '60' MINUTE);

%flink.ssql
INSERT INTO totals SELECT customer, n, s, m FROM (
    SELECT SUM(amount) AS s, MAX(amount) AS m, COUNT(*) AS n, customer
    FROM orders
    WHERE amount > 0
    GROUP BY customer
);
";

/// A folder in which both versions run.
struct Place(tempfile::TempDir);

#[test]
fn a_changed_query_goes_on_with_its_state() -> Result<()> {
    let place = Place::new()?;
    let old = place.build("changed_old", &format!("{TABLES}\n{OLD}"))?;
    let wider = TABLES.replace("customer INT", "customer BIGINT").replace("amount INT", "amount BIGINT");
    let new = place.build("changed_new", &format!("{wider}\n{NEW}"))?;
    let other =
        place.build("changed_key", &format!("{TABLES}\n{OLD}").replace("BY customer", "BY customer, amount"))?;

    place.write("in/a.jsonl", &orders(&[(1, 5, "10:00"), (2, 3, "10:10"), (1, 7, "10:20")]))?;
    let ended = place.run(&old, &[], 3)?;
    ended.expect(0);
    ensure!(lines(&ended, "totals").last() == Some(&"totals> +U[1, 2, 12, 0]"), "{}", ended.stdout);
    ensure!(lines(&ended, "hours").is_empty(), "the hour has not ended: {}", ended.stdout);

    // What would be wrong is refused, and nothing is lost by trying.
    let refused = place.start(&other, &[])?.wait()?;
    refused.expect(64);
    for words in ["GroupByCustomerAndAmount", "its key is orders.customer, orders.amount now", "--allow-non-restored"] {
        ensure!(refused.stderr.contains(words), "{words}: {}", refused.stderr);
    }

    place.write("in/b.jsonl", &orders(&[(1, 1, "10:40"), (2, -9, "10:50"), (3, 2, "11:05")]))?;
    let ended = place.run(&new, &[], 3)?;
    ended.expect(0);
    let totals = lines(&ended, "totals");
    let expected =
        ["totals> -U[1, 2, 12, null]", "totals> +U[1, 3, 13, 1]", "totals> +I[3, 1, 2, 2]"].map(|line| line.to_owned());
    ensure!(totals == expected, "{}", ended.stdout);
    // Five orders of two customers; the sum has seen the two that came since.
    ensure!(lines(&ended, "hours") == ["hours> +I[2024-03-01T10:00, 2, 5, -8]"], "{}", ended.stdout);
    for words in [
        "its key orders.customer was INT and becomes BIGINT",
        "MAX(orders.amount) is added and starts from now",
        "orders.amount > 0 now, no condition before",
        "SUM(orders.amount) is added and starts from now",
    ] {
        ensure!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }

    // Allowed, the group begins anew and everything else goes on; the new version's key is narrower there.
    let narrower = place.run(&other, &["--allow-non-restored-state"], 0)?;
    narrower.expect(0);
    ensure!(narrower.stderr.contains("refused"), "{}", narrower.stderr);
    Ok(())
}

/// Mini-batches do not change what state means, and nothing of them is in a checkpoint: what waits is written before.
#[test]
fn mini_batches_come_and_go() -> Result<()> {
    let place = Place::new()?;
    let notebook = |settings: &str| {
        let groups = "%flink.ssql
INSERT INTO totals
SELECT n, COUNT(*), SUM(total), MAX(customer)
FROM (SELECT customer, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY customer)
GROUP BY n;
";
        format!("{settings}\n{}\n{groups}", TABLES.split("CREATE TABLE hours").next().unwrap_or_default())
    };
    let batches = "%flink.ssql
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '1 h';
SET 'table.exec.mini-batch.size' = '1000000';
";
    let each = place.build("changed_each", &notebook(""))?;
    let some = place.build("changed_some", &notebook(batches))?;

    place.write("in/a.jsonl", &orders(&[(1, 5, "10:00"), (2, 3, "10:10"), (1, 7, "10:20"), (3, 1, "10:30")]))?;
    let ended = place.run(&some, &["--parallelism", "2"], 4)?;
    ended.expect(0);
    let mut totals = changes(&ended);
    totals.sort_unstable();
    ensure!(totals == ["+I[1, 2, 4, 3]", "+I[2, 1, 12, 1]"], "{}", ended.stdout);

    place.write("in/b.jsonl", &orders(&[(2, 1, "10:40")]))?;
    let ended = place.run(&each, &[], 1)?;
    ended.expect(0);
    let totals = ["-U[1, 2, 4, 3]", "+U[1, 1, 1, 3]", "-U[2, 1, 12, 1]", "+U[2, 2, 16, 2]"];
    ensure!(changes(&ended) == totals, "{}", ended.stdout);

    // Without checkpoints, which is to begin anew, what waits is written too.
    place.write("in/c.jsonl", &orders(&[(1, 1, "10:41"), (2, 1, "10:42"), (4, 1, "10:43"), (4, 1, "10:44")]))?;
    let ended = place.run(&some, &["--set", "execution.checkpointing.interval=0 s"], 9)?;
    ended.expect(0);
    let mut totals = changes(&ended);
    totals.sort_unstable();
    ensure!(totals == ["+I[1, 1, 1, 3]", "+I[2, 1, 2, 4]", "+I[3, 2, 18, 2]"], "{}", ended.stdout);
    Ok(())
}

#[test]
fn what_was_written_into_a_table_that_is_dropped_is_not_lost() -> Result<()> {
    let place = Place::new()?;
    let tables = format!(
        "{TABLES}
CREATE TABLE seen (customer INT, amount INT) WITH ('connector' = 'filesystem', 'path' = 'seen', 'format' = 'json');
CREATE TABLE over_four (customer INT, amount INT) WITH ('connector' = 'filesystem', 'path' = 'over_four', 'format' = 'json');
"
    );
    let large = "INSERT INTO over_four SELECT customer, amount FROM orders WHERE amount > 4;";
    let seen = format!("{large} INSERT INTO seen SELECT customer, amount FROM orders;");
    let old = place.build("dropped_old", &format!("{tables}\n%flink.ssql\n{seen}"))?;
    let new = place.build("dropped_new", &format!("{tables}\n%flink.ssql\n{large}"))?;
    let often = ["--set", "execution.checkpointing.interval=20 ms"];
    place.write("in/a.jsonl", &orders(&[(1, 5, "10:00"), (2, 3, "10:10"), (1, 7, "10:20")]))?;
    let mut running = place.start(&old, &often)?;
    running.until("the rows", |status| status["sources"]["orders"]["read"] == 3)?;
    let completed = |status: &Value| status["checkpoints"]["completed"].as_i64().unwrap_or(0);
    let before = completed(&running.status()?);
    running.until("a checkpoint of them", |status| completed(status) >= before + 2)?;
    running.signal("KILL")?;
    running.wait()?;
    ensure!(place.visible("seen")?.is_empty(), "what is in progress is hidden");
    // Twice: the second start goes on from another checkpoint, which knows nothing of the table.
    place.write("in/b.jsonl", &orders(&[(1, 9, "10:40")]))?;
    for said in [true, false] {
        let ended = place.run(&new, &often, u64::from(said))?;
        ended.expect(0);
        ensure!(ended.stderr.contains("table seen is not written any more") == said, "{}", ended.stderr);
        ensure!(place.visible("seen")?.len() == 3, "{:?}", place.visible("seen")?);
    }
    ensure!(place.visible("over_four")?.len() == 3, "{:?}", place.visible("over_four")?);
    Ok(())
}

fn lines<'e>(ended: &'e Ended, identifier: &str) -> Vec<&'e str> {
    ended.stdout.lines().filter(|line| line.starts_with(identifier)).collect()
}

/// Customers, amounts and times of a day.
/// The changes that were printed, without the name and the worker in front.
fn changes(ended: &Ended) -> Vec<&str> {
    ended.stdout.lines().filter_map(|line| line.split_once("> ")).map(|(_, change)| change).collect()
}

fn orders(orders: &[(u32, i32, &str)]) -> String {
    let line = |(customer, amount, time): &(u32, i32, &str)| {
        format!("{{\"customer\": {customer}, \"amount\": {amount}, \"ordered_at\": \"2024-03-01 {time}:00\"}}\n")
    };
    orders.iter().map(line).collect()
}

impl Place {
    fn new() -> Result<Place> {
        Ok(Place(tempfile::tempdir()?))
    }

    fn build(&self, name: &str, notebook: &str) -> Result<Application> {
        self.write(&format!("{name}.sql"), notebook)?;
        Application::build(&self.0.path().join(format!("{name}.sql")), name, &target())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().context("a file lies in a folder")?)?;
        // Whoever watches the folder must not see half a file.
        let hidden = path.with_file_name(".new");
        std::fs::write(&hidden, text)?;
        Ok(std::fs::rename(hidden, path)?)
    }

    fn start(&self, application: &Application, arguments: &[&str]) -> Result<Running> {
        application.start(|command| {
            command.current_dir(self.0.path()).args(["--checkpoint-dir", "checkpoints"]).args(arguments);
        })
    }

    /// The lines in the files of a folder that readers see.
    fn visible(&self, folder: &str) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for entry in std::fs::read_dir(self.0.path().join(folder))? {
            let entry = entry?;
            if !entry.file_name().to_string_lossy().starts_with('.') {
                lines.extend(std::fs::read_to_string(entry.path())?.lines().map(str::to_owned));
            }
        }
        Ok(lines)
    }

    /// Runs until so many rows are read, and stops with a checkpoint.
    fn run(&self, application: &Application, arguments: &[&str], rows: u64) -> Result<Ended> {
        let mut running = self.start(application, arguments)?;
        let read = |status: &Value| status["sources"]["orders"]["read"].as_u64().unwrap_or(0);
        running.until("the rows", |status| read(status) >= rows)?;
        running.terminate()
    }
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("changed")
}
