//! Prints expressions. Operands that bind less than their operator get parentheses.

use super::name::{path, quote};
use super::{list, tuple};
use crate::syntax::{
    Argument, ArgumentValue, BinaryOperator, Expr, ExprKind, Frame, FrameBound, FrameUnit, FunctionCall, JsonClause,
    JsonKind, LikeKind, Literal, Over, OverWindow, TableArgument, TrimSide, Truth, UnaryOperator,
};
use std::fmt::{self, Display, Formatter};

/// How tightly an expression holds together, from OR to a name: the levels of the parser's grammar.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Or,
    And,
    Not,
    Is,
    Comparison,
    Range,
    Sum,
    Product,
    Sign,
    Primary,
}

fn level(expr: &Expr) -> Level {
    match &expr.kind {
        ExprKind::Unary { operator: UnaryOperator::Not, .. } => Level::Not,
        ExprKind::Unary { .. } => Level::Sign,
        ExprKind::Binary { operator, .. } => operator_level(*operator),
        ExprKind::Is { .. } => Level::Is,
        ExprKind::IsDistinctFrom { .. } => Level::Comparison,
        ExprKind::Between { .. } | ExprKind::InList { .. } | ExprKind::InQuery { .. } | ExprKind::Like { .. } => {
            Level::Range
        }
        _ => Level::Primary,
    }
}

fn operator_level(operator: BinaryOperator) -> Level {
    use BinaryOperator::*;
    match operator {
        Or => Level::Or,
        And => Level::And,
        Equal | NotEqual | Less | LessOrEqual | Greater | GreaterOrEqual => Level::Comparison,
        Overlaps => Level::Range,
        Plus | Minus => Level::Sum,
        Concat | Multiply | Divide | Modulo => Level::Product,
    }
}

/// An operand that must be at least of this level to stand without parentheses.
struct Operand<'a>(&'a Expr, Level);

impl Display for Operand<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if level(self.0) < self.1 { write!(f, "({})", self.0) } else { write!(f, "{}", self.0) }
    }
}

