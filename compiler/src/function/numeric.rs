//! Functions of numbers, and those of any values that are compared.

use super::Parameter::{Any, BigInt, Decimal, Double, Int};
use super::{Extra, Function, Parameter, ResultType as To, call};
use crate::types::{Family, Kind, MAX_PRECISION, Type};

const INTEGER: Parameter = Any(&[Family::Integer]);
const APPROXIMATE: Parameter = Any(&[Family::Approximate]);
const COMPARABLE: Parameter = Any(&[
    Family::Boolean,
    Family::Integer,
    Family::Decimal,
    Family::Approximate,
    Family::Character,
    Family::Binary,
    Family::Date,
    Family::Time,
    Family::Timestamp,
    Family::TimestampLtz,
    Family::YearMonthInterval,
    Family::DayTimeInterval,
]);

/// CEIL and FLOOR of DECIMAL(p, s): DECIMAL(p, 0).
fn whole(arguments: &[Type]) -> Kind {
    let (precision, _) = arguments[0].kind.as_decimal().unwrap_or((MAX_PRECISION, 0));
    Kind::Decimal { precision, scale: 0 }
}

/// ROUND and TRUNCATE of a DECIMAL: as many digits behind the point as the literal says, none if there is no
/// second argument, all of them if it is no literal.
fn rounded(arguments: &[Type], literals: &[Option<i64>]) -> Kind {
    let (precision, scale) = arguments[0].kind.as_decimal().unwrap_or((MAX_PRECISION, 0));
    let digits = match literals {
        [_] => 0,
        [_, Some(digits), ..] => *digits,
        _ => i64::from(scale),
    };
    if digits >= i64::from(scale) {
        Kind::Decimal { precision, scale }
    } else {
        let scale_left = digits.max(0) as u8;
        let precision = (1 + precision - scale + scale_left).min(MAX_PRECISION);
        Kind::Decimal { precision, scale: scale_left }
    }
}

/// One number in, one out.
macro_rules! of_double {
    ($name:literal, $path:literal) => {
        Function {
            names: &[$name],
            usage: concat!($name, "(number)"),
            overloads: &[call($path, &[Double], To::Double)],
        }
    };
}

