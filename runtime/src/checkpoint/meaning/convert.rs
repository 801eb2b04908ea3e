//! The blocks of an operator's state as those of another version of it.
//!
//! A block is how many keys there are (a byte), the keys, and for each of them, in the same order, what is kept for it:
//!
//! | operator | per key |
//! |---|---|
//! | window | how many slices (4 bytes), and for each its start (8 bytes) and an accumulator |
//! | session | how many sessions (8 bytes), and for each start, end and number (8 bytes each) and an accumulator |
//! | group | when it was touched (8 bytes), and an accumulator |

use super::shape::{Shape, take_bytes};
use super::widen;

/// What is kept per key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Window,
    Session,
    Group,
}

/// Where a field of a key or accumulator comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// The old field of that number, as one of a wider type.
    Old(usize, Shape),
    /// It is new, and has seen nothing yet.
    Initial(Shape),
}

/// The way from old blocks to new ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converter {
    pub(super) layout: Layout,
    pub(super) key: Struct,
    pub(super) totals: Struct,
}

/// The way from an old key or accumulator to a new one: the shapes of the old fields, and what the new ones are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Struct {
    pub old: Vec<Shape>,
    pub new: Vec<Field>,
}

impl Converter {
    /// Whether old blocks are new ones as they are.
    pub(super) fn changes_nothing(&self) -> bool {
        self.key.changes_nothing() && self.totals.changes_nothing()
    }

    /// The block as the new version would have written it; `None` if it is not what its description says, or has a sum
    /// that does not fit its new type.
    pub fn convert(&self, block: &[u8]) -> Option<Vec<u8>> {
        let mut rest = block;
        let mut out = Vec::with_capacity(block.len() + block.len() / 8);
        let keys = copy(&mut rest, 1, &mut out)?[0];
        (0..keys).try_for_each(|_| self.key.convert(&mut rest, &mut out))?;
        (0..keys).try_for_each(|_| self.entry(&mut rest, &mut out))?;
        rest.is_empty().then_some(out)
    }

    fn entry(&self, rest: &mut &[u8], out: &mut Vec<u8>) -> Option<()> {
        let (accumulators, before) = match self.layout {
            Layout::Window => (u32::from_le_bytes(copy(rest, 4, out)?.try_into().ok()?).into(), 8),
            Layout::Session => (u64::from_le_bytes(copy(rest, 8, out)?.try_into().ok()?), 24),
            Layout::Group => (1, 8),
        };
        (0..accumulators).try_for_each(|_| {
            copy(rest, before, out)?;
            self.totals.convert(rest, out)
        })
    }
}

impl Struct {
    fn changes_nothing(&self) -> bool {
        self.old.len() == self.new.len()
            && self.new.iter().zip(&self.old).enumerate().all(|(place, (field, old))| match field {
                Field::Old(from, new) => *from == place && widen::is_same(old, new),
                Field::Initial(_) => false,
            })
    }

    fn convert(&self, rest: &mut &[u8], out: &mut Vec<u8>) -> Option<()> {
        let old: Vec<&[u8]> = self.old.iter().map(|shape| shape.take(rest)).collect::<Option<_>>()?;
        self.new.iter().try_for_each(|field| match field {
            Field::Old(from, new) => widen::convert(&self.old[*from], new, &mut &*old[*from], out),
            Field::Initial(shape) => {
                shape.initial(out);
                Some(())
            }
        })
    }
}

fn copy<'b>(rest: &mut &'b [u8], length: usize, out: &mut Vec<u8>) -> Option<&'b [u8]> {
    let bytes = take_bytes(rest, length)?;
    out.extend_from_slice(bytes);
    Some(bytes)
}

#[cfg(test)]
mod tests;
