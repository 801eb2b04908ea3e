//! Turns statements and what was declared before them into the relational plan: names become columns, values get
//! types, and everything that is wrong in any cell is said at once, on the user's own words.
//!
//! It leaves to `lower` whether a query can be run as a stream: time attributes, changelogs, keys and state.

mod aggregate;
mod call;
mod case;
mod cast;
mod coerce;
mod data_type;
mod expression;
mod format_types;
mod from;
mod function;
mod group;
mod insert;
mod like;
mod literal;
mod operator;
mod options;
mod query;
mod same;
mod scope;
mod select;
mod settings;
mod table;
mod union;
mod view;
mod window;

#[cfg(test)]
mod tests;

use crate::catalog::{self, Catalog, Object, foreign_qualifier};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::notebook::Setting;
use crate::plan::{Column, ColumnId, Plan, Scalar, Statement, Table, TableId, TableOption, Target};
use crate::syntax::{self, ObjectKind, ObjectName, StatementKind};
use crate::text::Span;
use crate::types::Type;
use std::collections::BTreeSet;

/// Something was wrong and has been said; what depends on it says nothing more.
#[derive(Clone, Copy, Debug)]
struct Reported;

type Bind<T> = Result<T, Reported>;

/// What is known of one cell, or of one file of the catalog folder.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cell<'a> {
    /// What a cell of settings sets.
    pub settings: &'a [Setting],
    pub statements: &'a [syntax::Statement],
    /// The tables and views whose declarations could not be read; what uses them says nothing more.
    pub broken: &'a [ObjectName],
}

/// Binds the catalog folder and then the notebook, both in order.
///
/// The plan holds the INSERTs and SELECTs of the notebook; those with errors are left out of it.
pub fn bind(catalog: &[Cell<'_>], notebook: &[Cell<'_>], diagnostics: &mut Diagnostics) -> Plan {
    let mut binder =
        Binder { catalog: Catalog::default(), plan: Plan::default(), tables: Vec::new(), diagnostics, inherited: true };
    for cell in catalog {
        binder.cell(cell);
    }
    binder.inherited = false;
    for cell in notebook {
        binder.cell(cell);
    }
    binder.plan
}

/// Whether a statement becomes part of the application.
fn is_job(kind: &StatementKind) -> bool {
    matches!(kind, StatementKind::Insert(_) | StatementKind::StatementSet(_) | StatementKind::Query(_))
}

/// What is known between statements.
struct Binder<'a> {
    catalog: Catalog,
    plan: Plan,
    /// Which object, with which hints, each table of the plan is.
    tables: Vec<TableUse>,
    diagnostics: &'a mut Diagnostics,
    /// Whether the statements come from the catalog folder.
    inherited: bool,
}

/// One use of a declared table.
struct TableUse {
    object: usize,
    hints: Vec<TableOption>,
    id: TableId,
}

/// What is known inside one statement.
struct QueryBinder<'a> {
    catalog: &'a Catalog,
    plan: &'a mut Plan,
    tables: &'a mut Vec<TableUse>,
    diagnostics: &'a mut Diagnostics,
    columns: Vec<Column>,
    /// The WITH queries that are visible, innermost last.
    ctes: Vec<query::CommonTable>,
    /// The views that are being read, by number.
    views: Vec<usize>,
    /// Where aggregates are gathered while a SELECT with GROUP BY is bound.
    grouping: Option<group::Grouping>,
    /// The names that the SELECT being bound gives to its columns, for messages.
    aliases: Vec<String>,
    /// The clause that is being bound, for messages: `WHERE`.
    clause: &'static str,
}

