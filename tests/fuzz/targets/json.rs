//! Documents, separated by line ends, read one after the other by one decoder (so that what it learns from
//! one can hurt the next), each compared with serde_json: accepted and refused alike, with the same values. Then
//! the same lines where they stand, and once more with values that wait, both compared with the first reading. The lines
//! are also the values of a record with many members, which a decoder that expects them passes over.
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
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Row<'a> {
    a: Option<&'a str>,
    b: Option<f64>,
    c: Option<&'a [Option<i64>]>,
    d: Option<Inner<'a>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
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

/// The same columns, of which two wait until `b` and `a` have said whether the row is wanted.
#[derive(Clone, Copy, Debug, Default)]
struct Late<'a>(Row<'a>);

impl<'a> json::Object<'a> for Late<'a> {
    const COLUMNS: &'static [&'static str] = &["b", "a", "c", "d"];
    const AT_ONCE: usize = 2;

    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.0.b = value.double()?,
            1 => self.0.a = value.text()?,
            other => json::Object::read(&mut self.0, other, value)?,
        }
        Ok(())
    }
}

impl TableRow<'_> for Late<'_> {
    fn wanted(&self) -> bool {
        self.0.b.is_none_or(|b| b > 0.0)
    }
}

/// One column of rows that may be wide.
#[derive(Clone, Copy, Debug, Default)]
struct Narrow {
    b: Option<f64>,
}

impl<'a> json::Object<'a> for Narrow {
    const COLUMNS: &'static [&'static str] = &["b"];

    fn read(&mut self, _: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        self.b = value.double()?;
        Ok(())
    }
}

impl TableRow<'_> for Narrow {}

/// A record of members with these values and, where they are too few, others; the tenth is the column of [`Narrow`].
fn wide_record<'v>(comma: &str, mut values: impl Iterator<Item = &'v [u8]>) -> Vec<u8> {
    let mut record = Vec::new();
    for member in 0..16 {
        let key = if member == 9 { "b".to_owned() } else { format!("m{member}") };
        let before = if member == 0 { "{" } else { comma };
        record.extend_from_slice(format!("{before}\"{key}\":").as_bytes());
        record.extend_from_slice(values.next().unwrap_or(b"12"));
    }
    record.push(b'}');
    record
}

/// Passes over lines as values of a record whose members are expected.
fn wide(data: &[u8]) {
    let comma = if data.len().is_multiple_of(2) { "," } else { ", " };
    let mut decoder = json::Decoder::new(&Options::default()).expect("no options");
    let arena = Arena::new();
    let plain = wide_record(comma, std::iter::empty());
    for _ in 0..20 {
        Narrow::decode(&mut decoder, &plain, &arena, |_| {}).expect("a good record");
    }
    let values: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
    for values in values.chunks(16) {
        let record = wide_record(comma, values.iter().copied());
        let ignoring = Options::new([("json.ignore-parse-errors", "true")]);
        let mut anew = json::Decoder::new(&ignoring).expect("an option that exists");
        let mut rows = Vec::new();
        let result = Row::decode(&mut anew, &record, &arena, |row| rows.push(row));
        compare(&record, result.is_ok(), &rows);
        let mut anew = json::Decoder::new(&Options::default()).expect("no options");
        let (mut expected, mut read) = (Vec::new(), Vec::new());
        let result = Narrow::decode(&mut anew, &record, &arena, |row| expected.push(row.b.map(f64::to_bits)));
        let wide_result = Narrow::decode(&mut decoder, &record, &arena, |row| read.push(row.b.map(f64::to_bits)));
        assert_eq!((&wide_result, &read), (&result, &expected), "{}", record.escape_ascii());
        // And where other lines follow.
        let lines = [&record, &b"\n"[..], &plain, &b"\n"[..], &plain].concat();
        if let Some((row, end)) = Narrow::decode_line(&mut decoder, &lines, 0, &arena) {
            assert!(result.is_ok() && expected == [row.b.map(f64::to_bits)], "{}", record.escape_ascii());
            assert_eq!(end, record.len() + 1);
        }
    }
}

fuzz_target!(|data: &[u8]| {
    wide(data);
    let ignoring = Options::new([("json.ignore-parse-errors", "true")]);
    let mut lenient = json::Decoder::new(&ignoring).expect("an option that exists");
    let mut strict = json::Decoder::new(&Options::default()).expect("no options");
    let mut of_lines = json::Decoder::new(&ignoring).expect("an option that exists");
    let mut late = json::Decoder::new(&ignoring).expect("an option that exists");
    let mut narrow = json::Decoder::new(&ignoring).expect("an option that exists");
    // Twice, so that the second time whatever can be learnt is known.
    for _ in 0..2 {
        let mut start = 0;
        for document in data.split(|byte| *byte == b'\n') {
            let arena = Arena::new();
            let mut rows = Vec::new();
            let result = Row::decode(&mut lenient, document, &arena, |row| rows.push(row));
            compare(document, result.is_ok(), &rows);
            // Without the option nothing is accepted that is not accepted with it.
            if Row::decode(&mut strict, document, &arena, |_| {}).is_ok() {
                assert!(result.is_ok());
            }
            // Where it stands, in the order that the lines before have taught.
            let next = start + document.len() + 1;
            if let Some((row, end)) = Row::decode_line(&mut of_lines, data, start, &arena) {
                assert!(result.is_ok() && same_rows(&[row], &rows), "{}", document.escape_ascii());
                assert_eq!(end, next.min(data.len()));
            }
            start = next;
            // With values that wait.
            let mut late_rows = Vec::new();
            let late_result = Late::decode(&mut late, document, &arena, |row| late_rows.push(row));
            assert_eq!(late_result.is_ok(), result.is_ok(), "{}", document.escape_ascii());
            let expected: Vec<Row<'_>> = rows
                .iter()
                .map(|row| if Late(*row).wanted() { *row } else { Row { a: row.a, b: row.b, ..Row::default() } })
                .collect();
            let late_rows: Vec<Row<'_>> = late_rows.into_iter().map(|late| late.0).collect();
            assert!(same_rows(&late_rows, &expected), "{}", document.escape_ascii());
            // With members that nobody reads.
            let narrow_result = Narrow::decode(&mut narrow, document, &arena, |_| {});
            assert_eq!(narrow_result.is_ok(), result.is_ok(), "{}", document.escape_ascii());
        }
    }
});

/// NaN is equal to itself here.
fn same_rows(left: &[Row<'_>], right: &[Row<'_>]) -> bool {
    let bits = |row: &Row<'_>| row.b.map(f64::to_bits);
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .all(|(left, right)| bits(left) == bits(right) && Row { b: None, ..*left } == Row { b: None, ..*right })
}

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
