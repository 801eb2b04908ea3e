//! What a job does about its stateful operators: run, tick, receive.

use super::input::{InputSource, Merge};
use super::steps::finished;
use super::{File, NamedJob, quote_insert, window_field, window_tables};
use crate::emit::name::ident;
use crate::emit::operator::Named;
use crate::emit::origin::one_line;
use crate::emit::scalar::{Scope, Value};
use crate::emit::vocabulary::Imports;
use crate::emit::{operator, uses_ident};
use crate::plan::WindowProperty;
use crate::stream::{Destination, OperatorId, StatefulKind, Time};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

impl File<'_> {
    /// `run`, `tick`, and per operator its `receive` and what follows it.
    pub(super) fn stateful_methods(&self, job: &NamedJob<'_>, merges: &[Merge], imports: &Imports) -> TokenStream {
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
        let visit_type = imports.item("checkpoint::Visit");
        let (last_field, other_fields) = fields.split_last().expect("a stateful job has operators");
        quote! {
            /// What the job remembers, upstream first.
            pub fn stateful(&mut self, visit: &mut #visit_type<'_>) -> #result<()> {
                #(visit(&mut self.#other_fields)?;)*
                visit(&mut self.#last_field)
            }

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
    pub(super) fn run_method(
        &self,
        job: &NamedJob<'_>,
        id: OperatorId,
        merges: &[Merge],
        imports: &Imports,
    ) -> TokenStream {
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
                **name == field || uses_ident(&body, &word) || uses_ident(&advances, &word)
            })
            .collect();
        let rest = (used.len() < all.len()).then(|| quote!(, ..));
        let context = if uses_ident(&body, "context") { quote!(context) } else { quote!(_) };
        let item = if uses_ident(&body, &item.to_string()) { quote!(#item) } else { quote!(_) };
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
    pub(super) fn result_scope<'s>(
        &'s self,
        job: &NamedJob<'_>,
        operator: &Named<'_>,
        imports: &'s Imports,
    ) -> Scope<'s> {
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
}
