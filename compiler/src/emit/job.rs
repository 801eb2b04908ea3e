//! One file per INSERT or SELECT: the job's struct, the wiring of its operators, and its flows in the order in which rows
//! take them.

use super::name::{Names, camel, ident, snake};
use super::operator::{self, Named};
use super::origin::{Origins, one_line};
use super::row::{self, Field};
use super::scalar::{Scope, Value, bare, reads_alias};
use super::table::{self, NamedTable};
use super::vocabulary::Imports;
use crate::plan::{ColumnId, Expr, Scalar, Table, WindowProperty, WindowShape};
use crate::stream::{
    Destination, Flow, Job, OperatorId, RowWindows, ScanId, Source, StatefulKind, Step, StreamPlan, Target, Time,
};
use crate::types::Type;
use proc_macro2::{Ident, Literal, TokenStream, TokenTree};
use quote::{format_ident, quote};
use std::collections::BTreeMap;

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

/// What the user calls columns whose own names were made up.
#[derive(Default)]
pub struct Aliases(BTreeMap<ColumnId, String>);

impl Aliases {
    fn of(job: &Job, tables: &[Table]) -> Self {
        let mut aliases = Aliases(BTreeMap::new());
        // What the SELECT gives no name is called as the column it goes into.
        if let Target::Insert { table, columns } = &job.target {
            let table = &tables[table.0];
            for (index, id) in table.persisted().zip(columns) {
                if is_made_up(&job.column(*id).name) {
                    aliases.0.entry(*id).or_insert_with(|| table.columns[index].name.clone());
                }
            }
        }
        // A plain alias says more than a cast.
        for alias in [reads_alias as fn(&Scalar) -> Option<ColumnId>, casts] {
            for step in job.flows.iter().flat_map(|flow| flow.steps.iter().rev()) {
                let Step::Let(to, scalar) = step else { continue };
                let from =
                    alias(scalar).filter(|from| reads_alias(scalar).is_some() || is_made_up(&job.column(*from).name));
                if let Some(from) = from {
                    let name = aliases.name(job, *to);
                    aliases.0.entry(from).or_insert(name);
                }
            }
        }
        // What an aggregate works on is called as its result.
        for (id, call) in job.operators.iter().flat_map(|operator| &operator.calls) {
            if let Some(argument) = call.argument.filter(|argument| job.column(*argument).name == "argument") {
                let name = aliases.name(job, *id);
                if !is_made_up(&name) {
                    aliases.0.entry(argument).or_insert(name);
                }
            }
        }
        aliases
    }

    pub fn name(&self, job: &Job, id: ColumnId) -> String {
        self.0.get(&id).cloned().unwrap_or_else(|| job.column(id).name.clone())
    }
}

/// Whether a column has the name that Flink gives what nobody named.
fn is_made_up(name: &str) -> bool {
    name.starts_with("EXPR$")
}

/// The column that a scalar does nothing to but to cast it.
fn casts(scalar: &Scalar) -> Option<ColumnId> {
    match &scalar.expr {
        Expr::Cast { operand, .. } => reads_alias(operand),
        _ => None,
    }
}

