//! Names of generated items, made from the names that the user gave. The user's name always wins; what would not be
//! Rust is changed as little as possible.

use proc_macro2::{Ident, Span};
use quote::format_ident;
use std::collections::BTreeSet;

/// Words that the prelude, the runtime's vocabulary or the language already use in generated files.
const TAKEN: &[&str] = &[
    "App",
    "Arena",
    "At",
    "Box",
    "Changelog",
    "Clock",
    "Codec",
    "Column",
    "Context",
    "Default",
    "Date",
    "Decimal",
    "Element",
    "Err",
    "Error",
    "Keyed",
    "Message",
    "Millis",
    "Months",
    "None",
    "Ok",
    "Option",
    "Origin",
    "Pipeline",
    "Port",
    "Provenance",
    "ReaderEvent",
    "Result",
    "RowKind",
    "Scan",
    "Self",
    "SelectWriter",
    "SinkWriter",
    "Some",
    "SourceId",
    "String",
    "Table",
    "TableRow",
    "Time",
    "Timestamp",
    "Vec",
    "Window",
    "WindowAggregate",
    "Wiring",
];

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
    if TAKEN.contains(&name.as_str()) { format!("{name}Row") } else { name }
}

/// An identifier, raw where the word is a keyword of Rust.
pub fn ident(name: &str) -> Ident {
    if syn::parse_str::<Ident>(name).is_ok() {
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
    }
}
