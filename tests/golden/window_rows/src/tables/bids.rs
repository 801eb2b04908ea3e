//! Table `bids` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::{self, TableRow};
use sqlc_runtime::value::Timestamp;

/// cell 2, line 2: CREATE TABLE bids (...)
pub const TABLE: Table = Table {
    name: "bids",
    columns: &[
        Column::new("channel", "STRING"),
        Column::new("price", "BIGINT"),
        Column::new("bid_time", "TIMESTAMP(3)"),
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "bids.jsonl"), ("format", "json")],
    origin: Origin::new(2, 2),
};

/// The columns of `bids` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bids<'a> {
    /// cell 2, line 3: channel STRING
    pub channel: Option<&'a str>,
    /// cell 2, line 4: price BIGINT
    pub price: Option<i64>,
    /// cell 2, line 5: bid_time TIMESTAMP(3)
    pub bid_time: Option<Timestamp>,
}

impl<'a> json::Object<'a> for Bids<'a> {
    const COLUMNS: &'static [&'static str] = &["channel", "price", "bid_time"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.channel = value.text()?,
            1 => self.price = value.bigint()?,
            _ => self.bid_time = value.timestamp_sql(3)?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for Bids<'a> {
    const HAS_WATERMARK: bool = true;

    /// cell 2, line 6: WATERMARK FOR bid_time AS bid_time
    fn watermark(&self) -> Result<Timestamp> {
        row::rowtime(self.bid_time, Origin::new(2, 6), "bid_time")
    }
}
