//! Keeps what the statements so far have declared: tables, views and settings, found again by name.
//!
//! It leaves to `bind` what a declaration means and whether it is right; it knows no query beyond the tree of a view.

pub mod settings;

use crate::diagnostic::nearest;
use crate::plan::Table;
use crate::syntax::{CreateView, ObjectName};
use crate::text::Span;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The catalog that there is without asking.
pub const DEFAULT_CATALOG: &str = "default_catalog";
/// The database that there is without asking.
pub const DEFAULT_DATABASE: &str = "default_database";

/// What is declared at one point of the notebook.
#[derive(Debug, Default)]
pub struct Catalog {
    permanent: BTreeMap<String, Object>,
    /// Temporary objects hide permanent ones of the same name, as in Flink.
    temporary: BTreeMap<String, Object>,
    pub settings: settings::Settings,
    next: usize,
}

/// A table or view under its name.
#[derive(Clone, Debug)]
pub struct Object {
    pub kind: ObjectKind,
    /// Where its name was written.
    pub span: Span,
    /// Distinguishes it from an object of the same name declared after it was dropped.
    pub number: usize,
    /// Whether the catalog folder declares it, not the notebook.
    pub inherited: bool,
}

#[derive(Clone, Debug)]
pub enum ObjectKind {
    Table(Rc<Table>),
    View(Rc<CreateView>),
    /// Declared with mistakes that are reported already: its uses say nothing more.
    Broken {
        is_view: bool,
    },
}

impl Object {
    /// `table` or `view`, for messages.
    pub fn noun(&self) -> &'static str {
        match self.kind {
            ObjectKind::Table(_) | ObjectKind::Broken { is_view: false } => "table",
            ObjectKind::View(_) | ObjectKind::Broken { is_view: true } => "view",
        }
    }
}

impl Catalog {
    /// The object of that name, a temporary one first.
    pub fn find(&self, name: &str) -> Option<&Object> {
        self.temporary.get(name).or_else(|| self.permanent.get(name))
    }

    /// The object that a declaration of that name would collide with.
    pub fn find_exact(&self, name: &str, temporary: bool) -> Option<&Object> {
        self.space(temporary).get(name)
    }

    /// Declares an object, in place of one of the same name and permanence.
    pub fn declare(&mut self, name: &str, temporary: bool, inherited: bool, span: Span, kind: ObjectKind) {
        let number = self.next;
        self.next += 1;
        let space = if temporary { &mut self.temporary } else { &mut self.permanent };
        space.insert(name.to_owned(), Object { kind, span, number, inherited });
    }

    pub fn remove(&mut self, name: &str, temporary: bool) {
        let space = if temporary { &mut self.temporary } else { &mut self.permanent };
        space.remove(name);
    }

    /// The name nearest to one that does not exist.
    pub fn nearest(&self, name: &str) -> Option<String> {
        nearest(name, self.names()).map(str::to_owned)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.temporary.keys().chain(self.permanent.keys()).map(String::as_str)
    }

    fn space(&self, temporary: bool) -> &BTreeMap<String, Object> {
        if temporary { &self.temporary } else { &self.permanent }
    }
}

/// Whether the catalog and database in front of a name are the ones there are. The first that is not is returned.
pub fn foreign_qualifier(name: &ObjectName) -> Option<&crate::syntax::Ident> {
    let expected: &[&str] = match name.qualifiers().len() {
        0 => &[],
        1 => &[DEFAULT_DATABASE],
        _ => &[DEFAULT_CATALOG, DEFAULT_DATABASE],
    };
    let qualifiers = name.qualifiers();
    if qualifiers.len() > expected.len() {
        return qualifiers.first();
    }
    qualifiers.iter().zip(expected).find(|(ident, expected)| ident.value != **expected).map(|(ident, _)| ident)
}
