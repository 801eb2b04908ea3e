//! Literals: their values and the types Flink gives them.

use super::{Bind, QueryBinder, Reported};
use crate::diagnostic::Diagnostic;
use crate::plan::{Expr, Literal, Scalar};
use crate::syntax::{self, IntervalValue};
use crate::text::Span;
use crate::types::{Kind, MAX_PRECISION, Type};

impl QueryBinder<'_> {
    pub(super) fn literal(&mut self, literal: &syntax::Literal, span: Span) -> Bind<Scalar> {
        let (literal, ty) = match literal {
            syntax::Literal::Null => (Literal::Null, Kind::Null.nullable()),
            syntax::Literal::Boolean(value) => (Literal::Boolean(*value), Kind::Boolean.not_null()),
            syntax::Literal::Number(text) => return self.number(text, false, span),
            syntax::Literal::String(text) => {
                (Literal::Text(text.clone()), Kind::Char(text.chars().count() as u32).not_null())
            }
            syntax::Literal::Bytes(bytes) => {
                (Literal::Bytes(bytes.clone()), Kind::Binary(bytes.len() as u32).not_null())
            }
            syntax::Literal::Date(text) => match parse_date(&text.value) {
                Some(days) => (Literal::Date(days), Kind::Date.not_null()),
                None => return self.bad_literal("DATE", text, "yyyy-MM-dd, as in DATE '2024-01-31'"),
            },
            syntax::Literal::Time(text) => match parse_time(&text.value) {
                Some((millis, digits)) if digits <= 3 => (Literal::Time(millis), Kind::Time(digits).not_null()),
                Some(_) => {
                    return self.bad_literal("TIME", text, "HH:mm:ss with at most three digits behind the point");
                }
                None => return self.bad_literal("TIME", text, "HH:mm:ss, as in TIME '10:11:12'"),
            },
            syntax::Literal::Timestamp(text) => match parse_timestamp(&text.value) {
                Some((micros, digits)) if digits <= 6 => {
                    (Literal::Timestamp(micros), Kind::Timestamp(digits).not_null())
                }
                Some(_) => {
                    let form = "yyyy-MM-dd HH:mm:ss with at most six digits behind the point";
                    return self.bad_literal("TIMESTAMP", text, form);
                }
                None => {
                    let form = "yyyy-MM-dd HH:mm:ss, as in TIMESTAMP '2024-01-31 10:11:12'";
                    return self.bad_literal("TIMESTAMP", text, form);
                }
            },
            syntax::Literal::Interval(interval) => match interval.value() {
                Ok(IntervalValue::Months(months)) => match i32::try_from(months) {
                    Ok(months) => (Literal::Months(months), Kind::YearMonthInterval.not_null()),
                    Err(_) => {
                        return self.fail(Diagnostic::error("bad-interval", span, "the interval is too large"));
                    }
                },
                Ok(IntervalValue::Milliseconds(millis)) => (Literal::Millis(millis), Kind::DayTimeInterval.not_null()),
                // What is wrong with its text was said when it was read.
                Err(_) => return Err(Reported),
            },
        };
        Ok(Scalar { expr: Expr::Literal(literal), ty, span })
    }

    /// A number; a minus before it is part of it, so that the smallest numbers can be written.
    pub(super) fn number(&mut self, text: &str, negative: bool, span: Span) -> Bind<Scalar> {
        let out_of_range = |kind: &str| {
            Diagnostic::error("number-out-of-range", span, format!("{text} is out of range")).labelled(kind.to_owned())
        };
        let signed = |literal, ty: Type| Ok(Scalar { expr: Expr::Literal(literal), ty, span });
        if text.contains(['e', 'E']) {
            return match text.parse::<f64>() {
                Ok(value) if value.is_finite() => {
                    signed(Literal::Double(if negative { -value } else { value }), Kind::Double.not_null())
                }
                _ => self.fail(out_of_range("larger than any DOUBLE")),
            };
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = format!("{whole}{fraction}");
        let Ok(magnitude) = digits.parse::<i128>() else {
            return self.fail(out_of_range("a number has at most 38 digits"));
        };
        let value = if negative { -magnitude } else { magnitude };
        if text.contains('.') {
            // Flink counts the zero before the point of a number below one only if there are digits behind it to
            // fill: 0.001 is DECIMAL(4, 3) but .5 is DECIMAL(1, 1).
            let precision = if whole.is_empty() {
                fraction.len().max(1)
            } else {
                whole.trim_start_matches('0').len().max(1) + fraction.len()
            };
            if i64::try_from(value).is_err() || precision > usize::from(MAX_PRECISION) {
                let help =
                    format!("write CAST('{text}' AS DECIMAL({}, {}))", digits.len().min(38), fraction.len().min(38));
                return self.fail(out_of_range("a number has at most 18 digits").help(help));
            }
            let (precision, scale) = (precision as u8, fraction.len() as u8);
            return signed(Literal::Decimal(value), Kind::Decimal { precision, scale }.not_null());
        }
        match i64::try_from(value) {
            Ok(value) if i32::try_from(value).is_ok() => signed(Literal::Integer(value), Kind::Int.not_null()),
            Ok(value) => signed(Literal::Integer(value), Kind::BigInt.not_null()),
            Err(_) => self
                .fail(out_of_range("larger than any BIGINT").help(format!("write CAST('{text}' AS DECIMAL(38, 0))"))),
        }
    }

    fn bad_literal<T>(&mut self, kind: &str, text: &syntax::StringLiteral, form: &str) -> Bind<T> {
        self.fail(
            Diagnostic::error("bad-literal", text.span, format!("'{}' is not a {kind}", text.value))
                .help(format!("the form is {form}")),
        )
    }
}