fn above(level: Level) -> Level {
    match level {
        Level::Or => Level::And,
        Level::And => Level::Not,
        Level::Not => Level::Is,
        Level::Is => Level::Comparison,
        Level::Comparison => Level::Range,
        Level::Range => Level::Sum,
        Level::Sum => Level::Product,
        Level::Product => Level::Sign,
        Level::Sign | Level::Primary => Level::Primary,
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let not = |negated: bool| if negated { "NOT " } else { "" };
        match &self.kind {
            ExprKind::Literal(literal) => write!(f, "{literal}"),
            ExprKind::Path(parts) => path(f, parts),
            ExprKind::Field { base, field } => match &base.kind {
                ExprKind::Path(_) => write!(f, "({base}).{field}"),
                _ => write!(f, "{}.{field}", Base(base)),
            },
            ExprKind::Subscript { base, index } => write!(f, "{}[{index}]", Base(base)),
            ExprKind::Unary { operator, operand } => match operator {
                UnaryOperator::Not => write!(f, "NOT {}", Operand(operand, Level::Not)),
                UnaryOperator::Plus => write!(f, "+{}", Operand(operand, Level::Primary)),
                UnaryOperator::Minus => write!(f, "-{}", Operand(operand, Level::Primary)),
            },
            ExprKind::Binary { operator, left, right, .. } => {
                let level = operator_level(*operator);
                write!(f, "{} {} {}", Operand(left, level), operator.symbol(), Operand(right, above(level)))
            }
            ExprKind::Is { operand, negated, what } => {
                write!(f, "{} IS {}{what}", Operand(operand, Level::Is), not(*negated))
            }
            ExprKind::IsDistinctFrom { left, right, negated } => {
                let (left, right) = (Operand(left, Level::Comparison), Operand(right, Level::Range));
                write!(f, "{left} IS {}DISTINCT FROM {right}", not(*negated))
            }
            ExprKind::Between { operand, low, high, negated, symmetric } => {
                let symmetric = if *symmetric { "SYMMETRIC " } else { "" };
                let (low, high) = (Operand(low, Level::Sum), Operand(high, Level::Sum));
                write!(f, "{} {}BETWEEN {symmetric}{low} AND {high}", Operand(operand, Level::Sum), not(*negated))
            }
            ExprKind::InList { operand, list: values, negated } => {
                write!(f, "{} {}IN ", Operand(operand, Level::Sum), not(*negated))?;
                tuple(f, values)
            }
            ExprKind::InQuery { operand, query, negated } => {
                write!(f, "{} {}IN ({query})", Operand(operand, Level::Sum), not(*negated))
            }
            ExprKind::Exists(query) => write!(f, "EXISTS ({query})"),
            ExprKind::Subquery(query) => write!(f, "({query})"),
            ExprKind::Like { kind, operand, pattern, escape, negated } => {
                let word = match kind {
                    LikeKind::Like => "LIKE",
                    LikeKind::SimilarTo => "SIMILAR TO",
                };
                let (operand, pattern) = (Operand(operand, Level::Sum), Operand(pattern, Level::Sum));
                write!(f, "{operand} {}{word} {pattern}", not(*negated))?;
                escape.as_ref().map_or(Ok(()), |escape| write!(f, " ESCAPE {}", Operand(escape, Level::Sum)))
            }
            ExprKind::Case { operand, branches, otherwise } => {
                f.write_str("CASE")?;
                if let Some(operand) = operand {
                    write!(f, " {operand}")?;
                }
                for (when, then) in branches {
                    write!(f, " WHEN {when} THEN {then}")?;
                }
                if let Some(otherwise) = otherwise {
                    write!(f, " ELSE {otherwise}")?;
                }
                f.write_str(" END")
            }
            ExprKind::Cast { operand, data_type, lenient } => {
                write!(f, "{}({operand} AS {data_type})", if *lenient { "TRY_CAST" } else { "CAST" })
            }
            ExprKind::Extract { unit, operand } => write!(f, "EXTRACT({unit} FROM {operand})"),
            ExprKind::RoundTo { up, operand, unit } => {
                let name = if *up { "CEIL" } else { "FLOOR" };
                match &operand.kind {
                    // The TO would be taken for the interval's own.
                    ExprKind::Literal(Literal::Interval(_)) => write!(f, "{name}(({operand}) TO {unit})"),
                    _ => write!(f, "{name}({} TO {unit})", Operand(operand, Level::Primary)),
                }
            }
            ExprKind::Trim { side: TrimSide::Both, characters: None, operand } => write!(f, "TRIM({operand})"),
            ExprKind::Trim { side, characters, operand } => {
                let side = match side {
                    TrimSide::Both => "BOTH",
                    TrimSide::Leading => "LEADING",
                    TrimSide::Trailing => "TRAILING",
                };
                write!(f, "TRIM({side} ")?;
                if let Some(characters) = characters {
                    write!(f, "{characters} ")?;
                }
                write!(f, "FROM {operand})")
            }
            ExprKind::Call(call) => write!(f, "{call}"),
            ExprKind::Unit(unit) => write!(f, "{unit}"),
            ExprKind::Row(items) => {
                f.write_str("ROW")?;
                tuple(f, items)
            }
            ExprKind::Array(items) => {
                f.write_str("ARRAY[")?;
                list(f, items)?;
                f.write_str("]")
            }
            ExprKind::Map(pairs) => {
                f.write_str("MAP[")?;
                list(f, pairs.iter().flat_map(|(key, value)| [key, value]))?;
                f.write_str("]")
            }
        }
    }
}

/// What a dot or a bracket may follow without parentheses.
struct Base<'a>(&'a Expr);

impl Display for Base<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            ExprKind::Path(_)
            | ExprKind::Field { .. }
            | ExprKind::Subscript { .. }
            | ExprKind::Array(_)
            | ExprKind::Map(_) => write!(f, "{}", self.0),
            _ => write!(f, "({})", self.0),
        }
    }
}

impl Display for Literal {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Null => f.write_str("NULL"),
            Literal::Boolean(value) => f.write_str(if *value { "TRUE" } else { "FALSE" }),
            Literal::Number(number) => f.write_str(number),
            Literal::String(text) => quote(f, text),
            Literal::Bytes(bytes) => {
                f.write_str("X'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
                f.write_str("'")
            }
            Literal::Date(text) => write!(f, "DATE {text}"),
            Literal::Time(text) => write!(f, "TIME {text}"),
            Literal::Timestamp(text) => write!(f, "TIMESTAMP {text}"),
            Literal::Interval(interval) => write!(f, "{interval}"),
        }
    }
}

impl Display for Truth {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Truth::Null => "NULL",
            Truth::True => "TRUE",
            Truth::False => "FALSE",
            Truth::Unknown => "UNKNOWN",
            Truth::Json(JsonKind::Value) => "JSON VALUE",
            Truth::Json(JsonKind::Scalar) => "JSON SCALAR",
            Truth::Json(JsonKind::Array) => "JSON ARRAY",
            Truth::Json(JsonKind::Object) => "JSON OBJECT",
        })
    }
}

