//! The scalar functions there are: names, signatures, result types, and how generated code calls them.
//!
//! Operators of the language (arithmetic, comparison, AND, CASE, CAST, COALESCE) are expressions of their own in
//! the plan; aggregate functions and window functions are known to `bind`. What a function computes is
//! left to the runtime.
//!
//! A new function is an entry in the table of its family, here, and a Rust function in the runtime's module of the
//! same name. Entries say what Flink says; what they cannot say (a syntax of its own) is left to `parse` and `bind`.

mod digest;
mod json;
mod numeric;
mod text;
mod time;

use crate::types::{Family, Kind, Type};

/// A function by its SQL names, the usual one first.
#[derive(Debug)]
pub struct Function {
    pub names: &'static [&'static str],
    /// Tried in order; the first whose parameters accept the arguments is taken.
    pub overloads: &'static [Overload],
    /// `SUBSTRING(text, start [, length])`, for messages.
    pub usage: &'static str,
}

/// One signature of a function.
#[derive(Debug)]
pub struct Overload {
    pub parameters: &'static [Parameter],
    /// Whether the last parameter may be given any number of times more.
    pub variadic: bool,
    pub result: ResultType,
    pub nullability: Nullability,
    pub call: RustCall,
}

/// What an argument may be. An argument of the right family is passed as it is unless `kind` demands a cast.
#[derive(Clone, Copy, Debug)]
pub enum Parameter {
    /// Any of these families, passed in its own type.
    Any(&'static [Family]),
    /// INT: narrower integers are widened; a BIGINT is refused.
    Int,
    BigInt,
    Double,
    /// DECIMAL of its own precision and scale; integers become decimals.
    Decimal,
    /// CHAR, VARCHAR or STRING.
    Text,
    Bytes,
    Boolean,
    Date,
    /// TIMESTAMP of any precision (TIMESTAMP_LTZ is converted by the session zone, DATE is midnight).
    Timestamp,
    TimestampLtz,
    /// A literal word that is not a value: a time unit. Passed as a variant of the runtime's `time::Unit`.
    Unit,
    /// A unit of a day or longer.
    DateUnit,
    /// A unit shorter than a day.
    ClockUnit,
}

/// The type of a result. Nullability comes from [`Nullability`].
#[derive(Clone, Copy, Debug)]
pub enum ResultType {
    Boolean,
    Int,
    BigInt,
    Double,
    /// STRING.
    Text,
    Bytes,
    Date,
    Time(u8),
    Timestamp(u8),
    TimestampLtz(u8),
    /// The kind of argument `0`.
    Argument(usize),
    /// The common type of all arguments, to which they are cast.
    Common,
    /// Anything else. Gets the arguments' types.
    Rule(fn(&[Type]) -> Kind),
    /// What depends on the values of integer literals, too: they are handed in, `None` for everything else.
    Literals(fn(&[Type], &[Option<i64>]) -> Kind),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nullability {
    /// NULL if an argument is NULL, and then only.
    Arguments,
    /// May be NULL whatever the arguments are.
    Always,
    /// Never NULL.
    Never,
}

/// How generated code calls the runtime.
#[derive(Clone, Copy, Debug)]
pub struct RustCall {
    /// Below `sqlc_runtime::function`: `text::upper`.
    pub path: &'static str,
    /// What is passed before the SQL arguments, in this order.
    pub before: &'static [Extra],
    /// What is passed behind them, in this order.
    pub after: &'static [Extra],
    /// Whether it returns `Result<_, ValueError>`.
    pub fails: bool,
    /// Whether it returns an `Option`, inside the `Result` if it fails.
    pub optional: bool,
    /// Whether it takes `Option`s and decides itself what NULL means. Otherwise it is called only when no
    /// argument is NULL.
    pub sees_null: bool,
    /// The first of the SQL arguments that are passed as one slice, to the last.
    pub slice: Option<usize>,
}

/// An argument that is not in the SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// `&Arena`, where new texts are made.
    Arena,
    /// The session time zone.
    Zone,
    /// The time of the row (`Timestamp`, an instant).
    Now,
    /// The scale of SQL argument `i` as `u8`.
    Scale(usize),
    /// The precision of SQL argument `i` as `u8`.
    Precision(usize),
    /// Precision and scale of the result as two `u8`.
    ResultDecimal,
    /// The length of the result's CHAR or VARCHAR as `usize`.
    ResultLength,
    /// A time unit by its keyword, as if it had been an argument.
    Unit(&'static str),
}

/// The tables, one a family.
const FAMILIES: [&[Function]; 5] =
    [numeric::FUNCTIONS, text::FUNCTIONS, time::FUNCTIONS, json::FUNCTIONS, digest::FUNCTIONS];

/// The function of a name in capitals. Operators that are calls are found by their sign: `||`, `LIKE`.
pub fn find(name: &str) -> Option<&'static Function> {
    all().find(|function| function.names.contains(&name))
}

/// Every function.
pub fn all() -> impl Iterator<Item = &'static Function> {
    FAMILIES.iter().copied().flatten()
}

