//! One file per INSERT or SELECT: the job's struct, the wiring of its operators, and its flows in the order in which rows
//! take them.

mod alias;
mod input;
mod stateful;
mod steps;
mod values;

pub use alias::Aliases;

use crate::emit::name::{camel, ident};
use crate::emit::operator::Named;
use crate::emit::origin::{Origins, one_line};
use crate::emit::row::Field;
use crate::emit::table::NamedTable;
use crate::emit::vocabulary::Imports;
use crate::emit::{EmittedOperator, codec, operator, row, table, uses_ident};
use crate::plan::{ColumnId, Table, TableId, WindowShape};
use crate::stream::{Job, OperatorId, RowWindows, ScanId, Source, StatefulKind, Step, StreamPlan, Target, Time};
use crate::types::Type;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use sqlc_runtime::connector::options::LATE_DATA_PATH;

/// A job with the names that generated code gives it.
pub struct NamedJob<'j> {
    pub job: &'j Job,
    /// `sensor_state`: the module and the field.
    pub module: String,
    /// `SensorStateJob`.
    pub type_name: String,
    pub operators: Vec<Named<'j>>,
    aliases: Aliases,
    /// The number of its cell.
    pub cell: u32,
    /// Which of the application's statements it is, from 1.
    pub statement: u32,
}

impl<'j> NamedJob<'j> {
    pub fn new(job: &'j Job, tables: &[Table], module: String, cell: u32, statement: u32) -> Self {
        let aliases = Aliases::of(job, tables);
        let names = operator::type_names(job);
        let operators =
            job.operators.iter().zip(names).map(|(operator, name)| Named::new(job, operator, name, &aliases)).collect();
        let type_name = format!("{}Job", camel(&module).trim_end_matches("Row"));
        NamedJob { job, module, type_name, operators, aliases, cell, statement }
    }

    /// Tells the imports of its file which items the file defines.
    pub fn define(&self, imports: &Imports) {
        imports.define(&self.type_name);
        imports.define(&format!("{}Row", self.type_name.trim_end_matches("Job")));
        for operator in &self.operators {
            imports.define(&operator.type_name);
            for name in [operator.input_name(), operator.key_name(), operator.totals_name(), operator.result_name()] {
                imports.define(&name);
            }
        }
    }

    fn operator(&self, id: OperatorId) -> &Named<'j> {
        &self.operators[id.0]
    }

    /// The field that rows for the target are written to.
    fn target_field(&self) -> Ident {
        ident(match self.job.target {
            Target::Insert { .. } => "sink",
            Target::Select { .. } => "rows",
        })
    }

    /// Whether the job has anything to do when the clock moves.
    pub fn is_stateful(&self) -> bool {
        !self.operators.is_empty()
    }

    /// What it keeps, upstream first.
    pub fn remembers(&self) -> Vec<EmittedOperator> {
        let remember = |operator: &Named<'_>| EmittedOperator {
            name: operator.type_name.clone(),
            keys: operator::kept_keys(operator),
            totals: operator::kept_totals(self.job, operator),
        };
        self.operators.iter().map(remember).collect()
    }

    /// Whether rows of VALUES go into it.
    pub fn has_values(&self) -> bool {
        self.job.flows.iter().any(|flow| matches!(flow.from, Source::Values { .. }))
    }

    /// The scans whose rows it takes.
    pub fn scans(&self) -> Vec<ScanId> {
        self.job.scans()
    }

    /// Whether the method for a scan's rows wants the context too.
    pub fn wants_context(&self, scan: ScanId, file: &File<'_>) -> bool {
        let body = file.scan_body(self, scan, &Imports::default());
        uses_ident(&body, "context")
    }

    /// Whether the method for the rows of VALUES wants the context too.
    pub fn values_want_context(&self, file: &File<'_>) -> bool {
        uses_ident(&file.values_body(self, &Imports::default()), "context")
    }
}

/// What a job's file is written with.
pub struct File<'e> {
    pub plan: &'e StreamPlan,
    pub tables: &'e [NamedTable],
    pub origins: &'e Origins<'e>,
}

