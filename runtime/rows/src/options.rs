//! The options of a table, as what reads them sees them: values by name, and Flink's spelling of durations and sizes. Which
//! options there are is not known here.

use crate::error::{Error, ErrorKind, Result};
use crate::order::Map;
use std::time::Duration;

/// The options of one table, in the user's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options(Map<String, String>);

impl Options {
    pub fn new<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Options(options.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.0.insert(name.to_owned(), value.to_owned());
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of an option that must be there.
    pub fn required(&self, name: &str) -> Result<&str> {
        self.text(name).ok_or_else(|| Error::new(ErrorKind::Usage, format!("option '{name}' is missing")))
    }

    pub fn boolean(&self, name: &str) -> Result<Option<bool>> {
        self.parsed(name, "true or false", |text| text.to_ascii_lowercase().parse().ok())
    }

    pub fn integer(&self, name: &str) -> Result<Option<i64>> {
        self.parsed(name, "a whole number", |text| text.parse().ok())
    }

    pub fn double(&self, name: &str) -> Result<Option<f64>> {
        self.parsed(name, "a number", |text| text.parse().ok())
    }

    pub fn duration(&self, name: &str) -> Result<Option<Duration>> {
        self.parsed(name, "a duration such as '10 s' or '250 ms'", parse_duration)
    }

    pub fn size(&self, name: &str) -> Result<Option<u64>> {
        self.parsed(name, "a size such as '5 mb'", parse_size)
    }

    fn parsed<T>(&self, name: &str, expected: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        parse(text.trim())
            .map(Some)
            .ok_or_else(|| Error::new(ErrorKind::Usage, format!("option '{name}' is '{text}', expected {expected}")))
    }
}

/// Flink's duration syntax: a number and a unit (ns, us, ms, s, min, h, d and their long forms; ms if none).
pub fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    let nanos: u64 = match unit.as_str() {
        "ns" | "nano" | "nanos" | "nanosecond" | "nanoseconds" => 1,
        "us" | "µs" | "micro" | "micros" | "microsecond" | "microseconds" => 1_000,
        "" | "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 1_000_000,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000_000_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000_000_000,
        "h" | "hour" | "hours" => 3_600_000_000_000,
        "d" | "day" | "days" => 86_400_000_000_000,
        _ => return None,
    };
    number.checked_mul(nanos).map(Duration::from_nanos)
}

/// Flink's memory size syntax: a number and a unit of 1024 (b, kb, mb, gb, tb and their long forms; bytes if none).
pub fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let shift = match unit.as_str() {
        "" | "b" | "bytes" => 0,
        "k" | "kb" | "kibibytes" => 10,
        "m" | "mb" | "mebibytes" => 20,
        "g" | "gb" | "gibibytes" => 30,
        "t" | "tb" | "tebibytes" => 40,
        _ => return None,
    };
    number.checked_mul(1 << shift)
}

fn number_and_unit(text: &str) -> Option<(u64, String)> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    Some((number.parse().ok()?, unit.trim().to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_follow_flink() {
        assert_eq!(parse_duration("10 s"), Some(Duration::from_secs(10)));
        assert_eq!(parse_duration("250"), Some(Duration::from_millis(250)));
        assert_eq!(parse_duration("1min"), Some(Duration::from_secs(60)));
        assert_eq!(parse_duration("ten s"), None);
        assert_eq!(parse_size("5 mb"), Some(5 << 20));
        assert_eq!(parse_size("5242880"), Some(5 << 20));
        assert_eq!(parse_size("5 parsecs"), None);
    }
}
