//! Kinesis Data Streams as a source and as a sink: moves records between shards and workers through the
//! AWS SDK, in order, losing none, whatever shards do.
//!
//! All tables of an application share one small async runtime; workers stay plain threads that meet it in
//! bounded queues. What records mean, how idle a shard may be before the watermark goes on without it, and
//! where positions are kept is left to the application.

mod client;
mod clock;
mod config;
mod failure;
mod retry;
pub mod simulation;
mod sink;
mod source;
mod world;

use sqlc_runtime::connector::{Connector, ConnectorContext, Reader, Sink, TableConfig};
use sqlc_runtime::error::Result;
use std::time::Duration;
use world::World;

/// The connector `'connector' = 'kinesis'`.
pub fn connector() -> Box<dyn Connector> {
    Box::new(Kinesis(None))
}

/// The world that its tables are in, if it is not the real one.
struct Kinesis(Option<World>);

impl Kinesis {
    fn world(&self) -> Result<World> {
        self.0.clone().map_or_else(World::real, Ok)
    }
}

impl Connector for Kinesis {
    fn name(&self) -> &'static str {
        "kinesis"
    }

    /// Streams reshard by themselves, and a shard that gets no records is normal: it holds the watermark for
    /// this long, counted from when all its records have been read.
    fn idle_timeout(&self) -> Option<Duration> {
        Some(Duration::from_secs(60))
    }

    /// The shards of a stream go to workers when it is opened, and the children of a shard to the worker of their parent.
    fn knows_splits(&self) -> bool {
        true
    }

    /// Lists the stream's shards and fixes the initial position before it returns: what is put into the
    /// stream afterwards is read.
    fn open_source(&self, table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Reader>>> {
        let mut warnings = config::Warnings::new();
        let (connection, stream) = config::Connection::read(&table.options, &mut warnings)?;
        let source = config::SourceConfig::read(&table.options, &mut warnings)?;
        warn(table, &warnings);
        let stream = client::StreamClient::connect(self.world()?, &connection, stream)?;
        source::open(table, stream, source, context)
    }

    /// Looks whether the stream exists, if we may; what only writing can tell comes with the first records.
    fn open_sink(&self, table: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Sink>>> {
        let mut warnings = config::Warnings::new();
        let (connection, stream) = config::Connection::read(&table.options, &mut warnings)?;
        let sink = config::SinkConfig::read(table, &mut warnings)?;
        warn(table, &warnings);
        let stream = client::StreamClient::connect(self.world()?, &connection, stream)?;
        sink::open(table, stream, sink, context)
    }
}

fn warn(table: &TableConfig, warnings: &[String]) {
    for warning in warnings {
        sqlc_runtime::job::log::warn(&format!("table {}: {warning}", table.name));
    }
}
