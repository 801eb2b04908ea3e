use super::*;
use crate::value::Text;

fn add(slices: &mut Slices<Text, i64>, name: &str, start: i64) {
    *slices.value(hash(&name), start, |own| **own == *name, || Text::new(name)) += 1;
}

fn between(slices: &mut Slices<Text, i64>, start: i64, end: i64) -> Vec<String> {
    let mut lines = Vec::new();
    slices
        .each_key(start, end, |key, values| {
            lines.push(format!("{}{:?}", &**key, values.copied().collect::<Vec<_>>()));
            Ok::<(), ()>(())
        })
        .expect("nothing fails");
    lines
}

#[test]
fn a_key_has_a_value_in_each_slice_it_touched() {
    let mut slices = Slices::default();
    for (name, start) in [("a", 10), ("b", 30), ("a", 30), ("a", 20), ("b", 10), ("a", 10), ("a", 0)] {
        add(&mut slices, name, start);
    }
    assert_eq!(between(&mut slices, 0, 40), ["a[1, 2, 1, 1]", "b[1, 1]"]);
    assert_eq!(between(&mut slices, 20, 30), ["a[1]"]);
    slices.drop_oldest();
    assert_eq!(slices.oldest(), Some(10));
    slices.drop_oldest();
    assert_eq!(between(&mut slices, 0, 40), ["a[1, 1]", "b[1]"]);
    slices.drop_oldest();
    slices.drop_oldest();
    assert_eq!((slices.keys(), slices.oldest()), (0, None));
}

#[test]
fn the_place_of_a_forgotten_key_is_used_again() {
    let mut keys = Keys::<&str, i32>::default();
    let [a, b] = ["a", "b"].map(|name| keys.insert(hash(&name), name, 0));
    assert_eq!(keys.remove(a), Some(("a", 0)));
    assert_eq!(keys.find(hash(&"a"), |own| *own == "a"), None);
    assert_eq!(keys.insert(hash(&"c"), "c", 1), a);
    assert_eq!(keys.find(hash(&"b"), |own| *own == "b"), Some(b));
    assert_eq!((keys.len(), keys.places()), (2, 2));
}

#[test]
fn few_keys_among_many_are_found_without_looking_at_all() {
    let mut slices = Slices::default();
    for number in 0..1000 {
        add(&mut slices, &format!("k{number}"), 10);
    }
    for name in ["k7", "k3", "k7"] {
        add(&mut slices, name, 20);
    }
    assert_eq!(between(&mut slices, 20, 30), ["k3[1]", "k7[2]"]);
    assert_eq!(between(&mut slices, 10, 30).len(), 1000);
}

#[test]
fn doubles_as_keys_tell_zeros_apart_but_not_nans() {
    assert_eq!(DoubleKey::from(f64::NAN), DoubleKey::from(-f64::NAN));
    assert_ne!(DoubleKey::from(0.0), DoubleKey::from(-0.0));
    assert_eq!(DoubleKey::from(1.5).value(), 1.5);
    assert_eq!(hash(&FloatKey::from(f32::NAN)), hash(&FloatKey::from(-f32::NAN)));
}

/// Hours of keys that come and go, with a few that stay: the table is no larger at the end than it was near the
/// beginning, although keys are spread over all of it.
#[test]
fn a_table_does_not_grow_while_keys_come_and_go() {
    let mut slices = Slices::<u64, u64>::default();
    let mut random = 1u64;
    let mut sizes = Vec::new();
    for slice in 0..60 {
        for _ in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Of four rows one is of a key that always comes again.
            let key = if random >> 62 == 0 { random >> 32 & 0xFFF } else { random >> 20 };
            *slices.value(hash(&key), slice, |own| *own == key, || key) += 1;
        }
        sizes.push((slices.places(), slices.keys()));
        if slice >= 6 {
            slices.drop_oldest();
        }
    }
    let alive = sizes.iter().map(|(_, keys)| *keys).max().unwrap_or_default();
    assert!(sizes.iter().all(|((keys, older), _)| *keys <= alive + alive / 50 && *older < 7 * 4_096), "{sizes:?}");
    assert!(sizes[59].0.0 <= sizes[10].0.0 + alive / 50, "{sizes:?}");
    while slices.oldest().is_some() {
        slices.drop_oldest();
    }
    assert_eq!(slices.places(), (0, 0));
}

#[test]
fn what_is_written_before_its_turn_waits_to_be_taken() {
    let mut slices = Slices::default();
    for number in 0..1000 {
        add(&mut slices, &format!("k{number}"), 10);
    }
    slices.begin_snapshot(false);
    assert_eq!(slices.early(), 0);
    add(&mut slices, "k500", 10);
    let one = slices.early();
    add(&mut slices, "k501", 10);
    assert!(one > 0 && slices.early() == one, "both are in one block");
    add(&mut slices, "k1", 10);
    assert!(slices.early() > one);
    assert!(slices.snapshot(&mut Blocks::default(), 1));
    assert_eq!(slices.early(), 0);
}
