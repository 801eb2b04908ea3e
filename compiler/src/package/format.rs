//! Tokens to the text of a source file: prettyplease for the code, then calls on one line where they fit, and blank lines
//! between items.

use super::join::join;
use proc_macro2::TokenStream;

/// A formatted file with its module documentation.
///
/// # Panics
/// If the tokens are no Rust file: that is a defect of `emit`, and the panic shows them.
pub fn format(docs: &[String], tokens: &TokenStream) -> String {
    let file: syn::File =
        syn::parse2(tokens.clone()).unwrap_or_else(|error| panic!("emitted code is not Rust: {error}\n{tokens}"));
    let code = separate(&join(&prettyplease::unparse(&file)));
    let mut text = String::new();
    for line in docs {
        text.push_str(if line.is_empty() { "//!" } else { "//! " });
        text.push_str(line);
        text.push('\n');
    }
    if !code.is_empty() {
        text.push('\n');
        text.push_str(&code);
    }
    text
}

/// Sets a blank line before every item that is not a `use` or `mod` line behind its like, and before every method.
fn separate(code: &str) -> String {
    let mut out: Vec<&str> = Vec::new();
    let mut before = Line::Start;
    let mut depth_before = 0;
    let mut was_mod = false;
    let mut is_constant = false;
    for line in code.lines() {
        let indent = line.len() - line.trim_start().len();
        let trimmed = line.trim_start();
        let now = Line::of(trimmed, indent);
        let wants_space = match now {
            Line::Item | Line::Attribute => before == Line::End || matches!(before, Line::Import),
            Line::Import => before == Line::End || (before == Line::Import && Line::is_mod(trimmed) != was_mod),
            _ => false,
        };
        was_mod = Line::is_mod(trimmed);
        let is_method = ["fn ", "///", "#["].iter().any(|start| trimmed.starts_with(start));
        let behind_constant = indent == 4 && is_method && is_constant;
        if (wants_space && indent <= depth_before.max(indent)) || behind_constant {
            out.push("");
        }
        out.push(line);
        is_constant = indent == 4 && (trimmed.starts_with("const ") || trimmed.starts_with("type "));
        before = match now {
            Line::Attribute => Line::Start,
            Line::Item if trimmed.ends_with(';') || trimmed.ends_with("{}") => {
                if Line::is_import(trimmed) {
                    Line::Import
                } else {
                    Line::End
                }
            }
            Line::Item => Line::Start,
            other => other,
        };
        depth_before = indent;
    }
    let mut text = out.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Start,
    Import,
    Item,
    Attribute,
    Statement,
    /// The last line of an item.
    End,
}

impl Line {
    fn of(trimmed: &str, indent: usize) -> Line {
        if indent > 4 {
            return Line::Statement;
        }
        if Line::is_import(trimmed) && indent == 0 {
            return Line::Import;
        }
        if trimmed == "}" || trimmed == "};" || trimmed == ")" {
            return Line::End;
        }
        if trimmed.starts_with("///") || trimmed.starts_with("#[") {
            return Line::Attribute;
        }
        let starts = ["fn ", "pub fn ", "pub struct ", "struct ", "impl", "pub const "];
        if starts.iter().any(|start| trimmed.starts_with(start)) {
            return Line::Item;
        }
        Line::Statement
    }

    fn is_import(trimmed: &str) -> bool {
        trimmed.starts_with("use ") || Line::is_mod(trimmed)
    }

    fn is_mod(trimmed: &str) -> bool {
        trimmed.starts_with("mod ") || trimmed.starts_with("pub mod ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    #[test]
    fn files_read_like_written_by_hand() {
        let tokens = quote! {
            use a::b;
            use a::c;
            mod d;
            #[doc = " A thing."]
            pub struct Thing { pub a: i32 }
            impl Thing {
                pub fn new() -> Self { Thing { a: 1 } }
                #[doc = " Adds."]
                pub fn add(&mut self) {
                    #[comment = " cell 1, line 2: a + 1"]
                    let a = self.a + 1;
                    self.a = a;
                }
            }
        };
        let expected = "\
//! What it is.

use a::b;
use a::c;

mod d;

/// A thing.
pub struct Thing {
    pub a: i32,
}

impl Thing {
    pub fn new() -> Self {
        Thing { a: 1 }
    }

    /// Adds.
    pub fn add(&mut self) {
        // cell 1, line 2: a + 1
        let a = self.a + 1;
        self.a = a;
    }
}
";
        assert_eq!(format(&["What it is.".to_owned()], &tokens), expected);
    }
}
