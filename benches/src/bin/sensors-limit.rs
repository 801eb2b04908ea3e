//! The sensors' HOP as fast as a hand can write it for this one statement: `sensors-limit IN OUT`.
//!
//! It is the limit that generated applications are measured against, so it takes every liberty that knowing the
//! statement, the table and the usual spelling of its records allows: keys in one order with one spacing, short numbers
//! and texts, the minute of the record before. Every byte is still checked, and a record that is spelled in any other
//! way goes the long way through serde_json and gives the same result. Records are read in large pieces and never
//! copied, windows are kept as slices of ten seconds, late records are dropped, and watermarks are those of Flink (at
//! least 200 ms apart).

#[path = "sensors-limit/windows.rs"]
mod windows;

use serde::Deserialize;
use std::borrow::Cow;
use std::fs::File;
use std::io::{Error, Read, Result};
use windows::Windows;

/// As much as stays in a core's own cache.
const CHUNK: usize = 256 << 10;
/// A record in the usual spelling is shorter, so [`Scanner::usual`] may look this far ahead.
const SLACK: usize = 256;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, input, output] = arguments.as_slice() else {
        eprintln!("usage: sensors-limit IN OUT");
        std::process::exit(64);
    };
    let mut file = File::open(input)?;
    let mut scanner = Scanner { windows: Windows::new(), minute: [0; 16], minute_start: 0 };
    let mut buffer = vec![0; CHUNK + SLACK];
    let mut filled = 0;
    loop {
        // A record longer than the buffer makes it grow.
        if filled + SLACK == buffer.len() {
            buffer.resize(buffer.len() * 2, 0);
        }
        let end = buffer.len() - SLACK;
        let read = file.read(&mut buffer[filled..end])?;
        if read == 0 {
            break;
        }
        filled += read;
        let Some(last) = memchr::memrchr(b'\n', &buffer[..filled]) else { continue };
        scanner.lines(&buffer, last + 1)?;
        buffer.copy_within(last + 1..filled, 0);
        filled -= last + 1;
    }
    scanner.unusual(&buffer[..filled])?;
    std::fs::write(output, scanner.windows.finish())
}

struct Scanner {
    windows: Windows,
    /// The minute of the last record that went the long way, as it was spelled, and the milliseconds since 1970 at its
    /// start. The first record does, because its status is unknown.
    minute: [u8; 16],
    minute_start: i64,
}

impl Scanner {
    /// Takes the records up to `end`, where one has just ended; at least [`SLACK`] bytes follow in the buffer.
    fn lines(&mut self, buffer: &[u8], end: usize) -> Result<()> {
        assert!(end + SLACK <= buffer.len());
        let mut at = 0;
        while at < end {
            // SAFETY: `at` is before `end`, and `SLACK` bytes follow it.
            at = match unsafe { self.usual(buffer.as_ptr().add(at)) } {
                Some(length) => at + length,
                None => {
                    let length = memchr::memchr(b'\n', &buffer[at..end]).unwrap_or(end - at);
                    self.unusual(&buffer[at..at + length])?;
                    at + length + 1
                }
            };
        }
        Ok(())
    }

