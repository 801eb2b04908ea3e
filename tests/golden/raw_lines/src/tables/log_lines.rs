//! Table `log_lines` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::raw;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::TableRow;

/// cell 2, line 2: CREATE TABLE log_lines (...)
pub const TABLE: Table = Table {
    name: "log_lines",
    columns: &[Column::new("line", "STRING")],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "logs"), ("format", "raw")],
    origin: Origin::new(2, 2),
};

/// The columns of `log_lines` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogLines<'a> {
    /// cell 2, line 2: line STRING
    pub line: Option<&'a str>,
}

impl<'a> raw::Record<'a> for LogLines<'a> {
    fn read(&mut self, value: &mut raw::Value<'a>) -> Result<(), raw::FieldError> {
        self.line = value.text()?;
        Ok(())
    }
}

impl<'a> TableRow<'a> for LogLines<'a> {}
