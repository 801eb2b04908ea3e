//! Calls of registered functions, and reading inside ROW, ARRAY and MAP values.

use super::arithmetic::number;
use super::{Outcome, Scope, Value};
use crate::function::{Extra, RustCall};
use crate::plan::Scalar;
use crate::types::{Kind, Type};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

impl Scope<'_> {
    pub(super) fn call(&self, call: &RustCall, arguments: &[Scalar], scalar: &Scalar) -> Value {
        let function = self.imports.function(&format!("function::{}", call.path));
        let types: Vec<&Type> = arguments.iter().map(|argument| &argument.ty).collect();
        let extras = |extras: &[Extra]| -> Vec<TokenStream> {
            extras.iter().map(|extra| self.extra(*extra, &types, &scalar.ty)).collect()
        };
        let (before, after) = (extras(call.before), extras(call.after));
        let outcome = Outcome { fails: call.fails, optional: call.optional };
        let assemble = |values: &[TokenStream]| {
            let (single, rest) = values.split_at(call.slice.unwrap_or(values.len()));
            let slice = call.slice.map(|_| quote!(&[#(#rest),*]));
            let all = before.iter().chain(single).chain(&slice).chain(&after);
            quote!(#function(#(#all),*))
        };
        let values: Vec<Value> = arguments.iter().map(|argument| self.value(argument)).collect();
        if !call.sees_null {
            return self.lift(values, outcome, scalar.span, assemble);
        }
        let fails = values.iter().any(|value| value.fails);
        let values: Vec<Value> =
            values.into_iter().map(|value| Value { fails, ..Value::plain(value.into_option()) }).collect();
        self.lift(values, outcome, scalar.span, assemble)
    }

    fn extra(&self, extra: Extra, arguments: &[&Type], result: &Type) -> TokenStream {
        let context = &self.context;
        let decimal = |i: usize| arguments.get(i).and_then(|ty| ty.kind.as_decimal()).unwrap_or((0, 0));
        match extra {
            Extra::Arena => quote!(#context.arena),
            Extra::Zone => quote!(#context.zone),
            Extra::Now => quote!(#context.now),
            Extra::Scale(i) => {
                let scale = number(decimal(i).1);
                quote!(#scale)
            }
            Extra::Precision(i) => {
                let precision = number(decimal(i).0);
                quote!(#precision)
            }
            Extra::ResultDecimal => {
                let (precision, scale) = result.kind.as_decimal().unwrap_or((38, 0));
                let (precision, scale) = (number(precision), number(scale));
                quote!(#precision, #scale)
            }
            Extra::ResultLength => {
                let length = match result.kind {
                    Kind::Char(length) | Kind::VarChar(length) => length,
                    _ => crate::types::MAX_LENGTH,
                };
                let length = Literal::u32_unsuffixed(length);
                quote!(#length)
            }
            Extra::Unit(keyword) => super::literal::unit(keyword, self.imports),
        }
    }

    /// `operand.field`: NULL if either is.
    pub(super) fn field(&self, operand: &Scalar, index: usize) -> Value {
        let Kind::Row(fields) = &operand.ty.kind else {
            panic!("a field is taken of {}, which is no ROW", operand.ty);
        };
        let name = crate::emit::row::field_names(fields.iter().map(|field| field.name.as_str()))[index].clone();
        let ident = crate::emit::name::ident(&name);
        let value = self.value(operand);
        let tokens = &value.tokens;
        // A record may lack any field of a ROW, so that all of them are `Option`s whatever the type says.
        let tokens = if value.nullable { quote!(#tokens.and_then(|row| row.#ident)) } else { quote!(#tokens.#ident) };
        Value { tokens, nullable: true, fails: value.fails, name: Some(name) }
    }

    /// `array[i]` from 1, `map[key]`: NULL if there is no such element.
    pub(super) fn element(&self, operand: &Scalar, index: &Scalar, scalar: &Scalar) -> Value {
        let name = if matches!(operand.ty.kind, Kind::Map(..)) { "map_get" } else { "array_get" };
        let function = self.imports.function(&format!("function::collection::{name}"));
        let arguments = vec![self.value(operand), self.value(index)];
        self.lift(arguments, Outcome::OPTIONAL, scalar.span, |a| {
            let (a, b) = (&a[0], &a[1]);
            quote!(#function(#a, #b))
        })
    }
}
