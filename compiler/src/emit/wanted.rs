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

/// What one flow says about the rows it wants, not spelled yet: only what is taken may leave imports behind.
struct FlowFilter<'p> {
    /// Columns of the scan that conditions may speak of, with the table's columns that they are.
    read: Vec<(ColumnId, usize)>,
    /// The values that the conditions read.
    lets: Vec<(ColumnId, &'p Scalar)>,
    /// At least one; all must be true.
    conditions: Vec<&'p Scalar>,
    comments: Vec<String>,
    /// The table's columns that it takes to know.
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
    let table = &plan.tables[scan.table.0];
    let over =
        |flow: &&Flow| matches!(flow.from, Source::Scan { scan: from, .. } if plan.scans[from.0].table == scan.table);
    let flows = plan.jobs.iter().flat_map(|job| &job.flows).filter(over);
    let filters: Vec<FlowFilter<'_>> = flows.map(|flow| filter(flow, table, names, origins)).collect::<Option<_>>()?;
    let mut at_once = needed_always(scan, table);
    at_once.extend(filters.iter().flat_map(|filter| &filter.columns));
    at_once.extend(scan.reads.iter().filter(|&&i| !is_costly(&table.columns[i].ty.kind)));
    let waits = |i: &usize| matches!(table.columns[*i].source, ColumnSource::Physical) && !at_once.contains(i);
    if filters.is_empty() || !scan.reads.iter().any(waits) {
        return None;
    }
    let mut conditions: Vec<(String, TokenStream)> = Vec::new();
    let mut comments = Vec::new();
    for filter in filters {
        let condition = filter.spell(table, names, imports, origins);
        let text = condition.to_string();
        if !conditions.iter().any(|(known, _)| *known == text) {
            conditions.push((text, condition));
            comments.extend(filter.comments);
        }
    }
    let conditions: Vec<TokenStream> = conditions.into_iter().map(|(_, condition)| condition).collect();
    let condition = match conditions.as_slice() {
        [only] => only.clone(),
        several => quote!(#((#several))||*),
    };
    Some(Wanted { condition, comments, at_once })
}

impl FlowFilter<'_> {
    /// A `bool` in terms of `self`.
    fn spell(&self, table: &Table, names: &NamedTable, imports: &Imports, origins: &Origins<'_>) -> TokenStream {
        let mut scope = Scope::new(imports, origins);
        for &(id, i) in &self.read {
            scope.bind(id, read_column(table, names, i, &quote!(self)));
        }
        for (id, scalar) in &self.lets {
            scope.bind(*id, Value { name: None, ..scope.value(scalar) });
        }
        match self.conditions.as_slice() {
            [only] => scope.condition(only),
            several => {
                let several = several.iter().map(|condition| scope.conjunct(condition));
                quote!(#(#several)&&*)
            }
        }
    }
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
fn filter<'p>(flow: &'p Flow, table: &Table, names: &NamedTable, origins: &Origins<'_>) -> Option<FlowFilter<'p>> {
    let Source::Scan { columns, .. } = &flow.from else { return None };
    let in_record =
        |i: usize| matches!(table.columns[i].source, ColumnSource::Physical) && !super::table::in_folder_name(table, i);
    let read: Vec<(ColumnId, usize)> = columns.iter().copied().filter(|(_, i)| in_record(*i)).collect();
    let scratch = Imports::default();
    let mut scope = Scope::new(&scratch, origins);
    let mut known: BTreeMap<ColumnId, BTreeSet<usize>> = BTreeMap::new();
    for &(id, i) in &read {
        scope.bind(id, read_column(table, names, i, &quote!(self)));
        known.insert(id, BTreeSet::from([i]));
    }
    let (mut lets, mut conditions) = (Vec::new(), Vec::new());
    let mut needed = BTreeSet::new();
    let mut comments = Vec::new();
    'steps: for step in &flow.steps {
        match step {
            Step::Let(id, scalar) => {
                let Some(columns) = columns_of(scalar, &known) else { break };
                let value = scope.value(scalar);
                if !is_certain(&value) {
                    break;
                }
                scope.bind(*id, Value { name: None, ..value });
                lets.push((*id, scalar));
                known.insert(*id, columns);
            }
            Step::Filter(predicate) => {
                for condition in conjuncts(predicate) {
                    let columns = columns_of(condition, &known);
                    let Some(columns) = columns.filter(|_| is_certain(&scope.value(condition))) else { break 'steps };
                    conditions.push(condition);
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
    let mut spoken_of = BTreeSet::new();
    for condition in &conditions {
        condition.for_each_column(&mut |id| spoken_of.extend([id]));
    }
    for (id, scalar) in lets.iter().rev() {
        if spoken_of.contains(id) {
            scalar.for_each_column(&mut |id| spoken_of.extend([id]));
        }
    }
    lets.retain(|(id, _)| spoken_of.contains(id));
    (!conditions.is_empty()).then_some(FlowFilter { read, lets, conditions, comments, columns: needed })
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
