//! Functions of the registry: the overload that takes the arguments, the casts they need, the type that comes out.

use super::call::counted;
use super::expression::any_nullable;
use super::{Bind, QueryBinder, coerce};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::function::{Function, Nullability, Overload, Parameter, ResultType, find, names};
use crate::plan::{Expr, Literal, Scalar, UnaryOp};
use crate::syntax::Ident;
use crate::text::Span;
use crate::types::{self, Kind, Type};

impl QueryBinder<'_> {
    /// A call that the user wrote with this name.
    pub(super) fn function(&mut self, name: &str, word: &Ident, arguments: Vec<Scalar>, span: Span) -> Bind<Scalar> {
        match find(name) {
            Some(function) => self.overloaded(function, arguments, span),
            None if OTHERS.contains(&name) => {
                self.unsupported(word.span, &format!("the function {name}"), "compute the value another way")
            }
            None => {
                let mut diagnostic =
                    Diagnostic::error("unknown-function", word.span, format!("there is no function `{}`", word.value));
                let names = names().chain(SPECIAL.iter().copied());
                if let Some(near) = did_you_mean(name, names) {
                    diagnostic = diagnostic.suggest(format!("did you mean `{near}`?"), word.span, near);
                }
                self.fail(diagnostic)
            }
        }
    }

    /// A call that an operator or a special form stands for.
    pub(super) fn named_function(&mut self, name: &'static str, arguments: Vec<Scalar>, span: Span) -> Bind<Scalar> {
        match find(name) {
            Some(function) => self.overloaded(function, arguments, span),
            None => self.unsupported(span, name, "compute the value where the records are made"),
        }
    }

    fn overloaded(&mut self, function: &'static Function, arguments: Vec<Scalar>, span: Span) -> Bind<Scalar> {
        let name = function.names[0];
        let fitting = function.overloads.iter().find(|overload| fits(overload, &arguments));
        let Some(overload) = fitting else { return self.fail(no_overload(function, &arguments, span)) };
        let mut converted = Vec::with_capacity(arguments.len());
        for (index, argument) in arguments.into_iter().enumerate() {
            converted.push(match conversion(parameter(overload, index), &argument) {
                Some(Some(kind)) => coerce::to_kind(argument, &kind),
                _ => argument,
            });
        }
        let values = || converted.iter().filter(|argument| !is_unit(argument));
        let nullable = match overload.nullability {
            Nullability::Arguments => any_nullable(values()),
            Nullability::Always => true,
            Nullability::Never => false,
        };
        let kind = match overload.result {
            ResultType::Boolean => Kind::Boolean,
            ResultType::Int => Kind::Int,
            ResultType::BigInt => Kind::BigInt,
            ResultType::Double => Kind::Double,
            ResultType::Text => Kind::STRING,
            ResultType::Bytes => Kind::BYTES,
            ResultType::Date => Kind::Date,
            ResultType::Time(precision) => Kind::Time(precision),
            ResultType::Timestamp(precision) => Kind::Timestamp(precision),
            ResultType::TimestampLtz(precision) => Kind::TimestampLtz(precision),
            ResultType::Argument(index) => converted[index].ty.kind.clone(),
            ResultType::Common => {
                let values: Vec<&Scalar> = values().collect();
                let kind = self.one_type(&values, types::merged, &format!("the arguments of {name}"), span)?.kind;
                converted = converted.into_iter().map(|argument| coerce::to_kind(argument, &kind)).collect();
                kind
            }
            ResultType::Rule(rule) => {
                let types: Vec<Type> = converted.iter().map(|argument| argument.ty.clone()).collect();
                rule(&types)
            }
            ResultType::Literals(rule) => {
                let types: Vec<Type> = converted.iter().map(|argument| argument.ty.clone()).collect();
                let literals: Vec<Option<i64>> = converted.iter().map(integer_literal).collect();
                rule(&types, &literals)
            }
        };
        let ty = kind.with_nullability(nullable);
        Ok(Scalar { expr: Expr::Call { overload, name, arguments: converted }, ty, span })
    }
}

/// Functions of Flink that are not there yet.
const OTHERS: &[&str] = &[
    "ARRAY_APPEND",
    "ARRAY_CONCAT",
    "ARRAY_CONTAINS",
    "ARRAY_DISTINCT",
    "ARRAY_EXCEPT",
    "ARRAY_INTERSECT",
    "ARRAY_JOIN",
    "ARRAY_MAX",
    "ARRAY_MIN",
    "ARRAY_POSITION",
    "ARRAY_PREPEND",
    "ARRAY_REMOVE",
    "ARRAY_REVERSE",
    "ARRAY_SLICE",
    "ARRAY_SORT",
    "ARRAY_UNION",
    "CURRENT_DATABASE",
    "ELEMENT",
    "INTERVAL",
    "JSON",
    "JSON_ARRAY",
    "JSON_OBJECT",
    "MAP_ENTRIES",
    "MAP_FROM_ARRAYS",
    "MAP_KEYS",
    "MAP_UNION",
    "MAP_VALUES",
    "PRINTF",
    "SPLIT",
    "TRY_PARSE_JSON",
    "PARSE_JSON",
];

/// The functions that are not in the registry, for suggestions.
const SPECIAL: &[&str] = &[
    "COUNT",
    "SUM",
    "AVG",
    "MIN",
    "MAX",
    "COALESCE",
    "IFNULL",
    "NULLIF",
    "IF",
    "MOD",
    "PROCTIME",
    "CURRENT_WATERMARK",
    "CARDINALITY",
    "EXTRACT",
    "TRIM",
    "CAST",
    "TRY_CAST",
    "TUMBLE_START",
    "TUMBLE_END",
    "TUMBLE_ROWTIME",
    "TUMBLE_PROCTIME",
    "HOP_START",
    "HOP_END",
    "HOP_ROWTIME",
    "HOP_PROCTIME",
    "SESSION_START",
    "SESSION_END",
    "SESSION_ROWTIME",
    "SESSION_PROCTIME",
];

