//! Records of many members of which few are read, by a decoder that has learnt what to expect, whole and broken at every
//! byte: the same verdicts and values as serde_json's, and as those of a decoder that has learnt nothing.

use proptest::prelude::*;
use serde_json::Value as Json;
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::format::json;
use sqlc_runtime::row::{DecodeRow, TableRow};
use sqlc_runtime::value::Arena;

/// Three of the members.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Three<'a> {
    m05: Option<&'a str>,
    m13: Option<i64>,
    m22: Option<bool>,
}

impl TableRow<'_> for Three<'_> {}

impl<'a> json::Object<'a> for Three<'a> {
    const COLUMNS: &'static [&'static str] = &["m05", "m13", "m22"];

    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.m05 = value.text()?,
            1 => self.m13 = value.bigint()?,
            _ => self.m22 = value.boolean()?,
        }
        Ok(())
    }
}

/// The same columns, of which two wait until the first has said whether the row is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Late<'a>(Three<'a>);

impl<'a> json::Object<'a> for Late<'a> {
    const COLUMNS: &'static [&'static str] = Three::COLUMNS;
    const AT_ONCE: usize = 1;

    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        json::Object::read(&mut self.0, column, value)
    }
}

impl TableRow<'_> for Late<'_> {
    fn wanted(&self) -> bool {
        self.0.m05.is_some_and(|text| text.starts_with('w'))
    }
}

/// How members and their keys are set apart.
#[derive(Clone, Copy, Debug)]
struct Spelling {
    comma: &'static str,
    colon: &'static str,
}

const SPELLINGS: [Spelling; 4] = [
    Spelling { comma: ",", colon: ":" },
    Spelling { comma: ", ", colon: ": " },
    Spelling { comma: " ,", colon: ":" },
    Spelling { comma: ",\t ", colon: " : " },
];

fn record(spelling: Spelling, members: &[(String, String)]) -> Vec<u8> {
    let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\"{}{value}", spelling.colon)).collect();
    format!("{{{}}}", members.join(spelling.comma)).into_bytes()
}

/// Plain values, others with every `turn`.
fn members(turn: usize) -> Vec<(String, String)> {
    let value = |member: usize| match (member, (member + turn) % 7) {
        (5, kind) => ["\"what\"", "\"who, \"", "null", "\"nobody\""][kind % 4].to_owned(),
        (13, kind) => ["12", "-7", "null", "0"][kind % 4].to_owned(),
        (22, kind) => ["true", "null", "false"][kind % 3].to_owned(),
        (_, 0) => (member * 37 * (turn + 1)).to_string(),
        (_, 1) => format!("-{member}.{turn}5"),
        (_, 2) => format!("\"{}\"", "a text, ".repeat((turn + member) % 11)),
        (_, 3) => member.is_multiple_of(2).to_string(),
        (_, 4) => "null".to_owned(),
        (_, 5) => "0.25".to_owned(),
        _ => format!("\"2021-05-21T10:21:{:02}.123\"", member % 60),
    };
    (0..30).map(|member| (format!("m{member:02}"), value(member))).collect()
}

fn decoder() -> json::Decoder {
    json::Decoder::new(&Options::new([("json.ignore-parse-errors", "true")])).unwrap()
}

/// Decoders of both rows that have seen enough records of this spelling.
fn learned(spelling: Spelling) -> (json::Decoder, json::Decoder) {
    let (mut three, mut late) = (decoder(), decoder());
    for turn in 0..100 {
        let line = [record(spelling, &members(turn)), b"\n".repeat(100)].concat();
        let arena = Arena::new();
        let (row, end) = Three::decode_line(&mut three, &line, 0, &arena).expect("a plain record");
        assert_eq!((row.m13.is_some(), end), ((13 + turn) % 7 % 4 != 2, line.len() - 99));
        Late::decode_line(&mut late, &line, 0, &arena).expect("a plain record");
    }
    (three, late)
}

/// Whether Flink accepts what serde_json refuses: control characters in strings, and halves of surrogate pairs.
fn only_serde_refuses(error: &serde_json::Error) -> bool {
    let message = error.to_string();
    ["control character", "surrogate", "unexpected end of hex escape", "number out of range"]
        .iter()
        .any(|lax| message.contains(lax))
}

