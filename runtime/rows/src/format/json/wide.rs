//! The quickest way over many members in a row that nobody reads.
//!
//! Going from value to value waits for the end of each before the next can be looked at. So the places where members
//! begin are searched for in the whole record first, wherever a comma stands before a quote; then members and values
//! are checked one beside the other, against where they must end. What is found is only a guess: a text may hold a
//! comma and end there. Nothing is passed over that has not been compared from its first byte to its last, and where a
//! guess is wrong somebody else goes on from the member before it.

use super::expected::{KeyId, Spelling};
use super::in_order::{Line, Step};
#[cfg(target_arch = "x86_64")]
use super::lanes::Avx2;
use super::lanes::{Any, Lanes, STRETCH};
use super::skip::plain_end;
use crate::format::block::{Block, Window, whole_window, word_in};

/// So many places of a stretch are noted without asking whether there are so many, since nobody can foretell it.
const AT_ONCE: usize = 6;

/// How many places are kept, of which those of one stretch may not be wanted.
const MOST_PLACES: usize = 256;

/// How far behind its comma a key's quote may stand to be looked for. One less than a power of two.
const MOST_DISTANCE: usize = 7;

/// A member that is passed over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passed {
    pub spelling: Spelling,
    pub key: KeyId,
}

/// Where members of an object seem to begin.
#[derive(Debug)]
pub(super) struct Places {
    places: Box<[u32; MOST_PLACES + STRETCH]>,
    /// How many of `places` there are, and the first that has not been passed.
    count: usize,
    next: usize,
    /// How many of the members before a step have been passed over, and where the next one begins.
    pub passed: usize,
    pub pos: usize,
    #[cfg(target_arch = "x86_64")]
    has_avx2: bool,
}

impl Default for Places {
    fn default() -> Self {
        Places {
            places: Box::new([0; MOST_PLACES + STRETCH]),
            count: 0,
            next: 0,
            passed: 0,
            pos: 0,
            #[cfg(target_arch = "x86_64")]
            has_avx2: has_avx2(),
        }
    }
}

/// Whether the processor has what [`way_with_avx2`](Places::way_with_avx2) is compiled for.
#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt")
}

/// What is known of the members of an object.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Manner {
    /// How many stand behind the first.
    pub separators: usize,
    /// How far behind its comma a key's quote stands.
    pub distance: usize,
}

impl Places {
    /// Where the value of a step's key stands, behind the members before it whose values are plain; 0 if something else is
    /// there. So many of the members as [`passed`](Places::passed) says stand before `pos` already.
    #[inline(always)]
    pub fn way(&mut self, bytes: &[u8], pos: usize, line: &Line, step: &Step) -> usize {
        #[cfg(target_arch = "x86_64")]
        if self.has_avx2 {
            // SAFETY: the processor has what it takes.
            return unsafe { self.way_with_avx2(bytes, pos, line, step) };
        }
        self.way_with_any(bytes, pos, line, step)
    }

    #[inline(never)]
    fn way_with_any(&mut self, bytes: &[u8], pos: usize, line: &Line, step: &Step) -> usize {
        self.way_with::<Any>(bytes, pos, line, step)
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    #[inline(never)]
    fn way_with_avx2(&mut self, bytes: &[u8], pos: usize, line: &Line, step: &Step) -> usize {
        self.way_with::<Avx2>(bytes, pos, line, step)
    }

    #[inline(always)]
    fn way_with<L: Lanes>(&mut self, bytes: &[u8], mut pos: usize, line: &Line, step: &Step) -> usize {
        if step.passed.start == 0 && self.passed == 0 {
            // The places are those of another object.
            self.count = 0;
        }
        let members = line.passed(step);
        let mut left = members.get(self.passed..).unwrap_or_default();
        if left.len() > 1 {
            (pos, left) = self.pass::<L>(bytes, pos, left, line.manner);
        }
        // The last member of an object ends at no place.
        if let [last] = left
            && last.spelling.is_short_at(bytes, pos)
            && let Some(end) = plain_end(bytes, pos + last.spelling.length)
        {
            (pos, left) = (end, &[]);
        }
        (self.passed, self.pos) = (members.len() - left.len(), pos);
        if left.is_empty() && step.spelling.is_short_at(bytes, pos) { pos + step.spelling.length } else { 0 }
    }

    /// Goes over members whose values are plain, from `pos` on; answers where it stopped, and which are left.
    #[inline(always)]
    fn pass<'m, L: Lanes>(
        &mut self,
        bytes: &[u8],
        pos: usize,
        members: &'m [Passed],
        manner: Manner,
    ) -> (usize, &'m [Passed]) {
        while self.next < self.count && self.places[self.next] as usize <= pos {
            self.next += 1;
        }
        if self.next >= self.count {
            self.find::<L>(bytes, pos + 1, manner);
        }
        let mut ends = self.places.get(self.next..self.count).unwrap_or_default();
        let (mut start, mut left) = (pos, members);
        while let ([member, behind @ ..], [end, further @ ..]) = (left, ends)
            && let Some(window) = whole_window(bytes, start)
            && member.spelling.is_short_in::<L>(window)
            && is_value::<L>(bytes, start + member.spelling.length, *end as usize)
        {
            (start, left, ends) = (*end as usize, behind, further);
        }
        // Unless the next member's key stands where a value ended, it may have been only the beginning of a value.
        if bytes.get(start) != Some(&b',') {
            return (pos, members);
        }
        self.next = self.count - ends.len();
        (start, left)
    }