/// The value of an integer literal, with its sign.
fn integer_literal(argument: &Scalar) -> Option<i64> {
    match &argument.expr {
        Expr::Literal(Literal::Integer(value)) => Some(*value),
        Expr::Unary { op: UnaryOp::Negate, operand } => integer_literal(operand).map(|value| -value),
        _ => None,
    }
}

fn is_unit(argument: &Scalar) -> bool {
    matches!(argument.expr, Expr::Literal(Literal::Unit(_)))
}

fn parameter(overload: &Overload, index: usize) -> &Parameter {
    let last = overload.parameters.len().saturating_sub(1);
    &overload.parameters[index.min(last)]
}

fn fits(overload: &Overload, arguments: &[Scalar]) -> bool {
    let (wanted, given) = (overload.parameters.len(), arguments.len());
    let count_fits = given == wanted || overload.variadic && given > wanted;
    count_fits
        && arguments
            .iter()
            .enumerate()
            .all(|(index, argument)| conversion(parameter(overload, index), argument).is_some())
}

/// Whether a parameter takes the argument, and the kind to which it is cast before.
fn conversion(parameter: &Parameter, argument: &Scalar) -> Option<Option<Kind>> {
    let kind = &argument.ty.kind;
    if let Expr::Literal(Literal::Unit(unit)) = argument.expr {
        return parameter.takes_unit(unit).then_some(None);
    }
    let exactly = |wanted: Kind| if *kind == wanted { None } else { Some(wanted) };
    if *kind == Kind::Null {
        return match parameter {
            Parameter::Int => Some(Some(Kind::Int)),
            Parameter::BigInt => Some(Some(Kind::BigInt)),
            Parameter::Double => Some(Some(Kind::Double)),
            Parameter::Text => Some(Some(Kind::STRING)),
            Parameter::Bytes => Some(Some(Kind::BYTES)),
            Parameter::Boolean => Some(Some(Kind::Boolean)),
            Parameter::Date => Some(Some(Kind::Date)),
            Parameter::Timestamp => Some(Some(Kind::Timestamp(3))),
            Parameter::TimestampLtz => Some(Some(Kind::TimestampLtz(3))),
            Parameter::Decimal | Parameter::Any(_) | Parameter::Unit | Parameter::DateUnit | Parameter::ClockUnit => {
                None
            }
        };
    }
    match parameter {
        Parameter::Any(families) => families.contains(&kind.family()).then_some(None),
        Parameter::Int => matches!(kind, Kind::TinyInt | Kind::SmallInt | Kind::Int).then(|| exactly(Kind::Int)),
        Parameter::BigInt => kind.is_integer().then(|| exactly(Kind::BigInt)),
        Parameter::Double => kind.is_numeric().then(|| exactly(Kind::Double)),
        Parameter::Decimal => {
            let (precision, scale) = kind.as_decimal()?;
            Some(exactly(Kind::Decimal { precision, scale }))
        }
        Parameter::Text => kind.is_character().then_some(None),
        Parameter::Bytes => matches!(kind, Kind::Binary(_) | Kind::VarBinary(_)).then_some(None),
        Parameter::Boolean => (*kind == Kind::Boolean).then_some(None),
        Parameter::Date => (*kind == Kind::Date).then_some(None),
        Parameter::Timestamp => match kind {
            Kind::Timestamp(_) => Some(None),
            Kind::TimestampLtz(precision) => Some(Some(Kind::Timestamp(*precision))),
            Kind::Date => Some(Some(Kind::Timestamp(0))),
            _ => None,
        },
        Parameter::TimestampLtz => match kind {
            Kind::TimestampLtz(_) => Some(None),
            Kind::Timestamp(precision) => Some(Some(Kind::TimestampLtz(*precision))),
            _ => None,
        },
        Parameter::Unit | Parameter::DateUnit | Parameter::ClockUnit => None,
    }
}

fn no_overload(function: &Function, arguments: &[Scalar], span: Span) -> Diagnostic {
    let name = function.names[0];
    let by_count = |overload: &&Overload| {
        overload.parameters.len() == arguments.len() || overload.variadic && arguments.len() > overload.parameters.len()
    };
    let usage = format!("write {}", function.usage);
    let Some(nearest) = function.overloads.iter().find(by_count) else {
        let message = format!("{name} does not take {}", counted(arguments.len()));
        return Diagnostic::error("bad-arguments", span, message).help(usage);
    };
    let wrong = arguments
        .iter()
        .enumerate()
        .find(|(index, argument)| {
            !function
                .overloads
                .iter()
                .filter(by_count)
                .any(|overload| conversion(parameter(overload, *index), argument).is_some())
        })
        .or_else(|| {
            let mut arguments = arguments.iter().enumerate();
            arguments.find(|(index, argument)| conversion(parameter(nearest, *index), argument).is_none())
        });
    let Some((index, argument)) = wrong else {
        return Diagnostic::error("bad-arguments", span, format!("{name} does not take these arguments")).help(usage);
    };
    let ordinal = if arguments.len() == 1 { String::new() } else { format!(" as argument {}", index + 1) };
    let message = format!("{name} does not take {}{ordinal}", argument.ty.kind);
    let diagnostic = Diagnostic::error("bad-arguments", argument.span, message).labelled(argument.ty.kind.to_string());
    let diagnostic = if matches!(parameter(nearest, index), Parameter::Text) && !argument.ty.kind.is_character() {
        diagnostic.help("CAST it AS STRING")
    } else {
        diagnostic
    };
    diagnostic.help(usage)
}
