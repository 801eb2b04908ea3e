//! Lines of an application's output to changes of rows.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A row as the terminal shows it: the text of every column. NULL is `None`.
pub type Row = Vec<Option<String>>;

/// One change of one statement's rows.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// Which statement, as the application counts them.
    pub statement: u32,
    /// Whether a row comes (+I, +U) or goes (-U, -D).
    pub comes: bool,
    pub row: Row,
}

#[derive(Deserialize)]
struct Line<'a> {
    op: &'a str,
    statement: u32,
    #[serde(borrow)]
    row: Values<'a>,
}

/// The values of an object in order, as written: a number of 38 digits must keep them all.
struct Values<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Values<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Values<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the columns of a row")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut values = Vec::new();
                while let Some((_, value)) = map.next_entry::<serde::de::IgnoredAny, &RawValue>()? {
                    values.push(value);
                }
                Ok(Values(values))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// The change that a line tells of; `None` for a line that is something else, such as a row of a `print` table.
pub fn parse(line: &str) -> Option<Change> {
    let Line { op, statement, row } = serde_json::from_str(line).ok()?;
    let comes = match op {
        "+I" | "+U" => true,
        "-U" | "-D" => false,
        _ => return None,
    };
    Some(Change { statement, comes, row: row.0.into_iter().map(|value| text(value.get())).collect() })
}

fn text(json: &str) -> Option<String> {
    match json.as_bytes().first() {
        Some(b'n') => None,
        Some(b'"') => Some(serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())),
        _ => Some(json.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_digits_and_order() {
        let line = r#"{"op":"+U","statement":3,"row":{"b":"a\"é","a":12345678901234567890123456789.123456789,"n":null,"r":{"x":[1]}}}"#;
        let change = parse(line).unwrap();
        assert!(change.comes);
        assert_eq!(change.statement, 3);
        let texts: Vec<Option<&str>> = change.row.iter().map(Option::as_deref).collect();
        assert_eq!(texts, [Some("a\"é"), Some("12345678901234567890123456789.123456789"), None, Some("{\"x\":[1]}")]);
    }

    #[test]
    fn other_lines_are_no_changes() {
        for line in ["", "+I[1, 2]", "{}", r#"{"op":"?","statement":1,"row":{}}"#, r#"{"op":"+I","row":{}}"#] {
            assert_eq!(parse(line), None, "{line}");
        }
    }
}
