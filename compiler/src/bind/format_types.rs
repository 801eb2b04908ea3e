//! Which types of columns a format can hold.

use super::{Bind, QueryBinder, Reported};
use crate::diagnostic::Diagnostic;
use crate::plan::Table;
use crate::types::{Family, Kind};
use sqlc_runtime::connector::options::FormatSpec;

/// Why a column cannot be of its type.
struct Refusal {
    code: &'static str,
    message: String,
    help: &'static str,
}

impl QueryBinder<'_> {
    /// Refuses the columns whose types the table's format cannot hold.
    pub(super) fn check_column_types(&mut self, table: &Table, format: Option<&FormatSpec>) -> Bind<()> {
        let mut failed = false;
        for index in table.physical() {
            let column = &table.columns[index];
            let Some(refusal) = refusal(&column.ty.kind, format.map_or("", |format| format.name)) else { continue };
            let diagnostic = Diagnostic::error(refusal.code, column.span, refusal.message).help(refusal.help);
            failed |= self.fail::<()>(diagnostic).is_err();
        }
        if failed { Err(Reported) } else { Ok(()) }
    }
}

fn refusal(kind: &Kind, format: &str) -> Option<Refusal> {
    if let Some(key) = key_that_is_no_text(kind) {
        let message = format!("a MAP with keys of {key} is not supported");
        return Some(Refusal { code: "unsupported-type", message, help: "use STRING for the keys" });
    }
    match format {
        "raw" if !is_raw(kind) => Some(Refusal {
            code: "unsupported-type",
            message: format!("format 'raw' cannot hold {kind}"),
            help: "declare the column as STRING or BYTES and take it apart with functions, or choose format 'json'",
        }),
        "csv" => csv_refusal(kind),
        _ => None,
    }
}

/// Flink's RawFormatFactory knows these.
fn is_raw(kind: &Kind) -> bool {
    use Family::*;
    matches!(kind.family(), Character | Binary | Boolean | Integer | Approximate)
}

/// Flink's CSV has no MAP; its nested ROWs, spread over array elements, are not read here.
fn csv_refusal(kind: &Kind) -> Option<Refusal> {
    let help = "declare its fields as columns of their own, or choose format 'json'";
    match kind {
        Kind::Map(..) => Some(Refusal {
            code: "unsupported-type",
            message: format!("format 'csv' cannot hold {kind}"),
            help: "choose format 'json'",
        }),
        Kind::Row(_) => {
            Some(Refusal { code: "not-supported", message: "a ROW in CSV is not supported yet".to_owned(), help })
        }
        Kind::Array(element) => csv_refusal(&element.kind),
        _ => None,
    }
}

/// The type of keys of a MAP in the type, if they are no text.
fn key_that_is_no_text(kind: &Kind) -> Option<&Kind> {
    match kind {
        Kind::Map(key, _) if key.kind.family() != Family::Character => Some(&key.kind),
        Kind::Map(_, value) => key_that_is_no_text(&value.kind),
        Kind::Array(element) => key_that_is_no_text(&element.kind),
        Kind::Row(fields) => fields.iter().find_map(|field| key_that_is_no_text(&field.ty.kind)),
        _ => None,
    }
}
