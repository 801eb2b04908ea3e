//! Documents, separated by line ends, read one after the other by one decoder (so that what it learns from
//! one can hurt the next), each compared with serde_json: accepted and refused alike, with the same values.
//!
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz json`

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::format::json;
use sqlc_runtime::row::{DecodeRow, TableRow};
use sqlc_runtime::value::Arena;

/// As a generated row.
#[derive(Clone, Copy, Debug, Default)]
struct Row<'a> {
    a: Option<&'a str>,
    b: Option<f64>,
    c: Option<&'a [Option<i64>]>,
    d: Option<Inner<'a>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Inner<'a> {
    a: Option<&'a str>,
    m: Option<&'a [(&'a str, Option<bool>)]>,
}

impl TableRow<'_> for Row<'_> {}

impl<'a> json::Object<'a> for Row<'a> {
    const COLUMNS: &'static [&'static str] = &["a", "b", "c", "d"];

    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.a = value.text()?,
            1 => self.b = value.double()?,
            2 => self.c = value.array(|element| element.bigint())?,
            _ => self.d = value.row()?,
        }
        Ok(())
    }
}

impl<'a> json::Object<'a> for Inner<'a> {
    const COLUMNS: &'static [&'static str] = &["a", "m"];

    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.a = value.text()?,
            _ => self.m = value.map(|element| element.boolean())?,
        }
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let ignoring = Options::new([("json.ignore-parse-errors", "true")]);
    let mut lenient = json::Decoder::new(&ignoring).expect("an option that exists");
    let mut strict = json::Decoder::new(&Options::default()).expect("no options");
    for document in data.split(|byte| *byte == b'\n') {
        let arena = Arena::new();
        let mut rows = Vec::new();
        let result = Row::decode(&mut lenient, document, &arena, |row| rows.push(row));
        compare(document, result.is_ok(), &rows);
        // Without the option nothing is accepted that is not accepted with it.
        if Row::decode(&mut strict, document, &arena, |_| {}).is_ok() {
            assert!(result.is_ok());
        }
    }
});

fn compare(document: &[u8], accepted: bool, rows: &[Row<'_>]) {
    let text = document.strip_prefix("\u{feff}".as_bytes()).unwrap_or(document);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    deserializer.disable_recursion_limit();
    let parsed = if depth(text) > 900 {
        // Deeper documents are refused by one or the other first.
        return;
    } else {
        Json::deserialize(&mut deserializer).and_then(|json| deserializer.end().map(|()| json))
    };
    match parsed {
        Ok(Json::Object(object)) => {
            assert!(accepted && rows.len() == 1, "{} was refused", document.escape_ascii());
            same(&object, &rows[0], document);
        }
        Ok(Json::Array(elements)) => {
            assert_eq!(accepted, elements.iter().all(Json::is_object), "{}", document.escape_ascii());
        }
        Ok(_) => assert!(!accepted, "{} is no object", document.escape_ascii()),
        Err(_) if document.is_empty() => assert!(accepted && rows.is_empty()),
        Err(error) => {
            // Flink takes control characters in strings, halves of surrogate pairs and huge numbers.
            let message = error.to_string();
            let laxer = ["control character", "surrogate", "hex escape", "out of range"];
            if !laxer.iter().any(|lax| message.contains(lax)) {
                assert!(!accepted, "{} was accepted, though {message}", document.escape_ascii());
            }
        }
    }
}

/// An upper bound of how deep a document nests.
fn depth(text: &[u8]) -> usize {
    text.iter().filter(|byte| matches!(byte, b'{' | b'[')).count()
}

fn same(object: &Map<String, Json>, row: &Row<'_>, document: &[u8]) {
    // Of duplicate keys serde_json takes the last, Flink sometimes another one: only what can't be one.
    let unique = |key: &str| {
        let quoted = format!("\"{key}\"");
        let text = String::from_utf8_lossy(document);
        !text.contains("\\u") && text.matches(&quoted).count() == 1
    };
    if !["a", "b", "c", "d"].iter().all(|key| !object.contains_key(*key) || unique(key)) {
        return;
    }
    match object.get("a") {
        Some(Json::String(text)) => assert_eq!(row.a, Some(text.as_str())),
        None | Some(Json::Null) => assert_eq!(row.a, None),
        _ => assert!(row.a.is_some()),
    }
    match object.get("b") {
        Some(Json::Number(number)) => assert_eq!(row.b, number.as_f64()),
        Some(Json::String(_)) => {}
        _ => assert_eq!(row.b, None),
    }
    match object.get("c") {
        Some(Json::Array(elements)) => {
            let read = row.c.expect("an array");
            assert_eq!(elements.len(), read.len());
            for (json, integer) in elements.iter().zip(read) {
                if json.is_i64() {
                    assert_eq!(json.as_i64(), *integer);
                }
            }
        }
        _ => assert_eq!(row.c, None),
    }
    match object.get("d") {
        Some(Json::Object(inner)) => {
            let read = row.d.expect("an object");
            if let Some(Json::Object(map)) = inner.get("m") {
                assert_eq!(map.len(), read.m.expect("an object").len());
            }
        }
        _ => assert!(row.d.is_none()),
    }
}
