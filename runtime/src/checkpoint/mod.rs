//! State to files and back: what a checkpoint is made of, where it is kept, and which one to go on from.
//!
//! A checkpoint is one consistent cut through an application: where its sources stand, what its operators remember,
//! and what its sinks have prepared. When a cut is taken and who takes part is left to [`job`](crate::job); what the
//! bytes of an operator mean is left to the operator.

mod draft;
mod file;
mod folder;
mod history;
mod location;
mod manifest;
pub mod meaning;
mod place;
mod restoration;
mod set_aside;
mod storage;

pub use draft::{About, CutPart, Draft};
pub use file::{Entry, FileReader, FileSummary, FileWriter, PartNumber};
pub use folder::Folder;
pub use history::{History, find};
pub use location::{StorageScheme, is_bucket, open_storage};
pub use manifest::{Manifest, Part, PartState};
pub use place::{Kind, Place};
pub use restoration::{Restoration, Show};
pub use storage::{Listed, Object, Storage, failed};

use crate::error::Result;
use crate::state::Blocks;
use serde_json::Value;

/// A part of a pipeline that remembers something: a scan, or a keyed operator. See
/// [`KeyedOperator`](crate::operator::KeyedOperator) for the meaning of the methods.
pub trait Stateful {
    /// What tells the part apart from the others of its pipeline: `sensor_data` for a scan, and for an operator its name
    /// in metrics.
    fn name(&self) -> &str;

    /// What its state means, whatever it is called: see [`meaning`]. NULL if nobody knows.
    fn meaning(&self) -> &Value;

    fn begin_snapshot(&mut self, head: &mut Vec<u8>, changes: bool) -> Result<u32>;

    fn snapshot(&mut self, blocks: &mut Blocks, enough: usize) -> bool;

    fn early(&self) -> usize {
        0
    }

    fn snapshot_ended(&mut self, kept: bool);

    fn restore_head(&mut self, head: &[u8]) -> Result<()>;

    fn expect_blocks(&mut self, blocks: usize) {
        let _ = blocks;
    }

    fn restore_block(&mut self, block: &[u8]) -> Result<()>;
}

/// What is done with every part of a pipeline that remembers something.
pub type Visit<'v> = dyn FnMut(&mut dyn Stateful) -> Result<()> + 'v;
