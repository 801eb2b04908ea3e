//! cell 3, line 2: SELECT window_start, window_end, UPPER(channel) AS channel, price FROM TABLE(HOP(TABLE bids, ...
//!
//! bids -> the user

use crate::tables::bids::Bids;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::{json, print};
use sqlc_runtime::function::text;
use sqlc_runtime::job::{SelectWriter, Wiring};
use sqlc_runtime::row::{self, Context, RowKind};
use sqlc_runtime::value::{Millis, Timestamp};
use sqlc_runtime::window::{Assigner, WindowTable};

/// One worker's part of bids -> the user.
pub struct Select3Job {
    hop: WindowTable,
    rows: SelectWriter,
}

impl Select3Job {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(Select3Job {
            hop: WindowTable::new(Assigner::hop(Millis(5000), Millis(10_000))),
            rows: wiring.select(1)?,
        })
    }

    /// A row of `bids` on its way to the user.
    pub fn bids(&mut self, row: &Bids<'_>, context: &Context<'_>) -> Result<()> {
        // cell 3, line 3: TABLE(HOP(TABLE bids, DESCRIPTOR(bid_time), INTERVAL '5' SECONDS, INTERVAL '10' SECONDS))
        for attached in self.hop.windows(row::rowtime(row.bid_time, Origin::new(3, 3), "bid_time")?)
        {
            // cell 3, line 4: price > 100
            if row.price.is_some_and(|price| price > 100_i64) {
                // cell 3, line 2: UPPER(channel)
                let channel = row.channel.map(|channel| text::upper(context.arena, channel));
                let output = Select3Row {
                    window_start: attached.window.start,
                    window_end: attached.window.end,
                    channel,
                    price: row.price,
                };
                self.rows.write(RowKind::Insert, &output)?;
            }
        }
        Ok(())
    }
}

/// A row of the SELECT in cell 3.
#[derive(Clone, Copy, Debug)]
pub struct Select3Row<'a> {
    pub window_start: Timestamp,
    pub window_end: Timestamp,
    pub channel: Option<&'a str>,
    pub price: Option<i64>,
}

impl print::Encode for Select3Row<'_> {
    fn encode(&self, line: &mut print::Line<'_>) {
        line.timestamp(self.window_start);
        line.timestamp(self.window_end);
        line.text(self.channel);
        line.bigint(self.price);
    }
}

impl json::Encode for Select3Row<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("window_start")).timestamp_sql(self.window_start);
        document.column(json::key!("window_end")).timestamp_sql(self.window_end);
        document.column(json::key!("channel")).text(self.channel);
        document.column(json::key!("price")).bigint(self.price);
    }
}
