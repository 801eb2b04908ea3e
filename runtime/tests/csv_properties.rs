//! Arbitrary lines, read as generated decoders do and by a slow reader that looks at one character after the other;
//! and rows that are written and read back.

#[path = "support/slow_csv.rs"]
mod slow_csv;

use proptest::prelude::*;
use slow_csv::{Dialect, row};
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::format::csv;
use sqlc_runtime::row::{DecodeRow, EncodeRow, RowKind};
use sqlc_runtime::value::{Arena, Date, Decimal, Time, Timestamp};

/// All five columns as texts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Texts<'a>([Option<&'a str>; 5]);

impl<'a> csv::Record<'a> for Texts<'a> {
    const WIDTH: usize = 5;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        for (place, text) in self.0.iter_mut().enumerate() {
            *text = line.column(place, "text").text()?;
        }
        Ok(())
    }
}

/// The second and the fourth of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Some2<'a>([Option<&'a str>; 2]);

impl<'a> csv::Record<'a> for Some2<'a> {
    const WIDTH: usize = 5;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.0 = [line.column(1, "second").text()?, line.column(3, "fourth").text()?];
        Ok(())
    }
}

/// A number in each place, in a spelling that is read where it stands or in another one.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Numbers {
    integer: Option<i32>,
    double: Option<f64>,
    time: Option<Timestamp>,
}

impl<'a> csv::Record<'a> for Numbers {
    const WIDTH: usize = 3;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.integer = line.column(0, "integer").integer()?;
        self.double = line.column(1, "double").double()?;
        self.time = line.column(2, "time").timestamp_sql(6)?;
        Ok(())
    }
}

/// The row, or `None` for an error. The quick way leads to the same one, whatever is behind the line.
fn read<'a, T>(decoder: &mut csv::Decoder, line: &'a [u8], arena: &'a Arena) -> Option<T>
where
    T: csv::Record<'a> + Copy + PartialEq + std::fmt::Debug,
{
    let mut row = None;
    let result = T::decode(decoder, line, arena, |found| row = Some(found));
    let row = row.filter(|_| result.is_ok());
    for (before, behind) in
        [("", ""), ("", "\n"), ("", "\r\n"), ("a,\n", "\na,b\nlonger than a vector of the processor,\n")]
    {
        let lines = arena.alloc_str(&format!("{before}{}{behind}", std::str::from_utf8(line).unwrap())).as_bytes();
        let ends = lines.len() - behind.len() + behind.find('\n').map_or(0, |end| end + 1);
        match T::decode_line(decoder, lines, before.len(), arena) {
            // Only where a record is a message can it contain a line end.
            Some((_, end)) if end < ends => assert!(line.contains(&b'\n'), "{lines:?}"),
            Some((found, end)) => assert_eq!((Some(found), end), (row, ends), "{:?}", String::from_utf8_lossy(lines)),
            None => {}
        }
    }
    row
}