pub const FUNCTIONS: &[Function] = &[
    Function {
        names: &["ABS"],
        usage: "ABS(number)",
        overloads: &[
            call("numeric::abs", &[INTEGER], To::Argument(0)),
            call("decimal::abs", &[Decimal], To::Argument(0)),
            call("numeric::abs_float", &[APPROXIMATE], To::Argument(0)),
        ],
    },
    Function {
        names: &["CEIL", "CEILING"],
        usage: "CEIL(number) or CEIL(time TO unit)",
        overloads: &[
            call("numeric::same", &[INTEGER], To::Argument(0)),
            call("decimal::ceil", &[Decimal], To::Rule(whole)).after(&[Extra::Scale(0)]),
            call("numeric::ceil_float", &[APPROXIMATE], To::Argument(0)),
            call("time::ceil_instant", &[Any(&[Family::TimestampLtz]), Parameter::Unit], To::Argument(0))
                .before(&[Extra::Zone]),
            call("time::ceil", &[Any(&[Family::Timestamp]), Parameter::Unit], To::Argument(0)),
            call("time::ceil_date", &[Parameter::Date, Parameter::Unit], To::Argument(0)),
            call("time::ceil_time", &[Any(&[Family::Time]), Parameter::Unit], To::Argument(0)),
        ],
    },
    Function {
        names: &["FLOOR"],
        usage: "FLOOR(number) or FLOOR(time TO unit)",
        overloads: &[
            call("numeric::same", &[INTEGER], To::Argument(0)),
            call("decimal::floor", &[Decimal], To::Rule(whole)).after(&[Extra::Scale(0)]),
            call("numeric::floor_float", &[APPROXIMATE], To::Argument(0)),
            call("time::floor_instant", &[Any(&[Family::TimestampLtz]), Parameter::Unit], To::Argument(0))
                .before(&[Extra::Zone]),
            call("time::floor", &[Any(&[Family::Timestamp]), Parameter::Unit], To::Argument(0)),
            call("time::floor_date", &[Parameter::Date, Parameter::Unit], To::Argument(0)),
            call("time::floor_time", &[Any(&[Family::Time]), Parameter::Unit], To::Argument(0)),
        ],
    },
    Function {
        names: &["ROUND"],
        usage: "ROUND(number [, digits])",
        overloads: &[
            call("numeric::same", &[INTEGER], To::Argument(0)),
            call("numeric::round", &[INTEGER, Int], To::Argument(0)),
            call("decimal::round_whole", &[Decimal], To::Literals(rounded))
                .after(&[Extra::Scale(0), Extra::ResultDecimal])
                .optional(),
            call("decimal::round", &[Decimal, Int], To::Literals(rounded))
                .after(&[Extra::Scale(0), Extra::ResultDecimal])
                .optional(),
            call("numeric::round_float_whole", &[APPROXIMATE], To::Argument(0)).fails(),
            call("numeric::round_float", &[APPROXIMATE, Int], To::Argument(0)).fails(),
        ],
    },
    Function {
        names: &["TRUNCATE"],
        usage: "TRUNCATE(number [, digits])",
        overloads: &[
            call("numeric::same", &[INTEGER], To::Argument(0)),
            call("numeric::truncate", &[INTEGER, Int], To::Argument(0)),
            call("decimal::truncate_whole", &[Decimal], To::Literals(rounded))
                .after(&[Extra::Scale(0), Extra::ResultDecimal])
                .optional(),
            call("decimal::truncate", &[Decimal, Int], To::Literals(rounded))
                .after(&[Extra::Scale(0), Extra::ResultDecimal])
                .optional(),
            call("numeric::truncate_float_whole", &[APPROXIMATE], To::Argument(0)).fails(),
            call("numeric::truncate_float", &[APPROXIMATE, Int], To::Argument(0)).fails(),
        ],
    },
    Function {
        names: &["SIGN"],
        usage: "SIGN(number)",
        overloads: &[
            call("numeric::sign", &[INTEGER], To::Argument(0)),
            call("decimal::sign", &[Decimal], To::Argument(0)).after(&[Extra::Scale(0)]),
            call("numeric::sign_float", &[APPROXIMATE], To::Argument(0)),
        ],
    },
    Function {
        names: &["LOG"],
        usage: "LOG(number) or LOG(base, number)",
        overloads: &[call("numeric::ln", &[Double], To::Double), call("numeric::log", &[Double, Double], To::Double)],
    },
    Function {
        names: &["POWER"],
        usage: "POWER(base, exponent)",
        overloads: &[call("numeric::power", &[Double, Double], To::Double)],
    },
    Function {
        names: &["ATAN2"],
        usage: "ATAN2(y, x)",
        overloads: &[call("numeric::atan2", &[Double, Double], To::Double)],
    },
    of_double!("SQRT", "numeric::sqrt"),
    of_double!("EXP", "numeric::exp"),
    of_double!("LN", "numeric::ln"),
    of_double!("LOG10", "numeric::log10"),
    of_double!("LOG2", "numeric::log2"),
    of_double!("SIN", "numeric::sin"),
    of_double!("COS", "numeric::cos"),
    of_double!("TAN", "numeric::tan"),
    of_double!("COT", "numeric::cot"),
    of_double!("ASIN", "numeric::asin"),
    of_double!("ACOS", "numeric::acos"),
    of_double!("ATAN", "numeric::atan"),
    of_double!("SINH", "numeric::sinh"),
    of_double!("COSH", "numeric::cosh"),
    of_double!("TANH", "numeric::tanh"),
    of_double!("DEGREES", "numeric::degrees"),
    of_double!("RADIANS", "numeric::radians"),
    Function { names: &["PI"], usage: "PI()", overloads: &[call("numeric::pi", &[], To::Double)] },
    Function { names: &["E"], usage: "E()", overloads: &[call("numeric::e", &[], To::Double)] },
    Function {
        names: &["RAND"],
        usage: "RAND([seed])",
        overloads: &[call("random::rand", &[], To::Double), call("random::rand_seeded", &[Int], To::Double)],
    },
    Function {
        names: &["RAND_INTEGER"],
        usage: "RAND_INTEGER([seed, ] bound)",
        overloads: &[
            call("random::rand_integer", &[Int], To::Int).fails(),
            call("random::rand_integer_seeded", &[Int, Int], To::Int).fails(),
        ],
    },
    Function {
        names: &["BIN"],
        usage: "BIN(integer)",
        overloads: &[call("numeric::bin", &[BigInt], To::Text).arena()],
    },
    Function {
        names: &["HEX"],
        usage: "HEX(integer) or HEX(text)",
        overloads: &[
            call("numeric::hex", &[BigInt], To::Text).arena(),
            call("digest::hex_text", &[Parameter::Text], To::Text).arena(),
        ],
    },
    Function {
        names: &["GREATEST"],
        usage: "GREATEST(value, value, ...)",
        overloads: &[call("compare::greatest", &[COMPARABLE], To::Common).variadic()],
    },
    Function {
        names: &["LEAST"],
        usage: "LEAST(value, value, ...)",
        overloads: &[call("compare::least", &[COMPARABLE], To::Common).variadic()],
    },
];
