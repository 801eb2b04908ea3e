//! cell 2, line 17: INSERT INTO bids_out SELECT bid.bidder, bid.price, bid.channel FROM events WHERE kind = 2
//!
//! events -> bids_out

use crate::tables::bids_out::{self, NewBidsOut};
use crate::tables::events::Events;
use sqlc_runtime::error::Result;
use sqlc_runtime::format::nothing;
use sqlc_runtime::job::{SinkWriter, Wiring};
use sqlc_runtime::row::RowKind;

/// One worker's part of events -> bids_out.
pub struct BidsOutJob {
    sink: SinkWriter<nothing::Encoder>,
}

impl BidsOutJob {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(BidsOutJob {
            sink: wiring.sink(&bids_out::TABLE, nothing::Encoder::new)?,
        })
    }

    /// A row of `events` on its way to `bids_out`.
    pub fn events(&mut self, row: &Events<'_>) -> Result<()> {
        // cell 2, line 17: kind = 2
        if row.kind == Some(2_i32) {
            // cell 2, line 17: bid.bidder
            let bidder = row.bid.and_then(|row| row.bidder);
            // cell 2, line 17: bid.price
            let price = row.bid.and_then(|row| row.price);
            // cell 2, line 17: bid.channel
            let channel = row.bid.and_then(|row| row.channel);
            let output = NewBidsOut { bidder, price, channel };
            self.sink.write(RowKind::Insert, &output)?;
        }
        Ok(())
    }
}
