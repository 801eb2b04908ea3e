//! Table `events` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::TableRow;

/// cell 1, line 41: CREATE TABLE events (...)
pub const TABLE: Table = Table {
    name: "events",
    columns: &[
        Column::new("kind", "INT"),
        Column::new("person", "ROW<id BIGINT, name STRING, city STRING>"),
        Column::new("auction", "ROW<id BIGINT, seller BIGINT, category STRING>"),
        Column::new("bid", "ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING>"),
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "in"), ("format", "json")],
    origin: Origin::new(1, 41),
};

/// The columns of `events` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Events<'a> {
    /// cell 1, line 42: kind INTEGER
    pub kind: Option<i32>,
    /// cell 1, line 45: bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING>
    pub bid: Option<EventsBid<'a>>,
}

impl<'a> json::Object<'a> for Events<'a> {
    const COLUMNS: &'static [&'static str] = &["kind", "bid"];
    const AT_ONCE: usize = 1;

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.kind = value.integer()?,
            _ => self.bid = value.row()?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for Events<'a> {
    /// cell 2, line 17: kind = 2
    fn wanted(&self) -> bool {
        self.kind == Some(2_i32)
    }
}

/// ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING>
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EventsBid<'a> {
    pub auction: Option<i64>,
    pub bidder: Option<i64>,
    pub price: Option<i64>,
    pub channel: Option<&'a str>,
}

impl<'a> json::Object<'a> for EventsBid<'a> {
    const COLUMNS: &'static [&'static str] = &["auction", "bidder", "price", "channel"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.auction = value.bigint()?,
            1 => self.bidder = value.bigint()?,
            2 => self.price = value.bigint()?,
            _ => self.channel = value.text()?,
        }
        Ok(())
    }
}
