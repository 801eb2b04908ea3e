//! Expressions as the columns of tables say them: whatever views, aliases and subqueries stood in between, two texts are
//! equal if the same is computed.

use crate::plan::{AggregateCall, ColumnId, ColumnSource, Expr, Scalar, Table};
use crate::stream::{Flow, Job, OperatorId, RowWindows, Source, StatefulKind, Step, StreamPlan, Time};
use crate::types::{Family, Kind};
use std::collections::BTreeMap;

/// What the columns of one flow mean at its end, and which rows reached it.
pub struct Reading {
    values: BTreeMap<ColumnId, String>,
    /// The conditions, each by itself, in alphabetical order: their order in the note means nothing.
    pub conditions: Vec<String>,
}

impl Reading {
    pub fn of(plan: &StreamPlan, job: &Job, flow: &Flow) -> Self {
        let mut reading = Reading { values: source(plan, job, &flow.from), conditions: Vec::new() };
        for step in &flow.steps {
            match step {
                Step::Let(id, scalar) => {
                    let value = reading.text(scalar);
                    reading.values.insert(*id, value);
                }
                Step::Filter(predicate) => reading.condition(predicate),
                Step::Windows(windows) => reading.windows(windows),
            }
        }
        reading.conditions.sort();
        reading.conditions.dedup();
        reading
    }

    /// `orders.amount`, or `orders.amount * 2`.
    pub fn value(&self, id: ColumnId) -> String {
        unwrapped(&self.inner(id)).to_owned()
    }

    /// The same as part of a larger expression.
    fn inner(&self, id: ColumnId) -> String {
        self.values.get(&id).cloned().unwrap_or_default()
    }

    /// `COUNT(DISTINCT page_views.visitor_id) FILTER (WHERE (page_views.section = 'cart'))`.
    pub fn call(&self, call: &AggregateCall) -> String {
        let argument = call.argument.map_or_else(|| "*".to_owned(), |id| self.value(id));
        let distinct = if call.distinct { "DISTINCT " } else { "" };
        let filter = call.filter.map_or_else(String::new, |id| format!(" FILTER (WHERE {})", self.value(id)));
        format!("{}({distinct}{argument}){filter}", call.function)
    }

    /// What tells the time of a row.
    pub fn time(&self, time: Time) -> String {
        match time {
            Time::Event(id) => self.value(id),
            Time::Processing => "PROCTIME()".to_owned(),
        }
    }

    fn text(&self, scalar: &Scalar) -> String {
        exact(scalar).display(&|id| self.inner(id)).to_string()
    }

    fn condition(&mut self, predicate: &Scalar) {
        if let Expr::Binary { op: crate::plan::BinaryOp::And, left, right } = &predicate.expr {
            self.condition(left);
            self.condition(right);
        } else {
            let text = self.text(predicate);
            self.conditions.push(unwrapped(&text).to_owned());
        }
    }

    fn windows(&mut self, windows: &RowWindows) {
        let of = format!("{} OVER {}", windows.shape, self.time(windows.time));
        for (id, name) in windows.properties.into_iter().zip(["window_start", "window_end", "window_time"]) {
            self.values.insert(id, format!("{name} OF {of}"));
        }
    }
}

/// What the columns mean that a flow begins with.
fn source(plan: &StreamPlan, job: &Job, from: &Source) -> BTreeMap<ColumnId, String> {
    match from {
        Source::Scan { scan, columns } => {
            let table = &plan.tables[plan.scans[scan.0].table.0];
            columns.iter().map(|(id, index)| (*id, column(table, *index))).collect()
        }
        Source::Values { columns, .. } => {
            columns.iter().enumerate().map(|(index, id)| (*id, format!("VALUES[{}]", index + 1))).collect()
        }
        Source::Operator(id) => results(plan, job, *id),
    }
}

/// What the results of an operator mean: its keys what they mean in front of it, in all flows into it, and its calls
/// what they compute.
fn results(plan: &StreamPlan, job: &Job, id: OperatorId) -> BTreeMap<ColumnId, String> {
    let operator = job.operator(id);
    let readings: Vec<Reading> = job.flows_into(id).map(|flow| Reading::of(plan, job, flow)).collect();
    let in_all = |text: &dyn Fn(&Reading) -> String| {
        let mut texts: Vec<String> = readings.iter().map(text).collect();
        texts.sort();
        texts.dedup();
        texts.join(" | ")
    };
    let mut values: BTreeMap<ColumnId, String> =
        operator.keys.iter().map(|key| (*key, in_all(&|reading| reading.inner(*key)))).collect();
    values.extend(operator.calls.iter().map(|(id, call)| (*id, in_all(&|reading| reading.call(call)))));
    if let StatefulKind::Window { properties, .. } = &operator.kind {
        values.extend(properties.iter().map(|(id, property)| (*id, format!("window {property}"))));
    }
    values
}

/// `orders.amount`; a computed column is what it is computed from, and metadata are what the connector calls them.
fn column(table: &Table, index: usize) -> String {
    match &table.columns[index].source {
        ColumnSource::Physical => format!("{}.{}", table.name, table.columns[index].name),
        ColumnSource::Metadata { key, .. } => format!("{}.METADATA['{key}']", table.name),
        ColumnSource::Computed(scalar) => exact(scalar).display(&|ColumnId(index)| column(table, index)).to_string(),
    }
}

/// Without the parentheses around all of it.
fn unwrapped(text: &str) -> &str {
    let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) else { return text };
    let mut depth = 0i32;
    let mut is_quoted = false;
    for character in inner.chars() {
        match character {
            '\'' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth -= 1,
            _ => {}
        }
        if depth < 0 {
            return text;
        }
    }
    inner
}

/// The expression without casts that change no value: a column of a wider type reads as the same expression.
fn exact(scalar: &Scalar) -> Scalar {
    let mut scalar = scalar.clone();
    for child in scalar.children_mut() {
        *child = exact(child);
    }
    match &scalar.expr {
        Expr::Cast { operand, .. } if widens(&operand.ty.kind, &scalar.ty.kind) => (**operand).clone(),
        _ => scalar,
    }
}

/// Whether every value of one type is the same value in another one.
fn widens(from: &Kind, to: &Kind) -> bool {
    let of_one_family = from.family() == to.family();
    match (from, to) {
        (from, to) if from == to => true,
        (Kind::Float, Kind::Double) => true,
        (Kind::VarChar(one), Kind::VarChar(other)) | (Kind::VarBinary(one), Kind::VarBinary(other)) => one <= other,
        (Kind::Char(one), Kind::VarChar(other)) => one <= other,
        (Kind::Time(one), Kind::Time(other))
        | (Kind::Timestamp(one), Kind::Timestamp(other))
        | (Kind::TimestampLtz(one), Kind::TimestampLtz(other)) => one <= other,
        (from, Kind::Decimal { precision, scale }) => from
            .as_decimal()
            .is_some_and(|(digits, fraction)| fraction <= *scale && digits - fraction <= precision - scale),
        _ if of_one_family && from.family() == Family::Integer => rank(from) <= rank(to),
        _ => false,
    }
}

fn rank(kind: &Kind) -> u8 {
    kind.as_decimal().map_or(0, |(digits, _)| digits)
}
