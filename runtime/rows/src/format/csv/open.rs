//! Plain lines whose end nobody has searched for: where their fields end, and where the next line begins.
//!
//! Every function answers `None` for what is not plain: a quote, a missing field, bytes that are not UTF-8. Such
//! a line is read again by those who know its end.

use super::scan::{LANES, Lanes, Marks};
use crate::format::block::Block;

/// So many fields are passed one by one.
const FEW: usize = 4;

/// What is behind a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Where the next field begins.
    pub(super) next: usize,
    /// The line ends with the field, and `next` is where the next line begins.
    pub(super) is_last: bool,
}

/// What follows a field that ends at `end`.
fn behind(bytes: &[u8], end: usize, delimiter: u8) -> Option<End> {
    match bytes.get(end) {
        Some(byte) if *byte == delimiter => Some(End { next: end + 1, is_last: false }),
        _ => Some(End { next: next_line(bytes, end)?, is_last: true }),
    }
}

/// Where the next line begins, if one ends at `end`.
#[inline]
pub(super) fn next_line(bytes: &[u8], end: usize) -> Option<usize> {
    match bytes.get(end..)? {
        [] => Some(end),
        [b'\n', ..] => Some(end + 1),
        [b'\r', b'\n', ..] => Some(end + 2),
        _ => None,
    }
}

/// The text of the field at `start` if it is short, ASCII, and not the last one; and where the next one begins.
#[inline(always)]
pub(super) fn short_text(bytes: &[u8], start: usize, marks: Marks, delimiter: u8) -> Option<(&str, usize)> {
    let block = Block::new(bytes.get(start..)?.first_chunk()?);
    let delimiters = block.equal(delimiter);
    let others = block.equal(marks.quote) | block.equal(b'\n') | block.non_ascii();
    // All up to the first delimiter.
    let before = delimiters ^ delimiters.wrapping_sub(1);
    if delimiters == 0 || others & before != 0 {
        return None;
    }
    let end = start + delimiters.trailing_zeros() as usize;
    // SAFETY: there is nothing but ASCII before the delimiter, and that lies within the sixteen bytes.
    Some((unsafe { std::str::from_utf8_unchecked(bytes.get_unchecked(start..end)) }, end + 1))
}

/// The text of the field at `start`, quotes taken off, and what is behind it.
#[inline(never)]
pub(super) fn text(bytes: &[u8], start: usize, marks: Marks) -> Option<(&str, End)> {
    if marks.quote != b'\n' && bytes.get(start) == Some(&marks.quote) {
        return quoted_text(bytes, start + 1, marks);
    }
    let end = find(bytes, start, marks.delimiter);
    let text = utf8(bytes, start, end)?;
    // It may belong to the line end or not.
    if text.ends_with('\r') {
        return text_before_return(bytes, start, end - 1, marks);
    }
    Some((text, behind(bytes, end, marks.delimiter)?))
}

/// The text of the field from `start` on, behind which a carriage return stands at `end`.
#[cold]
fn text_before_return(bytes: &[u8], start: usize, end: usize, marks: Marks) -> Option<(&str, End)> {
    let text = utf8(bytes, start, end)?;
    let behind = behind(bytes, end, marks.delimiter).filter(|_| !text.ends_with('\r'))?;
    Some((text, behind))
}

/// The text up to the next quote, which must be the last thing in the field.
fn quoted_text(bytes: &[u8], start: usize, marks: Marks) -> Option<(&str, End)> {
    let end = find(bytes, start, marks.quote);
    if bytes.get(end) != Some(&marks.quote) {
        return None;
    }
    Some((utf8(bytes, start, end)?, behind(bytes, end + 1, marks.delimiter)?))
}

