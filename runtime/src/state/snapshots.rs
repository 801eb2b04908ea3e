//! Which blocks of a table a snapshot has still to write, and which have changed since.

use super::{Blocks, KeyId};

/// How many places share a block. Few, because a row that changes one of them may have all of them written.
pub(super) const PLACES: usize = 64;

/// No place.
pub(super) const NONE: KeyId = KeyId::MAX;

/// The snapshots of a table, one after the other.
///
/// The table is neither copied nor locked: what is about to change in a block that is not yet written has the block
/// written first. Before the first snapshot, and for blocks that have changed since the last one, a change costs one
/// comparison.
#[derive(Default)]
pub(super) struct Snapshots {
    /// Blocks that have not changed since the last cut. Those behind the end have.
    unchanged: Bits,
    /// Those of them that the running snapshot has still to write.
    unwritten: Bits,
    /// Where looking for the next one of them goes on.
    word: usize,
    /// Blocks that had to be written before their turn.
    early: Blocks,
    /// As long as nobody knows whether the last snapshot is kept: blocks that at its cut had not changed since the cut
    /// of the last one that was.
    before: Option<Bits>,
}

/// A bit for each block.
type Bits = Vec<u64>;

impl Snapshots {
    /// Whether a change of something in this place has to be [told](Snapshots::change).
    #[inline]
    pub fn is_unchanged(&self, place: KeyId) -> bool {
        let block = place as usize / PLACES;
        self.unchanged.get(block / 64).is_some_and(|word| word >> (block % 64) & 1 == 1)
    }

    /// Something in this place is about to change. Answers its block, and where it has to be written to first, if it has
    /// to be.
    pub fn change(&mut self, place: KeyId) -> Option<(u32, &mut Vec<u8>)> {
        let block = place as usize / PLACES;
        let (word, bit) = (block / 64, 1 << (block % 64));
        self.unchanged[word] &= !bit;
        let unwritten = self.unwritten.get_mut(word).filter(|word| **word & bit != 0)?;
        *unwritten &= !bit;
        Some((block as u32, self.early.begin(block as u32)))
    }

    /// The table begins anew, while the running snapshot goes on with what was in it. Answers whether there is anything
    /// left to write.
    pub fn begin_anew(&mut self) -> bool {
        self.unchanged.clear();
        self.unwritten.iter().any(|word| *word != 0)
    }

    /// The cut, for a table with so many places. Answers how many blocks they are.
    ///
    /// A snapshot before that has not ended has not been kept.
    pub fn begin(&mut self, places: usize, changes: bool) -> u32 {
        self.ended(false);
        let blocks = places.div_ceil(PLACES);
        let mut all = vec![u64::MAX; blocks.div_ceil(64)];
        if let Some(last) = all.last_mut().filter(|_| !blocks.is_multiple_of(64)) {
            *last = (1 << (blocks % 64)) - 1;
        }
        let mut before = std::mem::replace(&mut self.unchanged, all.clone());
        before.resize(all.len(), 0);
        if changes {
            all.iter_mut().zip(&before).for_each(|(word, before)| *word &= !before);
        }
        (self.unwritten, self.before, self.word) = (all, Some(before), 0);
        u32::try_from(blocks).expect("there are fewer blocks than places")
    }

    /// Writes about `enough` bytes of what is still to be written, each block with `write`; answers whether there is
    /// more.
    pub fn write(&mut self, blocks: &mut Blocks, enough: usize, write: &mut dyn FnMut(u32, &mut Vec<u8>)) -> bool {
        let before = blocks.size();
        blocks.append(&mut self.early);
        while let Some(block) = self.next() {
            write(block, blocks.begin(block));
            if blocks.size() - before >= enough {
                return true;
            }
        }
        false
    }

    /// How many bytes of blocks wait that had to be written before their turn.
    pub fn early(&self) -> usize {
        self.early.size()
    }

    /// The last snapshot is kept, or is not: then the next one has to write what this one wrote.
    pub fn ended(&mut self, kept: bool) {
        debug_assert!(!kept || self.unwritten.iter().all(|word| *word == 0), "a snapshot is kept when it is whole");
        self.unwritten = Bits::new();
        self.early = Blocks::default();
        if let Some(before) = self.before.take().filter(|_| !kept) {
            self.unchanged.truncate(before.len());
            self.unchanged.iter_mut().zip(before).for_each(|(word, before)| *word &= before);
        }
    }

    fn next(&mut self) -> Option<u32> {
        loop {
            let word = self.unwritten.get_mut(self.word)?;
            if *word != 0 {
                let block = self.word as u32 * 64 + word.trailing_zeros();
                *word &= *word - 1;
                return Some(block);
            }
            self.word += 1;
        }
    }
}
