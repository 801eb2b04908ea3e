//! The sensors notebook, read as a Zeppelin note and as text.

use super::super::parse;
use crate::diagnostic::{Colour, Diagnostics, render_human};
use crate::notebook::{self, Notebook, ResultKind};
use crate::syntax::{ColumnKind, StatementKind};
use crate::text::Sources;
use expect_test::expect;

/// The notebook of the sensors journey, typed as its user types it.
pub(super) const SENSORS: &str = "\
%flink.ssql
CREATE TABLE sensor_data (
    sensor_id INTEGER,
    current_temperature DOUBLE,
    status VARCHAR(6),
    event_time TIMESTAMP(3),
    WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
)
PARTITIONED BY (sensor_id)
WITH (
    'connector' = 'kinesis',
    'stream' = 'my-input-stream',
    'aws.region' = 'us-east-1',
    'scan.stream.initpos' = 'LATEST',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601'
)

%flink.ssql(type=update)
SELECT * FROM sensor_data;

%flink.ssql(type=update)
SELECT sensor_data.status, COUNT(*) AS num, AVG(sensor_data.current_temperature) AS avg_current_temperature,
       HOP_ROWTIME(event_time, INTERVAL '10' second, INTERVAL '1' minute) as hop_time
FROM sensor_data
GROUP BY HOP(event_time, INTERVAL '10' second, INTERVAL '1' minute), sensor_data.status;

%flink.ssql
CREATE TABLE sensor_state (
    status VARCHAR(6),
    num INTEGER,
    avg_current_temperature DOUBLE,
    hop_time TIMESTAMP(3)
)
WITH (
    'connector' = 'kinesis',
    'stream' = 'my-output-stream',
    'aws.region' = 'us-east-1',
    'scan.stream.initpos' = 'LATEST',
    'format' = 'json',
    'json.timestamp-format.standard' = 'ISO-8601');

%flink.ssql(type=update)
INSERT INTO sensor_state
SELECT sensor_data.status, COUNT(*) AS num, AVG(sensor_data.current_temperature) AS avg_current_temperature,
       HOP_ROWTIME(event_time, INTERVAL '10' second, INTERVAL '1' minute) as hop_time
FROM sensor_data
GROUP BY HOP(event_time, INTERVAL '10' second, INTERVAL '1' minute), sensor_data.status;
";

/// The same as Zeppelin exports it.
pub(super) fn zeppelin() -> String {
    let mut paragraphs: Vec<String> = Vec::new();
    for line in SENSORS.split_inclusive('\n') {
        match paragraphs.last_mut() {
            Some(last) if !line.starts_with('%') => last.push_str(line),
            _ => paragraphs.push(line.to_owned()),
        }
    }
    let paragraphs: Vec<_> = paragraphs
        .iter()
        .map(|text| serde_json::json!({ "text": text.trim_end(), "config": { "enabled": true }, "status": "FINISHED" }))
        .collect();
    let note = serde_json::json!({
        "paragraphs": paragraphs, "name": "Sensors", "id": "2G5MZ", "defaultInterpreterGroup": "flink", "config": {},
    });
    format!("\u{feff}{note}")
}

fn read(name: &str, text: &str) -> (Notebook, String) {
    let mut sources = Sources::new();
    let mut diagnostics = Diagnostics::new();
    let notebook = notebook::read(name, text.as_bytes(), &mut sources, &mut diagnostics);
    let parsed = parse(&notebook, &sources, &mut diagnostics);
    assert_eq!(render_human(diagnostics.iter(), &sources, Colour::Never), "");
    let mut text = String::new();
    for cell in &parsed {
        for statement in &cell.statements {
            let number = notebook.cells[cell.index].number;
            let origin = sources.origin(statement.span);
            assert_eq!(origin.cell, number);
            text.push_str(&format!("{origin}: {statement}\n"));
        }
        assert!(cell.broken.is_empty());
    }
    (notebook, text)
}

#[test]
fn both_forms_of_the_note_say_the_same() {
    let (note, zeppelin) = read("Sensors.zpln", &zeppelin());
    let (text, sql) = read("sensors.sql", SENSORS);
    assert_eq!(zeppelin, sql);
    assert_eq!((note.name.as_str(), text.name.as_str()), ("Sensors", "sensors"));
    for notebook in [note, text] {
        assert_eq!(notebook.cells.len(), 5);
        let kinds: Vec<_> = notebook.cells.iter().map(|cell| cell.properties.kind).collect();
        let update = Some(ResultKind::Update);
        assert_eq!(kinds, [None, update, update, None, update]);
    }
    expect![[r#"
        cell 1, line 2, column 1: CREATE TABLE sensor_data (sensor_id INT, current_temperature DOUBLE, status VARCHAR(6), event_time TIMESTAMP(3), WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND) PARTITIONED BY (sensor_id) WITH ('connector' = 'kinesis', 'stream' = 'my-input-stream', 'aws.region' = 'us-east-1', 'scan.stream.initpos' = 'LATEST', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601')
        cell 2, line 2, column 1: SELECT * FROM sensor_data
        cell 3, line 2, column 1: SELECT sensor_data.status, COUNT(*) AS num, AVG(sensor_data.current_temperature) AS avg_current_temperature, HOP_ROWTIME(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE) AS hop_time FROM sensor_data GROUP BY HOP(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE), sensor_data.status
        cell 4, line 2, column 1: CREATE TABLE sensor_state (status VARCHAR(6), num INT, avg_current_temperature DOUBLE, hop_time TIMESTAMP(3)) WITH ('connector' = 'kinesis', 'stream' = 'my-output-stream', 'aws.region' = 'us-east-1', 'scan.stream.initpos' = 'LATEST', 'format' = 'json', 'json.timestamp-format.standard' = 'ISO-8601')
        cell 5, line 2, column 1: INSERT INTO sensor_state SELECT sensor_data.status, COUNT(*) AS num, AVG(sensor_data.current_temperature) AS avg_current_temperature, HOP_ROWTIME(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE) AS hop_time FROM sensor_data GROUP BY HOP(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE), sensor_data.status
    "#]].assert_eq(&sql);
}

#[test]
fn the_places_are_the_users() {
    let mut sources = Sources::new();
    let mut diagnostics = Diagnostics::new();
    let notebook = notebook::read("s.zpln", zeppelin().as_bytes(), &mut sources, &mut diagnostics);
    let parsed = parse(&notebook, &sources, &mut diagnostics);
    let StatementKind::CreateTable(table) = &parsed[0].statements[0].kind else { panic!("not a table") };
    let words = |span| (sources.origin(span).to_string(), sources.text(span).to_owned());
    assert_eq!(words(table.name.span), ("cell 1, line 2, column 14".into(), "sensor_data".into()));
    assert_eq!(words(table.columns[2].span), ("cell 1, line 5, column 5".into(), "status VARCHAR(6)".into()));
    let ColumnKind::Physical(data_type) = &table.columns[2].kind else { panic!("not physical") };
    assert_eq!(words(data_type.span), ("cell 1, line 5, column 12".into(), "VARCHAR(6)".into()));
    let watermark = &table.watermarks[0];
    assert_eq!(words(watermark.expr.span).1, "event_time - INTERVAL '5' SECOND");
    assert_eq!(words(watermark.span).0, "cell 1, line 7, column 5");
    assert_eq!(words(table.options[0].value.span), ("cell 1, line 11, column 19".into(), "'kinesis'".into()));
}
