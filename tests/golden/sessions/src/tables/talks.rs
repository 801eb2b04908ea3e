//! Table `talks` (blackhole).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::nothing;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::Timestamp;

/// cell 2, line 17: CREATE TABLE talks (...)
pub const TABLE: Table = Table {
    name: "talks",
    columns: &[
        Column::new("caller", "STRING NOT NULL"),
        Column::new("line", "SMALLINT"),
        Column::new("opened", "TIMESTAMP_LTZ(3)"),
        Column::new("closed", "TIMESTAMP_LTZ(3)"),
        Column::new("calls", "BIGINT"),
        Column::new("longest", "DOUBLE"),
        Column::new("is_heavy", "BOOLEAN"),
    ],
    partition_keys: &[],
    options: &[("connector", "blackhole")],
    origin: Origin::new(2, 17),
};

/// A row for `talks`.
#[derive(Clone, Copy, Debug)]
pub struct NewTalks<'a> {
    pub caller: &'a str,
    pub line: Option<i16>,
    pub opened: Option<Timestamp>,
    pub closed: Option<Timestamp>,
    pub calls: Option<i64>,
    pub longest: Option<f64>,
    pub is_heavy: Option<bool>,
}

impl nothing::Encode for NewTalks<'_> {
    fn discard(&self) {
        std::hint::black_box((
            self.caller,
            self.line,
            self.opened,
            self.closed,
            self.calls,
            self.longest,
            self.is_heavy,
        ));
    }
}

impl PartitionKey for NewTalks<'_> {}
