//! Notebooks of all formats, whole and broken.

use super::*;
use crate::diagnostic::{Colour, render_human};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

fn read_bytes(name: &str, bytes: &[u8]) -> (Notebook, Sources, String) {
    let mut sources = Sources::new();
    let mut diagnostics = Diagnostics::new();
    let notebook = read(name, bytes, &mut sources, &mut diagnostics);
    diagnostics.sort();
    let errors = render_human(diagnostics.iter(), &sources, Colour::Never);
    (notebook, sources, errors)
}

/// A line for each cell: its number, its kind, its body.
fn cells(name: &str, text: &str) -> Vec<(u32, CellKind, String)> {
    let (notebook, sources, errors) = read_bytes(name, text.as_bytes());
    assert_eq!(errors, "");
    let body = |cell: &Cell| sources.text(cell.body).trim().to_owned();
    notebook.cells.iter().map(|cell| (cell.number, cell.kind.clone(), body(cell))).collect()
}

fn broken(name: &str, bytes: impl AsRef<[u8]>, expected: Expect) {
    expected.assert_eq(&read_bytes(name, bytes.as_ref()).2);
}

fn cell(number: u32, kind: CellKind, body: &str) -> (u32, CellKind, String) {
    (number, kind, body.to_owned())
}

#[test]
fn a_studio_note() {
    let note = json!({
        "paragraphs": [
            { "text": "%md\n# Sensors", "config": {}, "user": "anonymous", "status": "FINISHED" },
            { "text": "%flink.conf\npipeline.name sensors\n\n# a comment\nparallelism.default 2" },
            { "text": "%flink.ssql(type=update, refreshInterval=1000, runAsOne=true) SELECT 1;\r\nSELECT 2",
              "title": "Both", "config": { "enabled": true, "type": "update", "results": { "0": { "graph": {
                "mode": "multiBarChart", "height": 300.0, "optionOpen": false,
                "keys": [{ "name": "status", "index": 0.0, "aggr": "sum" }], "groups": [],
                "values": [{ "name": "num", "index": 1, "aggr": "sum" }], "setting": { "x": 1 } } } } },
              "results": { "code": "SUCCESS", "msg": [{ "type": "TABLE", "data": "a\n1" }] }, "$$hashKey": "object:1" },
            { "text": "%flink.ssql\nDROP TABLE t", "config": { "enabled": false } },
            { "config": {} },
            { "text": "%flink.pyflink\nprint(1)" },
            { "text": "%flink\nval x = 1" },
            { "text": "%sh ls" },
            { "text": "SELECT 3" },
        ],
        "name": "Sensors", "id": "2G5MZ", "defaultInterpreterGroup": "flink.ssql", "config": {}, "info": {},
    });
    let (notebook, sources, errors) = read_bytes("x.zpln", format!("\u{feff}{note:#}").as_bytes());
    assert_eq!(errors, "");
    assert_eq!(notebook.name, "Sensors");
    let kinds: Vec<_> = notebook.cells.iter().map(|cell| cell.kind.clone()).collect();
    use CellKind::*;
    let other = Other("sh".to_owned());
    assert_eq!(kinds, [Prose, Settings, StreamingSql, StreamingSql, StreamingSql, Python, Scala, other, StreamingSql]);
    assert_eq!(notebook.cells.iter().map(|cell| cell.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    let settings: Vec<_> =
        notebook.cells[1].settings.iter().map(|setting| (setting.key.as_str(), setting.value.as_str())).collect();
    assert_eq!(settings, [("pipeline.name", "sensors"), ("parallelism.default", "2")]);
    let value = notebook.cells[1].settings[1].value_span;
    assert_eq!((sources.text(value), sources.origin(value).to_string().as_str()), ("2", "cell 2, line 5, column 21"));
    let third = &notebook.cells[2];
    assert_eq!(sources.text(third.body), " SELECT 1;\r\nSELECT 2");
    assert_eq!(third.title.as_deref(), Some("Both"));
    let properties = &third.properties;
    assert_eq!(properties.kind, Some(ResultKind::Update));
    assert_eq!((properties.refresh_interval_ms, properties.run_as_one), (Some(1_000), Some(true)));
    let chart = third.chart.as_ref().unwrap();
    assert_eq!((chart.mode.as_str(), chart.height), ("multiBarChart", Some(300.0)));
    assert_eq!(chart.keys[0].index, 0);
    let num = ChartColumn { name: "num".to_owned(), index: 1, aggregate: Some("sum".to_owned()) };
    assert_eq!(chart.values, [num]);
    assert!(third.enabled && !notebook.cells[3].enabled);
}

#[test]
fn sql_text() {
    use CellKind::*;
    assert_eq!(cells("a.sql", "\n-- x\nSELECT 1;\n"), [cell(1, StreamingSql, "-- x\nSELECT 1;")]);
    assert_eq!(
        cells("a.sql", "-- Sensors\n/* all of\nthem */\n%flink.ssql\nSELECT 1\n\n%md\nHello %x\n%flink.ssql SELECT 2"),
        [cell(1, StreamingSql, "SELECT 1"), cell(2, Prose, "Hello %x"), cell(3, StreamingSql, "SELECT 2")]
    );
    assert_eq!(
        cells("a.sql", "SELECT 1;\n%flink.ssql\nSELECT a\n % 2 FROM t"),
        [cell(1, StreamingSql, "SELECT 1;"), cell(2, StreamingSql, "SELECT a\n % 2 FROM t")]
    );
    assert_eq!(
        cells("a.sql", "%flink.ssql\nSELECT a\n  %b FROM t\n  %flink.ssql\nSELECT 1"),
        [cell(1, StreamingSql, "SELECT a\n  %b FROM t"), cell(2, StreamingSql, "SELECT 1")]
    );
    assert_eq!(cells("a.sql", ""), [cell(1, StreamingSql, "")]);
}

#[test]
fn markdown() {
    use CellKind::*;
    let text = "# Title\n\nProse.\n\n```sql\nCREATE TABLE t (a INT)\n```\n\n```python\nprint(1)\n```\n\
                ~~~~ sql %flink.ssql(type=update)\nSELECT '```'\n~~~\n~~~~\nEnd\n```sql\n%flink.conf\na b\n";
    assert_eq!(
        cells("a.md", text),
        [
            cell(0, Prose, "# Title\n\nProse."),
            cell(1, StreamingSql, "CREATE TABLE t (a INT)"),
            cell(0, Prose, "```python\nprint(1)\n```"),
            cell(2, StreamingSql, "SELECT '```'\n~~~"),
            cell(0, Prose, "End"),
            cell(3, Settings, "a b"),
        ]
    );
    let (notebook, ..) = read_bytes("a.md", text.as_bytes());
    assert_eq!(notebook.cells[3].properties.kind, Some(ResultKind::Update));
}

#[test]
fn broken_notebooks_are_diagnosed() {
    broken(
        "a.zpln",
        "",
        expect![[r#"
        error[broken-notebook]: the notebook is empty
         --> a.zpln:1:1
          |
        1 |
          | ^
          |
          = help: a text notebook ends in `.sql`; a Zeppelin note holds JSON

    "#]],
    );
    broken(
        "a.zpln",
        "%flink.ssql\nSELECT 1",
        expect![[r#"
        error[broken-notebook]: the notebook is not JSON
         --> a.zpln:1:1
          |
        1 | %flink.ssql
          | ^
          |
          = help: a text notebook ends in `.sql`; a Zeppelin note holds JSON

    "#]],
    );
    broken(
        "a.zpln",
        r#"{"paragraphs": [{"text": "%flink.ssql"#,
        expect![[r#"
        error[broken-notebook]: the notebook ends in the middle of its JSON
         --> a.zpln:1:37
          |
        1 | {"paragraphs": [{"text": "%flink.ssql
          |                                     ^ the file is cut off here
          |
          = help: export the note again

    "#]],
    );
    broken(
        "a.zpln",
        "{\"paragraphs\": [\n  {\"text\": 'x'}]}",
        expect![[r#"
        error[broken-notebook]: the notebook is not valid JSON
         --> a.zpln:2:12
          |
        2 |   {"text": 'x'}]}
          |            ^ expected value

    "#]],
    );
    broken(
        "a.zpln",
        r#"{"name": "x"}"#,
        expect![[r#"
        error[broken-notebook]: the notebook has no `paragraphs`
         --> a.zpln:1:1
          |
        1 | {"name": "x"}
          | ^
          |
          = help: export the note from Zeppelin as `.zpln`

    "#]],
    );
    broken(
        "a.zpln",
        r#"{"paragraphs": {}}"#,
        expect![[r#"
        error[broken-notebook]: `paragraphs` of the notebook is not a list
         --> a.zpln:1:1
          |
        1 | {"paragraphs": {}}
          | ^
          |
          = help: export the note from Zeppelin as `.zpln`

    "#]],
    );
    broken(
        "a.zpln",
        r#"{"cells": [], "nbformat": 4}"#,
        expect![[r#"
        error[broken-notebook]: the notebook has no `paragraphs`
         --> a.zpln:1:1
          |
        1 | {"cells": [], "nbformat": 4}
          | ^
          |
          = help: this looks like a Jupyter notebook; export it from Zeppelin as `.zpln`

    "#]],
    );
    broken(
        "a.zpln",
        r#"{"paragraphs": [1, {"text": 2}, {"text": null}]}"#,
        expect![[r#"
        error[broken-notebook]: paragraph 1 of the notebook cannot be read: it is not an object
         --> a.zpln:1:1
          |
        1 | {"paragraphs": [1, {"text": 2}, {"text": null}]}
          | ^

        error[broken-notebook]: paragraph 2 of the notebook cannot be read: its `text` is not a string
         --> a.zpln:1:1
          |
        1 | {"paragraphs": [1, {"text": 2}, {"text": null}]}
          | ^

    "#]],
    );
    broken(
        "a.zpln",
        "[".repeat(100_000),
        expect![[r#"
        error[broken-notebook]: the notebook is not JSON
         --> a.zpln:1:1
          |
        1 | [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[...
          | ^
          |
          = help: a text notebook ends in `.sql`; a Zeppelin note holds JSON

    "#]],
    );
    broken(
        "a.sql",
        b"SELECT 1,\n'\xE9'",
        expect![[r#"
        error[wrong-encoding]: the file is not UTF-8: byte 11 is 0xE9
         --> a.sql:2:2
          |
        2 | '
          |  ^
          |
          = help: save it as UTF-8

    "#]],
    );
    broken(
        "a.sql",
        b"\xFF\xFES\x00",
        expect![[r#"
        error[wrong-encoding]: the file is in UTF-16
         --> a.sql:1:1
          |
        1 |
          | ^
          |
          = help: save it as UTF-8

    "#]],
    );
}

#[test]
fn broken_cells_are_diagnosed() {
    broken(
        "a.sql",
        "%flink.ssql(type=updat, refreshInterval=soon, colour=red)\nSELECT 1",
        expect![[r#"
        error[invalid-property]: the property `type` cannot be `updat`
         --> a.sql, cell 1:1:13
          |
        1 | %flink.ssql(type=updat, refreshInterval=soon, colour=red)
          |             ^^^^^^^^^^ expected one of single, update, append
          |
          = help: did you mean `type=update`?

        error[invalid-property]: the property `refreshInterval` cannot be `soon`
         --> a.sql, cell 1:1:25
          |
        1 | %flink.ssql(type=updat, refreshInterval=soon, colour=red)
          |                         ^^^^^^^^^^^^^^^^^^^^ expected milliseconds, 1 or more

        error[unknown-property]: a cell has no property `colour`
         --> a.sql, cell 1:1:47
          |
        1 | %flink.ssql(type=updat, refreshInterval=soon, colour=red)
          |                                               ^^^^^^^^^^
          |
          = help: the properties are type, refreshInterval, template, threshold, parallelism, maxParallelism, jobName, runAsOne, savepointDir

    "#]],
    );
    broken(
        "a.sql",
        "%flink.ssql(type=update, type=append, paralelism=0, parallelism=0)",
        expect![[r#"
        error[duplicate-property]: the property `type` is given twice
         --> a.sql, cell 1:1:26
          |
        1 | %flink.ssql(type=update, type=append, paralelism=0, parallelism=0)
          |             -----------  ^^^^^^^^^^^
          |             |
          |             first given here
          |
          = help: keep one of them

        error[unknown-property]: a cell has no property `paralelism`
         --> a.sql, cell 1:1:39
          |
        1 | %flink.ssql(type=update, type=append, paralelism=0, parallelism=0)
          |                                       ^^^^^^^^^^^^
          |
        help: did you mean `parallelism`?
          |
        1 | %flink.ssql(type=update, type=append, parallelism=0, parallelism=0)
          |                                            +

        error[invalid-property]: the property `parallelism` cannot be `0`
         --> a.sql, cell 1:1:53
          |
        1 | %flink.ssql(type=update, type=append, paralelism=0, parallelism=0)
          |                                                     ^^^^^^^^^^^^^ expected a number from 1 to 32768

    "#]],
    );
    broken(
        "a.sql",
        "%flink.ssql(resumeFromSavepoint=true)",
        expect![[r#"
        warning[skipped-property]: the property `resumeFromSavepoint` has no meaning in an application and is skipped
         --> a.sql, cell 1:1:13
          |
        1 | %flink.ssql(resumeFromSavepoint=true)
          |             ^^^^^^^^^^^^^^^^^^^^^^^^

    "#]],
    );
    broken(
        "a.sql",
        "%flink.conf\npipeline.name x\nrubbish\npipeline.name y",
        expect![[r#"
        error[missing-value]: the setting `rubbish` has no value
         --> a.sql, cell 1:3:1
          |
        3 | rubbish
          | ^^^^^^^
          |
          = help: write the key, a space, the value

        warning[duplicate-setting]: `pipeline.name` is set twice; the last value counts
         --> a.sql, cell 1:4:1
          |
        2 | pipeline.name x
          | ------------- first
        3 | rubbish
        4 | pipeline.name y
          | ^^^^^^^^^^^^^

    "#]],
    );
}

#[test]
fn files_that_cannot_be_read() {
    let mut sources = Sources::new();
    let mut diagnostics = Diagnostics::new();
    let folder = tempfile::tempdir().unwrap();
    let notebook = read_file(&folder.path().join("none.sql"), &mut sources, &mut diagnostics);
    assert!(notebook.cells.is_empty());
    assert_eq!(diagnostics.iter().next().unwrap().code, "unreadable-file");
    assert_eq!(catalog_files(&folder.path().join("none")).unwrap(), Vec::<PathBuf>::new());
    for name in ["b.sql", "a.zpln", "x.txt", "c.md"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    let names: Vec<_> = catalog_files(folder.path()).unwrap();
    let names: Vec<_> = names.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["a.zpln", "b.sql", "c.md"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), name in "a\\.(zpln|sql|md|x)") {
        read_bytes(&name, &bytes);
    }

    #[test]
    fn arbitrary_text_never_panics(text in "[%`~a-c(){}\\[\\]=,\"\\\\\n .:#é-]{0,120}", name in "a\\.(zpln|sql|md|x)") {
        read_bytes(&name, text.as_bytes());
        read_bytes(&name, format!("%flink.ssql({text}").as_bytes());
    }

    #[test]
    fn mutated_notes_never_panic(at in 0..400_usize, byte in any::<u8>(), cut in 0..400_usize) {
        let note = br#"{"paragraphs":[{"text":"%flink.ssql(type=update, template=\"{0}\")\nSELECT 'x', `y` FROM t","title":"T",
            "config":{"enabled":true,"results":{"0":{"graph":{"mode":"pieChart","keys":[{"name":"a","index":0.0,
            "aggr":"sum"}],"groups":[],"values":[]}}}}},{"text":"%flink.conf\na b"}],"name":"N"}"#;
        let mut bytes = note.to_vec();
        let at = at % bytes.len();
        bytes[at] = byte;
        read_bytes("a.zpln", &bytes);
        bytes.truncate(cut % bytes.len());
        read_bytes("a.zpln", &bytes);
    }
}
