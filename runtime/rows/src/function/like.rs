//! LIKE and SIMILAR TO.
//!
//! Without ESCAPE there is no escape character: a backslash is a backslash.

use super::regex;
use crate::error::ValueError;
use memchr::memmem;
use std::cell::RefCell;
use std::fmt::Write;

/// A LIKE pattern taken apart, so that rows need not.
#[derive(Clone, Debug)]
pub struct Pattern {
    shape: Shape,
}

#[derive(Clone, Debug)]
enum Shape {
    Exact(Box<str>),
    Prefix(Box<str>),
    Suffix(Box<str>),
    Contains(Box<str>),
    Any(Box<[Item]>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    /// `%`
    Many,
    /// `_`
    One,
    Character(char),
}

impl Pattern {
    /// Fails where the escape character is not followed by `%`, `_` or itself.
    pub fn new(pattern: &str, escape: Option<&str>) -> Result<Pattern, ValueError> {
        let escape = match escape {
            Some(escape) => {
                let mut characters = escape.chars();
                match (characters.next(), characters.next()) {
                    (Some(c), None) => Some(c),
                    _ => return Err(ValueError::new(format!("the escape character {escape:?} is not one character"))),
                }
            }
            None => None,
        };
        let mut items = Vec::new();
        let mut characters = pattern.chars();
        while let Some(c) = characters.next() {
            items.push(if Some(c) == escape {
                match characters.next() {
                    Some(next) if next == '%' || next == '_' || Some(next) == escape => Item::Character(next),
                    _ => return Err(ValueError::new(format!("{pattern:?} has an invalid escape sequence"))),
                }
            } else if c == '%' {
                Item::Many
            } else if c == '_' {
                Item::One
            } else {
                Item::Character(c)
            });
        }
        items.dedup_by(|next, previous| *next == Item::Many && *previous == Item::Many);
        Ok(Pattern { shape: shape(items) })
    }

