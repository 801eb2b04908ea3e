//! Functions with regular expressions.
//!
//! Patterns are compiled once per thread and kept, the latest few of them: generated code passes the pattern
//! with every row. Java's look-around and back references do not exist here, so such a pattern counts as
//! invalid, which in Flink is FALSE or NULL, too.

use crate::value::Arena;
use bumpalo::collections::{String as Text, Vec};
use regex::Regex;
use std::borrow::Cow;
use std::cell::RefCell;

/// How many patterns a thread keeps.
const KEPT: usize = 64;

thread_local! {
    static COMPILED: RefCell<std::vec::Vec<(Box<str>, Option<Regex>)>> = const { RefCell::new(std::vec::Vec::new()) };
}

/// The compiled pattern, or `None` if it is invalid.
pub(super) fn compiled(pattern: &str) -> Option<Regex> {
    COMPILED.with_borrow_mut(|kept| {
        if let Some((_, regex)) = kept.iter().rev().find(|(known, _)| **known == *pattern) {
            return regex.clone();
        }
        if kept.len() == KEPT {
            kept.remove(0);
        }
        let regex = Regex::new(&translated(pattern)).ok();
        kept.push((pattern.into(), regex.clone()));
        regex
    })
}

/// Java's pattern as one of this crate: `\\d`, `\\w` and `\\s` are about ASCII, `\\Q...\\E` is literal, and a few classes
/// have other names.
fn translated(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains('\\') {
        return pattern.into();
    }
    let mut result = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some(at) = rest.find('\\') {
        result.push_str(&rest[..at]);
        let escaped = rest[at + 1..].chars().next();
        rest = &rest[at + 1 + escaped.map_or(0, char::len_utf8)..];
        match escaped {
            Some('d') => result.push_str("[0-9]"),
            Some('D') => result.push_str("[^0-9]"),
            Some('w') => result.push_str("[a-zA-Z0-9_]"),
            Some('W') => result.push_str("[^a-zA-Z0-9_]"),
            Some('s') => result.push_str(r"[ \t\n\x0B\f\r]"),
            Some('S') => result.push_str(r"[^ \t\n\x0B\f\r]"),
            Some('h') => result.push_str(r"[ \t]"),
            Some(plain @ ('<' | '>' | '/' | '"' | '\'')) => result.push(plain),
            Some('Q') => {
                let (literal, behind) = rest.split_once("\\E").unwrap_or((rest, ""));
                result.push_str(&regex::escape(literal));
                rest = behind;
            }
            Some('p') => {
                let class = POSIX.iter().find_map(|(java, posix)| Some((posix, rest.strip_prefix(java)?)));
                match class {
                    Some((posix, behind)) => {
                        result.push_str(posix);
                        rest = behind;
                    }
                    None => result.push_str("\\p"),
                }
            }
            escaped => {
                result.push('\\');
                result.extend(escaped);
            }
        }
    }
    result.push_str(rest);
    result.into()
}

const POSIX: [(&str, &str); 8] = [
    ("{Alpha}", "[[:alpha:]]"),
    ("{Lower}", "[[:lower:]]"),
    ("{Upper}", "[[:upper:]]"),
    ("{Digit}", "[[:digit:]]"),
    ("{Alnum}", "[[:alnum:]]"),
    ("{Punct}", "[[:punct:]]"),
    ("{Space}", "[[:space:]]"),
    ("{XDigit}", "[[:xdigit:]]"),
];

/// REGEXP: whether some part matches; FALSE for an empty or invalid pattern.
pub fn regexp(text: &str, pattern: &str) -> bool {
    !pattern.is_empty() && compiled(pattern).is_some_and(|regex| regex.is_match(text))
}

/// REGEXP_EXTRACT(text, pattern, group): NULL without a match, such a group or a valid pattern.
pub fn regexp_extract<'a>(text: &'a str, pattern: &str, group: i32) -> Option<&'a str> {
    let captures = compiled(pattern)?.captures(text)?;
    captures.get(usize::try_from(group).ok()?).map(|found| found.as_str())
}

/// REGEXP_EXTRACT(text, pattern): the whole match.
pub fn regexp_extract_whole<'a>(text: &'a str, pattern: &str) -> Option<&'a str> {
    regexp_extract(text, pattern, 0)
}

