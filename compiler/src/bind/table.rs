//! CREATE TABLE: columns of all three sorts, watermark, keys, partitions.

use super::scope::{Named, Output, Scope};
use super::{Bind, Binder, QueryBinder, Reported, data_type, like, options};
use crate::catalog::ObjectKind;
use crate::diagnostic::Diagnostic;
use crate::plan::{Column, ColumnId, ColumnSource, Expr, Literal, Scalar, Table, TableColumn, TableOption, Watermark};
use crate::syntax::{self, ColumnKind, CreateTable, Ident, LikeFeature};
use crate::types::{Family, Kind};
use sqlc_runtime::connector::options::ConnectorSpec;
use std::rc::Rc;

/// The clause in which an expression of a column stands.
pub(super) const COMPUTED_COLUMN: &str = "a computed column";

impl Binder<'_> {
    pub(super) fn create_table(&mut self, create: &CreateTable) {
        let Ok(name) = self.declared_name(&create.name) else { return };
        let may = self.may_declare(name, create.temporary, create.if_not_exists, "table");
        let table = self.query_binder().table_of(create, name);
        if !may {
            return;
        }
        let kind = match table {
            Ok(table) => ObjectKind::Table(Rc::new(table)),
            Err(Reported) => ObjectKind::Broken { is_view: false },
        };
        self.catalog.declare(&name.value, create.temporary, self.inherited, name.span, kind);
    }
}

