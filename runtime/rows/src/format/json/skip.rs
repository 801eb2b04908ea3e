//! The quickest way over a value that nobody reads, where it is a short number, plain text or a literal.

use crate::format::block::{Block, Window, whole_window, word_in};
use crate::format::short_number::{ShortNumber, small_number};

/// Where the value at `pos` ends; `None` if there is none, or if it takes more to find out.
///
/// How soon the end is known decides how soon the next key can be looked at, so everything that only checks the value is
/// left to branches.
#[inline(always)]
pub(super) fn plain_end(bytes: &[u8], pos: usize) -> Option<usize> {
    let window = whole_window(bytes, pos)?;
    let length = match window[0] {
        b'"' => text_length(window).or_else(|| long_text_length(bytes, pos))?,
        b'-' | b'0'..=b'9' => ShortNumber::of_json(window)?.length,
        b't' | b'f' | b'n' => literal_length(window)?,
        _ => return None,
    };
    Some(pos + length)
}

/// As [`plain_end`], for places where there are only few values: what is inlined are small whole numbers and short texts.
#[inline(always)]
pub(super) fn usual_end(bytes: &[u8], pos: usize) -> Option<usize> {
    let window = whole_window(bytes, pos)?;
    match window[0] {
        b'1'..=b'9' => {
            if let Some((_, length)) = small_number(window) {
                return Some(pos + length);
            }
        }
        b'"' => {
            if let Some(length) = text_length(window) {
                return Some(pos + length);
            }
        }
        _ => {}
    }
    other_end(bytes, pos)
}

#[inline(never)]
fn other_end(bytes: &[u8], pos: usize) -> Option<usize> {
    plain_end(bytes, pos)
}

/// How long a text is, its quotes included, that ends in the window.
#[inline(always)]
fn text_length(window: &Window) -> Option<usize> {
    let halves = [Block::of(window, 0), Block::of(window, 16)];
    let both = |of: fn(Block) -> u32| of(halves[0]) | of(halves[1]) << 16;
    // The quote that opens it aside.
    let quotes = both(|block| block.equal(b'"')) & !1;
    let before = quotes.wrapping_sub(1);
    (quotes != 0 && both(Block::unusual) & before == 0).then_some(quotes.trailing_zeros() as usize + 1)
}

/// As [`text_length`] of the text at `pos`, however long it is.
#[inline(never)]
fn long_text_length(bytes: &[u8], pos: usize) -> Option<usize> {
    let mut place = pos + 1;
    while let Some(window) = whole_window(bytes, place) {
        let block = Block::of(window, 0);
        let quotes = block.equal(b'"');
        if block.unusual() & quotes.wrapping_sub(1) & !quotes != 0 {
            return None;
        }
        if quotes != 0 {
            return Some(place + 1 + quotes.trailing_zeros() as usize - pos);
        }
        place += 16;
    }
    None
}

/// How long TRUE, FALSE or NULL is.
#[inline(always)]
fn literal_length(window: &Window) -> Option<usize> {
    // Each at the place that two bits of its first letter tell, with ones where it counts. So nobody asks which of them it
    // is, which cannot be foretold.
    const LITERALS: [([u8; 8], u64); 4] = [
        (*b"false\0\0\0", 0xFF_FFFF_FFFF),
        (*b"null\0\0\0\0", 0xFFFF_FFFF),
        (*b"true\0\0\0\0", 0xFFFF_FFFF),
        ([0xFF; 8], 0),
    ];
    let kind = usize::from(window[0] >> 3 & 3);
    let (literal, mask) = LITERALS[kind];
    // Only the first of them has five letters.
    (word_in(window, 0) & mask == u64::from_le_bytes(literal)).then_some(4 + usize::from(kind == 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str, behind: &str) -> Option<usize> {
        let bytes = format!("..{text}{behind}{}", " ".repeat(40));
        let end = plain_end(bytes.as_bytes(), 2);
        assert_eq!(usual_end(bytes.as_bytes(), 2), end, "{text}{behind}");
        end.map(|end| end - 2)
    }

    #[test]
    fn plain_values_end_where_they_end() {
        let long = format!("\"{}\"", "long ".repeat(20));
        let texts = [
            "\"\"",
            "\"a\"",
            "\"a longer text of thirty lette\"",
            "\"a longer text of thirtyone let\"",
            "\"fifteen letters\"",
            "\"sixteen letters!\"",
            "\",}\"",
            &long,
        ];
        let numbers =
            ["0", "-0", "7", "12", "-12", "0.5", "-0.5", "12.75", "-1.5", "123456789012345", "-1234567.89012"];
        let literals = ["true", "false", "null"];
        for text in texts.into_iter().chain(numbers).chain(literals) {
            for behind in [",", "}", " ,", ", \"b\": 1", "]"] {
                assert_eq!(length(text, behind), Some(text.len()), "{text}{behind}");
            }
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_others() {
        let texts = [
            "\"\\\"\"",
            "\"\u{e9}\"",
            "\"a\nb\"",
            "\"no end",
            "\"no end that is near at all",
            "\"seventeen letters\n\"",
        ];
        let numbers = ["-", "--1", "01", "-01", "1.", ".5", "1.2.3", "1e5", "1.5e5", "1234567890123456", "-,"];
        let others = ["", "nul", "tru", "{}", "[]", "x"];
        for text in texts.into_iter().chain(numbers).chain(others) {
            for behind in [",", "}", " ,", ", \"b\": 1"] {
                // Where it stops there is nothing that may follow a value.
                let end = length(text, behind);
                let rest = end.map(|end| format!("{text}{behind}")[end..].to_owned());
                let goes_wrong = rest.is_none_or(|rest| !rest.trim_start().starts_with([',', '}']));
                assert!(goes_wrong, "{text}{behind}");
            }
        }
    }
}