/// What is read of a row, if only the wanted ones are read whole.
fn wanted(row: Three<'_>) -> Three<'_> {
    if Late(row).wanted() { row } else { Three { m05: row.m05, ..Three::default() } }
}

/// Decodes a record by itself and among lines, and compares.
fn compare((three, late): &mut (json::Decoder, json::Decoder), record: &[u8]) {
    let arena = Arena::new();
    let decode = |decoder: &mut json::Decoder| {
        let mut rows = Vec::new();
        let result = Three::decode(decoder, record, &arena, |row| rows.push(row));
        (result, rows)
    };
    let expected = decode(&mut decoder());
    assert_eq!(decode(three), expected, "{}", record.escape_ascii());
    match serde_json::from_slice::<Json>(record) {
        Ok(Json::Object(object)) => {
            assert_eq!((&expected.0, expected.1.len()), (&Ok(()), 1), "{}", record.escape_ascii());
            // Of equal keys serde_json takes the last and Flink sometimes another one.
            let unique = |key: &str| String::from_utf8_lossy(record).matches(&format!("\"{key}\"")).count() == 1;
            if let Some(Json::String(text)) = object.get("m05")
                && unique("m05")
            {
                assert_eq!(expected.1[0].m05, Some(text.as_str()));
            }
            if let Some(integer) = object.get("m13").and_then(Json::as_i64)
                && unique("m13")
            {
                assert_eq!(expected.1[0].m13, Some(integer));
            }
        }
        Err(error) if record.is_empty() || only_serde_refuses(&error) => {}
        Err(error) => assert!(expected.0.is_err(), "{} was accepted, though {error}", record.escape_ascii()),
        Ok(_) => {}
    }
    let (late_result, mut late_rows) = (Late::decode(late, record, &arena, |_| {}), Vec::new());
    assert_eq!(late_result.is_ok(), expected.0.is_ok(), "{}", record.escape_ascii());
    if record.contains(&b'\n') {
        return;
    }
    let lines = [b"{}\n", record, b"\n", &b"{\"m05\":1,\"m06\":2}\n".repeat(10)].concat();
    let end = 3 + record.len() + 1;
    if let Some((row, next)) = Three::decode_line(three, &lines, 3, &arena) {
        assert_eq!((&Ok(()), &vec![row], end), (&expected.0, &expected.1, next), "{}", record.escape_ascii());
    } else {
        let is_plain = record.starts_with(b"{") && record.ends_with(b"}");
        assert!(expected.0.is_err() || !is_plain, "{} is plain", record.escape_ascii());
    }
    if let Some((row, next)) = Late::decode_line(late, &lines, 3, &arena) {
        late_rows.push(row.0);
        assert!(expected.0.is_ok() && end == next, "{}", record.escape_ascii());
        let read: Vec<_> = late_rows.iter().map(|row| wanted(*row)).collect();
        assert_eq!(read, expected.1.iter().map(|row| wanted(*row)).collect::<Vec<_>>(), "{}", record.escape_ascii());
    }
}

#[test]
fn records_broken_anywhere_are_refused_as_by_others() {
    const REPLACEMENTS: &[&[u8]] = &[
        b"",
        b",",
        b"\"",
        b"\\",
        b"{",
        b"}",
        b"[",
        b"0",
        b" ",
        b"\t",
        b"\x00",
        b"\xff",
        b"\xc3\xa9",
        b"e",
        b"-",
        b".",
        b":",
        b",\"",
        b"\\\"",
        b"null",
    ];
    for (spelling, turn) in SPELLINGS.into_iter().zip([3, 5]) {
        let mut decoders = learned(spelling);
        let plain = record(spelling, &members(turn));
        for position in 0..plain.len() {
            for (number, replacement) in REPLACEMENTS.iter().enumerate() {
                let mut broken = plain.clone();
                let removed = (number + position) % 3;
                broken.splice(position..(position + removed).min(plain.len()), replacement.iter().copied());
                compare(&mut decoders, &broken);
            }
            compare(&mut decoders, &plain[..position]);
            for bit in [1, 5, 7] {
                let mut flipped = plain.clone();
                flipped[position] ^= 1 << bit;
                compare(&mut decoders, &flipped);
            }
            // What is expected must not be forgotten.
            compare(&mut decoders, &record(spelling, &members(position)));
        }
    }
}

/// Values of members, plain or not, and some that only look like others.
fn value() -> impl Strategy<Value = String> {
    const ODD: &[&str] = &[
        "{}",
        "[]",
        "{\"m06\":1,\"m07\":\"x\"}",
        "[1,\"m08\",2]",
        "\"\\\",\\\"\"",
        "\"\\u00e9\"",
        "\"é\"",
        "\",\"",
        "\"a,\"",
        "\",\\\"m07\\\":\"",
        "1e5",
        "-0.0",
        "1234567890123456789",
        "12345678901234567890.5",
        "01",
        "-",
        "1.",
        ".5",
        "tru",
        "nul",
        "falsey",
        "\"",
        "\"a\"b\"",
        "",
        "1 ",
        " 1",
        "\"a\" ",
        "\"\u{7f}\"",
        "\"\t\"",
        "0.1.2",
        "--1",
        "+1",
    ];
    prop_oneof![
        4 => prop_oneof![Just("null"), Just("true"), Just("false"), Just("\"w\""), Just("0")].prop_map(str::to_owned),
        4 => "-?(0|[1-9][0-9]{0,16})(\\.[0-9]{1,16})?",
        4 => "\"[a-z,: ]{0,80}\"",
        1 => prop::sample::select(ODD).prop_map(str::to_owned),
    ]
}

/// What happens to the order of members.
#[derive(Clone, Debug)]
enum Change {
    Remove(usize),
    Repeat(usize, usize),
    Move(usize, usize),
    Rename(usize, String),
}

fn change() -> impl Strategy<Value = Change> {
    let place = || 0..30usize;
    prop_oneof![
        place().prop_map(Change::Remove),
        (place(), place()).prop_map(|(from, to)| Change::Repeat(from, to)),
        (place(), place()).prop_map(|(from, to)| Change::Move(from, to)),
        (place(), "[a-z]{0,40}").prop_map(|(place, name)| Change::Rename(place, name)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn records_have_the_same_values(
        spelling in prop::sample::select(&SPELLINGS[..]),
        changes in proptest::collection::vec(
            (proptest::collection::vec((0..30usize, value()), 0..5), proptest::collection::vec(change(), 0..3)),
            1..20
        ),
    ) {
        let mut decoders = learned(spelling);
        for (turn, (values, changes)) in changes.into_iter().enumerate() {
            let mut members = members(turn);
            for (member, value) in values {
                members[member].1 = value;
            }
            for change in changes {
                match change {
                    Change::Remove(place) => drop(members.remove(place % members.len())),
                    Change::Repeat(from, to) => {
                        let member = members[from % members.len()].clone();
                        members.insert(to % members.len(), member);
                    }
                    Change::Move(from, to) => {
                        let member = members.remove(from % members.len());
                        members.insert(to % members.len(), member);
                    }
                    Change::Rename(place, name) => {
                        let place = place % members.len();
                        members[place].0 = name;
                    }
                }
            }
            compare(&mut decoders, &record(spelling, &members));
        }
    }
}
