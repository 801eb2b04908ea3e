//! Table `wide_readings` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::TableRow;

/// cell 1, line 31: CREATE TABLE wide_readings (...)
pub const TABLE: Table = Table {
    name: "wide_readings",
    columns: &[
        Column::new("c01", "INT"),
        Column::new("c02", "DOUBLE"),
        Column::new("c03", "STRING"),
        Column::new("c04", "INT"),
        Column::new("c05", "DOUBLE"),
        Column::new("c06", "STRING"),
        Column::new("c07", "INT"),
        Column::new("c08", "DOUBLE"),
        Column::new("c09", "STRING"),
        Column::new("c10", "INT"),
        Column::new("c11", "DOUBLE"),
        Column::new("c12", "STRING"),
        Column::new("c13", "INT"),
        Column::new("c14", "DOUBLE"),
        Column::new("c15", "STRING"),
        Column::new("c16", "INT"),
        Column::new("c17", "DOUBLE"),
        Column::new("c18", "STRING"),
        Column::new("c19", "INT"),
        Column::new("c20", "DOUBLE"),
        Column::new("c21", "STRING"),
        Column::new("c22", "INT"),
        Column::new("c23", "DOUBLE"),
        Column::new("c24", "STRING"),
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "in"), ("format", "json")],
    origin: Origin::new(1, 31),
};

/// The columns of `wide_readings` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct WideReadings<'a> {
    /// cell 1, line 32: c02 DOUBLE
    pub c02: Option<f64>,
    /// cell 1, line 33: c12 STRING
    pub c12: Option<&'a str>,
    /// cell 1, line 34: c22 INTEGER
    pub c22: Option<i32>,
}

impl<'a> json::Object<'a> for WideReadings<'a> {
    const COLUMNS: &'static [&'static str] = &["c02", "c12", "c22"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.c02 = value.double()?,
            1 => self.c12 = value.text()?,
            _ => self.c22 = value.integer()?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for WideReadings<'a> {}
