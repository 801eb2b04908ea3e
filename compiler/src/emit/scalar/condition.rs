//! Truth: `condition` is whether a BOOLEAN is TRUE, which is all that WHERE, CASE and FILTER ask.

use super::arithmetic::number;
use super::{Outcome, Scope, Value};
use crate::plan::{BinaryOp, Expr, Literal, Scalar, UnaryOp};
use crate::text::Span;
use crate::types::{Family, Kind};
use proc_macro2::TokenStream;
use quote::quote;

impl Scope<'_> {
    /// A `bool`: whether the scalar is TRUE.
    pub fn condition(&self, scalar: &Scalar) -> TokenStream {
        match &scalar.expr {
            Expr::Literal(Literal::Boolean(value)) => quote!(#value),
            Expr::Literal(Literal::Null) => quote!(false),
            Expr::Binary { op: BinaryOp::And, left, right } => {
                let (left, right) = (self.operand(left, BinaryOp::And), self.operand(right, BinaryOp::And));
                quote!(#left && #right)
            }
            Expr::Binary { op: BinaryOp::Or, left, right } => {
                let (left, right) = (self.operand(left, BinaryOp::Or), self.operand(right, BinaryOp::Or));
                quote!(#left || #right)
            }
            Expr::Binary { op, left, right } if is_comparison(*op) => self.comparison(*op, left, right, scalar.span),
            Expr::Unary { op: UnaryOp::Not, operand } => self.falsity(operand),
            Expr::Unary { op: UnaryOp::IsTrue, operand } => self.condition(operand),
            Expr::Unary { op: UnaryOp::IsFalse, operand } => self.falsity(operand),
            Expr::Unary { op: UnaryOp::IsNotTrue, operand } => {
                let condition = self.condition(operand);
                quote!(!(#condition))
            }
            Expr::Unary { op: UnaryOp::IsNotFalse, operand } => {
                let falsity = self.falsity(operand);
                quote!(!(#falsity))
            }
            Expr::Unary { op: UnaryOp::IsNull | UnaryOp::IsUnknown, operand } => self.null_test(operand, true),
            Expr::Unary { op: UnaryOp::IsNotNull | UnaryOp::IsNotUnknown, operand } => self.null_test(operand, false),
            _ => {
                let value = self.value(scalar);
                let tokens = value.tokens;
                if value.nullable { quote!(#tokens == Some(true)) } else { tokens }
            }
        }
    }

    /// A condition that stands beside others behind `&&`.
    pub fn conjunct(&self, scalar: &Scalar) -> TokenStream {
        self.operand(scalar, BinaryOp::And)
    }

    /// A `bool`: whether the scalar is FALSE.
    fn falsity(&self, scalar: &Scalar) -> TokenStream {
        let value = self.value(scalar);
        let tokens = value.tokens;
        if value.nullable { quote!(#tokens == Some(false)) } else { quote!(!#tokens) }
    }

    /// An operand of AND or OR, in parentheses where Rust needs them.
    fn operand(&self, scalar: &Scalar, parent: BinaryOp) -> TokenStream {
        let condition = self.condition(scalar);
        match &scalar.expr {
            Expr::Binary { op: BinaryOp::Or, .. } if parent == BinaryOp::And => quote!((#condition)),
            _ => condition,
        }
    }

    fn null_test(&self, operand: &Scalar, null: bool) -> TokenStream {
        let value = self.value(operand);
        let tokens = &value.tokens;
        match (value.nullable, null) {
            (true, true) => quote!(#tokens.is_none()),
            (true, false) => quote!(#tokens.is_some()),
            // The operand is evaluated if that can fail, as Flink would.
            (false, _) if value.fails => {
                let answer = !null;
                quote!({ let _ = #tokens; #answer })
            }
            (false, _) => {
                let answer = !null;
                quote!(#answer)
            }
        }
    }

    fn comparison(&self, op: BinaryOp, left: &Scalar, right: &Scalar, span: Span) -> TokenStream {
        let kinds = (&left.ty.kind, &right.ty.kind);
        let plainly_equal = is_plainly_equal(kinds);
        let (left, right) = (self.value(left), self.value(right));
        if left.is_null() || right.is_null() {
            return quote!(false);
        }
        let (l, r) = (&left.tokens, &right.tokens);
        match (left.nullable, right.nullable) {
            (false, false) => self.compare(op, kinds, l, r),
            // `Option`s are equal if both are there and equal: one of them cannot be None.
            (true, false) if op == BinaryOp::Equal && plainly_equal => quote!(#l == Some(#r)),
            (false, true) if op == BinaryOp::Equal && plainly_equal => quote!(#r == Some(#l)),
            _ if left.fails && !left.nullable || right.fails && !right.nullable => {
                let value =
                    self.lift(vec![left, right], Outcome::PLAIN, span, |a| self.compare(op, kinds, &a[0], &a[1]));
                let tokens = value.tokens;
                quote!(#tokens == Some(true))
            }
            (left_nullable, right_nullable) => {
                let names = super::argument_names(&[left.clone(), right.clone()], &[0, 1]);
                let (a, b) = (&names[0], &names[1]);
                match (left_nullable, right_nullable) {
                    (true, true) => {
                        let test = self.compare(op, kinds, &quote!(#a), &quote!(#b));
                        quote!(#l.zip(#r).is_some_and(|(#a, #b)| #test))
                    }
                    (true, false) => {
                        let test = self.compare(op, kinds, &quote!(#a), r);
                        quote!(#l.is_some_and(|#a| #test))
                    }
                    _ => {
                        let test = self.compare(op, kinds, l, &quote!(#b));
                        quote!(#r.is_some_and(|#b| #test))
                    }
                }
            }
        }
    }

    /// Two values that are not NULL: of one kind, or decimals.
    pub fn compare(&self, op: BinaryOp, kinds: (&Kind, &Kind), left: &TokenStream, right: &TokenStream) -> TokenStream {
        if let (Kind::Decimal { scale: left_scale, .. }, Kind::Decimal { scale: right_scale, .. }) = kinds
            && left_scale != right_scale
        {
            let compare = self.imports.function("function::decimal::compare");
            let (left_scale, right_scale) = (number(*left_scale), number(*right_scale));
            let test = match op {
                BinaryOp::Equal => quote!(is_eq),
                BinaryOp::NotEqual => quote!(is_ne),
                BinaryOp::Less => quote!(is_lt),
                BinaryOp::LessOrEqual => quote!(is_le),
                BinaryOp::Greater => quote!(is_gt),
                _ => quote!(is_ge),
            };
            return quote!(#compare(#left, #left_scale, #right, #right_scale).#test());
        }
        match op {
            BinaryOp::Equal => quote!(#left == #right),
            BinaryOp::NotEqual => quote!(#left != #right),
            BinaryOp::Less => quote!(#left < #right),
            BinaryOp::LessOrEqual => quote!(#left <= #right),
            BinaryOp::Greater => quote!(#left > #right),
            _ => quote!(#left >= #right),
        }
    }

    /// AND and OR as values. The right side is evaluated only where the left side does not decide, if it can fail.
    pub(super) fn connective(&self, op: BinaryOp, left: &Scalar, right: &Scalar, scalar: &Scalar) -> Value {
        let and = op == BinaryOp::And;
        let (l, r) = (self.value(left), self.value(right));
        let fails = l.fails || r.fails;
        if !l.nullable && !r.nullable {
            return Value { fails, ..Value::plain(self.condition(scalar)) };
        }
        let function = self.imports.function(if and { "function::logic::and" } else { "function::logic::or" });
        let late = r.fails;
        let (l, r) = (l.into_option(), r.into_option());
        let tokens = if late {
            let decided = !and;
            quote!(match #l { Some(#decided) => Some(#decided), left => #function(left, #r) })
        } else {
            quote!(#function(#l, #r))
        };
        Value { tokens, nullable: true, fails, name: None }
    }

    pub(super) fn distinct(&self, op: BinaryOp, left: &Scalar, right: &Scalar) -> Value {
        let kinds = (&left.ty.kind, &right.ty.kind);
        let (l, r) = (self.value(left), self.value(right));
        let fails = l.fails || r.fails;
        let same = op == BinaryOp::NotDistinct;
        let test = if same { BinaryOp::Equal } else { BinaryOp::NotEqual };
        let tokens = if !l.nullable && !r.nullable {
            self.compare(test, kinds, &l.tokens, &r.tokens)
        } else if have_scales_apart(kinds) {
            let compared = self.compare(test, kinds, &quote!(left), &quote!(right));
            let (l, r) = (l.into_option(), r.into_option());
            let alike = if same { quote!(==) } else { quote!(!=) };
            quote!(match (#l, #r) { (Some(left), Some(right)) => #compared, (left, right) => left.is_some() #alike right.is_some() })
        } else {
            let (l, r) = (l.into_option(), r.into_option());
            if same { quote!(#l == #r) } else { quote!(#l != #r) }
        };
        Value { fails, ..Value::plain(tokens) }
    }

    pub(super) fn in_list(&self, operand: &Scalar, items: &[Scalar], negated: bool, scalar: &Scalar) -> Value {
        let plainly_equal = items.iter().all(|item| is_plainly_equal((&operand.ty.kind, &item.ty.kind)));
        let values: Vec<Value> = items.iter().map(|item| self.value(item)).collect();
        let constant = values.iter().all(|value| !value.nullable && !value.fails);
        if constant && plainly_equal {
            let operand = self.value(operand);
            let items: Vec<TokenStream> = values.into_iter().map(|value| value.tokens).collect();
            return self.lift(vec![operand], Outcome::PLAIN, scalar.span, |a| {
                let a = &a[0];
                let not = negated.then(|| quote!(!));
                quote!(#not [#(#items),*].contains(&#a))
            });
        }
        // With NULLs among the items it is a chain of comparisons in three-valued logic.
        let equal = |item: &Scalar| Scalar {
            expr: Expr::Binary { op: BinaryOp::Equal, left: Box::new(operand.clone()), right: Box::new(item.clone()) },
            ty: Kind::Boolean.with_nullability(operand.ty.nullable || item.ty.nullable),
            span: scalar.span,
        };
        let mut chain = items.iter().map(equal);
        let Some(first) = chain.next() else { return Value::plain(quote!(#negated)) };
        let any = chain.fold(first, |left, right| Scalar {
            ty: Kind::Boolean.with_nullability(left.ty.nullable || right.ty.nullable),
            span: scalar.span,
            expr: Expr::Binary { op: BinaryOp::Or, left: Box::new(left), right: Box::new(right) },
        });
        let whole = if negated {
            Scalar {
                ty: any.ty.clone(),
                span: scalar.span,
                expr: Expr::Unary { op: UnaryOp::Not, operand: Box::new(any) },
            }
        } else {
            any
        };
        self.value(&whole)
    }
}

fn is_comparison(op: BinaryOp) -> bool {
    matches!(
        op,
        BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessOrEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterOrEqual
    )
}

/// Whether `==` of Rust is `=` of SQL.
fn is_plainly_equal(kinds: (&Kind, &Kind)) -> bool {
    kinds.0.family() != Family::Approximate && !have_scales_apart(kinds)
}

/// Whether equal numbers may be kept as different integers.
fn have_scales_apart(kinds: (&Kind, &Kind)) -> bool {
    match kinds {
        (Kind::Decimal { scale: left, .. }, Kind::Decimal { scale: right, .. }) => left != right,
        _ => false,
    }
}
