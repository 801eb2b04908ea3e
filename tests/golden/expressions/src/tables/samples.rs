//! Table `samples` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::function::cast;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::{self, Context, Provenance, TableRow};
use sqlc_runtime::value::{Date, Decimal, Timestamp};

/// cell 2, line 2: CREATE TABLE samples (...)
pub const TABLE: Table = Table {
    name: "samples",
    columns: &[
        Column::new("id", "INT NOT NULL"),
        Column::new("reading", "DOUBLE"),
        Column::new("price", "DECIMAL(10, 2) NOT NULL"),
        Column::new("label", "VARCHAR(20)"),
        Column::new("taken", "TIMESTAMP(3)"),
    ],
    partition_keys: &[],
    options: &[
        ("connector", "filesystem"),
        ("path", "samples.jsonl"),
        ("format", "json"),
        ("on-error", "skip"),
    ],
    origin: Origin::new(2, 2),
};

/// The columns of `samples` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Samples<'a> {
    /// cell 2, line 3: id INT NOT NULL
    pub id: Option<i32>,
    /// cell 2, line 4: reading DOUBLE
    pub reading: Option<f64>,
    /// cell 2, line 5: price DECIMAL(10, 2) NOT NULL
    pub price: Option<Decimal>,
    /// cell 2, line 6: label VARCHAR(20)
    pub label: Option<&'a str>,
    /// cell 2, line 7: taken TIMESTAMP(3)
    pub taken: Option<Timestamp>,
    /// cell 2, line 8: day_of AS CAST(taken AS DATE)
    pub day_of: Option<Date>,
}

impl<'a> json::Object<'a> for Samples<'a> {
    const COLUMNS: &'static [&'static str] = &["id", "reading", "price", "label", "taken"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.id = value.integer()?,
            1 => self.reading = value.double()?,
            2 => self.price = value.decimal(10, 2)?,
            3 => self.label = value.text()?,
            _ => self.taken = value.timestamp_sql(3)?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for Samples<'a> {
    fn complete(&mut self, _: &Provenance<'a>, _: &Context<'a>) -> Result<()> {
        if self.id.is_none() {
            return Err(row::missing_value(Origin::new(2, 3), "id"));
        }
        if self.price.is_none() {
            return Err(row::missing_value(Origin::new(2, 5), "price"));
        }
        // cell 2, line 8: day_of AS CAST(taken AS DATE)
        self.day_of = self.taken.map(|taken| cast::timestamp_to_date(taken));
        Ok(())
    }
}
