//! Lines of CSV, under dialects that the first byte picks, compared with a slow reader that looks at one character
//! after the other.
//!
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz csv`

#![no_main]

#[path = "../../../runtime/tests/support/slow_csv.rs"]
mod slow_csv;

use libfuzzer_sys::fuzz_target;
use slow_csv::Dialect;
use sqlc_runtime::format::csv;
use sqlc_runtime::row::DecodeRow;
use sqlc_runtime::value::Arena;

/// Three columns of five, so that fields are skipped before, between and behind them.
#[derive(Clone, Copy, Debug, Default)]
struct Row<'a>([Option<&'a str>; 3]);

impl<'a> csv::Record<'a> for Row<'a> {
    const WIDTH: usize = 5;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.0[0] = line.column(0, "first").text()?;
        self.0[1] = line.column(1, "second").text()?;
        self.0[2] = line.column(3, "fourth").text()?;
        Ok(())
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, record)) = data.split_first() else { return };
    let dialect = Dialect {
        delimiter: [',', ';', '\t', ','][usize::from(choice & 3)],
        quote: [Some('"'), Some('\''), None, Some('"')][usize::from(choice >> 2 & 3)],
        escape: (choice >> 4 & 1 == 1).then_some('\\'),
        trim: choice >> 5 & 1 == 1,
    };
    let arena = Arena::new();
    let mut decoder = csv::Decoder::new(&dialect.options()).expect("options that exist");
    let mut found = None;
    let result = Row::decode(&mut decoder, record, &arena, |row| found = Some(row));
    // A line end behind a record belongs to it.
    let Ok(line) = std::str::from_utf8(record) else { return assert!(result.is_err()) };
    let line = line.strip_suffix('\n').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let expected = slow_csv::row(line, dialect, 5);
    assert_eq!(result.is_ok(), expected.is_some(), "{line:?} {dialect:?} {result:?}");
    let texts = found.map(|row| row.0.map(|text| text.map(str::to_owned)));
    assert_eq!(texts, expected.map(|row| [row[0].clone(), row[1].clone(), row[3].clone()]), "{line:?} {dialect:?}");
});