/// The names a user may write, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    let written = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    all().flat_map(|function| function.names.iter().copied()).filter(written)
}

/// The variant of the runtime's `time::Unit` for a keyword.
pub fn unit(keyword: &str) -> Option<&'static str> {
    const UNITS: [(&str, &str); 19] = [
        ("MILLENNIUM", "Millennium"),
        ("CENTURY", "Century"),
        ("DECADE", "Decade"),
        ("YEAR", "Year"),
        ("ISOYEAR", "IsoYear"),
        ("QUARTER", "Quarter"),
        ("MONTH", "Month"),
        ("WEEK", "Week"),
        ("DAY", "Day"),
        ("DOY", "DayOfYear"),
        ("DOW", "DayOfWeek"),
        ("ISODOW", "IsoDayOfWeek"),
        ("HOUR", "Hour"),
        ("MINUTE", "Minute"),
        ("SECOND", "Second"),
        ("MILLISECOND", "Millisecond"),
        ("MICROSECOND", "Microsecond"),
        ("NANOSECOND", "Nanosecond"),
        ("EPOCH", "Epoch"),
    ];
    UNITS.iter().find(|(known, _)| *known == keyword).map(|(_, variant)| *variant)
}

impl Parameter {
    /// Whether a time unit may stand here.
    pub fn takes_unit(self, keyword: &str) -> bool {
        let is_short = matches!(keyword, "HOUR" | "MINUTE" | "SECOND" | "MILLISECOND" | "MICROSECOND" | "NANOSECOND");
        match self {
            Parameter::Unit => true,
            Parameter::DateUnit => !is_short,
            Parameter::ClockUnit => is_short,
            _ => false,
        }
    }
}

/// A signature whose function is called only without NULLs, and then always gives a value.
const fn call(path: &'static str, parameters: &'static [Parameter], result: ResultType) -> Overload {
    let call = RustCall { path, before: &[], after: &[], fails: false, optional: false, sees_null: false, slice: None };
    Overload { parameters, variadic: false, result, nullability: Nullability::Arguments, call }
}

impl Overload {
    /// Takes the arena first.
    const fn arena(self) -> Overload {
        self.before(&[Extra::Arena])
    }

    const fn before(mut self, extras: &'static [Extra]) -> Overload {
        self.call.before = extras;
        self
    }

    const fn after(mut self, extras: &'static [Extra]) -> Overload {
        self.call.after = extras;
        self
    }

    /// Returns a `Result`.
    const fn fails(mut self) -> Overload {
        self.call.fails = true;
        self
    }

    /// Returns an `Option`.
    const fn optional(mut self) -> Overload {
        self.call.optional = true;
        self.nullability = Nullability::Always;
        self
    }

    /// Always gives a value, but Flink calls its result nullable.
    const fn nullable(mut self) -> Overload {
        self.nullability = Nullability::Always;
        self
    }

    /// Takes `Option`s. Never NULL itself, unless it is optional.
    const fn sees_null(mut self) -> Overload {
        self.call.sees_null = true;
        if !self.call.optional {
            self.nullability = Nullability::Never;
        }
        self
    }

    /// Its last parameter may be repeated, and is passed as a slice.
    const fn variadic(mut self) -> Overload {
        self.variadic = true;
        self.call.slice = Some(self.parameters.len() - 1);
        self
    }
}

#[cfg(test)]
mod tests;
