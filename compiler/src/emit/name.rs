//! Names of generated items, made from the names that the user gave. The user's name always wins; what would not be
//! Rust is changed as little as possible.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use std::collections::BTreeSet;

/// Words that the prelude, the runtime's vocabulary or the language already use in generated files.
const TAKEN: &[&str] = &[
    "Aggregation",
    "App",
    "Arena",
    "Assigner",
    "At",
    "Avg",
    "Box",
    "Bytes",
    "Changelog",
    "Clock",
    "Codec",
    "Column",
    "CombinedWatermark",
    "Context",
    "Copy",
    "Clone",
    "Count",
    "Date",
    "Debug",
    "Decimal",
    "DecimalAvg",
    "Default",
    "Distinct",
    "DoubleKey",
    "Drop",
    "Element",
    "Eq",
    "Err",
    "Error",
    "FloatKey",
    "Fn",
    "From",
    "GroupAggregate",
    "GroupOutput",
    "Hash",
    "Inputs",
    "Into",
    "Iterator",
    "Keyed",
    "Max",
    "Message",
    "Millis",
    "Min",
    "Months",
    "None",
    "Ok",
    "Option",
    "Ord",
    "Origin",
    "PartialEq",
    "PartitionKey",
    "Pipeline",
    "Port",
    "Provenance",
    "ReaderEvent",
    "Result",
    "RowKind",
    "Scan",
    "SelectWriter",
    "Self",
    "Send",
    "SessionAggregate",
    "SinkWriter",
    "Some",
    "SourceId",
    "String",
    "Sum",
    "Sync",
    "Table",
    "TableRow",
    "Text",
    "Time",
    "Timestamp",
    "ToString",
    "Vec",
    "Visit",
    "Watermark",
    "Window",
    "WindowAggregate",
    "WindowTable",
    "Wiring",
];

/// Words that no module can be called: keywords that cannot be escaped, crates, primitive types, and `mod.rs`.
const TAKEN_MODULES: &[&str] = &[
    "_",
    "alloc",
    "bool",
    "char",
    "core",
    "crate",
    "f32",
    "f64",
    "i128",
    "i16",
    "i32",
    "i64",
    "i8",
    "mod",
    "self",
    "sqlc_kinesis",
    "sqlc_object_store",
    "sqlc_runtime",
    "std",
    "str",
    "super",
    "u16",
    "u32",
    "u64",
    "u8",
    "usize",
];

/// The longest name that is made, in bytes: file names have bounds.
const LONGEST: usize = 100;

/// Names already given in one scope.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// `wanted`, or `wanted_2` and so on if that is given already.
    pub fn unique(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.0.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        name
    }

    /// The name of a module, which is a file too. `suffix` tells it from words that it must not be.
    pub fn module(&mut self, wanted: &str, suffix: &str, must_not_be: impl Fn(&str) -> bool) -> String {
        let wanted = &wanted[..wanted.len().min(LONGEST)];
        if TAKEN_MODULES.contains(&wanted) || must_not_be(wanted) {
            return self.unique(&format!("{wanted}_{suffix}"));
        }
        self.unique(wanted)
    }

    pub fn reserve(&mut self, name: &str) {
        self.0.insert(name.to_owned());
    }
}

/// `snake_case`, as fields, variables, functions and modules have it.
pub fn snake(name: &str) -> String {
    let words = words(name);
    let joined = words.join("_").to_lowercase();
    start_with_letter(joined, "column")
}

/// `CamelCase`, as types have it.
pub fn camel(name: &str) -> String {
    let joined: String = words(name)
        .iter()
        .map(|word| {
            let mut characters = word.chars();
            match characters.next() {
                Some(first) => first.to_uppercase().chain(characters.flat_map(char::to_lowercase)).collect::<String>(),
                None => String::new(),
            }
        })
        .collect();
    let name = start_with_letter(joined, "Table");
    match TAKEN.contains(&name.as_str()) {
        // `TableRow` is taken too.
        true if TAKEN.contains(&format!("{name}Row").as_str()) => format!("{name}Record"),
        true => format!("{name}Row"),
        false => name,
    }
}

/// An identifier, raw where the word is a keyword of Rust.
pub fn ident(name: &str) -> Ident {
    // `gen` is a keyword since the edition of 2024, which syn does not know.
    if syn::parse_str::<Ident>(name).is_ok() && name != "gen" {
        Ident::new(name, Span::call_site())
    } else if matches!(name, "self" | "super" | "crate" | "Self") || name == "_" {
        format_ident!("{}_", name)
    } else {
        Ident::new_raw(name, Span::call_site())
    }
}

/// Splits at everything that is not a letter or digit and where a capital follows a small letter. Letters beyond
/// ASCII are dropped if they are not allowed in identifiers.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for character in name.chars() {
        if !character.is_ascii_alphanumeric() {
            words.push(String::new());
        } else {
            if character.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
                words.push(String::new());
            }
            words.last_mut().expect("there is a word").push(character);
        }
        before = character;
    }
    words.retain(|word| !word.is_empty());
    words
}

fn start_with_letter(name: String, otherwise: &str) -> String {
    match name.chars().next() {
        None => otherwise.to_owned(),
        Some(first) if first.is_ascii_digit() => format!("{}_{name}", otherwise.to_lowercase()),
        Some(_) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_rust() {
        assert_eq!(snake("current_temperature"), "current_temperature");
        assert_eq!(snake("eventTime"), "event_time");
        assert_eq!(snake("EXPR$0"), "expr_0");
        assert_eq!(snake("größe"), "gr_e");
        assert_eq!(snake("2nd"), "column_2nd");
        assert_eq!(camel("sensor_data"), "SensorData");
        assert_eq!(camel("window"), "WindowRow");
        assert_eq!(ident("type").to_string(), "r#type");
        assert_eq!(ident("self").to_string(), "self_");
    }

    #[test]
    fn names_stay_unique() {
        let mut names = Names::default();
        assert_eq!(names.unique("a"), "a");
        assert_eq!(names.unique("a"), "a_2");
        assert_eq!(names.module("a", "table", |_| false), "a_3");
        assert_eq!(names.module("b", "table", |name| name == "b"), "b_table");
        assert_eq!(names.module("mod", "table", |_| false), "mod_table");
        assert_eq!(names.module(&"x".repeat(300), "table", |_| false).len(), 100);
    }
}