    /// Finds the places from `pos` on.
    #[inline(always)]
    fn find<L: Lanes>(&mut self, bytes: &[u8], mut pos: usize, manner: Manner) {
        let most = manner.separators.min(MOST_PLACES);
        let mut count = 0;
        if u32::try_from(bytes.len()).is_ok() {
            while count < most
                && let Some(stretch) = bytes.get(pos..).and_then(<[u8]>::first_chunk::<{ STRETCH + MOST_DISTANCE }>)
                && let Some(commas) = stretch.first_chunk()
                && let Some(quotes) = stretch[manner.distance & MOST_DISTANCE..].first_chunk()
            {
                count += note(L::separators(commas, quotes), pos as u32, &mut self.places[count..]);
                pos += STRETCH;
            }
        }
        (self.count, self.next) = (count, 0);
    }
}

/// Writes down where the ones of a mask are, the first of which stands for `base`; answers how many they are.
#[inline(always)]
fn note(mut mask: u64, base: u32, places: &mut [u32]) -> usize {
    let Some(places) = places.first_chunk_mut::<STRETCH>() else { return 0 };
    let count = mask.count_ones() as usize;
    for place in &mut places[..AT_ONCE] {
        *place = base + mask.trailing_zeros();
        mask &= mask.wrapping_sub(1);
    }
    for place in &mut places[AT_ONCE..] {
        if mask == 0 {
            break;
        }
        *place = base + mask.trailing_zeros();
        mask &= mask - 1;
    }
    count
}

/// Whether there is a value at `pos` that ends at `end` and is a short number, plain text or a literal.
#[inline(always)]
fn is_value<L: Lanes>(bytes: &[u8], pos: usize, end: usize) -> bool {
    let Some(window) = whole_window(bytes, pos) else { return false };
    let length = end.wrapping_sub(pos);
    match window[0] {
        b'"' => {
            // The quote that opens it aside.
            let ends = L::text_ends(window) & !1;
            let last = ends.trailing_zeros() as usize;
            if ends == 0 { is_long_text::<L>(bytes, pos, end) } else { last + 1 == length && window[last & 31] == b'"' }
        }
        b'0'..=b'9' => is_number(window, length),
        b'-' => whole_window(bytes, pos + 1).is_some_and(|window| is_number(window, length.wrapping_sub(1))),
        _ => is_literal(window, length),
    }
}

/// Whether a text ends at `end` whose first 32 bytes are plain.
#[inline(always)]
fn is_long_text<L: Lanes>(bytes: &[u8], pos: usize, end: usize) -> bool {
    let mut at = pos + 32;
    while let Some(window) = whole_window(bytes, at) {
        let ends = L::text_ends(window);
        if ends != 0 {
            let last = ends.trailing_zeros() as usize;
            return at + last + 1 == end && window[last & 31] == b'"';
        }
        at += 32;
    }
    false
}

/// Whether there is a number without a sign of this length, and without an exponent.
#[inline(always)]
fn is_number(window: &Window, length: usize) -> bool {
    // One more bit ends the digits where the block ends.
    let others = Block::of(window, 0).non_digits() | 1 << 16;
    let whole = others.trailing_zeros() as usize;
    let is_right = if whole == length {
        whole > 0
    } else {
        let all = (others & others.wrapping_sub(1)).trailing_zeros() as usize;
        whole > 0 && window[whole & 15] == b'.' && whole + 1 < all && all == length
    };
    // No zero stands before another digit.
    is_right && !(window[0] == b'0' && whole > 1)
}

