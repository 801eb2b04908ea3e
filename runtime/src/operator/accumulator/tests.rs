//! Expected values are those of Flink 2.3 for the same columns.

use super::*;
use crate::value::{Decimal, Text};
use proptest::prelude::*;

fn sum<T: Summand>(values: &[Option<T>]) -> Option<T> {
    let mut sum = Sum::default();
    values.iter().for_each(|value| sum.add(*value));
    sum.value()
}

fn avg<T: Mean>(values: &[Option<T>]) -> Option<T> {
    let mut avg = Avg::default();
    values.iter().for_each(|value| avg.add(*value));
    avg.value()
}

fn decimal_avg<const SCALE: u32>(values: &[i128]) -> Option<i128> {
    let mut avg = DecimalAvg::<SCALE>::default();
    values.iter().for_each(|value| avg.add(Decimal(*value)));
    avg.value().map(|value| value.0)
}

#[test]
fn sums_of_integers_wrap_in_their_own_type() {
    assert_eq!(sum(&[Some(i32::MAX), Some(2)]), Some(-2147483647));
    assert_eq!(sum(&[Some(i32::MAX), Some(2), None, Some(-7)]), Some(2147483642));
    assert_eq!(sum(&[Some(127i8), Some(1)]), Some(-128));
    assert_eq!(sum(&[Some(i64::MAX), Some(5)]), Some(-9223372036854775804));
    assert_eq!(sum::<i32>(&[None]), None);
}

#[test]
fn averages_of_integers_add_up_as_bigint_and_truncate() {
    assert_eq!(avg(&[Some(i32::MAX), Some(2)]), Some(1073741824));
    assert_eq!(avg(&[Some(127i8), Some(1), None, Some(-3)]), Some(41));
    assert_eq!(avg(&[Some(i64::MAX), Some(5)]), Some(-4611686018427387902));
    assert_eq!(avg(&[Some(-7), Some(0)]), Some(-3));
    assert_eq!(avg::<i64>(&[None]), None);
}

#[test]
fn floating_sums_are_plain_additions_and_float_averages_go_through_double() {
    let floats = [Some(0.1f32), Some(0.2), Some(0.3), Some(16777216.0), Some(1.0)];
    assert_eq!((sum(&floats[..2]), avg(&floats[..2])), (Some(0.3), Some(0.15)));
    assert_eq!((sum(&floats[..3]), avg(&floats[..3])), (Some(0.6), Some(0.2)));
    assert_eq!((sum(&floats), avg(&floats)), (Some(1.6777216e7), Some(3355443.5)));
    let doubles = [Some(0.1f64), Some(0.2), Some(0.3), Some(9007199254740993.0), Some(1.0)];
    assert_eq!((sum(&doubles[..2]), avg(&doubles[..2])), (Some(0.30000000000000004), Some(0.15000000000000002)));
    assert_eq!((sum(&doubles), avg(&doubles)), (Some(9.007199254740992e15), Some(1.8014398509481985e15)));
    assert_eq!(sum(&[Some(-0.0f64)]).map(f64::to_bits), Some((-0.0f64).to_bits()));
    assert_eq!(avg(&[Some(-0.0f64)]).map(f64::to_bits), Some(0.0f64.to_bits()));
}

#[test]
fn a_decimal_sum_that_overflows_begins_anew() {
    let most = 10i128.pow(38) - 1;
    let values = [most, 1, 5, 7].map(|value| Some(Decimal(value)));
    let sums: Vec<_> = (1..=4).map(|count| sum(&values[..count]).map(|sum| sum.0)).collect();
    assert_eq!(sums, [Some(most), None, Some(5), Some(12)]);
}

#[test]
fn decimal_averages_have_six_digits_or_more_and_round_half_up() {
    assert_eq!(decimal_avg::<2>(&[101, 202, 304]), Some(2_023_333));
    assert_eq!(decimal_avg::<2>(&[-5, 0]), Some(-25_000));
    assert_eq!(decimal_avg::<10>(&[10_000_000_001, 20_000_000_001]), Some(15_000_000_001));
    assert_eq!(decimal_avg::<10>(&[10_000_000_001, 20_000_000_001, 20_000_000_002]), Some(16_666_666_668));
    assert_eq!(decimal_avg::<10>(&[-5, 0]), Some(-3));
    assert_eq!(decimal_avg::<0>(&[1, 1, 0]), Some(666_667));
    assert_eq!(decimal_avg::<0>(&[-5, 0]), Some(-2_500_000));
    assert_eq!(decimal_avg::<0>(&[]), None);
    let most = 10i128.pow(38) - 1;
    assert_eq!(decimal_avg::<0>(&[most]), None, "there are no six digits left");
    assert_eq!(decimal_avg::<0>(&[most, 1, 5, 7]), None);
    assert_eq!(decimal_avg::<38>(&[most, -most, most]), Some(33333333333333333333333333333333333333));
}

#[test]
fn extremes_compare_texts_by_bytes_and_keep_nan_where_it_came_first() {
    let (mut min, mut max) = (Min::<Text>::default(), Max::<Text>::default());
    for text in [Some("b"), None, Some("a"), Some("é")] {
        min.add(text);
        max.add(text);
    }
    assert_eq!((min.value(), max.value()), (Some("a"), Some("é")));
    let (mut min, mut max) = (Min::<f64>::default(), Max::<f64>::default());
    for value in [f64::NAN, 1.5, f64::NEG_INFINITY] {
        min.add(value);
        max.add(value);
    }
    assert!(min.value().is_some_and(f64::is_nan) && max.value().is_some_and(f64::is_nan));
    assert_eq!(Min::<i32>::default().value(), None);
}

