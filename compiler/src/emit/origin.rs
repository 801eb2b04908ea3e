//! Places in the user's text, as generated code names them.

use super::vocabulary::Imports;
use crate::text::{FileId, Sources, Span};
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use std::path::Path;

/// The longest piece of SQL that a comment repeats, in characters.
const COMMENT_WIDTH: usize = 96;

/// Turns spans into `Origin`s and comments.
pub struct Origins<'e> {
    sources: &'e Sources,
    /// The file whose cells are named without it.
    notebook: FileId,
}

impl<'e> Origins<'e> {
    pub fn new(sources: &'e Sources, notebook: FileId) -> Self {
        Origins { sources, notebook }
    }

    /// `Origin::new(2, 3)`.
    pub fn of(&self, span: Span, imports: &Imports) -> TokenStream {
        let origin = imports.item("error::Origin");
        let place = self.sources.origin(span);
        let (cell, line) = (Literal::u32_unsuffixed(place.cell), Literal::u32_unsuffixed(place.line));
        match self.catalog_file(span) {
            Some(file) => quote!(#origin::in_file(#file, #cell, #line)),
            None => quote!(#origin::new(#cell, #line)),
        }
    }

    /// `cell 2, line 3`.
    pub fn place(&self, span: Span) -> String {
        let origin = self.sources.origin(span);
        match self.catalog_file(span) {
            Some(file) => format!("{file}, cell {}, line {}", origin.cell, origin.line),
            None => format!("cell {}, line {}", origin.cell, origin.line),
        }
    }

    /// `cell 2, line 3: SELECT status FROM sensor_data`, on one line and shortened.
    pub fn comment(&self, span: Span) -> String {
        format!("{}: {}", self.place(span), self.sql(span))
    }

    /// The user's own words on one line, shortened.
    pub fn sql(&self, span: Span) -> String {
        let text = one_line(self.sources.text(span));
        if text.chars().count() <= COMMENT_WIDTH {
            return text;
        }
        let mut short: String = text.chars().take(COMMENT_WIDTH).collect();
        if let Some(space) = short.rfind(' ') {
            short.truncate(space);
        }
        short + " ..."
    }

    /// The number of the cell in its file.
    pub fn cell(&self, span: Span) -> u32 {
        self.sources.origin(span).cell
    }

    /// What a file of the catalog is called seen from the notebook; where the notebook lies must not show in the crate.
    fn catalog_file(&self, span: Span) -> Option<&str> {
        let file = self.sources.cell(span.cell).file;
        (file != self.notebook).then(|| seen_from(self.sources.file_name(self.notebook), self.sources.file_name(file)))
    }
}

/// Text that a line comment can hold: without line ends, and without characters that turn the direction of what follows.
pub fn one_line(text: &str) -> String {
    let turns = |character: char| matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = text.replace(|character: char| character.is_control() || turns(character), " ");
    plain.split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// `catalog/sensors.sql` of `/home/user/notes/catalog/sensors.sql`, seen from a notebook in `notes` or anywhere else.
fn seen_from<'p>(notebook: &str, file: &'p str) -> &'p str {
    let folder = Path::new(notebook).parent().unwrap_or(Path::new(""));
    if let Ok(inside) = Path::new(file).strip_prefix(folder)
        && inside.is_relative()
        && let Some(inside) = inside.to_str()
    {
        return inside;
    }
    let second = file.rmatch_indices(['/', '\\']).nth(1);
    second.map_or(file, |(at, _)| &file[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_the_machine_do_not_show() {
        assert_eq!(seen_from("/home/me/a.sql", "/home/me/catalog/b.sql"), "catalog/b.sql");
        assert_eq!(seen_from("a.sql", "catalog/b.sql"), "catalog/b.sql");
        assert_eq!(seen_from("a.sql", "/home/me/catalog/b.sql"), "catalog/b.sql");
        assert_eq!(seen_from("/home/me/a.sql", "../tables/b.sql"), "tables/b.sql");
    }
}