/// Whether there is TRUE, FALSE or NULL.
#[inline(always)]
fn is_literal(window: &Window, length: usize) -> bool {
    // With their lengths, each at the place that two bits of its first letter tell. So nobody asks which of them it
    // is, which cannot be foretold.
    const LITERALS: [[u8; 8]; 4] = [*b"false\0\0\x05", *b"null\0\0\0\x04", *b"true\0\0\0\x04", [0xFF; 8]];
    let literal = u64::from_le_bytes(LITERALS[usize::from(window[0] >> 3 & 3)]);
    length < 8 && word_in(window, 0) & ((1 << (length * 8)) - 1) | (length as u64) << 56 == literal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::json::skip::plain_end;

    const VALUES: &[&str] = &[
        "0",
        "-0",
        "7",
        "-12.5",
        "1234567890123456",
        "0.00000000000001",
        "true",
        "false",
        "null",
        "\"\"",
        "\",bcde\"",
        "\"thirty bytes stand within here\"",
        "\"thirtyone bytes stand within this\"",
        "\"a long text, as long as two windows of thirty-two bytes, and more\"",
        // What is left to others.
        "",
        "-",
        "00",
        "-01",
        "1.",
        ".5",
        "1.2.3",
        "--1",
        "1-",
        "1e5",
        "12345678901234567",
        "0.000000000000001",
        "12345678901234567890123456789012",
        "true\0",
        "null ",
        "nul",
        "fals",
        "falsee",
        "\"",
        "\"\\\"\"",
        "\"a\"b\"",
        "\"\u{e9}\"",
        "\"a long text of more than thirty-two bytes with a \\ within\"",
        "{}",
        "[]",
        "\"\",1",
    ];

    /// How far each kind of lanes gets over members with these values.
    fn passed(values: &[&str], comma: &str) -> Vec<(usize, usize)> {
        let key = |member: usize| format!("{}\"m{member}\":", if member == 0 { "{" } else { comma });
        let text: String = values.iter().enumerate().map(|(member, value)| key(member) + value).collect();
        let last = format!("{comma}\"last\":");
        let bytes = format!("{text}{last}1}}\n{}", " ".repeat(100)).into_bytes();
        let mut line = Line::default();
        for member in 0..values.len() {
            line.pass(member as KeyId, Spelling::new(key(member).as_bytes()));
        }
        line.step(0, values.len(), 0, Spelling::new(last.as_bytes()));
        line.expect(values.len());
        let step = &line.steps[0];
        let arrives = |places: Places, way: usize| {
            assert!(way == 0 || (way, places.passed) == (text.len() + last.len(), values.len()));
            (places.pos, if way == 0 { places.passed.min(values.len() - 1) } else { values.len() })
        };
        let mut places = Places::default();
        let way = places.way_with_any(&bytes, 0, &line, step);
        let mut ends = vec![arrives(places, way)];
        #[cfg(target_arch = "x86_64")]
        if has_avx2() {
            let mut places = Places::default();
            // SAFETY: there is AVX2.
            let way = unsafe { places.way_with_avx2(&bytes, 0, &line, step) };
            ends.push(arrives(places, way));
        }
        ends
    }

    #[test]
    fn plain_values_are_passed_over() {
        for comma in [",", ", ", ",   "] {
            for value in VALUES {
                for place in 0..12 {
                    let mut values = ["12", "\"a,bcde\"", "null"].repeat(4);
                    values[place] = value;
                    let padded = format!("{value}{comma}{}", " ".repeat(100));
                    let is_plain = plain_end(padded.as_bytes(), 0) == Some(value.len())
                        || ["1234567890123456", "0.00000000000001"].contains(value);
                    let count = if is_plain { 12 } else { place };
                    let end = values[..count].iter().map(|value| value.len() + comma.len() + 5).sum::<usize>();
                    // The opening bracket is shorter than the comma, and two numbers have two digits.
                    let end = end.saturating_sub(comma.len() - 1) + count.saturating_sub(10);
                    for (pos, passed) in passed(&values, comma) {
                        assert_eq!(passed, count, "{value} at {place}");
                        // The last value may be plain up to some place.
                        assert!(pos == end || place == 11 && !is_plain, "{value} at {place}");
                    }
                }
            }
        }
    }

    #[test]
    fn wrong_places_do_no_harm() {
        let mut places = Places::default();
        let record = |number: &str| format!("{{\"m0\":{number},\"m1\":12,\"m2\":3}}{}", " ".repeat(100)).into_bytes();
        let mut line = Line::default();
        line.pass(0, Spelling::new(b"{\"m0\":"));
        line.pass(0, Spelling::new(b",\"m1\":"));
        line.step(0, 2, 0, Spelling::new(b",\"m2\":"));
        line.expect(2);
        let mut step = std::mem::take(&mut line.steps[0]);
        assert_eq!(places.way(&record("123"), 0, &line, &step), 23);
        // The places of the first record are not those of the second, as if other members stood before these.
        (places.next, places.passed) = (0, 0);
        line.pass(0, Spelling::NOWHERE);
        let members = [line.passed[2], line.passed[0], line.passed[1]];
        line.passed.copy_from_slice(&members);
        step.passed = 1..3;
        assert_eq!((places.way(&record("123456"), 0, &line, &step), places.passed, places.pos), (0, 0, 0));
        places.count = 0;
        assert_eq!(places.way(&record("123456"), 0, &line, &step), 26);
    }

    #[test]
    fn many_members_may_begin_in_a_stretch() {
        let values = vec!["1"; 9];
        for passed in passed(&values, ",") {
            assert_eq!(passed, (9 * 7, 9));
        }
        let many = vec!["1"; MOST_PLACES + 100];
        for (_, count) in passed(&many, ",") {
            assert!((MOST_PLACES..MOST_PLACES + STRETCH).contains(&count), "{count}");
        }
    }
}
