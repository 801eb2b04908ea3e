//! Table `results` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::csv;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::{Date, Decimal, Timestamp};

/// cell 2, line 11: CREATE TABLE results (...)
pub const TABLE: Table = Table {
    name: "results",
    columns: &[
        Column::new("id", "BIGINT NOT NULL"),
        Column::new("grade", "STRING"),
        Column::new("net", "DECIMAL(12, 4)"),
        Column::new("half", "INT"),
        Column::new("label", "VARCHAR(5)"),
        Column::new("yesterday", "DATE"),
        Column::new("quarter_hour", "TIMESTAMP(0)"),
        Column::new("is_odd", "BOOLEAN"),
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "results"), ("format", "csv")],
    origin: Origin::new(2, 11),
};

/// A row for `results`.
#[derive(Clone, Copy, Debug)]
pub struct NewResults<'a> {
    pub id: i64,
    pub grade: Option<&'a str>,
    pub net: Option<Decimal>,
    pub half: Option<i32>,
    pub label: Option<&'a str>,
    pub yesterday: Option<Date>,
    pub quarter_hour: Option<Timestamp>,
    pub is_odd: Option<bool>,
}

impl csv::Encode for NewResults<'_> {
    fn encode(&self, line: &mut csv::Line<'_>) {
        line.bigint(self.id);
        line.text(self.grade);
        line.decimal(self.net, 4);
        line.integer(self.half);
        line.text(self.label);
        line.date(self.yesterday);
        line.timestamp(self.quarter_hour);
        line.boolean(self.is_odd);
    }
}

impl PartitionKey for NewResults<'_> {}