impl File<'_> {
    /// The tokens of `src/jobs/<job>.rs`, without its imports.
    pub fn job(&self, job: &NamedJob<'_>, imports: &Imports) -> TokenStream {
        let name = ident(&job.type_name);
        let result = imports.item("error::Result");
        let wiring = imports.item("job::Wiring");
        let operators = job.operators.iter().map(|operator| {
            let (field, ty) = (ident(&operator.field_name), operator.runtime_type(imports));
            let keyed = imports.item("exchange::Keyed");
            quote!(#field: #keyed<#ty>,)
        });
        let (target_field, target_type, target_open) = self.target(job, imports);
        let merges = self.merges(job);
        let merge_fields = merges.iter().map(|merge| {
            let (field, ty) = (&merge.field, imports.item("time::CombinedWatermark"));
            quote!(#field: #ty,)
        });
        let merge_opens = merges.iter().map(|merge| {
            let (field, ty) = (&merge.field, imports.item("time::CombinedWatermark"));
            let inputs = Literal::usize_unsuffixed(merge.sources.len());
            quote!(#field: #ty::new(#inputs),)
        });
        let window_tables = window_tables(job.job);
        let window_fields = window_tables.iter().map(|windows| {
            let (field, ty) = (window_field(job.job, windows), imports.item("window::WindowTable"));
            quote!(#field: #ty,)
        });
        let window_opens = window_tables.iter().map(|windows| {
            let (field, ty) = (window_field(job.job, windows), imports.item("window::WindowTable"));
            let assigner = operator::assigner(&windows.shape, imports);
            let zone = operator::is_instant(job.job, windows.time).then(|| quote!(.in_zone(wiring.zone())));
            quote!(#field: #ty::new(#assigner)#zone,)
        });
        let opens = job.operators.iter().map(|operator| {
            let field = ident(&operator.field_name);
            let (name, constructor) = (&operator.type_name, operator.constructor(job.job, imports));
            let origin = self.origins.of(operator.operator.span, imports);
            let late = self.late_rows(job, operator, imports);
            quote!(#field: wiring.keyed(#name, #origin, #constructor)#late,)
        });
        let doc = format!(" One worker's part of {}.", one_line(&self.flow_line(job)));
        let scans = job.scans().into_iter().map(|scan| self.scan_methods(job, scan, &merges, imports));
        let values = job.has_values().then(|| self.values_method(job, &merges, imports));
        let stateful = job.is_stateful().then(|| self.stateful_methods(job, &merges, imports));
        let definitions = job.operators.iter().map(|operator| {
            let shows_late = !self.late_tables(job, operator).is_empty();
            operator::definition(job.job, operator, shows_late, imports, self.origins)
        });
        let select = self.select_row(job, imports);
        quote! {
            #[doc = #doc]
            pub struct #name {
                #(#operators)*
                #(#merge_fields)*
                #(#window_fields)*
                #target_field: #target_type,
            }

            impl #name {
                pub fn open(wiring: &mut #wiring) -> #result<Self> {
                    Ok(#name {
                        #(#opens)*
                        #(#merge_opens)*
                        #(#window_opens)*
                        #target_field: #target_open,
                    })
                }

                #(#scans)*
                #values
                #stateful
            }

            #select
            #(#definitions)*
        }
    }

    /// The tables whose rows may be late for an operator, if one of them wants them.
    fn late_tables(&self, job: &NamedJob<'_>, operator: &Named<'_>) -> Vec<TableId> {
        let is_window = matches!(operator.operator.kind, StatefulKind::Window { time: Time::Event(_), .. });
        let id = job.operators.iter().position(|known| std::ptr::eq(known, operator)).filter(|_| is_window);
        let scans = id.map(|id| job.job.scans_behind(OperatorId(id))).unwrap_or_default();
        let tables: Vec<TableId> = scans.into_iter().map(|scan| self.plan.scans[scan.0].table).collect();
        let is_wanted = tables.iter().any(|table| self.plan.tables[table.0].option(LATE_DATA_PATH).is_some());
        if is_wanted { tables } else { Vec::new() }
    }

    /// `.late_to(wiring.late_rows(&[&sensor_data::TABLE])?)`.
    fn late_rows(&self, job: &NamedJob<'_>, operator: &Named<'_>, imports: &Imports) -> Option<TokenStream> {
        let tables = self.late_tables(job, operator);
        let modules = tables.iter().map(|table| {
            let module = imports.local(&format!("crate::tables::{}", ident(&self.tables[table.0].module)));
            quote!(&#module::TABLE)
        });
        let modules: Vec<TokenStream> = modules.collect();
        (!modules.is_empty()).then(|| quote!(.late_to(wiring.late_rows(&[#(#modules),*])?)))
    }

    /// Field, type and constructor of what the job writes to.
    fn target(&self, job: &NamedJob<'_>, imports: &Imports) -> (Ident, TokenStream, TokenStream) {
        let field = job.target_field();
        match &job.job.target {
            Target::Insert { table, .. } => {
                let writer = imports.item("job::SinkWriter");
                let (named, declared) = (&self.tables[table.0], &self.plan.tables[table.0]);
                let format = codec::Format::of(declared);
                let encoder = imports.function(&format!("format::{}::Encoder", format.module()));
                let module = imports.local(&format!("crate::tables::{}", ident(&named.module)));
                (field, quote!(#writer<#encoder>), quote!(wiring.sink(&#module::TABLE, #encoder::new)?))
            }
            Target::Select { .. } => {
                let writer = imports.item("job::SelectWriter");
                let statement = Literal::u32_unsuffixed(job.statement);
                (field, writer, quote!(wiring.select(#statement)?))
            }
        }
    }

    /// The struct of a SELECT's rows.
    fn select_row(&self, job: &NamedJob<'_>, imports: &Imports) -> Option<TokenStream> {
        let Target::Select { columns } = &job.job.target else { return None };
        let name = self.select_name(job);
        let fields = select_fields(job.job, columns);
        let types: Vec<&Type> = fields.iter().map(|(_, field)| &field.ty).collect();
        let (lifetime, anonymous) =
            (row::lifetime(types.iter().copied()), row::anonymous_lifetime(types.iter().copied()));
        let declarations = fields.iter().map(|(_, field)| {
            field.declaration(row::Storage::Borrowed, imports, &|kind| self.foreign_row(kind, imports))
        });
        let described: Vec<(String, Ident, Type)> =
            fields.iter().map(|(name, field)| (name.clone(), field.ident.clone(), field.ty.clone())).collect();
        let print = table::encode(&name, anonymous.as_ref(), &described, codec::Format::Print, imports);
        let json =
            table::encode(&name, anonymous.as_ref(), &described, codec::Format::Json(codec::Standard::Sql), imports);
        let doc = format!(" A row of the SELECT in cell {}.", job.cell);
        Some(quote! {
            #[doc = #doc]
            #[derive(Clone, Copy, Debug)]
            pub struct #name #lifetime { #(#declarations),* }

            #print
            #json
        })
    }

    fn select_name(&self, job: &NamedJob<'_>) -> Ident {
        format_ident!("{}Row", job.type_name.trim_end_matches("Job"))
    }

    /// The struct of a ROW that a table's file defines.
    fn foreign_row(&self, kind: &crate::types::Kind, imports: &Imports) -> TokenStream {
        for (table, named) in self.plan.tables.iter().zip(self.tables) {
            if let Some(name) = table::row_type_name(table, named, kind) {
                let crate::types::Kind::Row(fields) = kind else { continue };
                let path = format!("crate::tables::{}::{name}", ident(&named.module));
                let lifetime = row::lifetime(fields.iter().map(|field| &field.ty));
                let name = imports.local(&path);
                return quote!(#name #lifetime);
            }
        }
        quote!(())
    }

    fn target_name(&self, job: &NamedJob<'_>) -> String {
        match &job.job.target {
            Target::Insert { table, .. } => format!("`{}`", self.plan.tables[table.0].name),
            Target::Select { .. } => "the user".to_owned(),
        }
    }
}

/// `RowKind::Insert`.
fn quote_insert(imports: &Imports) -> TokenStream {
    let kind = imports.item("row::RowKind");
    quote!(#kind::Insert)
}

/// The fields of a SELECT's row with their column names.
fn select_fields(job: &Job, columns: &[ColumnId]) -> Vec<(String, Field)> {
    let names = row::field_names(columns.iter().map(|id| job.column(*id).name.as_str()));
    columns
        .iter()
        .zip(names)
        .map(|(id, name)| (job.column(*id).name.clone(), Field::new(&name, job.column(*id).ty.clone())))
        .collect()
}

/// The window table functions whose windows are not aggregated, each once.
fn window_tables(job: &Job) -> Vec<&RowWindows> {
    let mut tables: Vec<&RowWindows> = Vec::new();
    for step in job.flows.iter().flat_map(|flow| &flow.steps) {
        if let Step::Windows(windows) = step
            && !tables.iter().any(|known| known.properties == windows.properties)
        {
            tables.push(windows);
        }
    }
    tables
}

/// `tumble`, or `tumble_2` for the second one.
fn window_field(job: &Job, windows: &RowWindows) -> Ident {
    let name = match windows.shape {
        WindowShape::Tumble { .. } => "tumble",
        WindowShape::Hop { .. } => "hop",
        WindowShape::Cumulate { .. } => "cumulate",
        WindowShape::Session { .. } => "session",
    };
    let tables = window_tables(job);
    match tables.iter().position(|known| known.properties == windows.properties) {
        Some(position) if position > 0 => format_ident!("{name}_{}", position + 1),
        _ => format_ident!("{name}"),
    }
}
