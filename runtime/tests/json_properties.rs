//! Arbitrary documents, valid and broken, read by decoders as they are generated and by serde_json: the same
//! values, the same rejections. Where Flink accepts more than serde_json does, the difference is named here.

use proptest::prelude::*;
use serde_json::Value as Json;
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::format::{csv, json, raw};
use sqlc_runtime::row::{DecodeRow, TableRow};
use sqlc_runtime::value::Arena;

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Row<'a> {
    a: Option<&'a str>,
    b: Option<f64>,
    c: Option<&'a [Option<&'a str>]>,
    d: Option<Inner<'a>>,
    e: Option<i64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Inner<'a> {
    b: Option<bool>,
    a: Option<&'a str>,
}

impl TableRow<'_> for Row<'_> {}

impl<'a> json::Object<'a> for Row<'a> {
    const COLUMNS: &'static [&'static str] = &["a", "b", "c", "d", "é"];

    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.a = value.text()?,
            1 => self.b = value.double()?,
            2 => self.c = value.array(|element| element.text())?,
            3 => self.d = value.row()?,
            _ => self.e = value.bigint()?,
        }
        Ok(())
    }
}

impl<'a> json::Object<'a> for Inner<'a> {
    const COLUMNS: &'static [&'static str] = &["b", "a"];

    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.b = value.boolean()?,
            _ => self.a = value.text()?,
        }
        Ok(())
    }
}

impl<'a> csv::Record<'a> for Row<'a> {
    const WIDTH: usize = 4;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.a = line.column(0, "a").text()?;
        self.b = line.column(1, "b").double()?;
        self.c = line.column(3, "c").array(|element| element.text())?;
        Ok(())
    }
}

impl<'a> raw::Record<'a> for Row<'a> {
    fn read(&mut self, value: &mut raw::Value<'a>) -> Result<(), json::FieldError> {
        self.a = value.text()?;
        Ok(())
    }
}

/// The same columns, of which three wait until `b` and `a` have said whether the row is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Late<'a>(Row<'a>);

impl<'a> json::Object<'a> for Late<'a> {
    const COLUMNS: &'static [&'static str] = &["b", "a", "c", "d", "é"];
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
        self.0.b.is_none_or(|b| b > 0.0) || self.0.a.is_some_and(|a| a.len() > 5)
    }
}

/// Decodes with a decoder for rows whose values wait, and compares with the rows whose values do not.
fn compare_late(decoder: &mut json::Decoder, document: &[u8]) {
    let arena = Arena::new();
    let (mut rows, mut late_rows) = (Vec::new(), Vec::new());
    let result = Row::decode(&mut ignoring(), document, &arena, |row| rows.push(row));
    let late_result = Late::decode(decoder, document, &arena, |row| late_rows.push(row));
    assert_eq!((result.is_ok(), rows.len()), (late_result.is_ok(), late_rows.len()), "{}", document.escape_ascii());
    for (row, late) in rows.iter().zip(&late_rows) {
        let expected = if late.wanted() { *row } else { Row { a: row.a, b: row.b, ..Row::default() } };
        assert_eq!(late.0, expected, "{}", document.escape_ascii());
    }
}

/// Decodes lines where they stand, the documents one after the other, and compares with each by itself. What is
/// not plain has no row here.
fn compare_lines(decoder: &mut json::Decoder, documents: &[Vec<u8>]) {
    let documents: Vec<_> = documents.iter().filter(|document| !document.contains(&b'\n')).collect();
    let lines = documents.iter().map(|document| [document, &b"\n"[..]].concat()).collect::<Vec<_>>().concat();
    let arena = Arena::new();
    let mut start = 0;
    for document in documents {
        let next = start + document.len() + 1;
        let mut rows = Vec::new();
        let result = Row::decode(&mut ignoring(), document, &arena, |row| rows.push(row));
        if let Some((row, end)) = Row::decode_line(decoder, &lines, start, &arena) {
            assert_eq!((result, end), (Ok(()), next), "{}", document.escape_ascii());
            assert_eq!([row], *rows, "{}", document.escape_ascii());
        } else {
            let is_plain = document.starts_with(b"{") && document.ends_with(b"}");
            assert!(result.is_err() || !is_plain, "{} is plain", document.escape_ascii());
        }
        start = next;
    }
}

/// A text as serde_json has it and as STRING has it; `None` for what is compared elsewhere.
fn same_text(json: Option<&Json>, text: Option<&str>) -> bool {
    match json {
        None | Some(Json::Null) => text.is_none(),
        Some(Json::String(string)) => text == Some(string),
        Some(Json::Bool(truth)) => text == Some(if *truth { "true" } else { "false" }),
        // A number keeps its spelling, which serde_json forgets.
        Some(Json::Number(number)) => same_number(text.and_then(|text| text.parse().ok()), number.as_f64()),
        // An object or array is written anew; it must still be the same.
        Some(nested) => {
            let text = text.expect("an object or array has a text");
            same_json(&serde_json::from_str(text).expect("its text is JSON"), nested)
        }
    }
}

