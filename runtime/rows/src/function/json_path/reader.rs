//! JSON read in place: a value is the part of the text that it is.

/// A value that was checked; the texts are those between its quotes, brackets or braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'t> {
    Null,
    Boolean(bool),
    Number(&'t str),
    /// With its escapes.
    Text(&'t str),
    Array(&'t str),
    Object(&'t str),
}

/// How deep arrays and objects may lie in each other.
const MAX_DEPTH: usize = 512;

pub struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str) -> Self {
        Reader { text, at: 0 }
    }

    /// Reads a value and everything in it, or `None` if it is none.
    pub fn value(&mut self) -> Option<Value<'t>> {
        self.nested(0)
    }

    pub fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    fn nested(&mut self, depth: usize) -> Option<Value<'t>> {
        self.skip_space();
        let start = self.at;
        match self.peek()? {
            b'"' => self.string().map(Value::Text),
            b'{' if depth < MAX_DEPTH => {
                self.sequence(b'}', |reader| {
                    reader.string()?;
                    reader.skip_space();
                    reader.expect(b':')?;
                    reader.nested(depth + 1).map(|_| ())
                })?;
                Some(Value::Object(&self.text[start + 1..self.at - 1]))
            }
            b'[' if depth < MAX_DEPTH => {
                self.sequence(b']', |reader| reader.nested(depth + 1).map(|_| ()))?;
                Some(Value::Array(&self.text[start + 1..self.at - 1]))
            }
            b't' => self.word("true").map(|()| Value::Boolean(true)),
            b'f' => self.word("false").map(|()| Value::Boolean(false)),
            b'n' => self.word("null").map(|()| Value::Null),
            _ => self.number().map(Value::Number),
        }
    }

    /// What stands between the bracket here and its partner, separated by commas.
    fn sequence(&mut self, close: u8, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.at += 1;
        self.skip_space();
        if self.peek()? == close {
            self.at += 1;
            return Some(());
        }
        loop {
            self.skip_space();
            item(self)?;
            self.skip_space();
            match self.peek()? {
                b',' => self.at += 1,
                byte if byte == close => {
                    self.at += 1;
                    return Some(());
                }
                _ => return None,
            }
        }
    }

    fn string(&mut self) -> Option<&'t str> {
        self.expect(b'"')?;
        let start = self.at;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Some(&self.text[start..self.at - 1]);
                }
                b'\\' => {
                    self.at += 1;
                    match self.peek()? {
                        b'u' => {
                            let digits = self.text.as_bytes().get(self.at + 1..self.at + 5)?;
                            if !digits.iter().all(u8::is_ascii_hexdigit) {
                                return None;
                            }
                            self.at += 5;
                        }
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.at += 1,
                        _ => return None,
                    }
                }
                0..=0x1F => return None,
                _ => self.at += 1,
            }
        }
    }

    fn number(&mut self) -> Option<&'t str> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            return None;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        // A letter right behind a number belongs to it, and then it is none.
        if self.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) {
            return None;
        }
        Some(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Option<&'t str> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then(|| &self.text[start..self.at])
    }

    fn word(&mut self, word: &str) -> Option<()> {
        if !self.text[self.at..].starts_with(word) {
            return None;
        }
        self.at += word.len();
        (!self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric())).then_some(())
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }
}

/// The elements of an array's body.
pub fn elements(body: &str) -> impl Iterator<Item = Value<'_>> {
    let mut reader = Reader::new(body);
    std::iter::from_fn(move || {
        let value = reader.value()?;
        reader.skip_space();
        // A comma, or nothing behind the last.
        let _ = reader.expect(b',');
        Some(value)
    })
}

/// Keys, with their escapes, and values of an object's body.
pub fn members(body: &str) -> impl Iterator<Item = (&str, Value<'_>)> {
    let mut reader = Reader::new(body);
    std::iter::from_fn(move || {
        reader.skip_space();
        let key = reader.string()?;
        reader.skip_space();
        reader.expect(b':')?;
        let value = reader.value()?;
        reader.skip_space();
        let _ = reader.expect(b',');
        Some((key, value))
    })
}

/// The last member of that name.
pub fn member<'t>(body: &'t str, name: &str) -> Option<Value<'t>> {
    let is_name = |key: &str| {
        if !key.contains('\\') {
            return key == name;
        }
        let mut plain = String::new();
        unescaped(key, &mut |c| plain.push(c));
        plain == name
    };
    members(body).filter(|(key, _)| is_name(key)).last().map(|(_, value)| value)
}

/// The element at an index from 0, or from the end if it is negative.
pub fn element(body: &str, index: i64) -> Option<Value<'_>> {
    let index = if index < 0 { index + elements(body).count() as i64 } else { index };
    elements(body).nth(usize::try_from(index).ok()?)
}

/// Hands out the characters of a text body. Half a surrogate pair becomes `?`, as when Java writes it.
pub fn unescaped(raw: &str, out: &mut dyn FnMut(char)) {
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        rest[..at].chars().for_each(&mut *out);
        let escape = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
        rest = &rest[(at + 2).min(rest.len())..];
        match escape {
            b'u' => {
                let unit = take_unit(&mut rest);
                let is_high = (0xD800..0xDC00).contains(&unit);
                let mut pair = rest;
                let low = match rest.strip_prefix("\\u") {
                    Some(behind) if is_high => {
                        pair = behind;
                        take_unit(&mut pair)
                    }
                    _ => 0,
                };
                if is_high && (0xDC00..0xE000).contains(&low) {
                    rest = pair;
                    out(char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00)).unwrap_or('?'));
                } else {
                    out(char::from_u32(unit).unwrap_or('?'));
                }
            }
            b'b' => out('\u{8}'),
            b'f' => out('\u{c}'),
            b'n' => out('\n'),
            b'r' => out('\r'),
            b't' => out('\t'),
            other => out(char::from(other)),
        }
    }
    rest.chars().for_each(out);
}

/// Four hexadecimal digits.
fn take_unit(rest: &mut &str) -> u32 {
    let Some((digits, behind)) = rest.split_at_checked(4) else { return 0 };
    *rest = behind;
    u32::from_str_radix(digits, 16).unwrap_or(0)
}
