//! Table `calls` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::csv;
use sqlc_runtime::function::time;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::{self, Context, Provenance, TableRow};
use sqlc_runtime::value::{Millis, Timestamp};

/// cell 2, line 2: CREATE TABLE calls (...)
pub const TABLE: Table = Table {
    name: "calls",
    columns: &[
        Column::new("caller", "STRING NOT NULL"),
        Column::new("line", "SMALLINT"),
        Column::new("seconds", "DOUBLE"),
        Column::new("placed", "TIMESTAMP_LTZ(3)"),
    ],
    partition_keys: &[],
    options: &[
        ("connector", "filesystem"),
        ("path", "calls"),
        ("format", "csv"),
        ("csv.field-delimiter", ";"),
        ("source.monitor-interval", "5 s"),
        ("late-data.path", "late_calls.jsonl"),
    ],
    origin: Origin::new(2, 2),
};

/// The columns of `calls` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Calls<'a> {
    /// cell 2, line 3: caller STRING NOT NULL
    pub caller: Option<&'a str>,
    /// cell 2, line 4: line SMALLINT
    pub line: Option<i16>,
    /// cell 2, line 5: seconds DOUBLE
    pub seconds: Option<f64>,
    /// cell 2, line 6: placed TIMESTAMP_LTZ(3)
    pub placed: Option<Timestamp>,
}

impl<'a> csv::Record<'a> for Calls<'a> {
    const WIDTH: usize = 4;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.caller = line.column(0, "caller").text()?;
        self.line = line.column(1, "line").smallint()?;
        self.seconds = line.column(2, "seconds").double()?;
        self.placed = line.column(3, "placed").timestamp_ltz_sql(3)?;
        Ok(())
    }
}

impl<'a> TableRow<'a> for Calls<'a> {
    const HAS_WATERMARK: bool = true;

    /// cell 2, line 7: WATERMARK FOR placed AS placed - INTERVAL '1' MINUTE
    fn watermark(&self) -> Result<Timestamp> {
        row::rowtime(
            self.placed.map(|placed| time::minus_millis(placed, Millis(60_000))),
            Origin::new(2, 7),
            "placed",
        )
    }

    fn complete(&mut self, _: &Provenance<'a>, _: &Context<'a>) -> Result<()> {
        if self.caller.is_none() {
            return Err(row::missing_value(Origin::new(2, 3), "caller"));
        }
        Ok(())
    }
}
