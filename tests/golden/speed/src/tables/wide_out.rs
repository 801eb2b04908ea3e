//! Table `wide_out` (blackhole).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::nothing;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;

/// cell 1, line 87: CREATE TABLE wide_out (...)
pub const TABLE: Table = Table {
    name: "wide_out",
    columns: &[
        Column::new("c02", "DOUBLE"),
        Column::new("c12", "STRING"),
        Column::new("c22", "INT"),
    ],
    partition_keys: &[],
    options: &[("connector", "blackhole")],
    origin: Origin::new(1, 87),
};

/// A row for `wide_out`.
#[derive(Clone, Copy, Debug)]
pub struct NewWideOut<'a> {
    pub c02: Option<f64>,
    pub c12: Option<&'a str>,
    pub c22: Option<i32>,
}

impl nothing::Encode for NewWideOut<'_> {
    fn discard(&self) {
        std::hint::black_box((self.c02, self.c12, self.c22));
    }
}

impl PartitionKey for NewWideOut<'_> {}
