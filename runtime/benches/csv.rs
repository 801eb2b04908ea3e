//! How many lines of CSV a second one core decodes: decoders as they are generated, beside what a program
//! written by hand for just these lines would do at best.
//!
//! `cargo bench -p sqlc-runtime --bench csv [-- PART OF A NAME]`. The best of many rounds is printed.

#[path = "support/mod.rs"]
mod support;

use sqlc_runtime::connector::options::Options;
use sqlc_runtime::format::csv;
use sqlc_runtime::row::DecodeRow;
use sqlc_runtime::value::{Arena, Timestamp};
use std::hint::black_box;
use support::{lines, measure, noise, rounds};

/// All four columns of the sensors' table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct SensorData<'a> {
    sensor_id: Option<i32>,
    current_temperature: Option<f64>,
    status: Option<&'a str>,
    event_time: Option<Timestamp>,
}

impl<'a> csv::Record<'a> for SensorData<'a> {
    const WIDTH: usize = 4;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.sensor_id = line.column(0, "sensor_id").integer()?;
        self.current_temperature = line.column(1, "current_temperature").double()?;
        self.status = line.column(2, "status").text()?;
        self.event_time = line.column(3, "event_time").timestamp_sql(3)?;
        Ok(())
    }
}

/// Two of the four columns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Statuses<'a> {
    current_temperature: Option<f64>,
    status: Option<&'a str>,
}

impl<'a> csv::Record<'a> for Statuses<'a> {
    const WIDTH: usize = 4;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.current_temperature = line.column(1, "current_temperature").double()?;
        self.status = line.column(2, "status").text()?;
        Ok(())
    }
}

/// Three columns of fifty.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Wide<'a> {
    early: Option<&'a str>,
    middle: Option<f64>,
    late: Option<i64>,
}

impl<'a> csv::Record<'a> for Wide<'a> {
    const WIDTH: usize = 50;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.early = line.column(1, "early").text()?;
        self.middle = line.column(25, "middle").double()?;
        self.late = line.column(47, "late").bigint()?;
        Ok(())
    }
}

/// Three columns of three: what of [`Wide`] is not skipping.
impl<'a> csv::Record<'a> for Narrow<'a> {
    const WIDTH: usize = 3;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.0.early = line.column(0, "early").text()?;
        self.0.middle = line.column(1, "middle").double()?;
        self.0.late = line.column(2, "late").bigint()?;
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Narrow<'a>(Wide<'a>);

fn sensor_line(index: u32) -> String {
    let (sensor, temperature, status, time) = support::record(index);
    format!("{sensor},{temperature},{status},{time}")
}

/// As Flink writes it, which puts quotes around whatever has a space in it.
fn quoted_line(index: u32) -> String {
    let (sensor, temperature, status, time) = support::record(index);
    format!("{sensor},{temperature},{status},\"{time}\"")
}

fn wide_line(index: u32) -> String {
    let fields = (0..50).map(|place| match place {
        1 => ["north", "south", "east", "west"][noise(index) as usize % 4].to_owned(),
        25 => format!("{}", f64::from(noise(index) % 10_000) / 100.0),
        place => format!("{}", noise(index + place) >> (place % 24)),
    });
    fields.collect::<Vec<_>>().join(",")
}

fn narrow_line(index: u32) -> String {
    let wide = wide_line(index);
    let fields: Vec<&str> = wide.split(',').collect();
    [fields[1], fields[25], fields[47]].join(",")
}

fn bench<'a, T: csv::Record<'a>>(name: &str, lines: &'a [u8], arena: &'a Arena) {
    let mut decoder = csv::Decoder::new(&Options::default()).expect("no options");
    rounds(name, || {
        let mut start = 0;
        while start < lines.len() {
            start = match T::decode_line(&mut decoder, lines, start, arena) {
                Some((row, next)) => {
                    black_box(&row);
                    next
                }
                None => {
                    let end = start + memchr::memchr(b'\n', &lines[start..]).expect("every line has an end");
                    let each = |row: T| {
                        black_box(&row);
                    };
                    T::decode(&mut decoder, &lines[start..end], arena, each).expect("a good line");
                    end + 1
                }
            };
        }
    });
}

/// The limit programs must read what the decoders read.
fn check<'a, T: csv::Record<'a> + PartialEq + std::fmt::Debug>(
    lines: &'a [u8],
    arena: &'a Arena,
    limit: impl Fn(&'a [u8]) -> Option<T>,
) {
    let mut decoder = csv::Decoder::new(&Options::default()).expect("no options");
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let mut found = None;
        T::decode(&mut decoder, line, arena, |row| found = Some(row)).expect("a good line");
        assert_eq!(limit(line), found);
    }
}