    /// A record in the usual spelling: its length with the line end; nothing if the spelling is another one.
    ///
    /// # Safety
    /// [`SLACK`] bytes can be read. Every step below looks at most eight bytes beyond what it advances, and all steps
    /// together advance by less than 140.
    #[inline(always)]
    unsafe fn usual(&mut self, start: *const u8) -> Option<usize> {
        unsafe {
            let mut at = start;
            after(&mut at, b"{\"sensor_id\": ")?;
            // Nobody reads the number, but it has to be one.
            let digits = first_byte(other_than_digits(word(at)));
            if digits == 0 || digits == 8 || *at == b'0' {
                return None;
            }
            at = at.add(digits);
            after(&mut at, b", \"current_temperature\": ")?;
            // At most six digits with a point between them: exact as a whole number over a power of ten.
            let text = word(at);
            let others = other_than_digits(text);
            let point = first_byte(others);
            let length = first_byte(others & others.wrapping_sub(1));
            if point == 0 || length > 7 || length <= point + 1 || *at.add(point) != b'.' || (*at == b'0' && point > 1) {
                return None;
            }
            let whole = text & low_bytes(point);
            let fraction = (text >> 8) & !low_bytes(point);
            let temperature =
                eight_digits((whole | fraction) << (8 * (9 - length))) as f64 / POWERS[length - point - 1];
            at = at.add(length);
            after(&mut at, b", \"status\": \"")?;
            // Up to seven bytes. A text that is new goes the long way and is checked there.
            let text = word(at);
            let length = first_byte(equal_bytes(text, b'"'));
            if length == 8 {
                return None;
            }
            let key = self.windows.known(text & low_bytes(length) | (length as u64) << 56)?;
            at = at.add(length);
            after(&mut at, b"\", \"event_time\": \"")?;
            if at.cast::<[u8; 16]>().read() != self.minute || *at.add(16) != b':' {
                return None;
            }
            // `04.12345`, then the last digit.
            let digits = word(at.add(17)) ^ u64::from_le_bytes(*b"00.00000");
            let last = at.add(25).read().wrapping_sub(b'0');
            if high_bits_above_nine(digits) | u64::from(last > 9) | (digits & 0xFF_0000) != 0 {
                return None;
            }
            at = at.add(26);
            after(&mut at, b"\"}\n")?;
            // Pairs of digits as numbers: the seconds, one digit of the milliseconds, and the other two.
            let pairs = (digits.wrapping_mul(10) + (digits >> 8)) & 0x00FF_00FF_00FF_00FF;
            let seconds = pairs & 0xFF;
            if seconds > 59 {
                return None;
            }
            let millis = seconds * 1_000 + (pairs >> 16 & 0xFF) * 100 + (pairs >> 32 & 0xFF);
            self.windows.add(key, self.minute_start + millis as i64, Some(temperature));
            Some(at.offset_from_unsigned(start))
        }
    }

    /// A record in any spelling.
    #[cold]
    fn unusual(&mut self, line: &[u8]) -> Result<()> {
        #[derive(Deserialize)]
        struct Reading<'a> {
            current_temperature: Option<f64>,
            #[serde(borrow)]
            status: Option<Cow<'a, str>>,
            #[serde(borrow)]
            event_time: Cow<'a, str>,
        }

        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(());
        }
        let reading: Reading = serde_json::from_slice(line).map_err(Error::other)?;
        let time = windows::time(&reading.event_time)?;
        if let Some(minute) = reading.event_time.as_bytes().first_chunk() {
            self.minute = *minute;
            self.minute_start = time - time.rem_euclid(60_000);
        }
        let key = self.windows.key(reading.status);
        self.windows.add(key, time, reading.current_temperature);
        Ok(())
    }
}

const POWERS: [f64; 7] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];

/// Steps over a text that has to be there.
#[inline(always)]
unsafe fn after<const LENGTH: usize>(at: &mut *const u8, text: &[u8; LENGTH]) -> Option<()> {
    unsafe {
        let found = at.cast::<[u8; LENGTH]>().read() == *text;
        *at = at.add(LENGTH);
        found.then_some(())
    }
}

#[inline(always)]
unsafe fn word(at: *const u8) -> u64 {
    u64::from_le_bytes(unsafe { at.cast::<[u8; 8]>().read() })
}

/// The high bit of the first byte that is no digit is the lowest bit set.
#[inline(always)]
fn other_than_digits(text: u64) -> u64 {
    high_bits_above_nine(text ^ 0x3030_3030_3030_3030)
}

#[inline(always)]
fn high_bits_above_nine(bytes: u64) -> u64 {
    (bytes.wrapping_add(0x7676_7676_7676_7676) | bytes) & 0x8080_8080_8080_8080
}

/// The high bit of the first byte that is `byte` is the lowest bit set.
#[inline(always)]
fn equal_bytes(text: u64, byte: u8) -> u64 {
    let zeros = text ^ (0x0101_0101_0101_0101 * u64::from(byte));
    zeros.wrapping_sub(0x0101_0101_0101_0101) & !zeros & 0x8080_8080_8080_8080
}

/// 8 if there is none.
#[inline(always)]
fn first_byte(high_bits: u64) -> usize {
    high_bits.trailing_zeros() as usize / 8
}