#[test]
fn retractable_extremes_order_nan_last_and_negative_zero_first() {
    let (mut min, mut max) = (RetractableMin::<f64>::default(), RetractableMax::<f64>::default());
    let mut seen = Vec::new();
    for value in [f64::NAN, 1.5, -0.0, 0.0, f64::NAN, f64::NEG_INFINITY, 0.0] {
        min.add(value);
        max.add(value);
        seen.push(format!("{:?} {:?}", min.value().unwrap(), max.value().unwrap()));
    }
    assert_eq!(seen, ["NaN NaN", "1.5 NaN", "-0.0 NaN", "-0.0 NaN", "-0.0 NaN", "-inf NaN", "-inf NaN"]);
    min.subtract(f64::NEG_INFINITY);
    max.subtract(f64::NAN);
    assert_eq!(format!("{:?} {:?}", min.value().unwrap(), max.value().unwrap()), "-0.0 NaN");
    max.subtract(f64::NAN);
    assert_eq!(max.value(), Some(1.5));
}

#[test]
fn thousands_of_values_keep_their_order() {
    let (mut min, mut max) = (RetractableMin::<i32>::default(), RetractableMax::<i32>::default());
    let values: Vec<i32> = (0..5_000).map(|number| number * 1_237 % 5_003).collect();
    for value in &values {
        min.add(*value);
        max.add(*value);
    }
    let mut sorted = values.clone();
    sorted.sort_unstable();
    for (least, greatest) in sorted.iter().zip(sorted.iter().rev()) {
        assert_eq!((min.value(), max.value()), (Some(*least), Some(*greatest)));
        min.subtract(*least);
        max.subtract(*greatest);
    }
    assert_eq!((min.value(), max.value()), (None, None));
}

#[test]
fn distinct_doubles_tell_zeros_apart_but_not_nans() {
    let mut distinct = Distinct::<f64, Count>::default();
    let mut counts = Vec::new();
    for value in [f64::NAN, 1.5, -0.0, 0.0, f64::NAN, f64::NEG_INFINITY, 0.0] {
        distinct.add(value);
        counts.push(distinct.value());
    }
    assert_eq!(counts, [1, 2, 3, 4, 4, 5, 5]);
}

#[test]
fn distinct_gives_a_value_back_with_its_last_copy() {
    let mut sum = Distinct::<i32, RetractableSum<i32>>::default();
    for value in [Some(3), Some(3), None, Some(4)] {
        sum.add(value);
    }
    sum.subtract(3);
    assert_eq!(sum.value(), Some(7));
    sum.subtract(3);
    assert_eq!(sum.value(), Some(4));
    sum.subtract(4);
    assert_eq!(sum.value(), None);
}

/// Everything that can be said about a list of values, in one line.
fn all(values: &[Option<i32>]) -> All {
    let mut all = All::default();
    for value in values {
        all.count.add(*value);
        all.sum.add(*value);
        all.avg.add(*value);
        all.min.add(*value);
        all.max.add(*value);
        all.distinct.add(*value);
        all.least.add(*value);
        all.greatest.add(*value);
    }
    all
}

#[derive(Clone, Default)]
struct All {
    count: Count,
    sum: RetractableSum<i32>,
    avg: Avg<i32>,
    min: Min<i32>,
    max: Max<i32>,
    distinct: Distinct<i32, RetractableSum<i32>>,
    least: RetractableMin<i32>,
    greatest: RetractableMax<i32>,
}

impl All {
    fn merge(mut self, other: &All) -> All {
        self.count.merge(&other.count);
        self.sum.merge(&other.sum);
        self.avg.merge(&other.avg);
        self.min.merge(&other.min);
        self.max.merge(&other.max);
        self.distinct.merge(&other.distinct);
        self.least.merge(&other.least);
        self.greatest.merge(&other.greatest);
        self
    }

    fn values(&self) -> (i64, [Option<i32>; 7]) {
        let extremes = [self.min.value(), self.max.value(), self.least.value(), self.greatest.value()];
        let [min, max, least, greatest] = extremes;
        let values = [self.sum.value(), self.avg.value(), min, max, self.distinct.value(), least, greatest];
        (self.count.value(), values)
    }
}

fn values() -> impl Strategy<Value = Vec<Option<i32>>> {
    prop::collection::vec(prop::option::of(prop_oneof![-3..3, any::<i32>()]), 0..12)
}

proptest! {
    #[test]
    fn merging_is_associative_and_the_same_as_adding(a in values(), b in values(), c in values()) {
        let (left, right) = (all(&a).merge(&all(&b)).merge(&all(&c)), all(&a).merge(&all(&b).merge(&all(&c))));
        let together = all(&[a, b, c].concat());
        prop_assert_eq!(left.values(), right.values());
        prop_assert_eq!(left.values(), together.values());
    }

    #[test]
    fn what_is_taken_back_leaves_no_trace(kept in values(), gone in values()) {
        let mut changed = all(&[gone.clone(), kept.clone()].concat());
        for value in gone {
            changed.count.subtract(value);
            changed.sum.subtract(value);
            changed.avg.subtract(value);
            changed.distinct.subtract(value);
            changed.least.subtract(value);
            changed.greatest.subtract(value);
        }
        let fresh = all(&kept);
        changed.min = fresh.min.clone();
        changed.max = fresh.max.clone();
        prop_assert_eq!(changed.values(), fresh.values());
    }
}
