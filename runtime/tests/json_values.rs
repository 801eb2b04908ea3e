//! Every kind of JSON value read as every type, against what Flink 2.3 read from the same document with
//! `json.ignore-parse-errors` (`data/json_values.tsv`: the value, then the columns that are not NULL).

use serde_json::{Map, Value as Json, json};
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::format::json;
use sqlc_runtime::row::{DecodeRow, TableRow};
use sqlc_runtime::value::{Arena, Date, Decimal, Time, Timestamp, double};

/// As a generated row, with a column of every type.
#[derive(Clone, Copy, Debug, Default)]
struct Everything<'a> {
    b: Option<bool>,
    i1: Option<i8>,
    i2: Option<i16>,
    i4: Option<i32>,
    i8: Option<i64>,
    f: Option<f32>,
    d: Option<f64>,
    de: Option<Decimal>,
    s: Option<&'a str>,
    byt: Option<&'a [u8]>,
    da: Option<Date>,
    ti: Option<Time>,
    ts: Option<Timestamp>,
    tz: Option<Timestamp>,
    ts_iso: Option<Timestamp>,
    tz_iso: Option<Timestamp>,
}

impl TableRow<'_> for Everything<'_> {}

impl<'a> json::Object<'a> for Everything<'a> {
    const COLUMNS: &'static [&'static str] =
        &["b", "i1", "i2", "i4", "i8", "f", "d", "de", "s", "byt", "da", "ti", "ts", "tz", "ts_iso", "tz_iso"];

    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.b = value.boolean()?,
            1 => self.i1 = value.tinyint()?,
            2 => self.i2 = value.smallint()?,
            3 => self.i4 = value.integer()?,
            4 => self.i8 = value.bigint()?,
            5 => self.f = value.float()?,
            6 => self.d = value.double()?,
            7 => self.de = value.decimal(7, 2)?,
            8 => self.s = value.text()?,
            9 => self.byt = value.bytes_base64()?,
            10 => self.da = value.date()?,
            11 => self.ti = value.time(3)?,
            12 => self.ts = value.timestamp_sql(6)?,
            13 => self.tz = value.timestamp_ltz_sql(6)?,
            14 => self.ts_iso = value.timestamp_iso(6)?,
            _ => self.tz_iso = value.timestamp_ltz_iso(6)?,
        }
        Ok(())
    }
}

impl json::Encode for Everything<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("b")).boolean(self.b);
        document.column(json::key!("i1")).tinyint(self.i1);
        document.column(json::key!("i2")).smallint(self.i2);
        document.column(json::key!("i4")).integer(self.i4);
        document.column(json::key!("i8")).bigint(self.i8);
        document.column(json::key!("f")).text(self.f.map(double::print_float).as_ref().map(|text| text.as_str()));
        document.column(json::key!("d")).text(self.d.map(double::print).as_ref().map(|text| text.as_str()));
        document.column(json::key!("de")).decimal(self.de, 2);
        document.column(json::key!("s")).text(self.s);
        document.column(json::key!("byt")).bytes_base64(self.byt);
        document.column(json::key!("da")).date(self.da);
        document.column(json::key!("ti")).time(self.ti);
        document.column(json::key!("ts")).timestamp_iso(self.ts);
        document.column(json::key!("tz")).timestamp_ltz_iso(self.tz);
        document.column(json::key!("ts_iso")).timestamp_iso(self.ts_iso);
        document.column(json::key!("tz_iso")).timestamp_ltz_iso(self.tz_iso);
    }
}

/// The oracle prints timestamps with all their digits, decimals as text, and numbers as Python does.
fn normalised(row: &mut Map<String, Json>) {
    for column in ["ti", "ts", "tz", "ts_iso", "tz_iso"] {
        if let Some(Json::String(text)) = row.get_mut(column) {
            let utc = text.ends_with('Z');
            let digits = text.trim_end_matches('Z').to_owned();
            let digits =
                if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
            *text = format!("{digits}{}", if utc { "Z" } else { "" });
        }
    }
    if let Some(text) = row.get("de").and_then(Json::as_str) {
        row["de"] = json!(text.parse::<f64>().unwrap());
    }
    if let Some(number) = row.get("de").and_then(Json::as_f64) {
        row["de"] = json!(number);
    }
    if let Some(number) = row.get("d").and_then(Json::as_f64) {
        row["d"] = json!(double::print(number).as_str());
    }
    if let Some(number) = row.get("f").and_then(Json::as_f64) {
        row["f"] = json!(double::print_float(number as f32).as_str());
    }
}

#[test]
fn values_are_read_as_by_flink() {
    let options = Options::new([("json.ignore-parse-errors", "true"), ("json.encode.ignore-null-fields", "true")]);
    let mut decoder = json::Decoder::new(&options).unwrap();
    let encoder = json::Encoder::new(&options).unwrap();
    let mut wrong = String::new();
    for line in include_str!("data/json_values.tsv").lines() {
        let (value, expected) = line.split_once('\t').unwrap();
        let value = value.replace("<TAB>", "\t");
        let members: Vec<_> =
            <Everything as json::Object>::COLUMNS.iter().map(|key| format!("\"{key}\":{value}")).collect();
        let record = format!("{{{}}}", members.join(","));
        let arena = Arena::new();
        let mut written = Vec::new();
        Everything::decode(&mut decoder, record.as_bytes(), &arena, |row| encoder.write(&row, &mut written)).unwrap();
        let mut found: Map<String, Json> = serde_json::from_slice(&written).unwrap();
        let mut expected: Map<String, Json> = serde_json::from_str(expected).unwrap();
        normalised(&mut found);
        normalised(&mut expected);
        if found != expected {
            wrong.push_str(&format!("{value}\n    ours  {}\n    Flink {}\n", json!(found), json!(expected)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
