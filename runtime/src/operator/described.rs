//! Operators write what the description of their state says, so that another version of the application can convert it.

use super::group::GroupAggregate;
use super::session::SessionAggregate;
use super::testing::{ByName, Reading, seconds};
use super::window::WindowAggregate;
use super::{Drain, KeyedOperator};
use crate::checkpoint::meaning::{Converter, Part, Plan, plan};
use crate::row::RowKind;
use crate::state::{Blocks, hash};
use crate::value::Millis;
use crate::window::Assigner;
use serde_json::{Value, json};

/// The meaning of an aggregation by name in a window, its totals in this order or in the opposite one.
fn meaning(window: Option<&str>, is_reversed: bool) -> Value {
    let mut totals = vec![
        json!({ "value": "COUNT(*)", "type": "BIGINT NOT NULL" }),
        json!({ "value": "SUM(t.value)", "type": "DOUBLE" }),
        json!({ "value": "AVG(t.value)", "type": "ROW<sum DOUBLE NOT NULL, count BIGINT NOT NULL>" }),
        json!({ "value": "MAX(t.value)", "type": "DOUBLE" }),
        json!({
            "value": "COUNT(DISTINCT t.value)",
            "type": "ROW<total BIGINT NOT NULL, seen ARRAY<ROW<value DOUBLE NOT NULL, count BIGINT NOT NULL>>>",
        }),
    ];
    if is_reversed {
        totals.reverse();
    }
    json!({
        "operator": "ByName", "cell": 1, "line": 1, "into": "sink", "window": window, "time": "t.time",
        "keys": [{ "value": "t.name", "type": "STRING" }], "totals": totals, "from": [{ "table": "t" }],
    })
}

fn converter(plan: &Plan) -> &Converter {
    plan.state_of(0).and_then(|(_, converter)| converter).expect("totals in another order are converted")
}

/// Every block of an operator with some keys can be converted, and converted back.
fn is_described<O>(mut operator: O, window: Option<&str>)
where
    O: Drain + for<'a> KeyedOperator<Input<'a> = Reading<'a>>,
{
    let names: Vec<Option<String>> = (0..150).map(|number| (number > 0).then(|| format!("name {number}"))).collect();
    for number in 0..2_000 {
        let value = (number % 3 > 0).then_some(f64::from(number % 7));
        let name = names[(number * 37) as usize % names.len()].as_deref();
        let input = Reading { name, value, time: seconds(f64::from(number / 20)) };
        operator.process(hash(&name), RowKind::Insert, &input).unwrap();
    }
    operator.drain(|_| Ok(())).unwrap();
    let (mut blocks, mut head) = (Blocks::default(), Vec::new());
    let count = operator.begin_snapshot(&mut head, false).unwrap();
    while operator.snapshot(&mut blocks, 1_000) {}
    assert!(count > 1);
    assert_eq!(blocks.iter().count(), count as usize);
    let (forward, backward) = (meaning(window, false), meaning(window, true));
    let (forward, backward) = (Part { name: "", meaning: &forward }, Part { name: "", meaning: &backward });
    let (there, back) = (plan(&[forward], &[backward]), plan(&[backward], &[forward]));
    for (number, block) in blocks.iter() {
        let converted = converter(&there).convert(block).unwrap_or_else(|| panic!("block {number} of {window:?}"));
        assert_ne!(converted, block);
        assert_eq!(converter(&back).convert(&converted).as_deref(), Some(block), "block {number} of {window:?}");
    }
}

#[test]
fn operators_write_what_their_description_says() {
    let (slide, size) = (Millis(10_000), Millis(60_000));
    is_described(WindowAggregate::<ByName>::new(Assigner::hop(slide, size)), Some("HOP(slide 10 s, size 1 min)"));
    is_described(SessionAggregate::<ByName>::new(Millis(2_000)), Some("SESSION(gap 2 s)"));
    is_described(GroupAggregate::<ByName>::new(), None);
}
