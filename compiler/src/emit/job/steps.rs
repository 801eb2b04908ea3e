//! The steps of a flow and what is done with the row behind them.

use super::alias::{casts, is_read_last};
use super::{File, NamedJob, select_fields, window_field};
use crate::emit::name::{Names, ident, snake};
use crate::emit::scalar::{Scope, Value, bare, reads_alias};
use crate::emit::table::NamedTable;
use crate::emit::vocabulary::Imports;
use crate::plan::{ColumnId, Expr, Table};
use crate::stream::{Destination, Flow, StatefulKind, Step, Target, Time};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;

impl File<'_> {
    /// The steps of a flow and what is done with the row behind them.
    pub(super) fn steps(
        &self,
        job: &NamedJob<'_>,
        flow: &Flow,
        mut scope: Scope<'_>,
        owner: &TokenStream,
        kind: &TokenStream,
        imports: &Imports,
    ) -> TokenStream {
        let mut given = Names::default();
        for taken in
            ["row", "context", "result", "change", "self", "sink", "rows", "wiring", "attached", "input", "output"]
        {
            given.reserve(taken);
        }
        for operator in &job.operators {
            given.reserve(&operator.field_name);
        }
        for variable in scope.variables() {
            given.reserve(&variable);
        }
        self.steps_from(job, flow, 0, &mut scope, &mut given, owner, kind, imports)
    }

    #[expect(clippy::too_many_arguments, reason = "one recursive walk over the steps")]
    pub(super) fn steps_from(
        &self,
        job: &NamedJob<'_>,
        flow: &Flow,
        index: usize,
        scope: &mut Scope<'_>,
        given: &mut Names,
        owner: &TokenStream,
        kind: &TokenStream,
        imports: &Imports,
    ) -> TokenStream {
        let Some(step) = flow.steps.get(index) else {
            return self.destination(job, flow.to, scope, owner, kind, imports);
        };
        match step {
            Step::Let(id, scalar) => {
                let value = scope.value(scalar);
                let is_constant = matches!(scalar.expr, Expr::Literal(_));
                if reads_alias(scalar).is_some() || is_constant {
                    scope.bind(*id, value);
                    return self.steps_from(job, flow, index + 1, scope, given, owner, kind, imports);
                }
                let column = job.job.column(*id);
                let value = scope.for_column(value, column.ty.nullable, &column.name, scalar.span);
                let wanted = snake(&job.aliases.name(job.job, *id));
                let cast = casts(scalar).map(|from| (from, scope.column(from)));
                let name = match cast {
                    // A cast that changes nothing in Rust.
                    Some((_, before)) if before.tokens.to_string() == value.tokens.to_string() => {
                        scope.bind(*id, value);
                        return self.steps_from(job, flow, index + 1, scope, given, owner, kind, imports);
                    }
                    // The cast value takes the place of the other, under its name.
                    Some((from, before))
                        if before.tokens.to_string() == wanted && is_read_last(job.job, flow, index, from) =>
                    {
                        wanted
                    }
                    _ => given.unique(&wanted),
                };
                let variable = ident(&name);
                let comment = format!(" {}", self.origins.comment(scalar.span));
                let tokens = bare(value.tokens.clone());
                let statement = quote!(#[comment = #comment] let #variable = #tokens;);
                scope.bind(*id, Value::named(quote!(#variable), name, value.nullable));
                let rest = self.steps_from(job, flow, index + 1, scope, given, owner, kind, imports);
                quote!(#statement #rest)
            }
            Step::Filter(predicate) => {
                let mut conditions = vec![scope.conjunct(predicate)];
                let mut next = index + 1;
                let mut comment = self.origins.comment(predicate.span);
                while let Some(Step::Filter(predicate)) = flow.steps.get(next) {
                    conditions.push(scope.conjunct(predicate));
                    comment = format!("{comment} AND {}", self.origins.sql(predicate.span));
                    next += 1;
                }
                if let [only] = conditions.as_mut_slice() {
                    *only = scope.condition(predicate);
                }
                let comment = format!(" {comment}");
                let rest = self.steps_from(job, flow, next, scope, given, owner, kind, imports);
                quote!(#[comment = #comment] if #(#conditions)&&* { #rest })
            }
            Step::Windows(windows) => {
                let time = match windows.time {
                    Time::Event(id) => self.rowtime(scope.column(id), windows.span, imports),
                    Time::Processing => quote!(context.now),
                };
                let borders = [quote!(attached.window.start), quote!(attached.window.end), quote!(attached.time)];
                for (id, tokens) in windows.properties.iter().zip(borders) {
                    let name = job.job.column(*id).name.clone();
                    scope.bind(*id, Value::named(tokens, snake(&name), false));
                }
                let rest = self.steps_from(job, flow, index + 1, scope, given, owner, kind, imports);
                let comment = format!(" {}", self.origins.comment(windows.span));
                let field = window_field(job.job, windows);
                quote! {
                    #[comment = #comment]
                    for attached in #owner #field.windows(#time) { #rest }
                }
            }
        }
    }

    /// A rowtime that must be there.
    pub(super) fn rowtime(&self, value: Value, span: crate::text::Span, imports: &Imports) -> TokenStream {
        let tokens = value.tokens;
        if !value.nullable {
            return tokens;
        }
        let rowtime = imports.function("row::rowtime");
        let origin = self.origins.of(span, imports);
        let name = value.name.unwrap_or_else(|| "rowtime".to_owned());
        quote!(#rowtime(#tokens, #origin, #name)?)
    }

    /// The columns that a table persists, each with its value. NULL for a NOT NULL column is a row error.
    pub(super) fn written_fields(
        &self,
        job: &NamedJob<'_>,
        table: &Table,
        named: &NamedTable,
        columns: &[ColumnId],
        scope: &Scope<'_>,
        imports: &Imports,
    ) -> Vec<TokenStream> {
        let fields = table.persisted().zip(columns).map(|(index, id)| {
            let field = ident(&named.fields[index]);
            let column = &table.columns[index];
            let value = scope.column(*id);
            let tokens = if value.nullable && !column.ty.nullable {
                let null = imports.function("row::null_for_not_null");
                let origin = self.origins.of(job.job.span, imports);
                let (tokens, name) = (value.tokens, &column.name);
                quote!(#tokens.ok_or_else(|| #null(#origin, #name))?)
            } else {
                value.with_nullability(column.ty.nullable)
            };
            initializer(&field, tokens)
        });
        fields.collect()
    }

    /// What is done with the row at the end of a flow.
    pub(super) fn destination(
        &self,
        job: &NamedJob<'_>,
        to: Destination,
        scope: &Scope<'_>,
        owner: &TokenStream,
        kind: &TokenStream,
        imports: &Imports,
    ) -> TokenStream {
        match to {
            Destination::Operator(id) => {
                let operator = job.operator(id);
                let (field, input) = (ident(&operator.field_name), ident(&operator.input_name()));
                let time = match operator.operator.kind {
                    StatefulKind::Window { time: Time::Event(time), .. } => Some(time),
                    _ => None,
                };
                let fields: Vec<TokenStream> = operator
                    .input
                    .iter()
                    .map(|(column, declared)| {
                        let value = scope.column(*column);
                        let tokens = if time == Some(*column) {
                            self.rowtime(value, operator.operator.span, imports)
                        } else {
                            value.with_nullability(declared.ty.nullable)
                        };
                        initializer(&declared.ident, tokens)
                    })
                    .collect();
                if fields.is_empty() {
                    return quote!(#owner #field.add(#kind, &#input)?;);
                }
                quote! {
                    let input = #input { #(#fields),* };
                    #owner #field.add(#kind, &input)?;
                }
            }
            Destination::Target => {
                let field = job.target_field();
                let (name, fields): (TokenStream, Vec<TokenStream>) = match &job.job.target {
                    Target::Insert { table, columns } => {
                        let (declared, named) = (&self.plan.tables[table.0], &self.tables[table.0]);
                        let path = format!("crate::tables::{}::{}", ident(&named.module), named.written_row);
                        (imports.local(&path), self.written_fields(job, declared, named, columns, scope, imports))
                    }
                    Target::Select { columns } => {
                        let fields = select_fields(job.job, columns);
                        let name = self.select_name(job);
                        let values = columns.iter().zip(&fields).map(|(id, (_, field))| {
                            initializer(&field.ident, scope.column(*id).with_nullability(field.ty.nullable))
                        });
                        (quote!(#name), values.collect())
                    }
                };
                quote! {
                    let output = #name { #(#fields),* };
                    #owner #field.write(#kind, &output)?;
                }
            }
        }
    }
}

/// Statements as the body of a function: what the last one returns, or `Ok(())` behind them.
pub(super) fn finished(statements: TokenStream) -> TokenStream {
    let trees: Vec<TokenTree> = statements.clone().into_iter().collect();
    let is = |tree: &TokenTree, wanted: char| matches!(tree, TokenTree::Punct(mark) if mark.as_char() == wanted);
    match trees.as_slice() {
        [before @ .., question, semicolon] if is(question, '?') && is(semicolon, ';') => {
            before.iter().cloned().collect()
        }
        _ => quote!(#statements Ok(())),
    }
}

/// `status: row.status`, or `status` alone where the value is a variable of that name.
pub(super) fn initializer(field: &Ident, value: TokenStream) -> TokenStream {
    if *field == value.to_string() { quote!(#field) } else { quote!(#field: #value) }
}
