//! Table `bids_out` (blackhole).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::nothing;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;

/// cell 1, line 88: CREATE TABLE bids_out (...)
pub const TABLE: Table = Table {
    name: "bids_out",
    columns: &[
        Column::new("bidder", "BIGINT"),
        Column::new("price", "BIGINT"),
        Column::new("channel", "STRING"),
    ],
    partition_keys: &[],
    options: &[("connector", "blackhole")],
    origin: Origin::new(1, 88),
};

/// A row for `bids_out`.
#[derive(Clone, Copy, Debug)]
pub struct NewBidsOut<'a> {
    pub bidder: Option<i64>,
    pub price: Option<i64>,
    pub channel: Option<&'a str>,
}

impl nothing::Encode for NewBidsOut<'_> {
    fn discard(&self) {
        std::hint::black_box((self.bidder, self.price, self.channel));
    }
}

impl PartitionKey for NewBidsOut<'_> {}