impl QueryBinder<'_> {
    /// The table that a statement declares. Everything wrong with it is said.
    fn table_of(&mut self, create: &CreateTable, name: &Ident) -> Bind<Table> {
        let mut failed = false;
        if let Some(query) = &create.query {
            let instead = "declare the columns, then write INSERT INTO";
            failed |= self.unsupported::<()>(query.span, "CREATE TABLE ... AS SELECT", instead).is_err();
        }
        let base = match &create.like {
            Some(like) => self.like_base(like, create)?,
            None => Table {
                name: name.value.clone(),
                columns: Vec::new(),
                watermark: None,
                primary_key: Vec::new(),
                partitioned_by: Vec::new(),
                options: Vec::new(),
                span: name.span,
            },
        };
        let mut table = Table { name: name.value.clone(), span: name.span, ..base };
        failed |= self.options_of(create, &mut table).is_err();
        let connector = options::connector_of(&table);
        // Expressions see all columns that hold values, wherever they are declared.
        let mut computed = Vec::new();
        failed |= self.place_columns(create, &mut table, connector, &mut computed).is_err();
        failed |= self.computed_columns(&mut table, computed).is_err();
        failed |= self.watermark(create, &mut table).is_err();
        failed |= self.primary_key(create, &mut table).is_err();
        failed |= self.partitions(create, &mut table).is_err();
        failed |= self.check_table_options(&table).is_err();
        if table.physical().next().is_none() && !failed {
            let message = format!("`{}` has no columns", name.value);
            failed |= self.fail::<()>(Diagnostic::error("no-columns", name.span, message)).is_err();
        }
        if failed { Err(Reported) } else { Ok(table) }
    }

    fn options_of(&mut self, create: &CreateTable, table: &mut Table) -> Bind<()> {
        let mut failed = false;
        for (index, option) in create.options.iter().enumerate() {
            let name = &option.key.value;
            if let Some(first) = create.options[..index].iter().find(|other| other.key.value == *name) {
                let message = format!("option '{name}' is given twice");
                let diagnostic = Diagnostic::error("duplicate-option", option.key.span, message)
                    .also(first.key.span, "given here first");
                failed |= self.fail::<()>(diagnostic).is_err();
                continue;
            }
            let option = TableOption { name: name.clone(), value: option.value.value.clone(), span: option.span() };
            match table.options.iter_mut().find(|other| other.name == option.name) {
                Some(inherited) => *inherited = option,
                None => table.options.push(option),
            }
        }
        if failed { Err(Reported) } else { Ok(()) }
    }

    /// Physical and METADATA columns; computed ones take a place that is filled when all columns are known.
    fn place_columns<'c>(
        &mut self,
        create: &'c CreateTable,
        table: &mut Table,
        connector: Option<&'static ConnectorSpec>,
        computed: &mut Vec<(usize, &'c syntax::Expr)>,
    ) -> Bind<()> {
        let mut failed = false;
        for column in &create.columns {
            let name = &column.name.value;
            let existing = table.columns.iter().position(|other| other.name == *name);
            if let Some(index) = existing {
                let first = &table.columns[index];
                let both_computed =
                    matches!(column.kind, ColumnKind::Computed(_)) && matches!(first.source, ColumnSource::Computed(_));
                if !(both_computed && like::overwrites(create, LikeFeature::Generated)) {
                    let message = format!("`{}` has two columns `{name}`", table.name);
                    let diagnostic = Diagnostic::error("duplicate-column", column.name.span, message)
                        .also(first.span, "the first one");
                    let diagnostic = match create.like {
                        Some(_) if both_computed => diagnostic.help("write LIKE ... (OVERWRITING GENERATED)"),
                        _ => diagnostic,
                    };
                    failed |= self.fail::<()>(diagnostic).is_err();
                    continue;
                }
            }
            let (ty, source) = match &column.kind {
                ColumnKind::Physical(data_type) => (data_type::for_column(data_type), ColumnSource::Physical),
                ColumnKind::Metadata { data_type, key, is_virtual } => {
                    let key = key.as_ref().map_or(name, |key| &key.value).clone();
                    failed |= self.metadata(column, &key, data_type, connector).is_err();
                    (data_type::for_column(data_type), ColumnSource::Metadata { key, is_virtual: *is_virtual })
                }
                ColumnKind::Computed(expr) => {
                    computed.push((existing.unwrap_or(table.columns.len()), expr));
                    let nothing = Expr::Literal(Literal::Null);
                    let scalar = Scalar { expr: nothing, ty: Kind::Null.nullable(), span: expr.span };
                    (Ok(Kind::Null.nullable()), ColumnSource::Computed(scalar))
                }
            };
            match ty {
                Ok(ty) => {
                    let column = TableColumn { name: name.clone(), ty, source, span: column.span };
                    match existing {
                        Some(index) => table.columns[index] = column,
                        None => table.columns.push(column),
                    }
                }
                Err(mistake) => failed |= self.type_mistake::<()>(mistake).is_err(),
            }
        }
        if failed { Err(Reported) } else { Ok(()) }
    }

    /// A METADATA column must name a key of the connector and have a type to which the key's casts.
    fn metadata(
        &mut self,
        column: &syntax::Column,
        key: &str,
        data_type: &syntax::DataType,
        connector: Option<&'static ConnectorSpec>,
    ) -> Bind<()> {
        let Some(connector) = connector else { return Ok(()) };
        let Some((_, offered)) = connector.metadata.iter().find(|(offered, _)| *offered == key) else {
            let ColumnKind::Metadata { key: written, .. } = &column.kind else { return Ok(()) };
            let span = written.as_ref().map_or(column.name.span, |written| written.span);
            let keys: Vec<&str> = connector.metadata.iter().map(|(key, _)| *key).collect();
            let message = format!("connector '{}' has no metadata '{key}'", connector.name);
            let diagnostic = Diagnostic::error("unknown-metadata", span, message);
            let diagnostic = match crate::diagnostic::did_you_mean(key, keys.iter().copied()) {
                Some(near) if written.is_some() => {
                    diagnostic.suggest(format!("did you mean '{near}'?"), span, format!("'{near}'"))
                }
                Some(near) => diagnostic.help(format!("write METADATA FROM '{near}'")),
                None if keys.is_empty() => diagnostic.with_note("it offers none"),
                None => diagnostic.with_note(format!("it offers {}", quoted(&keys))),
            };
            return self.fail(diagnostic);
        };
        let (Ok(ty), Some(offered_kind)) = (data_type::for_column(data_type), metadata_kind(offered)) else {
            return Ok(());
        };
        if super::cast::castable(&offered_kind, &ty.kind) {
            return Ok(());
        }
        let message = format!("metadata '{key}' is of type {offered_kind}, which cannot be cast to {}", ty.kind);
        let diagnostic = Diagnostic::error("impossible-cast", data_type.span, message).suggest(
            format!("declare it as {offered_kind}"),
            data_type.span,
            offered_kind.to_string(),
        );
        self.fail(diagnostic)
    }

    fn computed_columns(&mut self, table: &mut Table, computed: Vec<(usize, &syntax::Expr)>) -> Bind<()> {
        let mut failed = false;
        for (index, expr) in computed {
            let holds_value = |index: usize| !matches!(table.columns[index].source, ColumnSource::Computed(_));
            let scope = self.table_scope(table, holds_value);
            self.clause = COMPUTED_COLUMN;
            let bound = self.typed(expr, &scope);
            self.clause = "";
            match bound {
                Ok(scalar) => {
                    table.columns[index].ty = scalar.ty.clone();
                    table.columns[index].source = ColumnSource::Computed(scalar);
                }
                Err(Reported) => failed = true,
            }
        }
        if failed { Err(Reported) } else { Ok(()) }
    }

    /// The scope of the table's own expressions: column `i` is `ColumnId(i)`.
    fn table_scope(&mut self, table: &Table, visible: impl Fn(usize) -> bool) -> Scope {
        let column =
            |column: &TableColumn| Column { name: column.name.clone(), ty: column.ty.clone(), span: column.span };
        self.columns = table.columns.iter().map(column).collect();
        let outputs = table.columns.iter().enumerate().filter(|(index, _)| visible(*index));
        let outputs =
            outputs.map(|(index, column)| Output { name: column.name.clone(), id: ColumnId(index) }).collect();
        Scope { relations: vec![Named { name: Some(table.name.clone()), in_catalog: false, outputs }] }
    }

    fn watermark(&mut self, create: &CreateTable, table: &mut Table) -> Bind<()> {
        let watermark = match create.watermarks.as_slice() {
            [] => return Ok(()),
            [only] => only,
            [first, second, ..] => {
                let message = "a table has one WATERMARK";
                let diagnostic =
                    Diagnostic::error("second-watermark", second.span, message).also(first.span, "the first one");
                return self.fail(diagnostic);
            }
        };
        if let Some(inherited) = &table.watermark
            && !like::overwrites(create, LikeFeature::Watermarks)
        {
            let message = "the table this one is LIKE has a WATERMARK already";
            let diagnostic = Diagnostic::error("second-watermark", watermark.span, message)
                .also(inherited.span, "the first one")
                .help("write LIKE ... (OVERWRITING WATERMARKS) or (EXCLUDING WATERMARKS)");
            return self.fail(diagnostic);
        }
        let [name] = watermark.column.as_slice() else {
            let span = super::scope::path_span(&watermark.column);
            let instead = "declare a computed column of the field and name that";
            return self.unsupported(span, "a WATERMARK on a field", instead);
        };
        let Some(index) = table.columns.iter().position(|column| column.name == name.value) else {
            let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
            let message = format!("there is no column `{}` in `{}`", name.value, table.name);
            let diagnostic =
                Diagnostic::error("unknown-column", name.span, message).suggest_nearest(&name.value, name.span, names);
            return self.fail(diagnostic);
        };
        let column = &table.columns[index];
        if column.ty.kind == Kind::Null {
            // Its expression is wrong, which is said already.
            return Err(Reported);
        }
        let time = match &column.ty.kind {
            Kind::Timestamp(precision @ 0..=3) => (Family::Timestamp, *precision),
            Kind::TimestampLtz(precision @ 0..=3) => (Family::TimestampLtz, *precision),
            other => {
                let message = format!(
                    "a WATERMARK is made over TIMESTAMP(3) or TIMESTAMP_LTZ(3), `{}` is of type {other}",
                    name.value
                );
                let diagnostic = Diagnostic::error("not-a-time", name.span, message).also(column.span, "declared here");
                let diagnostic = match other {
                    Kind::Timestamp(_) => diagnostic.help(format!("declare `{}` as TIMESTAMP(3)", name.value)),
                    Kind::TimestampLtz(_) => diagnostic.help(format!("declare `{}` as TIMESTAMP_LTZ(3)", name.value)),
                    other if other.is_character() => diagnostic
                        .help(format!("add a column `AS TO_TIMESTAMP({})` and make the WATERMARK over it", name.value)),
                    other if other.is_integer() => diagnostic.help(format!(
                        "add a column `AS TO_TIMESTAMP_LTZ({}, 3)` and make the WATERMARK over it",
                        name.value
                    )),
                    _ => diagnostic,
                };
                return self.fail(diagnostic);
            }
        };
        if matches!(&column.source, ColumnSource::Computed(Scalar { expr: Expr::Proctime, .. })) {
            let message = format!("`{}` is processing time, which needs no WATERMARK", name.value);
            return self.fail(Diagnostic::error("not-a-time", name.span, message).help("leave the WATERMARK out"));
        }
        let scope = self.table_scope(table, |_| true);
        self.clause = "WATERMARK";
        let expression = self.typed(&watermark.expr, &scope);
        self.clause = "";
        let expression = expression?;
        let fits = expression.ty.kind.family() == time.0
            && matches!(expression.ty.kind, Kind::Timestamp(0..=3) | Kind::TimestampLtz(0..=3));
        if !fits {
            let message = format!(
                "the WATERMARK of `{}` must be of its type {}, this is of type {}",
                name.value, table.columns[index].ty.kind, expression.ty.kind
            );
            let diagnostic = Diagnostic::error("type-mismatch", expression.span, message)
                .help(format!("write `{} - INTERVAL '5' SECOND`", name.value));
            return self.fail(diagnostic);
        }
        table.watermark = Some(Watermark { column: index, expression, span: watermark.span });
        Ok(())
    }

    fn primary_key(&mut self, create: &CreateTable, table: &mut Table) -> Bind<()> {
        let key = match create.primary_keys.as_slice() {
            [] => return Ok(()),
            [only] => only,
            [first, second, ..] => {
                let message = "a table has one PRIMARY KEY";
                let diagnostic =
                    Diagnostic::error("second-key", second.span, message).also(first.span, "the first one");
                return self.fail(diagnostic);
            }
        };
        if !table.primary_key.is_empty() {
            let message = "the table this one is LIKE has a PRIMARY KEY already";
            let diagnostic =
                Diagnostic::error("second-key", key.span, message).help("write LIKE ... (EXCLUDING CONSTRAINTS)");
            return self.fail(diagnostic);
        }
        table.primary_key = self.named_columns(&key.columns, table, "PRIMARY KEY")?;
        for &index in &table.primary_key {
            // A key is NOT NULL whether that is written or not, as in Flink.
            table.columns[index].ty.nullable = false;
        }
        Ok(())
    }

    fn partitions(&mut self, create: &CreateTable, table: &mut Table) -> Bind<()> {
        let Some(first) = create.partitioned_by.first() else { return Ok(()) };
        if !table.partitioned_by.is_empty() {
            let message = "the table this one is LIKE has PARTITIONED BY already";
            let diagnostic = Diagnostic::error("second-partition", first.span, message)
                .help("write LIKE ... (EXCLUDING PARTITIONS)");
            return self.fail(diagnostic);
        }
        table.partitioned_by = self.named_columns(&create.partitioned_by, table, "PARTITIONED BY")?;
        for (name, &index) in create.partitioned_by.iter().zip(&table.partitioned_by) {
            let kind = &table.columns[index].ty.kind;
            let families = [Family::Binary, Family::Array, Family::Map, Family::Multiset, Family::Row];
            if families.contains(&kind.family()) {
                let message = format!("a table cannot be partitioned by a column of type {kind}");
                let diagnostic = Diagnostic::error("partition-type", name.span, message)
                    .labelled("its values have no text to put into a partition key or the name of a folder");
                return self.fail(diagnostic);
            }
        }
        Ok(())
    }

    /// Physical columns by name, each once.
    fn named_columns(&mut self, names: &[Ident], table: &Table, clause: &str) -> Bind<Vec<usize>> {
        let mut indexes = Vec::new();
        let mut failed = false;
        for name in names {
            let found = table.columns.iter().position(|column| column.name == name.value);
            let diagnostic = match found {
                None => {
                    let candidates: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
                    let message = format!("there is no column `{}` in `{}`", name.value, table.name);
                    Diagnostic::error("unknown-column", name.span, message).suggest_nearest(
                        &name.value,
                        name.span,
                        candidates,
                    )
                }
                Some(index) if !matches!(table.columns[index].source, ColumnSource::Physical) => {
                    let message = format!("{clause} takes columns that are stored, `{}` is not", name.value);
                    Diagnostic::error("computed-column", name.span, message)
                        .also(table.columns[index].span, "declared here")
                }
                Some(index) if indexes.contains(&index) => {
                    let message = format!("{clause} names `{}` twice", name.value);
                    Diagnostic::error("duplicate-name", name.span, message)
                }
                Some(index) => {
                    indexes.push(index);
                    continue;
                }
            };
            failed |= self.fail::<()>(diagnostic).is_err();
        }
        if failed { Err(Reported) } else { Ok(indexes) }
    }
}

/// The types in the metadata lists of connectors.
fn metadata_kind(text: &str) -> Option<Kind> {
    let text = text.trim_end_matches(" NOT NULL");
    let (name, rest) = text.split_once('(').unwrap_or((text, ""));
    let length: Option<u32> = rest.trim_end_matches(')').parse().ok();
    Some(match name {
        "TIMESTAMP" => Kind::Timestamp(length? as u8),
        "TIMESTAMP_LTZ" => Kind::TimestampLtz(length? as u8),
        "VARCHAR" => Kind::VarChar(length?),
        "STRING" => Kind::STRING,
        "BIGINT" => Kind::BigInt,
        "INT" => Kind::Int,
        "BYTES" => Kind::BYTES,
        "BOOLEAN" => Kind::Boolean,
        _ => return None,
    })
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}
