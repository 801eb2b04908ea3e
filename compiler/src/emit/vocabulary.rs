//! The only file that spells paths into the runtime. Everything else in `emit` asks for a word and gets it with its
//! `use` noted down for the file that is being written.

use proc_macro2::TokenStream;
use quote::quote;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// The one module whose name is that of a format, which a file may need too.
const JSON_FUNCTIONS: &str = "function::json";

/// The imports of one generated file.
#[derive(Debug, Default)]
pub struct Imports {
    /// Full path of every `use`, with the name it brings.
    paths: RefCell<BTreeSet<String>>,
}

impl Imports {
    /// A type, trait or constant of the runtime by its path below the crate: `error::Result` gives `Result`.
    pub fn item(&self, path: &str) -> TokenStream {
        self.note(format!("sqlc_runtime::{path}"));
        tokens(last(path))
    }

    /// A function of the runtime, spelled with its module: `function::text::upper` gives `text::upper`.
    pub fn function(&self, path: &str) -> TokenStream {
        let (module, name) = path.rsplit_once("::").unwrap_or(("", path));
        if module == JSON_FUNCTIONS {
            self.note(format!("sqlc_runtime::{module} as json_function"));
            return tokens(&format!("json_function::{name}"));
        }
        self.note(format!("sqlc_runtime::{module}"));
        tokens(&format!("{}::{name}", last(module)))
    }

    /// An item of the generated crate: `crate::tables::bid::Bid` gives `Bid`.
    pub fn local(&self, path: &str) -> TokenStream {
        self.note(path.to_owned());
        tokens(last(path))
    }

    fn note(&self, path: String) {
        self.paths.borrow_mut().insert(path);
    }

    /// One `use` per module, in the order of rustfmt.
    pub fn declarations(&self) -> TokenStream {
        let paths = self.paths.borrow();
        let mut modules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for path in paths.iter() {
            // A module that stands beside its own items is imported as `self`.
            let has_items = paths.iter().any(|other| other.rsplit_once("::").is_some_and(|(module, _)| module == path));
            let (module, name) = match path.rsplit_once("::") {
                _ if has_items => (path.as_str(), "self"),
                Some(parts) => parts,
                None => ("crate", path.as_str()),
            };
            modules.entry(module).or_default().push(name);
        }
        let mut uses: Vec<(String, TokenStream)> = modules
            .into_iter()
            .map(|(module, mut names)| {
                names.sort_by_key(|name| (*name != "self", name.starts_with(char::is_uppercase), *name));
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
