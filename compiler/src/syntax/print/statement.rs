//! Prints statements.

use super::name::{columns, path};
use super::query::hints;
use super::{list, tuple};
use crate::syntax::{
    Column, ColumnKind, CreateTable, CreateView, DropObject, Expr, Ident, Insert, Like, LikeAction, LikeFeature,
    LikeOption, ObjectKind, PrimaryKey, Reset, Set, Statement, StatementKind, StatementSet, TableOption, Use,
    Watermark,
};
use std::fmt::{self, Display, Formatter};

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            StatementKind::CreateTable(create) => write!(f, "{create}"),
            StatementKind::CreateView(create) => write!(f, "{create}"),
            StatementKind::Drop(drop) => write!(f, "{drop}"),
            StatementKind::Set(set) => write!(f, "{set}"),
            StatementKind::Reset(reset) => write!(f, "{reset}"),
            StatementKind::Use(target) => write!(f, "{target}"),
            StatementKind::Insert(insert) => write!(f, "{insert}"),
            StatementKind::StatementSet(set) => write!(f, "{set}"),
            StatementKind::Query(query) => write!(f, "{query}"),
        }
    }
}

fn when(condition: bool, words: &'static str) -> &'static str {
    if condition { words } else { "" }
}

impl Display for CreateTable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (temporary, if_not_exists) =
            (when(self.temporary, "TEMPORARY "), when(self.if_not_exists, "IF NOT EXISTS "));
        write!(f, "CREATE {temporary}TABLE {if_not_exists}{}", self.name)?;
        let parts: Vec<&dyn Display> = (self.columns.iter().map(|column| column as &dyn Display))
            .chain(self.watermarks.iter().map(|watermark| watermark as &dyn Display))
            .chain(self.primary_keys.iter().map(|key| key as &dyn Display))
            .collect();
        if !parts.is_empty() {
            f.write_str(" ")?;
            tuple(f, parts)?;
        }
        if let Some(comment) = &self.comment {
            write!(f, " COMMENT {comment}")?;
        }
        if !self.partitioned_by.is_empty() {
            f.write_str(" PARTITIONED BY ")?;
            tuple(f, &self.partitioned_by)?;
        }
        if !self.options.is_empty() {
            f.write_str(" WITH ")?;
            tuple(f, &self.options)?;
        }
        if let Some(like) = &self.like {
            write!(f, " {like}")?;
        }
        self.query.as_ref().map_or(Ok(()), |query| write!(f, " AS {query}"))
    }
}

impl Display for Column {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.name)?;
        match &self.kind {
            ColumnKind::Physical(data_type) => write!(f, "{data_type}")?,
            ColumnKind::Computed(expr) => write!(f, "AS {expr}")?,
            ColumnKind::Metadata { data_type, key, is_virtual } => {
                write!(f, "{data_type} METADATA")?;
                if let Some(key) = key {
                    write!(f, " FROM {key}")?;
                }
                f.write_str(when(*is_virtual, " VIRTUAL"))?;
            }
        }
        self.comment.as_ref().map_or(Ok(()), |comment| write!(f, " COMMENT {comment}"))
    }
}

impl Display for Watermark {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("WATERMARK FOR ")?;
        path(f, &self.column)?;
        write!(f, " AS {}", self.expr)
    }
}

impl Display for PrimaryKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "CONSTRAINT {name} ")?;
        }
        f.write_str("PRIMARY KEY ")?;
        tuple(f, &self.columns)?;
        f.write_str(" NOT ENFORCED")
    }
}

impl Display for TableOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", self.key, self.value)
    }
}

impl Display for Like {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "LIKE {}", self.table)?;
        if self.options.is_empty() {
            return Ok(());
        }
        f.write_str(" (")?;
        for (index, option) in self.options.iter().enumerate() {
            write!(f, "{}{option}", when(index > 0, " "))?;
        }
        f.write_str(")")
    }
}

impl Display for LikeOption {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let action = match self.action {
            LikeAction::Including => "INCLUDING",
            LikeAction::Excluding => "EXCLUDING",
            LikeAction::Overwriting => "OVERWRITING",
        };
        write!(f, "{action} {}", self.feature.keyword())
    }
}

impl LikeFeature {
    /// The word behind INCLUDING, EXCLUDING or OVERWRITING.
    pub fn keyword(self) -> &'static str {
        match self {
            LikeFeature::All => "ALL",
            LikeFeature::Constraints => "CONSTRAINTS",
            LikeFeature::Distribution => "DISTRIBUTION",
            LikeFeature::Generated => "GENERATED",
            LikeFeature::Metadata => "METADATA",
            LikeFeature::Options => "OPTIONS",
            LikeFeature::Partitions => "PARTITIONS",
            LikeFeature::Watermarks => "WATERMARKS",
        }
    }
}

impl Display for CreateView {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (temporary, if_not_exists) =
            (when(self.temporary, "TEMPORARY "), when(self.if_not_exists, "IF NOT EXISTS "));
        write!(f, "CREATE {temporary}VIEW {if_not_exists}{}", self.name)?;
        columns(f, &self.columns)?;
        if let Some(comment) = &self.comment {
            write!(f, " COMMENT {comment}")?;
        }
        write!(f, " AS {}", self.query)
    }
}

impl Display for DropObject {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            ObjectKind::Table => "TABLE",
            ObjectKind::View => "VIEW",
        };
        let (temporary, if_exists) = (when(self.temporary, "TEMPORARY "), when(self.if_exists, "IF EXISTS "));
        write!(f, "DROP {temporary}{kind} {if_exists}{}", self.name)
    }
}

impl Display for Set {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "SET {} = {}", self.key, self.value)
    }
}

impl Display for Reset {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("RESET")?;
        self.key.as_ref().map_or(Ok(()), |key| write!(f, " {key}"))
    }
}

impl Display for Use {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "USE {}{}", when(self.catalog, "CATALOG "), self.name)
    }
}

impl Display for Insert {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "INSERT {} {}", if self.overwrite.is_some() { "OVERWRITE" } else { "INTO" }, self.target)?;
        hints(f, &self.hints, " ", "")?;
        if !self.partition.is_empty() {
            f.write_str(" PARTITION ")?;
            tuple(f, self.partition.iter().map(Partition))?;
        }
        columns(f, &self.columns)?;
        write!(f, " {}", self.query)
    }
}

struct Partition<'a>(&'a (Ident, Expr));

impl Display for Partition<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        list(f, [format_args!("{} = {}", self.0.0, self.0.1)])
    }
}

impl Display for StatementSet {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("EXECUTE STATEMENT SET BEGIN ")?;
        self.inserts.iter().try_for_each(|insert| write!(f, "{insert}; "))?;
        f.write_str("END")
    }
}
