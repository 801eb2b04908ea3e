//! Queries and what they read from.

use super::expression::{Argument, Expr, OverWindow};
use super::name::{Ident, ObjectName, StringLiteral};
use super::statement::TableOption;
use crate::text::Span;

#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// `WITH name AS (...)`, in order.
    pub with: Vec<Cte>,
    pub body: QueryBody,
    /// Empty if absent.
    pub order_by: Vec<OrderItem>,
    /// `LIMIT n` or `FETCH FIRST n ROWS ONLY`; `LIMIT ALL` is none.
    pub limit: Option<Expr>,
    pub offset: Option<Expr>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Cte {
    pub name: Ident,
    /// Empty if the query's own names are kept.
    pub columns: Vec<Ident>,
    pub query: Query,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum QueryBody {
    Select(Box<Select>),
    Values(Values),
    /// `TABLE t`: all of a table.
    Table(ObjectName),
    SetOperation(Box<SetOperation>),
    /// A query in parentheses.
    Query(Box<Query>),
}

impl QueryBody {
    pub fn span(&self) -> Span {
        match self {
            QueryBody::Select(select) => select.span,
            QueryBody::Values(values) => values.span,
            QueryBody::Table(name) => name.span,
            QueryBody::SetOperation(operation) => operation.span,
            QueryBody::Query(query) => query.span,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct SetOperation {
    pub operator: SetOperator,
    /// `UNION ALL`: duplicates are kept.
    pub all: bool,
    pub operator_span: Span,
    pub left: QueryBody,
    pub right: QueryBody,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    Union,
    Intersect,
    Except,
}

/// `VALUES (1, 'a'), (2, 'b')`; a row of one value may lack its parentheses.
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    pub rows: Vec<Vec<Expr>>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    pub hints: Vec<Hint>,
    pub distinct: Distinctness,
    /// At least one.
    pub items: Vec<SelectItem>,
    /// More than one for a comma join; empty for a SELECT without FROM.
    pub from: Vec<TableRef>,
    pub filter: Option<Expr>,
    /// `None` without GROUP BY; `GROUP BY ()` is an empty list.
    pub group_by: Option<Vec<GroupItem>>,
    pub having: Option<Expr>,
    pub windows: Vec<NamedWindow>,
    pub qualify: Option<Expr>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distinctness {
    /// `SELECT` or `SELECT ALL`.
    All,
    Distinct(Span),
}

#[derive(Clone, Debug, PartialEq)]
pub enum SelectItem {
    Expr {
        expr: Expr,
        alias: Option<Ident>,
    },
    /// `*` or `table.*`.
    Star {
        qualifier: Option<ObjectName>,
        span: Span,
    },
}

impl SelectItem {
    pub fn span(&self) -> Span {
        match self {
            SelectItem::Expr { expr, alias } => alias.as_ref().map_or(expr.span, |alias| expr.span.to(alias.span)),
            SelectItem::Star { span, .. } => *span,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum GroupItem {
    Expr(Expr),
    /// `ROLLUP (a, (b, c))`.
    Rollup(Vec<Vec<Expr>>, Span),
    /// `CUBE (a, b)`.
    Cube(Vec<Vec<Expr>>, Span),
    /// `GROUPING SETS ((a, b), (a), ())`.
    GroupingSets(Vec<Vec<Expr>>, Span),
}

/// `WINDOW w AS (PARTITION BY ...)`.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedWindow {
    pub name: Ident,
    pub window: OverWindow,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OrderItem {
    pub expr: Expr,
    /// `None` if neither ASC nor DESC was written.
    pub ascending: Option<bool>,
    /// `NULLS FIRST` is `Some(true)`.
    pub nulls_first: Option<bool>,
    pub span: Span,
}

/// `/*+ NAME(...) */` behind SELECT or a table. Several hints of one comment are several of these.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// Upper or lower case as written; Flink compares names of hints without case.
    pub name: Ident,
    pub arguments: Vec<HintArgument>,
    pub span: Span,
}

impl Hint {
    /// The pairs of an `OPTIONS` hint; `None` for other hints.
    pub fn table_options(&self) -> Option<Vec<&TableOption>> {
        let pairs = || self.arguments.iter().filter_map(HintArgument::pair).collect();
        self.name.value.eq_ignore_ascii_case("OPTIONS").then(pairs)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum HintArgument {
    /// `'key' = 'value'`.
    Pair(TableOption),
    /// The name of a table, say.
    Name(Ident),
    String(StringLiteral),
}

impl HintArgument {
    fn pair(&self) -> Option<&TableOption> {
        match self {
            HintArgument::Pair(pair) => Some(pair),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct TableRef {
    pub kind: TableRefKind,
    pub alias: Option<TableAlias>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TableAlias {
    pub name: Ident,
    /// `AS t (a, b)`; empty if the columns keep their names.
    pub columns: Vec<Ident>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum TableRefKind {
    Table {
        name: ObjectName,
        hints: Vec<Hint>,
        /// `FOR SYSTEM_TIME AS OF expression`.
        as_of: Option<Box<Expr>>,
    },
    /// `(SELECT ...)`, `(VALUES ...)`, `LATERAL (SELECT ...)`.
    Query {
        query: Box<Query>,
        lateral: bool,
    },
    /// `TABLE(HOP(TABLE t, ...))`, `HOP(TABLE t, ...)`, `LATERAL TABLE(f(x))`.
    Function {
        name: ObjectName,
        arguments: Vec<Argument>,
        lateral: bool,
        hints: Vec<Hint>,
    },
    Unnest {
        operands: Vec<Expr>,
        ordinality: bool,
    },
    /// A join has no alias.
    Join(Box<Join>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    pub left: TableRef,
    pub right: TableRef,
    pub kind: JoinKind,
    pub constraint: JoinConstraint,
    /// The words between the tables: `LEFT OUTER JOIN`.
    pub operator_span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
}

#[derive(Clone, Debug, PartialEq)]
pub enum JoinConstraint {
    None,
    On(Expr),
    Using(Vec<Ident>),
    Natural,
}
