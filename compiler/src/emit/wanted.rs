//! Which rows of a table anybody wants, as far as a row can tell by itself: what the filters that every flow over the
//! table begins with say together. With it a decoder can leave the costly columns of the other rows unread.

use super::origin::Origins;
use super::scalar::{Scope, Value};
use super::table::{NamedTable, read_column};
use super::uses_ident;
use super::vocabulary::Imports;
use crate::plan::{BinaryOp, ColumnId, ColumnSource, Expr, Scalar, Table};
use crate::stream::{Flow, Scan, Source, Step, StreamPlan};
use crate::types::Kind;
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::{BTreeMap, BTreeSet};

/// The condition under which a row is wanted.
pub struct Wanted {
    /// A `bool` in terms of `self`.
    pub condition: TokenStream,
    /// `cell 2, line 3: status = 'FAIL'`, one line for every condition.
    pub comments: Vec<String>,
    /// Indexes of the columns that are read before it is known: those of the condition, those that the watermark and
    /// computed columns read, and those that are read as quickly as passed over.
    pub at_once: BTreeSet<usize>,
}

/// The columns of a table that one flow needs to say whether it wants a row, and the condition.
struct FlowFilter {
    condition: TokenStream,
    comments: Vec<String>,
    columns: BTreeSet<usize>,
}

/// `None` if some flow takes every row, or if nothing is saved by knowing.
pub fn wanted(
    plan: &StreamPlan,
    scan: &Scan,
    names: &NamedTable,
    imports: &Imports,
    origins: &Origins<'_>,
) -> Option<Wanted> {
    // What is looked at and not taken leaves no import behind.
    together(plan, scan, names, &Imports::default(), origins)?;
    together(plan, scan, names, imports, origins)
}

fn together(
    plan: &StreamPlan,
    scan: &Scan,
    names: &NamedTable,
    imports: &Imports,
    origins: &Origins<'_>,
) -> Option<Wanted> {
    let table = &plan.tables[scan.table.0];
    let mut at_once = needed_always(scan, table);
    let mut conditions: Vec<(String, TokenStream)> = Vec::new();
    let mut comments = Vec::new();
    let flows = plan.jobs.iter().flat_map(|job| &job.flows);
    let over =
        |flow: &&Flow| matches!(flow.from, Source::Scan { scan: from, .. } if plan.scans[from.0].table == scan.table);
    for flow in flows.filter(over) {
        let filter = filter(flow, table, names, imports, origins)?;
        at_once.extend(filter.columns);
        let text = filter.condition.to_string();
        if !conditions.iter().any(|(known, _)| *known == text) {
            conditions.push((text, filter.condition));
            comments.extend(filter.comments);
        }
    }
    at_once.extend(scan.reads.iter().filter(|&&i| !is_costly(&table.columns[i].ty.kind)));
    let waits = |i: &usize| matches!(table.columns[*i].source, ColumnSource::Physical) && !at_once.contains(i);
    if conditions.is_empty() || !scan.reads.iter().any(waits) {
        return None;
    }
    let conditions: Vec<TokenStream> = conditions.into_iter().map(|(_, condition)| condition).collect();
    let condition = match conditions.as_slice() {
        [only] => only.clone(),
        several => quote!(#((#several))||*),
    };
    Some(Wanted { condition, comments, at_once })
}

/// Whether reading a value is much more work than passing over it. With short numbers, plain texts and timestamps of the
/// usual form it is not: coming back to them costs more than it saves.
fn is_costly(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Decimal { .. }
            | Kind::Binary(_)
            | Kind::VarBinary(_)
            | Kind::Date
            | Kind::Time(_)
            | Kind::Array(_)
            | Kind::Map(..)
            | Kind::Multiset(_)
            | Kind::Row(_)
    )
}

/// The columns that are needed of every row, whoever wants it.
fn needed_always(scan: &Scan, table: &Table) -> BTreeSet<usize> {
    let mut needed = BTreeSet::new();
    let mut need = |scalar: &Scalar| scalar.for_each_column(&mut |ColumnId(i)| needed.extend([i]));
    for &i in &scan.reads {
        if let ColumnSource::Computed(scalar) = &table.columns[i].source {
            need(scalar);
        }
    }
    if let Some(watermark) = &table.watermark {
        need(&watermark.expression);
        needed.insert(watermark.column);
    }
    // Such a column's value is not in the record.
    needed.extend(scan.reads.iter().filter(|&&i| super::table::in_folder_name(table, i)));
    needed
}

