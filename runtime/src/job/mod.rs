//! Wires stages to workers, runs, drains, stops; command line, metrics, status.
//!
//! Generated code declares [`Table`]s, implements [`Pipeline`] and hands an [`App`] to [`main`]. A worker is
//! one thread that owns a whole copy of the pipeline: it serves its in-boxes, polls its readers, ticks, and
//! sleeps when there is nothing to do. What a row means and what SQL asked for is left to the pipeline.

mod app;
mod archive;
mod bad_record;
mod command_line;
pub mod commands;
pub mod control;
mod coordinator;
mod cut;
mod dead_letters;
mod desk;
mod late_rows;
pub mod log;
mod memory;
pub mod metrics;
mod overrides;
mod recovery;
pub mod restart;
mod run;
mod run_control;
mod scan;
mod select;
mod settings;
mod sink;
mod status;
mod stepped;
pub mod trouble;
mod watermark;
mod wiring;
mod worker;

pub use app::{App, main};
pub use overrides::Overrides;
pub use run::{Job, Restore};
pub use run_control::Stop;
pub use scan::{Element, Scan};
pub use select::{SelectForm, SelectWriter};
pub use settings::{CheckpointSettings, OLDER_NAMES, SETTINGS, Setting, Settings, todays_name};
pub use sink::SinkWriter;
pub use stepped::{Ending, Progress, Stepped};
pub use wiring::Wiring;

use crate::checkpoint::Visit;
use crate::connector::{Column, ReaderEvent};
use crate::error::{Origin, Result};
use crate::exchange::{Message, Port};
use crate::row::Context;
use crate::value::Timestamp;

/// A table as generated code declares it.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub name: &'static str,
    /// Every physical column, in order.
    pub columns: &'static [Column],
    /// PARTITIONED BY.
    pub partition_keys: &'static [&'static str],
    /// WITH, as written.
    pub options: &'static [(&'static str, &'static str)],
    /// The CREATE TABLE.
    pub origin: Origin,
}

/// The number of a scan: its place in the order in which a pipeline opens scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub usize);

/// One worker's copy of everything the application does with rows.
pub trait Pipeline: Send {
    /// Called once before anything is read: bounded input that needs no source, such as VALUES, goes in here, on
    /// the `first` worker, and its final watermark, on all of them.
    fn start(&mut self, first: bool, context: &Context<'_>) -> Result<()> {
        let _ = (first, context);
        Ok(())
    }

    /// Something came from a source of this worker.
    fn read(&mut self, source: SourceId, event: &ReaderEvent) -> Result<()>;

    /// Something came from another worker.
    fn receive(&mut self, port: Port, from: usize, message: &Message) -> Result<()>;

    /// Shows every scan and every keyed operator, upstream first and always in the same order.
    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()>;

    /// Processing time has come this far. Operators are ticked upstream first, so that what one of them sends
    /// has passed the next before that one is ticked.
    fn tick(&mut self, now: Timestamp) -> Result<()>;
}
