//! Prints queries.

use super::name::columns;
use super::{list, tuple};
use crate::syntax::{
    Cte, Distinctness, Expr, GroupItem, Hint, HintArgument, Join, JoinConstraint, JoinKind, OrderItem, Query,
    QueryBody, Select, SelectItem, SetOperation, SetOperator, TableAlias, TableRef, TableRefKind, Values,
};
use std::fmt::{self, Display, Formatter};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.with.is_empty() {
            f.write_str("WITH ")?;
            list(f, &self.with)?;
            f.write_str(" ")?;
        }
        write!(f, "{}", self.body)?;
        if !self.order_by.is_empty() {
            f.write_str(" ORDER BY ")?;
            list(f, &self.order_by)?;
        }
        if let Some(limit) = &self.limit {
            write!(f, " LIMIT {limit}")?;
        }
        if let Some(offset) = &self.offset {
            write!(f, " OFFSET {offset}")?;
        }
        Ok(())
    }
}

impl Display for Cte {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        columns(f, &self.columns)?;
        write!(f, " AS ({})", self.query)
    }
}

impl Display for QueryBody {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            QueryBody::Select(select) => write!(f, "{select}"),
            QueryBody::Values(values) => write!(f, "{values}"),
            QueryBody::Table(name) => write!(f, "TABLE {name}"),
            QueryBody::SetOperation(operation) => write!(f, "{operation}"),
            QueryBody::Query(query) => write!(f, "({query})"),
        }
    }
}

impl Display for SetOperation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let operator = match self.operator {
            SetOperator::Union => "UNION",
            SetOperator::Intersect => "INTERSECT",
            SetOperator::Except => "EXCEPT",
        };
        write!(f, "{} {operator}{} {}", self.left, if self.all { " ALL" } else { "" }, self.right)
    }
}

/// Expressions in parentheses.
struct Tuple<'a>(&'a [Expr]);

impl Display for Tuple<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        tuple(f, self.0)
    }
}

impl Display for Values {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("VALUES ")?;
        list(f, self.rows.iter().map(|row| Tuple(row)))
    }
}

impl Display for Select {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("SELECT ")?;
        hints(f, &self.hints, "", " ")?;
        if let Distinctness::Distinct(_) = self.distinct {
            f.write_str("DISTINCT ")?;
        }
        list(f, &self.items)?;
        if !self.from.is_empty() {
            f.write_str(" FROM ")?;
            list(f, &self.from)?;
        }
        if let Some(filter) = &self.filter {
            write!(f, " WHERE {filter}")?;
        }
        if let Some(items) = &self.group_by {
            f.write_str(" GROUP BY ")?;
            if items.is_empty() { f.write_str("()")? } else { list(f, items)? }
        }
        if let Some(having) = &self.having {
            write!(f, " HAVING {having}")?;
        }
        for (index, named) in self.windows.iter().enumerate() {
            write!(f, "{} {} AS {}", if index == 0 { " WINDOW" } else { "," }, named.name, named.window)?;
        }
        if let Some(qualify) = &self.qualify {
            write!(f, " QUALIFY {qualify}")?;
        }
        Ok(())
    }
}

impl Display for SelectItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            SelectItem::Expr { expr, alias: None } => write!(f, "{expr}"),
            SelectItem::Expr { expr, alias: Some(alias) } => write!(f, "{expr} AS {alias}"),
            SelectItem::Star { qualifier: None, .. } => f.write_str("*"),
            SelectItem::Star { qualifier: Some(name), .. } => write!(f, "{name}.*"),
        }
    }
}

impl Display for GroupItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (word, sets) = match self {
            GroupItem::Expr(expr) => return write!(f, "{expr}"),
            GroupItem::Rollup(sets, _) => ("ROLLUP", sets),
            GroupItem::Cube(sets, _) => ("CUBE", sets),
            GroupItem::GroupingSets(sets, _) => ("GROUPING SETS", sets),
        };
        write!(f, "{word} ")?;
        tuple(f, sets.iter().map(|set| Tuple(set)))
    }
}

impl Display for OrderItem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.expr)?;
        f.write_str(match self.ascending {
            Some(true) => " ASC",
            Some(false) => " DESC",
            None => "",
        })?;
        f.write_str(match self.nulls_first {
            Some(true) => " NULLS FIRST",
            Some(false) => " NULLS LAST",
            None => "",
        })
    }
}

pub(super) fn hints(f: &mut Formatter<'_>, hints: &[Hint], before: &str, after: &str) -> fmt::Result {
    if hints.is_empty() {
        return Ok(());
    }
    write!(f, "{before}/*+ ")?;
    list(f, hints)?;
    write!(f, " */{after}")
}

impl Display for Hint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if self.arguments.is_empty() { Ok(()) } else { tuple(f, &self.arguments) }
    }
}

impl Display for HintArgument {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            HintArgument::Pair(pair) => write!(f, "{pair}"),
            HintArgument::Name(name) => write!(f, "{name}"),
            HintArgument::String(text) => write!(f, "{text}"),
        }
    }
}

impl Display for TableAlias {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        columns(f, &self.columns)
    }
}

impl Display for TableRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            TableRefKind::Table { name, hints: given, as_of } => {
                write!(f, "{name}")?;
                hints(f, given, " ", "")?;
                if let Some(time) = as_of {
                    write!(f, " FOR SYSTEM_TIME AS OF {time}")?;
                }
            }
            TableRefKind::Query { query, lateral } => {
                write!(f, "{}({query})", if *lateral { "LATERAL " } else { "" })?;
            }
            TableRefKind::Function { name, arguments, lateral, hints: given } => {
                write!(f, "{}TABLE({name}", if *lateral { "LATERAL " } else { "" })?;
                tuple(f, arguments)?;
                f.write_str(")")?;
                hints(f, given, " ", "")?;
            }
            TableRefKind::Unnest { operands, ordinality } => {
                f.write_str("UNNEST")?;
                tuple(f, operands)?;
                f.write_str(if *ordinality { " WITH ORDINALITY" } else { "" })?;
            }
            TableRefKind::Join(join) => write!(f, "{join}")?,
        }
        self.alias.as_ref().map_or(Ok(()), |alias| write!(f, " AS {alias}"))
    }
}

impl Display for Join {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let natural = if self.constraint == JoinConstraint::Natural { "NATURAL " } else { "" };
        let kind = match self.kind {
            JoinKind::Inner => "JOIN",
            JoinKind::Left => "LEFT JOIN",
            JoinKind::Right => "RIGHT JOIN",
            JoinKind::Full => "FULL JOIN",
            JoinKind::Cross => "CROSS JOIN",
        };
        write!(f, "{} {natural}{kind} ", self.left)?;
        match &self.right.kind {
            TableRefKind::Join(_) => write!(f, "({})", self.right)?,
            _ => write!(f, "{}", self.right)?,
        }
        match &self.constraint {
            JoinConstraint::None | JoinConstraint::Natural => Ok(()),
            JoinConstraint::On(condition) => write!(f, " ON {condition}"),
            JoinConstraint::Using(names) => {
                f.write_str(" USING ")?;
                tuple(f, names)
            }
        }
    }
}
