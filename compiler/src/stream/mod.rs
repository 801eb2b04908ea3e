//! The stream plan: which scans feed which chains of row-wise steps, which stateful operators lie between them,
//! where the rows go. Written by `lower`, read by `emit`.
//!
//! A [`Flow`] is the unit that becomes one loop: it begins at a scan or at a stateful operator, ends at a stateful
//! operator or at the target, and everything in between is fused. Exchanges are not written down: every
//! keyed operator has one before it, which does nothing while there is one worker. How all this is spelled in
//! Rust is left to `emit`.

mod print;

pub use print::Stages;

use crate::plan::{AggregateCall, Column, ColumnId, Scalar, Table, TableId, WindowProperty, WindowShape};
use crate::text::Span;
use std::collections::BTreeMap;

/// A whole application.
#[derive(Clone, Debug, Default)]
pub struct StreamPlan {
    pub tables: Vec<Table>,
    /// Every table that is read, once: all jobs share its rows.
    pub scans: Vec<Scan>,
    /// One per INSERT or SELECT, in the order of the notebook.
    pub jobs: Vec<Job>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScanId(pub usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperatorId(pub usize);

/// The reading of one table.
#[derive(Clone, Debug)]
pub struct Scan {
    pub table: TableId,
    /// Indexes of the table's columns that somebody reads, the watermark and computed columns included, ascending.
    pub reads: Vec<usize>,
}

/// One INSERT or SELECT.
#[derive(Clone, Debug)]
pub struct Job {
    pub target: Target,
    pub flows: Vec<Flow>,
    /// In an order in which every operator stands behind those that feed it.
    pub operators: Vec<Stateful>,
    pub columns: Vec<Column>,
    pub changelog: Changelog,
    pub span: Span,
    pub settings: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub enum Target {
    /// `columns[i]` goes into the `i`-th column that the table persists.
    Insert {
        table: TableId,
        columns: Vec<ColumnId>,
    },
    Select {
        columns: Vec<ColumnId>,
    },
}

/// What kinds of changes flow somewhere, in Flink's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Changelog {
    /// Only +I.
    InsertOnly,
    /// +I, -U, +U, -D.
    Retract,
    /// +I, +U, -D: whoever reads it knows the key.
    Upsert,
}

/// Rows from one place to another, through steps that look at one row only.
#[derive(Clone, Debug)]
pub struct Flow {
    pub from: Source,
    pub steps: Vec<Step>,
    pub to: Destination,
}

#[derive(Clone, Debug)]
pub enum Source {
    /// (id, index of the table's column).
    Scan {
        scan: ScanId,
        columns: Vec<(ColumnId, usize)>,
    },
    Values {
        rows: Vec<Vec<Scalar>>,
        columns: Vec<ColumnId>,
    },
    Operator(OperatorId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    Operator(OperatorId),
    Target,
}

#[derive(Clone, Debug)]
pub enum Step {
    /// Names a value. Only values that a later step or the destination reads are here.
    Let(ColumnId, Scalar),
    /// Lets only rows pass for which it is TRUE.
    Filter(Scalar),
    /// Repeats the row for every window it is in.
    Windows(RowWindows),
}

/// A window table function whose windows are not aggregated.
#[derive(Clone, Debug)]
pub struct RowWindows {
    pub shape: WindowShape,
    pub time: Time,
    /// window_start, window_end, window_time.
    pub properties: [ColumnId; 3],
    pub span: Span,
}

/// What tells the time of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Time {
    /// A rowtime column.
    Event(ColumnId),
    Processing,
}

/// An operator with state, kept by key.
#[derive(Clone, Debug)]
pub struct Stateful {
    pub kind: StatefulKind,
    pub keys: Vec<ColumnId>,
    pub calls: Vec<(ColumnId, AggregateCall)>,
    /// The columns that must reach it: keys, time, arguments and filters, each once.
    pub input: Vec<ColumnId>,
    /// What comes in.
    pub changelog: Changelog,
    /// Whether rows are aggregated before they go to the worker of their key.
    pub two_phase: bool,
    pub span: Span,
    /// The words that ask for the state: the window, the keys, or the calls where there are no keys.
    pub clause: Span,
}

#[derive(Clone, Debug)]
pub enum StatefulKind {
    Window {
        shape: WindowShape,
        time: Time,
        /// Which output columns show the window's borders.
        properties: Vec<(ColumnId, WindowProperty)>,
        /// Whether panes are merged oldest first, as the windows of GROUP BY do.
        oldest_first: bool,
    },
    Group {
        /// Whether -U rows are wanted behind it.
        update_before: bool,
        /// How long an untouched group is kept, in milliseconds; for ever if `None`.
        retention: Option<u64>,
        /// How long changes wait to become one a group, if they do.
        mini_batch: Option<MiniBatch>,
    },
}

/// `table.exec.mini-batch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MiniBatch {
    /// Milliseconds.
    pub latency: i64,
    /// Rows.
    pub size: u32,
    /// Watermarks end batches too: those that pass a multiple of so many milliseconds, all if 0.
    pub watermarks: Option<i64>,
}

impl Job {
    pub fn operator(&self, id: OperatorId) -> &Stateful {
        &self.operators[id.0]
    }

    pub fn column(&self, id: ColumnId) -> &Column {
        &self.columns[id.0]
    }

    /// The scans it reads, each once, in order.
    pub fn scans(&self) -> Vec<ScanId> {
        let mut scans = Vec::new();
        for flow in &self.flows {
            if let Source::Scan { scan, .. } = flow.from
                && !scans.contains(&scan)
            {
                scans.push(scan);
            }
        }
        scans
    }

    /// The scans whose rows reach an operator, through others too, each once, in order.
    pub fn scans_behind(&self, id: OperatorId) -> Vec<ScanId> {
        let mut scans = Vec::new();
        for flow in self.flows_into(id) {
            match flow.from {
                Source::Scan { scan, .. } => scans.push(scan),
                Source::Operator(from) => scans.extend(self.scans_behind(from)),
                Source::Values { .. } => {}
            }
        }
        scans.sort_unstable();
        scans.dedup();
        scans
    }

    /// The flows into an operator.
    pub fn flows_into(&self, id: OperatorId) -> impl Iterator<Item = &Flow> {
        self.flows.iter().filter(move |flow| flow.to == Destination::Operator(id))
    }

    /// The flows out of an operator.
    pub fn flows_from(&self, id: OperatorId) -> impl Iterator<Item = &Flow> {
        self.flows.iter().filter(move |flow| matches!(flow.from, Source::Operator(from) if from == id))
    }
}

impl Stateful {
    /// The columns it gives: keys, window borders, results.
    pub fn output(&self) -> Vec<ColumnId> {
        let mut columns = self.keys.clone();
        if let StatefulKind::Window { properties, .. } = &self.kind {
            columns.extend(properties.iter().map(|(id, _)| *id));
        }
        columns.extend(self.calls.iter().map(|(id, _)| *id));
        columns
    }
}
