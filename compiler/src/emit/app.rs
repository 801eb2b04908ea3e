//! `src/main.rs` and `src/app.rs`: the application, which scans it shares among its jobs, and who takes what comes from
//! elsewhere.

use super::codec::Format;
use super::job::{File, NamedJob};
use super::name::{ident, snake};
use super::origin::one_line;
use super::vocabulary::{Imports, tokens};
use crate::stream::ScanId;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

/// What is known about the whole application.
pub struct Application<'a> {
    /// `sensors_app`.
    pub name: &'a str,
    /// `SensorsApp`.
    pub type_name: &'a str,
    /// Crates that are linked: `sqlc_kinesis`, `sqlc_object_store`.
    pub connectors: &'a [&'static str],
    /// What SET said, of the names that the runtime knows.
    pub settings: &'a [(String, String)],
}

/// The tokens of `src/main.rs`.
pub fn main_file(application: &Application<'_>, imports: &Imports) -> TokenStream {
    let name = application.name;
    let app_type = ident(application.type_name);
    let app = imports.item("job::App");
    let main = imports.function("job::main");
    imports.local(&format!("crate::app::{app_type}"));
    let linked = application.connectors.iter().map(|&name| {
        let package = tokens(name);
        match name == super::STORAGE {
            true => quote!(.storage(#package::storage())),
            false => quote!(.connector(#package::connector())),
        }
    });
    let settings = (!application.settings.is_empty()).then(|| {
        let pairs = application.settings.iter().map(|(name, value)| quote!((#name, #value)));
        quote!(.settings(&[#(#pairs),*]))
    });
    quote! {
        mod app;
        mod jobs;
        mod tables;

        fn main() -> std::process::ExitCode {
            #main(
                #app::new(#name, #app_type::open)
                    .version(env!("CARGO_PKG_VERSION"))
                    .describe(include_str!("../describe.json"))
                    #settings
                    #(#linked)*
            )
        }
    }
}

/// The tokens of `src/app.rs`.
pub fn app_file(
    application: &Application<'_>,
    file: &File<'_>,
    jobs: &[NamedJob<'_>],
    imports: &Imports,
) -> TokenStream {
    let name = ident(application.type_name);
    let result = imports.item("error::Result");
    let wiring = imports.item("job::Wiring");
    let scans: Vec<ScanId> = (0..file.plan.scans.len()).map(ScanId).collect();
    let scan_field = |scan: &ScanId| ident(&format!("{}_scan", file.tables[file.plan.scans[scan.0].table.0].module));
    let scan_fields = scans.iter().map(|scan| {
        let (field, scan_type) = (scan_field(scan), imports.item("job::Scan"));
        let decoder = decoder(file, *scan, imports);
        quote!(#field: #scan_type<#decoder>,)
    });
    let scan_opens = scans.iter().map(|scan| {
        let (field, decoder) = (scan_field(scan), decoder(file, *scan, imports));
        let module = table_module(file, *scan, imports);
        quote!(#field: wiring.scan(&#module::TABLE, #decoder::new)?,)
    });
    let job_fields: Vec<Ident> = jobs.iter().map(|job| ident(&job.module)).collect();
    let job_types: Vec<TokenStream> = jobs
        .iter()
        .map(|job| imports.local(&format!("crate::jobs::{}::{}", ident(&job.module), job.type_name)))
        .collect();
    let reads = scans.iter().map(|scan| read_method(file, jobs, *scan, &scan_field(scan), imports));
    let pipeline = imports.item("job::Pipeline");
    let body = pipeline_body(file, jobs, &scans, imports);
    let doc = format!(" One worker's copy of {}: what it reads, and one job per statement.", application.name);
    let wiring_argument = if scans.is_empty() && jobs.is_empty() { quote!(_) } else { quote!(wiring) };
    quote! {
        #[doc = #doc]
        pub struct #name {
            #(#scan_fields)*
            #(#job_fields: #job_types,)*
        }

        impl #name {
            pub fn open(#wiring_argument: &mut #wiring) -> #result<Self> {
                Ok(#name {
                    #(#scan_opens)*
                    #(#job_fields: #job_types::open(wiring)?,)*
                })
            }

            #(#reads)*
        }

        impl #pipeline for #name #body
    }
}

fn decoder(file: &File<'_>, scan: ScanId, imports: &Imports) -> TokenStream {
    let table = &file.plan.tables[file.plan.scans[scan.0].table.0];
    imports.function(&format!("format::{}::Decoder", Format::of(table).module()))
}

fn table_module(file: &File<'_>, scan: ScanId, imports: &Imports) -> TokenStream {
    let named = &file.tables[file.plan.scans[scan.0].table.0];
    imports.local(&format!("crate::tables::{}", ident(&named.module)))
}

/// `fn read_sensor_data`: the rows of a scan to every job that takes them.
fn read_method(file: &File<'_>, jobs: &[NamedJob<'_>], scan: ScanId, field: &Ident, imports: &Imports) -> TokenStream {
    let named = &file.tables[file.plan.scans[scan.0].table.0];
    let table_name = &file.plan.tables[file.plan.scans[scan.0].table.0].name;
    let (result, event) = (imports.item("error::Result"), imports.item("connector::ReaderEvent"));
    let element = imports.item("job::Element");
    let row_type = imports.local(&format!("crate::tables::{}::{}", ident(&named.module), named.read_row));
    let method = format_ident!("read_{}", named.module);
    let rows = ident(&snake(&named.module));
    let watermarks = format_ident!("{}_watermark", rows);
    let readers: Vec<&NamedJob<'_>> = jobs.iter().filter(|job| job.scans().contains(&scan)).collect();
    let fields: Vec<Ident> = readers.iter().map(|job| ident(&job.module)).collect();
    let contexts: Vec<bool> = readers.iter().map(|job| job.wants_context(scan, file)).collect();
    let calls: Vec<TokenStream> = fields
        .iter()
        .zip(&contexts)
        .map(|(field, context)| if *context { quote!(#field.#rows(row, context)) } else { quote!(#field.#rows(row)) })
        .collect();
    let listening: Vec<&Ident> =
        readers.iter().zip(&fields).filter(|(job, _)| file.listens(job, scan)).map(|(_, field)| field).collect();
    let row_arm = sequence(&calls);
    let advances: Vec<TokenStream> = listening.iter().map(|field| quote!(#field.#watermarks(*watermark))).collect();
    let watermark_arm = sequence(&advances);
    let watermark = if listening.is_empty() { quote!(_) } else { quote!(watermark) };
    let context = if contexts.contains(&true) { quote!(context) } else { quote!(_) };
    let runs: Vec<TokenStream> = readers
        .iter()
        .zip(&fields)
        .filter(|(job, _)| job.is_stateful())
        .map(|(_, field)| quote!(#field.run()))
        .collect();
    let targets: Vec<&str> = readers.iter().map(|job| job.module.as_str()).collect();
    let doc = format!(" {} -> {}", one_line(table_name), targets.join(", "));
    let rest = (jobs.len() + file.plan.scans.len() > readers.len() + 1).then(|| quote!(, ..));
    let read = quote! {
        #field.read(event, |element: #element<'_, '_, #row_type>| match element {
            #element::Row(row, #context) => #row_arm,
            #element::Watermark(#watermark) => #watermark_arm,
        })
    };
    let row_type_is_generic = super::row::lifetime(
        file.plan.scans[scan.0].reads.iter().map(|&i| &file.plan.tables[file.plan.scans[scan.0].table.0].columns[i].ty),
    );
    let read = if row_type_is_generic.is_some() {
        quote! {
            #field.read(event, |element: #element<'_, '_, #row_type<'_>>| match element {
                #element::Row(row, #context) => #row_arm,
                #element::Watermark(#watermark) => #watermark_arm,
            })
        }
    } else {
        read
    };
    let body = match runs.split_last() {
        None => read,
        Some((last, others)) => quote!(#read?; #(#others?;)* #last),
    };
    quote! {
        #[doc = #doc]
        fn #method(&mut self, event: &#event) -> #result<()> {
            let Self { #field, #(#fields),* #rest } = self;
            #body
        }
    }
}

/// Several fallible calls as the body of a function.
fn sequence_of(calls: &[TokenStream]) -> TokenStream {
    match calls.split_last() {
        None => quote!(Ok(())),
        Some((last, others)) => quote!(#(#others?;)* #last),
    }
}

/// Several fallible calls as one expression.
fn sequence(calls: &[TokenStream]) -> TokenStream {
    match calls.split_last() {
        None => quote!(Ok(())),
        Some((only, [])) => only.clone(),
        Some((last, others)) => quote!({ #(#others?;)* #last }),
    }
}

fn pipeline_body(file: &File<'_>, jobs: &[NamedJob<'_>], scans: &[ScanId], imports: &Imports) -> TokenStream {
    let (result, timestamp) = (imports.item("error::Result"), imports.item("value::Timestamp"));
    let (source, event) = (imports.item("job::SourceId"), imports.item("connector::ReaderEvent"));
    let (port, message) = (imports.item("exchange::Port"), imports.item("exchange::Message"));
    let word = |used: bool, word: &str| {
        let word = ident(word);
        if used { quote!(#word) } else { quote!(_) }
    };
    let starts: Vec<TokenStream> = jobs
        .iter()
        .filter(|job| job.has_values())
        .map(|job| {
            let field = ident(&job.module);
            let context = job.values_want_context(file).then(|| quote!(context));
            match context {
                Some(context) => quote!(self.#field.values(first, #context)),
                None => quote!(self.#field.values(first)),
            }
        })
        .collect();
    let start = (!starts.is_empty()).then(|| {
        let body = match starts.split_last() {
            Some((last, others)) => quote!(#(#others?;)* #last),
            None => TokenStream::new(),
        };
        let context_type = imports.item("row::Context");
        let context = word(super::uses_ident(&body, "context"), "context");
        quote! {
            fn start(&mut self, first: bool, #context: &#context_type<'_>) -> #result<()> {
                #body
            }
        }
    });
    let read_methods: Vec<TokenStream> = scans
        .iter()
        .map(|scan| {
            let method = format_ident!("read_{}", file.tables[file.plan.scans[scan.0].table.0].module);
            quote!(self.#method(event))
        })
        .collect();
    let receives: Vec<TokenStream> = jobs
        .iter()
        .flat_map(|job| {
            let field = ident(&job.module);
            job.operators.iter().map(move |operator| {
                let method = format_ident!("receive_{}", operator.field_name);
                quote!(self.#field.#method(from, message))
            })
        })
        .collect();
    let ticks: Vec<TokenStream> = jobs
        .iter()
        .filter(|job| job.is_stateful())
        .map(|job| {
            let field = ident(&job.module);
            quote!(self.#field.tick(now))
        })
        .collect();
    let stateful: Vec<TokenStream> = scans
        .iter()
        .map(|scan| {
            let field = format_ident!("{}_scan", file.tables[file.plan.scans[scan.0].table.0].module);
            quote!(visit(&mut self.#field))
        })
        .chain(jobs.iter().filter(|job| job.is_stateful()).map(|job| {
            let field = ident(&job.module);
            quote!(self.#field.stateful(visit))
        }))
        .collect();
    let visits = sequence_of(&stateful);
    let (read_number, read) = dispatch(&quote!(source.0), &read_methods);
    let (receive_number, receive) = dispatch(&quote!(port.0), &receives);
    let tick = sequence_of(&ticks);
    let source_argument = word(read_number, "source");
    let event_argument = word(!read_methods.is_empty(), "event");
    let port_argument = word(receive_number, "port");
    let (from_argument, message_argument) = (word(!receives.is_empty(), "from"), word(!receives.is_empty(), "message"));
    let now_argument = word(!ticks.is_empty(), "now");
    let visit_argument = word(!stateful.is_empty(), "visit");
    let visit_type = imports.item("checkpoint::Visit");
    quote! {
        {
            #start

            fn read(&mut self, #source_argument: #source, #event_argument: &#event) -> #result<()> {
                #read
            }

            fn receive(&mut self, #port_argument: #port, #from_argument: usize, #message_argument: &#message) -> #result<()> {
                #receive
            }

            fn stateful(&mut self, #visit_argument: &mut #visit_type<'_>) -> #result<()> {
                #visits
            }

            fn tick(&mut self, #now_argument: #timestamp) -> #result<()> {
                #tick
            }
        }
    }
}

/// A `match` over numbers counted from 0, and whether the number is looked at.
fn dispatch(number: &TokenStream, calls: &[TokenStream]) -> (bool, TokenStream) {
    match calls {
        [] => (false, quote!(Ok(()))),
        [only] => (false, only.clone()),
        [others @ .., last] => {
            let arms = others.iter().enumerate().map(|(i, call)| {
                let i = Literal::usize_unsuffixed(i);
                quote!(#i => #call,)
            });
            (true, quote!(match #number { #(#arms)* _ => #last }))
        }
    }
}
