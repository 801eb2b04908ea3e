//! Values made up: random ones, or the members of a sequence.

use super::data_type::{DataType, UNBOUNDED};
use crate::connector::options::Options;
use crate::error::{Error, ErrorKind, Result};
use crate::function::zone::Zone;
use crate::value::Timestamp;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::DateTime;
use std::fmt::{Display, Write};
use std::hash::{BuildHasher, RandomState};

/// The length of STRING and BYTES values, and the size of collections, where nothing else is said.
const DEFAULT_LENGTH: u32 = 100;
const DEFAULT_SIZE: u32 = 3;

/// SplitMix64: more than good enough for made-up rows.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// A seed that no other run has.
    pub(super) fn new_seed() -> u64 {
        RandomState::new().hash_one(0)
    }

    /// The numbers of one row of a table with this seed, whoever makes it.
    pub(super) fn of_row(seed: u64, row: u64) -> Self {
        let mut random = Random(seed ^ row.wrapping_mul(0xA076_1D64_78BD_642F));
        Random(random.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From `min` to `max`, both included.
    fn integer(&mut self, min: i64, max: i64) -> i64 {
        let span = max.wrapping_sub(min) as u64;
        match span.checked_add(1) {
            Some(count) => min.wrapping_add(((u128::from(self.next()) * u128::from(count)) >> 64) as i64),
            None => self.next() as i64,
        }
    }

    /// From 0 to 1, without 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn double(&mut self, min: f64, max: f64) -> f64 {
        let share = self.share();
        // Not `min + share * (max - min)`, whose difference can be infinite.
        min * (1.0 - share) + max * share
    }
}

/// When a row is made, as instant and for those who live in a zone.
#[derive(Clone, Copy)]
pub(super) struct Moment<'z> {
    pub instant: Timestamp,
    pub zone: &'z Zone,
}

impl Moment<'_> {
    /// What a clock on the wall showed that many microseconds ago.
    fn local(self, past: i64) -> DateTime {
        civil(self.zone.to_local(Timestamp(self.instant.0.saturating_sub(past))))
    }

    fn utc(self, past: i64) -> DateTime {
        civil(Timestamp(self.instant.0.saturating_sub(past)))
    }
}

/// Makes one row after the other.
pub(super) struct Row(Vec<(String, Generator)>);

impl Row {
    pub(super) fn new(columns: Vec<(&str, Generator)>) -> Self {
        let key = |name: &str| format!("{}:", serde_json::Value::from(name));
        Row(columns.into_iter().map(|(name, generator)| (key(name), generator)).collect())
    }

    /// How many rows there can be: as many as the shortest sequence has members.
    pub(super) fn length(&self) -> Option<u64> {
        self.0.iter().filter_map(|(_, generator)| generator.length()).min()
    }

    pub(super) fn write(&self, number: u64, now: Moment<'_>, random: &mut Random, out: &mut Vec<u8>) {
        out.push(b'{');
        for (index, (key, generator)) in self.0.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key.as_bytes());
            generator.write(number, now, random, out);
        }
        out.push(b'}');
    }
}

/// Makes the values of one column.
pub(super) struct Generator {
    null_rate: f64,
    kind: Kind,
}

enum Kind {
    Sequence { start: i64, end: i64, quoted: bool },
    Boolean,
    Integer { min: i64, max: i64 },
    Float { min: f64, max: f64 },
    Double { min: f64, max: f64 },
    Decimal { min: f64, max: f64, scale: u32 },
    Text { length: u32, varies: bool },
    Bytes { length: u32, varies: bool },
    Date,
    Time,
    Timestamp { max_past: i64, precision: u32 },
    TimestampLtz { max_past: i64, precision: u32 },
    Array { element: Box<Generator>, size: u32 },
    Map { value: Box<Generator>, size: u32 },
    Row(Row),
}