impl Display for FunctionCall {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if self.bare {
            return Ok(());
        }
        f.write_str(if self.distinct { "(DISTINCT " } else { "(" })?;
        match (self.name.simple(), self.arguments.as_slice()) {
            // These two have no form with commas in Flink.
            (Some(name), [part, whole]) if name.is_word("POSITION") => write!(f, "{part} IN {whole}")?,
            (Some(name), [text, other, from, rest @ ..]) if name.is_word("OVERLAY") => {
                write!(f, "{text} PLACING {other} FROM {from}")?;
                rest.iter().try_for_each(|length| write!(f, " FOR {length}"))?;
            }
            (Some(name), pairs) if name.is_word("JSON_OBJECT") || name.is_word("JSON_OBJECTAGG") => {
                list(f, pairs.chunks(2).map(JsonPair))?;
            }
            (_, arguments) => list(f, arguments)?,
        }
        self.json.iter().try_for_each(|clause| write!(f, " {clause}"))?;
        f.write_str(")")?;
        if !self.within_group.is_empty() {
            f.write_str(" WITHIN GROUP (ORDER BY ")?;
            list(f, &self.within_group)?;
            f.write_str(")")?;
        }
        if let Some(filter) = &self.filter {
            write!(f, " FILTER (WHERE {filter})")?;
        }
        match &self.over {
            None => Ok(()),
            Some(Over::Named(name)) => write!(f, " OVER {name}"),
            Some(Over::Window(window)) => write!(f, " OVER {window}"),
        }
    }
}

/// The two arguments that a JSON object takes for a member.
struct JsonPair<'a>(&'a [Argument]);

impl Display for JsonPair<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            [key, value] => write!(f, "KEY {key} VALUE {value}"),
            other => list(f, other),
        }
    }
}

impl Display for JsonClause {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            JsonClause::Returning(data_type) => write!(f, "RETURNING {data_type}"),
            JsonClause::Behaviour { words, default: None, .. } => f.write_str(&words.join(" ")),
            // The first word is DEFAULT; the expression follows it.
            JsonClause::Behaviour { words, default: Some(default), .. } => {
                write!(f, "DEFAULT {} {}", Operand(default, Level::Sum), words[1..].join(" "))
            }
        }
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{name} => ")?;
        }
        match &self.value {
            ArgumentValue::Expr(expr) => write!(f, "{expr}"),
            ArgumentValue::Star => f.write_str("*"),
            ArgumentValue::Table(table) => write!(f, "{table}"),
            ArgumentValue::Descriptor(columns) => {
                f.write_str("DESCRIPTOR")?;
                tuple(f, columns)
            }
            ArgumentValue::Default => f.write_str("DEFAULT"),
        }
    }
}

impl Display for TableArgument {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.query.body {
            crate::syntax::QueryBody::Table(name) => write!(f, "TABLE {name}")?,
            _ => write!(f, "({})", self.query)?,
        }
        if !self.partition_by.is_empty() {
            f.write_str(" PARTITION BY (")?;
            list(f, &self.partition_by)?;
            f.write_str(")")?;
        }
        if !self.order_by.is_empty() {
            f.write_str(" ORDER BY (")?;
            list(f, &self.order_by)?;
            f.write_str(")")?;
        }
        Ok(())
    }
}

impl Display for OverWindow {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        parts.extend(self.base.as_ref().map(ToString::to_string));
        let join = |items: Vec<String>| items.join(", ");
        if !self.partition_by.is_empty() {
            parts.push(format!("PARTITION BY {}", join(self.partition_by.iter().map(ToString::to_string).collect())));
        }
        if !self.order_by.is_empty() {
            parts.push(format!("ORDER BY {}", join(self.order_by.iter().map(ToString::to_string).collect())));
        }
        parts.extend(self.frame.as_ref().map(ToString::to_string));
        write!(f, "({})", parts.join(" "))
    }
}

impl Display for Frame {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.unit {
            FrameUnit::Rows => "ROWS ",
            FrameUnit::Range => "RANGE ",
        })?;
        match &self.end {
            None => write!(f, "{}", self.start),
            Some(end) => write!(f, "BETWEEN {} AND {end}", self.start),
        }
    }
}

impl Display for FrameBound {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            FrameBound::UnboundedPreceding => f.write_str("UNBOUNDED PRECEDING"),
            FrameBound::Preceding(expr) => write!(f, "{} PRECEDING", Operand(expr, Level::Sum)),
            FrameBound::CurrentRow => f.write_str("CURRENT ROW"),
            FrameBound::Following(expr) => write!(f, "{} FOLLOWING", Operand(expr, Level::Sum)),
            FrameBound::UnboundedFollowing => f.write_str("UNBOUNDED FOLLOWING"),
        }
    }
}
