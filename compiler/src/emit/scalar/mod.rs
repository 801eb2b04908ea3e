//! Typed expressions to Rust expressions: SQL's NULL as `Option`, lifted where a value may be NULL and left out where it
//! cannot be.
//!
//! What a function is called in the runtime is left to the registry and the vocabulary; where a row's columns live is
//! left to [`Scope`].

mod arithmetic;
mod call;
mod cast;
mod condition;
mod literal;

use super::vocabulary::Imports;
use crate::plan::{BinaryOp, ColumnId, Expr, Scalar, UnaryOp};
use crate::text::Span;
use crate::types::Type;
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::{format_ident, quote};
use std::collections::BTreeMap;

pub use literal::literal;

/// The column that a scalar merely repeats.
pub fn reads_alias(scalar: &Scalar) -> Option<ColumnId> {
    match scalar.expr {
        Expr::Column(id) => Some(id),
        _ => None,
    }
}

/// A Rust expression for an SQL value.
#[derive(Clone, Debug)]
pub struct Value {
    pub tokens: TokenStream,
    /// Whether it is an `Option`.
    pub nullable: bool,
    /// Whether evaluating it can leave the function with `?`.
    pub fails: bool,
    /// A variable or field that may be evaluated again for nothing.
    pub name: Option<String>,
}

/// What a runtime function gives back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `Result<_, ValueError>`.
    pub fails: bool,
    /// `Option<_>`, inside the `Result`.
    pub optional: bool,
}

impl Outcome {
    pub const PLAIN: Outcome = Outcome { fails: false, optional: false };
    pub const OPTIONAL: Outcome = Outcome { fails: false, optional: true };
    pub const FAILS: Outcome = Outcome { fails: true, optional: false };
    pub const FAILS_OPTIONAL: Outcome = Outcome { fails: true, optional: true };
}

/// Where the columns of the row at hand are, and what else expressions may use.
pub struct Scope<'e> {
    pub imports: &'e Imports,
    pub origins: &'e super::origin::Origins<'e>,
    /// The variable that holds the `Context`.
    pub context: Ident,
    columns: BTreeMap<ColumnId, Value>,
}

impl Value {
    pub fn plain(tokens: TokenStream) -> Self {
        Value { tokens, nullable: false, fails: false, name: None }
    }

    /// A variable or field.
    pub fn named(tokens: TokenStream, name: impl Into<String>, nullable: bool) -> Self {
        Value { tokens, nullable, fails: false, name: Some(name.into()) }
    }

    /// Whether it is the literal NULL, which has no type of its own in Rust.
    pub fn is_null(&self) -> bool {
        self.nullable && self.tokens.to_string() == "None"
    }

