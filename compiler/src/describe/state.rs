//! What the state of an operator means: what checkpoints are matched by when the SQL has changed.
//!
//! Nothing here depends on what is called how, on the order of statements, cells and columns, on how the SQL is
//! formatted, or on the number of workers. (`operator`, `cell`, `line` and `into` are there too, for messages and to
//! tell twins apart.) Which state is whose, and how it is converted, is left to the runtime's
//! [`meaning`](sqlc_runtime::checkpoint::meaning), which reads this.

use super::canonical::Reading;
use crate::emit::{EmittedJob, EmittedOperator};
use crate::plan::Length;
use crate::stream::{Changelog, Flow, Job, OperatorId, Source, Stateful, StatefulKind, StreamPlan, Target, Time};
use crate::text::Sources;
use crate::types::Kind;
use serde_json::{Map, Value, json};

/// The meaning of every stateful operator of a job, upstream first.
pub fn state(plan: &StreamPlan, job: &Job, emitted: &EmittedJob, sources: &Sources) -> Vec<Value> {
    let describe = Describe { plan, job, emitted, sources };
    (0..job.operators.len()).map(|index| describe.operator(OperatorId(index))).collect()
}

struct Describe<'a> {
    plan: &'a StreamPlan,
    job: &'a Job,
    emitted: &'a EmittedJob,
    sources: &'a Sources,
}

impl Describe<'_> {
    fn operator(&self, id: OperatorId) -> Value {
        let (operator, emitted) = (self.job.operator(id), &self.emitted.operators[id.0]);
        let mut flows: Vec<(Value, Reading)> = self
            .job
            .flows_into(id)
            .map(|flow| {
                let reading = Reading::of(self.plan, self.job, flow);
                (self.input(flow, &reading), reading)
            })
            .collect();
        // The order of the inputs of UNION ALL means nothing.
        flows.sort_by_key(|(input, _)| input.to_string());
        let readings: Vec<&Reading> = flows.iter().map(|(_, reading)| reading).collect();
        let mut meaning = Map::new();
        let mut say = |name: &str, value: Value| meaning.insert(name.to_owned(), value);
        let origin = self.sources.origin(operator.span);
        say("operator", json!(emitted.name));
        say("cell", json!(origin.cell));
        say("line", json!(origin.line));
        if let Target::Insert { table, .. } = self.job.target {
            say("into", json!(self.plan.tables[table.0].name));
        }
        match &operator.kind {
            StatefulKind::Window { shape, time, .. } => {
                say("window", json!(shape.to_string()));
                say("time", in_each(&readings, |reading| reading.time(*time)));
                if self.follows_the_wall_clock(*time) {
                    let zone = self.job.settings.get("table.local-time-zone");
                    say("zone", json!(zone.map_or("default", |zone| zone)));
                }
            }
            StatefulKind::Group { retention, .. } => {
                if let Some(millis) = retention {
                    let millis = i64::try_from(*millis).unwrap_or(i64::MAX);
                    say("retention", json!(Length(millis).to_string()));
                }
            }
        }
        say("keys", Value::Array(keys(operator, emitted, &readings)));
        say("totals", Value::Array(totals(operator, emitted, &readings)));
        if operator.changelog != Changelog::InsertOnly {
            say("updates", json!(true));
        }
        say("from", Value::Array(flows.into_iter().map(|(input, _)| input).collect()));
        Value::Object(meaning)
    }

    /// `{"table": "orders", "where": [...]}`.
    fn input(&self, flow: &Flow, reading: &Reading) -> Value {
        let mut input = Map::new();
        match &flow.from {
            Source::Scan { scan, .. } => {
                let table = &self.plan.tables[self.plan.scans[scan.0].table.0];
                input.insert("table".to_owned(), json!(table.name));
            }
            Source::Operator(id) => {
                input.insert("operator".to_owned(), json!(self.emitted.operators[id.0].name));
            }
            Source::Values { rows, .. } => {
                let nothing = |_| String::new();
                let rows = rows.iter().map(|row| {
                    row.iter().map(|value| value.display(&nothing).to_string()).collect::<Vec<_>>().join(", ")
                });
                input.insert("values".to_owned(), json!(rows.collect::<Vec<_>>()));
            }
        }
        if !reading.conditions.is_empty() {
            input.insert("where".to_owned(), json!(reading.conditions));
        }
        Value::Object(input)
    }

    /// Whether windows lie elsewhere in another time zone.
    fn follows_the_wall_clock(&self, time: Time) -> bool {
        match time {
            Time::Event(id) => matches!(self.job.column(id).ty.kind, Kind::TimestampLtz(_)),
            Time::Processing => true,
        }
    }
}

fn keys(operator: &Stateful, emitted: &EmittedOperator, readings: &[&Reading]) -> Vec<Value> {
    let keys = operator.keys.iter().zip(&emitted.keys);
    keys.map(|(id, ty)| part(in_each(readings, |reading| reading.value(*id)), ty)).collect()
}

fn totals(operator: &Stateful, emitted: &EmittedOperator, readings: &[&Reading]) -> Vec<Value> {
    let mut calls = operator.calls.iter();
    let totals = emitted.totals.iter().map(|ty| {
        let value = match calls.next() {
            Some((_, call)) => in_each(readings, |reading| reading.call(call)),
            None => json!("rows that were not taken back"),
        };
        part(value, ty)
    });
    totals.collect()
}

fn part(value: Value, ty: &str) -> Value {
    json!({ "value": value, "type": ty })
}

/// One text if all flows agree, else one for each of them.
fn in_each(readings: &[&Reading], text: impl Fn(&Reading) -> String) -> Value {
    let texts: Vec<String> = readings.iter().map(|reading| text(reading)).collect();
    match texts.split_first() {
        Some((first, rest)) if rest.iter().all(|text| text == first) => json!(first),
        _ => json!(texts),
    }
}
