//! CAST, TRY_CAST and the checked narrowing of INSERT: which conversion of the runtime each pair of types takes.

use super::arithmetic::number;
use super::{Outcome, Scope, Value};
use crate::plan::{CastMode, Scalar};
use crate::text::Span;
use crate::types::{Family, Kind, MAX_LENGTH, Type};
use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// One conversion of values that are not NULL.
struct Conversion {
    outcome: Outcome,
    make: Box<dyn FnOnce(&TokenStream) -> TokenStream>,
}

impl Conversion {
    fn plain(make: impl FnOnce(&TokenStream) -> TokenStream + 'static) -> Self {
        Conversion { outcome: Outcome::PLAIN, make: Box::new(make) }
    }

    fn of(outcome: Outcome, make: impl FnOnce(&TokenStream) -> TokenStream + 'static) -> Self {
        Conversion { outcome, make: Box::new(make) }
    }
}

impl Scope<'_> {
    pub(super) fn cast(&self, operand: &Scalar, to: &Type, mode: CastMode, span: Span) -> Value {
        let from = operand.ty.kind.clone();
        let value = self.value(operand);
        if from == Kind::Null {
            return Value { tokens: quote!(None), nullable: true, fails: false, name: None };
        }
        match self.conversion(&from, &to.kind, mode) {
            None => value,
            Some(Conversion { outcome, make }) if mode == CastMode::TryCast && outcome.fails => {
                let optional = outcome.optional;
                self.lift(vec![value], Outcome::OPTIONAL, span, |a| {
                    let call = make(&a[0]);
                    if optional { quote!(#call.ok().flatten()) } else { quote!(#call.ok()) }
                })
            }
            Some(Conversion { outcome, make }) => self.lift(vec![value], outcome, span, |a| make(&a[0])),
        }
    }

    /// `None` where the value stays as it is.
    fn conversion(&self, from: &Kind, to: &Kind, mode: CastMode) -> Option<Conversion> {
        use Family::*;
        if from == to {
            return None;
        }
        match (from.family(), to.family()) {
            (_, Character) => self.write_text(from, to),
            (Character, _) => Some(self.read_text(to)),
            (Integer, Integer) => integer_to_integer(from, to, mode, self),
            (Integer, Approximate) => {
                let ty = float(to);
                Some(Conversion::plain(move |a| quote!((#a as #ty))))
            }
            (Approximate, Approximate) if *to == Kind::Double => Some(Conversion::plain(|a| quote!(f64::from(#a)))),
            (Approximate, Approximate) => Some(Conversion::plain(|a| quote!((#a as f32)))),
            (Approximate, Integer) => Some(match to {
                Kind::TinyInt => self.function(Outcome::PLAIN, "double_to_tinyint", Vec::new()),
                Kind::SmallInt => self.function(Outcome::PLAIN, "double_to_smallint", Vec::new()),
                Kind::Int => Conversion::plain(|a| quote!((#a as i32))),
                _ => Conversion::plain(|a| quote!((#a as i64))),
            }),
            (Integer, Decimal) => Some(self.function(Outcome::OPTIONAL, "integer_to_decimal", size(to))),
            (Approximate, Decimal) => {
                let wide = *from == Kind::Float;
                let function = self.imports.function("function::cast::double_to_decimal");
                let size = size(to);
                Some(Conversion::of(Outcome::FAILS_OPTIONAL, move |a| {
                    let value = if wide { quote!(f64::from(#a)) } else { a.clone() };
                    quote!(#function(#value #(, #size)*))
                }))
            }
            (Decimal, Decimal) => {
                let mut arguments = vec![scale(from)];
                arguments.extend(size(to));
                Some(self.function(Outcome::OPTIONAL, "decimal_to_decimal", arguments))
            }
            (Decimal, Integer) => {
                let function = self.imports.function("function::cast::decimal_to_bigint");
                let (scale, ty) = (scale(from), integer(to));
                Some(Conversion::plain(move |a| match ty.to_string().as_str() {
                    "i64" => quote!(#function(#a, #scale)),
                    _ => quote!((#function(#a, #scale) as #ty)),
                }))
            }
            (Decimal, Approximate) => {
                let name = if *to == Kind::Float { "decimal_to_float" } else { "decimal_to_double" };
                Some(self.function(Outcome::PLAIN, name, vec![scale(from)]))
            }
            (Boolean, Integer) => {
                let ty = integer(to);
                Some(Conversion::plain(move |a| quote!(#ty::from(#a))))
            }
            (Boolean, Approximate) => {
                let ty = float(to);
                Some(Conversion::plain(move |a| quote!(#ty::from(u8::from(#a)))))
            }
            (Boolean, Decimal) => Some(self.function(Outcome::OPTIONAL, "boolean_to_decimal", size(to))),
            (Integer, Boolean) => Some(Conversion::plain(|a| quote!((#a != 0)))),
            (Approximate, Boolean) => Some(Conversion::plain(|a| quote!((#a != 0.0)))),
            (Decimal, Boolean) => Some(self.function(Outcome::PLAIN, "decimal_to_boolean", Vec::new())),
            (Binary, Binary) => self.binary_to_binary(from, to),
            (Date | Time | Timestamp | TimestampLtz, Date | Time | Timestamp | TimestampLtz) => {
                self.time_to_time(from, to)
            }
            // Intervals of one family are kept alike; everything else was refused by `bind`.
            _ => None,
        }
    }

    /// A function of the runtime's `cast` module with arguments behind the value.
    fn function(&self, outcome: Outcome, name: &str, arguments: Vec<TokenStream>) -> Conversion {
        let function = self.imports.function(&format!("function::cast::{name}"));
        Conversion::of(outcome, move |a| quote!(#function(#a #(, #arguments)*)))
    }

    fn write_text(&self, from: &Kind, to: &Kind) -> Option<Conversion> {
        let arena = self.arena();
        let zone = self.zone();
        let precision = precision(from);
        let (name, before, after): (&str, Vec<TokenStream>, Vec<TokenStream>) = match from {
            Kind::Char(_) | Kind::VarChar(_) => ("", Vec::new(), Vec::new()),
            Kind::Boolean => ("boolean_to_text", Vec::new(), Vec::new()),
            Kind::Float => ("float_to_text", vec![arena], Vec::new()),
            Kind::Double => ("double_to_text", vec![arena], Vec::new()),
            Kind::Decimal { .. } => ("decimal_to_text", vec![arena], vec![scale(from)]),
            Kind::Binary(_) | Kind::VarBinary(_) => ("bytes_to_text", vec![arena], Vec::new()),
            Kind::Date => ("date_to_text", vec![arena], Vec::new()),
            Kind::Time(_) => ("time_to_text", vec![arena], vec![precision]),
            Kind::Timestamp(_) => ("timestamp_to_text", vec![arena], vec![precision]),
            Kind::TimestampLtz(_) => ("instant_to_text", vec![arena, zone], vec![precision]),
            Kind::YearMonthInterval => ("months_to_text", vec![arena], Vec::new()),
            Kind::DayTimeInterval => ("millis_to_text", vec![arena], Vec::new()),
            _ => ("integer_to_text", vec![arena], Vec::new()),
        };
        let fit = self.fit_text(from, to);
        if name.is_empty() && fit.is_none() {
            return None;
        }
        let function = (!name.is_empty()).then(|| self.imports.function(&format!("function::cast::{name}")));
        Some(Conversion::plain(move |a| {
            let text = match function {
                Some(function) => {
                    let arguments = before.into_iter().chain([a.clone()]).chain(after);
                    quote!(#function(#(#arguments),*))
                }
                None => a.clone(),
            };
            match fit {
                Some(fit) => fit(&text),
                None => text,
            }
        }))
    }

    /// The cutting and filling of CHAR(n) and VARCHAR(n), where the text may need it.
    #[expect(clippy::type_complexity, reason = "a closure that is used once")]
    fn fit_text(&self, from: &Kind, to: &Kind) -> Option<Box<dyn FnOnce(&TokenStream) -> TokenStream>> {
        let arena = self.arena();
        match *to {
            Kind::Char(length) => {
                let function = self.imports.function("function::cast::fit_char");
                let length = Literal::u32_unsuffixed(length);
                Some(Box::new(move |text| quote!(#function(#arena, #text, #length))))
            }
            Kind::VarChar(length) if length < longest(from) => {
                let function = self.imports.function("function::cast::fit_varchar");
                let length = Literal::u32_unsuffixed(length);
                Some(Box::new(move |text| quote!(#function(#text, #length))))
            }
            _ => None,
        }
    }

    fn read_text(&self, to: &Kind) -> Conversion {
        let fails = |name: &str, arguments| self.function(Outcome::FAILS, name, arguments);
        match to {
            Kind::Boolean => fails("text_to_boolean", Vec::new()),
            Kind::TinyInt => fails("text_to_tinyint", Vec::new()),
            Kind::SmallInt => fails("text_to_smallint", Vec::new()),
            Kind::Int => fails("text_to_int", Vec::new()),
            Kind::BigInt => fails("text_to_bigint", Vec::new()),
            Kind::Float => fails("text_to_float", Vec::new()),
            Kind::Double => fails("text_to_double", Vec::new()),
            Kind::Decimal { .. } => fails("text_to_decimal", size(to)),
            Kind::Date => fails("text_to_date", Vec::new()),
            Kind::Time(_) => fails("text_to_time", vec![precision(to)]),
            Kind::Timestamp(_) => fails("text_to_timestamp", vec![precision(to)]),
            Kind::TimestampLtz(_) => {
                let function = self.imports.function("function::cast::text_to_instant");
                let (zone, precision) = (self.zone(), precision(to));
                Conversion::of(Outcome::FAILS, move |a| quote!(#function(#zone, #a, #precision)))
            }
            Kind::Binary(length) => {
                let to_bytes = self.imports.function("function::cast::text_to_bytes");
                let fit = self.imports.function("function::cast::fit_binary");
                let (arena, length) = (self.arena(), Literal::u32_unsuffixed(*length));
                Conversion::plain(move |a| quote!(#fit(#arena, #to_bytes(#a), #length)))
            }
            Kind::VarBinary(length) if *length < MAX_LENGTH => {
                let to_bytes = self.imports.function("function::cast::text_to_bytes");
                let fit = self.imports.function("function::cast::fit_varbinary");
                let length = Literal::u32_unsuffixed(*length);
                Conversion::plain(move |a| quote!(#fit(#to_bytes(#a), #length)))
            }
            _ => self.function(Outcome::PLAIN, "text_to_bytes", Vec::new()),
        }
    }

    fn binary_to_binary(&self, from: &Kind, to: &Kind) -> Option<Conversion> {
        match *to {
            Kind::Binary(length) => {
                let function = self.imports.function("function::cast::fit_binary");
                let (arena, length) = (self.arena(), Literal::u32_unsuffixed(length));
                Some(Conversion::plain(move |a| quote!(#function(#arena, #a, #length))))
            }
            Kind::VarBinary(length) if length < longest(from) => {
                let length = Literal::u32_unsuffixed(length);
                Some(self.function(Outcome::PLAIN, "fit_varbinary", vec![quote!(#length)]))
            }
            _ => None,
        }
    }

    fn time_to_time(&self, from: &Kind, to: &Kind) -> Option<Conversion> {
        use Kind::{Date, Time, Timestamp, TimestampLtz};
        let (name, zone, after) = match (from, to) {
            (Date, Timestamp(_)) => ("date_to_timestamp", false, None),
            (Date, TimestampLtz(_)) => ("date_to_instant", true, None),
            (Timestamp(_), Date) => ("timestamp_to_date", false, None),
            (TimestampLtz(_), Date) => ("instant_to_date", true, None),
            (Timestamp(_), Time(_)) => ("timestamp_to_time", false, Some(precision(to))),
            (TimestampLtz(_), Time(_)) => ("instant_to_time", true, Some(precision(to))),
            (Time(_), Timestamp(_)) => ("time_to_timestamp", false, None),
            (Time(_), TimestampLtz(_)) => ("time_to_instant", true, None),
            (Time(from), Time(to)) if to < from => ("time_to_time", false, Some(quote_number(*to))),
            (Timestamp(from), Timestamp(to)) | (TimestampLtz(from), TimestampLtz(to)) if to < from => {
                ("timestamp_to_timestamp", false, Some(quote_number(*to)))
            }
            (Timestamp(_), TimestampLtz(_)) => ("timestamp_to_instant", true, None),
            (TimestampLtz(_), Timestamp(_)) => ("instant_to_timestamp", true, None),
            _ => return None,
        };
        let function = self.imports.function(&format!("function::cast::{name}"));
        let before = zone.then(|| self.zone());
        // Crossing to or from local time keeps all digits; a lower precision cuts them.
        let cut = match (from, to) {
            (Timestamp(from), TimestampLtz(to)) | (TimestampLtz(from), Timestamp(to)) if to < from => {
                Some((self.imports.function("function::cast::timestamp_to_timestamp"), quote_number(*to)))
            }
            _ => None,
        };
        Some(Conversion::plain(move |a| {
            let arguments = before.into_iter().chain([a.clone()]).chain(after);
            let call = quote!(#function(#(#arguments),*));
            match cut {
                Some((cut, precision)) => quote!(#cut(#call, #precision)),
                None => call,
            }
        }))
    }

    fn arena(&self) -> TokenStream {
        let context = &self.context;
        quote!(#context.arena)
    }

    fn zone(&self) -> TokenStream {
        let context = &self.context;
        quote!(#context.zone)
    }
}

fn integer_to_integer(from: &Kind, to: &Kind, mode: CastMode, scope: &Scope<'_>) -> Option<Conversion> {
    let width = |kind: &Kind| match kind {
        Kind::TinyInt => 8,
        Kind::SmallInt => 16,
        Kind::Int => 32,
        _ => 64,
    };
    let ty = integer(to);
    if width(to) > width(from) {
        return Some(Conversion::plain(move |a| quote!(#ty::from(#a))));
    }
    if mode == CastMode::Checked {
        let name = match to {
            Kind::TinyInt => "checked_tinyint",
            Kind::SmallInt => "checked_smallint",
            _ => "checked_int",
        };
        return Some(scope.function(Outcome::FAILS, name, Vec::new()));
    }
    Some(Conversion::plain(move |a| quote!((#a as #ty))))
}

fn integer(kind: &Kind) -> TokenStream {
    match kind {
        Kind::TinyInt => quote!(i8),
        Kind::SmallInt => quote!(i16),
        Kind::Int => quote!(i32),
        _ => quote!(i64),
    }
}

fn float(kind: &Kind) -> TokenStream {
    if *kind == Kind::Float { quote!(f32) } else { quote!(f64) }
}

fn quote_number(value: u8) -> TokenStream {
    let value = number(value);
    quote!(#value)
}

fn scale(kind: &Kind) -> TokenStream {
    quote_number(kind.as_decimal().map_or(0, |(_, scale)| scale))
}

/// Precision and scale.
fn size(kind: &Kind) -> Vec<TokenStream> {
    let (precision, scale) = kind.as_decimal().unwrap_or((38, 0));
    vec![quote_number(precision), quote_number(scale)]
}

fn precision(kind: &Kind) -> TokenStream {
    quote_number(match kind {
        Kind::Time(precision) | Kind::Timestamp(precision) | Kind::TimestampLtz(precision) => *precision,
        _ => 0,
    })
}

/// The most characters or bytes that a value of the kind has, as text.
fn longest(kind: &Kind) -> u32 {
    match *kind {
        Kind::Char(length) | Kind::VarChar(length) | Kind::Binary(length) | Kind::VarBinary(length) => length,
        _ => MAX_LENGTH,
    }
}
