//! Numbers of the usual form and length, which are read without a loop.

use super::block::{Block, Window, count_digits, number, word_in};

/// A number without exponent at the beginning of a window that lies in one block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ShortNumber {
    negative: bool,
    /// How many digits stand before the point.
    whole: usize,
    /// How many stand behind it; none if there is no point.
    fraction: usize,
    /// How many bytes it has.
    pub length: usize,
}

impl ShortNumber {
    /// `None` if there is no such number, or if it goes on with an exponent.
    #[inline(always)]
    pub fn of(window: &Window) -> Option<Self> {
        // The sign is not waited for to find the digits: how soon it is known where the number ends decides how
        // soon what stands behind it can be looked at.
        let negative = window[0] == b'-';
        let start = usize::from(negative);
        // One more bit ends the digits where the block ends.
        let others = Block::of(window, 0).non_digits() & !u32::from(negative) | 1 << 16;
        let point = others.trailing_zeros() as usize;
        let whole = point - start;
        if whole == 0 || point > 15 || (window[start] == b'0') & (whole > 1) {
            return None;
        }
        let mut length = point;
        if window[point] == b'.' {
            length = ((others & (others - 1)) | 1 << 16).trailing_zeros() as usize;
            if length > 15 || length == point + 1 {
                return None;
            }
        }
        if window[length] | 0x20 == b'e' {
            return None;
        }
        Some(ShortNumber { negative, whole, fraction: (length - point).saturating_sub(1), length })
    }

    /// As [`of`](ShortNumber::of), if there is a byte behind the number that may follow a value of JSON.
    ///
    /// How soon it is known where the number ends decides how soon what stands behind it can be looked at. So the end
    /// does not depend on the digits, which are only checked to go up to it.
    #[inline(always)]
    pub fn of_json(window: &Window) -> Option<Self> {
        let negative = window[0] == b'-';
        let start = usize::from(negative);
        let block = Block::of(window, 0);
        let ends = block.json_ends();
        let others = block.non_digits() & ends.wrapping_sub(1) & !ends & !u32::from(negative);
        let (first, second) = (window[start], window[start + 1]);
        // No zero stands before another digit.
        let is_plain = ends != 0 && first.is_ascii_digit() && !(first == b'0' && second.is_ascii_digit());
        if !is_plain {
            return None;
        }
        let length = ends.trailing_zeros() as usize;
        if others == 0 {
            return Some(ShortNumber { negative, whole: length - start, fraction: 0, length });
        }
        let point = others.trailing_zeros() as usize;
        if others & (others - 1) != 0 || window[point] != b'.' || point + 1 >= length {
            return None;
        }
        Some(ShortNumber { negative, whole: point - start, fraction: length - point - 1, length })
    }

    /// All its digits as one number, which are at most fifteen.
    #[inline(always)]
    fn digits(self, window: &Window) -> u64 {
        let start = usize::from(self.negative);
        if self.fraction == 0 {
            return digits(window, start, self.whole);
        }
        if self.whole + self.fraction < 8 {
            // Without the point they fit into one word.
            let (word, before) = (word_in(window, start), (1 << ((self.whole * 8) & 63)) - 1);
            return number(word & before | word >> 8 & !before, self.whole + self.fraction);
        }
        let whole = digits(window, start, self.whole);
        whole * POWERS[self.fraction & 15] + digits(window, start + self.whole + 1, self.fraction)
    }

    /// Its value. Fifteen digits and their power of ten are exact doubles, so that one division rounds correctly.
    #[inline(always)]
    pub fn double(self, window: &Window) -> f64 {
        let value = self.digits(window).cast_signed() as f64;
        let value = if self.fraction == 0 { value } else { value / DOUBLE_POWERS[self.fraction & 15] };
        if self.negative { -value } else { value }
    }

    /// Its value if it has no fraction.
    #[inline(always)]
    pub fn integer(self, window: &Window) -> Option<i64> {
        let integer = self.digits(window).cast_signed();
        (self.fraction == 0).then_some(if self.negative { -integer } else { integer })
    }
}

/// The whole number of up to seven digits that a window begins with, if a comma follows, and how many digits they are:
/// what most numbers are that are no measurements, in few instructions.
#[inline(always)]
pub(super) fn small_number(window: &Window) -> Option<(u64, usize)> {
    let word = word_in(window, 0);
    let length = count_digits(word);
    let is_small = matches!(window[0], b'1'..=b'9') && length < 8 && window[length] == b',';
    is_small.then(|| (number(word, length), length))
}

/// Powers of ten.
const POWERS: [u64; 19] = {
    let mut powers = [1; 19];
    let mut exponent = 1;
    while exponent < 19 {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// The same as doubles, which are exact up to fifteen digits.
const DOUBLE_POWERS: [f64; 16] = {
    let mut powers = [1.0; 16];
    let mut exponent = 1;
    while exponent < 16 {
        powers[exponent] = POWERS[exponent] as f64;
        exponent += 1;
    }
    powers
};

/// The number that `length` digits write, one to fifteen.
#[inline(always)]
fn digits(window: &Window, start: usize, length: usize) -> u64 {
    let first = word_in(window, start);
    if length <= 8 {
        return number(first, length);
    }
    number(first, 8) * POWERS[(length - 8) & 15] + number(word_in(window, start + 8), length - 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_up_to_fifteen_digits_are_exact() {
        for text in ["0", "-0", "7", "-12.5", "123456789012345", "-1234567.890123", "0.0000000000001", "100"] {
            let mut window = [b','; 32];
            window[..text.len()].copy_from_slice(text.as_bytes());
            let number = ShortNumber::of(&window).expect("a short number");
            for end in [b',', b'}', b']', b' ', b'\t', b'\r', b'\n'] {
                window[text.len()] = end;
                assert_eq!(ShortNumber::of_json(&window), Some(number), "{text}");
            }
            assert_eq!(number.length, text.len());
            assert_eq!(number.double(&window).to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
            assert_eq!(number.integer(&window), text.parse().ok(), "{text}");
        }
        for text in [
            "",
            "-",
            "--1",
            "01",
            "-01",
            "-1234567.8901234",
            "1.",
            ".5",
            "1e5",
            "1234567890123456",
            "1234567890.12345678",
        ] {
            let mut window = [b','; 32];
            window[..text.len()].copy_from_slice(text.as_bytes());
            assert_eq!((ShortNumber::of(&window), ShortNumber::of_json(&window)), (None, None), "{text}");
        }
    }
}
