use super::super::{Part, plan};
use super::*;
use crate::operator::accumulator::{Avg, Count, DecimalAvg, Distinct, Max, RetractableMin, Sum};
use crate::row::Codec;
use crate::value::{Decimal, Text};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A field of a key or accumulator in an old version and in a new one, made from the same values.
struct Kind {
    old: &'static str,
    new: &'static str,
    encode: fn(&[i32]) -> Both,
}

/// The old bytes and the new ones.
type Both = (Vec<u8>, Vec<u8>);

fn both<'a, 'b>(old: &impl Codec<'a>, new: &impl Codec<'b>) -> Both {
    let (mut one, mut other) = (Vec::new(), Vec::new());
    old.encode(&mut one);
    new.encode(&mut other);
    (one, other)
}

macro_rules! accumulator {
    ($old:ty, $old_shape:expr, $new:ty, $new_shape:expr, $from:expr, $to:expr) => {
        Kind {
            old: $old_shape,
            new: $new_shape,
            encode: |values| {
                let (mut old, mut new) = (<$old>::default(), <$new>::default());
                for value in values {
                    old.add(Some($from(*value)));
                    new.add(Some($to(*value)));
                }
                both(&old, &new)
            },
        }
    };
}

const AVG: &str = "ROW<sum BIGINT NOT NULL, count BIGINT NOT NULL>";

fn totals() -> Vec<Kind> {
    vec![
        accumulator!(Count, "BIGINT NOT NULL", Count, "BIGINT NOT NULL", |v: i32| v, |v: i32| v),
        accumulator!(Sum<i32>, "INT", Sum<i64>, "BIGINT", |v: i32| v, i64::from),
        accumulator!(Sum<i64>, "BIGINT", Sum<i64>, "BIGINT", i64::from, i64::from),
        accumulator!(Avg<i32>, AVG, Avg<i64>, AVG, |v: i32| v, i64::from),
        accumulator!(
            DecimalAvg<2>,
            "ROW<overflowed BOOLEAN NOT NULL, sum DECIMAL(38, 2) NOT NULL, count BIGINT NOT NULL>",
            DecimalAvg<4>,
            "ROW<overflowed BOOLEAN NOT NULL, sum DECIMAL(38, 4) NOT NULL, count BIGINT NOT NULL>",
            |v: i32| Decimal(v.into()),
            |v: i32| Decimal(i128::from(v) * 100)
        ),
        accumulator!(
            RetractableMin<i32>,
            "ARRAY<ARRAY<ROW<value INT NOT NULL, count BIGINT NOT NULL>>>",
            RetractableMin<i64>,
            "ARRAY<ARRAY<ROW<value BIGINT NOT NULL, count BIGINT NOT NULL>>>",
            |v: i32| v,
            i64::from
        ),
        // One value: several are in no order.
        accumulator!(
            Distinct<i32, Count>,
            "ROW<total BIGINT NOT NULL, seen ARRAY<ROW<value INT NOT NULL, count BIGINT NOT NULL>>>",
            Distinct<i64, Count>,
            "ROW<total BIGINT NOT NULL, seen ARRAY<ROW<value BIGINT NOT NULL, count BIGINT NOT NULL>>>",
            |_: i32| 7i32,
            |_: i32| 7i64
        ),
        Kind {
            old: "VARCHAR(40)",
            new: "STRING",
            encode: |values| {
                let mut max = Max::<Text>::default();
                values.iter().for_each(|value| max.add(Some(format!("{value:030}").as_str())));
                both(&max, &max)
            },
        },
    ]
}

fn keys() -> Vec<Kind> {
    vec![
        Kind {
            old: "INT",
            new: "BIGINT",
            encode: |values| both(&values.first().copied(), &values.first().map(|v| i64::from(*v))),
        },
        Kind {
            old: "INT NOT NULL",
            new: "INT",
            encode: |values| both(&(values.len() as i32), &Some(values.len() as i32)),
        },
        Kind {
            old: "VARCHAR(9) NOT NULL",
            new: "STRING NOT NULL",
            encode: |values| {
                let text = Text::from(format!("{values:?}").as_str());
                both(&text, &text)
            },
        },
        Kind {
            old: "BOOLEAN NOT NULL",
            new: "BOOLEAN NOT NULL",
            encode: |values| both(&values.is_empty(), &values.is_empty()),
        },
    ]
}

const LAYOUTS: [(Layout, Option<&str>); 3] =
    [(Layout::Window, Some("TUMBLE(size 1 h)")), (Layout::Session, Some("SESSION(gap 1 h)")), (Layout::Group, None)];

/// The meaning of an operator with these fields, by their numbers: what number they have is what they compute.
fn meaning(window: Option<&str>, keys: &[(usize, &str)], totals: &[(usize, &str)]) -> Value {
    let fields = |of: &[(usize, &str)]| -> Vec<Value> {
        of.iter().map(|(number, shape)| json!({ "value": format!("f{number}"), "type": shape })).collect()
    };
    json!({
        "operator": "O", "cell": 1, "line": 2, "into": "t", "window": window, "time": "a.time",
        "keys": fields(keys), "totals": fields(totals), "from": [{ "table": "a" }],
    })
}

