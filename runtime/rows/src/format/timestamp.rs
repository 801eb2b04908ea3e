//! Timestamps of the usual form, whose day is mostly that of the one before.

use super::block::{Window, count_digits, has_digits, number, word_in};
use super::datetime::{self, Standard};
use crate::value::Timestamp;
use std::cell::Cell;

/// The day of the timestamp read last.
#[derive(Debug, Default)]
pub(super) struct Day {
    /// `2021-05-21` and the separator behind it, as two words that overlap.
    words: Cell<(u64, u64)>,
    /// Its midnight, in microseconds since the epoch.
    midnight: Cell<i64>,
}

/// Reads `2021-05-21T10:21:33.123456`, with up to six digits behind the point or without one, from `start` on,
/// which is 0 or 1, and gives where it ends. `None` if it is not of this form: then [`datetime::timestamp`] says
/// what it is.
#[inline(always)]
pub(super) fn short_timestamp(
    day: &Day,
    window: &Window,
    start: usize,
    standard: Standard,
    precision: u8,
) -> Option<(Timestamp, usize)> {
    let (separator, utc) = match standard {
        Standard::Sql => (b' ', false),
        Standard::SqlUtc => (b' ', true),
        Standard::Iso => (b'T', false),
        Standard::IsoUtc => (b'T', true),
        Standard::IsoOffset => return None,
    };
    let words = (word_in(window, start), word_in(window, start + 3));
    if words != day.words.get() {
        other_day(day, window, start)?;
    }
    // `10:21:33`: every digit by itself, then every pair.
    let clock = word_in(window, start + 11) ^ u64::from_le_bytes(*b"00:00:00");
    let limits = u64::from_le_bytes([0x7D, 0x76, 0x7F, 0x7A, 0x76, 0x7F, 0x7A, 0x76]);
    let pairs = clock.wrapping_mul(10).wrapping_add(clock >> 8);
    let (hour, minute, second) = (pairs as u8, (pairs >> 24) as u8, (pairs >> 48) as u8);
    let wrong = (clock.wrapping_add(limits) | clock) & 0x8080_8080_8080_8080;
    if wrong != 0 || hour > 23 || window[start + 10] != separator {
        return None;
    }
    let mut end = start + 19;
    let mut micros = 0;
    if window[end] == b'.' {
        let fraction = word_in(window, end + 1);
        // Of the usual lengths the processor knows the end before it has counted, and the compiler the weights.
        let shown = |length: usize| micros_of(fraction, length.min(usize::from(precision)));
        if has_digits(fraction, 6) {
            (micros, end) = (shown(6), end + 7);
        } else if has_digits(fraction, 3) {
            (micros, end) = (shown(3), end + 4);
        } else {
            let length = count_digits(fraction);
            if length == 0 || length > 6 {
                return None;
            }
            (micros, end) = (shown(length), end + 1 + length);
        }
    }
    if utc {
        if window[end] != b'Z' {
            return None;
        }
        end += 1;
    }
    let seconds = (u64::from(hour) * 60 + u64::from(minute)) * 60 + u64::from(second);
    Some((Timestamp(day.midnight.get() + (seconds * 1_000_000 + micros) as i64), end))
}

/// The microseconds that up to six digits behind the point stand for.
#[inline(always)]
fn micros_of(fraction: u64, length: usize) -> u64 {
    const WEIGHTS: [u64; 7] = [1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];
    if length == 0 { 0 } else { number(fraction, length) * WEIGHTS[length] }
}

/// Makes the day of `2021-05-21T` the one that is remembered.
#[inline(never)]
fn other_day(day: &Day, window: &Window, start: usize) -> Option<()> {
    let date = datetime::date(std::str::from_utf8(&window[start..start + 10]).ok()?)?;
    day.midnight.set(i64::from(date.0) * 86_400_000_000);
    day.words.set((word_in(window, start), word_in(window, start + 3)));
    Some(())
}
