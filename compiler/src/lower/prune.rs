//! Law: a value that nobody reads is not computed, a column that nobody reads is not decoded, and a value that only
//! rows behind a filter need is computed behind that filter.
//!
//! Pattern: the needs of every target, carried backwards through flows and operators. Rewrite: steps, calls and
//! scanned columns without a need go; what remains of the steps is put as late as its first reader allows.

use crate::plan::{ColumnId, ColumnSource, Scalar, Table};
use crate::stream::{Destination, Flow, Job, OperatorId, Scan, Source, StatefulKind, Step, Target, Time};
use std::collections::BTreeSet;

type Needs = BTreeSet<ColumnId>;

pub fn prune(jobs: &mut [Job], scans: &mut [Scan], tables: &[Table]) {
    for job in jobs.iter_mut() {
        prune_job(job);
        for flow in &job.flows {
            if let Source::Scan { scan, columns } = &flow.from {
                scans[scan.0].reads.extend(columns.iter().map(|(_, index)| *index));
            }
        }
    }
    for scan in scans {
        complete(scan, &tables[scan.table.0]);
    }
}

fn prune_job(job: &mut Job) {
    let target: Needs = match &job.target {
        Target::Insert { columns, .. } | Target::Select { columns } => columns.iter().copied().collect(),
    };
    let mut outputs: Vec<Needs> = vec![Needs::new(); job.operators.len()];
    prune_flows(&mut job.flows, Destination::Target, &target, &mut outputs);
    for index in (0..job.operators.len()).rev() {
        let operator = &mut job.operators[index];
        let needed = &outputs[index];
        operator.calls.retain(|(id, _)| needed.contains(id));
        let mut input: Vec<ColumnId> = operator.keys.clone();
        if let StatefulKind::Window { time, properties, .. } = &mut operator.kind {
            properties.retain(|(id, _)| needed.contains(id));
            if let Time::Event(time) = time {
                input.push(*time);
            }
        }
        for (_, call) in &operator.calls {
            input.extend(call.argument.iter().chain(&call.filter));
        }
        let mut seen = Needs::new();
        input.retain(|id| seen.insert(*id));
        operator.input = input;
        prune_flows(&mut job.flows, Destination::Operator(OperatorId(index)), &seen, &mut outputs);
    }
}

/// Prunes the flows to one destination and adds to `outputs` what they need of operators.
fn prune_flows(flows: &mut [Flow], to: Destination, needed: &Needs, outputs: &mut [Needs]) {
    for flow in flows.iter_mut().filter(|flow| flow.to == to) {
        let mut needs = needed.clone();
        let mut kept = Vec::new();
        for step in std::mem::take(&mut flow.steps).into_iter().rev() {
            match &step {
                Step::Let(id, scalar) => {
                    if !needs.remove(id) {
                        continue;
                    }
                    scalar.for_each_column(&mut |id| {
                        needs.insert(id);
                    });
                }
                Step::Filter(predicate) => predicate.for_each_column(&mut |id| {
                    needs.insert(id);
                }),
                Step::Windows(windows) => {
                    for property in windows.properties {
                        needs.remove(&property);
                    }
                    if let Time::Event(time) = windows.time {
                        needs.insert(time);
                    }
                }
            }
            kept.push(step);
        }
        kept.reverse();
        flow.steps = put_late(kept);
        match &mut flow.from {
            Source::Scan { columns, .. } => columns.retain(|(id, _)| needs.contains(id)),
            Source::Values { rows, columns } => {
                let keep: Vec<bool> = columns.iter().map(|id| needs.contains(id)).collect();
                for row in rows {
                    retain_by(row, &keep);
                }
                retain_by(columns, &keep);
            }
            Source::Operator(id) => outputs[id.0].extend(&needs),
        }
    }
}

fn retain_by<T>(items: &mut Vec<T>, keep: &[bool]) {
    let mut keep = keep.iter();
    items.retain(|_| *keep.next().unwrap_or(&true));
}

/// Moves every Let behind the filters that do not read it.
fn put_late(steps: Vec<Step>) -> Vec<Step> {
    let mut waiting: Vec<(ColumnId, Scalar)> = Vec::new();
    let mut ordered = Vec::new();
    for step in steps {
        match step {
            Step::Let(id, scalar) => waiting.push((id, scalar)),
            Step::Filter(predicate) => {
                let mut needs = Needs::new();
                predicate.for_each_column(&mut |id| {
                    needs.insert(id);
                });
                release(&mut waiting, &needs, &mut ordered);
                ordered.push(Step::Filter(predicate));
            }
            Step::Windows(windows) => {
                // One row becomes several here: what can be computed once is computed before.
                ordered.extend(waiting.drain(..).map(|(id, scalar)| Step::Let(id, scalar)));
                ordered.push(Step::Windows(windows));
            }
        }
    }
    ordered.extend(waiting.into_iter().map(|(id, scalar)| Step::Let(id, scalar)));
    ordered
}

/// Emits those waiting values that are needed, with what they need themselves.
fn release(waiting: &mut Vec<(ColumnId, Scalar)>, needs: &Needs, ordered: &mut Vec<Step>) {
    let mut needs = needs.clone();
    let mut keep = vec![false; waiting.len()];
    for (index, (id, scalar)) in waiting.iter().enumerate().rev() {
        if needs.contains(id) {
            keep[index] = true;
            scalar.for_each_column(&mut |id| {
                needs.insert(id);
            });
        }
    }
    let mut later = Vec::new();
    for ((id, scalar), now) in std::mem::take(waiting).into_iter().zip(keep) {
        if now {
            ordered.push(Step::Let(id, scalar));
        } else {
            later.push((id, scalar));
        }
    }
    *waiting = later;
}

/// Adds what the watermark and computed columns read, and puts the columns in order.
fn complete(scan: &mut Scan, table: &Table) {
    let mut reads: BTreeSet<usize> = scan.reads.iter().copied().collect();
    if let Some(watermark) = &table.watermark {
        reads.insert(watermark.column);
        watermark.expression.for_each_column(&mut |ColumnId(index)| {
            reads.insert(index);
        });
    }
    // A computed column may read another one, in any order.
    loop {
        let before = reads.len();
        for index in reads.clone() {
            if let ColumnSource::Computed(scalar) = &table.columns[index].source {
                scalar.for_each_column(&mut |ColumnId(index)| {
                    reads.insert(index);
                });
            }
        }
        if reads.len() == before {
            break;
        }
    }
    scan.reads = reads.into_iter().collect();
}
