//! The stream plan to Rust source, as token streams per file.
//!
//! Every file is written through one [`vocabulary::Imports`], so that it imports what it uses and nothing else.
//! Formatting, writing to disk and Cargo are left to `package`.

mod app;
mod codec;
mod job;
mod name;
mod operator;
mod origin;
mod row;
mod scalar;
mod table;
mod vocabulary;
mod wanted;

use crate::stream::{StreamPlan, Target};
use crate::text::{FileId, Sources};
use job::{File, NamedJob};
use name::{Names, camel, snake};
use origin::Origins;
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use std::collections::BTreeSet;
use table::NamedTable;
use vocabulary::Imports;

pub use name::snake as rust_name;

/// The source files of a generated crate, not yet formatted.
#[derive(Debug)]
pub struct Emitted {
    pub files: Vec<EmittedFile>,
    /// Crates that must be linked, besides the runtime, in order: `sqlc_kinesis`, `sqlc_object_store`.
    pub connectors: Vec<&'static str>,
    /// One per statement.
    pub jobs: Vec<EmittedJob>,
}

/// What generated code calls a statement and its operators.
#[derive(Debug)]
pub struct EmittedJob {
    /// What flows where, in one line.
    pub flow: String,
    /// Upstream first.
    pub operators: Vec<EmittedOperator>,
}

/// A stateful operator: its name, and what its key and its accumulator are made of, as `operator::kept` says it.
#[derive(Debug)]
pub struct EmittedOperator {
    pub name: String,
    pub keys: Vec<String>,
    pub totals: Vec<String>,
}

#[derive(Debug)]
pub struct EmittedFile {
    /// `src/tables/sensor_data.rs`.
    pub path: String,
    /// The module documentation, one line each.
    pub docs: Vec<String>,
    pub tokens: TokenStream,
}

