//! Literals as Rust constants.

use super::Value;
use crate::emit::vocabulary::Imports;
use crate::plan::Literal;
use crate::types::{Kind, Type};
use proc_macro2::{Literal as Token, TokenStream};
use quote::quote;

/// A literal of SQL in the Rust type of `ty`. Numbers carry no suffix: the place where they stand decides.
pub fn literal(literal: &Literal, ty: &Type, imports: &Imports) -> Value {
    let tokens = match literal {
        Literal::Null => return Value { tokens: quote!(None), nullable: true, fails: false, name: None },
        Literal::Boolean(value) => quote!(#value),
        Literal::Integer(value) => match ty.kind {
            Kind::TinyInt => signed(i128::from(*value), "i8"),
            Kind::SmallInt => signed(i128::from(*value), "i16"),
            Kind::Int => signed(i128::from(*value), "i32"),
            _ => signed(i128::from(*value), "i64"),
        },
        Literal::Double(value) => double(*value, &ty.kind),
        Literal::Decimal(value) => {
            let decimal = imports.item("value::Decimal");
            let value = signed(*value, "");
            quote!(#decimal(#value))
        }
        Literal::Text(text) => quote!(#text),
        Literal::Bytes(bytes) => {
            let bytes = Token::byte_string(bytes);
            quote!(&#bytes[..])
        }
        Literal::Date(days) => newtype("Date", i128::from(*days), imports),
        Literal::Time(millis) => newtype("Time", i128::from(*millis), imports),
        Literal::Timestamp(micros) => newtype("Timestamp", i128::from(*micros), imports),
        Literal::Months(months) => newtype("Months", i128::from(*months), imports),
        Literal::Millis(millis) => newtype("Millis", i128::from(*millis), imports),
        Literal::Unit(keyword) => unit(keyword, imports),
    };
    Value::plain(tokens)
}

/// A time unit by its keyword.
pub fn unit(keyword: &str, imports: &Imports) -> TokenStream {
    let unit = imports.function("function::time::Unit");
    let variant = crate::function::unit(keyword).unwrap_or_else(|| panic!("`{keyword}` is no time unit"));
    let variant = proc_macro2::Ident::new(variant, proc_macro2::Span::call_site());
    quote!(#unit::#variant)
}

fn newtype(name: &str, value: i128, imports: &Imports) -> TokenStream {
    let name = imports.item(&format!("value::{name}"));
    let value = signed(value, "");
    quote!(#name(#value))
}

/// An integer with underscores between thousands where it is long, and its sign outside the token.
fn signed(value: i128, suffix: &str) -> TokenStream {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && digits.len() > 4 && (digits.len() - i).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    // The smallest values have no positive counterpart, so sign and suffix must be one literal.
    let sign = if value < 0 { "-" } else { "" };
    let text = if suffix.is_empty() { text } else { format!("{text}_{suffix}") };
    format!("{sign}{text}").parse().expect("digits are a token")
}

fn double(value: f64, kind: &Kind) -> TokenStream {
    let name = if *kind == Kind::Float { "f32" } else { "f64" };
    if value.is_nan() {
        return format!("{name}::NAN").parse().expect("a path");
    }
    if value.is_infinite() {
        let constant = if value > 0.0 { "INFINITY" } else { "NEG_INFINITY" };
        return format!("{name}::{constant}").parse().expect("a path");
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let magnitude = value.abs();
    let mut text = if *kind == Kind::Float { format!("{:?}", magnitude as f32) } else { format!("{magnitude:?}") };
    if !text.contains(['.', 'e']) {
        text.push_str(".0");
    }
    format!("{sign}{text}_{name}").parse().expect("a number")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(value: Literal, kind: Kind) -> String {
        literal(&value, &kind.not_null(), &Imports::default()).tokens.to_string().replace(' ', "")
    }

    #[test]
    fn literals_are_rust() {
        assert_eq!(printed(Literal::Integer(60000), Kind::Int), "60_000_i32");
        assert_eq!(printed(Literal::Integer(i64::MIN), Kind::BigInt), "-9_223_372_036_854_775_808_i64");
        assert_eq!(printed(Literal::Double(100.0), Kind::Double), "100.0_f64");
        assert_eq!(printed(Literal::Double(1e30), Kind::Double), "1e30_f64");
        assert_eq!(printed(Literal::Text("it's".into()), Kind::STRING), "\"it's\"");
        assert_eq!(printed(Literal::Decimal(-15), Kind::Decimal { precision: 2, scale: 1 }), "Decimal(-15)");
    }
}
