//! Paths such as `$.sensors[0]['the name']`.

use crate::error::ValueError;

#[derive(Debug, PartialEq, Eq)]
pub enum Step<'p> {
    Member(&'p str),
    /// From 0; negative ones count from the end.
    Element(i64),
}

/// The steps of a path, read one by one; `None` for what is no path at all. `lax` and `strict` make no difference to
/// the functions here, because an error and a missing value both give NULL.
pub fn steps(path: &str) -> Option<Steps<'_>> {
    let path = path.trim_matches(' ');
    let path = path.strip_prefix("lax ").or_else(|| path.strip_prefix("strict ")).unwrap_or(path).trim_start();
    if path.is_empty() {
        return None;
    }
    match path.strip_prefix('$') {
        Some(rest) if rest.is_empty() || rest.starts_with(['.', '[']) => Some(Steps { path, rest, first: false }),
        Some(_) => None,
        // A path may begin with a name.
        None => Some(Steps { path, rest: path, first: true }),
    }
}

pub struct Steps<'p> {
    path: &'p str,
    rest: &'p str,
    /// Whether a name may stand here without a point before it.
    first: bool,
}

impl<'p> Iterator for Steps<'p> {
    type Item = Result<Step<'p>, ValueError>;

    fn next(&mut self) -> Option<Self::Item> {
        let first = std::mem::take(&mut self.first);
        if self.rest.is_empty() {
            return None;
        }
        let step = self.step(first);
        if step.is_none() {
            self.rest = "";
        }
        let path = self.path;
        Some(step.ok_or_else(|| ValueError::new(format!("the JSON path {path:?} is not supported"))))
    }
}

impl<'p> Steps<'p> {
    fn step(&mut self, first: bool) -> Option<Step<'p>> {
        if let Some(inside) = self.rest.strip_prefix('[') {
            return self.bracket(inside);
        }
        let name = match self.rest.strip_prefix('.') {
            Some(name) => name,
            None if first => self.rest,
            None => return None,
        };
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let (name, rest) = name.split_at(end);
        self.rest = rest;
        let is_plain = !name.is_empty() && !name.contains(['*', '(', ')', '?', '@', '$', ' ']);
        is_plain.then_some(Step::Member(name))
    }

    fn bracket(&mut self, inside: &'p str) -> Option<Step<'p>> {
        let inside = inside.trim_start();
        let Some(quote @ ('\'' | '"')) = inside.chars().next() else {
            let (index, rest) = inside.split_once(']')?;
            self.rest = rest;
            return index.trim().parse().ok().map(Step::Element);
        };
        let quoted = &inside[1..];
        let end = quoted.find(quote)?;
        let name = &quoted[..end];
        self.rest = quoted[end + 1..].trim_start().strip_prefix(']')?;
        (!name.contains('\\')).then_some(Step::Member(name))
    }
}