/// What the filters at the beginning of a flow say about columns that stand in the record. A condition that can fail, or
/// that is not the same whenever it is asked, ends them; `None` if none is left.
fn filter(
    flow: &Flow,
    table: &Table,
    names: &NamedTable,
    imports: &Imports,
    origins: &Origins<'_>,
) -> Option<FlowFilter> {
    let Source::Scan { columns, .. } = &flow.from else { return None };
    let scratch = Imports::default();
    let (mut tried, mut scope) = (Scope::new(&scratch, origins), Scope::new(imports, origins));
    let mut read: BTreeMap<ColumnId, BTreeSet<usize>> = BTreeMap::new();
    for &(id, i) in columns {
        let in_record =
            matches!(table.columns[i].source, ColumnSource::Physical) && !super::table::in_folder_name(table, i);
        if in_record {
            let value = read_column(table, names, i, &quote!(self));
            tried.bind(id, value.clone());
            scope.bind(id, value);
            read.insert(id, BTreeSet::from([i]));
        }
    }
    let mut taken = Vec::new();
    let mut lets = Vec::new();
    let mut needed = BTreeSet::new();
    let mut comments = Vec::new();
    'steps: for step in &flow.steps {
        match step {
            Step::Let(id, scalar) => {
                let Some(columns) = columns_of(scalar, &read) else { break };
                let value = tried.value(scalar);
                if !is_certain(&value) {
                    break;
                }
                tried.bind(*id, Value { name: None, ..value });
                lets.push((*id, scalar));
                read.insert(*id, columns);
            }
            Step::Filter(predicate) => {
                for condition in conjuncts(predicate) {
                    let columns = columns_of(condition, &read);
                    let Some(columns) = columns.filter(|_| is_certain(&tried.value(condition))) else { break 'steps };
                    taken.push(condition.clone());
                    needed.extend(columns);
                    let comment = origins.comment(condition.span);
                    if !comments.contains(&comment) {
                        comments.push(comment);
                    }
                }
            }
            Step::Windows(_) => break,
        }
    }
    // Only what the conditions read is spelled, so that nothing else is imported.
    let mut spelled = BTreeSet::new();
    for scalar in &taken {
        scalar.for_each_column(&mut |id| spelled.extend([id]));
    }
    for (id, scalar) in lets.iter().rev() {
        if spelled.contains(id) {
            scalar.for_each_column(&mut |id| spelled.extend([id]));
        }
    }
    for (id, scalar) in lets.into_iter().filter(|(id, _)| spelled.contains(id)) {
        scope.bind(id, Value { name: None, ..scope.value(scalar) });
    }
    let conditions: Vec<TokenStream> = match taken.as_slice() {
        [] => return None,
        [only] => vec![scope.condition(only)],
        several => several.iter().map(|condition| scope.conjunct(condition)).collect(),
    };
    Some(FlowFilter { condition: quote!(#(#conditions)&&*), comments, columns: needed })
}

/// The operands of AND, in their order.
fn conjuncts(predicate: &Scalar) -> Vec<&Scalar> {
    match &predicate.expr {
        Expr::Binary { op: BinaryOp::And, left, right } => {
            let mut all = conjuncts(left);
            all.extend(conjuncts(right));
            all
        }
        _ => vec![predicate],
    }
}

/// The table's columns that a scalar depends on; `None` if it depends on something else.
fn columns_of(scalar: &Scalar, read: &BTreeMap<ColumnId, BTreeSet<usize>>) -> Option<BTreeSet<usize>> {
    let mut columns = Some(BTreeSet::new());
    scalar.for_each_column(&mut |id| match (read.get(&id), &mut columns) {
        (Some(more), Some(columns)) => columns.extend(more),
        _ => columns = None,
    });
    columns
}

/// Whether a value depends on the row alone and is always there to be had.
fn is_certain(value: &Value) -> bool {
    !value.fails && !uses_ident(&value.tokens, "context") && !uses_ident(&value.tokens, "random")
}

impl Wanted {
    /// `fn wanted(&self) -> bool`, for `impl TableRow`.
    pub fn method(&self) -> TokenStream {
        let condition = &self.condition;
        let comments = self.comments.iter().map(|comment| format!(" {comment}"));
        quote! {
            #(#[doc = #comments])*
            fn wanted(&self) -> bool {
                #condition
            }
        }
    }

    /// Whether a column waits until it is known whether the row is wanted.
    pub fn waits(&self, table: &Table, column: usize) -> bool {
        matches!(table.columns[column].source, ColumnSource::Physical) && !self.at_once.contains(&column)
    }
}
