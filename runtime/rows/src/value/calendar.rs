//! The proleptic Gregorian calendar as arithmetic on days, after Howard Hinnant's algorithms.

use super::{Date, Time, Timestamp};

pub const MICROS_PER_DAY: i64 = 86_400_000_000;
pub const MILLIS_PER_DAY: i64 = 86_400_000;

/// A day by year, month (1 to 12) and day (1 to 31).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Civil {
    pub year: i32,
    pub month: u32,
    pub day: u32,
}

impl Civil {
    /// `None` for a day that no calendar has.
    #[inline]
    pub const fn new(year: i32, month: u32, day: u32) -> Option<Civil> {
        if month < 1 || month > 12 || day < 1 || day > month_length(year, month) {
            return None;
        }
        Some(Civil { year, month, day })
    }

    /// The nearest day that exists: 30 February becomes the last of February.
    #[inline]
    pub const fn clamped(year: i32, month: u32, day: u32) -> Civil {
        let last = month_length(year, month);
        Civil { year, month, day: if day > last { last } else { day } }
    }

    #[inline]
    pub const fn of(date: Date) -> Civil {
        let days = date.0 as i64 + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        // March is month 0, so that the leap day is the last of its year.
        let shifted = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * shifted + 2) / 5 + 1) as u32;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 } as u32;
        let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
        Civil { year: year as i32, month, day }
    }

    #[inline]
    pub const fn date(self) -> Date {
        let year = self.year as i64 - if self.month <= 2 { 1 } else { 0 };
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let shifted = if self.month > 2 { self.month - 3 } else { self.month + 9 } as i64;
        let day_of_year = (153 * shifted + 2) / 5 + self.day as i64 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Date((era * 146_097 + day_of_era - 719_468) as i32)
    }

    /// 1 for the first of January.
    pub const fn day_of_year(self) -> i32 {
        self.date().0 - Civil { year: self.year, month: 1, day: 1 }.date().0 + 1
    }

    /// The same day so many months later, or the last of that month where it is shorter.
    pub const fn plus_months(self, months: i64) -> Civil {
        let count = self.year as i64 * 12 + (self.month as i64 - 1) + months;
        Civil::clamped(count.div_euclid(12) as i32, count.rem_euclid(12) as u32 + 1, self.day)
    }
}

pub const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub const fn month_length(year: i32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Monday is 1, Sunday 7.
pub const fn iso_day_of_week(date: Date) -> i32 {
    (date.0 + 3).rem_euclid(7) + 1
}

/// The year and week of ISO 8601: week 1 holds the year's first Thursday.
pub const fn iso_week(date: Date) -> (i32, i32) {
    let thursday = Date(date.0 - (iso_day_of_week(date) - 4));
    let civil = Civil::of(thursday);
    (civil.year, (civil.day_of_year() - 1) / 7 + 1)
}

impl Timestamp {
    /// The day it lies in, and the microseconds since that day began.
    #[inline]
    pub const fn split(self) -> (Date, i64) {
        (Date(self.0.div_euclid(MICROS_PER_DAY) as i32), self.0.rem_euclid(MICROS_PER_DAY))
    }

    /// `None` outside what 64 bits of microseconds hold (about 290,000 years).
    #[inline]
    pub const fn join(date: Date, micros: i64) -> Option<Timestamp> {
        match (date.0 as i64).checked_mul(MICROS_PER_DAY) {
            Some(start) => match start.checked_add(micros) {
                Some(micros) => Some(Timestamp(micros)),
                None => None,
            },
            None => None,
        }
    }
}

impl Time {
    /// Hour, minute, second, millisecond.
    #[inline]
    pub const fn fields(self) -> (u32, u32, u32, u32) {
        let millis = self.0 as u32;
        (millis / 3_600_000, millis / 60_000 % 60, millis / 1_000 % 60, millis % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_civil_dates_agree() {
        for days in (-800_000..3_000_000).step_by(13) {
            let civil = Civil::of(Date(days));
            assert_eq!(civil.date(), Date(days));
            assert_eq!(Civil::new(civil.year, civil.month, civil.day), Some(civil));
        }
        assert_eq!(Civil::of(Date(0)), Civil { year: 1970, month: 1, day: 1 });
        assert_eq!(Civil { year: 2024, month: 2, day: 29 }.date(), Date(19_782));
        assert_eq!(Civil::new(2023, 2, 29), None);
    }

    #[test]
    fn weeks_are_those_of_iso_8601() {
        let of = |year, month, day| iso_week(Civil { year, month, day }.date());
        assert_eq!(of(2024, 12, 30), (2025, 1));
        assert_eq!(of(2021, 1, 1), (2020, 53));
        assert_eq!(of(2024, 2, 29), (2024, 9));
    }

    #[test]
    fn months_clamp_to_the_end() {
        let plus = |year, month, day, months| Civil { year, month, day }.plus_months(months);
        assert_eq!(plus(2024, 1, 31, 1), Civil { year: 2024, month: 2, day: 29 });
        assert_eq!(plus(2024, 1, 31, -11), Civil { year: 2023, month: 2, day: 28 });
        assert_eq!(plus(2024, 12, 1, 1), Civil { year: 2025, month: 1, day: 1 });
    }
}