    /// As an `Option`, whether it was one or not.
    pub fn into_option(self) -> TokenStream {
        let tokens = self.tokens;
        if self.nullable { tokens } else { quote!(Some(#tokens)) }
    }

    /// As `nullable` asks; `bind` has made sure that no `Option` is asked to be none.
    pub fn with_nullability(self, nullable: bool) -> TokenStream {
        if nullable { self.into_option() } else { self.tokens }
    }
}

impl<'e> Scope<'e> {
    pub fn new(imports: &'e Imports, origins: &'e super::origin::Origins<'e>) -> Self {
        Scope { imports, origins, context: format_ident!("context"), columns: BTreeMap::new() }
    }

    pub fn bind(&mut self, column: ColumnId, value: Value) {
        self.columns.insert(column, value);
    }

    /// The columns that are variables, by the names of these.
    pub fn variables(&self) -> Vec<String> {
        let texts = self.columns.values().map(|value| value.tokens.to_string());
        texts.filter(|text| syn::parse_str::<Ident>(text).is_ok()).collect()
    }

    pub fn column(&self, column: ColumnId) -> Value {
        self.columns.get(&column).cloned().unwrap_or_else(|| panic!("column {column:?} is not in scope"))
    }

    /// The expression for a scalar. It is an `Option` exactly if the value says so, which is at most where the type is
    /// nullable.
    pub fn value(&self, scalar: &Scalar) -> Value {
        match &scalar.expr {
            Expr::Column(id) => self.column(*id),
            Expr::Literal(value) => literal(value, &scalar.ty, self.imports),
            Expr::Binary { op, left, right } => self.binary(*op, left, right, scalar),
            Expr::Unary { op, operand } => self.unary(*op, operand, scalar),
            Expr::Call { overload, arguments, .. } => self.call(&overload.call, arguments, scalar),
            Expr::Cast { operand, mode } => self.cast(operand, &scalar.ty, *mode, scalar.span),
            Expr::Case { branches, otherwise } => self.case(branches, otherwise),
            Expr::InList { operand, items, negated } => self.in_list(operand, items, *negated, scalar),
            Expr::Coalesce(items) => self.coalesce(items, &scalar.ty),
            Expr::Field { operand, index } => self.field(operand, *index),
            Expr::Element { operand, index } => self.element(operand, index, scalar),
            Expr::Cardinality(operand) => {
                let operand = self.value(operand);
                self.lift(vec![operand], Outcome::PLAIN, scalar.span, |a| {
                    let array = &a[0];
                    quote!(#array.len() as i32)
                })
            }
            Expr::Proctime => {
                let context = &self.context;
                Value::plain(quote!(#context.now))
            }
            Expr::CurrentWatermark => {
                let context = &self.context;
                Value { tokens: quote!(#context.watermark), nullable: true, fails: false, name: None }
            }
        }
    }

    /// A value on its way into a column. A DECIMAL that overflows is NULL whatever its type says, which is a row error
    /// in a column that is NOT NULL.
    pub fn for_column(&self, value: Value, nullable: bool, column: &str, span: Span) -> Value {
        if nullable || !value.nullable {
            return value;
        }
        let null = self.imports.function("row::null_for_not_null");
        let origin = self.origins.of(span, self.imports);
        let tokens = value.tokens;
        let tokens = quote!(#tokens.ok_or_else(|| #null(#origin, #column))?);
        Value { tokens, nullable: false, fails: true, name: value.name }
    }

    fn binary(&self, op: BinaryOp, left: &Scalar, right: &Scalar, scalar: &Scalar) -> Value {
        match op {
            BinaryOp::Arithmetic(op) => self.arithmetic(op, left, right, scalar),
            BinaryOp::And | BinaryOp::Or => self.connective(op, left, right, scalar),
            BinaryOp::Distinct | BinaryOp::NotDistinct => self.distinct(op, left, right),
            _ => {
                let kinds = (&left.ty.kind, &right.ty.kind);
                let (left, right) = (self.value(left), self.value(right));
                self.lift(vec![left, right], Outcome::PLAIN, scalar.span, |a| self.compare(op, kinds, &a[0], &a[1]))
            }
        }
    }

    fn unary(&self, op: UnaryOp, operand: &Scalar, scalar: &Scalar) -> Value {
        match op {
            UnaryOp::Negate => self.negate(operand, scalar),
            UnaryOp::Not => {
                let operand = self.value(operand);
                self.lift(vec![operand], Outcome::PLAIN, scalar.span, |a| {
                    let a = &a[0];
                    quote!(!#a)
                })
            }
            _ => {
                let fails = self.fails(operand);
                Value { fails, ..Value::plain(self.condition(scalar)) }
            }
        }
    }

    fn case(&self, branches: &[(Scalar, Scalar)], otherwise: &Scalar) -> Value {
        let values: Vec<Value> =
            branches.iter().map(|(_, then)| then).chain([otherwise]).map(|then| self.value(then)).collect();
        let nullable = values.iter().any(|value| value.nullable);
        let fails = values.iter().any(|value| value.fails) || branches.iter().any(|(when, _)| self.fails(when));
        let mut values = values.into_iter().map(|value| value.with_nullability(nullable));
        let mut chain = TokenStream::new();
        for (when, _) in branches {
            let (condition, value) = (self.condition(when), values.next().map(bare));
            chain.extend(quote!(if #condition { #value } else));
        }
        let last = values.next().map(bare);
        Value { tokens: quote!(#chain { #last }), nullable, fails, name: None }
    }

    fn coalesce(&self, items: &[Scalar], _ty: &Type) -> Value {
        let mut values = Vec::new();
        for item in items {
            let value = self.value(item);
            let nullable = value.nullable;
            values.push(value);
            if !nullable {
                break;
            }
        }
        let Some(mut result) = values.pop() else { return Value::plain(quote!(None::<()>)) };
        for value in values.into_iter().rev() {
            let (first, rest) = (&value.tokens, &result.tokens);
            let tokens = match (result.fails, result.nullable, result.name.is_some()) {
                (true, true, _) => quote!(match #first { Some(value) => Some(value), None => #rest }),
                (true, false, _) => quote!(match #first { Some(value) => value, None => #rest }),
                (false, true, true) => quote!(#first.or(#rest)),
                (false, true, false) => quote!(#first.or_else(|| #rest)),
                (false, false, _) => quote!(#first.unwrap_or(#rest)),
            };
            result = Value { tokens, nullable: result.nullable, fails: value.fails || result.fails, name: None };
        }
        result
    }

    /// Whether evaluating it can leave the function.
    pub fn fails(&self, scalar: &Scalar) -> bool {
        self.value(scalar).fails
    }

    /// Calls `call` with arguments that are not NULL; NULL if one of them is.
    pub fn lift(
        &self,
        arguments: Vec<Value>,
        outcome: Outcome,
        span: Span,
        call: impl FnOnce(&[TokenStream]) -> TokenStream,
    ) -> Value {
        if let Some(null) = arguments.iter().find(|argument| argument.is_null()) {
            return null.clone();
        }
        let fails = outcome.fails || arguments.iter().any(|argument| argument.fails);
        let nullable: Vec<usize> = (0..arguments.len()).filter(|&i| arguments[i].nullable).collect();
        let names = argument_names(&arguments, &nullable);
        let inner: Vec<TokenStream> = arguments
            .iter()
            .enumerate()
            .map(|(i, argument)| match nullable.iter().position(|&n| n == i) {
                Some(n) => {
                    let name = &names[n];
                    quote!(#name)
                }
                None => argument.tokens.clone(),
            })
            .collect();
        let mut body = call(&inner);
        if outcome.fails {
            self.imports.item("error::At");
            let origin = self.origins.of(span, self.imports);
            body = quote!(#body.at(#origin)?);
        }
        if nullable.is_empty() {
            return Value { tokens: body, nullable: outcome.optional, fails, name: None };
        }
        let outer: Vec<&TokenStream> = nullable.iter().map(|&i| &arguments[i].tokens).collect();
        // A `?` may stand in the receivers of a closure but not inside it.
        let inside_fails = outcome.fails || arguments.iter().any(|argument| argument.fails && !argument.nullable);
        let tokens = if inside_fails {
            let plain = bare(body.clone());
            let body = if outcome.optional { body } else { quote!(Some(#plain)) };
            match (outer.as_slice(), names.as_slice()) {
                ([outer], [name]) => quote!(match #outer { Some(#name) => #body, None => None }),
                _ => quote!(match (#(#outer),*) { (#(Some(#names)),*) => #body, _ => None }),
            }
        } else {
            let method = if outcome.optional { quote!(and_then) } else { quote!(map) };
            let body = bare(body);
            let mut receiver = outer[0].clone();
            let first = &names[0];
            let mut pattern = quote!(#first);
            for (outer, name) in outer.iter().zip(&names).skip(1) {
                receiver = quote!(#receiver.zip(#outer));
                pattern = quote!((#pattern, #name));
            }
            quote!(#receiver.#method(|#pattern| #body))
        };
        Value { tokens, nullable: true, fails, name: None }
    }
}

/// An expression without the parentheses around all of it, for a place that ends where it ends.
pub fn bare(tokens: TokenStream) -> TokenStream {
    let mut trees = tokens.clone().into_iter();
    match (trees.next(), trees.next()) {
        (Some(TokenTree::Group(group)), None) if group.delimiter() == Delimiter::Parenthesis => {
            let inner = group.stream();
            let is_comma = |tree: TokenTree| matches!(tree, TokenTree::Punct(mark) if mark.as_char() == ',');
            // A tuple keeps them.
            if inner.is_empty() || inner.clone().into_iter().any(is_comma) { tokens } else { bare(inner) }
        }
        _ => tokens,
    }
}

/// Readable and distinct names for the arguments that are lifted.
fn argument_names(arguments: &[Value], nullable: &[usize]) -> Vec<Ident> {
    let mut given = super::name::Names::default();
    nullable
        .iter()
        .enumerate()
        .map(|(n, &i)| {
            let fallback = ["a", "b", "c", "d", "e", "f"].get(n).copied().unwrap_or("argument");
            let wanted = arguments[i].name.as_deref().unwrap_or(fallback);
            super::name::ident(&given.unique(wanted))
        })
        .collect()
}
