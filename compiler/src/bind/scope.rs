//! What names mean inside one query: the columns of the relations in FROM, and fields below them.

use super::{Bind, QueryBinder, Reported};
use crate::diagnostic::Diagnostic;
use crate::plan::{ColumnId, Expr, Relation, Scalar};
use crate::syntax::Ident;
use crate::text::Span;
use crate::types::{Kind, Type};

/// A relation whose columns have names that users see.
pub(super) struct Bound {
    pub relation: Relation,
    pub outputs: Vec<Output>,
}

/// A column of a relation under its name.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub name: String,
    pub id: ColumnId,
}

/// The relations that an expression may speak of.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub relations: Vec<Named>,
}

/// A relation in FROM.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// The alias, or the name of the table; none for a subquery without an alias.
    pub name: Option<String>,
    /// Whether `default_catalog.default_database.` may stand before the name: a table without an alias.
    pub in_catalog: bool,
    pub outputs: Vec<Output>,
}

impl Scope {
    fn relation(&self, name: &str) -> Option<&Named> {
        self.relations.iter().find(|relation| relation.name.as_deref() == Some(name))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.relations.iter().filter_map(|relation| relation.name.as_deref())
    }

    pub fn outputs(&self) -> impl Iterator<Item = &Output> {
        self.relations.iter().flat_map(|relation| &relation.outputs)
    }
}

/// What the first words of a path turned out to be.
enum Found<'s> {
    /// A column and the number of words that name it.
    Column(&'s Output, usize),
    /// A relation that has no such column; the index of the word of the column.
    NoColumn(&'s Named, usize),
    Ambiguous(usize),
    Nothing,
}

/// Looks a path up: `column`, `relation.column`, `database.table.column`, ...; a relation's name goes first.
fn find<'s>(scope: &'s Scope, path: &[Ident]) -> Found<'s> {
    let mut missing = Found::Nothing;
    for qualifiers in 1..path.len().min(4) {
        let Some(relation) = scope.relation(&path[qualifiers - 1].value) else { continue };
        let prefix = &path[..qualifiers - 1];
        let prefix_fits = match prefix {
            [] => true,
            [database] => relation.in_catalog && database.value == crate::catalog::DEFAULT_DATABASE,
            [catalog, database, ..] => {
                relation.in_catalog
                    && catalog.value == crate::catalog::DEFAULT_CATALOG
                    && database.value == crate::catalog::DEFAULT_DATABASE
            }
        };
        if !prefix_fits {
            continue;
        }
        match unique(relation.outputs.iter(), &path[qualifiers].value) {
            Ok(Some(output)) => return Found::Column(output, qualifiers + 1),
            Ok(None) => missing = Found::NoColumn(relation, qualifiers),
            Err(Reported) => return Found::Ambiguous(qualifiers),
        }
    }
    match unique(scope.outputs(), &path[0].value) {
        Ok(Some(output)) => Found::Column(output, 1),
        Ok(None) => missing,
        Err(Reported) => Found::Ambiguous(0),
    }
}

fn unique<'s>(outputs: impl Iterator<Item = &'s Output>, name: &str) -> Bind<Option<&'s Output>> {
    let mut found = None;
    for output in outputs.filter(|output| output.name == name) {
        if found.is_some() {
            return Err(Reported);
        }
        found = Some(output);
    }
    Ok(found)
}

/// A column of a time function's DESCRIPTOR or of GROUP BY must be one column; the span of a path.
pub(super) fn path_span(path: &[Ident]) -> Span {
    path[0].span.to(path[path.len() - 1].span)
}