/// REGEXP_REPLACE: every match by the text as it is, `$1` included; NULL for an invalid pattern.
pub fn regexp_replace<'a>(arena: &'a Arena, text: &'a str, pattern: &str, with: &str) -> Option<&'a str> {
    let regex = compiled(pattern)?;
    let mut result = Text::with_capacity_in(text.len(), arena);
    let mut rest = 0;
    for found in regex.find_iter(text) {
        result.push_str(&text[rest..found.start()]);
        result.push_str(with);
        rest = found.end();
    }
    result.push_str(&text[rest..]);
    Some(result.into_bump_str())
}

/// REGEXP_COUNT: NULL for an invalid pattern.
pub fn regexp_count(text: &str, pattern: &str) -> Option<i32> {
    Some(compiled(pattern)?.find_iter(text).count() as i32)
}

/// REGEXP_INSTR: the position of the first match, 0 without one.
pub fn regexp_instr(text: &str, pattern: &str) -> Option<i32> {
    let found = compiled(pattern)?.find(text).map(|found| found.start());
    Some(found.map_or(0, |at| text[..at].chars().count() as i32 + 1))
}

/// REGEXP_SUBSTR: the first match.
pub fn regexp_substr<'a>(text: &'a str, pattern: &str) -> Option<&'a str> {
    compiled(pattern)?.find(text).map(|found| found.as_str())
}

/// REGEXP_EXTRACT_ALL(text, pattern, group): the group of every match.
pub fn regexp_extract_all<'a>(
    arena: &'a Arena,
    text: &'a str,
    pattern: &str,
    group: i32,
) -> Option<&'a [Option<&'a str>]> {
    let regex = compiled(pattern)?;
    let group = usize::try_from(group).ok().filter(|group| *group < regex.captures_len())?;
    let mut result = Vec::new_in(arena);
    result.extend(regex.captures_iter(text).map(|captures| captures.get(group).map(|found| found.as_str())));
    Some(result.into_bump_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matching() {
        assert!(regexp("hello", "l+"));
        assert!(!regexp("hello", "^l"));
        assert!(!regexp("hello", ""));
        assert!(!regexp("hello", "["));
    }

    #[test]
    fn javas_spellings() {
        assert_eq!(regexp_extract("größe", r"(\w+)$", 1), Some("e"));
        assert!(regexp("a.c", r"^\Qa.c\E$") && !regexp("abc", r"^\Qa.c\E$"));
        assert!(regexp("ab-1", r"^[\w-]+$"));
        assert!(regexp("A", r"^\p{Upper}$") && regexp("é", r"^\p{L}$"));
        assert!(!regexp("٣", r"\d"));
        assert!(regexp("a/b", r"a\/b"));
    }

    #[test]
    fn extracting() {
        let extract = |group| regexp_extract("foothebar", "foo(.*?)(bar)", group);
        assert_eq!(extract(2), Some("bar"));
        assert_eq!(extract(0), Some("foothebar"));
        assert_eq!(extract(3), None);
        assert_eq!(extract(-1), None);
        assert_eq!(regexp_extract("ab", "(a)|(b)", 2), None);
        assert_eq!(regexp_extract("foothebar", "[", 0), None);
        let arena = Arena::new();
        let all = regexp_extract_all(&arena, "100-200, 300-400", r"(\d+)-(\d+)", 1);
        assert_eq!(all, Some(&[Some("100"), Some("300")][..]));
        assert_eq!(regexp_count("abab", "ab"), Some(2));
        assert_eq!(regexp_count("abab", "["), None);
        assert_eq!(regexp_instr("abcab", "ca"), Some(3));
        assert_eq!(regexp_instr("abcab", "zz"), Some(0));
        assert_eq!(regexp_substr("abcab", "c."), Some("ca"));
        assert_eq!(regexp_substr("abcab", "z"), None);
    }

    #[test]
    fn replacing_takes_the_text_as_it_is() {
        let arena = Arena::new();
        assert_eq!(regexp_replace(&arena, "foobar", "oo|ar", ""), Some("fb"));
        assert_eq!(regexp_replace(&arena, "foobar", "(o+)", "<$1>"), Some("f<$1>bar"));
        assert_eq!(regexp_replace(&arena, "foobar", "[", "x"), None);
        assert_eq!(regexp_replace(&arena, "foobar", "", "-"), Some("-f-o-o-b-a-r-"));
    }
}
