//! GROUP BY: the input, key and accumulator structs of an aggregation and its `impl Aggregation`.

use super::Named;
use super::key;
use super::late::late;
use crate::emit::name::ident;
use crate::emit::origin::{Origins, one_line};
use crate::emit::row::{self, Field, Storage};
use crate::emit::vocabulary::Imports;
use crate::plan::{Aggregate, AggregateCall, ColumnId};
use crate::stream::{Changelog, Job, StatefulKind, Time};
use crate::types::{Family, Kind, Type};
use proc_macro2::{Ident, Literal, TokenStream};
use quote::quote;

/// Everything that the operator's marker type stands for. `shows_late` if somebody wants the rows that come too late.
pub fn definition(
    job: &Job,
    operator: &Named<'_>,
    shows_late: bool,
    imports: &Imports,
    origins: &Origins<'_>,
) -> TokenStream {
    let marker = ident(&operator.type_name);
    let doc = format!(" {}", origins.comment(operator.operator.span));
    let input = input(operator, imports);
    let key = key::key(operator, imports);
    let totals = totals(job, operator, imports);
    let group = match operator.operator.kind {
        StatefulKind::Group { .. } => group_output(job, operator, imports),
        StatefulKind::Window { .. } => TokenStream::new(),
    };
    let late = shows_late.then(|| late(job, operator, imports));
    let (late, show) = late.map(|late| (late.definition, late.show)).unzip();
    let aggregation = aggregation(operator, &key, show.as_ref(), imports);
    let key_definition = &key.definition;
    quote! {
        #[doc = #doc]
        pub struct #marker;
        #input
        #late
        #key_definition
        #totals
        #aggregation
        #group
    }
}

/// `HopByStatusInput` with its codec.
fn input(operator: &Named<'_>, imports: &Imports) -> TokenStream {
    let name = ident(&operator.input_name());
    let fields: Vec<&Field> = operator.input.iter().map(|(_, field)| field).collect();
    let doc = format!(" What {} reads of a row.", operator.type_name);
    row_struct(&name, &doc, &fields, false, imports)
}

/// `impl Codec`: the fields one after the other. `parameters` are the types of columns, where the name has any.
pub(super) fn codec(
    name: &TokenStream,
    parameters: &[Ident],
    fields: &[&Ident],
    borrows: bool,
    imports: &Imports,
) -> TokenStream {
    let codec = imports.item("row::Codec");
    let (generic, lifetime, bytes) = if borrows {
        (Some(quote!(<'a #(, #parameters: #codec<'a>)*>)), quote!('a), quote!(&'a))
    } else {
        (None, quote!('_), quote!(&))
    };
    let constructor: TokenStream = name.clone().into_iter().take(1).collect();
    if fields.is_empty() {
        return quote! {
            impl #generic #codec<#lifetime> for #name {
                fn encode(&self, _: &mut Vec<u8>) {}

                fn decode(_: &mut #bytes [u8]) -> Self {
                    #constructor
                }
            }
        };
    }
    quote! {
        impl #generic #codec<#lifetime> for #name {
            fn encode(&self, out: &mut Vec<u8>) {
                #(self.#fields.encode(out);)*
            }

            fn decode(bytes: &mut #bytes [u8]) -> Self {
                #constructor { #(#fields: #codec::decode(bytes)),* }
            }
        }
    }
}