impl Binder<'_> {
    fn cell(&mut self, cell: &Cell<'_>) {
        for setting in cell.settings {
            self.setting(setting);
        }
        for name in cell.broken {
            let kind = catalog::ObjectKind::Broken { is_view: false };
            self.catalog.declare(&name.last().value, false, self.inherited, name.span, kind);
        }
        for statement in cell.statements {
            if self.inherited && is_job(&statement.kind) {
                let message = "the catalog folder holds declarations only";
                let diagnostic = Diagnostic::error("statement-in-catalog", statement.span, message)
                    .help("move the statement into the notebook");
                self.diagnostics.push(diagnostic);
            } else {
                self.statement(statement);
            }
        }
    }

    fn statement(&mut self, statement: &syntax::Statement) {
        match &statement.kind {
            StatementKind::CreateTable(create) => self.create_table(create),
            StatementKind::CreateView(create) => self.create_view(create),
            StatementKind::Drop(drop) => self.drop_object(drop, statement.span),
            StatementKind::Set(set) => self.set(set),
            StatementKind::Reset(reset) => self.reset(reset),
            StatementKind::Use(used) => self.use_database(used),
            StatementKind::Insert(insert) => self.insert(insert, statement.span),
            StatementKind::StatementSet(set) => {
                for insert in &set.inserts {
                    self.insert(insert, insert.span);
                }
            }
            StatementKind::Query(query) => self.select_statement(query, statement.span),
        }
    }

    /// A SELECT on its own.
    fn select_statement(&mut self, query: &syntax::Query, span: Span) {
        let mut binder = self.query_binder();
        let Ok(bound) = binder.query(query) else { return };
        let Ok(bound) = binder.finish_outputs(bound) else { return };
        let columns = binder.columns;
        self.push(Statement {
            target: Target::Select,
            root: bound.relation,
            columns,
            span,
            settings: self.catalog.settings.to_map(),
        });
    }

    fn push(&mut self, statement: Statement) {
        self.check_mini_batch();
        self.plan.statements.push(statement);
    }

    fn query_binder(&mut self) -> QueryBinder<'_> {
        QueryBinder {
            catalog: &self.catalog,
            plan: &mut self.plan,
            tables: &mut self.tables,
            diagnostics: self.diagnostics,
            columns: Vec::new(),
            ctes: Vec::new(),
            views: Vec::new(),
            grouping: None,
            aliases: Vec::new(),
            clause: "",
        }
    }

    /// A name that a declaration gives: its last part, if the rest is the default database.
    fn declared_name<'n>(&mut self, name: &'n ObjectName) -> Bind<&'n syntax::Ident> {
        if let Some(foreign) = foreign_qualifier(name) {
            self.diagnostics.push(foreign_database(foreign));
            return Err(Reported);
        }
        Ok(name.last())
    }

    /// Whether a declaration may take the name; IF NOT EXISTS keeps what is there.
    fn may_declare(&mut self, name: &syntax::Ident, temporary: bool, if_not_exists: bool, noun: &str) -> bool {
        let Some(object) = self.catalog.find_exact(&name.value, temporary) else { return true };
        if if_not_exists {
            return false;
        }
        if object.inherited && !self.inherited || matches!(object.kind, catalog::ObjectKind::Broken { .. }) {
            // The notebook that filled the catalog declares its tables again when it runs again.
            return true;
        }
        let drop = if temporary { "DROP TEMPORARY" } else { "DROP" };
        let drop = format!("{drop} {} {};", object.noun().to_uppercase(), name.value);
        let diagnostic = Diagnostic::error(
            "already-declared",
            name.span,
            format!("a {} `{}` is already declared", object.noun(), name.value),
        )
        .also(object.span, "declared here first")
        .help(format!("give the {noun} another name, write IF NOT EXISTS to keep the first, or {drop} before"));
        self.diagnostics.push(diagnostic);
        false
    }

    fn drop_object(&mut self, drop: &syntax::DropObject, span: Span) {
        let Ok(name) = self.declared_name(&drop.name) else { return };
        let noun = if drop.kind == ObjectKind::Table { "table" } else { "view" };
        match self.catalog.find_exact(&name.value, drop.temporary) {
            Some(object) if object.noun() == noun => self.catalog.remove(&name.value, drop.temporary),
            Some(object) => {
                let (found, word) = (object.noun(), object.noun().to_uppercase());
                let diagnostic = Diagnostic::error(
                    "wrong-kind-of-object",
                    span,
                    format!("`{}` is a {found}, not a {noun}", name.value),
                )
                .also(object.span, "declared here")
                .help(format!("write DROP {word} {}", name.value));
                self.diagnostics.push(diagnostic);
            }
            None if drop.if_exists => {}
            None => {
                let mut diagnostic = Diagnostic::error(
                    "unknown-table",
                    name.span,
                    format!("there is no {noun} `{}` to drop", name.value),
                )
                .suggest_nearest(&name.value, name.span, self.catalog.names());
                if self.catalog.find_exact(&name.value, !drop.temporary).is_some() {
                    let word = if drop.temporary { "DROP" } else { "DROP TEMPORARY" };
                    diagnostic = diagnostic.help(format!("write {word} {}", noun.to_uppercase()));
                }
                self.diagnostics.push(diagnostic.help("IF EXISTS makes it no mistake"));
            }
        }
    }
}