/// `count` is less than eight.
#[inline(always)]
fn low_bytes(count: usize) -> u64 {
    !(u64::MAX << (8 * count))
}

/// The number that eight digits spell, the first one lowest; bytes of zero count as the digit 0.
#[inline(always)]
fn eight_digits(text: u64) -> u64 {
    let text = text & 0x0F0F_0F0F_0F0F_0F0F;
    let text = text.wrapping_mul(10) + (text >> 8);
    let even = (text & 0x0000_00FF_0000_00FF).wrapping_mul(100 + (1_000_000 << 32));
    let odd = (text >> 16 & 0x0000_00FF_0000_00FF).wrapping_mul(1 + (10_000 << 32));
    even.wrapping_add(odd) >> 32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(lines: &str) -> String {
        let mut scanner = Scanner { windows: Windows::new(), minute: [0; 16], minute_start: 0 };
        let mut buffer = lines.as_bytes().to_vec();
        buffer.resize(lines.len() + SLACK, b' ');
        scanner.lines(&buffer, lines.len()).expect("the records are good");
        String::from_utf8(scanner.windows.finish()).expect("results are text")
    }

    #[test]
    fn any_spelling_gives_the_same_windows() {
        let record = |id: usize| {
            let temperature = ["0.5", "10.25", "169.123", "7.0"][id % 4];
            let status = ["OK", "", "WARNING", "h\u{f6}t"][id / 4 % 4];
            format!(
                "{{\"sensor_id\": {id}, \"current_temperature\": {temperature}, \"status\": \"{status}\", \
                 \"event_time\": \"2024-02-29T23:59:{:02}.{:06}\"}}\n",
                id % 60,
                id * 991
            )
        };
        let usual: String = (1..600).map(record).collect();
        let unusual = usual.replace("\": ", "\":").replace("}\n", " }\r\n");
        assert_eq!(results(&usual), results(&unusual));
        assert!(results(&usual).lines().count() > 40);
    }

    #[test]
    fn the_usual_spelling_is_taken_the_short_way_and_nothing_else_is() {
        let good = "{\"sensor_id\": 7, \"current_temperature\": 20.5, \"status\": \"OK\", \
                    \"event_time\": \"2024-02-29T23:59:01.123456\"}\n";
        let mut scanner = Scanner { windows: Windows::new(), minute: [0; 16], minute_start: 0 };
        let usual = |scanner: &mut Scanner, text: &str| {
            let mut buffer = text.as_bytes().to_vec();
            buffer.resize(text.len() + SLACK, b' ');
            // SAFETY: The slack is there.
            unsafe { scanner.usual(buffer.as_ptr()) }
        };
        assert_eq!(usual(&mut scanner, good), None, "the status and the minute are new");
        scanner.unusual(good.as_bytes()).expect("the record is good");
        assert_eq!(usual(&mut scanner, good), Some(good.len()));
        for (from, to) in [
            (": 7", ": 07"),
            (": 7", ": -7"),
            (": 7", ": "),
            ("20.5", "20."),
            ("20.5", "020.5"),
            ("20.5", "-20.5"),
            ("20.5", "20.5e1"),
            ("20.5", "20"),
            ("20.5", "2000000.5"),
            ("OK", "FAIL"),
            ("OK", "\\u004fK"),
            ("OK", "O\nK"),
            ("59:01", "58:01"),
            ("59:01", "59:61"),
            ("59:01", "59:0x"),
            (".123456", ".12345"),
            (".123456", ".1234567"),
            (".123456", ".12345x"),
            (".123456", ""),
            ("\"}\n", "\"} "),
            ("status", "Status"),
        ] {
            assert_eq!(usual(&mut scanner, &good.replace(from, to)), None, "{from} as {to}");
        }
    }

    #[test]
    fn times_have_to_exist() {
        assert_eq!(windows::time("1970-01-01T00:00:00").expect("a time"), 0);
        assert_eq!(windows::time("2000-02-29T00:00:00.5").expect("a time"), 951_782_400_500);
        for text in ["2001-02-29T00:00:00", "2000-00-10T00:00:00", "2000-01-01T24:00:00", "2000-01-01", "x"] {
            assert!(windows::time(text).is_err(), "{text}");
        }
    }
}