/// Where `wanted` or a line end stands next, or else the end.
fn find(bytes: &[u8], start: usize, wanted: u8) -> usize {
    let mut pos = start;
    while let Some(block) = bytes.get(pos..).and_then(<[u8]>::first_chunk).map(Block::new) {
        let found = block.equal(wanted) | block.equal(b'\n');
        if found != 0 {
            return pos + found.trailing_zeros() as usize;
        }
        pos += LANES;
    }
    let rest = bytes.get(pos..).unwrap_or_default();
    pos + rest.iter().position(|byte| *byte == wanted || *byte == b'\n').unwrap_or(rest.len())
}

fn utf8(bytes: &[u8], start: usize, end: usize) -> Option<&str> {
    simdutf8::basic::from_utf8(bytes.get(start..end)?).ok()
}

/// Goes past `count` fields, at least one, behind which the line must go on.
#[inline(never)]
pub(super) fn skip(bytes: &[u8], start: usize, count: usize, marks: Marks) -> Option<usize> {
    let mut pass = Pass::new(bytes, start, count, marks);
    loop {
        let block = Block::at(bytes, pass.pos);
        let (mut delimiters, stops) = pass.look(block, marks);
        while delimiters != 0 {
            pass.left -= 1;
            if pass.left == 0 {
                let next = pass.pos + delimiters.trailing_zeros() as usize + 1;
                return pass.is_text(bytes, start, next).then_some(next);
            }
            delimiters &= delimiters - 1;
        }
        if stops != 0 || pass.pos + LANES >= bytes.len() {
            return None;
        }
        pass.pos += LANES;
    }
}

/// Goes to the next line, if the rest of this one has exactly so many `delimiters`.
#[inline(never)]
pub(super) fn rest(bytes: &[u8], start: usize, delimiters: usize, marks: Marks) -> Option<usize> {
    let mut pass = Pass::new(bytes, start, delimiters + 1, marks);
    loop {
        let block = Block::at(bytes, pass.pos);
        let (delimiters, stops) = pass.look(block, marks);
        pass.left = pass.left.checked_sub(delimiters.count_ones() as usize)?;
        if stops != 0 || pass.pos + LANES >= bytes.len() {
            let end = (pass.pos + (stops | 1 << LANES).trailing_zeros() as usize).min(bytes.len());
            let is_whole = pass.left == 1 && pass.is_text(bytes, start, end);
            return if is_whole { next_line(bytes, end) } else { None };
        }
        pass.pos += LANES;
    }
}

/// Fields that nobody reads.
struct Pass {
    pos: usize,
    /// How many delimiters are still to be passed.
    left: usize,
    is_ascii: bool,
}

impl Pass {
    /// Passes all of `left` delimiters that can be passed many bytes at once.
    #[inline(always)]
    fn new(bytes: &[u8], start: usize, left: usize, marks: Marks) -> Self {
        let mut pass = Pass { pos: start, left, is_ascii: true };
        if left > FEW {
            pass.far(bytes, marks);
        }
        pass
    }

    fn far(&mut self, bytes: &[u8], marks: Marks) {
        while let Some(piece) = bytes.get(self.pos..).and_then(|rest| rest.first_chunk::<{ 4 * LANES }>()) {
            let mut lanes = Lanes::default();
            piece.as_chunks().0.iter().for_each(|block| lanes.add(block, marks));
            let found = lanes.delimiters();
            if lanes.is_marked() || found >= self.left {
                return;
            }
            self.is_ascii &= lanes.is_ascii();
            self.left -= found;
            self.pos += piece.len();
        }
    }

    /// Where delimiters stand in the block that belong to the line, and where quotes and line ends do.
    #[inline(always)]
    fn look(&mut self, block: Block, marks: Marks) -> (u32, u32) {
        let stops = block.equal(marks.quote) | block.equal(b'\n');
        let before = stops ^ stops.wrapping_sub(1);
        self.is_ascii &= block.non_ascii() & before == 0;
        (block.equal(marks.delimiter) & before, stops)
    }

    #[inline(always)]
    fn is_text(&self, bytes: &[u8], start: usize, end: usize) -> bool {
        self.is_ascii || utf8(bytes, start, end).is_some()
    }
}