/// serde_json reads numbers with many digits a little off; how exact ours are is tested below.
fn same_number(left: Option<f64>, right: Option<f64>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return left == right };
    (left - right).abs() <= 1e-14 * left.abs().max(f64::MIN_POSITIVE)
}

fn same_json(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Number(left), Json::Number(right)) => same_number(left.as_f64(), right.as_f64()),
        (Json::Array(left), Json::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same_json(left, right))
        }
        (Json::Object(left), Json::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|other| same_json(value, other)))
        }
        _ => left == right,
    }
}

fn same_row(object: &serde_json::Map<String, Json>, row: &Row<'_>) {
    let get = |key: &str| object.get(key);
    assert!(same_text(get("a"), row.a), "{object:?} gave {row:?}");
    match get("b") {
        Some(Json::Number(number)) => assert!(same_number(row.b, number.as_f64()), "{number} gave {:?}", row.b),
        Some(Json::String(_)) => {}
        _ => assert_eq!(row.b, None),
    }
    match get("c") {
        Some(Json::Array(elements)) => {
            let read = row.c.expect("an array");
            assert_eq!(read.len(), elements.len());
            elements.iter().zip(read).for_each(|(json, text)| assert!(same_text(Some(json), *text)));
        }
        _ => assert_eq!(row.c, None),
    }
    match get("d") {
        Some(Json::Object(inner)) => {
            let read = row.d.expect("an object");
            assert!(same_text(inner.get("a"), read.a));
            if let Some(Json::Bool(truth)) = inner.get("b") {
                assert_eq!(read.b, Some(*truth));
            }
        }
        _ => assert_eq!(row.d, None),
    }
    match get("é") {
        Some(Json::Number(number)) if number.is_i64() => assert_eq!(row.e, number.as_i64()),
        Some(Json::Number(_) | Json::String(_)) => {}
        _ => assert_eq!(row.e, None),
    }
}

/// Whether Flink accepts what serde_json refuses: control characters in strings, and halves of surrogate pairs.
fn only_serde_refuses(error: &serde_json::Error) -> bool {
    let message = error.to_string();
    message.contains("control character")
        || message.contains("surrogate")
        || message.contains("unexpected end of hex escape")
        || message.contains("number out of range")
}

/// Decodes with a decoder that has seen other documents, and compares.
fn compare(decoder: &mut json::Decoder, document: &[u8]) {
    let arena = Arena::new();
    let mut rows = Vec::new();
    let result = Row::decode(decoder, document, &arena, |row| rows.push(row));
    let without_mark = document.strip_prefix("\u{feff}".as_bytes()).unwrap_or(document);
    match serde_json::from_slice::<Json>(without_mark) {
        Ok(Json::Object(object)) => {
            assert_eq!(result, Ok(()), "{}", document.escape_ascii());
            assert_eq!(rows.len(), 1);
            same_row(&object, &rows[0]);
        }
        Ok(Json::Array(elements)) => {
            let objects = elements.iter().map_while(Json::as_object);
            objects.zip(&rows).for_each(|(object, row)| same_row(object, row));
            assert_eq!(result.is_ok(), elements.iter().all(Json::is_object), "{}", document.escape_ascii());
        }
        Ok(_) => assert!(result.is_err(), "{} is no object", document.escape_ascii()),
        Err(_) if document.is_empty() => assert_eq!((result, rows.len()), (Ok(()), 0)),
        Err(error) if only_serde_refuses(&error) => {}
        Err(error) => assert!(result.is_err(), "{} was accepted, though {error}", document.escape_ascii()),
    }
}

fn ignoring() -> json::Decoder {
    json::Decoder::new(&Options::new([("json.ignore-parse-errors", "true")])).unwrap()
}

/// JSON text of any value, with spaces anywhere. Keys repeat seldom: of equal keys serde_json takes the last
/// and Flink sometimes another one.
fn value() -> impl Strategy<Value = String> {
    let space = prop_oneof![6 => Just(""), 1 => Just(" "), 1 => Just("\n\t\r ")];
    let string = prop_oneof![
        "[a-z]{0,12}",
        any::<String>().prop_map(|text| text.replace(|c: char| c < ' ' || c == '"' || c == '\\', "")),
        Just(r#"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"#.to_owned()),
        Just(r"plain \u0000".to_owned()),
    ];
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<u64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:?}")),
        "-?(0|[1-9][0-9]{0,18})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
        string.prop_map(|text| format!("\"{text}\"")),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        let space = space.clone();
        prop_oneof![
            (proptest::collection::vec(inner.clone(), 0..5), space.clone())
                .prop_map(|(elements, space)| format!("[{space}{}{space}]", elements.join(&format!("{space},")))),
            object(inner, space),
        ]
    })
}

