//! Units of time and the value of interval literals.

use super::name::StringLiteral;

/// A unit of time as keyword. Which units a function accepts is left to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimeUnit {
    Millennium,
    Century,
    Decade,
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
    Epoch,
    /// Day of the week, Sunday = 1.
    Dow,
    /// Day of the week of ISO 8601, Monday = 1.
    IsoDow,
    /// Day of the year.
    Doy,
    IsoYear,
}

impl TimeUnit {
    pub const ALL: [TimeUnit; 19] = [
        TimeUnit::Millennium,
        TimeUnit::Century,
        TimeUnit::Decade,
        TimeUnit::Year,
        TimeUnit::Quarter,
        TimeUnit::Month,
        TimeUnit::Week,
        TimeUnit::Day,
        TimeUnit::Hour,
        TimeUnit::Minute,
        TimeUnit::Second,
        TimeUnit::Millisecond,
        TimeUnit::Microsecond,
        TimeUnit::Nanosecond,
        TimeUnit::Epoch,
        TimeUnit::Dow,
        TimeUnit::IsoDow,
        TimeUnit::Doy,
        TimeUnit::IsoYear,
    ];

    pub fn keyword(self) -> &'static str {
        match self {
            TimeUnit::Millennium => "MILLENNIUM",
            TimeUnit::Century => "CENTURY",
            TimeUnit::Decade => "DECADE",
            TimeUnit::Year => "YEAR",
            TimeUnit::Quarter => "QUARTER",
            TimeUnit::Month => "MONTH",
            TimeUnit::Week => "WEEK",
            TimeUnit::Day => "DAY",
            TimeUnit::Hour => "HOUR",
            TimeUnit::Minute => "MINUTE",
            TimeUnit::Second => "SECOND",
            TimeUnit::Millisecond => "MILLISECOND",
            TimeUnit::Microsecond => "MICROSECOND",
            TimeUnit::Nanosecond => "NANOSECOND",
            TimeUnit::Epoch => "EPOCH",
            TimeUnit::Dow => "DOW",
            TimeUnit::IsoDow => "ISODOW",
            TimeUnit::Doy => "DOY",
            TimeUnit::IsoYear => "ISOYEAR",
        }
    }

    /// The unit of a keyword in any case: also the plural (`SECONDS`) and the `SQL_TSI_` spelling of ODBC.
    pub fn from_keyword(word: &str) -> Option<TimeUnit> {
        let upper = word.to_ascii_uppercase();
        let upper = upper.strip_prefix("SQL_TSI_").unwrap_or(&upper);
        let find = |name: &str| TimeUnit::ALL.into_iter().find(|unit| unit.keyword() == name);
        find(upper).or_else(|| {
            let singular = find(upper.strip_suffix('S')?)?;
            // Flink knows the plurals of these only.
            (TimeUnit::Year..=TimeUnit::Second).contains(&singular).then_some(singular)
        })
    }
}

/// `INTERVAL '1:30' HOUR TO MINUTE` as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntervalLiteral {
    /// Whether a minus stands before the text.
    pub negative: bool,
    pub text: StringLiteral,
    pub from: TimeUnit,
    /// The digits of the leading field, as in `DAY(3)`.
    pub from_precision: Option<u32>,
    pub to: Option<TimeUnit>,
    /// The digits of the fraction of a second, as in `SECOND(3)`.
    pub to_precision: Option<u32>,
}

/// What an interval is worth. The two kinds do not mix: a month has no fixed number of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntervalValue {
    Months(i64),
    Milliseconds(i64),
}

impl IntervalLiteral {
    /// The value, or a sentence that says what is wrong with the text.
    ///
    /// The leading field takes two digits unless it declares more (`DAY(3)`), the following ones are clock fields
    /// (`MINUTE` up to 59), fractions are cut to milliseconds: as Calcite reads them for Flink.
    pub fn value(&self) -> Result<IntervalValue, String> {
        use TimeUnit::{Day, Hour, Minute, Month, Quarter, Second, Week, Year};
        let (sign, body) = match self.text.value.trim().as_bytes() {
            [b'-', ..] => (-1, &self.text.value.trim()[1..]),
            [b'+', ..] => (1, &self.text.value.trim()[1..]),
            _ => (1, self.text.value.trim()),
        };
        let sign = if self.negative { -sign } else { sign };
        let fields: &[TimeUnit] = match (self.from, self.to) {
            (unit, None) => &[unit],
            (Year, Some(Month)) => &[Year, Month],
            (Day, Some(Hour)) => &[Day, Hour],
            (Day, Some(Minute)) => &[Day, Hour, Minute],
            (Day, Some(Second)) => &[Day, Hour, Minute, Second],
            (Hour, Some(Minute)) => &[Hour, Minute],
            (Hour, Some(Second)) => &[Hour, Minute, Second],
            (Minute, Some(Second)) => &[Minute, Second],
            (from, Some(to)) => {
                return Err(format!("an interval cannot go from {} to {}", from.keyword(), to.keyword()));
            }
        };
        let shape = || format!("'{}' is not an interval of the form {}", self.text.value, self.example());
        let parts = split(body, fields).ok_or_else(shape)?;
        let mut total: i64 = 0;
        for (position, (&unit, part)) in fields.iter().zip(&parts).enumerate() {
            let (whole, fraction) = match part.split_once('.') {
                Some((whole, fraction)) if unit == Second => (whole, fraction),
                None => (*part, ""),
                Some(_) => return Err(shape()),
            };
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            // Flink takes up to six digits, and keeps three.
            let decimals = self.to_precision.unwrap_or(6) as usize;
            if whole.is_empty()
                || !digits(whole)
                || !digits(fraction)
                || part.ends_with('.')
                || fraction.len() > decimals
            {
                return Err(shape());
            }
            let number: i64 = whole.parse().map_err(|_| shape())?;
            let limit = if position == 0 {
                10_i64.checked_pow(self.from_precision.unwrap_or(2)).unwrap_or(i64::MAX)
            } else {
                match unit {
                    Month => 12,
                    Hour => 24,
                    _ => 60,
                }
            };
            if number >= limit {
                let keyword = unit.keyword();
                return Err(if position == 0 {
                    let needed = number.to_string().len();
                    format!("{number} has more digits than {keyword} takes; {keyword}({needed}) takes {needed}")
                } else {
                    format!("{number} is not a number of {keyword}s below {limit}")
                });
            }
            let scale: i64 = match unit {
                Year => 12,
                Quarter => 3,
                Month => 1,
                Week => 7 * 86_400_000,
                Day => 86_400_000,
                Hour => 3_600_000,
                Minute => 60_000,
                Second => 1_000,
                other => return Err(format!("an interval cannot be counted in {}", other.keyword())),
            };
            let milliseconds =
                fraction.bytes().chain(*b"000").take(3).fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
            let fraction = if unit == Second { milliseconds } else { 0 };
            total = number
                .checked_mul(scale)
                .and_then(|value| value.checked_add(fraction))
                .and_then(|value| value.checked_add(total))
                .ok_or_else(|| format!("'{}' is too large for an interval", self.text.value))?;
        }
        Ok(match self.from {
            Year | Quarter | Month => IntervalValue::Months(sign * total),
            _ => IntervalValue::Milliseconds(sign * total),
        })
    }

