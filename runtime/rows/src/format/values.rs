//! What the writers of all text formats have in common: which types there are, how numbers look, and what
//! becomes of NULL. Where a value goes, and how the other types look, is left to the formats.

use crate::value::double::{write_double, write_float};
use crate::value::{Date, Decimal, Millis, Months, Time, Timestamp};

/// A writer of values, one behind the other. All of it is compiled here for every format; what generated code
/// calls are the methods that [`value_methods`] puts in front.
pub(super) trait Values {
    /// Goes to where the next value is written; `None` behind a NULL, which needs nothing more.
    fn place(&mut self, is_null: bool) -> Option<&mut Vec<u8>>;

    fn write_decimal(&mut self, value: Option<Decimal>, scale: u8);
    fn write_text(&mut self, value: Option<&str>);
    fn write_date(&mut self, value: Option<Date>);
    fn write_time(&mut self, value: Option<Time>);

    /// The place of a value, and the value.
    #[inline(always)]
    fn fill<T>(&mut self, value: Option<T>) -> Option<(&mut Vec<u8>, T)> {
        self.place(value.is_none()).zip(value)
    }

    #[inline(always)]
    fn write_boolean(&mut self, value: Option<bool>) {
        if let Some((out, value)) = self.fill(value) {
            out.extend_from_slice(if value { b"true" } else { b"false" });
        }
    }

    #[inline(always)]
    fn write_integer(&mut self, value: Option<i64>) {
        if let Some((out, value)) = self.fill(value) {
            out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
        }
    }

    #[inline(always)]
    fn write_float(&mut self, value: Option<f32>) {
        if let Some((out, value)) = self.fill(value) {
            write_float(out, value);
        }
    }

    #[inline(always)]
    fn write_double(&mut self, value: Option<f64>) {
        if let Some((out, value)) = self.fill(value) {
            write_double(out, value);
        }
    }

    /// As a number of months, if the format has no form of its own for intervals.
    #[inline(always)]
    fn write_months(&mut self, value: Option<Months>) {
        self.write_integer(value.map(|value| i64::from(value.0)));
    }

    /// As a number of milliseconds, if the format has no form of its own for intervals.
    #[inline(always)]
    fn write_millis(&mut self, value: Option<Millis>) {
        self.write_integer(value.map(|value| value.0));
    }
}

/// TIMESTAMP and TIMESTAMP_LTZ, in formats that know only one form of each.
pub(super) trait Timestamps: Values {
    fn write_timestamp(&mut self, value: Option<Timestamp>);
    fn write_instant(&mut self, value: Option<Timestamp>);
}

/// Methods of a writer that take an `Option` as well as a value that is there: thin ones that become part of
/// generated code, in front of ones that stay in the runtime.
macro_rules! writer_methods {
    ($($(#[$doc:meta])* $name:ident $(<$life:lifetime>)? ($type:ty $(, $argument:ident: $of:ty)?) => $inner:ident by $write:path;)*) => {$(
        $(#[$doc])*
        #[inline]
        pub fn $name $(<$life>)? (&mut self, value: impl Into<Option<$type>> $(, $argument: $of)?) {
            self.$inner(value.into() $(, $argument)?);
        }

        #[inline(never)]
        fn $inner $(<$life>)? (&mut self, value: Option<$type> $(, $argument: $of)?) {
            $write(self, value $(, $argument)?);
        }
    )*};
}

/// The methods of [`Values`] for generated code.
macro_rules! value_methods {
    () => {
        $crate::format::values::writer_methods! {
            /// BOOLEAN.
            boolean(bool) => put_boolean by Values::write_boolean;
            /// BIGINT.
            bigint(i64) => put_bigint by Values::write_integer;
            /// FLOAT.
            float(f32) => put_float by Values::write_float;
            /// DOUBLE.
            double(f64) => put_double by Values::write_double;
            /// DECIMAL.
            decimal(Decimal, scale: u8) => put_decimal by Values::write_decimal;
            /// CHAR, VARCHAR and STRING.
            text<'t>(&'t str) => put_text by Values::write_text;
            /// DATE.
            date(Date) => put_date by Values::write_date;
            /// TIME.
            time(Time) => put_time by Values::write_time;
            /// INTERVAL YEAR TO MONTH.
            months(Months) => put_months by Values::write_months;
            /// INTERVAL DAY TO SECOND.
            millis(Millis) => put_millis by Values::write_millis;
        }

        /// TINYINT.
        #[inline]
        pub fn tinyint(&mut self, value: impl Into<Option<i8>>) {
            self.put_bigint(value.into().map(i64::from));
        }

        /// SMALLINT.
        #[inline]
        pub fn smallint(&mut self, value: impl Into<Option<i16>>) {
            self.put_bigint(value.into().map(i64::from));
        }

        /// INT.
        #[inline]
        pub fn integer(&mut self, value: impl Into<Option<i32>>) {
            self.put_bigint(value.into().map(i64::from));
        }
    };
}

/// The methods of [`Timestamps`] for generated code.
macro_rules! timestamp_methods {
    () => {
        $crate::format::values::writer_methods! {
            /// TIMESTAMP.
            timestamp(Timestamp) => put_timestamp by Timestamps::write_timestamp;
            /// TIMESTAMP_LTZ.
            timestamp_ltz(Timestamp) => put_instant by Timestamps::write_instant;
        }
    };
}

pub(super) use {timestamp_methods, value_methods, writer_methods};
