//! Table `minute_so_far` (print).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::print;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;
use sqlc_runtime::value::Timestamp;

/// cell 9, line 2: CREATE TABLE minute_so_far (...)
pub const TABLE: Table = Table {
    name: "minute_so_far",
    columns: &[
        Column::new("window_start", "TIMESTAMP(3)"),
        Column::new("window_end", "TIMESTAMP(3)"),
        Column::new("orders", "BIGINT"),
        Column::new("cheapest", "DOUBLE"),
        Column::new("dearest", "DOUBLE"),
    ],
    partition_keys: &[],
    options: &[("connector", "print"), ("print-identifier", "minute")],
    origin: Origin::new(9, 2),
};

/// A row for `minute_so_far`.
#[derive(Clone, Copy, Debug)]
pub struct NewMinuteSoFar {
    pub window_start: Option<Timestamp>,
    pub window_end: Option<Timestamp>,
    pub orders: Option<i64>,
    pub cheapest: Option<f64>,
    pub dearest: Option<f64>,
}

impl print::Encode for NewMinuteSoFar {
    fn encode(&self, line: &mut print::Line<'_>) {
        line.timestamp(self.window_start);
        line.timestamp(self.window_end);
        line.bigint(self.orders);
        line.double(self.cheapest);
        line.double(self.dearest);
    }
}

impl PartitionKey for NewMinuteSoFar {}
