//! Rows and watermarks on their way in: from scans, and from operator to operator.

use super::steps::finished;
use super::{File, NamedJob, quote_insert};
use crate::emit::name::{ident, snake};
use crate::emit::origin::one_line;
use crate::emit::scalar::Scope;
use crate::emit::vocabulary::Imports;
use crate::emit::{row, table, uses_ident};
use crate::stream::{Destination, Flow, Job, OperatorId, ScanId, Source};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

impl File<'_> {
    /// The methods that take a scan's rows and watermarks.
    pub(super) fn scan_methods(
        &self,
        job: &NamedJob<'_>,
        scan: ScanId,
        merges: &[Merge],
        imports: &Imports,
    ) -> TokenStream {
        let named = &self.tables[self.plan.scans[scan.0].table.0];
        let table = &self.plan.tables[self.plan.scans[scan.0].table.0];
        let method = ident(&snake(&named.module));
        let result = imports.item("error::Result");
        let body = finished(self.scan_body(job, scan, imports));
        let row_type = imports.local(&format!("crate::tables::{}::{}", ident(&named.module), named.read_row));
        let reads = &self.plan.scans[scan.0].reads;
        let lifetime = row::anonymous_lifetime(reads.iter().map(|&i| &table.columns[i].ty));
        let context = uses_ident(&body, "context").then(|| {
            let context = imports.item("row::Context");
            quote!(, context: &#context<'_>)
        });
        let row = if uses_ident(&body, "row") { quote!(row) } else { quote!(_) };
        let to: Vec<String> = self
            .scan_flows(job, scan)
            .map(|flow| match flow.to {
                Destination::Operator(id) => job.operator(id).type_name.clone(),
                Destination::Target => self.target_name(job),
            })
            .collect();
        let doc = format!(" A row of `{}` on its way to {}.", one_line(&table.name), one_line(&to.join(" and ")));
        let watermark = self.watermark_method(job, scan, &method, merges, imports);
        quote! {
            #[doc = #doc]
            pub fn #method(&mut self, #row: &#row_type #lifetime #context) -> #result<()> {
                #body
            }

            #watermark
        }
    }

    pub(super) fn scan_flows<'f>(
        &self,
        job: &'f NamedJob<'_>,
        scan: ScanId,
    ) -> impl Iterator<Item = &'f Flow> + use<'f> {
        job.job.flows.iter().filter(move |flow| matches!(flow.from, Source::Scan { scan: from, .. } if from == scan))
    }

    /// What happens to one row of a scan.
    pub(super) fn scan_body(&self, job: &NamedJob<'_>, scan: ScanId, imports: &Imports) -> TokenStream {
        let table_id = self.plan.scans[scan.0].table;
        let (table, named) = (&self.plan.tables[table_id.0], &self.tables[table_id.0]);
        let mut body = TokenStream::new();
        for flow in self.scan_flows(job, scan) {
            let Source::Scan { columns, .. } = &flow.from else { continue };
            let mut scope = Scope::new(imports, self.origins);
            for &(id, index) in columns {
                scope.bind(id, table::read_column(table, named, index, &quote!(row)));
            }
            body.extend(self.steps(job, flow, scope, &quote!(self.), &quote_insert(imports), imports));
        }
        body
    }

    /// `fn watermark_of_<table>`, if an operator listens.
    pub(super) fn watermark_method(
        &self,
        job: &NamedJob<'_>,
        scan: ScanId,
        table: &Ident,
        merges: &[Merge],
        imports: &Imports,
    ) -> Option<TokenStream> {
        let advances = self.advances(job, InputSource::Scan(scan), merges, &quote!(self.), &quote!(watermark));
        if advances.is_empty() {
            return None;
        }
        let method = format_ident!("{}_watermark", table);
        let (result, ty) = (imports.item("error::Result"), imports.item("time::Watermark"));
        Some(quote! {
            pub fn #method(&mut self, watermark: #ty) -> #result<()> {
                #advances
                self.run()
            }
        })
    }

    /// Tells every operator that one of its inputs has come this far.
    pub(super) fn advances(
        &self,
        job: &NamedJob<'_>,
        from: InputSource,
        merges: &[Merge],
        owner: &TokenStream,
        watermark: &TokenStream,
    ) -> TokenStream {
        let mut advances = TokenStream::new();
        for (index, operator) in job.operators.iter().enumerate() {
            let sources = input_sources(job.job, OperatorId(index));
            let Some(position) = sources.iter().position(|source| *source == from) else { continue };
            let field = ident(&operator.field_name);
            advances.extend(match merges.iter().find(|merge| merge.operator == OperatorId(index)) {
                None => quote!(#owner #field.advance(#watermark)?;),
                Some(merge) => {
                    let (inputs, position) = (&merge.field, Literal::usize_unsuffixed(position));
                    quote! {
                        if let Some(watermark) = #owner #inputs.advance(#position, #watermark) {
                            #owner #field.advance(watermark)?;
                        }
                    }
                }
            });
        }
        advances
    }

    /// Operators with several inputs, whose watermarks must be combined.
    pub(super) fn merges(&self, job: &NamedJob<'_>) -> Vec<Merge> {
        (0..job.operators.len())
            .filter_map(|index| {
                let sources = input_sources(job.job, OperatorId(index));
                let field = format_ident!("{}_inputs", job.operators[index].field_name);
                (sources.len() > 1).then_some(Merge { operator: OperatorId(index), sources, field })
            })
            .collect()
    }
}

/// Where the rows of an operator come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InputSource {
    Scan(ScanId),
    Values,
    Operator(OperatorId),
}

/// An operator with several inputs.
pub(super) struct Merge {
    pub(super) operator: OperatorId,
    pub(super) sources: Vec<InputSource>,
    /// `hop_by_status_inputs`.
    pub(super) field: Ident,
}

/// The inputs of an operator, each once, in the order of its flows.
pub(super) fn input_sources(job: &Job, id: OperatorId) -> Vec<InputSource> {
    let mut sources = Vec::new();
    for flow in job.flows_into(id) {
        let source = match &flow.from {
            Source::Scan { scan, .. } => InputSource::Scan(*scan),
            Source::Values { .. } => InputSource::Values,
            Source::Operator(id) => InputSource::Operator(*id),
        };
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources
}
