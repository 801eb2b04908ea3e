//! How far time has come, in a checkpoint.

use crate::row::Codec;
use crate::value::Timestamp;

/// Brings the heads of the workers together that a checkpoint was made by: the earliest of each time counts. Workers
/// that met the same barriers have met the same watermarks; those of processing time are a little apart.
#[derive(Default)]
pub(super) struct Heads {
    any: bool,
}

impl Heads {
    /// Writes what [`restore`](Heads::restore) reads.
    pub fn write(head: &mut Vec<u8>, times: &[Timestamp]) {
        times.iter().for_each(|time| time.encode(head));
    }

    /// Reads the times at the front of a head.
    pub fn restore(&mut self, head: &mut &[u8], times: &mut [&mut Timestamp]) {
        for time in times {
            let other = Timestamp::decode(head);
            **time = if self.any { other.min(**time) } else { other };
        }
        self.any = true;
    }
}