    fn example(&self) -> String {
        use TimeUnit::{Day, Hour, Minute, Month, Second, Year};
        let (example, to) = match (self.from, self.to) {
            (Year, Some(Month)) => ("1-6", " TO MONTH"),
            (Day, Some(Hour)) => ("1 12", " TO HOUR"),
            (Day, Some(Minute)) => ("1 12:30", " TO MINUTE"),
            (Day, Some(Second)) => ("1 12:30:15.5", " TO SECOND"),
            (Hour, Some(Minute)) => ("12:30", " TO MINUTE"),
            (Hour, Some(Second)) => ("12:30:15.5", " TO SECOND"),
            (Minute, Some(Second)) => ("30:15.5", " TO SECOND"),
            (Second, _) => ("15.5", ""),
            _ => ("15", ""),
        };
        format!("'{example}' {}{to}", self.from.keyword())
    }
}

/// Cuts `1 12:30:15` at the separators that belong between the fields.
fn split<'a>(body: &'a str, fields: &[TimeUnit]) -> Option<Vec<&'a str>> {
    let mut parts = Vec::with_capacity(fields.len());
    let mut rest = body;
    for field in &fields[..fields.len() - 1] {
        let separator = match field {
            TimeUnit::Year => '-',
            TimeUnit::Day => ' ',
            _ => ':',
        };
        let (part, tail) = rest.split_once(separator)?;
        parts.push(part);
        rest = if separator == ' ' { tail.trim_start() } else { tail };
    }
    parts.push(rest);
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Sources, Span};

    fn interval(text: &str, from: TimeUnit, to: Option<TimeUnit>) -> Result<IntervalValue, String> {
        let mut sources = Sources::new();
        let file = sources.add_file("a.sql");
        let span = Span::new(sources.add_cell(file, 1, ""), 0, 0);
        let text = StringLiteral { value: text.to_owned(), span };
        IntervalLiteral { negative: false, text, from, from_precision: None, to, to_precision: None }.value()
    }

    #[test]
    fn values_of_all_shapes() {
        use IntervalValue::{Milliseconds, Months};
        use TimeUnit::*;
        assert_eq!(interval("5", Second, None), Ok(Milliseconds(5_000)));
        assert_eq!(interval("0.25", Second, None), Ok(Milliseconds(250)));
        assert_eq!(interval("-1.0005", Second, None), Ok(Milliseconds(-1_000)));
        assert_eq!(interval("1 02:03:04.5", Day, Some(Second)), Ok(Milliseconds(93_784_500)));
        assert_eq!(interval("1:30", Hour, Some(Minute)), Ok(Milliseconds(5_400_000)));
        assert_eq!(interval("1-6", Year, Some(Month)), Ok(Months(18)));
        assert_eq!(interval("2", Week, None), Ok(Milliseconds(1_209_600_000)));
        assert_eq!(interval("3", Quarter, None), Ok(Months(9)));
    }

    #[test]
    fn mistakes_are_explained() {
        use TimeUnit::*;
        assert_eq!(interval("x", Second, None), Err("'x' is not an interval of the form '15.5' SECOND".into()));
        assert_eq!(interval("1.5", Minute, None), Err("'1.5' is not an interval of the form '15' MINUTE".into()));
        assert_eq!(
            interval("1:30", Day, Some(Second)),
            Err("'1:30' is not an interval of the form '1 12:30:15.5' DAY TO SECOND".into())
        );
        assert_eq!(interval("100", Day, None), Err("100 has more digits than DAY takes; DAY(3) takes 3".into()));
        assert_eq!(interval("1:75", Hour, Some(Minute)), Err("75 is not a number of MINUTEs below 60".into()));
        assert_eq!(interval("1", Second, Some(Day)), Err("an interval cannot go from SECOND to DAY".into()));
    }

    #[test]
    fn plurals_are_units_too() {
        assert_eq!(TimeUnit::from_keyword("seconds"), Some(TimeUnit::Second));
        assert_eq!(TimeUnit::from_keyword("SQL_TSI_DAY"), Some(TimeUnit::Day));
        assert_eq!(TimeUnit::from_keyword("EPOCHS"), None);
        assert_eq!(TimeUnit::from_keyword("fortnight"), None);
    }
}