    pub fn matches(&self, text: &str) -> bool {
        match &self.shape {
            Shape::Exact(expected) => text == &**expected,
            Shape::Prefix(prefix) => text.starts_with(&**prefix),
            Shape::Suffix(suffix) => text.ends_with(&**suffix),
            Shape::Contains(part) => memmem::find(text.as_bytes(), part.as_bytes()).is_some(),
            Shape::Any(items) => matches(text, items),
        }
    }
}

fn shape(items: Vec<Item>) -> Shape {
    let literal = |items: &[Item]| -> Option<Box<str>> {
        let characters = items.iter().map(|item| match item {
            Item::Character(c) => Some(*c),
            _ => None,
        });
        characters.collect::<Option<String>>().map(String::into_boxed_str)
    };
    if let Some(text) = literal(&items) {
        return Shape::Exact(text);
    }
    let simple = match items.as_slice() {
        [Item::Many, middle @ .., Item::Many] => literal(middle).map(Shape::Contains),
        [Item::Many, rest @ ..] => literal(rest).map(Shape::Suffix),
        [rest @ .., Item::Many] => literal(rest).map(Shape::Prefix),
        _ => None,
    };
    simple.unwrap_or_else(|| Shape::Any(items.into_boxed_slice()))
}

/// Goes back only to the last `%`: what earlier ones took need not change.
fn matches(text: &str, items: &[Item]) -> bool {
    let (mut rest, mut at) = (text.chars(), 0);
    let mut retry = None;
    loop {
        let before = rest.clone();
        match (items.get(at), rest.next()) {
            (None, None) => return true,
            (Some(Item::Many), _) => {
                rest = before.clone();
                at += 1;
                retry = Some((before, at));
            }
            (Some(Item::One), Some(_)) => at += 1,
            (Some(Item::Character(expected)), Some(c)) if *expected == c => at += 1,
            _ => {
                // The last `%` takes one character more.
                let Some((from, then)) = &mut retry else { return false };
                if from.next().is_none() {
                    return false;
                }
                rest = from.clone();
                at = *then;
            }
        }
    }
}

/// How many patterns a thread keeps.
const KEPT: usize = 64;

/// A pattern taken apart, with the text and the escape character it was made of.
struct Kept {
    text: Box<str>,
    escape: Option<Box<str>>,
    pattern: Pattern,
}

thread_local! {
    /// Generated code passes the same text with every row.
    static PATTERNS: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// `text LIKE pattern`.
pub fn like(text: &str, pattern: &str) -> Result<bool, ValueError> {
    matches_kept(text, pattern, None)
}

/// `text LIKE pattern ESCAPE escape`.
pub fn like_escape(text: &str, pattern: &str, escape: &str) -> Result<bool, ValueError> {
    matches_kept(text, pattern, Some(escape))
}

fn matches_kept(text: &str, pattern: &str, escape: Option<&str>) -> Result<bool, ValueError> {
    PATTERNS.with_borrow_mut(|kept| {
        let is_same = |known: &&Kept| *known.text == *pattern && known.escape.as_deref() == escape;
        if let Some(known) = kept.iter().rev().find(is_same) {
            return Ok(known.pattern.matches(text));
        }
        let new = Pattern::new(pattern, escape)?;
        let matches = new.matches(text);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(Kept { text: pattern.into(), escape: escape.map(Into::into), pattern: new });
        Ok(matches)
    })
}

/// `text SIMILAR TO pattern`: `%`, `_`, `|`, `*`, `+`, `?`, `{}`, `()`, `[]` with POSIX classes. A point is any
/// character in Flink, too.
pub fn similar(text: &str, pattern: &str) -> Result<bool, ValueError> {
    similar_to(text, pattern, None)
}

/// `text SIMILAR TO pattern ESCAPE escape`.
pub fn similar_escape(text: &str, pattern: &str, escape: &str) -> Result<bool, ValueError> {
    similar_to(text, pattern, escape.chars().next())
}

fn similar_to(text: &str, pattern: &str, escape: Option<char>) -> Result<bool, ValueError> {
    let mut expression = String::from("^(?s:");
    let mut characters = pattern.chars();
    let mut in_set = false;
    while let Some(c) = characters.next() {
        match c {
            _ if Some(c) == escape => {
                let next = characters.next();
                let next = next.ok_or_else(|| ValueError::new(format!("{pattern:?} ends in its escape character")))?;
                if next.is_ascii_punctuation() {
                    expression.push('\\');
                }
                expression.push(next);
            }
            '[' | ']' => {
                in_set = c == '[' || (in_set && expression.ends_with(':'));
                expression.push(c);
            }
            '%' if !in_set => expression.push_str(".*"),
            '_' if !in_set => expression.push('.'),
            '\\' | '^' | '$' if !in_set => {
                let _ = write!(expression, "\\{c}");
            }
            _ => expression.push(c),
        }
    }
    expression.push_str(")$");
    match regex::compiled(&expression) {
        Some(regex) => Ok(regex.is_match(text)),
        None => Err(ValueError::new(format!("{pattern:?} is not a pattern that SIMILAR TO understands"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_matches_whole_texts() {
        for (text, pattern, expected) in [
            ("abc", "a%", true),
            ("abc", "_b_", true),
            ("abc", "b", false),
            ("a%c", "a\\%c", false),
            ("a\\bc", "a\\%c", true),
            ("", "%", true),
            ("", "", true),
            ("", "_", false),
            ("😀", "_", true),
            ("😀", "__", false),
            ("a.c", "a.c", true),
            ("abc", "a.c", false),
            ("a\nb", "a%b", true),
            ("a\nb", "a_b", true),
            ("abcbc", "%bc", true),
            ("abcbc", "a%bc", true),
            ("abcbc", "%c%c%", true),
            ("abcb", "%c%c%", false),
            ("mississippi", "m%iss%pi", true),
            ("mississippi", "m%iss%p_", true),
            ("mississippi", "m%iss%pp", false),
        ] {
            assert_eq!(like(text, pattern), Ok(expected), "{text} LIKE {pattern}");
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(like_escape("a%c", "a\\%c", "\\"), Ok(true));
        assert_eq!(like_escape("abc", "a\\%c", "\\"), Ok(false));
        assert_eq!(like_escape("a_c", "a$_c", "$"), Ok(true));
        assert!(like_escape("abc", "a\\", "\\").is_err());
        assert!(like_escape("abc", "a\\bc", "\\").is_err());
    }

    #[test]
    fn similar_is_a_regular_expression() {
        for (pattern, expected) in [
            ("a(b|x)c", true),
            ("a_c", true),
            ("a%", true),
            ("b", false),
            ("[a-c]+", true),
            ("a.c", true),
            ("[[:alpha:]]{3}", true),
        ] {
            assert_eq!(similar("abc", pattern), Ok(expected), "{pattern}");
        }
        assert_eq!(similar_escape("a%c", "a\\%c", "\\"), Ok(true));
        assert!(similar("abc", "[").is_err());
    }
}