/// A struct of borrowed values that can cross threads.
fn row_struct(name: &Ident, doc: &str, fields: &[&Field], compared: bool, imports: &Imports) -> TokenStream {
    let lifetime = row::lifetime(fields.iter().map(|field| &field.ty));
    let declarations = fields.iter().map(|field| field.declaration(Storage::Borrowed, imports, &no_rows));
    let idents: Vec<&Ident> = fields.iter().map(|field| &field.ident).collect();
    let compared = compared.then(|| quote!(, PartialEq));
    let codec = codec(&quote!(#name #lifetime), &[], &idents, true, imports);
    let fields = if idents.is_empty() { quote!(;) } else { quote!({ #(#declarations),* }) };
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug #compared)]
        pub struct #name #lifetime #fields

        #codec
    }
}

/// `HopByStatusTotals`: one accumulator per call.
fn totals(job: &Job, operator: &Named<'_>, imports: &Imports) -> TokenStream {
    let name = ident(&operator.totals_name());
    let retracting = operator.operator.changelog != Changelog::InsertOnly;
    let calls = operator.operator.calls.iter().zip(&operator.calls);
    let fields = calls.map(|((_, call), field)| {
        let field = ident(field);
        let ty = accumulator(job, call, retracting, imports);
        let doc = format!(" {}", one_line(&describe(job, call)));
        quote!(#[doc = #doc] pub #field: #ty)
    });
    let rows = retracting.then(|| {
        let count = imports.item("operator::accumulator::Count");
        quote!(#[doc = " Rows that were not taken back."] pub rows: #count)
    });
    let doc = format!(" What {} keeps per key{}.", operator.type_name, per_window(operator));
    let names: Vec<Ident> =
        operator.calls.iter().map(String::as_str).chain(retracting.then_some("rows")).map(ident).collect();
    let body = if names.is_empty() { quote!(;) } else { quote!({ #(#fields,)* #rows }) };
    let codec = codec(&quote!(#name), &[], &names.iter().collect::<Vec<_>>(), false, imports);
    quote! {
        #[doc = #doc]
        #[derive(Debug, Default)]
        pub struct #name #body

        #codec
    }
}

fn per_window(operator: &Named<'_>) -> &'static str {
    match operator.operator.kind {
        StatefulKind::Window { .. } => " and window",
        StatefulKind::Group { .. } => "",
    }
}

/// `COUNT(DISTINCT status)`.
fn describe(job: &Job, call: &AggregateCall) -> String {
    let argument = match call.argument {
        Some(id) => job.column(id).name.clone(),
        None => "*".to_owned(),
    };
    let distinct = if call.distinct { "DISTINCT " } else { "" };
    let filter = if call.filter.is_some() { " FILTER (...)" } else { "" };
    format!("{}({distinct}{argument}){filter}", call.function)
}

fn accumulator(job: &Job, call: &AggregateCall, retracting: bool, imports: &Imports) -> TokenStream {
    let item = |name: &str| imports.item(&format!("operator::accumulator::{name}"));
    let Some(argument) = call.argument else { return item("Count") };
    let kind = &job.column(argument).ty.kind;
    let value = || row::rust_type(kind, Storage::Owned, imports, &no_rows);
    let inner = match (call.function, kind) {
        (Aggregate::Count, _) => item("Count"),
        (Aggregate::Avg, Kind::Decimal { scale, .. }) => {
            let (avg, scale) = (item("DecimalAvg"), Literal::u8_unsuffixed(*scale));
            quote!(#avg<#scale>)
        }
        (function, _) => {
            let name = match (function, retracting) {
                (Aggregate::Avg, _) => "Avg",
                (Aggregate::Sum, false) => "Sum",
                (Aggregate::Sum, true) => "RetractableSum",
                (Aggregate::Min, false) => "Min",
                (Aggregate::Min, true) => "RetractableMin",
                (Aggregate::Max, false) => "Max",
                _ => "RetractableMax",
            };
            let (name, value) = (item(name), value());
            quote!(#name<#value>)
        }
    };
    if call.distinct {
        let (distinct, value) = (item("Distinct"), value());
        quote!(#distinct<#value, #inner>)
    } else {
        inner
    }
}

fn aggregation(operator: &Named<'_>, key: &key::Key, show: Option<&TokenStream>, imports: &Imports) -> TokenStream {
    let aggregation = imports.item("operator::Aggregation");
    let result = imports.item("error::Result");
    let marker = ident(&operator.type_name);
    let input = ident(&operator.input_name());
    let totals = ident(&operator.totals_name());
    let types: Vec<&Type> = operator.input.iter().map(|(_, field)| &field.ty).collect();
    let generic = row::lifetime(types.iter().copied());
    let anonymous = row::anonymous_lifetime(types.iter().copied());
    let key_types: Vec<&Type> = operator.operator.keys.iter().map(|id| &operator.input_field(*id).ty).collect();
    let (borrowed, owned) = (&key.borrowed, &key.owned);
    let (of_input, matches, own) = (&key.of_input, &key.matches, &key.own);
    // The names of arguments that a body does not read.
    let keyless = key_types.is_empty();
    let (input_argument, key_argument, borrowed_argument) =
        if keyless { (quote!(_), quote!(_), quote!(_)) } else { (quote!(input), quote!(key), quote!(borrowed)) };
    let time = match operator.operator.kind {
        StatefulKind::Window { time: Time::Event(time), .. } => {
            let timestamp = imports.item("value::Timestamp");
            let field = &operator.input_field(time).ident;
            Some(quote! {
                fn time(input: &#input #anonymous) -> #timestamp {
                    input.#field
                }
            })
        }
        _ => None,
    };
    let retracting = operator.operator.changelog != Changelog::InsertOnly;
    let two_phase = operator.operator.two_phase.then(|| quote! { const TWO_PHASE: bool = true; });
    let additions = updates(operator, false, retracting);
    let accumulate = method(&quote!(accumulate), &totals, &quote!(#input #anonymous), additions, &result);
    let retract = retracting.then(|| {
        let retract =
            method(&quote!(retract), &totals, &quote!(#input #anonymous), updates(operator, true, true), &result);
        quote! {
            #retract

            fn is_empty(accumulator: &#totals) -> bool {
                accumulator.rows.is_zero()
            }
        }
    });
    let merge = match operator.operator.kind {
        StatefulKind::Group { .. } if !operator.operator.two_phase => None,
        _ => {
            let fields: Vec<Ident> = operator.calls.iter().map(|name| ident(name)).collect();
            Some(if fields.is_empty() {
                quote! {
                    fn merge(_: &mut #totals, _: &#totals) -> #result<()> {
                        Ok(())
                    }
                }
            } else {
                quote! {
                    fn merge(accumulator: &mut #totals, other: &#totals) -> #result<()> {
                        #(accumulator.#fields.merge(&other.#fields);)*
                        Ok(())
                    }
                }
            })
        }
    };
    quote! {
        impl #aggregation for #marker {
            type Input<'a> = #input #generic;
            type KeyRef<'a> = #borrowed;
            type Key = #owned;
            type Accumulator = #totals;

            #two_phase

            fn key<'r, 'a>(#input_argument: &'r Self::Input<'a>) -> Self::KeyRef<'r> {
                #of_input
            }

            fn matches(#key_argument: &Self::Key, #borrowed_argument: &Self::KeyRef<'_>) -> bool {
                #matches
            }

            fn own(#borrowed_argument: &Self::KeyRef<'_>) -> Self::Key {
                #own
            }

            #time
            #show
            #accumulate
            #retract
            #merge
        }
    }
}

/// `accumulate` or `retract`.
fn method(
    name: &TokenStream,
    totals: &Ident,
    input: &TokenStream,
    (body, reads_input): (TokenStream, bool),
    result: &TokenStream,
) -> TokenStream {
    let (accumulator, row) =
        if body.is_empty() { (quote!(_), quote!(_)) } else { (quote!(accumulator), quote!(input)) };
    let row = if reads_input { row } else { quote!(_) };
    quote! {
        fn #name(#accumulator: &mut #totals, #row: &#input) -> #result<()> {
            #body
            Ok(())
        }
    }
}

/// The calls of `add` or `subtract`, and whether they read the input.
fn updates(operator: &Named<'_>, take_back: bool, retracting: bool) -> (TokenStream, bool) {
    let mut body = TokenStream::new();
    let mut reads_input = false;
    for ((_, call), field) in operator.operator.calls.iter().zip(&operator.calls) {
        let field = ident(field);
        let (row, value) = if take_back { ("subtract_row", "subtract") } else { ("add_row", "add") };
        let update = match call.argument.map(|id| operator.input_field(id)) {
            // Counting a value that is never NULL is counting rows.
            Some(argument) if call.function == Aggregate::Count && !call.distinct && !argument.ty.nullable => {
                let row = ident(row);
                quote!(accumulator.#field.#row();)
            }
            None => {
                let row = ident(row);
                quote!(accumulator.#field.#row();)
            }
            Some(argument) => {
                reads_input = true;
                let (value, argument) = (ident(value), &argument.ident);
                quote!(accumulator.#field.#value(input.#argument);)
            }
        };
        body.extend(match call.filter.map(|id| operator.input_field(id)) {
            Some(filter) => {
                reads_input = true;
                let ident = &filter.ident;
                let condition =
                    if filter.ty.nullable { quote!(input.#ident == Some(true)) } else { quote!(input.#ident) };
                quote!(if #condition { #update })
            }
            None => update,
        });
    }
    if retracting {
        body.extend(if take_back {
            quote!(accumulator.rows.subtract_row();)
        } else {
            quote!(accumulator.rows.add_row();)
        });
    }
    (body, reads_input)
}

/// The columns of a group's result: keys, then calls.
pub fn group_fields(job: &Job, operator: &Named<'_>) -> Vec<(ColumnId, Field)> {
    let columns = operator.operator.keys.iter().copied().chain(operator.operator.calls.iter().map(|(id, _)| *id));
    let ids: Vec<ColumnId> = columns.collect();
    let names: Vec<String> = operator
        .operator
        .keys
        .iter()
        .map(|id| operator.input_field(*id).name())
        .chain(operator.calls.iter().cloned())
        .collect();
    let names = row::field_names(names.iter().map(String::as_str));
    ids.into_iter().zip(names).map(|(id, name)| (id, Field::new(&name, job.column(id).ty.clone()))).collect()
}

/// `CountByStatusResult` and how it is made.
fn group_output(job: &Job, operator: &Named<'_>, imports: &Imports) -> TokenStream {
    let trait_name = imports.item("operator::group::GroupOutput");
    let result = imports.item("error::Result");
    let marker = ident(&operator.type_name);
    let totals = ident(&operator.totals_name());
    let name = ident(&operator.result_name());
    let fields = group_fields(job, operator);
    let declared: Vec<&Field> = fields.iter().map(|(_, field)| field).collect();
    let doc = format!(" A result of {}.", operator.type_name);
    let definition = row_struct(&name, &doc, &declared, true, imports);
    let lifetime = row::lifetime(declared.iter().map(|field| &field.ty)).map(|_| quote!(<'r>));
    let keys = operator.operator.keys.len();
    let values = fields.iter().enumerate().map(|(i, (_, field))| {
        let ident = &field.ident;
        let value = if i < keys {
            key::kept(operator.input_field(operator.operator.keys[i]), &quote!(key))
        } else {
            accumulated(
                &operator.operator.calls[i - keys].1,
                &operator.calls[i - keys],
                field.ty.nullable,
                &quote!(accumulator),
            )
        };
        quote!(#ident: #value)
    });
    let construction = if fields.is_empty() { quote!(#name) } else { quote!(#name { #(#values),* }) };
    let key_argument = if keys == 0 { quote!(_) } else { quote!(key) };
    let totals_argument = if operator.calls.is_empty() { quote!(_) } else { quote!(accumulator) };
    quote! {
        #definition

        impl #trait_name for #marker {
            type Output<'r> = #name #lifetime;

            fn output<'r>(#key_argument: &'r Self::Key, #totals_argument: &'r #totals) -> #result<Self::Output<'r>> {
                Ok(#construction)
            }
        }
    }
}

/// The value of a call: `accumulator.num.value()`.
pub fn accumulated(call: &AggregateCall, field: &str, nullable: bool, accumulator: &TokenStream) -> TokenStream {
    let field = ident(field);
    if nullable || call.function == Aggregate::Count {
        return quote!(#accumulator.#field.value());
    }
    // A group has at least one row, and the argument is never NULL.
    quote!(#accumulator.#field.value().unwrap_or_default())
}

/// Operators keep no ROW values: `bind` and `lower` refuse them as keys and arguments.
fn no_rows(kind: &Kind) -> TokenStream {
    debug_assert!(kind.family() != Family::Row);
    quote!(())
}
