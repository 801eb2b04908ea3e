//! Counts and sums by status and slice of ten seconds, and the windows made of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{Error, Result, Write};

const SLIDE: i64 = 10_000;
const SIZE: i64 = 60_000;
const DELAY: i64 = 5_000;
/// How far event time moves before the next watermark, as in Flink.
const INTERVAL: i64 = 200;
/// Short texts are found through as many places.
const PLACES: usize = 256;

/// Times are milliseconds since 1970.
pub struct Windows {
    /// Short texts with their length in the highest byte, and the key's number.
    places: Box<[(u64, u32); PLACES]>,
    keys: Vec<Option<String>>,
    /// Totals by the key's number, of all slices but the current one, by their start.
    slices: BTreeMap<i64, Vec<Total>>,
    /// The slice of the row before, and where it begins; `i64::MAX` if there is none.
    current: Vec<Total>,
    start: i64,
    /// Beyond which time a watermark is due.
    due: i64,
    watermark: i64,
    /// The end of the last window that was written.
    last_end: i64,
    out: Vec<u8>,
}

#[derive(Clone, Copy, Default)]
struct Total {
    rows: i64,
    values: i64,
    sum: f64,
}

impl Windows {
    pub fn new() -> Self {
        Windows {
            places: Box::new([(u64::MAX, 0); PLACES]),
            keys: Vec::new(),
            slices: BTreeMap::new(),
            current: Vec::new(),
            start: i64::MAX,
            due: i64::MIN,
            watermark: i64::MIN,
            last_end: i64::MIN,
            out: Vec::new(),
        }
    }

    /// The number of a short text that [`key`](Windows::key) has seen: its bytes, and its length in the highest one.
    #[inline(always)]
    pub fn known(&self, word: u64) -> Option<usize> {
        let (known, number) = self.places[place(word)];
        (known == word).then_some(number as usize)
    }

    /// The number of any text.
    pub fn key(&mut self, text: Option<Cow<'_, str>>) -> usize {
        let number = self.keys.iter().position(|known| known.as_deref() == text.as_deref()).unwrap_or_else(|| {
            self.keys.push(text.as_deref().map(str::to_owned));
            self.current.push(Total::default());
            self.keys.len() - 1
        });
        // A text that needs escapes is never found by its bytes alone.
        let plain = |text: &Cow<'_, str>| {
            text.len() < 8 && text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\')
        };
        if let Some(text) = text.filter(plain) {
            let mut bytes = [0; 8];
            bytes[..text.len()].copy_from_slice(text.as_bytes());
            bytes[7] = text.len() as u8;
            let word = u64::from_le_bytes(bytes);
            self.places[place(word)] = (word, number as u32);
        }
        number
    }

    #[inline(always)]
    pub fn add(&mut self, key: usize, time: i64, temperature: Option<f64>) {
        if (time.wrapping_sub(self.start) as u64) < SLIDE as u64 || self.enter(time) {
            let total = &mut self.current[key];
            total.rows += 1;
            if let Some(temperature) = temperature {
                total.values += 1;
                total.sum += temperature;
            }
        }
        if time > self.due {
            self.due = time + INTERVAL;
            self.watermark = time - DELAY;
            self.close();
        }
    }

    /// Makes the slice of a time the current one; `false` if all its windows are over.
    #[cold]
    #[inline(never)]
    fn enter(&mut self, time: i64) -> bool {
        let start = time - time.rem_euclid(SLIDE);
        if start + SIZE - 1 <= self.watermark {
            return false;
        }
        self.leave();
        self.current = self.slices.remove(&start).unwrap_or_default();
        self.current.resize(self.keys.len(), Total::default());
        self.start = start;
        true
    }

    fn leave(&mut self) {
        if self.start != i64::MAX {
            self.slices.insert(self.start, std::mem::take(&mut self.current));
            self.start = i64::MAX;
        }
    }

    /// Writes the windows that are over.
    #[inline(never)]
    fn close(&mut self) {
        let next = |oldest: i64, last: i64| (oldest + SLIDE).max(last.saturating_add(SLIDE));
        let oldest = self.slices.first_key_value().map_or(self.start, |(start, _)| *start).min(self.start);
        if oldest == i64::MAX || next(oldest, self.last_end) - 1 > self.watermark {
            return;
        }
        self.leave();
        while let Some((&oldest, _)) = self.slices.first_key_value() {
            let end = next(oldest, self.last_end);
            if end > oldest + SIZE {
                self.slices.pop_first();
                continue;
            }
            if end - 1 > self.watermark {
                break;
            }
            self.write(end);
            self.last_end = end;
        }
    }

    fn write(&mut self, end: i64) {
        let mut totals = vec![Total::default(); self.keys.len()];
        for slice in self.slices.range(end - SIZE..end) {
            for (total, part) in totals.iter_mut().zip(slice.1) {
                total.rows += part.rows;
                total.values += part.values;
                total.sum += part.sum;
            }
        }
        for (key, total) in self.keys.iter().zip(totals).filter(|(_, total)| total.rows > 0) {
            let status = serde_json::json!(key);
            let average = serde_json::json!((total.values > 0).then(|| total.sum / total.values as f64));
            let time = Timestamp(end - 1);
            writeln!(
                self.out,
                "{{\"status\":{status},\"num\":{},\"avg_current_temperature\":{average},\"hop_time\":\"{time}\"}}",
                total.rows
            )
            .expect("memory takes everything");
        }
    }

    /// All windows as JSON, one a line.
    pub fn finish(mut self) -> Vec<u8> {
        self.watermark = i64::MAX;
        self.close();
        self.out
    }
}