impl QueryBinder<'_> {
    /// A path of names: a column, or a field of one.
    pub(super) fn path(&mut self, path: &[Ident], span: Span, scope: &Scope) -> Bind<Scalar> {
        let (output, used) = match find(scope, path) {
            Found::Column(output, used) => (output, used),
            other => return Err(self.report_path(other, path, span, scope)),
        };
        let ty = self.columns[output.id.0].ty.clone();
        let mut scalar = Scalar { expr: Expr::Column(output.id), ty, span: path_span(&path[..used]) };
        for field in &path[used..] {
            scalar = self.field(scalar, field)?;
        }
        scalar.span = span;
        Ok(scalar)
    }

    /// `operand.field` of a ROW.
    pub(super) fn field(&mut self, operand: Scalar, field: &Ident) -> Bind<Scalar> {
        let Kind::Row(fields) = &operand.ty.kind else {
            let message = format!("`{}` is of type {} and has no fields", field.value, operand.ty.kind);
            return self.fail(
                Diagnostic::error("not-a-row", operand.span.to(field.span), message)
                    .labelled("only a ROW has fields")
                    .help("write the name without what stands before the dot, or declare the column as ROW<...>"),
            );
        };
        let Some(index) = fields.iter().position(|candidate| candidate.name == field.value) else {
            let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            let diagnostic = Diagnostic::error(
                "unknown-field",
                field.span,
                format!("there is no field `{}` in {}", field.value, operand.ty.kind),
            )
            .suggest_nearest(&field.value, field.span, names);
            return self.fail(diagnostic);
        };
        let ty = fields[index].ty.clone().or_nullable(operand.ty.nullable);
        let span = operand.span.to(field.span);
        Ok(Scalar { expr: Expr::Field { operand: Box::new(operand), index }, ty, span })
    }

    fn report_path(&mut self, found: Found<'_>, path: &[Ident], span: Span, scope: &Scope) -> Reported {
        let diagnostic = match found {
            Found::Ambiguous(at) => {
                let name = &path[at].value;
                Diagnostic::error(
                    "ambiguous-column",
                    span,
                    format!("`{name}` is ambiguous: there are several columns of that name"),
                )
                .help("give the columns different names with AS")
            }
            Found::NoColumn(relation, at) => {
                let (name, word) = (relation.name.as_deref().unwrap_or_default(), &path[at]);
                self.unknown_column(word, Some(name), relation.outputs.iter())
            }
            _ if scope.relations.is_empty() => {
                let name = &path[0].value;
                Diagnostic::error(
                    "unknown-column",
                    span,
                    format!("there is no column `{name}` here: the query has no FROM"),
                )
                .help("a text is written in single quotes, a column needs FROM and a table")
            }
            _ if path.len() > 1 => {
                let word = &path[0];
                let hidden = self.catalog.find(&word.value).is_some();
                let mut diagnostic = Diagnostic::error(
                    "unknown-table",
                    word.span,
                    format!("there is no table `{}` in this FROM", word.value),
                )
                .suggest_nearest(&word.value, word.span, scope.names());
                if hidden && diagnostic.help.is_empty() {
                    diagnostic = match scope.names().next() {
                        Some(alias) => diagnostic.labelled("not under this name").suggest(
                            format!("the table in FROM is called `{alias}` here"),
                            word.span,
                            alias,
                        ),
                        None => diagnostic,
                    };
                }
                diagnostic
            }
            _ => self.unknown_column(&path[0], None, scope.outputs()),
        };
        self.fail::<()>(diagnostic).unwrap_err()
    }

    fn unknown_column<'o>(
        &self,
        word: &Ident,
        relation: Option<&str>,
        outputs: impl Iterator<Item = &'o Output>,
    ) -> Diagnostic {
        let names: Vec<&str> = outputs.map(|output| output.name.as_str()).collect();
        let place = relation.map_or_else(|| "here".to_owned(), |relation| format!("in `{relation}`"));
        let message = format!("there is no column `{}` {place}", word.value);
        if relation.is_none() && self.aliases.contains(&word.value) {
            return Diagnostic::error("unknown-column", word.span, message)
                .with_note(format!("`{}` is a name that SELECT gives, which its other clauses do not know", word.value))
                .help("repeat the expression, or name it in a subquery in FROM");
        }
        let diagnostic = Diagnostic::error("unknown-column", word.span, message).suggest_nearest(
            &word.value,
            word.span,
            names.iter().copied(),
        );
        if !diagnostic.help.is_empty() || names.is_empty() {
            return diagnostic;
        }
        let few: Vec<String> = names.iter().take(12).map(|name| format!("`{name}`")).collect();
        let more = if names.len() > few.len() { ", ..." } else { "" };
        let diagnostic = if self.clause == super::table::COMPUTED_COLUMN {
            diagnostic.with_note("a computed column is made of columns that are not computed")
        } else {
            diagnostic
        };
        diagnostic.with_note(format!("the columns are {}{more}", few.join(", ")))
    }

    /// The type of a column of this statement.
    pub(super) fn type_of(&self, id: ColumnId) -> &Type {
        &self.columns[id.0].ty
    }
}
