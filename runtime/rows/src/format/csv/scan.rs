//! Looks at many bytes of a line at once: what is in it as a whole, and where its next fields begin.
//!
//! The loops over arrays of one length are what the compiler turns into vector instructions of any processor.

use super::Dialect;

/// A vector of the smallest processors.
pub(super) const LANES: usize = 16;

/// So many vectors, and one more, can be counted before the count in one of their bytes overflows.
const MOST_BLOCKS: usize = 254;

/// The bytes that mean something in a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marks {
    pub(super) delimiter: u8,
    /// The line end, if there is none.
    pub(super) quote: u8,
    /// The line end, if there is none.
    escape: u8,
}

/// What is in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) is_ascii: bool,
    /// Every delimiter ends a field, because there are no quotes, escapes or line ends.
    pub(super) is_flat: bool,
    pub(super) delimiters: usize,
}

impl Marks {
    pub(super) fn new(dialect: &Dialect) -> Self {
        let line_end = b'\n';
        Marks {
            delimiter: dialect.delimiter,
            quote: dialect.quote.unwrap_or(line_end),
            escape: dialect.escape.unwrap_or(line_end),
        }
    }

    /// Looks at the whole line.
    pub(super) fn look(self, line: &[u8]) -> Look {
        let mut look = Look { is_ascii: true, is_flat: true, delimiters: 0 };
        for piece in line.chunks(MOST_BLOCKS * LANES) {
            let mut lanes = Lanes::default();
            let (blocks, _) = piece.as_chunks();
            blocks.iter().for_each(|block| lanes.add(block, self));
            lanes.add(&tail(piece), self);
            look.is_ascii &= lanes.is_ascii();
            look.is_flat &= !lanes.is_marked();
            look.delimiters += lanes.delimiters();
        }
        // The zeros around the tail are no marks, unless zero is one.
        look.is_flat &= self.delimiter != 0 && self.quote != 0 && self.escape != 0;
        look
    }
}

/// What stands behind the last whole block, and zeros.
#[inline(always)]
fn tail(line: &[u8]) -> [u8; LANES] {
    let length = line.len() % LANES;
    if length == 0 {
        return [0; LANES];
    }
    match line.last_chunk::<LANES>() {
        Some(last) => (u128::from_le_bytes(*last) >> (8 * (LANES - length))).to_le_bytes(),
        None => {
            let mut block = [0; LANES];
            line.iter().zip(&mut block).for_each(|(byte, lane)| *lane = *byte);
            block
        }
    }
}

/// What is in some blocks: one byte for all that stand in the same place of their block.
#[derive(Default)]
pub(super) struct Lanes {
    seen: [u8; LANES],
    marked: [u8; LANES],
    delimiters: [u8; LANES],
}

impl Lanes {
    #[inline(always)]
    pub(super) fn add(&mut self, block: &[u8; LANES], marks: Marks) {
        for (lane, byte) in block.iter().copied().enumerate() {
            self.seen[lane] |= byte;
            self.marked[lane] |= u8::from((byte == marks.quote) | (byte == marks.escape) | (byte == b'\n'));
            self.delimiters[lane] += u8::from(byte == marks.delimiter);
        }
    }
    pub(super) fn is_ascii(&self) -> bool {
        is_zero(self.seen.map(|byte| byte & 0x80))
    }

    /// Whether there are quotes, escapes or line ends.
    pub(super) fn is_marked(&self) -> bool {
        !is_zero(self.marked)
    }

    /// How many there are.
    pub(super) fn delimiters(&self) -> usize {
        sum(self.delimiters)
    }
}

fn is_zero(lanes: [u8; LANES]) -> bool {
    u128::from_le_bytes(lanes) == 0
}

/// The sum of the lanes.
#[inline(always)]
fn sum(lanes: [u8; LANES]) -> usize {
    const LOW: u64 = 0x00FF_00FF_00FF_00FF;
    let sums = lanes.as_chunks().0.iter().map(|word| {
        let word = u64::from_le_bytes(*word);
        // Four sums of two, and then their sum in the highest place.
        ((word & LOW) + (word >> 8 & LOW)).wrapping_mul(0x0001_0001_0001_0001) >> 48
    });
    sums.sum::<u64>() as usize
}

