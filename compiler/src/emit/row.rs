//! Rust types for SQL types, and the fields of generated structs.

use super::name::{self, Names};
use super::vocabulary::Imports;
use crate::types::{Family, Kind, Type};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// How long a value lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    /// Texts and bytes borrow from a chunk: `&'a str`.
    Borrowed,
    /// State owns them: `Text`.
    Owned,
}

/// The Rust type of a kind, without NULL. ROW types are structs that the table's file defines; `row` names them.
pub fn rust_type(kind: &Kind, storage: Storage, imports: &Imports, row: &dyn Fn(&Kind) -> TokenStream) -> TokenStream {
    let borrowed = storage == Storage::Borrowed;
    match kind {
        Kind::Null => quote!(()),
        Kind::Boolean => quote!(bool),
        Kind::TinyInt => quote!(i8),
        Kind::SmallInt => quote!(i16),
        Kind::Int => quote!(i32),
        Kind::BigInt => quote!(i64),
        Kind::Float => quote!(f32),
        Kind::Double => quote!(f64),
        Kind::Decimal { .. } => imports.item("value::Decimal"),
        Kind::Char(_) | Kind::VarChar(_) => {
            if borrowed {
                quote!(&'a str)
            } else {
                imports.item("value::Text")
            }
        }
        Kind::Binary(_) | Kind::VarBinary(_) => {
            if borrowed {
                quote!(&'a [u8])
            } else {
                imports.item("value::Bytes")
            }
        }
        Kind::Date => imports.item("value::Date"),
        Kind::Time(_) => imports.item("value::Time"),
        Kind::Timestamp(_) | Kind::TimestampLtz(_) => imports.item("value::Timestamp"),
        Kind::YearMonthInterval => imports.item("value::Months"),
        Kind::DayTimeInterval => imports.item("value::Millis"),
        Kind::Array(element) | Kind::Multiset(element) => {
            let element = rust_type(&element.kind, storage, imports, row);
            quote!(&'a [Option<#element>])
        }
        Kind::Map(key, value) => {
            let key = rust_type(&key.kind, storage, imports, row);
            let value = rust_type(&value.kind, storage, imports, row);
            quote!(&'a [(#key, Option<#value>)])
        }
        Kind::Row(_) => row(kind),
    }
}

/// `Option<T>` where NULL is possible.
pub fn optional(ty: TokenStream, nullable: bool) -> TokenStream {
    if nullable { quote!(Option<#ty>) } else { ty }
}

/// Whether values of the kind borrow when they are not owned.
pub fn borrows(kind: &Kind) -> bool {
    match kind.family() {
        Family::Character | Family::Binary | Family::Array | Family::Map | Family::Multiset => true,
        Family::Row => match kind {
            Kind::Row(fields) => fields.iter().any(|field| borrows(&field.ty.kind)),
            _ => false,
        },
        _ => false,
    }
}

/// Distinct field names for columns, in order.
pub fn field_names<'n>(columns: impl Iterator<Item = &'n str>) -> Vec<String> {
    let mut names = Names::default();
    columns.map(|column| names.unique(&name::snake(column))).collect()
}

/// One field of a generated struct.
#[derive(Clone, Debug)]
pub struct Field {
    pub ident: Ident,
    pub ty: Type,
    /// The comment above it, if there is one.
    pub doc: Option<String>,
}

impl Field {
    pub fn new(name: &str, ty: Type) -> Self {
        Field { ident: name::ident(name), ty, doc: None }
    }

    pub fn name(&self) -> String {
        self.ident.to_string().trim_start_matches("r#").to_owned()
    }

    /// `pub status: Option<&'a str>,`
    pub fn declaration(&self, storage: Storage, imports: &Imports, row: &dyn Fn(&Kind) -> TokenStream) -> TokenStream {
        let ident = &self.ident;
        let ty = optional(rust_type(&self.ty.kind, storage, imports, row), self.ty.nullable);
        let doc = self.doc.iter().map(|doc| format!(" {doc}"));
        quote!(#(#[doc = #doc])* pub #ident: #ty)
    }
}

/// `<'a>` if one of the types borrows.
pub fn lifetime<'t>(types: impl IntoIterator<Item = &'t Type>) -> Option<TokenStream> {
    types.into_iter().any(|ty| borrows(&ty.kind)).then(|| quote!(<'a>))
}

/// `<'_>` if one of the types borrows.
pub fn anonymous_lifetime<'t>(types: impl IntoIterator<Item = &'t Type>) -> Option<TokenStream> {
    types.into_iter().any(|ty| borrows(&ty.kind)).then(|| quote!(<'_>))
}
