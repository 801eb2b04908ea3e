//! Typed expressions over column ids.

use super::ColumnId;
use crate::function::Overload;
use crate::text::Span;
use crate::types::{Arithmetic, Type};
use std::fmt;

/// An expression with its type and where it was written.
#[derive(Clone, Debug)]
pub struct Scalar {
    pub expr: Expr,
    pub ty: Type,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub enum Expr {
    Column(ColumnId),
    /// NULL is `Literal::Null` with the type it takes here.
    Literal(Literal),
    /// Both operands have the types that the operator works on: `bind` has put casts around them.
    Binary {
        op: BinaryOp,
        left: Box<Scalar>,
        right: Box<Scalar>,
    },
    Unary {
        op: UnaryOp,
        operand: Box<Scalar>,
    },
    /// A function of the registry. Arguments are cast to what the overload takes.
    Call {
        overload: &'static Overload,
        name: &'static str,
        arguments: Vec<Scalar>,
    },
    /// To the type of this scalar. `attempt` is TRY_CAST; `checked` is the narrowing that INSERT does by itself
    /// (an overflow is a row error).
    Cast {
        operand: Box<Scalar>,
        mode: CastMode,
    },
    /// All results and `otherwise` have the type of the whole.
    Case {
        branches: Vec<(Scalar, Scalar)>,
        otherwise: Box<Scalar>,
    },
    /// `operand IN (items)`: all of one type.
    InList {
        operand: Box<Scalar>,
        items: Vec<Scalar>,
        negated: bool,
    },
    /// The first of them that is not NULL; all of one type.
    Coalesce(Vec<Scalar>),
    /// A field of a ROW.
    Field {
        operand: Box<Scalar>,
        index: usize,
    },
    /// `array[index]` from 1, or `map[key]`.
    Element {
        operand: Box<Scalar>,
        index: Box<Scalar>,
    },
    /// CARDINALITY of an ARRAY or MAP.
    Cardinality(Box<Scalar>),
    /// PROCTIME(): the processing time of the row.
    Proctime,
    /// CURRENT_WATERMARK(rowtime).
    CurrentWatermark,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CastMode {
    Cast,
    TryCast,
    /// BIGINT into an INT column and its like.
    Checked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// Operands: two numbers of the result's kind for integers and floats, two DECIMALs of any scale for
    /// decimals; or timestamp/date/time and interval; two intervals; interval times or by a number.
    Arithmetic(Arithmetic),
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `IS DISTINCT FROM` and `IS NOT DISTINCT FROM`: never NULL.
    Distinct,
    NotDistinct,
    And,
    Or,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    Not,
    Negate,
    IsNull,
    IsNotNull,
    IsTrue,
    IsNotTrue,
    IsFalse,
    IsNotFalse,
    IsUnknown,
    IsNotUnknown,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Null,
    Boolean(bool),
    /// Of any integer type.
    Integer(i64),
    /// Of FLOAT or DOUBLE.
    Double(f64),
    /// Unscaled.
    Decimal(i128),
    Text(String),
    Bytes(Vec<u8>),
    /// Days since the epoch.
    Date(i32),
    /// Milliseconds of the day.
    Time(i32),
    /// Microseconds since the epoch.
    Timestamp(i64),
    Months(i32),
    Millis(i64),
    /// The keyword of a unit of time, which some functions take: `YEAR`. Not a value.
    Unit(&'static str),
}

/// One aggregate function in one place.
#[derive(Clone, Debug)]
pub struct AggregateCall {
    pub function: Aggregate,
    /// None for COUNT(*). Cast to what the function takes.
    pub argument: Option<ColumnId>,
    pub distinct: bool,
    /// FILTER (WHERE ...): a BOOLEAN column.
    pub filter: Option<ColumnId>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

impl Scalar {
    /// Calls `visit` for every column it reads.
    pub fn for_each_column(&self, visit: &mut impl FnMut(ColumnId)) {
        if let Expr::Column(id) = &self.expr {
            visit(*id);
        }
        for child in self.children() {
            child.for_each_column(visit);
        }
    }

    pub fn children(&self) -> Vec<&Scalar> {
        match &self.expr {
            Expr::Column(_) | Expr::Literal(_) | Expr::Proctime | Expr::CurrentWatermark => Vec::new(),
            Expr::Binary { left, right, .. } => vec![left, right],
            Expr::Unary { operand, .. }
            | Expr::Cast { operand, .. }
            | Expr::Field { operand, .. }
            | Expr::Cardinality(operand) => vec![operand],
            Expr::Call { arguments, .. } | Expr::Coalesce(arguments) => arguments.iter().collect(),
            Expr::Case { branches, otherwise } => {
                branches.iter().flat_map(|(when, then)| [when, then]).chain([&**otherwise]).collect()
            }
            Expr::InList { operand, items, .. } => [&**operand].into_iter().chain(items).collect(),
            Expr::Element { operand, index } => vec![operand, index],
        }
    }

    pub fn children_mut(&mut self) -> Vec<&mut Scalar> {
        match &mut self.expr {
            Expr::Column(_) | Expr::Literal(_) | Expr::Proctime | Expr::CurrentWatermark => Vec::new(),
            Expr::Binary { left, right, .. } => vec![left, right],
            Expr::Unary { operand, .. }
            | Expr::Cast { operand, .. }
            | Expr::Field { operand, .. }
            | Expr::Cardinality(operand) => vec![operand],
            Expr::Call { arguments, .. } | Expr::Coalesce(arguments) => arguments.iter_mut().collect(),
            Expr::Case { branches, otherwise } => {
                branches.iter_mut().flat_map(|(when, then)| [when, then]).chain([&mut **otherwise]).collect()
            }
            Expr::InList { operand, items, .. } => [&mut **operand].into_iter().chain(items).collect(),
            Expr::Element { operand, index } => vec![operand, index],
        }
    }

    /// Replaces every column it reads by what `replacement` gives for it.
    pub fn substitute(&mut self, replacement: &impl Fn(ColumnId) -> Option<Scalar>) {
        if let Expr::Column(id) = &self.expr {
            if let Some(scalar) = replacement(*id) {
                *self = scalar;
            }
            return;
        }
        for child in self.children_mut() {
            child.substitute(replacement);
        }
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Aggregate::Count => "COUNT",
            Aggregate::Sum => "SUM",
            Aggregate::Avg => "AVG",
            Aggregate::Min => "MIN",
            Aggregate::Max => "MAX",
        })
    }
}
