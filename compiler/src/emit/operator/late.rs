//! How an operator shows the rows that come too late for its windows, where a table asks for them.

use super::Named;
use crate::emit::codec::{Format, Standard};
use crate::emit::name::ident;
use crate::emit::row;
use crate::emit::table;
use crate::emit::vocabulary::Imports;
use crate::stream::Job;
use crate::types::Type;
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// `impl json::Encode for HopByStatusInput`, and `show` of its `impl Aggregation`.
pub(super) struct Late {
    pub definition: TokenStream,
    pub show: TokenStream,
}

pub(super) fn late(job: &Job, operator: &Named<'_>, imports: &Imports) -> Late {
    let name = ident(&operator.input_name());
    let types: Vec<&Type> = operator.input.iter().map(|(_, field)| &field.ty).collect();
    let anonymous = row::anonymous_lifetime(types.iter().copied());
    let columns: Vec<(String, Ident, Type)> = operator
        .input
        .iter()
        .map(|(id, field)| {
            let name = match job.column(*id).name.as_str() {
                "argument" => field.name(),
                given => given.to_owned(),
            };
            (name, field.ident.clone(), field.ty.clone())
        })
        .collect();
    let encoder = imports.function("format::json::Encoder");
    Late {
        definition: table::encode(&name, anonymous.as_ref(), &columns, Format::Json(Standard::Sql), imports),
        show: quote! {
            fn show(input: &#name #anonymous, out: &mut Vec<u8>) {
                #encoder::default().write(input, out);
            }
        },
    }
}