fn place(word: u64) -> usize {
    (word.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as usize
}

/// From `2021-05-21T10:00:04.123456` with up to nine digits of fraction, of which three count.
pub fn time(text: &str) -> Result<i64> {
    parse(text).ok_or_else(|| Error::other(format!("{text} is no TIMESTAMP(3)")))
}

fn parse(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let number = |text: &str, lengths: std::ops::RangeInclusive<usize>, most: i64| {
        let plain = lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<i64>().ok()).flatten().filter(|number| *number <= most)
    };
    let mut date = date.splitn(3, '-');
    let year = number(date.next()?, 4..=4, 9999)?;
    let month = number(date.next()?, 2..=2, 12)?;
    let day = number(date.next()?, 2..=2, 31)?;
    let mut time = time.splitn(3, ':');
    let hour = number(time.next()?, 2..=2, 23)?;
    let minute = number(time.next()?, 2..=2, 59)?;
    let second = number(time.next()?, 2..=2, 59)?;
    number(fraction, 1..=9, i64::MAX)?;
    let millis = format!("{fraction:0<3}")[..3].parse::<i64>().ok()?;
    let days = days(year, month, day);
    // A day that its month does not have comes back as another one.
    (month > 0 && day > 0 && civil(days) == (year, month, day))
        .then_some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + millis)
}

struct Timestamp(i64);

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (year, month, day) = civil(self.0.div_euclid(86_400_000));
        let time = self.0.rem_euclid(86_400_000);
        let (hour, minute) = (time / 3_600_000, time / 60_000 % 60);
        let (second, millis) = (time / 1_000 % 60, time % 1_000);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}")
    }
}

/// Days since 1970. Years begin in March, so that the odd day comes last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let month = (month + 9) % 12;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day
        - 719_469
}

fn civil(day: i64) -> (i64, i64, i64) {
    let since = day + 719_468;
    let mut year = (since * 400 + 399).div_euclid(146_097);
    if days(year, 3, 1) > day {
        year -= 1;
    }
    let rest = day - days(year, 3, 1);
    let month = (5 * rest + 2) / 153;
    let day = rest - (153 * month + 2) / 5 + 1;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}