/// Whether options say the same, wherever they are written.
fn same_options(left: &[TableOption], right: &[TableOption]) -> bool {
    let pairs = |options: &[TableOption]| {
        options.iter().map(|option| (option.name.clone(), option.value.clone())).collect::<BTreeSet<_>>()
    };
    pairs(left) == pairs(right)
}

/// The message for a catalog or database that is not the default one.
fn foreign_database(name: &syntax::Ident) -> Diagnostic {
    Diagnostic::error("unknown-database", name.span, format!("there is no catalog or database `{}`", name.value))
        .with_note("all tables are in `default_catalog`.`default_database`")
        .help("leave the qualifier out")
}

impl QueryBinder<'_> {
    /// Says what is wrong.
    fn fail<T>(&mut self, diagnostic: Diagnostic) -> Bind<T> {
        self.diagnostics.push(diagnostic);
        Err(Reported)
    }

    /// A new column of the statement.
    fn column(&mut self, name: impl Into<String>, ty: Type, span: Span) -> ColumnId {
        self.columns.push(Column { name: name.into(), ty, span });
        ColumnId(self.columns.len() - 1)
    }

    /// A new column for the value of an expression.
    fn column_for(&mut self, name: impl Into<String>, scalar: &Scalar) -> ColumnId {
        self.column(name, scalar.ty.clone(), scalar.span)
    }

    /// The object that a name in FROM or INSERT INTO means.
    fn object(&mut self, name: &ObjectName) -> Bind<&Object> {
        if let Some(foreign) = foreign_qualifier(name) {
            return self.fail(foreign_database(foreign));
        }
        let word = name.last();
        let catalog = self.catalog;
        match catalog.find(&word.value) {
            Some(object) => Ok(object),
            None => {
                let diagnostic = Diagnostic::error(
                    "unknown-table",
                    word.span,
                    format!("there is no table or view `{}`", word.value),
                )
                .suggest_nearest(&word.value, word.span, catalog.names());
                let diagnostic = if diagnostic.help.is_empty() {
                    diagnostic.help("declare it with CREATE TABLE in a cell above, or in the catalog folder")
                } else {
                    diagnostic
                };
                self.fail(diagnostic)
            }
        }
    }

    /// The table of the plan that is this object with these hints.
    fn table_id(&mut self, object: usize, table: &Table, hints: Vec<TableOption>) -> TableId {
        if let Some(found) = self.tables.iter().find(|used| used.object == object && same_options(&used.hints, &hints))
        {
            return found.id;
        }
        let mut table = table.clone();
        for hint in &hints {
            match table.options.iter_mut().find(|option| option.name == hint.name) {
                Some(option) => *option = hint.clone(),
                None => table.options.push(hint.clone()),
            }
        }
        self.plan.tables.push(table);
        let id = TableId(self.plan.tables.len() - 1);
        self.tables.push(TableUse { object, hints, id });
        id
    }
}
