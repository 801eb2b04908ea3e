//! The plan as text, as `sqlc explain --stage plan` shows it and as tests compare it.

use super::{
    AggregateCall, BinaryOp, CastMode, Column, ColumnId, ColumnSource, Expr, Literal, Operator, Plan, Relation, Scalar,
    Statement, Table, Target, UnaryOp, WindowProperty, WindowShape,
};
use crate::types::{Arithmetic, Kind};
use std::fmt;

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, table) in self.tables.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{table}")?;
        }
        for statement in &self.statements {
            f.write_str("\n")?;
            write_statement(f, statement, &self.tables)?;
        }
        Ok(())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "table {}", self.name)?;
        let names = |id: ColumnId| self.columns[id.0].name.clone();
        for (index, column) in self.columns.iter().enumerate() {
            write!(f, "  {} {}", column.name, column.ty)?;
            match &column.source {
                ColumnSource::Physical => {}
                ColumnSource::Computed(scalar) => write!(f, " = {}", Named(scalar, &names))?,
                ColumnSource::Metadata { key, is_virtual } => {
                    write!(f, " from metadata '{key}'{}", if *is_virtual { ", virtual" } else { "" })?;
                }
            }
            if self.primary_key.contains(&index) {
                f.write_str(", primary key")?;
            }
            if self.partitioned_by.contains(&index) {
                f.write_str(", partition")?;
            }
            f.write_str("\n")?;
        }
        if let Some(watermark) = &self.watermark {
            let column = &self.columns[watermark.column].name;
            writeln!(f, "  watermark of {column} = {}", Named(&watermark.expression, &names))?;
        }
        for option in &self.options {
            writeln!(f, "  '{}' = '{}'", option.name, option.value)?;
        }
        Ok(())
    }
}

fn write_statement(f: &mut fmt::Formatter<'_>, statement: &Statement, tables: &[Table]) -> fmt::Result {
    match statement.target {
        Target::Insert { table } => writeln!(f, "insert into {}", tables[table.0].name)?,
        Target::Select => writeln!(f, "select")?,
    }
    for (key, value) in &statement.settings {
        writeln!(f, "  with {key} = {value}")?;
    }
    Printer { columns: &statement.columns, tables }.relation(f, &statement.root, 1)
}

/// Writes the relations of one statement, a line each, inputs indented below.
struct Printer<'a> {
    columns: &'a [Column],
    tables: &'a [Table],
}

impl Printer<'_> {
    fn relation(&self, f: &mut fmt::Formatter<'_>, relation: &Relation, depth: usize) -> fmt::Result {
        write!(f, "{:1$}", "", depth * 2)?;
        let names = |id: ColumnId| self.name(id);
        match &relation.op {
            Operator::Scan { table, columns } => {
                write!(f, "scan {}: ", self.tables[table.0].name)?;
                self.list(f, columns.iter(), |f, (id, _)| self.declared(f, *id))?;
            }
            Operator::Values { rows, columns } => {
                f.write_str("values ")?;
                self.list(f, columns.iter(), |f, id| self.declared(f, *id))?;
                for row in rows {
                    write!(f, "\n{:1$}(", "", depth * 2 + 2)?;
                    self.list(f, row.iter(), |f, scalar| write!(f, "{}", Named(scalar, &names)))?;
                    f.write_str(")")?;
                }
            }
            Operator::Project { columns, .. } => {
                f.write_str("project ")?;
                self.list(f, columns.iter(), |f, (id, scalar)| {
                    self.declared(f, *id)?;
                    match scalar.expr {
                        Expr::Column(other) if other == *id => Ok(()),
                        _ => write!(f, " = {}", Named(scalar, &names)),
                    }
                })?;
            }
            Operator::Filter { predicate, .. } => write!(f, "filter {}", Named(predicate, &names))?,
            Operator::Window { window, .. } => {
                write!(f, "window {} over {} gives ", window.shape, self.name(window.time))?;
                self.list(f, window.properties.iter(), |f, id| self.declared(f, *id))?;
            }
            Operator::Aggregate { keys, window, calls, .. } => {
                f.write_str("aggregate by (")?;
                self.list(f, keys.iter(), |f, id| write!(f, "{}", self.name(*id)))?;
                f.write_str(")")?;
                if let Some(window) = window {
                    write!(f, " and {} over {}", window.shape, self.name(window.time))?;
                    for (id, property) in &window.properties {
                        f.write_str(", ")?;
                        self.declared(f, *id)?;
                        write!(f, " = {property}")?;
                    }
                }
                if !calls.is_empty() {
                    f.write_str(": ")?;
                    self.list(f, calls.iter(), |f, (id, call)| {
                        self.declared(f, *id)?;
                        f.write_str(" = ")?;
                        self.call(f, call)
                    })?;
                }
            }
            Operator::Union { columns, inputs } => {
                f.write_str("union all ")?;
                self.list(f, columns.iter(), |f, id| self.declared(f, *id))?;
                for (_, ids) in inputs {
                    f.write_str(" | ")?;
                    self.list(f, ids.iter(), |f, id| write!(f, "{}", self.name(*id)))?;
                }
            }
        }
        f.write_str("\n")?;
        for input in relation.inputs() {
            self.relation(f, input, depth + 1)?;
        }
        Ok(())
    }

    fn call(&self, f: &mut fmt::Formatter<'_>, call: &AggregateCall) -> fmt::Result {
        write!(f, "{}(", call.function)?;
        if call.distinct {
            f.write_str("DISTINCT ")?;
        }
        match call.argument {
            Some(argument) => write!(f, "{})", self.name(argument))?,
            None => f.write_str("*)")?,
        }
        match call.filter {
            Some(filter) => write!(f, " FILTER {}", self.name(filter)),
            None => Ok(()),
        }
    }

    fn list<T>(
        &self,
        f: &mut fmt::Formatter<'_>,
        items: impl Iterator<Item = T>,
        mut write: impl FnMut(&mut fmt::Formatter<'_>, T) -> fmt::Result,
    ) -> fmt::Result {
        for (index, item) in items.enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write(f, item)?;
        }
        Ok(())
    }

    fn declared(&self, f: &mut fmt::Formatter<'_>, id: ColumnId) -> fmt::Result {
        write!(f, "{} {}", self.name(id), self.columns[id.0].ty)
    }

    /// The name with the id, which tells columns of one name apart.
    fn name(&self, id: ColumnId) -> String {
        format!("{}#{}", self.columns[id.0].name, id.0)
    }
}

