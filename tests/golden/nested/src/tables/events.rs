//! Table `events` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::{json, print};
use sqlc_runtime::job::Table;
use sqlc_runtime::row::TableRow;

/// cell 2, line 2: CREATE TABLE events (...)
pub const TABLE: Table = Table {
    name: "events",
    columns: &[
        Column::new("user", "ROW<id BIGINT, name STRING, address ROW<city STRING, zip STRING>>"),
        Column::new("tags", "ARRAY<STRING>"),
        Column::new("counts", "MAP<STRING, INT>"),
        Column::new("payload", "BYTES"),
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "events"), ("format", "json")],
    origin: Origin::new(2, 2),
};

/// The columns of `events` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Events<'a> {
    /// cell 2, line 3: `user` ROW<id BIGINT, name STRING, address ROW<city STRING, zip STRING>>
    pub user: Option<EventsUser<'a>>,
    /// cell 2, line 4: tags ARRAY<STRING>
    pub tags: Option<&'a [Option<&'a str>]>,
    /// cell 2, line 5: counts MAP<STRING, INT>
    pub counts: Option<&'a [(&'a str, Option<i32>)]>,
    /// cell 2, line 6: payload BYTES
    pub payload: Option<&'a [u8]>,
}

impl<'a> json::Object<'a> for Events<'a> {
    const COLUMNS: &'static [&'static str] = &["user", "tags", "counts", "payload"];
    const AT_ONCE: usize = 1;

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.user = value.row()?,
            1 => self.tags = value.array(|element| element.text())?,
            2 => self.counts = value.map(|element| element.integer())?,
            _ => self.payload = value.bytes_base64()?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for Events<'a> {
    /// cell 3, line 4: events.`user`.id IS NOT NULL
    fn wanted(&self) -> bool {
        self.user.and_then(|row| row.id).is_some()
    }
}

/// ROW<id BIGINT, name STRING, address ROW<city STRING, zip STRING>>
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EventsUser<'a> {
    pub id: Option<i64>,
    pub name: Option<&'a str>,
    pub address: Option<EventsUserAddress<'a>>,
}

impl<'a> json::Object<'a> for EventsUser<'a> {
    const COLUMNS: &'static [&'static str] = &["id", "name", "address"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.id = value.bigint()?,
            1 => self.name = value.text()?,
            _ => self.address = value.row()?,
        }
        Ok(())
    }
}

impl print::Encode for EventsUser<'_> {
    fn encode(&self, line: &mut print::Line<'_>) {
        line.bigint(self.id);
        line.text(self.name);
        line.row(self.address.as_ref());
    }
}

impl json::Encode for EventsUser<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("id")).bigint(self.id);
        document.column(json::key!("name")).text(self.name);
        document.column(json::key!("address")).row(self.address.as_ref());
    }
}

/// ROW<city STRING, zip STRING>
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EventsUserAddress<'a> {
    pub city: Option<&'a str>,
    pub zip: Option<&'a str>,
}

impl<'a> json::Object<'a> for EventsUserAddress<'a> {
    const COLUMNS: &'static [&'static str] = &["city", "zip"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.city = value.text()?,
            _ => self.zip = value.text()?,
        }
        Ok(())
    }
}

impl print::Encode for EventsUserAddress<'_> {
    fn encode(&self, line: &mut print::Line<'_>) {
        line.text(self.city);
        line.text(self.zip);
    }
}

impl json::Encode for EventsUserAddress<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("city")).text(self.city);
        document.column(json::key!("zip")).text(self.zip);
    }
}
