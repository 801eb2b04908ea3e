//! Table `votes` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::TableRow;
use sqlc_runtime::value::Decimal;

/// cell 2, line 4: CREATE TABLE votes (...)
pub const TABLE: Table = Table {
    name: "votes",
    columns: &[
        Column::new("voter", "BIGINT"),
        Column::new("party", "STRING"),
        Column::new("weight", "DECIMAL(6, 2)"),
    ],
    partition_keys: &[],
    options: &[
        ("connector", "filesystem"),
        ("path", "votes.jsonl"),
        ("format", "json"),
        ("json.ignore-parse-errors", "true"),
    ],
    origin: Origin::new(2, 4),
};

/// The columns of `votes` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Votes<'a> {
    /// cell 2, line 5: voter BIGINT
    pub voter: Option<i64>,
    /// cell 2, line 6: party STRING
    pub party: Option<&'a str>,
    /// cell 2, line 7: weight DECIMAL(6, 2)
    pub weight: Option<Decimal>,
}

impl<'a> json::Object<'a> for Votes<'a> {
    const COLUMNS: &'static [&'static str] = &["voter", "party", "weight"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.voter = value.bigint()?,
            1 => self.party = value.text()?,
            _ => self.weight = value.decimal(6, 2)?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for Votes<'a> {}