/// Whether nothing behind a step of a flow reads a column.
fn is_read_last(job: &Job, flow: &Flow, step: usize, column: ColumnId) -> bool {
    let reads = |scalar: &Scalar| {
        let mut found = false;
        scalar.for_each_column(&mut |id| found |= id == column);
        found
    };
    let in_steps = flow.steps[step + 1..].iter().any(|step| match step {
        Step::Let(_, scalar) | Step::Filter(scalar) => reads(scalar),
        Step::Windows(windows) => windows.time == Time::Event(column),
    });
    let behind = match (flow.to, &job.target) {
        (Destination::Operator(id), _) => job.operators[id.0].input.contains(&column),
        (Destination::Target, Target::Insert { columns, .. } | Target::Select { columns }) => columns.contains(&column),
    };
    !in_steps && !behind
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
        super::uses_ident(&body, "context")
    }

    /// Whether the method for the rows of VALUES wants the context too.
    pub fn values_want_context(&self, file: &File<'_>) -> bool {
        super::uses_ident(&file.values_body(self, &Imports::default()), "context")
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
            quote!(#field: wiring.keyed(#name, #origin, #constructor),)
        });
        let doc = format!(" One worker's part of {}.", one_line(&self.flow_line(job)));
        let scans = job.scans().into_iter().map(|scan| self.scan_methods(job, scan, &merges, imports));
        let values = job.has_values().then(|| self.values_method(job, &merges, imports));
        let stateful = job.is_stateful().then(|| self.stateful_methods(job, &merges, imports));
        let definitions =
            job.operators.iter().map(|operator| operator::definition(job.job, operator, imports, self.origins));
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

    /// Field, type and constructor of what the job writes to.
    fn target(&self, job: &NamedJob<'_>, imports: &Imports) -> (Ident, TokenStream, TokenStream) {
        let field = job.target_field();
        match &job.job.target {
            Target::Insert { table, .. } => {
                let writer = imports.item("job::SinkWriter");
                let (named, declared) = (&self.tables[table.0], &self.plan.tables[table.0]);
                let format = super::codec::Format::of(declared);
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
        let print = table::encode(&name, anonymous.as_ref(), &described, super::codec::Format::Print, imports);
        let json = table::encode(
            &name,
            anonymous.as_ref(),
            &described,
            super::codec::Format::Json(super::codec::Standard::Sql),
            imports,
        );
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

    /// The methods that take a scan's rows and watermarks.
    fn scan_methods(&self, job: &NamedJob<'_>, scan: ScanId, merges: &[Merge], imports: &Imports) -> TokenStream {
        let named = &self.tables[self.plan.scans[scan.0].table.0];
        let table = &self.plan.tables[self.plan.scans[scan.0].table.0];
        let method = ident(&snake(&named.module));
        let result = imports.item("error::Result");
        let body = finished(self.scan_body(job, scan, imports));
        let row_type = imports.local(&format!("crate::tables::{}::{}", ident(&named.module), named.read_row));
        let reads = &self.plan.scans[scan.0].reads;
        let lifetime = row::anonymous_lifetime(reads.iter().map(|&i| &table.columns[i].ty));
        let context = super::uses_ident(&body, "context").then(|| {
            let context = imports.item("row::Context");
            quote!(, context: &#context<'_>)
        });
        let row = if super::uses_ident(&body, "row") { quote!(row) } else { quote!(_) };
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

    fn target_name(&self, job: &NamedJob<'_>) -> String {
        match &job.job.target {
            Target::Insert { table, .. } => format!("`{}`", self.plan.tables[table.0].name),
            Target::Select { .. } => "the user".to_owned(),
        }
    }

    fn scan_flows<'f>(&self, job: &'f NamedJob<'_>, scan: ScanId) -> impl Iterator<Item = &'f Flow> + use<'f> {
        job.job.flows.iter().filter(move |flow| matches!(flow.from, Source::Scan { scan: from, .. } if from == scan))
    }

    /// What happens to one row of a scan.
    fn scan_body(&self, job: &NamedJob<'_>, scan: ScanId, imports: &Imports) -> TokenStream {
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
    fn watermark_method(
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
        let (result, timestamp) = (imports.item("error::Result"), imports.item("value::Timestamp"));
        Some(quote! {
            pub fn #method(&mut self, watermark: #timestamp) -> #result<()> {
                #advances
                self.run()
            }
        })
    }

    /// Tells every operator that one of its inputs has come this far.
    fn advances(
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
    fn merges(&self, job: &NamedJob<'_>) -> Vec<Merge> {
        (0..job.operators.len())
            .filter_map(|index| {
                let sources = input_sources(job.job, OperatorId(index));
                let field = format_ident!("{}_inputs", job.operators[index].field_name);
                (sources.len() > 1).then_some(Merge { operator: OperatorId(index), sources, field })
            })
            .collect()
    }

    /// `fn values`: the rows of VALUES, and their end.
    fn values_method(&self, job: &NamedJob<'_>, merges: &[Merge], imports: &Imports) -> TokenStream {
        let result = imports.item("error::Result");
        let body = self.values_body(job, imports);
        let is_read = |index| input_sources(job.job, OperatorId(index)).contains(&InputSource::Values);
        let advances = (0..job.operators.len()).any(is_read).then(|| {
            let timestamp = imports.item("value::Timestamp");
            self.advances(job, InputSource::Values, merges, &quote!(self.), &quote!(#timestamp::MAX))
        });
        let run = job.is_stateful().then(|| quote!(self.run()?;));
        let context = super::uses_ident(&body, "context").then(|| {
            let context = imports.item("row::Context");
            quote!(, context: &#context<'_>)
        });
        quote! {
            /// The rows written out in the statement.
            pub fn values(&mut self, first: bool #context) -> #result<()> {
                if first {
                    #body
                }
                #advances
                #run
                Ok(())
            }
        }
    }

    fn values_body(&self, job: &NamedJob<'_>, imports: &Imports) -> TokenStream {
        let mut body = TokenStream::new();
        for flow in &job.job.flows {
            let Source::Values { rows, columns } = &flow.from else { continue };
            for row in rows {
                let mut scope = Scope::new(imports, self.origins);
                let mut given = Names::default();
                let mut lets = TokenStream::new();
                for (id, scalar) in columns.iter().zip(row) {
                    let value = scope.value(scalar);
                    let name = given.unique(&snake(&job.aliases.name(job.job, *id)));
                    let variable = ident(&name);
                    let nullable = job.job.column(*id).ty.nullable;
                    let ty = row::optional(
                        row::rust_type(&job.job.column(*id).ty.kind, row::Storage::Borrowed, imports, &|_| quote!(())),
                        nullable,
                    );
                    let ty = elide(&ty);
                    let column = &job.job.column(*id).name;
                    let tokens = scope.for_column(value, nullable, column, scalar.span).with_nullability(nullable);
                    lets.extend(quote!(let #variable: #ty = #tokens;));
                    scope.bind(*id, Value::named(quote!(#variable), name, nullable));
                }
                let steps = self.steps(job, flow, scope, &quote!(self.), &quote_insert(imports), imports);
                body.extend(quote!({ #lets #steps }));
            }
        }
        body
    }

    /// `run`, `tick`, and per operator its `receive` and what follows it.
    fn stateful_methods(&self, job: &NamedJob<'_>, merges: &[Merge], imports: &Imports) -> TokenStream {
        let (result, timestamp) = (imports.item("error::Result"), imports.item("value::Timestamp"));
        let runs: Vec<Ident> =
            job.operators.iter().map(|operator| format_ident!("run_{}", operator.field_name)).collect();
        let fields: Vec<Ident> = job.operators.iter().map(|operator| ident(&operator.field_name)).collect();
        let methods = job.operators.iter().enumerate().map(|(index, operator)| {
            let field = ident(&operator.field_name);
            let receive = format_ident!("receive_{}", operator.field_name);
            let message = imports.item("exchange::Message");
            let run = self.run_method(job, OperatorId(index), merges, imports);
            quote! {
                pub fn #receive(&mut self, from: usize, message: &#message) -> #result<()> {
                    self.#field.receive(from, message)?;
                    self.run()
                }

                #run
            }
        });
        let (last, others) = runs.split_last().expect("a stateful job has operators");
        let ticks: TokenStream = match fields.as_slice() {
            [only] => quote!(self.#only.tick(now)?; self.run()),
            fields => {
                let steps = fields.iter().map(|field| quote!(self.#field.tick(now)?; self.run()?;));
                quote!(#(#steps)* Ok(()))
            }
        };
        quote! {
            /// Hands on what the operators have to say, upstream first.
            pub fn run(&mut self) -> #result<()> {
                #(self.#others()?;)*
                self.#last()
            }

            pub fn tick(&mut self, now: #timestamp) -> #result<()> {
                #ticks
            }

            #(#methods)*
        }
    }

    /// What an operator says goes on to the next ones.
    fn run_method(&self, job: &NamedJob<'_>, id: OperatorId, merges: &[Merge], imports: &Imports) -> TokenStream {
        let operator = job.operator(id);
        let result = imports.item("error::Result");
        let method = format_ident!("run_{}", operator.field_name);
        let field = ident(&operator.field_name);
        let mut body = TokenStream::new();
        let mut to = Vec::new();
        let (item, kind) = match operator.operator.kind {
            StatefulKind::Window { .. } => (ident("result"), quote_insert(imports)),
            StatefulKind::Group { .. } => (ident("change"), quote!(change.kind)),
        };
        for flow in job.job.flows_from(id) {
            let scope = self.result_scope(job, operator, imports);
            body.extend(self.steps(job, flow, scope, &TokenStream::new(), &kind, imports));
            to.push(match flow.to {
                Destination::Operator(next) => job.operator(next).type_name.clone(),
                Destination::Target => self.target_name(job),
            });
        }
        let watermark = quote!(#field.watermark());
        let advances = self.advances(job, InputSource::Operator(id), merges, &TokenStream::new(), &watermark);
        let all: Vec<Ident> = job
            .operators
            .iter()
            .map(|operator| ident(&operator.field_name))
            .chain(merges.iter().map(|merge| merge.field.clone()))
            .chain(window_tables(job.job).iter().map(|windows| window_field(job.job, windows)))
            .chain([job.target_field()])
            .collect();
        let used: Vec<&Ident> = all
            .iter()
            .filter(|name| {
                let word = name.to_string();
                **name == field || super::uses_ident(&body, &word) || super::uses_ident(&advances, &word)
            })
            .collect();
        let rest = (used.len() < all.len()).then(|| quote!(, ..));
        let context = if super::uses_ident(&body, "context") { quote!(context) } else { quote!(_) };
        let item = if super::uses_ident(&body, &item.to_string()) { quote!(#item) } else { quote!(_) };
        let doc = format!(" {} -> {}", operator.type_name, one_line(&to.join(", ")));
        let each = finished(body);
        let (body, tail) = if advances.is_empty() {
            (quote!(#field.drain(|#context, #item| { #each })), TokenStream::new())
        } else {
            (quote!(#field.drain(|#context, #item| { #each })?;), finished(advances))
        };
        quote! {
            #[doc = #doc]
            #[inline(never)]
            fn #method(&mut self) -> #result<()> {
                let Self { #(#used),* #rest } = self;
                #body
                #tail
            }
        }
    }

    /// The columns of a result as expressions on `result` or `change`.
    fn result_scope<'s>(&'s self, job: &NamedJob<'_>, operator: &Named<'_>, imports: &'s Imports) -> Scope<'s> {
        let mut scope = Scope::new(imports, self.origins);
        match &operator.operator.kind {
            StatefulKind::Group { .. } => {
                for (id, field) in operator::group_fields(job.job, operator) {
                    let name = field.ident.clone();
                    scope.bind(id, Value::named(quote!(change.row.#name), field.name(), field.ty.nullable));
                }
            }
            StatefulKind::Window { properties, time, .. } => {
                for id in &operator.operator.keys {
                    let field = operator.input_field(*id);
                    let tokens = operator::kept(field, &quote!(result.key));
                    scope.bind(*id, Value::named(tokens, field.name(), field.ty.nullable));
                }
                for (id, property) in properties {
                    let tokens = operator::window_property(*property, *time);
                    let null = *property == WindowProperty::Proctime && matches!(time, Time::Event(_));
                    scope.bind(*id, Value { tokens, nullable: null, fails: false, name: Some("time".to_owned()) });
                }
                for ((id, call), field) in operator.operator.calls.iter().zip(&operator.calls) {
                    let nullable = job.job.column(*id).ty.nullable;
                    let tokens = operator::accumulated(call, field, nullable, &quote!(result.accumulator));
                    scope.bind(*id, Value::named(tokens, field.clone(), nullable));
                }
            }
        }
        scope
    }

    /// The steps of a flow and what is done with the row behind them.
    fn steps(
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
    fn steps_from(
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
    fn rowtime(&self, value: Value, span: crate::text::Span, imports: &Imports) -> TokenStream {
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
    fn written_fields(
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
    fn destination(
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
fn finished(statements: TokenStream) -> TokenStream {
    let trees: Vec<TokenTree> = statements.clone().into_iter().collect();
    let is = |tree: &TokenTree, wanted: char| matches!(tree, TokenTree::Punct(mark) if mark.as_char() == wanted);
    match trees.as_slice() {
        [before @ .., question, semicolon] if is(question, '?') && is(semicolon, ';') => {
            before.iter().cloned().collect()
        }
        _ => quote!(#statements Ok(())),
    }
}

/// `RowKind::Insert`.
fn quote_insert(imports: &Imports) -> TokenStream {
    let kind = imports.item("row::RowKind");
    quote!(#kind::Insert)
}

/// `status: row.status`, or `status` alone where the value is a variable of that name.
fn initializer(field: &Ident, value: TokenStream) -> TokenStream {
    if *field == value.to_string() { quote!(#field) } else { quote!(#field: #value) }
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

/// Where the rows of an operator come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InputSource {
    Scan(ScanId),
    Values,
    Operator(OperatorId),
}

/// An operator with several inputs.
struct Merge {
    operator: OperatorId,
    sources: Vec<InputSource>,
    /// `hop_by_status_inputs`.
    field: Ident,
}

/// The inputs of an operator, each once, in the order of its flows.
fn input_sources(job: &Job, id: OperatorId) -> Vec<InputSource> {
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

/// `&'a str` as `&str`, for types of variables.
fn elide(ty: &TokenStream) -> TokenStream {
    ty.to_string().replace("& 'a ", "& ").parse().expect("a type stays a type")
}
