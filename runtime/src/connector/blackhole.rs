//! The `blackhole` connector: takes every row and keeps none.

use super::{CheckpointId, Connector, ConnectorContext, OutgoingRecord, Reader, Sink, TableConfig};
use crate::error::{Error, ErrorKind, Result};

pub struct Blackhole;

impl Connector for Blackhole {
    fn name(&self) -> &'static str {
        "blackhole"
    }

    fn open_source(&self, _: &TableConfig, _: &ConnectorContext) -> Result<Vec<Box<dyn Reader>>> {
        Err(Error::new(ErrorKind::Usage, "connector 'blackhole' can only be written to"))
    }

    fn open_sink(&self, _: &TableConfig, context: &ConnectorContext) -> Result<Vec<Box<dyn Sink>>> {
        Ok(context.wakers.iter().map(|_| Box::new(Hole) as Box<dyn Sink>).collect())
    }
}

struct Hole;

impl Sink for Hole {
    #[inline]
    fn write(&mut self, _: &OutgoingRecord<'_>) -> Result<()> {
        Ok(())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    fn barrier(&mut self, _: CheckpointId, _: bool) -> Result<()> {
        Ok(())
    }

    fn prepared(&mut self) -> Result<Option<String>> {
        Ok(Some(String::new()))
    }

    fn commit(&mut self, _: CheckpointId) -> Result<()> {
        Ok(())
    }

    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}