fn main() {
    let arena = Arena::new();
    let sensors = lines(sensor_line);
    let quoted = lines(quoted_line);
    let wide = lines(wide_line);
    let narrow = lines(narrow_line);
    check(&sensors, &arena, limit::four);
    check(&sensors, &arena, limit::two);
    check(&wide, &arena, limit::three_of_fifty);

    measure("lines and UTF-8 check", &sensors, |line| {
        black_box(simdutf8::basic::from_utf8(line).is_ok());
    });
    measure("limit, 4 of 4 columns", &sensors, |line| {
        black_box(&limit::four(line).expect("a good line"));
    });
    bench::<SensorData<'_>>("csv, 4 of 4 columns", &sensors, &arena);
    measure("limit, 2 of 4 columns", &sensors, |line| {
        black_box(&limit::two(line).expect("a good line"));
    });
    bench::<Statuses<'_>>("csv, 2 of 4 columns", &sensors, &arena);
    bench::<SensorData<'_>>("csv, 4 of 4 columns, timestamp in quotes", &quoted, &arena);
    measure("lines and UTF-8 check of 50 columns", &wide, |line| {
        black_box(simdutf8::basic::from_utf8(line).is_ok());
    });
    measure("limit, 3 of 50 columns", &wide, |line| {
        black_box(&limit::three_of_fifty(line).expect("a good line"));
    });
    bench::<Wide<'_>>("csv, 3 of 50 columns", &wide, &arena);
    bench::<Narrow<'_>>("csv, 3 of 3 columns", &narrow, &arena);
}

/// Programs for exactly these lines: no options, nothing that could be looked up, and `None` for all that is not
/// as expected.
mod limit {
    use super::{SensorData, Statuses, Wide};
    use sqlc_runtime::value::Timestamp;

    const POWERS: [f64; 19] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

