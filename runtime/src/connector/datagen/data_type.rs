//! Flink's summary strings of types, as far as values of them can be made up.

/// A type that values can be made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DataType {
    Boolean,
    /// TINYINT to BIGINT: the smallest and the largest value.
    Integer(i64, i64),
    Float,
    Double,
    Decimal {
        precision: u32,
        scale: u32,
    },
    /// CHAR(n), or VARCHAR(n) and STRING (2147483647), which may vary in length.
    Text {
        length: u32,
        varies: bool,
    },
    Bytes {
        length: u32,
        varies: bool,
    },
    Date,
    Time,
    /// How many digits the fraction has.
    Timestamp(u32),
    TimestampLtz(u32),
    Array(Box<DataType>),
    /// Keys are texts in JSON.
    Map(Box<DataType>),
    Row(Vec<(String, DataType)>),
}

/// The length of STRING and BYTES.
pub(super) const UNBOUNDED: u32 = i32::MAX as u32;

impl DataType {
    /// Reads `VARCHAR(6) NOT NULL`; `None` for types of which no value can be made up.
    pub(super) fn parse(text: &str) -> Option<DataType> {
        let mut parser = Parser { rest: text };
        let data_type = parser.data_type()?;
        parser.rest.trim().is_empty().then_some(data_type)
    }
}

struct Parser<'t> {
    rest: &'t str,
}

impl<'t> Parser<'t> {
    fn data_type(&mut self) -> Option<DataType> {
        let word = self.word()?;
        let data_type = match word {
            "BOOLEAN" => DataType::Boolean,
            "TINYINT" => DataType::Integer(i8::MIN.into(), i8::MAX.into()),
            "SMALLINT" => DataType::Integer(i16::MIN.into(), i16::MAX.into()),
            "INT" | "INTEGER" => DataType::Integer(i32::MIN.into(), i32::MAX.into()),
            "BIGINT" => DataType::Integer(i64::MIN, i64::MAX),
            "FLOAT" => DataType::Float,
            "DOUBLE" => {
                self.eat("PRECISION");
                DataType::Double
            }
            "DECIMAL" | "NUMERIC" | "DEC" => {
                let (precision, scale) = self.numbers().map_or((10, 0), |(p, s)| (p, s.unwrap_or(0)));
                DataType::Decimal { precision, scale }
            }
            "CHAR" => DataType::Text { length: self.length(1), varies: false },
            "VARCHAR" => DataType::Text { length: self.length(1), varies: true },
            "STRING" => DataType::Text { length: UNBOUNDED, varies: true },
            "BINARY" => DataType::Bytes { length: self.length(1), varies: false },
            "VARBINARY" => DataType::Bytes { length: self.length(1), varies: true },
            "BYTES" => DataType::Bytes { length: UNBOUNDED, varies: true },
            "DATE" => DataType::Date,
            "TIME" => {
                self.length(0);
                DataType::Time
            }
            "TIMESTAMP" => {
                let precision = self.length(6);
                match self.eat("WITH") {
                    true => (self.eat("LOCAL") && self.eat("TIME") && self.eat("ZONE"))
                        .then_some(DataType::TimestampLtz(precision))?,
                    false => {
                        let _ = self.eat("WITHOUT") && self.eat("TIME") && self.eat("ZONE");
                        DataType::Timestamp(precision)
                    }
                }
            }
            "TIMESTAMP_LTZ" => DataType::TimestampLtz(self.length(6)),
            "ARRAY" => {
                self.symbol('<').then_some(())?;
                let element = self.data_type()?;
                self.symbol('>').then_some(())?;
                DataType::Array(Box::new(element))
            }
            "MAP" => {
                self.symbol('<').then_some(())?;
                matches!(self.data_type()?, DataType::Text { .. }).then_some(())?;
                self.symbol(',').then_some(())?;
                let value = self.data_type()?;
                self.symbol('>').then_some(())?;
                DataType::Map(Box::new(value))
            }
            "ROW" => DataType::Row(self.fields()?),
            _ => return None,
        };
        // Whether NULLs are made is decided by an option, as in Flink.
        let _ = self.eat("NOT") && self.eat("NULL") || self.eat("NULL");
        Some(data_type)
    }

    fn fields(&mut self) -> Option<Vec<(String, DataType)>> {
        self.symbol('<').then_some(())?;
        let mut fields = Vec::new();
        loop {
            let name = self.name()?;
            fields.push((name, self.data_type()?));
            if self.symbol('\'') {
                // A comment on the field.
                self.rest = self.rest.split_once('\'')?.1;
            }
            match self.symbol(',') {
                true => {}
                false => return self.symbol('>').then_some(fields),
            }
        }
    }

    fn name(&mut self) -> Option<String> {
        if !self.symbol('`') {
            return self.word().map(str::to_owned);
        }
        let mut name = String::new();
        loop {
            let (part, rest) = self.rest.split_once('`')?;
            name.push_str(part);
            self.rest = rest;
            match rest.strip_prefix('`') {
                Some(rest) => {
                    name.push('`');
                    self.rest = rest;
                }
                None => return Some(name),
            }
        }
    }

    fn word(&mut self) -> Option<&'t str> {
        let rest = self.rest.trim_start();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    fn eat(&mut self, word: &str) -> bool {
        let before = self.rest;
        let found = self.word() == Some(word);
        if !found {
            self.rest = before;
        }
        found
    }

    fn symbol(&mut self, symbol: char) -> bool {
        match self.rest.trim_start().strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn length(&mut self, default: u32) -> u32 {
        self.numbers().map_or(default, |(length, _)| length)
    }

    fn numbers(&mut self) -> Option<(u32, Option<u32>)> {
        self.symbol('(').then_some(())?;
        let first = self.word()?.parse().ok()?;
        let second = match self.symbol(',') {
            true => Some(self.word()?.parse().ok()?),
            false => None,
        };
        self.symbol(')').then_some((first, second))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summary_strings_are_read() {
        let cases = [
            ("INT NOT NULL", DataType::Integer(-2_147_483_648, 2_147_483_647)),
            ("DECIMAL(10, 2)", DataType::Decimal { precision: 10, scale: 2 }),
            ("VARCHAR(6)", DataType::Text { length: 6, varies: true }),
            ("STRING", DataType::Text { length: UNBOUNDED, varies: true }),
            ("TIMESTAMP(3)", DataType::Timestamp(3)),
            ("TIMESTAMP_LTZ(3) NOT NULL", DataType::TimestampLtz(3)),
            ("TIMESTAMP(3) WITH LOCAL TIME ZONE", DataType::TimestampLtz(3)),
            ("ARRAY<DATE NOT NULL>", DataType::Array(Box::new(DataType::Date))),
            (
                "ROW<`a b` INT, `c` MAP<STRING, BOOLEAN> NOT NULL>",
                DataType::Row(vec![
                    ("a b".to_owned(), DataType::Integer(-2_147_483_648, 2_147_483_647)),
                    ("c".to_owned(), DataType::Map(Box::new(DataType::Boolean))),
                ]),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(DataType::parse(text), Some(expected), "{text}");
        }
        assert_eq!(DataType::parse("INTERVAL DAY TO SECOND(3)"), None);
        assert_eq!(DataType::parse("MULTISET<INT>"), None);
    }
}