/// Writes the whole application `name`.
pub fn emit(plan: &StreamPlan, name: &str, sources: &Sources, notebook: FileId) -> Emitted {
    let origins = Origins::new(sources, notebook);
    let tables = name_tables(plan);
    let jobs = name_jobs(plan, &tables, &origins);
    let file = File { plan, tables: &tables, origins: &origins };
    let settings = settings(plan);
    let connectors = linked_connectors(plan, &settings);
    let type_name = name_application(name, &tables);
    let application = app::Application { name, type_name: &type_name, connectors: &connectors, settings: &settings };
    let mut files = Vec::new();

    let imports = Imports::default();
    let tokens = app::main_file(&application, &imports);
    files.push(assemble("src/main.rs", vec![format!("{name}, compiled by sqlc.")], tokens, &imports));

    let imports = Imports::default();
    imports.define(&type_name);
    let tokens = app::app_file(&application, &file, &jobs, &imports);
    files.push(assemble("src/app.rs", vec!["What one worker runs.".to_owned()], tokens, &imports));

    let modules: BTreeSet<_> = jobs.iter().map(|job| name::ident(&job.module)).collect();
    let modules = modules.iter();
    files.push(assemble(
        "src/jobs/mod.rs",
        vec!["One module per INSERT and SELECT.".to_owned()],
        quote!(#(pub mod #modules;)*),
        &Imports::default(),
    ));
    for job in &jobs {
        let imports = Imports::default();
        job.define(&imports);
        let tokens = file.job(job, &imports);
        let docs = vec![origins.comment(job.job.span), String::new(), file.flow_line(job)];
        files.push(assemble(&format!("src/jobs/{}.rs", job.module), docs, tokens, &imports));
    }

    let modules: BTreeSet<_> = tables.iter().map(|table| name::ident(&table.module)).collect();
    let modules = modules.iter();
    files.push(assemble(
        "src/tables/mod.rs",
        vec!["One module per table.".to_owned()],
        quote!(#(pub mod #modules;)*),
        &Imports::default(),
    ));
    for (index, (table, named)) in plan.tables.iter().zip(&tables).enumerate() {
        let scan = plan.scans.iter().find(|scan| scan.table.0 == index);
        let is_written =
            plan.jobs.iter().any(|job| matches!(job.target, Target::Insert { table, .. } if table.0 == index));
        let is_shown = plan.jobs.iter().any(|job| matches!(job.target, Target::Select { .. }));
        let imports = Imports::default();
        imports.define(&named.read_row);
        imports.define(&named.written_row);
        let is_json = matches!(codec::Format::of(table), codec::Format::Json(_));
        let wanted = scan.filter(|_| is_json).and_then(|scan| wanted::wanted(plan, scan, named, &imports, &origins));
        let read = scan.map(|scan| table::Read { scan, wanted });
        let tokens = table::file(table, named, read.as_ref(), is_written, is_shown, &imports, &origins);
        let connector = table.option("connector").unwrap_or("no connector");
        let docs = vec![format!("Table `{}` ({connector}).", table.name)];
        files.push(assemble(&format!("src/tables/{}.rs", named.module), docs, tokens, &imports));
    }
    let jobs = jobs.iter().map(|job| EmittedJob { flow: file.flow_line(job), operators: job.remembers() }).collect();
    Emitted { files, connectors, jobs }
}

fn assemble(path: &str, docs: Vec<String>, body: TokenStream, imports: &Imports) -> EmittedFile {
    let uses = imports.declarations();
    // Names may hold line ends.
    let docs = docs.iter().map(|line| origin::one_line(line)).collect();
    EmittedFile { path: path.to_owned(), docs, tokens: quote!(#uses #body) }
}

/// The application's type; a table of the same name keeps it for its rows.
fn name_application(name: &str, tables: &[NamedTable]) -> String {
    let type_name = camel(name);
    if tables.iter().any(|table| table.read_row == type_name) { format!("{type_name}App") } else { type_name }
}

/// A job has a method called like every table that it reads, beside these.
const METHODS: &[&str] = &["open", "run", "tick", "values"];

fn name_tables(plan: &StreamPlan) -> Vec<NamedTable> {
    let mut given = Names::default();
    let wanted: Vec<String> = plan.tables.iter().map(|table| snake(&table.name)).collect();
    let is_method = |name: &str| {
        let of_operator = ["run_", "receive_"].iter().any(|verb| name.starts_with(verb)) && name.contains("_by_")
            || ["run_", "receive_"].iter().any(|verb| name.starts_with(verb)) && name.contains("_all");
        let of_table = name.strip_suffix("_watermark").is_some_and(|table| wanted.iter().any(|other| other == table));
        METHODS.contains(&name) || of_operator || of_table
    };
    let mut tables: Vec<NamedTable> = plan
        .tables
        .iter()
        .zip(&wanted)
        .map(|(table, wanted)| NamedTable::new(table, given.module(wanted, "table", is_method)))
        .collect();
    // `orders` is written as `NewOrders`, unless there is a table `new_orders`.
    let read: Vec<String> = tables.iter().map(|table| table.read_row.clone()).collect();
    for table in &mut tables {
        if read.contains(&table.written_row) {
            table.written_row = format!("Written{}", table.read_row);
        }
    }
    tables
}

/// What the application calls things beside its jobs, which are its fields.
const VARIABLES: &[&str] =
    &["context", "element", "event", "first", "from", "message", "now", "port", "row", "source", "watermark", "wiring"];

fn name_jobs<'p>(plan: &'p StreamPlan, tables: &[NamedTable], origins: &Origins<'_>) -> Vec<NamedJob<'p>> {
    let mut given = Names::default();
    let is_field = |name: &str| {
        let of_scan = name.strip_suffix("_scan").is_some_and(|scan| tables.iter().any(|table| table.module == scan));
        VARIABLES.contains(&name) || of_scan
    };
    plan.jobs
        .iter()
        .zip(1..)
        .map(|(job, statement)| {
            let cell = origins.cell(job.span);
            let wanted = match job.target {
                Target::Insert { table, .. } => tables[table.0].module.clone(),
                Target::Select { .. } => format!("select_{cell}"),
            };
            NamedJob::new(job, &plan.tables, given.module(&wanted, "job", is_field), cell, statement)
        })
        .collect()
}

/// The crates of the connectors of tables that are read or written, and of places where checkpoints may be kept: who reads
/// Kinesis may want them in S3 too, and for him it is a seventh of the time and size of what he links anyway.
fn linked_connectors(plan: &StreamPlan, settings: &[(String, String)]) -> Vec<&'static str> {
    let uses = |name: &str| plan.tables.iter().any(|table| table.option("connector") == Some(name));
    let is_bucket = |(name, value): &(String, String)| {
        PLACES.contains(&name.as_str()) && sqlc_runtime::checkpoint::is_bucket(value.trim())
    };
    let keeps_in_s3 = settings.iter().any(is_bucket);
    let reads_kinesis = uses("kinesis");
    let linked = [(reads_kinesis, "sqlc_kinesis"), (reads_kinesis || keeps_in_s3, STORAGE)];
    linked.into_iter().filter(|(is_used, _)| *is_used).map(|(_, name)| name).collect()
}

/// The settings that say where checkpoints are kept.
const PLACES: [&str; 2] = ["execution.checkpointing.dir", "execution.checkpointing.savepoint-dir"];
/// The crate of checkpoints in S3.
const STORAGE: &str = "sqlc_object_store";

/// What the notebook SET, of the names that the runtime knows. The last word of the notebook counts for all.
fn settings(plan: &StreamPlan) -> Vec<(String, String)> {
    let Some(last) = plan.jobs.last() else { return Vec::new() };
    let known = |name: &String| sqlc_runtime::job::SETTINGS.iter().any(|setting| setting.name == name);
    let pairs = last.settings.iter().filter(|(name, _)| known(name));
    pairs.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Whether an identifier stands anywhere in the tokens.
fn uses_ident(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => uses_ident(&group.stream(), name),
        _ => false,
    })
}

/// Where the rows of a job come from and go to: `sensor_data -> HopByStatus -> sensor_state`.
impl File<'_> {
    fn flow_line(&self, job: &NamedJob<'_>) -> String {
        use crate::stream::{Destination, Source};
        let mut parts: Vec<String> = Vec::new();
        for flow in &job.job.flows {
            let from = match &flow.from {
                Source::Scan { scan, .. } => self.plan.tables[self.plan.scans[scan.0].table.0].name.clone(),
                Source::Values { .. } => "VALUES".to_owned(),
                Source::Operator(id) => job.operators[id.0].type_name.clone(),
            };
            let to = match flow.to {
                Destination::Operator(id) => job.operators[id.0].type_name.clone(),
                Destination::Target => match &job.job.target {
                    Target::Insert { table, .. } => self.plan.tables[table.0].name.clone(),
                    Target::Select { .. } => "the user".to_owned(),
                },
            };
            match parts.iter_mut().find(|part| part.ends_with(&format!("-> {from}"))) {
                Some(part) => part.push_str(&format!(" -> {to}")),
                None => parts.push(format!("{from} -> {to}")),
            }
        }
        parts.join("; ")
    }

    /// Whether the job has an operator that wants the watermarks of a scan.
    fn listens(&self, job: &NamedJob<'_>, scan: crate::stream::ScanId) -> bool {
        use crate::stream::{Destination, Source};
        job.job.flows.iter().any(|flow| {
            matches!(flow.from, Source::Scan { scan: from, .. } if from == scan)
                && matches!(flow.to, Destination::Operator(_))
        })
    }
}

/// The names of the statements' modules, in order, for those who list them.
pub fn job_modules(plan: &StreamPlan, sources: &Sources, notebook: FileId) -> Vec<String> {
    let origins = Origins::new(sources, notebook);
    name_jobs(plan, &name_tables(plan), &origins).into_iter().map(|job| job.module).collect()
}
