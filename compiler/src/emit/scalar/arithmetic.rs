//! Arithmetic. Integers wrap and fail on a division by zero, floats are Rust's, decimals and times are the runtime's.

use super::{Outcome, Scope, Value};
use crate::plan::Scalar;
use crate::types::{Arithmetic, Family, Kind};
use quote::quote;

impl Scope<'_> {
    pub(super) fn arithmetic(&self, op: Arithmetic, left: &Scalar, right: &Scalar, scalar: &Scalar) -> Value {
        let families = (left.ty.kind.family(), right.ty.kind.family());
        let arguments = vec![self.value(left), self.value(right)];
        let span = scalar.span;
        match (families, scalar.ty.kind.family()) {
            ((Family::Integer, Family::Integer), Family::Integer) => match op {
                Arithmetic::Divide | Arithmetic::Modulo => {
                    let name = if op == Arithmetic::Divide { "div" } else { "modulo" };
                    let function = self.imports.function(&format!("function::numeric::{name}"));
                    self.lift(arguments, Outcome::FAILS, span, |a| {
                        let (a, b) = (&a[0], &a[1]);
                        quote!(#function(#a, #b))
                    })
                }
                _ => self.lift(arguments, Outcome::PLAIN, span, |a| {
                    let (a, b) = (&a[0], &a[1]);
                    match op {
                        Arithmetic::Add => quote!(#a.wrapping_add(#b)),
                        Arithmetic::Subtract => quote!(#a.wrapping_sub(#b)),
                        _ => quote!(#a.wrapping_mul(#b)),
                    }
                }),
            },
            ((Family::Approximate, Family::Approximate), _) => self.lift(arguments, Outcome::PLAIN, span, |a| {
                let (a, b) = (&a[0], &a[1]);
                match op {
                    Arithmetic::Add => quote!((#a + #b)),
                    Arithmetic::Subtract => quote!((#a - #b)),
                    Arithmetic::Multiply => quote!((#a * #b)),
                    Arithmetic::Divide => quote!((#a / #b)),
                    Arithmetic::Modulo => quote!((#a % #b)),
                }
            }),
            (_, Family::Decimal) => self.decimal_arithmetic(op, left, right, arguments, scalar),
            _ => self.time_arithmetic(op, left, right, arguments, scalar),
        }
    }

    fn decimal_arithmetic(
        &self,
        op: Arithmetic,
        left: &Scalar,
        right: &Scalar,
        arguments: Vec<Value>,
        scalar: &Scalar,
    ) -> Value {
        let scale = |kind: &Kind| kind.as_decimal().map_or(0, |(_, scale)| scale);
        let (s1, s2) = (number(scale(&left.ty.kind)), number(scale(&right.ty.kind)));
        let (precision, result) = scalar.ty.kind.as_decimal().unwrap_or((38, 0));
        let (precision, result) = (number(precision), number(result));
        let (name, outcome) = match op {
            Arithmetic::Add => ("add", Outcome::OPTIONAL),
            Arithmetic::Subtract => ("sub", Outcome::OPTIONAL),
            Arithmetic::Multiply => ("mul", Outcome::OPTIONAL),
            Arithmetic::Divide => ("div", Outcome::FAILS_OPTIONAL),
            Arithmetic::Modulo => ("modulo", Outcome::FAILS_OPTIONAL),
        };
        let function = self.imports.function(&format!("function::decimal::{name}"));
        self.lift(arguments, outcome, scalar.span, |a| {
            let (a, b) = (&a[0], &a[1]);
            quote!(#function(#a, #s1, #b, #s2, #precision, #result))
        })
    }

    /// Timestamps, dates, times and intervals.
    fn time_arithmetic(
        &self,
        op: Arithmetic,
        left: &Scalar,
        right: &Scalar,
        mut arguments: Vec<Value>,
        scalar: &Scalar,
    ) -> Value {
        use Family::{DayTimeInterval as Millis, YearMonthInterval as Months};
        let (mut left, mut right) = (left.ty.kind.family(), right.ty.kind.family());
        // INTERVAL + TIMESTAMP and number * INTERVAL are the same as the other way round.
        let is_interval = |family| matches!(family, Millis | Months);
        let swap = match op {
            Arithmetic::Add => is_interval(left) && !is_interval(right),
            Arithmetic::Multiply => !is_interval(left),
            _ => false,
        };
        if swap {
            std::mem::swap(&mut left, &mut right);
            arguments.swap(0, 1);
        }
        let name = match (left, op, right) {
            (Millis | Months, Arithmetic::Add, _) => "add_intervals",
            (Millis | Months, Arithmetic::Subtract, _) => "subtract_intervals",
            (Millis | Months, Arithmetic::Multiply, _) => "multiply_interval",
            (Millis | Months, _, _) => "divide_interval",
            (Family::Date, Arithmetic::Add, Millis) => "date_plus_millis",
            (Family::Date, Arithmetic::Add, _) => "date_plus_months",
            (Family::Date, Arithmetic::Subtract, Millis) => "date_minus_millis",
            (Family::Date, _, _) => "date_minus_months",
            (Family::Time, Arithmetic::Add, _) => "time_plus_millis",
            (Family::Time, _, _) => "time_minus_millis",
            (_, Arithmetic::Add, Millis) => "plus_millis",
            (_, Arithmetic::Add, _) => "plus_months",
            (_, _, Millis) => "minus_millis",
            _ => "minus_months",
        };
        let function = self.imports.function(&format!("function::time::{name}"));
        self.lift(arguments, Outcome::PLAIN, scalar.span, |a| {
            let (a, b) = (&a[0], &a[1]);
            quote!(#function(#a, #b))
        })
    }

    pub(super) fn negate(&self, operand: &Scalar, scalar: &Scalar) -> Value {
        let family = operand.ty.kind.family();
        let operand = self.value(operand);
        self.lift(vec![operand], Outcome::PLAIN, scalar.span, |a| {
            let a = &a[0];
            match family {
                Family::Integer => quote!(#a.wrapping_neg()),
                Family::Approximate => quote!((-#a)),
                Family::Decimal => {
                    let function = self.imports.function("function::decimal::negate");
                    quote!(#function(#a))
                }
                _ => {
                    let function = self.imports.function("function::time::negate_interval");
                    quote!(#function(#a))
                }
            }
        })
    }
}

/// A number without a suffix.
pub fn number(value: u8) -> proc_macro2::Literal {
    proc_macro2::Literal::u8_unsuffixed(value)
}