impl Generator {
    /// The generator of a column (or of a part of one: `column.element`, `column.value`, `column.field`).
    pub(super) fn new(name: &str, data_type: &DataType, options: &Options) -> Result<Self> {
        let settings = Settings { name, options };
        let null_rate = settings.double("null-rate")?.unwrap_or(0.0);
        if !(0.0..=1.0).contains(&null_rate) {
            return Err(settings.refuse("null-rate", "must lie between 0 and 1"));
        }
        let kind = match settings.text("kind") {
            Some("sequence") => settings.sequence(data_type)?,
            None | Some("random") => settings.random(data_type)?,
            Some(_) => return Err(settings.refuse("kind", "must be random or sequence")),
        };
        Ok(Generator { null_rate, kind })
    }

    fn length(&self) -> Option<u64> {
        match self.kind {
            Kind::Sequence { start, end, .. } => Some((end.wrapping_sub(start) as u64).saturating_add(1)),
            _ => None,
        }
    }

    fn write(&self, number: u64, now: Moment<'_>, random: &mut Random, out: &mut Vec<u8>) {
        if self.null_rate > 0.0 && random.share() < self.null_rate {
            out.extend_from_slice(b"null");
            return;
        }
        match &self.kind {
            Kind::Sequence { start, quoted, .. } => {
                let value = start.wrapping_add(number as i64);
                match quoted {
                    true => show(out, format_args!("\"{value}\"")),
                    false => show(out, value),
                }
            }
            Kind::Boolean => show(out, random.next() & 1 == 0),
            Kind::Integer { min, max } => show(out, random.integer(*min, *max)),
            Kind::Float { min, max } => show(out, format_args!("{:e}", random.double(*min, *max) as f32)),
            Kind::Double { min, max } => show(out, format_args!("{:e}", random.double(*min, *max))),
            Kind::Decimal { min, max, scale } => {
                show(out, format_args!("{:.*}", *scale as usize, random.double(*min, *max)));
            }
            Kind::Text { length, varies } => {
                out.push(b'"');
                for _ in 0..random_length(*length, *varies, random) {
                    out.push(b"0123456789abcdef"[(random.next() & 15) as usize]);
                }
                out.push(b'"');
            }
            Kind::Bytes { length, varies } => {
                let bytes: Vec<u8> =
                    (0..random_length(*length, *varies, random)).map(|_| random.next() as u8).collect();
                show(out, format_args!("\"{}\"", STANDARD.encode(&bytes)));
            }
            Kind::Date => show(out, format_args!("\"{}\"", now.local(0).date())),
            Kind::Time => {
                let time = now.local(0).time();
                show(out, format_args!("\"{:02}:{:02}:{:02}\"", time.hour(), time.minute(), time.second()));
            }
            Kind::Timestamp { max_past, precision } => {
                let time = now.local(random.integer(0, *max_past));
                show_time(out, time, *precision, "");
            }
            Kind::TimestampLtz { max_past, precision } => {
                let time = now.utc(random.integer(0, *max_past));
                show_time(out, time, *precision, "Z");
            }
            Kind::Array { element, size } => {
                out.push(b'[');
                for index in 0..*size {
                    if index > 0 {
                        out.push(b',');
                    }
                    element.write(number, now, random, out);
                }
                out.push(b']');
            }
            Kind::Map { value, size } => {
                out.push(b'{');
                for index in 0..*size {
                    let comma = if index > 0 { "," } else { "" };
                    show(out, format_args!("{comma}\"{:016x}\":", random.next()));
                    value.write(number, now, random, out);
                }
                out.push(b'}');
            }
            Kind::Row(row) => row.write(number, now, random, out),
        }
    }
}

/// The options `fields.NAME.*` of one column.
struct Settings<'o> {
    name: &'o str,
    options: &'o Options,
}

