//! Any bytes as a record of CSV or raw, under options that the first byte picks: never a panic.
//!
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz records`

#![no_main]

use libfuzzer_sys::fuzz_target;
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::format::{csv, json, raw};
use sqlc_runtime::row::DecodeRow;
use sqlc_runtime::value::{Arena, Date, Decimal, Time, Timestamp};

/// As a generated row, with a column of every type.
#[derive(Clone, Copy, Debug, Default)]
struct Row<'a> {
    boolean: Option<bool>,
    tinyint: Option<i8>,
    bigint: Option<i64>,
    float: Option<f32>,
    double: Option<f64>,
    decimal: Option<Decimal>,
    text: Option<&'a str>,
    bytes: Option<&'a [u8]>,
    date: Option<Date>,
    time: Option<Time>,
    timestamp: Option<Timestamp>,
    instant: Option<Timestamp>,
    elements: Option<&'a [Option<i32>]>,
}

impl<'a> csv::Record<'a> for Row<'a> {
    const WIDTH: usize = 13;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.boolean = line.column(0, "boolean").boolean()?;
        self.tinyint = line.column(1, "tinyint").tinyint()?;
        self.bigint = line.column(2, "bigint").bigint()?;
        self.float = line.column(3, "float").float()?;
        self.double = line.column(4, "double").double()?;
        self.decimal = line.column(5, "decimal").decimal(12, 3)?;
        self.text = line.column(6, "text").text()?;
        self.bytes = line.column(7, "bytes").bytes_base64()?;
        self.date = line.column(8, "date").date()?;
        self.time = line.column(9, "time").time(3)?;
        self.timestamp = line.column(10, "timestamp").timestamp_sql(6)?;
        self.instant = line.column(11, "instant").timestamp_ltz_sql(0)?;
        self.elements = line.column(12, "elements").array(|element| element.integer())?;
        Ok(())
    }
}

impl<'a> raw::Record<'a> for Row<'a> {
    fn read(&mut self, value: &mut raw::Value<'a>) -> Result<(), raw::FieldError> {
        self.text = value.text()?;
        Ok(())
    }
}

impl json::Encode for Row<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("boolean")).boolean(self.boolean);
        document.column(json::key!("tinyint")).tinyint(self.tinyint);
        document.column(json::key!("bigint")).bigint(self.bigint);
        document.column(json::key!("float")).float(self.float);
        document.column(json::key!("double")).double(self.double);
        document.column(json::key!("decimal")).decimal(self.decimal, 3);
        document.column(json::key!("text")).text(self.text);
        document.column(json::key!("bytes")).bytes_base64(self.bytes);
        document.column(json::key!("date")).date(self.date);
        document.column(json::key!("time")).time(self.time);
        document.column(json::key!("timestamp")).timestamp_iso(self.timestamp);
        document.column(json::key!("instant")).timestamp_ltz_sql(self.instant);
        document.column(json::key!("elements")).array(self.elements, |place, element| place.integer(element));
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, record)) = data.split_first() else { return };
    let chosen = |bit: u8, name, value| (choice >> bit & 1 == 1).then_some((name, value));
    let options = Options::new(
        [
            chosen(0, "csv.ignore-parse-errors", "true"),
            chosen(1, "csv.escape-character", "\\"),
            chosen(2, "csv.trim-spaces", "true"),
            chosen(3, "csv.disable-quote-character", "true"),
            chosen(4, "csv.allow-comments", "true"),
            chosen(5, "csv.null-literal", "null"),
            chosen(6, "raw.charset", "UTF-16LE"),
            chosen(7, "csv.empty-string-as-null", "true"),
        ]
        .into_iter()
        .flatten(),
    );
    let arena = Arena::new();
    let encoder = json::Encoder::default();
    let mut document = Vec::new();
    let mut decoder = csv::Decoder::new(&options).expect("options that exist");
    // What is read can be written, and what is written is JSON.
    let _ = Row::decode(&mut decoder, record, &arena, |row| encoder.write(&row, &mut document));
    if !document.is_empty() {
        serde_json::from_slice::<serde::de::IgnoredAny>(&document).expect("a document is JSON");
    }
    let mut decoder = raw::Decoder::new(&options).expect("options that exist");
    document.clear();
    Row::decode(&mut decoder, record, &arena, |row| encoder.write(&row, &mut document)).expect("any bytes are a text");
    serde_json::from_slice::<serde::de::IgnoredAny>(&document).expect("a document is JSON");
});
