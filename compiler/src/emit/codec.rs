//! How a column is read from and written to a format: the method for its type, with what the method must know.

use crate::plan::Table;
use crate::types::Kind;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};

/// A format as generated code depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json(Standard),
    Csv,
    Raw,
    /// Flink's printed form, of the `print` connector and of SELECT.
    Print,
    /// Nothing is encoded.
    None,
}

/// `json.timestamp-format.standard`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    Sql,
    Iso,
    IsoWithOffset,
}

impl Format {
    /// The format of a table, as `bind` has accepted it.
    pub fn of(table: &Table) -> Format {
        match table.option("connector") {
            // Generated rows come as JSON lines in the default form.
            Some("datagen") => return Format::Json(Standard::Sql),
            Some("print") => return Format::Print,
            Some("blackhole") => return Format::None,
            _ => {}
        }
        match table.option("format").or(table.option("value.format")) {
            Some("csv") => Format::Csv,
            Some("raw") => Format::Raw,
            _ => Format::Json(match table.option("json.timestamp-format.standard") {
                Some("ISO-8601") => Standard::Iso,
                Some("ISO-8601-WITH-OFFSET") => Standard::IsoWithOffset,
                _ => Standard::Sql,
            }),
        }
    }

    /// The runtime's module of the format.
    pub fn module(self) -> &'static str {
        match self {
            Format::Json(_) => "json",
            Format::Csv => "csv",
            Format::Raw => "raw",
            Format::Print => "print",
            Format::None => "nothing",
        }
    }
}

/// The call that reads or writes a value of a kind: method name and further arguments.
pub struct Method {
    pub name: Ident,
    pub arguments: Vec<TokenStream>,
}

fn method(name: &str, arguments: Vec<TokenStream>) -> Method {
    Method { name: format_ident!("{name}"), arguments }
}

fn number(value: u8) -> TokenStream {
    let value = Literal::u8_unsuffixed(value);
    quote!(#value)
}

fn timestamp_name(local: bool, standard: Standard) -> String {
    let standard = match standard {
        Standard::Sql => "sql",
        Standard::Iso => "iso",
        Standard::IsoWithOffset => "iso_offset",
    };
    if local { format!("timestamp_ltz_{standard}") } else { format!("timestamp_{standard}") }
}

/// The method of a format's `Value` that reads a kind, closures for what is nested included.
pub fn reader(kind: &Kind, format: Format, row: &dyn Fn(&Kind) -> TokenStream) -> Method {
    let standard = match format {
        Format::Json(standard) => standard,
        _ => Standard::Sql,
    };
    let nested = |element: &Kind| {
        let Method { name, arguments } = reader(element, format, row);
        quote!(|element| element.#name(#(#arguments),*))
    };
    match kind {
        Kind::Decimal { precision, scale } => method("decimal", vec![number(*precision), number(*scale)]),
        Kind::Time(precision) => method("time", vec![number(*precision)]),
        Kind::Timestamp(precision) => method(&timestamp_name(false, standard), vec![number(*precision)]),
        Kind::TimestampLtz(precision) => method(&timestamp_name(true, standard), vec![number(*precision)]),
        Kind::Binary(_) | Kind::VarBinary(_) if format == Format::Raw => method("bytes", Vec::new()),
        Kind::Array(element) => method("array", vec![nested(&element.kind)]),
        Kind::Map(_, value) => method("map", vec![nested(&value.kind)]),
        Kind::Row(_) => {
            // Rust infers the row's struct from the field; asking for its name is what has it written.
            row(kind);
            method("row", Vec::new())
        }
        _ => method(plain_name(kind), Vec::new()),
    }
}

/// The method of a format's writer for a kind; the value goes before the arguments.
pub fn writer(kind: &Kind, format: Format) -> Method {
    let nested = |element: &Kind| {
        let Method { name, arguments } = writer(element, format);
        // A ROW is written from where it stands.
        let borrow = matches!(element, Kind::Row(_)).then(|| quote!(.as_ref()));
        quote!(|place, element| place.#name(element #borrow #(, #arguments)*))
    };
    match kind {
        Kind::Decimal { scale, .. } => method("decimal", vec![number(*scale)]),
        Kind::Timestamp(_) | Kind::TimestampLtz(_) => {
            let local = matches!(kind, Kind::TimestampLtz(_));
            match format {
                Format::Json(standard) => method(&timestamp_name(local, standard), Vec::new()),
                _ => method(if local { "timestamp_ltz" } else { "timestamp" }, Vec::new()),
            }
        }
        Kind::Binary(_) | Kind::VarBinary(_) if matches!(format, Format::Print | Format::Raw) => {
            method("bytes", Vec::new())
        }
        Kind::Array(element) => method("array", vec![nested(&element.kind)]),
        Kind::Map(_, value) => method("map", vec![nested(&value.kind)]),
        _ => method(plain_name(kind), Vec::new()),
    }
}

fn plain_name(kind: &Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::TinyInt => "tinyint",
        Kind::SmallInt => "smallint",
        Kind::Int => "integer",
        Kind::BigInt => "bigint",
        Kind::Float => "float",
        Kind::Double => "double",
        Kind::Char(_) | Kind::VarChar(_) => "text",
        Kind::Binary(_) | Kind::VarBinary(_) => "bytes_base64",
        Kind::Date => "date",
        Kind::Time(_) => "time",
        Kind::Row(_) => "row",
        Kind::YearMonthInterval => "months",
        Kind::DayTimeInterval => "millis",
        _ => "null",
    }
}
