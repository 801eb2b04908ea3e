//! INSERT INTO: columns meet columns, values get the types of the table.

use super::expression::boolean;
use super::from::column_scalar;
use super::operator::binary;
use super::query::columns;
use super::scope::{Bound, Scope};
use super::{Bind, Binder, QueryBinder, Reported, coerce};
use crate::catalog::ObjectKind;
use crate::diagnostic::Diagnostic;
use crate::plan::{
    BinaryOp, CastMode, Expr, Literal, Operator, Relation, Scalar, Statement, Table, TableId, Target, UnaryOp,
};
use crate::syntax::Insert;
use crate::text::Span;
use crate::types;

impl Binder<'_> {
    pub(super) fn insert(&mut self, insert: &Insert, span: Span) {
        let mut binder = self.query_binder();
        let Ok((table, root)) = binder.insert(insert) else { return };
        let columns = binder.columns;
        let settings = self.catalog.settings.to_map();
        self.push(Statement { target: Target::Insert { table }, root, columns, span, settings });
    }
}

impl QueryBinder<'_> {
    fn insert(&mut self, insert: &Insert) -> Bind<(TableId, Relation)> {
        let mut failed = false;
        if let Some(span) = insert.overwrite {
            let instead = "write INSERT INTO: a stream has no end after which something could be replaced";
            failed |= self.unsupported::<()>(span, "INSERT OVERWRITE", instead).is_err();
        }
        let target = self.target(insert);
        let bound = self.query(&insert.query);
        let ((id, table), bound) = (target?, bound?);
        let constants = self.partition(insert, &table);
        let written = self.written_columns(&table, insert);
        let (constants, written) = (constants?, written?);
        if failed {
            return Err(Reported);
        }
        if written.len() != bound.outputs.len() {
            let span = insert.query.span;
            let message = format!(
                "`{}` takes {}, the query gives {}",
                table.name,
                columns(written.len()),
                columns(bound.outputs.len())
            );
            let names: Vec<&str> = written.iter().map(|&index| table.columns[index].name.as_str()).collect();
            let diagnostic = Diagnostic::error("column-count", span, message)
                .with_note(format!("the columns to write are {}", names.join(", ")));
            let diagnostic = if insert.columns.is_empty() {
                diagnostic.help(format!("name the columns that the query gives: INSERT INTO {} (...)", table.name))
            } else {
                diagnostic
            };
            return self.fail(diagnostic);
        }
        let mut root = self.sink_input(bound, &table, &written, constants)?;
        if self.drops_null() {
            root = self.without_null(root, &table);
        }
        Ok((id, root))
    }

    /// The table that is written.
    fn target(&mut self, insert: &Insert) -> Bind<(TableId, Table)> {
        let object = self.object(&insert.target)?;
        let (number, kind, noun) = (object.number, object.kind.clone(), object.noun());
        match kind {
            ObjectKind::Table(table) => {
                let hints = self.option_hints(&insert.hints, &table)?;
                let id = self.table_id(number, &table, hints);
                self.check_writable(id, insert.target.span)?;
                Ok((id, (*table).clone()))
            }
            ObjectKind::View(_) => {
                let message = format!("`{}` is a {noun}: nothing can be written to it", insert.target.text());
                self.fail(Diagnostic::error("not-a-table", insert.target.span, message).help("insert into a table"))
            }
            ObjectKind::Broken { .. } => Err(Reported),
        }
    }

    /// `PARTITION (key = value)`: columns that have one value for the whole statement.
    fn partition(&mut self, insert: &Insert, table: &Table) -> Bind<Vec<(usize, Scalar)>> {
        let mut constants = Vec::new();
        for (name, value) in &insert.partition {
            let key = table.partitioned_by.iter().find(|&&index| table.columns[index].name == name.value);
            let Some(&index) = key else {
                let keys: Vec<&str> =
                    table.partitioned_by.iter().map(|&key| table.columns[key].name.as_str()).collect();
                let message = format!("`{}` is not partitioned by `{}`", table.name, name.value);
                let diagnostic = Diagnostic::error("unknown-column", name.span, message).suggest_nearest(
                    &name.value,
                    name.span,
                    keys,
                );
                return self.fail(diagnostic);
            };
            let scalar = self.typed(value, &Scope::default())?;
            let kind = &table.columns[index].ty.kind;
            if !super::cast::castable(&scalar.ty.kind, kind) {
                let message = format!("`{}` is of type {kind}, this is of type {}", name.value, scalar.ty.kind);
                return self.fail(Diagnostic::error("insert-type-mismatch", scalar.span, message));
            }
            constants.push((index, coerce::to_kind(scalar, kind)));
        }
        Ok(constants)
    }

    /// The columns that the query gives, as indexes into the table's.
    fn written_columns(&mut self, table: &Table, insert: &Insert) -> Bind<Vec<usize>> {
        let names = &insert.columns;
        let constant =
            |index: &usize| insert.partition.iter().any(|(name, _)| name.value == table.columns[*index].name);
        if names.is_empty() {
            return Ok(table.persisted().filter(|index| !constant(index)).collect());
        }
        let mut written: Vec<usize> = Vec::new();
        let mut failed = false;
        for name in names {
            let found = table.columns.iter().position(|column| column.name == name.value);
            let diagnostic = match found {
                None => {
                    let message = format!("`{}` has no column `{}`", table.name, name.value);
                    let candidates = table.persisted().map(|index| table.columns[index].name.as_str());
                    Diagnostic::error("unknown-column", name.span, message).suggest_nearest(
                        &name.value,
                        name.span,
                        candidates.collect::<Vec<_>>(),
                    )
                }
                Some(index) if !table.persisted().any(|persisted| persisted == index) => {
                    let message =
                        format!("column `{}` of `{}` is computed and cannot be written", name.value, table.name);
                    Diagnostic::error("computed-column", name.span, message)
                        .also(table.columns[index].span, "declared here")
                        .help("leave it out")
                }
                Some(index) if written.contains(&index) => {
                    let message = format!("column `{}` is written twice", name.value);
                    Diagnostic::error("duplicate-name", name.span, message)
                }
                Some(index) => {
                    written.push(index);
                    continue;
                }
            };
            failed = true;
            self.diagnostics.push(diagnostic);
        }
        for index in table.persisted() {
            let column = &table.columns[index];
            if !column.ty.nullable && !written.contains(&index) && !constant(&index) && !failed {
                let message = format!("column `{}` of `{}` is NOT NULL and gets no value", column.name, table.name);
                let span = names[0].span.to(names[names.len() - 1].span);
                let diagnostic = Diagnostic::error("missing-column", span, message)
                    .also(column.span, "declared here")
                    .help(format!("add `{}` to the list and a value for it to the query", column.name));
                self.diagnostics.push(diagnostic);
                failed = true;
            }
        }
        if failed { Err(Reported) } else { Ok(written) }
    }

    /// All persisted columns of the table in its order, each of the declared type.
    fn sink_input(
        &mut self,
        bound: Bound,
        table: &Table,
        written: &[usize],
        mut constants: Vec<(usize, Scalar)>,
    ) -> Bind<Relation> {
        let mut projected = Vec::new();
        let mut failed = false;
        for index in table.persisted() {
            let column = &table.columns[index];
            let constant = constants.iter().position(|(other, _)| *other == index);
            let scalar = match written.iter().position(|&other| other == index) {
                None if constant.is_some() => Ok(constants.swap_remove(constant.unwrap_or_default()).1),
                None => Ok(Scalar {
                    expr: Expr::Literal(Literal::Null),
                    ty: column.ty.kind.clone().nullable(),
                    span: column.span,
                }),
                Some(place) => {
                    let output = &bound.outputs[place];
                    let span = self.columns[output.id.0].span;
                    let scalar = column_scalar(self, output.id, span);
                    self.for_sink(scalar, &output.name.clone(), table, index)
                }
            };
            match scalar {
                Ok(scalar) => {
                    let id = self.column_for(column.name.clone(), &scalar);
                    projected.push((id, scalar));
                }
                Err(Reported) => failed = true,
            }
        }
        if failed {
            return Err(Reported);
        }
        let same = projected.iter().map(|(_, scalar)| match scalar.expr {
            Expr::Column(id) => Some(id),
            _ => None,
        });
        if same.eq(bound.relation.columns().into_iter().map(Some)) {
            return Ok(bound.relation);
        }
        let span = bound.relation.span;
        Ok(Relation { op: Operator::Project { input: Box::new(bound.relation), columns: projected }, span })
    }

    /// A value as the column of the table wants it.
    fn for_sink(&mut self, scalar: Scalar, name: &str, table: &Table, index: usize) -> Bind<Scalar> {
        let column = &table.columns[index];
        let (from, to) = (&scalar.ty.kind, &column.ty.kind);
        let scalar = if types::implicitly_casts(from, to) {
            coerce::to_kind(scalar, to)
        } else if let Some(literal) = coerce::fitting_literal(&scalar, to) {
            literal
        } else if from.is_integer() && to.is_integer() {
            let message = format!("`{name}` of type {from} is narrowed to {to} of column `{}`", column.name);
            self.diagnostics.push(
                Diagnostic::warning("narrowing-insert", scalar.span, message)
                    .also(column.span, "the column")
                    .with_note("a value that does not fit stops the application; Flink 2 refuses such an INSERT")
                    .help(format!("declare `{}` as {from}, or CAST(... AS {to}) to cut values silently", column.name)),
            );
            let ty = to.clone().with_nullability(scalar.ty.nullable);
            let span = scalar.span;
            Scalar { expr: Expr::Cast { operand: Box::new(scalar), mode: CastMode::Checked }, ty, span }
        } else {
            let message = format!("`{name}` of type {from} cannot be written to column `{}` of type {to}", column.name);
            let diagnostic = Diagnostic::error("insert-type-mismatch", scalar.span, message)
                .labelled(from.to_string())
                .also(column.span, to.to_string());
            let diagnostic = if super::cast::castable(from, to) {
                diagnostic.help(format!("CAST(... AS {to})"))
            } else {
                diagnostic
            };
            return self.fail(diagnostic);
        };
        Ok(scalar)
    }

    /// Whether rows with NULL in a column that is NOT NULL are left out instead of stopping the application.
    fn drops_null(&self) -> bool {
        let setting = self.catalog.settings.get("table.exec.sink.not-null-enforcer");
        setting.is_some_and(|value| value.eq_ignore_ascii_case("DROP"))
    }

    /// The rows without NULL in columns that are NOT NULL.
    fn without_null(&self, root: Relation, table: &Table) -> Relation {
        let persisted: Vec<usize> = table.persisted().collect();
        let mut predicate: Option<Scalar> = None;
        for (id, index) in root.columns().into_iter().zip(persisted) {
            let column = &table.columns[index];
            if column.ty.nullable || !self.type_of(id).nullable {
                continue;
            }
            let value = column_scalar(self, id, column.span);
            let expr = Expr::Unary { op: UnaryOp::IsNotNull, operand: Box::new(value) };
            let present = boolean(expr, false, column.span);
            predicate = Some(match predicate {
                None => present,
                Some(others) => boolean(binary(BinaryOp::And, others, present), false, column.span),
            });
        }
        match predicate {
            None => root,
            Some(predicate) => {
                let span = root.span;
                Relation { op: Operator::Filter { input: Box::new(root), predicate }, span }
            }
        }
    }
}
