//! What follows from whole notebooks is specified in documents, in the tests of the compiler. Here is what they do not
//! show.

use super::*;
use serde_json::json;

fn table(name: &str, path: &str) -> Value {
    json!({ "table": name, "connector": "filesystem", "path": path })
}

fn group(name: &str, into: &str, from: Value) -> Value {
    json!({
        "operator": name, "cell": 2, "line": 3, "into": into,
        "keys": [{ "value": "a.k", "type": "INT" }],
        "totals": [{ "value": "COUNT(*)", "type": "BIGINT NOT NULL" }],
        "from": from,
    })
}

fn planned(old: &[Value], new: &[Value]) -> Plan {
    let parts = |meanings: &'static str| move |meaning| Part { name: meanings, meaning };
    let old: Vec<Part<'_>> = old.iter().map(parts("part")).collect();
    let new: Vec<Part<'_>> = new.iter().map(parts("part")).collect();
    plan(&old, &new)
}

fn outcomes(plan: &Plan) -> Vec<(Outcome, Option<usize>)> {
    plan.fates.iter().map(|fate| (fate.outcome, fate.old)).collect()
}

#[test]
fn what_is_lost_stops_the_start_unless_that_is_allowed() {
    let plan = planned(&[table("a", "in/a"), table("b", "in/b")], &[table("a", "in/elsewhere")]);
    assert!(!plan.is_complete());
    let error = plan.check("checkpoints/chk-000007", false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert_eq!(
        error.to_string(),
        "the statements have changed, and not all of the state in checkpoints/chk-000007 fits them:\n  \
         table a: refused: it is filesystem in/elsewhere now and was filesystem in/a\n  \
         table b: dropped: nothing reads it any more\n\
         start with --allow-non-restored-state to go on without that, or with --no-restore to begin anew"
    );
    assert_eq!(plan.check("checkpoints/chk-000007", true), Ok(()));
    assert_eq!(plan.state_of(0), None, "what is refused is not read");
}

#[test]
fn nothing_is_said_about_what_is_simply_kept() {
    let from = json!([{ "table": "a" }]);
    let old = [table("a", "in/a"), group("GroupByK", "t", from.clone())];
    let new = [table("a", "in/a"), table("b", "in/b"), group("GroupByRenamed", "t", from)];
    let plan = planned(&old, &new);
    assert_eq!(outcomes(&plan), [(Outcome::Kept, Some(0)), (Outcome::New, None), (Outcome::Kept, Some(1))]);
    assert_eq!(plan.lines().collect::<Vec<_>>(), ["table b: new: reading begins where its options say"]);
    assert_eq!(plan.state_of(2), Some((1, None)));
    assert_eq!(plan.check("x", false), Ok(()));
}

#[test]
fn parts_that_nobody_has_described_are_known_by_name() {
    let nothing = Value::Null;
    let parts = |names: &[&'static str]| -> Vec<Part<'_>> {
        names.iter().map(|name| Part { name, meaning: &nothing }).collect()
    };
    let plan = plan(&parts(&["one", "two"]), &parts(&["two", "three"]));
    assert_eq!(outcomes(&plan), [(Outcome::Kept, Some(1)), (Outcome::New, None), (Outcome::Dropped, Some(0))]);
}

#[test]
fn twins_keep_their_order_and_then_their_targets() {
    let from = || json!([{ "table": "a" }]);
    let twins = planned(
        &[group("One", "t", from()), group("Two", "t", from())],
        &[group("First", "t", from()), group("Second", "t", from())],
    );
    assert_eq!(outcomes(&twins), [(Outcome::Kept, Some(0)), (Outcome::Kept, Some(1))]);
    let moved = planned(
        &[group("One", "t", from()), group("Two", "u", from())],
        &[group("First", "u", from()), group("Second", "t", from())],
    );
    assert_eq!(outcomes(&moved), [(Outcome::Kept, Some(1)), (Outcome::Kept, Some(0))]);
}

#[test]
fn an_operator_belongs_to_the_one_that_feeds_it() {
    let (table, other) = (json!([{ "table": "a", "where": ["a.v > 1"] }]), json!([{ "table": "a" }]));
    let statement = |into: &str, from: &Value| {
        [group("GroupByK", into, from.clone()), group("GroupByK2", into, json!([{ "operator": "GroupByK" }]))]
    };
    let old: Vec<Value> = [statement("t", &table), statement("u", &other)].concat();
    let new: Vec<Value> = [statement("u", &other), statement("t", &table)].concat();
    let outcomes_of = |plan: &Plan| plan.fates.iter().map(|fate| fate.old).collect::<Vec<_>>();
    assert_eq!(outcomes_of(&planned(&old, &new)), [Some(2), Some(3), Some(0), Some(1)]);
    // What is fed by an operator that begins anew would count what it has counted already.
    let mut changed = old.clone();
    changed[0]["keys"][0]["type"] = json!("STRING");
    let plan = planned(&old, &changed);
    assert_eq!(plan.fates[0].outcome, Outcome::Refused);
    assert_eq!(plan.fates[1].reasons, ["it reads what GroupByK computes, which begins anew"]);
}

#[test]
fn time_zones_are_compared_as_far_as_they_are_known() {
    let window = |zone: &str| {
        let mut window = group("TumbleByK", "t", json!([{ "table": "a" }]));
        window["window"] = json!("TUMBLE(size 1 d)");
        window["time"] = json!("a.t");
        window["zone"] = json!(zone);
        window
    };
    let outcome = |old: &str, new: &str| planned(&[window(old)], &[window(new)]).fates[0].outcome;
    assert_eq!(outcome("Europe/Berlin", "UTC"), Outcome::Refused);
    assert_eq!(outcome("Europe/Berlin", "default"), Outcome::Kept);
    assert_eq!(outcome("UTC", "UTC"), Outcome::Kept);
}
