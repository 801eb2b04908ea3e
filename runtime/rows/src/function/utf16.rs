//! Texts counted in UTF-16 units, as Java's strings are.

use bumpalo::collections::String as Text;

/// How many units a text has.
#[inline]
pub fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// Appends the units from `start` to `end`. Half a character becomes `?`, as when Java writes it as UTF-8.
pub fn push(out: &mut Text<'_>, text: &str, start: usize, end: usize) {
    if text.is_ascii() {
        out.push_str(&text[start.min(text.len())..end.min(text.len())]);
        return;
    }
    let mut at = 0;
    for c in text.chars() {
        let next = at + c.len_utf16();
        if start <= at && next <= end {
            out.push(c);
        } else if c.len_utf16() == 2 && (at == start || at + 1 == start || at + 1 == end) && start < next && at < end {
            out.push('?');
        }
        at = next;
    }
}