impl fmt::Display for WindowShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let with_offset = |f: &mut fmt::Formatter<'_>, offset: i64| match offset {
            0 => f.write_str(")"),
            offset => write!(f, ", offset {})", Length(offset)),
        };
        match *self {
            WindowShape::Tumble { size, offset } => {
                write!(f, "TUMBLE(size {}", Length(size))?;
                with_offset(f, offset)
            }
            WindowShape::Hop { slide, size, offset } => {
                write!(f, "HOP(slide {}, size {}", Length(slide), Length(size))?;
                with_offset(f, offset)
            }
            WindowShape::Cumulate { step, size, offset } => {
                write!(f, "CUMULATE(step {}, size {}", Length(step), Length(size))?;
                with_offset(f, offset)
            }
            WindowShape::Session { gap } => write!(f, "SESSION(gap {})", Length(gap)),
        }
    }
}

/// Milliseconds in the largest unit that measures them: `10 s`.
pub(crate) struct Length(pub(crate) i64);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];
        let (length, name) = units.into_iter().find(|(length, _)| self.0 % length == 0).unwrap_or((1, "ms"));
        write!(f, "{} {name}", self.0 / length)
    }
}

impl fmt::Display for WindowProperty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WindowProperty::Start => "start",
            WindowProperty::End => "end",
            WindowProperty::Rowtime => "rowtime",
            WindowProperty::Proctime => "proctime",
        })
    }
}

impl Scalar {
    /// The expression as text, with its columns as `names` calls them.
    pub(crate) fn display<'a>(&'a self, names: &'a dyn Fn(ColumnId) -> String) -> impl fmt::Display + 'a {
        Named(self, names)
    }
}

