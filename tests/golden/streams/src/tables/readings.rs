//! Table `readings` (kinesis).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::{Context, Provenance, TableRow};
use sqlc_runtime::value::Timestamp;

/// cell 2, line 2: CREATE TABLE readings (...)
pub const TABLE: Table = Table {
    name: "readings",
    columns: &[Column::new("sensor_id", "BIGINT"), Column::new("temperature", "FLOAT")],
    partition_keys: &[],
    options: &[
        ("connector", "kinesis"),
        ("stream.arn", "arn:aws:kinesis:eu-west-1:123456789012:stream/readings"),
        ("source.init.position", "TRIM_HORIZON"),
        ("format", "json"),
    ],
    origin: Origin::new(2, 2),
};

/// The columns of `readings` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct Readings<'a> {
    /// cell 2, line 3: sensor_id BIGINT
    pub sensor_id: Option<i64>,
    /// cell 2, line 4: temperature FLOAT
    pub temperature: Option<f32>,
    /// cell 2, line 5: shard VARCHAR(128) NOT NULL METADATA FROM 'shard-id' VIRTUAL
    pub shard: &'a str,
    /// cell 2, line 6: arrived TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp' VIRTUAL
    pub arrived: Timestamp,
}

impl<'a> json::Object<'a> for Readings<'a> {
    const COLUMNS: &'static [&'static str] = &["sensor_id", "temperature"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.sensor_id = value.bigint()?,
            _ => self.temperature = value.float()?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for Readings<'a> {
    fn complete(&mut self, provenance: &Provenance<'a>, _: &Context<'a>) -> Result<()> {
        self.shard = provenance.shard_id();
        self.arrived = provenance.timestamp();
        Ok(())
    }
}