    pub fn four(line: &[u8]) -> Option<SensorData<'_>> {
        let line = text(line)?;
        let bytes = line.as_bytes();
        let mut pos = 0;
        let sensor_id = digits(bytes, &mut pos, 0)?;
        comma(bytes, &mut pos)?;
        let current_temperature = double(bytes, &mut pos)?;
        comma(bytes, &mut pos)?;
        let start = pos;
        pos = find_comma(bytes, pos)?;
        let status = line.get(start..pos)?;
        let (event_time, end) = timestamp(bytes, pos + 1)?;
        (end == bytes.len()).then_some(SensorData {
            sensor_id: Some(i32::try_from(sensor_id).ok()?),
            current_temperature: Some(current_temperature),
            status: Some(status),
            event_time: Some(event_time),
        })
    }

    pub fn two(line: &[u8]) -> Option<Statuses<'_>> {
        let line = text(line)?;
        let bytes = line.as_bytes();
        let mut pos = find_comma(bytes, 0)? + 1;
        let current_temperature = double(bytes, &mut pos)?;
        comma(bytes, &mut pos)?;
        let start = pos;
        pos = find_comma(bytes, pos)?;
        // There is one field more.
        let is_last = !bytes[pos + 1..].iter().any(|byte| matches!(byte, b',' | b'"'));
        is_last.then_some(Statuses { current_temperature: Some(current_temperature), status: line.get(start..pos) })
    }

    pub fn three_of_fifty(line: &[u8]) -> Option<Wide<'_>> {
        let line = text(line)?;
        let bytes = line.as_bytes();
        let mut skipped = 0;
        let mut quotes = 0;
        let mut commas = [0; 4];
        // Which commas stand around the early field, and before the others.
        let wanted = [1, 2, 25, 47];
        let mut next = 0;
        for (start, piece) in (0..).step_by(64).zip(bytes.chunks(64)) {
            let (mask, quoted) = masks(piece);
            quotes |= quoted;
            let number = mask.count_ones() as usize;
            while next < 4 && skipped + number >= wanted[next] {
                let mut left = mask;
                (skipped + 1..wanted[next]).for_each(|_| left &= left - 1);
                commas[next] = start + left.trailing_zeros() as usize;
                next += 1;
            }
            skipped += number;
        }
        let [first, second, mut middle_at, mut late_at] = commas;
        if quotes != 0 || skipped != 49 {
            return None;
        }
        middle_at += 1;
        late_at += 1;
        let middle = double(bytes, &mut middle_at)?;
        let late = digits(bytes, &mut late_at, 0)? as i64;
        Some(Wide { early: line.get(first + 1..second), middle: Some(middle), late: Some(late) })
    }

    /// Where commas and quotes stand in up to 64 bytes.
    #[inline(always)]
    fn masks(piece: &[u8]) -> (u64, u64) {
        let mut padded = [0; 64];
        let block = match piece.first_chunk::<64>() {
            Some(block) => block,
            None => {
                padded[..piece.len()].copy_from_slice(piece);
                &padded
            }
        };
        let mut found = (0, 0);
        for (at, part) in (0..).step_by(16).zip(block.as_chunks::<16>().0) {
            found.0 |= equal(part, b',') << at;
            found.1 |= equal(part, b'"') << at;
        }
        found
    }

    /// Where `byte` stands among sixteen.
    #[inline(always)]
    fn equal(block: &[u8; 16], byte: u8) -> u64 {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: SSE2 is part of x86-64.
        unsafe {
            use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};
            let block = _mm_loadu_si128(block.as_ptr().cast());
            u64::from(_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8(byte.cast_signed()))).cast_unsigned())
        }
        #[cfg(not(target_arch = "x86_64"))]
        block.iter().rev().fold(0, |mask, found| mask << 1 | u64::from(*found == byte))
    }

    fn text(line: &[u8]) -> Option<&str> {
        match line.is_ascii() {
            // SAFETY: ASCII is UTF-8.
            true => Some(unsafe { std::str::from_utf8_unchecked(line) }),
            false => simdutf8::basic::from_utf8(line).ok(),
        }
    }

    #[inline(always)]
    fn comma(bytes: &[u8], pos: &mut usize) -> Option<()> {
        let is_comma = bytes.get(*pos) == Some(&b',');
        *pos += 1;
        is_comma.then_some(())
    }

    #[inline(always)]
    fn find_comma(bytes: &[u8], pos: usize) -> Option<usize> {
        if let Some(word) = bytes.get(pos..pos + 8) {
            let word = u64::from_le_bytes(word.try_into().ok()?) ^ (0x0101_0101_0101_0101 * u64::from(b','));
            let found = word.wrapping_sub(0x0101_0101_0101_0101) & !word & 0x8080_8080_8080_8080;
            if found != 0 {
                return Some(pos + found.trailing_zeros() as usize / 8);
            }
        }
        memchr::memchr(b',', bytes.get(pos..)?).map(|at| pos + at)
    }

    #[inline(always)]
    fn digits(bytes: &[u8], pos: &mut usize, mut value: u64) -> Option<u64> {
        let start = *pos;
        while let Some(digit) = bytes.get(*pos).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit < 10) {
            value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            *pos += 1;
        }
        (*pos > start && *pos - start < 19).then_some(value)
    }

    #[inline(always)]
    fn double(bytes: &[u8], pos: &mut usize) -> Option<f64> {
        let mantissa = digits(bytes, pos, 0)?;
        if bytes.get(*pos) != Some(&b'.') {
            return Some(mantissa as f64);
        }
        let start = *pos + 1;
        *pos = start;
        let mantissa = digits(bytes, pos, mantissa)?;
        (mantissa < 1 << 53).then(|| mantissa as f64 / POWERS[*pos - start])
    }

    /// `2021-05-21 10:00:00.123456`, in milliseconds.
    #[inline(always)]
    fn timestamp(bytes: &[u8], start: usize) -> Option<(Timestamp, usize)> {
        let text: &[u8; 26] = bytes.get(start..start + 26)?.try_into().ok()?;
        let date = pairs(&text[..8], b"0000-00-")?;
        let minutes = pairs(&text[8..16], b"00 00:00")?;
        let seconds = pairs(&text[16..24], b":00.0000")?;
        let last = pairs(&text[18..26], b"0.000000")?;
        let _ = last;
        let (year, month, day) =
            (i64::from(date[0]) * 100 + i64::from(date[2]), usize::from(date[5]), i64::from(minutes[0]));
        let (hour, minute, second) = (i64::from(minutes[3]), i64::from(minutes[6]), i64::from(seconds[1]));
        const DAYS_BEFORE: [i64; 13] = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
        let is_right = (1970..2100).contains(&year)
            & (1..=12).contains(&month)
            & (1..=28).contains(&day)
            & (hour < 24)
            & (minute < 60)
            & (second < 60);
        if !is_right {
            return None;
        }
        let leap_days = (year - 1969) / 4 + i64::from(year % 4 == 0 && month > 2);
        let days = (year - 1970) * 365 + leap_days + DAYS_BEFORE[month] + day - 1;
        let millis = i64::from(seconds[4]) * 10 + i64::from(seconds[6] / 10);
        Some((Timestamp((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + millis * 1_000), start + 26))
    }

    #[inline(always)]
    fn pairs(text: &[u8], form: &[u8; 8]) -> Option<[u8; 8]> {
        let word = u64::from_le_bytes(text.try_into().ok()?) ^ u64::from_le_bytes(*form);
        let limits = form.map(|character| if character == b'0' { 0x76 } else { 0x7F });
        if (word.wrapping_add(u64::from_le_bytes(limits)) | word) & 0x8080_8080_8080_8080 != 0 {
            return None;
        }
        Some((word * 10 + (word >> 8)).to_le_bytes())
    }
}
