//! JSON_VALUE, JSON_QUERY, JSON_EXISTS, IS JSON and the quoting of JSON texts.
//!
//! Values are found in the text and copied out of it, without a tree. Of equal keys the last counts, and what
//! follows the first value of the text is ignored, both as in Flink. Numbers are written as Java's `BigDecimal`
//! writes them. Paths that may lead to several values (`[*]`, `..`, filters) are refused.

mod path;
mod reader;

use crate::error::ValueError;
use crate::value::Arena;
use bumpalo::collections::{String as Text, Vec};
use path::Step;
use reader::{Reader, Value};

/// The value to which the path leads; `None` if there is none, or the text is no JSON.
fn find<'t>(text: &'t str, path: &str) -> Result<Option<Value<'t>>, ValueError> {
    let Some(steps) = path::steps(path) else { return Ok(None) };
    let Some(mut value) = Reader::new(text).value() else { return Ok(None) };
    for step in steps {
        let next = match (step?, value) {
            (Step::Member(name), Value::Object(body)) => reader::member(body, name),
            (Step::Element(index), Value::Array(body)) => reader::element(body, index),
            _ => None,
        };
        match next {
            Some(next) => value = next,
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

/// JSON_VALUE(text, path): a scalar as text; NULL for anything else.
pub fn json_value<'a>(arena: &'a Arena, text: &'a str, path: &str) -> Result<Option<&'a str>, ValueError> {
    Ok(match find(text, path)? {
        Some(Value::Text(raw)) => Some(unescape(arena, raw)),
        Some(Value::Number(raw)) => {
            let mut out = Text::new_in(arena);
            push_number(&mut out, raw);
            Some(out.into_bump_str())
        }
        Some(Value::Boolean(value)) => Some(if value { "true" } else { "false" }),
        _ => None,
    })
}

/// JSON_QUERY(text, path): an object or array, written anew with its keys in order; NULL for anything else.
pub fn json_query<'a>(arena: &'a Arena, text: &'a str, path: &str) -> Result<Option<&'a str>, ValueError> {
    Ok(match find(text, path)? {
        Some(value @ (Value::Object(_) | Value::Array(_))) => {
            let mut out = Text::new_in(arena);
            push_value(arena, &mut out, value);
            Some(out.into_bump_str())
        }
        _ => None,
    })
}

/// JSON_EXISTS(text, path): whether it leads to something other than `null`.
pub fn json_exists(text: &str, path: &str) -> Result<bool, ValueError> {
    Ok(find(text, path)?.is_some_and(|value| value != Value::Null))
}

/// IS JSON [VALUE]. NULL is none.
pub fn is_json(text: Option<&str>) -> bool {
    kind(text).is_some()
}

/// IS JSON OBJECT.
pub fn is_json_object(text: Option<&str>) -> bool {
    matches!(kind(text), Some(Value::Object(_)))
}

/// IS JSON ARRAY.
pub fn is_json_array(text: Option<&str>) -> bool {
    matches!(kind(text), Some(Value::Array(_)))
}

/// IS JSON SCALAR.
pub fn is_json_scalar(text: Option<&str>) -> bool {
    kind(text).is_some_and(|value| !matches!(value, Value::Object(_) | Value::Array(_)))
}

fn kind(text: Option<&str>) -> Option<Value<'_>> {
    Reader::new(text?).value()
}

/// JSON_QUOTE and JSON_STRING of a text: with quotes around and what needs it escaped.
pub fn json_quote<'a>(arena: &'a Arena, text: &str) -> &'a str {
    let mut out = Text::with_capacity_in(text.len() + 2, arena);
    push_quoted(&mut out, text);
    out.into_bump_str()
}

/// JSON_UNQUOTE: the text inside a JSON text; anything else as it is.
pub fn json_unquote<'a>(arena: &'a Arena, text: &'a str) -> &'a str {
    let mut reader = Reader::new(text);
    match reader.value() {
        Some(Value::Text(raw)) if text.starts_with('"') && reader.is_at_end() => unescape(arena, raw),
        _ => text,
    }
}