impl Settings<'_> {
    fn key(&self, option: &str) -> String {
        format!("fields.{}.{option}", self.name)
    }

    fn text(&self, option: &str) -> Option<&str> {
        self.options.text(&self.key(option))
    }

    fn integer(&self, option: &str) -> Result<Option<i64>> {
        self.options.integer(&self.key(option))
    }

    fn double(&self, option: &str) -> Result<Option<f64>> {
        self.options.double(&self.key(option))
    }

    fn refuse(&self, option: &str, why: &str) -> Error {
        let (key, value) = (self.key(option), self.text(option).unwrap_or_default());
        Error::new(ErrorKind::Usage, format!("option '{key}' is '{value}', but it {why}"))
    }

    fn sequence(&self, data_type: &DataType) -> Result<Kind> {
        let (least, most, quoted) = match data_type {
            DataType::Integer(min, max) => (*min, *max, false),
            DataType::Float | DataType::Double | DataType::Decimal { .. } => (i64::MIN, i64::MAX, false),
            DataType::Text { .. } => (i64::MIN, i64::MAX, true),
            _ => return Err(self.refuse("kind", "needs a column of numbers or texts")),
        };
        let bound = |option| match self.integer(option)? {
            Some(value) if (least..=most).contains(&value) => Ok(value),
            Some(_) => Err(self.refuse(option, "does not fit the type of the column")),
            None => {
                let key = self.key(option);
                Err(Error::new(ErrorKind::Usage, format!("option '{key}' is missing: a sequence needs start and end")))
            }
        };
        let (start, end) = (bound("start")?, bound("end")?);
        if start > end {
            return Err(self.refuse("start", "must not lie behind the end"));
        }
        Ok(Kind::Sequence { start, end, quoted })
    }

    fn random(&self, data_type: &DataType) -> Result<Kind> {
        Ok(match data_type {
            DataType::Boolean => Kind::Boolean,
            DataType::Integer(least, most) => {
                let (min, max) = (self.integer("min")?.unwrap_or(*least), self.integer("max")?.unwrap_or(*most));
                if min < *least || max > *most {
                    let option = if min < *least { "min" } else { "max" };
                    return Err(self.refuse(option, "does not fit the type of the column"));
                }
                self.ordered(min, max)?;
                Kind::Integer { min, max }
            }
            DataType::Float => {
                let (min, max) = self.range(f32::from_bits(1).into(), f32::MAX.into())?;
                Kind::Float { min, max }
            }
            DataType::Double => {
                let (min, max) = self.range(f64::from_bits(1), f64::MAX)?;
                Kind::Double { min, max }
            }
            DataType::Decimal { precision, scale } => {
                let exponent = |digits: u32| 10_f64.powi(i32::try_from(digits).unwrap_or(38));
                // The largest number that cannot round up to one digit more.
                let most = (exponent(precision.saturating_sub(*scale)) - 1.0 / exponent(*scale)).min(1e15);
                let (min, max) = self.range(-most, most)?;
                Kind::Decimal { min, max, scale: *scale }
            }
            DataType::Text { length, varies } => {
                let (length, varies) = self.length(*length, *varies)?;
                Kind::Text { length, varies }
            }
            DataType::Bytes { length, varies } => {
                let (length, varies) = self.length(*length, *varies)?;
                Kind::Bytes { length, varies }
            }
            DataType::Date => Kind::Date,
            DataType::Time => Kind::Time,
            DataType::Timestamp(precision) => Kind::Timestamp { max_past: self.max_past()?, precision: *precision },
            DataType::TimestampLtz(precision) => {
                Kind::TimestampLtz { max_past: self.max_past()?, precision: *precision }
            }
            DataType::Array(element) => {
                let element = Box::new(self.part("element", element)?);
                Kind::Array { element, size: self.size()? }
            }
            DataType::Map(value) => {
                let value = Box::new(self.part("value", value)?);
                Kind::Map { value, size: self.size()? }
            }
            DataType::Row(fields) => {
                let mut columns = Vec::with_capacity(fields.len());
                for (field, data_type) in fields {
                    columns.push((field.as_str(), self.part(field, data_type)?));
                }
                Kind::Row(Row::new(columns))
            }
        })
    }

    fn part(&self, part: &str, data_type: &DataType) -> Result<Generator> {
        Generator::new(&format!("{}.{part}", self.name), data_type, self.options)
    }

    fn range(&self, least: f64, most: f64) -> Result<(f64, f64)> {
        let (min, max) = (self.double("min")?.unwrap_or(least), self.double("max")?.unwrap_or(most));
        self.ordered(min, max)?;
        Ok((min, max))
    }

    fn ordered<T: PartialOrd>(&self, min: T, max: T) -> Result<()> {
        match min <= max {
            true => Ok(()),
            false if self.text("min").is_some() => Err(self.refuse("min", "must not be more than the maximum")),
            false => Err(self.refuse("max", "must not be less than the minimum")),
        }
    }

    /// The length of values of a type that allows `longest`, and whether it varies.
    fn length(&self, longest: u32, may_vary: bool) -> Result<(u32, bool)> {
        let varies = self.options.boolean(&self.key("var-len"))?.unwrap_or(false);
        if varies && !may_vary {
            return Err(self.refuse("var-len", "needs a column of type VARCHAR, STRING, VARBINARY or BYTES"));
        }
        let default = if longest == UNBOUNDED { DEFAULT_LENGTH } else { longest };
        let length = match self.integer("length")? {
            None => default,
            Some(_) if !may_vary => return Err(self.refuse("length", "is fixed by the type of the column")),
            Some(length) => match u32::try_from(length) {
                Ok(length) if length <= longest => length,
                _ => return Err(self.refuse("length", "does not fit the type of the column")),
            },
        };
        Ok((length, varies))
    }

    fn size(&self) -> Result<u32> {
        match self.integer("length")? {
            None => Ok(DEFAULT_SIZE),
            Some(size) => u32::try_from(size).map_err(|_| self.refuse("length", "must not be negative")),
        }
    }

    /// In microseconds.
    fn max_past(&self) -> Result<i64> {
        let max_past = self.options.duration(&self.key("max-past"))?.unwrap_or_default();
        Ok(i64::try_from(max_past.as_micros()).unwrap_or(i64::MAX))
    }
}