/// Goes past `count` delimiters from `pos` on: to behind the last of them, or else how many there are.
pub(super) fn skip(line: &[u8], mut pos: usize, delimiter: u8, count: usize) -> Result<usize, usize> {
    let mut left = count;
    if left == 0 {
        return Ok(pos);
    }
    while let Some(piece) = line.get(pos..).and_then(|rest| rest.first_chunk::<{ 4 * LANES }>()) {
        let mut lanes = [0; LANES];
        for block in piece.as_chunks::<LANES>().0 {
            lanes.iter_mut().zip(block).for_each(|(lane, byte)| *lane += u8::from(*byte == delimiter));
        }
        let found = sum(lanes);
        if found >= left {
            break;
        }
        left -= found;
        pos += piece.len();
    }
    while let Some(word) = line.get(pos..).and_then(|rest| rest.first_chunk()) {
        let mut found = equal_bytes(u64::from_le_bytes(*word), delimiter);
        let number = ((found >> 7).wrapping_mul(ONES) >> 56) as usize;
        if number >= left {
            (1..left).for_each(|_| found &= found - 1);
            return Ok(pos + found.trailing_zeros() as usize / 8 + 1);
        }
        left -= number;
        pos += word.len();
    }
    for (at, byte) in line.iter().enumerate().skip(pos) {
        left -= usize::from(*byte == delimiter);
        if left == 0 {
            return Ok(at + 1);
        }
    }
    Err(count - left)
}

/// Where the first `wanted` from `pos` on stands. Most fields are short.
#[inline(always)]
pub(super) fn find(line: &[u8], pos: usize, wanted: u8) -> Option<usize> {
    let rest = line.get(pos..)?;
    if let Some(word) = rest.first_chunk() {
        let found = equal_bytes(u64::from_le_bytes(*word), wanted);
        if found != 0 {
            return Some(pos + found.trailing_zeros() as usize / 8);
        }
        return memchr::memchr(wanted, &rest[8..]).map(|at| pos + 8 + at);
    }
    rest.iter().position(|byte| *byte == wanted).map(|at| pos + at)
}

const ONES: u64 = 0x0101_0101_0101_0101;

/// The highest bit of every byte that is `wanted`.
#[inline(always)]
fn equal_bytes(word: u64, wanted: u8) -> u64 {
    const LOW: u64 = 0x7F * ONES;
    let difference = word ^ (u64::from(wanted) * ONES);
    !(((difference & LOW) + LOW) | difference | LOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKS: Marks = Marks { delimiter: b',', quote: b'"', escape: b'\n' };

    #[test]
    fn a_look_counts_and_finds_marks_anywhere() {
        for length in 0..70 {
            for at in 0..length {
                for (byte, is_ascii, is_flat, delimiters) in
                    [(b',', true, true, 1), (b'"', true, false, 0), (b'\n', true, false, 0), (0xC3, false, true, 0)]
                {
                    let mut line = vec![b'x'; length];
                    line[at] = byte;
                    assert_eq!(MARKS.look(&line), Look { is_ascii, is_flat, delimiters }, "{byte} at {at} of {length}");
                }
            }
            let all = vec![b','; length * 101];
            assert_eq!(MARKS.look(&all).delimiters, all.len());
        }
    }

    #[test]
    fn skipping_counts_delimiters() {
        let line = "a,bb,,ccc,dddddddddddddddddddddddddddd,e,".repeat(5);
        let behind: Vec<usize> = line.bytes().zip(1..).filter(|(byte, _)| *byte == b',').map(|(_, at)| at).collect();
        for from in 0..line.len() {
            for count in 1..40 {
                let expected: Vec<usize> = behind.iter().copied().filter(|at| *at > from).take(count).collect();
                let expected = if expected.len() == count { Ok(expected[count - 1]) } else { Err(expected.len()) };
                assert_eq!(skip(line.as_bytes(), from, b',', count), expected);
            }
        }
        assert_eq!(skip(b"a", 2, b',', 1), Err(0));
    }
}
