use super::*;
use crate::operator::accumulator::{
    Avg, Count, DecimalAvg, Distinct, Max, Min, RetractableMax, RetractableMin, RetractableSum, Sum, Value,
};
use crate::row::Codec;
use crate::state::{DoubleKey, FloatKey};
use crate::value::{Bytes, Date, Decimal, Millis, Months, Text, Time, Timestamp};

fn shape(text: &str) -> Shape {
    let shape = Shape::parse(text).unwrap_or_else(|| panic!("{text} is a shape"));
    assert_eq!(shape.to_string(), text);
    shape
}

/// The shape describes the bytes of the value exactly: neither a byte less nor one more.
fn describes<T: for<'a> Codec<'a>>(text: &str, value: &T) {
    let shape = shape(text);
    let mut bytes = Vec::new();
    value.encode(&mut bytes);
    let length = bytes.len();
    bytes.extend_from_slice(&[1; 3]);
    let mut rest = bytes.as_slice();
    assert_eq!(shape.take(&mut rest), Some(&bytes[..length]), "{text}");
    assert_eq!(rest, [1; 3], "{text}");
    for end in 0..length {
        assert_eq!(shape.take(&mut &bytes[..end]), None, "{text} cut off at {end}");
    }
}

/// The same for an accumulator, which in addition begins with zeros.
fn keeps<T: for<'a> Codec<'a> + Default>(text: &str, fill: impl Fn(&mut T)) {
    let mut value = T::default();
    describes(text, &value);
    let (mut bytes, mut initial) = (Vec::new(), Vec::new());
    value.encode(&mut bytes);
    shape(text).initial(&mut initial);
    assert_eq!(initial, bytes, "{text}");
    fill(&mut value);
    describes(text, &value);
}

fn value<T: Value>(name: &str, borrowed: T::Borrowed<'_>, other: T::Borrowed<'_>) {
    describes(&format!("{name} NOT NULL"), &T::own(borrowed));
    describes(name, &None::<T>);
    describes(name, &Some(T::own(borrowed)));
    keeps::<Min<T>>(name, |min| min.add(Some(borrowed)));
    keeps::<Max<T>>(name, |max| max.add(Some(borrowed)));
    let counted = format!("ARRAY<ROW<value {name} NOT NULL, count BIGINT NOT NULL>>");
    keeps::<RetractableMin<T>>(&format!("ARRAY<{counted}>"), |min| {
        min.add(Some(borrowed));
        min.add(Some(other));
    });
    keeps::<RetractableMax<T>>(&format!("ARRAY<{counted}>"), |max| max.add(Some(borrowed)));
    keeps::<Distinct<T, Count>>(&format!("ROW<total BIGINT NOT NULL, seen {counted}>"), |count| {
        count.add(Some(borrowed));
        count.add(Some(other));
    });
    keeps::<Distinct<T, Max<T>>>(&format!("ROW<total {name}, seen {counted}>"), |max| max.add(Some(borrowed)));
}

#[test]
fn every_value_and_its_extremes_are_described() {
    value::<bool>("BOOLEAN", true, false);
    value::<i8>("TINYINT", 1, 2);
    value::<i16>("SMALLINT", 1, 2);
    value::<i32>("INT", 1, 2);
    value::<i64>("BIGINT", 1, 2);
    value::<f32>("FLOAT", 1.5, 2.5);
    value::<f64>("DOUBLE", 1.5, 2.5);
    value::<Decimal>("DECIMAL(10, 2)", Decimal(150), Decimal(-1));
    value::<Date>("DATE", Date(1), Date(2));
    value::<Time>("TIME(0)", Time(1), Time(2));
    value::<Timestamp>("TIMESTAMP(3)", Timestamp(1), Timestamp(2));
    value::<Timestamp>("TIMESTAMP_LTZ(3)", Timestamp(1), Timestamp(2));
    value::<Months>("INTERVAL YEAR TO MONTH", Months(1), Months(2));
    value::<Millis>("INTERVAL DAY TO SECOND", Millis(1), Millis(2));
    for text in ["CHAR(3)", "VARCHAR(20)", "STRING"] {
        value::<Text>(text, "abc", "a text that is too long for its place");
    }
    for bytes in ["BINARY(3)", "VARBINARY(20)", "BYTES"] {
        value::<Bytes>(bytes, &[1, 2, 3], &[]);
    }
    describes("NULL NOT NULL", &());
    describes("FLOAT NOT NULL", &FloatKey::from(1.5));
    describes("DOUBLE", &Some(DoubleKey::from(1.5)));
}

#[test]
fn counts_sums_and_averages_are_described() {
    keeps::<Count>("BIGINT NOT NULL", Count::add_row);
    macro_rules! sums {
        ($($type:ty, $value:expr, $sum:literal, $mean:literal);*) => {$(
            keeps::<Sum<$type>>($sum, |sum| sum.add($value));
            keeps::<RetractableSum<$type>>(&format!("ROW<sum {}, count BIGINT NOT NULL>", $sum), |sum| sum.add($value));
            keeps::<Avg<$type>>($mean, |avg| avg.add($value));
        )*};
    }
    sums! {
        i8, 1, "TINYINT", "ROW<sum BIGINT NOT NULL, count BIGINT NOT NULL>";
        i16, 1, "SMALLINT", "ROW<sum BIGINT NOT NULL, count BIGINT NOT NULL>";
        i32, 1, "INT", "ROW<sum BIGINT NOT NULL, count BIGINT NOT NULL>";
        i64, 1, "BIGINT", "ROW<sum BIGINT NOT NULL, count BIGINT NOT NULL>";
        f32, 1.5, "FLOAT", "ROW<sum DOUBLE NOT NULL, count BIGINT NOT NULL>";
        f64, 1.5, "DOUBLE", "ROW<sum DOUBLE NOT NULL, count BIGINT NOT NULL>"
    }
    keeps::<Sum<Decimal>>("DECIMAL(38, 2)", |sum| sum.add(Decimal(150)));
    keeps::<RetractableSum<Decimal>>("ROW<sum DECIMAL(38, 2), count BIGINT NOT NULL>", |sum| sum.add(Decimal(150)));
    keeps::<DecimalAvg<2>>(
        "ROW<overflowed BOOLEAN NOT NULL, sum DECIMAL(38, 2) NOT NULL, count BIGINT NOT NULL>",
        |avg| avg.add(Decimal(150)),
    );
    keeps::<Distinct<i32, Avg<i32>>>(
        "ROW<total ROW<sum BIGINT NOT NULL, count BIGINT NOT NULL>, \
         seen ARRAY<ROW<value INT NOT NULL, count BIGINT NOT NULL>>>",
        |avg| avg.add(7),
    );
}

#[test]
fn what_is_no_shape_is_refused() {
    for text in ["", "INT NOT", "FOO", "ROW<", "ROW<a INT", "ARRAY<INT", "DECIMAL(a)", "INT INT", "ARRAY<>", "ROW<a>"] {
        assert_eq!(Shape::parse(text), None, "{text}");
    }
}

#[test]
fn damaged_bytes_do_not_fit() {
    assert_eq!(shape("INT").take(&mut &[2, 0, 0, 0, 0][..]), None);
    assert_eq!(shape("STRING NOT NULL").take(&mut &[255, 255, 255, 255, 0][..]), None);
    assert_eq!(shape("ARRAY<INT>").take(&mut &[255; 20][..]), None);
}
