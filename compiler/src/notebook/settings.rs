//! The settings of a `%flink.conf` cell: one `key value` a line.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::text::Span;

/// One setting as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub key: String,
    pub key_span: Span,
    pub value: String,
    pub value_span: Span,
}

/// Reads the lines of the body. Empty lines and lines that start with `#` or `//` say nothing.
pub(super) fn parse(body: Span, text: &str, diagnostics: &mut Diagnostics) -> Vec<Setting> {
    let mut settings: Vec<Setting> = Vec::new();
    let mut offset = body.start as usize;
    for line in text[body.range()].split_inclusive('\n') {
        let start = offset + (line.len() - line.trim_start().len());
        offset += line.len();
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') || line.starts_with("//") {
            continue;
        }
        let span = |from: usize, length: usize| Span::new(body.cell, start + from, start + from + length);
        let Some((key, rest)) = line.split_once([' ', '\t']) else {
            let message = format!("the setting `{line}` has no value");
            diagnostics.push(
                Diagnostic::error("missing-value", span(0, line.len()), message)
                    .help("write the key, a space, the value"),
            );
            continue;
        };
        let value = rest.trim_start();
        let setting = Setting {
            key: key.to_owned(),
            key_span: span(0, key.len()),
            value: value.to_owned(),
            value_span: span(line.len() - value.len(), value.len()),
        };
        if let Some(first) = settings.iter().find(|other| other.key == key) {
            let message = format!("`{key}` is set twice; the last value counts");
            diagnostics.push(
                Diagnostic::warning("duplicate-setting", setting.key_span, message).also(first.key_span, "first"),
            );
        }
        settings.push(setting);
    }
    settings
}