fn dialects() -> impl Strategy<Value = Dialect> {
    let quotes = prop::sample::select(vec![Some('"'), Some('"'), Some('\''), None]);
    let escapes = prop::sample::select(vec![None, None, Some('\\')]);
    (prop::sample::select(vec![',', ';', '\t']), quotes, escapes, any::<bool>())
        .prop_map(|(delimiter, quote, escape, trim)| Dialect { delimiter, quote, escape, trim })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn lines_are_cut_as_by_a_slow_reader(dialect in dialects(), line in "([a-z,;\t'\"\\\\ é\n]|null|0123456789abcdef|,){0,24}") {
        // A line end behind a record belongs to it.
        prop_assume!(!line.ends_with(['\n', '\r']));
        let mut decoder = csv::Decoder::new(&dialect.options()).unwrap();
        let arena = Arena::new();
        let found: Option<Texts<'_>> = read(&mut decoder, line.as_bytes(), &arena);
        let expected = row(&line, dialect, 5);
        let texts = |row: Texts<'_>| row.0.map(|text| text.map(str::to_owned)).to_vec();
        prop_assert_eq!(found.map(texts), expected.clone());
        let some: Option<Some2<'_>> = read(&mut decoder, line.as_bytes(), &arena);
        let some = some.map(|row| row.0.map(|text| text.map(str::to_owned)).to_vec());
        prop_assert_eq!(some, expected.map(|fields| vec![fields[1].clone(), fields[3].clone()]));
    }

    #[test]
    fn numbers_are_the_same_in_any_spelling(
        integer in any::<i32>(), whole in -99_999i32..99_999, cents in 0u8..100, micros in 0i64..253_402_300_800_000_000,
        plus in any::<bool>(), spaces in any::<bool>(), quotes in any::<bool>(),
    ) {
        let mut time = Vec::new();
        let row = Written(Timestamp(micros));
        csv::Encoder::new(&Options::default()).unwrap().write(&row, &mut time);
        let time = String::from_utf8(time).unwrap();
        let time = if quotes { time } else { time.replace('"', "") };
        let space = if spaces { " " } else { "" };
        let sign = if plus && integer >= 0 { "+" } else { "" };
        let double = format!("{whole}.{cents:02}");
        let line = format!("{space}{sign}{integer},{double}{space},{time}");
        let arena = Arena::new();
        let found: Option<Numbers> = read(&mut csv::Decoder::new(&Options::default()).unwrap(), line.as_bytes(), &arena);
        let expected = Numbers { integer: Some(integer), double: double.parse().ok(), time: Some(Timestamp(micros)) };
        prop_assert_eq!(found, Some(expected), "{}", line);
    }

    #[test]
    fn rows_come_back_as_they_were_written(
        text in prop::option::of("[a-z ,;'\"\\\\é\u{1F600}\t]{0,40}"), integer in prop::option::of(any::<i64>()),
        double in prop::option::of(any::<f64>()), decimal in -10i128.pow(18)..10i128.pow(18), day in -700_000i32..2_900_000,
        millis in 0i32..86_400_000, micros in 0i64..253_402_300_800_000_000, delimiter in prop::sample::select(vec![",", ";", "\\t", "|"]),
        quote in prop::sample::select(vec!["\"", "'"]), escape in any::<bool>(),
    ) {
        let mut options = vec![("csv.field-delimiter", delimiter), ("csv.quote-character", quote), ("csv.null-literal", "n/a")];
        if escape {
            options.push(("csv.escape-character", "\\"));
        }
        // Flink writes an escape in front of nothing but marks, and does not read back what it makes of a backslash.
        let row = Row {
            text: text.as_deref(), integer, double: double.filter(|double| !double.is_nan()), decimal: Some(Decimal(decimal)),
            date: (0..2_900_000).contains(&day).then_some(Date(day)), time: Some(Time(millis)), timestamp: Some(Timestamp(micros)), instant: Some(Timestamp(micros)),
        };
        let options = Options::new(options);
        let mut line = Vec::new();
        row.encode(&mut csv::Encoder::new(&options).unwrap(), RowKind::Insert, &mut line).unwrap();
        let arena = Arena::new();
        let found: Option<Row<'_>> = read(&mut csv::Decoder::new(&options).unwrap(), &line, &arena);
        prop_assert_eq!(found, Some(row), "{}", String::from_utf8_lossy(&line));
    }
}

struct Written(Timestamp);

impl csv::Encode for Written {
    fn encode(&self, line: &mut csv::Line<'_>) {
        line.timestamp(self.0);
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Row<'a> {
    text: Option<&'a str>,
    integer: Option<i64>,
    double: Option<f64>,
    decimal: Option<Decimal>,
    date: Option<Date>,
    time: Option<Time>,
    timestamp: Option<Timestamp>,
    instant: Option<Timestamp>,
}

impl<'a> csv::Record<'a> for Row<'a> {
    const WIDTH: usize = 8;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.text = line.column(0, "text").text()?;
        self.integer = line.column(1, "integer").bigint()?;
        self.double = line.column(2, "double").double()?;
        self.decimal = line.column(3, "decimal").decimal(20, 6)?;
        self.date = line.column(4, "date").date()?;
        self.time = line.column(5, "time").time(3)?;
        self.timestamp = line.column(6, "timestamp").timestamp_sql(6)?;
        self.instant = line.column(7, "instant").timestamp_ltz_sql(6)?;
        Ok(())
    }
}

impl csv::Encode for Row<'_> {
    fn encode(&self, line: &mut csv::Line<'_>) {
        line.text(self.text);
        line.bigint(self.integer);
        line.double(self.double);
        line.decimal(self.decimal, 6);
        line.date(self.date);
        line.time(self.time);
        line.timestamp(self.timestamp);
        line.timestamp_ltz(self.instant);
    }
}