/// The body of a JSON text without its escapes. It was checked when it was read.
fn unescape<'a>(arena: &'a Arena, raw: &'a str) -> &'a str {
    if !raw.contains('\\') {
        return raw;
    }
    let mut out = Text::with_capacity_in(raw.len(), arena);
    reader::unescaped(raw, &mut |c| out.push(c));
    out.into_bump_str()
}

fn push_quoted(out: &mut Text<'_>, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => {
                const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
                out.push_str("\\u00");
                out.push(char::from(DIGITS[c as usize >> 4]));
                out.push(char::from(DIGITS[c as usize & 15]));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn push_value(arena: &Arena, out: &mut Text<'_>, value: Value<'_>) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Boolean(value) => out.push_str(if value { "true" } else { "false" }),
        Value::Number(raw) => push_number(out, raw),
        Value::Text(raw) => push_quoted(out, &plain(raw)),
        Value::Array(body) => {
            out.push('[');
            for (position, element) in reader::elements(body).enumerate() {
                if position > 0 {
                    out.push(',');
                }
                push_value(arena, out, element);
            }
            out.push(']');
        }
        Value::Object(body) => {
            let mut members = Vec::new_in(arena);
            for (key, value) in reader::members(body) {
                let key = plain(key).into_owned();
                match members.binary_search_by(|(known, _): &(String, Value<'_>)| known.as_str().cmp(&key)) {
                    Ok(place) => members[place].1 = value,
                    Err(place) => members.insert(place, (key, value)),
                }
            }
            out.push('{');
            for (position, (key, value)) in members.iter().enumerate() {
                if position > 0 {
                    out.push(',');
                }
                push_quoted(out, key);
                out.push(':');
                push_value(arena, out, *value);
            }
            out.push('}');
        }
    }
}

fn plain(raw: &str) -> std::borrow::Cow<'_, str> {
    if !raw.contains('\\') {
        return raw.into();
    }
    let mut text = String::with_capacity(raw.len());
    reader::unescaped(raw, &mut |c| text.push(c));
    text.into()
}

/// A number as `BigDecimal.toString` writes it: integers and plain fractions as they are, `1e5` as `1E+5`.
fn push_number(out: &mut Text<'_>, raw: &str) {
    let Some((mantissa, exponent)) = raw.split_once(['e', 'E']) else {
        let small =
            raw.trim_start_matches('-').strip_prefix("0.").is_some_and(|fraction| fraction.starts_with("000000"));
        if !small {
            out.push_str(raw);
            return;
        }
        return push_scaled(out, raw, 0);
    };
    push_scaled(out, mantissa, exponent.parse().unwrap_or(0));
}

fn push_scaled(out: &mut Text<'_>, mantissa: &str, exponent: i64) {
    let (sign, unsigned) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = [whole, fraction].concat();
    let digits = match digits.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let scale = fraction.len() as i64 - exponent;
    let adjusted = digits.len() as i64 - 1 - scale;
    out.push_str(sign);
    if scale >= 0 && adjusted >= -6 {
        let scale = scale as usize;
        if digits.len() > scale {
            out.push_str(&digits[..digits.len() - scale]);
        } else {
            out.push('0');
        }
        if scale > 0 {
            out.push('.');
            out.extend(std::iter::repeat_n('0', scale.saturating_sub(digits.len())));
            out.push_str(&digits[digits.len().saturating_sub(scale)..]);
        }
        return;
    }
    out.push_str(&digits[..1]);
    if digits.len() > 1 {
        out.push('.');
        out.push_str(&digits[1..]);
    }
    if adjusted != 0 {
        out.push_str(if adjusted > 0 { "E+" } else { "E" });
        out.push_str(itoa::Buffer::new().format(adjusted));
    }
}

#[cfg(test)]
mod tests;
