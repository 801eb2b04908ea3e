//! Flows while they grow: a source and steps whose end is not known yet, and what is known of their columns.

use crate::plan::{ColumnId, Expr, Scalar, Statement, TableWindow, WindowShape};
use crate::stream::{Changelog, Destination, Flow, OperatorId, RowWindows, Source, Step, Time};
use crate::text::Span;
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeAttribute {
    Rowtime,
    Proctime,
}

/// Flows that together give the rows of one relation.
#[derive(Clone, Debug)]
pub struct Open {
    pub flows: Vec<OpenFlow>,
    pub changelog: Changelog,
    /// Columns that are time attributes.
    times: BTreeMap<ColumnId, TimeAttribute>,
    /// The window table function that the rows went through last, with the names its columns have now.
    pub window: Option<OpenWindow>,
    /// Columns by which the result is unique for each change, if known.
    pub unique: Option<Vec<ColumnId>>,
}

#[derive(Clone, Debug)]
pub struct OpenFlow {
    pub from: Source,
    pub steps: Vec<Step>,
}

/// A window table function seen from above.
#[derive(Clone, Debug)]
pub struct OpenWindow {
    pub shape: WindowShape,
    pub span: Span,
    pub time: Time,
    /// All names of window_start, window_end and window_time.
    pub names: [Vec<ColumnId>; 3],
    /// Whether the rows have been aggregated by this window already.
    pub attached: bool,
}

impl OpenFlow {
    pub fn into_target(self) -> Flow {
        Flow { from: self.from, steps: self.steps, to: Destination::Target }
    }

    pub fn into_operator(self, id: OperatorId) -> Flow {
        Flow { from: self.from, steps: self.steps, to: Destination::Operator(id) }
    }
}

impl Open {
    pub fn new(from: Source, changelog: Changelog) -> Self {
        Open {
            flows: vec![OpenFlow { from, steps: Vec::new() }],
            changelog,
            times: BTreeMap::new(),
            window: None,
            unique: None,
        }
    }

    pub fn set_time(&mut self, column: ColumnId, attribute: TimeAttribute) {
        self.times.insert(column, attribute);
    }

    pub fn time(&self, column: ColumnId) -> Option<TimeAttribute> {
        self.times.get(&column).copied()
    }

    fn push(&mut self, step: &Step) {
        for flow in &mut self.flows {
            flow.steps.push(step.clone());
        }
    }

    pub fn project(mut self, columns: &[(ColumnId, Scalar)]) -> Self {
        for (id, scalar) in columns {
            match scalar.expr {
                Expr::Column(from) if from == *id => continue,
                Expr::Column(from) => self.rename(from, *id),
                Expr::Proctime => self.set_time(*id, TimeAttribute::Proctime),
                _ => {}
            }
            self.push(&Step::Let(*id, scalar.clone()));
        }
        let kept = |id: &ColumnId| columns.iter().any(|(column, _)| column == id);
        self.unique = self.unique.take().filter(|unique| unique.iter().all(kept));
        self
    }

    /// A column has a second name.
    fn rename(&mut self, from: ColumnId, to: ColumnId) {
        if let Some(attribute) = self.time(from) {
            self.set_time(to, attribute);
        }
        if let Some(window) = &mut self.window {
            for names in &mut window.names {
                if names.contains(&from) {
                    names.push(to);
                }
            }
        }
        if let Some(unique) = &mut self.unique {
            for id in unique.iter_mut().filter(|id| **id == from) {
                *id = to;
            }
        }
    }

    pub fn filter(mut self, predicate: &Scalar) -> Self {
        self.push(&Step::Filter(predicate.clone()));
        self
    }

    pub fn windows(mut self, window: &TableWindow, time: Time) -> Self {
        let attribute = match time {
            Time::Event(_) => TimeAttribute::Rowtime,
            Time::Processing => TimeAttribute::Proctime,
        };
        self.push(&Step::Windows(RowWindows {
            shape: window.shape,
            time,
            properties: window.properties,
            span: window.span,
        }));
        // The old attribute has had its turn: only window_time is one above a window.
        self.times.clear();
        self.set_time(window.properties[2], attribute);
        self.window = Some(OpenWindow {
            shape: window.shape,
            span: window.span,
            time,
            names: window.properties.map(|id| vec![id]),
            attached: false,
        });
        self
    }

    /// All rows of all inputs, under common names.
    pub fn union(inputs: Vec<(Open, &[ColumnId])>, columns: &[ColumnId], statement: &Statement) -> Self {
        let mut union = Open {
            flows: Vec::new(),
            changelog: Changelog::InsertOnly,
            times: BTreeMap::new(),
            window: None,
            unique: None,
        };
        for (position, &column) in columns.iter().enumerate() {
            let mut attributes = inputs.iter().map(|(open, from)| open.time(from[position]));
            let first = attributes.next().flatten();
            if let Some(first) = first
                && attributes.all(|attribute| attribute == Some(first))
            {
                union.set_time(column, first);
            }
        }
        for (open, from) in inputs {
            if open.changelog != Changelog::InsertOnly {
                union.changelog = Changelog::Retract;
            }
            for mut flow in open.flows {
                for (&from, &to) in from.iter().zip(columns) {
                    let column = &statement.columns[from.0];
                    let scalar = Scalar { expr: Expr::Column(from), ty: column.ty.clone(), span: column.span };
                    flow.steps.push(Step::Let(to, scalar));
                }
                union.flows.push(flow);
            }
        }
        union
    }
}
