//! Keys: one struct that is borrowed from a row while state is looked up and owned once it is kept.

use super::Named;
use super::aggregation::codec;
use crate::emit::name::{camel, ident};
use crate::emit::row::{self, Field, Storage};
use crate::emit::vocabulary::Imports;
use crate::types::{Family, Kind};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The key of an operator, spelled in all the ways that `Aggregation` asks for.
pub struct Key {
    /// The struct; nothing if there are no keys.
    pub definition: TokenStream,
    pub borrowed: TokenStream,
    pub owned: TokenStream,
    /// The body of `key`.
    pub of_input: TokenStream,
    pub matches: TokenStream,
    pub own: TokenStream,
}

pub fn key(operator: &Named<'_>, imports: &Imports) -> Key {
    let fields: Vec<&Field> = operator.operator.keys.iter().map(|id| operator.input_field(*id)).collect();
    if fields.is_empty() {
        return Key {
            definition: TokenStream::new(),
            borrowed: quote!(()),
            owned: quote!(()),
            of_input: TokenStream::new(),
            matches: quote!(true),
            own: TokenStream::new(),
        };
    }
    let name = ident(&operator.key_name());
    let has = |family: Family| fields.iter().any(|field| field.ty.kind.family() == family);
    let (text, bytes) = (has(Family::Character), has(Family::Binary));
    let parameters: Vec<Ident> =
        [(text, "Text"), (bytes, "Bytes")].iter().filter(|(used, _)| *used).map(|(_, name)| ident(name)).collect();
    let generics = (!parameters.is_empty()).then(|| quote!(<#(#parameters),*>));
    let arguments = |borrowed: bool| {
        let mut types = Vec::new();
        if text {
            types.push(if borrowed { quote!(&'a str) } else { imports.item("value::Text") });
        }
        if bytes {
            types.push(if borrowed { quote!(&'a [u8]) } else { imports.item("value::Bytes") });
        }
        (!types.is_empty()).then(|| quote!(<#(#types),*>))
    };
    let (borrowed, owned) = (arguments(true), arguments(false));
    let declarations = fields.iter().map(|field| {
        let ident = &field.ident;
        let ty = row::optional(stored_type(&field.ty.kind, imports), field.ty.nullable);
        quote!(pub #ident: #ty)
    });
    let columns: Vec<String> = fields.iter().map(|field| field.name()).collect();
    let doc = format!(" The key of {}: {}.", operator.type_name, columns.join(", "));
    let of_input = fields.iter().map(|field| {
        let ident = &field.ident;
        let value = match (field.ty.kind.family(), field.ty.nullable) {
            (Family::Approximate, true) => {
                let stored = stored_type(&field.ty.kind, imports);
                quote!(input.#ident.map(#stored::from))
            }
            (Family::Approximate, false) => quote!(input.#ident.into()),
            _ => quote!(input.#ident),
        };
        quote!(#ident: #value)
    });
    let matches = fields.iter().map(|field| {
        let ident = &field.ident;
        let kept = kept(field, &quote!(key));
        match field.ty.kind.family() {
            Family::Approximate => quote!(key.#ident == borrowed.#ident),
            _ => quote!(#kept == borrowed.#ident),
        }
    });
    let own = fields.iter().map(|field| {
        let ident = &field.ident;
        let owner = match field.ty.kind.family() {
            Family::Character => Some(imports.item("value::Text")),
            Family::Binary => Some(imports.item("value::Bytes")),
            _ => None,
        };
        let owned = match (owner, field.ty.nullable) {
            (Some(owner), true) => quote!(borrowed.#ident.map(#owner::from)),
            (Some(owner), false) => quote!(#owner::from(borrowed.#ident)),
            (None, _) => quote!(borrowed.#ident),
        };
        quote!(#ident: #owned)
    });
    let idents: Vec<&Ident> = fields.iter().map(|field| &field.ident).collect();
    let codec = codec(&quote!(#name #generics), &parameters, &idents, text || bytes, imports);
    Key {
        definition: quote! {
            #[doc = #doc]
            #[derive(Debug, Hash)]
            pub struct #name #generics { #(#declarations),* }

            #codec
        },
        borrowed: quote!(#name #borrowed),
        owned: quote!(#name #owned),
        of_input: quote!(#name { #(#of_input),* }),
        matches: quote!(#(#matches)&&*),
        own: quote!(#name { #(#own),* }),
    }
}

/// A field of a kept key as the row's value: `key.status.as_deref()`.
pub fn kept(field: &Field, key: &TokenStream) -> TokenStream {
    let ident = &field.ident;
    match (field.ty.kind.family(), field.ty.nullable) {
        (Family::Character | Family::Binary, true) => quote!(#key.#ident.as_deref()),
        (Family::Character | Family::Binary, false) => quote!(&*#key.#ident),
        (Family::Approximate, true) => quote!(#key.#ident.map(|key| key.value())),
        (Family::Approximate, false) => quote!(#key.#ident.value()),
        _ => quote!(#key.#ident),
    }
}

/// Floats are kept in a form that has a hash; Flink too compares keys by their bytes.
fn stored_type(kind: &Kind, imports: &Imports) -> TokenStream {
    match kind {
        Kind::Float => imports.item("state::FloatKey"),
        Kind::Double => imports.item("state::DoubleKey"),
        Kind::Char(_) | Kind::VarChar(_) => quote!(Text),
        Kind::Binary(_) | Kind::VarBinary(_) => quote!(Bytes),
        _ => row::rust_type(kind, Storage::Owned, imports, &|kind| {
            ident(&camel(&kind.to_string())).to_string().parse().expect("a name")
        }),
    }
}