/// A block with some keys: the key of each, and the values that each of its accumulators has seen.
fn block(
    layout: Layout,
    entries: &[(Vec<i32>, Vec<Vec<i32>>)],
    key: impl Fn(&[i32], &mut Vec<u8>),
    totals: impl Fn(&[i32], &mut Vec<u8>),
) -> Vec<u8> {
    let mut out = vec![entries.len() as u8];
    entries.iter().for_each(|(values, _)| key(values, &mut out));
    for (_, accumulators) in entries {
        match layout {
            Layout::Window => (accumulators.len() as u32).encode(&mut out),
            Layout::Session => (accumulators.len() as u64).encode(&mut out),
            Layout::Group => {}
        }
        let one_of_a_group = if layout == Layout::Group { 1 } else { accumulators.len() };
        for (number, values) in accumulators.iter().take(one_of_a_group).enumerate() {
            (number as i64).encode(&mut out);
            if layout == Layout::Session {
                (number as i64 + 5).encode(&mut out);
                (number as u64 + 9).encode(&mut out);
            }
            totals(values, &mut out);
        }
    }
    out
}

fn values() -> impl Strategy<Value = Vec<i32>> {
    prop::collection::vec(any::<i16>().prop_map(i32::from), 0..4)
}

fn some_of(length: usize) -> impl Strategy<Value = Vec<usize>> {
    prop::sample::subsequence((0..length).collect::<Vec<_>>(), 1..=length).prop_shuffle()
}

proptest! {
    /// What is converted is what the new version would have written, had it seen what the old one saw: apart from the
    /// functions that were added, which have seen nothing.
    #[test]
    fn converted_blocks_are_those_of_the_new_version(
        layout in 0..3usize,
        entries in prop::collection::vec((values(), prop::collection::vec(values(), 1..4)), 0..5),
        old_keys in some_of(4),
        key_order in any::<prop::sample::Index>(),
        old_totals in some_of(8),
        new_totals in some_of(8),
    ) {
        let (layout, window) = LAYOUTS[layout];
        let (keys, totals) = (keys(), totals());
        let mut new_keys = old_keys.clone();
        new_keys.rotate_left(key_order.index(old_keys.len()));
        prop_assume!(new_totals.iter().any(|number| old_totals.contains(number)));
        let shapes = |of: &[usize], kinds: &[Kind], new: bool| -> Vec<(usize, &'static str)> {
            of.iter().map(|number| (*number, if new { kinds[*number].new } else { kinds[*number].old })).collect()
        };
        let old = meaning(window, &shapes(&old_keys, &keys, false), &shapes(&old_totals, &totals, false));
        let new = meaning(window, &shapes(&new_keys, &keys, true), &shapes(&new_totals, &totals, true));
        let plan = plan(&[Part { name: "old", meaning: &old }], &[Part { name: "new", meaning: &new }]);
        let Some((0, converter)) = plan.state_of(0) else { panic!("{plan:?}") };
        let before = block(
            layout,
            &entries,
            |values, out| old_keys.iter().for_each(|number| out.extend((keys[*number].encode)(values).0)),
            |values, out| old_totals.iter().for_each(|number| out.extend((totals[*number].encode)(values).0)),
        );
        let after = block(
            layout,
            &entries,
            |values, out| new_keys.iter().for_each(|number| out.extend((keys[*number].encode)(values).1)),
            |values, out| new_totals.iter().for_each(|number| {
                let seen = if old_totals.contains(number) { values } else { &[] };
                out.extend((totals[*number].encode)(seen).1);
            }),
        );
        match converter {
            Some(converter) => {
                prop_assert_eq!(converter.convert(&before), Some(after));
                let cut = &before[..before.len() - 1];
                prop_assert_eq!(converter.convert(cut), None);
            }
            None => prop_assert_eq!(before, after),
        }
    }
}

#[test]
fn damaged_blocks_are_refused() {
    let shape = |text: &str| Shape::parse(text).unwrap();
    let converter = Converter {
        layout: Layout::Window,
        key: Struct { old: vec![shape("INT NOT NULL")], new: vec![Field::Old(0, shape("BIGINT NOT NULL"))] },
        totals: Struct { old: vec![shape("INT")], new: vec![Field::Old(0, shape("INT"))] },
    };
    for bytes in [&[][..], &[1], &[1, 0, 0, 0, 0], &[1, 0, 0, 0, 0, 255, 255, 255, 255], &[0, 0], &[255; 300]] {
        assert_eq!(converter.convert(bytes), None, "{bytes:?}");
    }
    assert_eq!(converter.convert(&[0]), Some(vec![0]));
}
