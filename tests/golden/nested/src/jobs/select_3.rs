//! cell 3, line 2: SELECT events.`user`.name, payload, events.`user`.address.city, tags[1] AS first_tag, ...
//!
//! events -> the user

use crate::tables::events::Events;
use sqlc_runtime::error::Result;
use sqlc_runtime::format::{json, print};
use sqlc_runtime::function::collection;
use sqlc_runtime::job::{SelectWriter, Wiring};
use sqlc_runtime::row::RowKind;

/// One worker's part of events -> the user.
pub struct Select3Job {
    rows: SelectWriter,
}

impl Select3Job {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(Select3Job { rows: wiring.select(1)? })
    }

    /// A row of `events` on its way to the user.
    pub fn events(&mut self, row: &Events<'_>) -> Result<()> {
        // cell 3, line 4: events.`user`.id IS NOT NULL
        if row.user.and_then(|row| row.id).is_some() {
            // cell 3, line 2: events.`user`.name
            let name = row.user.and_then(|row| row.name);
            // cell 3, line 2: events.`user`.address.city
            let city = row.user.and_then(|row| row.address).and_then(|row| row.city);
            // cell 3, line 2: tags[1]
            let first_tag = row.tags.and_then(|tags| collection::array_get(tags, 1_i32));
            // cell 3, line 2: CARDINALITY(tags)
            let tags = row.tags.map(|tags| tags.len() as i32);
            // cell 3, line 2: counts['clicks']
            let clicks = row.counts.and_then(|counts| collection::map_get(counts, "clicks"));
            let output = Select3Row {
                name,
                payload: row.payload,
                city,
                first_tag,
                tags,
                clicks,
            };
            self.rows.write(RowKind::Insert, &output)?;
        }
        Ok(())
    }
}

/// A row of the SELECT in cell 3.
#[derive(Clone, Copy, Debug)]
pub struct Select3Row<'a> {
    pub name: Option<&'a str>,
    pub payload: Option<&'a [u8]>,
    pub city: Option<&'a str>,
    pub first_tag: Option<&'a str>,
    pub tags: Option<i32>,
    pub clicks: Option<i32>,
}

impl print::Encode for Select3Row<'_> {
    fn encode(&self, line: &mut print::Line<'_>) {
        line.text(self.name);
        line.bytes(self.payload);
        line.text(self.city);
        line.text(self.first_tag);
        line.integer(self.tags);
        line.integer(self.clicks);
    }
}

impl json::Encode for Select3Row<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("name")).text(self.name);
        document.column(json::key!("payload")).bytes_base64(self.payload);
        document.column(json::key!("city")).text(self.city);
        document.column(json::key!("first_tag")).text(self.first_tag);
        document.column(json::key!("tags")).integer(self.tags);
        document.column(json::key!("clicks")).integer(self.clicks);
    }
}