/// `yyyy-MM-dd` as days since the epoch; month and day may have one digit.
pub(super) fn parse_date(text: &str) -> Option<i32> {
    let mut parts = text.trim().splitn(3, '-');
    let year = number_of(parts.next()?, 4..=4)?;
    let month = number_of(parts.next()?, 1..=2)?;
    let day = number_of(parts.next()?, 1..=2)?;
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if day < 1 || day > length {
        return None;
    }
    // Days from civil: years start in March, so that the leap day is the last of its year.
    let (year, month) = if month <= 2 { (year - 1, month + 12) } else { (year, month) };
    let days_before_month = (153 * (month - 3) + 2) / 5;
    Some((365 * year + year / 4 - year / 100 + year / 400 + days_before_month + day - 1 - 719_468) as i32)
}

/// `HH:mm:ss[.fff]` as milliseconds of the day, and the number of digits behind the point.
pub(super) fn parse_time(text: &str) -> Option<(i32, u8)> {
    let (micros, digits) = parse_clock(text.trim())?;
    Some(((micros / 1000) as i32, digits))
}

/// `yyyy-MM-dd[ HH:mm:ss[.ffffff]]` as microseconds since the epoch, and the number of digits behind the point.
pub(super) fn parse_timestamp(text: &str) -> Option<(i64, u8)> {
    let text = text.trim();
    let (date, clock) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let (micros, digits) = parse_clock(clock.trim())?;
    Some((i64::from(parse_date(date)?) * 86_400_000_000 + micros, digits))
}

/// Microseconds of the day; digits beyond the sixth are counted and lost.
fn parse_clock(text: &str) -> Option<(i64, u8)> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    if text.contains('.') && fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let mut parts = clock.splitn(3, ':');
    let hour = number_of(parts.next()?, 1..=2).filter(|hour| *hour < 24)?;
    let minute = number_of(parts.next()?, 1..=2).filter(|minute| *minute < 60)?;
    let second = number_of(parts.next()?, 1..=2).filter(|second| *second < 60)?;
    let micros = fraction.bytes().chain(*b"000000").take(6).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    Some((((hour * 60 + minute) * 60 + second) * 1_000_000 + micros, fraction.len() as u8))
}

fn number_of(text: &str, length: std::ops::RangeInclusive<usize>) -> Option<i64> {
    let is_number = length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// An unscaled decimal written out: `-1.50`.
pub(super) fn decimal_text(unscaled: i128, scale: u8) -> String {
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    let sign = if unscaled < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_read() {
        assert_eq!(parse_date("1970-01-01"), Some(0));
        assert_eq!(parse_date("2024-02-29"), Some(19_782));
        assert_eq!(parse_date("2024-2-9"), Some(19_762));
        assert_eq!(parse_date("1969-12-31"), Some(-1));
        assert_eq!(parse_date("2023-02-29"), None);
        assert_eq!(parse_time("10:11:12.5"), Some((36_672_500, 1)));
        assert_eq!(parse_time("25:00:00"), None);
        assert_eq!(parse_timestamp("1970-01-02 00:00:01.000250"), Some((86_401_000_250, 6)));
        assert_eq!(parse_timestamp("1970-01-02"), Some((86_400_000_000, 0)));
        assert_eq!(parse_timestamp("1970-01-02T00:00:00"), None);
    }

    #[test]
    fn decimals_are_written_out() {
        assert_eq!(decimal_text(-150, 2), "-1.50");
        assert_eq!(decimal_text(5, 3), "0.005");
        assert_eq!(decimal_text(7, 0), "7");
    }
}
