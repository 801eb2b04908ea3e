//! Slices under random steps, against a map from key and slice to value.

use super::*;
use crate::value::Text;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug)]
enum Step {
    Add {
        key: u8,
        slice: i64,
    },
    DropOldest,
    /// Folds a slice into the one before it.
    Fold {
        slice: i64,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Time moves on, so that slices come, grow old and go; a few rows are far behind or ahead.
    let add = (0u8..40, -6i64..3).prop_map(|(key, slice)| Step::Add { key, slice });
    let fold = (-6i64..3).prop_map(|slice| Step::Fold { slice });
    let drift = |(place, step): (usize, Step)| match step {
        Step::Add { key, slice } => Step::Add { key, slice: slice + place as i64 / 12 },
        Step::Fold { slice } => Step::Fold { slice: slice + place as i64 / 12 },
        Step::DropOldest => Step::DropOldest,
    };
    prop::collection::vec(prop_oneof![16 => add, 2 => Just(Step::DropOldest), 1 => fold], 0..300)
        .prop_map(move |steps| steps.into_iter().enumerate().map(drift).collect())
}

/// Some keys are short texts, some are long ones.
fn name(key: u8) -> String {
    "k".repeat(usize::from(key)) + &key.to_string()
}

type Model = BTreeMap<(String, i64), u32>;

fn run(steps: Vec<Step>) -> (Slices<Text, u32>, Model) {
    let (mut slices, mut model) = (Slices::<Text, u32>::default(), Model::new());
    for step in steps {
        let starts: BTreeSet<i64> = model.keys().map(|(_, start)| *start).collect();
        match step {
            Step::Add { key, slice } => {
                let name = name(key);
                *slices.value(hash(&name.as_str()), slice, |own| **own == *name, || Text::new(&name)) += 1;
                *model.entry((name, slice)).or_default() += 1;
            }
            Step::DropOldest => {
                slices.drop_oldest();
                model.retain(|(_, start), _| Some(start) != starts.first());
            }
            Step::Fold { slice } => {
                let before = starts.range(..slice).next_back().copied();
                let Some(into) = before.filter(|_| starts.contains(&slice)) else { continue };
                let merge = |value: &mut u32, other: &u32| {
                    *value += *other;
                    Ok::<(), ()>(())
                };
                slices.fold(slice, into, merge).expect("nothing fails");
                for ((name, _), value) in model.extract_if(.., |(_, start), _| *start == slice).collect::<Vec<_>>() {
                    *model.entry((name, into)).or_default() += value;
                }
            }
        }
    }
    (slices, model)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn slices_are_a_map_from_key_and_slice(steps in steps(), start in -6i64..30, length in 0i64..12) {
        let (mut slices, model) = run(steps);
        let starts: BTreeSet<i64> = model.keys().map(|(_, start)| *start).collect();
        let names: BTreeSet<&String> = model.keys().map(|(name, _)| name).collect();
        prop_assert_eq!(slices.oldest(), starts.first().copied());
        prop_assert_eq!(slices.keys(), names.len());

        let mut all = Model::new();
        let mut repeated = false;
        slices.each_value(|key, start, value| {
            repeated |= all.insert((key.to_string(), start), *value).is_some();
            Ok::<(), ()>(())
        }).expect("nothing fails");
        prop_assert!(!repeated);
        prop_assert_eq!(&all, &model);

        let mut found: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        slices.each_key(start, start + length, |key, values| {
            assert_eq!(values.len(), values.size_hint().1.expect("a known number"));
            let values: Vec<u32> = values.copied().collect();
            assert!(!values.is_empty() && found.insert(key.to_string(), values).is_none());
            Ok::<(), ()>(())
        }).expect("nothing fails");
        let mut expected: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for ((name, _), value) in model.iter().filter(|((_, slice), _)| (start..start + length).contains(slice)) {
            expected.entry(name.clone()).or_default().push(*value);
        }
        prop_assert_eq!(found, expected);

        // Everything can be taken out again, from either end of a key's values.
        slices.each_key(i64::MIN, i64::MAX, |key, values| {
            let backwards: Vec<u32> = values.rev().copied().collect();
            let mut forwards: Vec<u32> = model.iter().filter(|((name, _), _)| **name == **key).map(|(_, v)| *v).collect();
            forwards.reverse();
            assert_eq!(backwards, forwards);
            Ok::<(), ()>(())
        }).expect("nothing fails");
        for _ in &starts {
            slices.drop_oldest();
        }
        prop_assert_eq!((slices.keys(), slices.oldest()), (0, None));
    }
}