/// An expression with the names of its columns.
struct Named<'a>(&'a Scalar, &'a dyn Fn(ColumnId) -> String);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Named(scalar, names) = self;
        let of = |scalar| Named(scalar, names);
        let list = |f: &mut fmt::Formatter<'_>, scalars: &[Scalar]| -> fmt::Result {
            for (index, scalar) in scalars.iter().enumerate() {
                write!(f, "{}{}", if index > 0 { ", " } else { "" }, Named(scalar, names))?;
            }
            Ok(())
        };
        match &scalar.expr {
            Expr::Column(id) => f.write_str(&names(*id)),
            Expr::Literal(literal) => write_literal(f, literal, &scalar.ty.kind),
            Expr::Binary { op, left, right } => write!(f, "({} {op} {})", of(left), of(right)),
            Expr::Unary { op: UnaryOp::Not, operand } => write!(f, "(NOT {})", of(operand)),
            Expr::Unary { op: UnaryOp::Negate, operand } => write!(f, "(-{})", of(operand)),
            Expr::Unary { op, operand } => write!(f, "({} {op})", of(operand)),
            Expr::Call { name, arguments, .. } => {
                write!(f, "{name}(")?;
                list(f, arguments)?;
                f.write_str(")")
            }
            Expr::Cast { operand, mode } => {
                let word = match mode {
                    CastMode::Cast => "CAST",
                    CastMode::TryCast => "TRY_CAST",
                    CastMode::Checked => "CHECKED_CAST",
                };
                write!(f, "{word}({} AS {})", of(operand), scalar.ty.kind)
            }
            Expr::Case { branches, otherwise } => {
                f.write_str("CASE")?;
                for (when, then) in branches {
                    write!(f, " WHEN {} THEN {}", of(when), of(then))?;
                }
                write!(f, " ELSE {} END", of(otherwise))
            }
            Expr::InList { operand, items, negated } => {
                write!(f, "({} {}IN (", of(operand), if *negated { "NOT " } else { "" })?;
                list(f, items)?;
                f.write_str("))")
            }
            Expr::Coalesce(arguments) => {
                f.write_str("COALESCE(")?;
                list(f, arguments)?;
                f.write_str(")")
            }
            Expr::Field { operand, index } => {
                let name = match &operand.ty.kind {
                    Kind::Row(fields) => fields.get(*index).map_or("?", |field| field.name.as_str()),
                    _ => "?",
                };
                write!(f, "{}.{name}", of(operand))
            }
            Expr::Element { operand, index } => write!(f, "{}[{}]", of(operand), of(index)),
            Expr::Cardinality(operand) => write!(f, "CARDINALITY({})", of(operand)),
            Expr::Proctime => f.write_str("PROCTIME()"),
            Expr::CurrentWatermark => f.write_str("CURRENT_WATERMARK()"),
        }
    }
}

fn write_literal(f: &mut fmt::Formatter<'_>, literal: &Literal, kind: &Kind) -> fmt::Result {
    match literal {
        Literal::Null => f.write_str("NULL"),
        Literal::Boolean(value) => f.write_str(if *value { "TRUE" } else { "FALSE" }),
        Literal::Integer(value) => write!(f, "{value}"),
        Literal::Double(value) => write!(f, "{value:?}e0"),
        Literal::Decimal(unscaled) => {
            let (_, scale) = kind.as_decimal().unwrap_or((0, 0));
            let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = usize::from(scale) + 1);
            let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
            let sign = if *unscaled < 0 { "-" } else { "" };
            write!(f, "{sign}{whole}{}{fraction}", if scale > 0 { "." } else { "" })
        }
        Literal::Text(text) => write!(f, "'{}'", text.replace('\'', "''")),
        Literal::Bytes(bytes) => {
            f.write_str("X'")?;
            bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}"))?;
            f.write_str("'")
        }
        Literal::Date(days) => write!(f, "DATE[{days}]"),
        Literal::Time(millis) => write!(f, "TIME[{millis}]"),
        Literal::Timestamp(micros) => write!(f, "TIMESTAMP[{micros}]"),
        Literal::Months(months) => write!(f, "INTERVAL {months} MONTH"),
        Literal::Millis(millis) => write!(f, "INTERVAL {}", Length(*millis)),
        Literal::Unit(unit) => f.write_str(unit),
    }
}

impl fmt::Display for BinaryOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BinaryOp::Arithmetic(Arithmetic::Add) => "+",
            BinaryOp::Arithmetic(Arithmetic::Subtract) => "-",
            BinaryOp::Arithmetic(Arithmetic::Multiply) => "*",
            BinaryOp::Arithmetic(Arithmetic::Divide) => "/",
            BinaryOp::Arithmetic(Arithmetic::Modulo) => "%",
            BinaryOp::Equal => "=",
            BinaryOp::NotEqual => "<>",
            BinaryOp::Less => "<",
            BinaryOp::LessOrEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterOrEqual => ">=",
            BinaryOp::Distinct => "IS DISTINCT FROM",
            BinaryOp::NotDistinct => "IS NOT DISTINCT FROM",
            BinaryOp::And => "AND",
            BinaryOp::Or => "OR",
        })
    }
}

impl fmt::Display for UnaryOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            UnaryOp::Not => "NOT",
            UnaryOp::Negate => "-",
            UnaryOp::IsNull => "IS NULL",
            UnaryOp::IsNotNull => "IS NOT NULL",
            UnaryOp::IsTrue => "IS TRUE",
            UnaryOp::IsNotTrue => "IS NOT TRUE",
            UnaryOp::IsFalse => "IS FALSE",
            UnaryOp::IsNotFalse => "IS NOT FALSE",
            UnaryOp::IsUnknown => "IS UNKNOWN",
            UnaryOp::IsNotUnknown => "IS NOT UNKNOWN",
        })
    }
}
