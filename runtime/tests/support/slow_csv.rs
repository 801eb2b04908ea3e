//! A reader of CSV that looks at one character after the other: what the quick one is compared with, here and by
//! fuzzing.

use sqlc_runtime::connector::options::Options;

/// The options that change how a line is cut.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    pub delimiter: char,
    pub quote: Option<char>,
    pub escape: Option<char>,
    pub trim: bool,
}

impl Dialect {
    /// With `null` for NULL.
    pub fn options(self) -> Options {
        let text = |character: char| match character {
            ',' => ",",
            ';' => ";",
            '\t' => "\\t",
            '\'' => "'",
            '"' => "\"",
            _ => "\\\\",
        };
        let mut options = vec![("csv.field-delimiter", text(self.delimiter)), ("csv.null-literal", "null")];
        match self.quote {
            Some(quote) => options.push(("csv.quote-character", text(quote))),
            None => options.push(("csv.disable-quote-character", "true")),
        }
        options.extend(self.escape.map(|escape| ("csv.escape-character", text(escape))));
        options.extend(self.trim.then_some(("csv.trim-spaces", "true")));
        Options::new(options)
    }
}

/// The fields of a line; `None` if it is broken.
fn fields(line: &str, dialect: Dialect) -> Option<Vec<String>> {
    let mut characters = line.chars().peekable();
    let mut fields = Vec::new();
    loop {
        let mut field = String::new();
        while dialect.trim && characters.next_if_eq(&' ').is_some() {}
        let quoted = dialect.quote.is_some() && characters.next_if(|next| Some(*next) == dialect.quote).is_some();
        let ends = loop {
            match characters.next() {
                None if quoted => return None,
                None => break true,
                Some(next) if !quoted && next == dialect.delimiter => break false,
                Some(next) if quoted && Some(next) == dialect.quote => {
                    if characters.next_if_eq(&next).is_some() {
                        field.push(next);
                        continue;
                    }
                    match characters.find(|next| *next == dialect.delimiter || *next > ' ') {
                        None => break true,
                        Some(next) if next == dialect.delimiter => break false,
                        Some(_) => return None,
                    }
                }
                Some(next) if Some(next) == dialect.escape => field.push(match characters.next()? {
                    '0' => '\0',
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    other => other,
                }),
                Some('\n') if !quoted && dialect.escape.is_none() => return None,
                Some(next) => field.push(next),
            }
        };
        let field = if dialect.trim && !quoted { field.trim_end_matches(' ').to_owned() } else { field };
        fields.push(field);
        if ends {
            return Some(fields);
        }
    }
}

/// The texts of a line of a table with so many columns; `None` if it is broken or has more or fewer fields.
pub fn row(line: &str, dialect: Dialect, columns: usize) -> Option<Vec<Option<String>>> {
    let mut fields = fields(line, dialect)?;
    // A delimiter may stand behind the last column, with nothing behind it.
    if fields.len() == columns + 1 && line.ends_with(dialect.delimiter) && fields[columns].is_empty() {
        fields.pop();
    }
    let null = |text: String| (text != "null").then_some(text);
    (fields.len() == columns).then(|| fields.into_iter().map(null).collect())
}
