//! `sqlc diff` between notebooks, crates and checkpoints. What becomes of which change is specified in documents, in the
//! package of tests.

mod common;

use common::Folder;
use serde_json::{Value, json};
use sqlc_runtime::checkpoint::{Manifest, Part, PartState, Place};
use sqlc_runtime::connector::RestoredTable;
use sqlc_runtime::order::Map;
use sqlc_runtime::value::Timestamp;

const OLD: &str = "%flink.ssql
CREATE TABLE orders (id INT, amount INT) WITH ('connector' = 'filesystem', 'path' = 'orders.jsonl', 'format' = 'json');
CREATE TABLE totals (id INT, total INT) WITH ('connector' = 'print');

%flink.ssql
INSERT INTO totals SELECT id, SUM(amount) FROM orders GROUP BY id;

%flink.ssql
SELECT * FROM orders;
";

fn folder() -> Folder {
    let wider = OLD.replace("(id INT,", "(id BIGINT,");
    let other = OLD.replace("GROUP BY id", "GROUP BY id, amount");
    let folder = Folder::new(&[("old.sql", OLD), ("wider.sql", &wider), ("other.sql", &other)]);
    folder.write("bad.sql", "%flink.ssql\nSELECT nothing FROM nowhere;\n");
    folder.write("old_app/describe.json", &describe(&folder, "old.sql"));
    folder
}

/// What the application of a notebook says about itself.
fn describe(folder: &Folder, note: &str) -> String {
    let selection = sqlc::Selection { inserts_only: true, ..sqlc::Selection::default() };
    let analysis = sqlc::analyse(&folder.path().join(note), &folder.path().join("catalog"), selection);
    sqlc::describe(&analysis, "old_app")
}

#[test]
fn versions_are_compared_wherever_they_are() {
    let folder = folder();
    write_checkpoint(&folder);
    let kept = "kept       table orders
kept       GroupById -> totals  cell 2, line 2

2 kept: the new version goes on with the state of the old one
";
    // SELECTs are for those who look at them; an application has none.
    for old in ["old.sql", "old_app", "old_app/describe.json", "chk", "chk/chk-000007", "chk/chk-000007/manifest.json"]
    {
        assert_eq!(folder.sqlc(&["diff", old, "old.sql"]).success().stdout, kept, "{old}");
    }
    let answer = folder.sqlc(&["diff", "chk", "wider.sql"]).success();
    assert!(answer.stdout.contains("its key orders.id was INT and becomes BIGINT"), "{}", answer.stdout);
}

/// A checkpoint of the old version, as far as `diff` looks at it.
fn write_checkpoint(folder: &Folder) {
    let description: Value = serde_json::from_str(&folder.read("old_app/describe.json")).unwrap();
    let sources = sqlc_runtime::checkpoint::meaning::sources(&description);
    let operators = sqlc_runtime::checkpoint::meaning::operators(&description);
    let parts = sources.into_iter().chain(operators);
    let written = RestoredTable { sinks: Some(vec![String::new()]), ..RestoredTable::default() };
    let manifest = Manifest {
        place: Place::checkpoint(7),
        taken: Timestamp(0),
        application: "old_app".to_owned(),
        version: "0.1.0".to_owned(),
        compiler: "0.1.0".to_owned(),
        parallelism: 1,
        tables: Map::from([("totals".to_owned(), written)]),
        parts: parts
            .enumerate()
            .map(|(number, meaning)| Part { name: number.to_string(), meaning, workers: vec![PartState::default()] })
            .collect(),
        files: Map::new(),
    };
    let checkpoints = folder.path().join("chk");
    std::fs::create_dir(&checkpoints).unwrap();
    manifest.write(&sqlc_runtime::checkpoint::Folder::new(checkpoints)).unwrap();
}

#[test]
fn what_cannot_be_restored_is_an_exit_code() {
    let folder = folder();
    let answer = folder.sqlc(&["diff", "old.sql", "other.sql", "--json"]);
    assert_eq!(answer.code, Some(1));
    let found: Value = serde_json::from_str(&answer.stdout).unwrap();
    let refused = json!({
        "outcome": "refused",
        "old": { "operator": "GroupById", "into": "totals", "cell": 2, "line": 2 },
        "new": { "operator": "GroupByIdAndAmount", "into": "totals", "cell": 2, "line": 2 },
        "reasons": ["its key is orders.id, orders.amount now and was orders.id"],
    });
    let table = json!({ "table": "orders" });
    let kept = json!({ "outcome": "kept", "old": table, "new": table, "reasons": [] });
    assert_eq!(found, json!({ "complete": false, "parts": [kept, refused], "sinks": [] }));
}

#[test]
fn tables_that_only_one_version_writes_are_listed() {
    let folder = folder();
    write_checkpoint(&folder);
    folder.write("renamed.sql", &OLD.replace("totals", "sums"));
    let expected = "kept       table orders
kept       GroupById -> sums  cell 2, line 2
new        sink sums                          it is written from now on
dropped    sink totals                        it is not written any more; what a checkpoint has of its files is completed

2 kept: the new version goes on with the state of the old one
";
    for old in ["old.sql", "chk"] {
        assert_eq!(folder.sqlc(&["diff", old, "renamed.sql"]).success().stdout, expected, "{old}");
    }
    let answer = folder.sqlc(&["diff", "old.sql", "renamed.sql", "--json"]).success();
    let found: Value = serde_json::from_str(&answer.stdout).unwrap();
    let sinks = json!([{ "table": "sums", "outcome": "new" }, { "table": "totals", "outcome": "dropped" }]);
    assert_eq!(found["sinks"], sinks);
}

#[test]
fn what_is_no_version_is_said() {
    let folder = folder();
    folder.write("empty/nothing.txt", "");
    folder.write("broken.json", "{");
    folder.write("manifest.json", "{}");
    for (old, code, words) in [
        ("nothing.sql", 66, "there is no nothing.sql"),
        ("empty", 66, "empty has neither an application nor a checkpoint in it"),
        ("bad.sql", 65, "nowhere"),
        ("broken.json", 65, "broken.json is no description of an application"),
        ("manifest.json", 65, "is damaged or was not written to its end"),
        ("s3://bucket/app", 64, "sqlc diff reads files of this machine, and s3://bucket/app is in S3"),
        ("empty/nothing.txt", 65, "empty/nothing.txt is neither a notebook nor an application"),
    ] {
        folder.sqlc(&["diff", old, "old.sql"]).fails(code, words);
    }
}
