//! Statements.

use super::data_type::DataType;
use super::expression::Expr;
use super::name::{Ident, ObjectName, StringLiteral};
use super::query::{Hint, Query};
use crate::text::Span;

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub kind: StatementKind,
    /// From the first word to the last, without the semicolon.
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    CreateTable(Box<CreateTable>),
    CreateView(Box<CreateView>),
    Drop(DropObject),
    Set(Set),
    Reset(Reset),
    Use(Use),
    Insert(Box<Insert>),
    /// `EXECUTE STATEMENT SET BEGIN ... END` or `BEGIN STATEMENT SET; ... END`.
    StatementSet(StatementSet),
    Query(Box<Query>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateTable {
    pub temporary: bool,
    pub if_not_exists: bool,
    pub name: ObjectName,
    /// In order; empty if there was no list (`CREATE TABLE t LIKE u`).
    pub columns: Vec<Column>,
    /// All that are written; more than one is a mistake that others report.
    pub watermarks: Vec<Watermark>,
    /// All that are written, of columns and of the table.
    pub primary_keys: Vec<PrimaryKey>,
    pub comment: Option<StringLiteral>,
    /// Empty if absent.
    pub partitioned_by: Vec<Ident>,
    pub options: Vec<TableOption>,
    pub like: Option<Like>,
    /// `CREATE TABLE ... AS SELECT ...`.
    pub query: Option<Box<Query>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub name: Ident,
    pub kind: ColumnKind,
    pub comment: Option<StringLiteral>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ColumnKind {
    Physical(DataType),
    /// `name AS expression`.
    Computed(Expr),
    /// `name TYPE METADATA [FROM 'key'] [VIRTUAL]`.
    Metadata {
        data_type: DataType,
        key: Option<StringLiteral>,
        is_virtual: bool,
    },
}

/// `WATERMARK FOR column AS expression`; the column may be a field of a row (`a.b`).
#[derive(Clone, Debug, PartialEq)]
pub struct Watermark {
    pub column: Vec<Ident>,
    pub expr: Expr,
    pub span: Span,
}

/// Flink knows only `NOT ENFORCED` keys; the parser reports others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrimaryKey {
    /// `CONSTRAINT name PRIMARY KEY ...`.
    pub name: Option<Ident>,
    pub columns: Vec<Ident>,
    pub span: Span,
}

/// `'key' = 'value'`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableOption {
    pub key: StringLiteral,
    pub value: StringLiteral,
}

impl TableOption {
    pub fn span(&self) -> Span {
        self.key.span.to(self.value.span)
    }
}

/// `LIKE table (INCLUDING ALL, OVERWRITING OPTIONS)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Like {
    pub table: ObjectName,
    pub options: Vec<LikeOption>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LikeOption {
    pub action: LikeAction,
    pub feature: LikeFeature,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LikeAction {
    Including,
    Excluding,
    Overwriting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LikeFeature {
    All,
    Constraints,
    Distribution,
    Generated,
    Metadata,
    Options,
    Partitions,
    Watermarks,
}

#[derive(Clone, Debug, PartialEq)]
pub struct CreateView {
    pub temporary: bool,
    pub if_not_exists: bool,
    pub name: ObjectName,
    /// Empty if the query's own names are kept.
    pub columns: Vec<Ident>,
    pub comment: Option<StringLiteral>,
    pub query: Query,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DropObject {
    pub kind: ObjectKind,
    pub temporary: bool,
    pub if_exists: bool,
    pub name: ObjectName,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    Table,
    View,
}

/// `SET 'key' = 'value'`. The old style without quotes (`SET key = value`) gives the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    pub key: StringLiteral,
    pub value: StringLiteral,
}

/// `RESET` (everything) or `RESET 'key'`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reset {
    pub key: Option<StringLiteral>,
}

/// `USE CATALOG c` or `USE [c.]d`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    pub catalog: bool,
    pub name: ObjectName,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Insert {
    /// The span of the word, for `INSERT OVERWRITE`.
    pub overwrite: Option<Span>,
    pub target: ObjectName,
    pub hints: Vec<Hint>,
    /// `PARTITION (key = literal)`; empty if absent.
    pub partition: Vec<(Ident, Expr)>,
    /// Empty if the columns are taken in the order of the table.
    pub columns: Vec<Ident>,
    pub query: Query,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StatementSet {
    pub inserts: Vec<Insert>,
}
