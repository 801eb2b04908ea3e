//! The relational plan: what the statements of an application compute, with every name resolved to a column
//! id and every value typed. Written by `bind`, read by `lower`.
//!
//! It knows neither how the SQL was spelled (spans remain, for messages) nor anything about time,
//! changelogs or parallelism: those are left to the stream plan.

mod print;
mod scalar;

pub(crate) use print::Length;
pub use scalar::{Aggregate, AggregateCall, BinaryOp, CastMode, Expr, Literal, Scalar, UnaryOp};

use crate::text::Span;
use crate::types::Type;
use std::collections::BTreeMap;

/// Everything a set of notebooks asks for.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The tables that statements read or write, each once.
    pub tables: Vec<Table>,
    /// In the order of the notebook.
    pub statements: Vec<Statement>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TableId(pub usize);

/// A column of one statement. Every operator that makes a value gives it a new id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnId(pub usize);

/// An INSERT or a SELECT: what becomes part of the application.
#[derive(Clone, Debug)]
pub struct Statement {
    pub target: Target,
    pub root: Relation,
    /// Everything known about the columns of this statement, by id.
    pub columns: Vec<Column>,
    /// The whole statement.
    pub span: Span,
    /// What SET and `%flink.conf` said before it.
    pub settings: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub enum Target {
    /// The columns of the root are those that the table persists, in its order, each of the declared type; what may
    /// be NULL where the table says NOT NULL is a row error when it is written.
    Insert { table: TableId },
    /// Shown to the user.
    Select,
}

/// A column of a statement.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub ty: Type,
    pub span: Span,
}

/// A table of the catalog.
#[derive(Clone, Debug)]
pub struct Table {
    pub name: String,
    /// In the order of the declaration. Scalars inside the table speak of `ColumnId(i)` for column `i`.
    pub columns: Vec<TableColumn>,
    pub watermark: Option<Watermark>,
    /// Indexes of columns.
    pub primary_key: Vec<usize>,
    /// Indexes of columns.
    pub partitioned_by: Vec<usize>,
    /// In the order of the declaration, hints of the statement applied.
    pub options: Vec<TableOption>,
    /// The name in CREATE TABLE.
    pub span: Span,
}

#[derive(Clone, Debug)]
pub struct TableColumn {
    pub name: String,
    pub ty: Type,
    pub source: ColumnSource,
    /// The whole declaration of the column.
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum ColumnSource {
    Physical,
    /// `AS expression`.
    Computed(Scalar),
    /// METADATA: the connector's key; virtual ones are not written.
    Metadata {
        key: String,
        is_virtual: bool,
    },
}

#[derive(Clone, Debug)]
pub struct Watermark {
    /// Index of the rowtime column.
    pub column: usize,
    pub expression: Scalar,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableOption {
    pub name: String,
    pub value: String,
    pub span: Span,
}

impl Table {
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|option| option.name == name).map(|option| option.value.as_str())
    }

    /// Indexes of the physical columns.
    pub fn physical(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.columns.len()).filter(|&i| matches!(self.columns[i].source, ColumnSource::Physical))
    }

    /// Indexes of the columns that INSERT writes: physical ones and metadata that is not virtual.
    pub fn persisted(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.columns.len()).filter(|&i| match self.columns[i].source {
            ColumnSource::Physical => true,
            ColumnSource::Metadata { is_virtual, .. } => !is_virtual,
            ColumnSource::Computed(_) => false,
        })
    }
}

/// A relational operator with its inputs.
#[derive(Clone, Debug)]
pub struct Relation {
    pub op: Operator,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum Operator {
    /// Reads a table: `columns` are (new id, index of the table's column), in the order of the table.
    Scan { table: TableId, columns: Vec<(ColumnId, usize)> },
    /// Rows written out in the statement, all of the same width, already cast to common types.
    Values { rows: Vec<Vec<Scalar>>, columns: Vec<ColumnId> },
    /// Exactly these columns, in this order.
    Project { input: Box<Relation>, columns: Vec<(ColumnId, Scalar)> },
    /// The rows for which the predicate is TRUE.
    Filter { input: Box<Relation>, predicate: Scalar },
    /// A window table function: every row once per window it is in, with three more columns.
    Window { input: Box<Relation>, window: TableWindow },
    /// GROUP BY: output is the keys (same ids), then window properties, then the calls.
    Aggregate {
        input: Box<Relation>,
        keys: Vec<ColumnId>,
        /// TUMBLE, HOP or SESSION in GROUP BY.
        window: Option<GroupWindow>,
        calls: Vec<(ColumnId, AggregateCall)>,
        /// What the statement says of groups: the keys, or the calls where there are no keys, or DISTINCT.
        clause: Span,
    },
    /// UNION ALL. `inputs[i].1[j]` is the column of input `i` that becomes `columns[j]`.
    Union { inputs: Vec<(Relation, Vec<ColumnId>)>, columns: Vec<ColumnId> },
}

/// TUMBLE, HOP or CUMULATE in FROM.
#[derive(Clone, Debug)]
pub struct TableWindow {
    pub shape: WindowShape,
    /// DESCRIPTOR's column, and where it is written.
    pub time: ColumnId,
    pub time_span: Span,
    /// window_start, window_end, window_time.
    pub properties: [ColumnId; 3],
    pub span: Span,
}

/// TUMBLE, HOP or SESSION in GROUP BY.
#[derive(Clone, Debug)]
pub struct GroupWindow {
    pub shape: WindowShape,
    pub time: ColumnId,
    pub time_span: Span,
    /// The auxiliary functions that the statement uses, each once.
    pub properties: Vec<(ColumnId, WindowProperty)>,
    pub span: Span,
}

/// How windows lie in time. All in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowShape {
    Tumble { size: i64, offset: i64 },
    Hop { slide: i64, size: i64, offset: i64 },
    Cumulate { step: i64, size: i64, offset: i64 },
    Session { gap: i64 },
}

/// TUMBLE_START and its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WindowProperty {
    Start,
    End,
    Rowtime,
    Proctime,
}

impl Relation {
    /// The columns it gives, in order.
    pub fn columns(&self) -> Vec<ColumnId> {
        match &self.op {
            Operator::Scan { columns, .. } => columns.iter().map(|(id, _)| *id).collect(),
            Operator::Values { columns, .. } | Operator::Union { columns, .. } => columns.clone(),
            Operator::Project { columns, .. } => columns.iter().map(|(id, _)| *id).collect(),
            Operator::Filter { input, .. } => input.columns(),
            Operator::Window { input, window } => {
                let mut columns = input.columns();
                columns.extend(window.properties);
                columns
            }
            Operator::Aggregate { keys, window, calls, .. } => {
                let mut columns = keys.clone();
                columns.extend(window.iter().flat_map(|window| window.properties.iter().map(|(id, _)| *id)));
                columns.extend(calls.iter().map(|(id, _)| *id));
                columns
            }
        }
    }

    pub fn inputs(&self) -> Vec<&Relation> {
        match &self.op {
            Operator::Scan { .. } | Operator::Values { .. } => Vec::new(),
            Operator::Project { input, .. }
            | Operator::Filter { input, .. }
            | Operator::Window { input, .. }
            | Operator::Aggregate { input, .. } => vec![input],
            Operator::Union { inputs, .. } => inputs.iter().map(|(input, _)| input).collect(),
        }
    }
}
