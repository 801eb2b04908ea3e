//! Expressions.

use super::data_type::DataType;
use super::interval::{IntervalLiteral, TimeUnit};
use super::name::{Ident, ObjectName, StringLiteral};
use super::query::{OrderItem, Query};
use crate::text::Span;

/// An expression. Its span covers all of it; parentheses around it count, and leave no other trace.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    Literal(Literal),
    /// `column`, `table.column`, `column.field`, ...: one part or more. What each part means is for others to find.
    Path(Vec<Ident>),
    /// `(expression).field` or `f(x).field`.
    Field {
        base: Box<Expr>,
        field: Ident,
    },
    /// `array[1]` or `map['key']`.
    Subscript {
        base: Box<Expr>,
        index: Box<Expr>,
    },
    Unary {
        operator: UnaryOperator,
        operand: Box<Expr>,
    },
    Binary {
        operator: BinaryOperator,
        operator_span: Span,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `x IS [NOT] NULL`, `TRUE`, `FALSE`, `UNKNOWN`, `JSON ...`.
    Is {
        operand: Box<Expr>,
        negated: bool,
        what: Truth,
    },
    /// `x IS [NOT] DISTINCT FROM y`.
    IsDistinctFrom {
        left: Box<Expr>,
        right: Box<Expr>,
        negated: bool,
    },
    Between {
        operand: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
        negated: bool,
        symmetric: bool,
    },
    InList {
        operand: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    InQuery {
        operand: Box<Expr>,
        query: Box<Query>,
        negated: bool,
    },
    Exists(Box<Query>),
    /// A query in parentheses that gives one value.
    Subquery(Box<Query>),
    Like {
        kind: LikeKind,
        operand: Box<Expr>,
        pattern: Box<Expr>,
        escape: Option<Box<Expr>>,
        negated: bool,
    },
    Case {
        /// `CASE operand WHEN value ...`; without it the branches hold conditions.
        operand: Option<Box<Expr>>,
        /// At least one.
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Cast {
        operand: Box<Expr>,
        data_type: DataType,
        /// `TRY_CAST`: NULL instead of a failure.
        lenient: bool,
    },
    /// `EXTRACT(unit FROM x)`.
    Extract {
        unit: TimeUnit,
        operand: Box<Expr>,
    },
    /// `FLOOR(x TO unit)` and `CEIL(x TO unit)`.
    RoundTo {
        up: bool,
        operand: Box<Expr>,
        unit: TimeUnit,
    },
    /// `TRIM([LEADING|TRAILING|BOTH] [characters] FROM x)`, and `TRIM(x)`.
    Trim {
        side: TrimSide,
        characters: Option<Box<Expr>>,
        operand: Box<Expr>,
    },
    /// A function. `SUBSTRING(x FROM a FOR b)`, `POSITION(a IN b)` and `OVERLAY(x PLACING y FROM a FOR b)` are calls with
    /// their operands in that order.
    Call(Box<FunctionCall>),
    /// The unit of time that some functions take as an argument: `TIMESTAMPADD(DAY, 1, d)`.
    Unit(TimeUnit),
    /// `ROW(a, b)` and `(a, b)`.
    Row(Vec<Expr>),
    /// `ARRAY[a, b]`.
    Array(Vec<Expr>),
    /// `MAP[k, v, ...]`.
    Map(Vec<(Expr, Expr)>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Null,
    Boolean(bool),
    /// An unsigned number as written: `1`, `1.50` (exact) or `1e3` (approximate).
    Number(String),
    String(String),
    /// `X'0AFF'`.
    Bytes(Vec<u8>),
    /// `DATE '2024-01-31'`: the text in quotes, not yet checked; so with the next two.
    Date(StringLiteral),
    Time(StringLiteral),
    Timestamp(StringLiteral),
    Interval(IntervalLiteral),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    Not,
    Plus,
    Minus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Multiply,
    Divide,
    Modulo,
    Concat,
    Overlaps,
}

impl BinaryOperator {
    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOperator::Or => "OR",
            BinaryOperator::And => "AND",
            BinaryOperator::Equal => "=",
            BinaryOperator::NotEqual => "<>",
            BinaryOperator::Less => "<",
            BinaryOperator::LessOrEqual => "<=",
            BinaryOperator::Greater => ">",
            BinaryOperator::GreaterOrEqual => ">=",
            BinaryOperator::Plus => "+",
            BinaryOperator::Minus => "-",
            BinaryOperator::Multiply => "*",
            BinaryOperator::Divide => "/",
            BinaryOperator::Modulo => "%",
            BinaryOperator::Concat => "||",
            BinaryOperator::Overlaps => "OVERLAPS",
        }
    }
}

/// What `IS` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    Null,
    True,
    False,
    Unknown,
    Json(JsonKind),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonKind {
    Value,
    Scalar,
    Array,
    Object,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LikeKind {
    Like,
    SimilarTo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrimSide {
    Both,
    Leading,
    Trailing,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FunctionCall {
    pub name: ObjectName,
    pub arguments: Vec<Argument>,
    /// `CURRENT_TIMESTAMP` and the like: written without parentheses.
    pub bare: bool,
    /// `COUNT(DISTINCT x)`.
    pub distinct: bool,
    /// `JSON_VALUE(x, '$.a' RETURNING INT NULL ON EMPTY)`: the clauses behind the arguments.
    pub json: Vec<JsonClause>,
    /// `FILTER (WHERE condition)`.
    pub filter: Option<Box<Expr>>,
    /// `WITHIN GROUP (ORDER BY ...)`; empty if absent.
    pub within_group: Vec<OrderItem>,
    pub over: Option<Over>,
}

/// A clause of a JSON function.
#[derive(Clone, Debug, PartialEq)]
pub enum JsonClause {
    Returning(DataType),
    /// The words of a behaviour clause in upper case: `NULL ON EMPTY`, `WITH WRAPPER`, `ABSENT ON NULL`, ...
    Behaviour {
        words: Vec<String>,
        /// The expression of `DEFAULT expression ON ...`.
        default: Option<Box<Expr>>,
        span: Span,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// `SIZE => INTERVAL '1' HOUR`.
    pub name: Option<Ident>,
    pub value: ArgumentValue,
    pub span: Span,
}

impl Argument {
    /// The expression, if the argument is one.
    pub fn expr(&self) -> Option<&Expr> {
        match &self.value {
            ArgumentValue::Expr(expr) => Some(expr),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum ArgumentValue {
    Expr(Expr),
    /// The star of `COUNT(*)`.
    Star,
    /// `TABLE t [PARTITION BY ...]` or `(SELECT ...)` given to a table function.
    Table(TableArgument),
    /// `DESCRIPTOR(column, ...)`.
    Descriptor(Vec<Ident>),
    /// `DEFAULT`: the argument's own default.
    Default,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TableArgument {
    /// The table or the query that is given; a table is a query whose body is `TABLE t`.
    pub query: Box<Query>,
    /// Empty if absent.
    pub partition_by: Vec<Expr>,
    /// Empty if absent.
    pub order_by: Vec<OrderItem>,
    pub span: Span,
}

/// What stands behind `OVER`.
#[derive(Clone, Debug, PartialEq)]
pub enum Over {
    /// A window of the WINDOW clause.
    Named(Ident),
    Window(OverWindow),
}

#[derive(Clone, Debug, PartialEq)]
pub struct OverWindow {
    /// The window of the WINDOW clause that this one refines.
    pub base: Option<Ident>,
    pub partition_by: Vec<Expr>,
    pub order_by: Vec<OrderItem>,
    pub frame: Option<Frame>,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    pub unit: FrameUnit,
    pub start: FrameBound,
    /// `None` if `BETWEEN` was not used: the current row.
    pub end: Option<FrameBound>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameUnit {
    Rows,
    Range,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FrameBound {
    UnboundedPreceding,
    Preceding(Box<Expr>),
    CurrentRow,
    Following(Box<Expr>),
    UnboundedFollowing,
}
