//! Pieces of state on their way into a checkpoint.

/// What a table writes into a checkpoint: numbered blocks of bytes. A block that has not changed since the checkpoint
/// before need not be written again; of blocks with the same number the newest counts.
#[derive(Debug, Default)]
pub struct Blocks {
    bytes: Vec<u8>,
    /// The number of each block and where it begins.
    starts: Vec<(u32, usize)>,
}

impl Blocks {
    /// Begins a block; what is appended until the next one begins belongs to it.
    pub fn begin(&mut self, number: u32) -> &mut Vec<u8> {
        self.starts.push((number, self.bytes.len()));
        &mut self.bytes
    }

    /// How many bytes all blocks have.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, &[u8])> {
        let ends = self.starts.iter().skip(1).map(|(_, start)| *start).chain(std::iter::once(self.bytes.len()));
        self.starts.iter().zip(ends).map(|((number, start), end)| (*number, &self.bytes[*start..end]))
    }

    /// Takes the blocks of another, which has none afterwards.
    pub fn append(&mut self, other: &mut Blocks) {
        if self.starts.is_empty() {
            std::mem::swap(self, other);
            return;
        }
        let first = self.bytes.len();
        self.bytes.append(&mut other.bytes);
        self.starts.extend(other.starts.drain(..).map(|(number, start)| (number, first + start)));
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.starts.clear();
    }
}
