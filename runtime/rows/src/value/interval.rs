//! Intervals as text, as CAST prints them.

use super::calendar::MILLIS_PER_DAY;
use super::{Millis, Months, Short};

/// `+1-02`: years and months.
pub fn print_months(interval: Months) -> Short {
    let mut text = Short::new();
    let months = interval.0.unsigned_abs();
    text.push(if interval.0 < 0 { b'-' } else { b'+' });
    text.push_padded(u64::from(months / 12), 1);
    text.push(b'-');
    text.push_padded(u64::from(months % 12), 2);
    text
}

/// `+1 02:03:04.567`: days, hours, minutes, seconds.
pub fn print_millis(interval: Millis) -> Short {
    let mut text = Short::new();
    let millis = interval.0.unsigned_abs();
    text.push(if interval.0 < 0 { b'-' } else { b'+' });
    text.push_padded(millis / MILLIS_PER_DAY as u64, 1);
    text.push(b' ');
    text.push_padded(millis / 3_600_000 % 24, 2);
    text.push(b':');
    text.push_padded(millis / 60_000 % 60, 2);
    text.push(b':');
    text.push_padded(millis / 1_000 % 60, 2);
    text.push(b'.');
    text.push_padded(millis % 1_000, 3);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_print_with_their_sign() {
        assert_eq!(&*print_millis(Millis(MILLIS_PER_DAY + 7_384_567)), "+1 02:03:04.567");
        assert_eq!(&*print_millis(Millis(-1_000)), "-0 00:00:01.000");
        assert_eq!(&*print_months(Months(14)), "+1-02");
        assert_eq!(&*print_months(Months(-14)), "-1-02");
    }
}