fn random_length(length: u32, varies: bool, random: &mut Random) -> u32 {
    match varies && length > 0 {
        true => random.integer(1, length.into()) as u32,
        false => length,
    }
}

/// Microseconds since the epoch as date and time.
fn civil(time: Timestamp) -> DateTime {
    let instant = jiff::Timestamp::from_microsecond(time.0).unwrap_or_default();
    jiff::tz::Offset::UTC.to_datetime(instant)
}

fn show_time(out: &mut Vec<u8>, time: DateTime, precision: u32, suffix: &str) {
    let digits = format!("{:06}", time.subsec_nanosecond() / 1_000);
    let fraction = &digits[..(precision as usize).min(6)];
    let dot = if fraction.is_empty() { "" } else { "." };
    let (date, hour, minute, second) = (time.date(), time.hour(), time.minute(), time.second());
    show(out, format_args!("\"{date} {hour:02}:{minute:02}:{second:02}{dot}{fraction}{suffix}\""));
}

fn show(out: &mut Vec<u8>, value: impl Display) {
    struct Bytes<'o>(&'o mut Vec<u8>);
    impl Write for Bytes<'_> {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
    // Writing to memory cannot fail.
    let _ = write!(Bytes(out), "{value}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn values(data_type: &str, options: &[(&str, &str)]) -> Result<Vec<Value>> {
        let data_type = DataType::parse(data_type).unwrap();
        let generator = Generator::new("c", &data_type, &Options::new(options.iter().copied()))?;
        let mut random = Random(7);
        Ok((0..200)
            .map(|number| {
                let mut out = Vec::new();
                let zone = Zone::parse("+01:00").unwrap();
                let now = Moment { instant: Timestamp(1_700_000_000_123_456), zone: &zone };
                generator.write(number, now, &mut random, &mut out);
                serde_json::from_slice(&out).unwrap()
            })
            .collect())
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let integers = values("INT", &[("fields.c.min", "-2"), ("fields.c.max", "2")]).unwrap();
        for expected in -2..=2 {
            assert!(integers.contains(&expected.into()), "{expected}");
        }
        assert!(integers.iter().all(|value| (-2..=2).contains(&value.as_i64().unwrap())));
        let doubles = values("DOUBLE", &[("fields.c.min", "20"), ("fields.c.max", "90.5")]).unwrap();
        assert!(doubles.iter().all(|value| (20.0..=90.5).contains(&value.as_f64().unwrap())));
        assert!(values("DOUBLE", &[]).unwrap().iter().all(|value| value.as_f64().unwrap() > 0.0));
        let decimals = values("DECIMAL(4, 2)", &[]).unwrap();
        assert!(decimals.iter().all(|value| value.as_f64().unwrap().abs() <= 99.99));
        values("BIGINT", &[]).unwrap();
    }

    #[test]
    fn texts_have_the_length_that_is_asked_for() {
        let lengths = |data_type: &str, options: &[(&str, &str)]| -> Vec<usize> {
            let values = values(data_type, options).unwrap();
            let mut lengths: Vec<usize> = values.iter().map(|value| value.as_str().unwrap().len()).collect();
            lengths.sort_unstable();
            lengths.dedup();
            lengths
        };
        assert_eq!(lengths("VARCHAR(6)", &[]), [6]);
        assert_eq!(lengths("STRING", &[]), [100]);
        assert_eq!(lengths("STRING", &[("fields.c.length", "3")]), [3]);
        assert_eq!(lengths("VARCHAR(4)", &[("fields.c.var-len", "true")]), [1, 2, 3, 4]);
    }

    #[test]
    fn times_come_from_the_clock() {
        assert_eq!(values("TIMESTAMP(3)", &[]).unwrap()[0], "2023-11-14 23:13:20.123");
        assert_eq!(values("TIMESTAMP_LTZ(6)", &[]).unwrap()[0], "2023-11-14 22:13:20.123456Z");
        assert_eq!(values("TIMESTAMP(0)", &[]).unwrap()[0], "2023-11-14 23:13:20");
        assert_eq!(values("DATE", &[]).unwrap()[0], "2023-11-14");
        assert_eq!(values("TIME(0)", &[]).unwrap()[0], "23:13:20");
        let past = values("TIMESTAMP(3)", &[("fields.c.max-past", "1 h")]).unwrap();
        assert!(past.iter().all(|time| time.as_str().unwrap() >= "2023-11-14 22:13:20.123"));
    }

    #[test]
    fn nested_values_and_nulls() {
        let row = &values("ROW<a ARRAY<INT>, b MAP<STRING, BOOLEAN>>", &[("fields.c.a.length", "2")]).unwrap()[0];
        assert_eq!(row["a"].as_array().unwrap().len(), 2);
        assert_eq!(row["b"].as_object().unwrap().len(), 3);
        let half = values("INT", &[("fields.c.null-rate", "0.5")]).unwrap();
        let nulls = half.iter().filter(|value| value.is_null()).count();
        assert!((60..140).contains(&nulls), "{nulls}");
    }

    #[test]
    fn mistakes_are_refused() {
        let refused = |data_type: &str, options: &[(&str, &str)]| values(data_type, options).unwrap_err().to_string();
        assert_eq!(
            refused("INT", &[("fields.c.min", "5"), ("fields.c.max", "2")]),
            "option 'fields.c.min' is '5', but it must not be more than the maximum"
        );
        assert_eq!(
            refused("TINYINT", &[("fields.c.max", "200")]),
            "option 'fields.c.max' is '200', but it does not fit the type of the column"
        );
        assert_eq!(
            refused("INT", &[("fields.c.kind", "sequence")]),
            "option 'fields.c.start' is missing: a sequence needs start and end"
        );
        assert_eq!(
            refused("VARCHAR(3)", &[("fields.c.length", "4")]),
            "option 'fields.c.length' is '4', but it does not fit the type of the column"
        );
        assert_eq!(
            refused("CHAR(3)", &[("fields.c.var-len", "true")]),
            "option 'fields.c.var-len' is 'true', but it needs a column of type VARCHAR, STRING, VARBINARY or BYTES"
        );
    }
}
