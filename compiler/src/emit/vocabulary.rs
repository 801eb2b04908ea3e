//! The only file that spells paths into the runtime. Everything else in `emit` asks for a word and gets it with its
//! `use` noted down for the file that is being written.

use proc_macro2::TokenStream;
use quote::quote;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// Modules of the runtime that generated code names: a table's module of the same name is imported under another one.
const MODULES: &[&str] = &[
    "cast",
    "collection",
    "comparison",
    "csv",
    "decimal",
    "error",
    "json",
    "job",
    "logic",
    "nothing",
    "numeric",
    "print",
    "raw",
    "regex",
    "row",
    "text",
    "time",
    "value",
];

/// The one module whose name is that of a format, which a file may need too.
const JSON_FUNCTIONS: &str = "sqlc_runtime::function::json";

/// The imports of one generated file.
#[derive(Debug, Default)]
pub struct Imports {
    /// Full path of every `use`, with the name it brings.
    paths: RefCell<BTreeMap<String, String>>,
    /// What the file itself defines.
    defined: RefCell<BTreeSet<String>>,
}

impl Imports {
    /// A type, trait or constant of the runtime by its path below the crate: `error::Result` gives `Result`.
    pub fn item(&self, path: &str) -> TokenStream {
        tokens(&self.note(format!("sqlc_runtime::{path}")))
    }

    /// A function of the runtime, spelled with its module: `function::text::upper` gives `text::upper`.
    pub fn function(&self, path: &str) -> TokenStream {
        let (module, name) = path.rsplit_once("::").unwrap_or(("", path));
        let module = self.note(format!("sqlc_runtime::{module}"));
        tokens(&format!("{module}::{name}"))
    }

    /// An item of the generated crate: `crate::tables::bid::Bid` gives `Bid`.
    pub fn local(&self, path: &str) -> TokenStream {
        tokens(&self.note(path.to_owned()))
    }

    /// The file defines an item of this name: what is imported must be called something else.
    pub fn define(&self, name: &str) {
        self.defined.borrow_mut().insert(name.to_owned());
    }

    /// The name of what is imported: its own, or a longer one if that is taken.
    fn note(&self, path: String) -> String {
        if let Some(known) = self.paths.borrow().get(&path) {
            return known.clone();
        }
        let own = last(&path);
        let is_taken = |name: &str| {
            let reserved = path.starts_with("crate::") && MODULES.contains(&name) || path == JSON_FUNCTIONS;
            let given = self.defined.borrow().contains(name) || self.paths.borrow().values().any(|known| known == name);
            given || reserved && name == own
        };
        let mut name = own.to_owned();
        let mut number = 1;
        while is_taken(&name) {
            name = longer(&path, number);
            number += 1;
        }
        self.paths.borrow_mut().insert(path, name.clone());
        name
    }

    /// One `use` per module, in the order of rustfmt.
    pub fn declarations(&self) -> TokenStream {
        let paths = self.paths.borrow();
        let mut modules: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (path, name) in paths.iter() {
            // A module that stands beside its own items is imported as `self`.
            let has_items = paths.keys().any(|other| other.rsplit_once("::").is_some_and(|(module, _)| module == path));
            let (module, own) = match path.rsplit_once("::") {
                _ if has_items => (path.as_str(), "self"),
                Some(parts) => parts,
                None => ("crate", path.as_str()),
            };
            let item = if name == last(path) { own.to_owned() } else { format!("{own} as {name}") };
            modules.entry(module).or_default().push(item);
        }
        let mut uses: Vec<(String, TokenStream)> = modules
            .into_iter()
            .map(|(module, mut names)| {
                names.sort_by_key(|name| (*name != "self", name.starts_with(char::is_uppercase), name.clone()));
                let path = tokens(module);
                let items: Vec<TokenStream> = names.iter().map(|name| tokens(name)).collect();
                match items.as_slice() {
                    [item] => (format!("{module}::{}", names[0]), quote!(use #path::#item;)),
                    items => (format!("{module}::{{"), quote!(use #path::{#(#items),*};)),
                }
            })
            .collect();
        uses.sort_by(|(one, _), (other, _)| one.cmp(other));
        uses.into_iter().map(|(_, tokens)| tokens).collect()
    }
}

/// Another name for what is imported: `json_table` for `crate::tables::json`, `CountRow` for `crate::tables::count::Count`.
fn longer(path: &str, number: u32) -> String {
    let own = last(path).trim_start_matches("r#");
    let number = if number == 1 { String::new() } else { number.to_string() };
    if own.starts_with(char::is_uppercase) {
        return format!("{own}Row{number}");
    }
    let above = path.rsplit("::").nth(1).unwrap_or("crate");
    format!("{own}_{}{number}", above.trim_end_matches('s'))
}

fn last(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

/// A path written in this file or in the function registry.
pub fn tokens(path: &str) -> TokenStream {
    path.parse().unwrap_or_else(|error| panic!("`{path}` is not Rust: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_called_the_same_is_imported_under_another_name() {
        let imports = Imports::default();
        imports.define("GroupByS");
        assert_eq!(imports.local("crate::tables::json").to_string(), "json_table");
        assert_eq!(imports.local("crate::tables::group_by_s::GroupByS").to_string(), "GroupBySRow");
        assert_eq!(imports.function("format::json::Encoder").to_string(), "json :: Encoder");
        assert_eq!(
            imports.declarations().to_string(),
            "use crate :: tables :: group_by_s :: GroupByS as GroupBySRow ; \
             use crate :: tables :: json as json_table ; \
             use sqlc_runtime :: format :: json ;"
        );
    }

    #[test]
    fn imports_are_grouped_by_module() {
        let imports = Imports::default();
        assert_eq!(imports.item("error::Result").to_string(), "Result");
        imports.item("error::Origin");
        assert_eq!(imports.function("function::json::value").to_string(), "json_function :: value");
        assert_eq!(imports.function("function::text::upper").to_string(), "text :: upper");
        assert_eq!(
            imports.declarations().to_string(),
            "use sqlc_runtime :: error :: { Origin , Result } ; use sqlc_runtime :: function :: { json as json_function , text } ;"
        );
        imports.item("error");
        imports.item("row::Codec");
        assert_eq!(
            imports.declarations().to_string(),
            "use sqlc_runtime :: error :: { self , Origin , Result } ; \
             use sqlc_runtime :: function :: { json as json_function , text } ; \
             use sqlc_runtime :: row :: Codec ;"
        );
    }
}