fn object(
    value: impl Strategy<Value = String>,
    space: impl Strategy<Value = &'static str>,
) -> impl Strategy<Value = String> {
    let key = prop_oneof![8 => "[abcdé]", 1 => Just("\\u0061".to_owned()), 2 => "[a-z ]{0,40}"];
    let members = proptest::collection::btree_map(key, value, 0..7)
        .prop_filter("one key", |members| !(members.contains_key("a") && members.contains_key("\\u0061")));
    let members = members.prop_flat_map(|members| Just(members.into_iter().collect::<Vec<_>>()).prop_shuffle());
    (members, space).prop_map(|(members, space)| {
        let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\"{space}:{space}{value}")).collect();
        format!("{{{space}{}{space}}}", members.join(&format!("{space},{space}")))
    })
}

fn document() -> impl Strategy<Value = String> {
    prop_oneof![4 => object(value(), Just("")), 2 => object(value(), Just(" ")), 1 => value()]
}

/// What a document is broken with.
const REPLACEMENTS: &[&[u8]] =
    &[b"", b",", b"\"", b"\\", b"{", b"]", b"0", b" ", b"\xff", b"\xc3\xa9", b"e", b"-", b".", b":", b"null"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn valid_documents_have_the_same_values(documents in proptest::collection::vec(document(), 1..6)) {
        let (mut decoder, mut late) = (ignoring(), ignoring());
        for document in documents.iter().chain(&documents) {
            compare(&mut decoder, document.as_bytes());
            compare_late(&mut late, document.as_bytes());
        }
        let documents: Vec<_> = documents.into_iter().map(String::into_bytes).collect();
        compare_lines(&mut ignoring(), &documents);
        compare_lines(&mut decoder, &documents);
    }

    #[test]
    fn broken_documents_are_refused_alike(
        documents in proptest::collection::vec(document(), 1..4),
        position in any::<prop::sample::Index>(),
        replacement in prop::sample::select(REPLACEMENTS),
        removed in 0..3usize,
    ) {
        let (mut decoder, mut late) = (ignoring(), ignoring());
        let mut all = Vec::new();
        for document in &documents {
            compare(&mut decoder, document.as_bytes());
            let mut bytes = document.clone().into_bytes();
            let start = position.index(bytes.len());
            let end = (start + removed).min(bytes.len());
            bytes.splice(start..end, replacement.iter().copied());
            compare_late(&mut late, &bytes);
            all.extend([document.clone().into_bytes(), bytes.clone()]);
            // What was replaced may have made two keys equal.
            if serde_json::from_slice::<Json>(&bytes).is_err() {
                compare(&mut decoder, &bytes);
            }
        }
        compare_lines(&mut decoder, &all);
    }

    #[test]
    fn doubles_are_exact(
        numbers in proptest::collection::vec("-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?", 1..20),
        any in any::<f64>().prop_filter("finite", |number| number.is_finite()),
    ) {
        for number in numbers.iter().chain(&[format!("{any:?}"), format!("{any}")]) {
            let record = format!("{{\"b\":{number}}}");
            let arena = Arena::new();
            let mut read = None;
            Row::decode(&mut ignoring(), record.as_bytes(), &arena, |row| read = row.b).unwrap();
            assert_eq!(read.map(f64::to_bits), number.parse().ok().map(f64::to_bits), "{}", number);
        }
    }

    #[test]
    fn any_bytes_are_data(bytes in proptest::collection::vec(any::<u8>(), 0..80), text in "[\",;\\\\a1 \n\r{}:\\[\\]]{0,40}") {
        for record in [&bytes[..], text.as_bytes()] {
            let arena = Arena::new();
            let _ = <Row as DecodeRow<json::Decoder>>::decode(&mut ignoring(), record, &arena, |_| {});
            for options in [
                &[][..],
                &[("csv.ignore-parse-errors", "true"), ("csv.escape-character", "\\"), ("csv.trim-spaces", "true")],
                &[("csv.disable-quote-character", "true"), ("csv.allow-comments", "true"), ("csv.null-literal", "1")],
            ] {
                let mut decoder = csv::Decoder::new(&Options::new(options.iter().copied())).unwrap();
                let _ = Row::decode(&mut decoder, record, &arena, |_| {});
            }
            for charset in ["UTF-8", "US-ASCII", "ISO-8859-1", "UTF-16BE", "UTF-16LE"] {
                let mut decoder = raw::Decoder::new(&Options::new([("raw.charset", charset)])).unwrap();
                let mut rows = 0;
                Row::decode(&mut decoder, record, &arena, |_| rows += 1).unwrap();
                assert_eq!(rows, 1);
            }
        }
    }
}
