//! Lines of CSV read and written, against what Flink 2.3 made of the same lines and rows.

use sqlc_runtime::connector::options::Options;
use sqlc_runtime::format::{csv, json};
use sqlc_runtime::row::DecodeRow;
use sqlc_runtime::value::{Arena, Date, Decimal, Time, Timestamp};

/// `i INT, d DOUBLE, b BOOLEAN, s STRING, e STRING`
#[derive(Clone, Copy, Debug, Default)]
struct Plain<'a> {
    i: Option<i32>,
    d: Option<f64>,
    b: Option<bool>,
    s: Option<&'a str>,
    e: Option<&'a str>,
}

impl<'a> csv::Record<'a> for Plain<'a> {
    const WIDTH: usize = 5;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.i = line.column(0, "i").integer()?;
        self.d = line.column(1, "d").double()?;
        self.b = line.column(2, "b").boolean()?;
        self.s = line.column(3, "s").text()?;
        self.e = line.column(4, "e").text()?;
        Ok(())
    }
}

impl json::Encode for Plain<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("i")).integer(self.i);
        document.column(json::key!("d")).double(self.d);
        document.column(json::key!("b")).boolean(self.b);
        document.column(json::key!("s")).text(self.s);
        document.column(json::key!("e")).text(self.e);
    }
}

/// `T` as JSON values without keys, or the error.
fn read<T: for<'a> csv::Record<'a> + json::Encode>(options: &[(&'static str, &'static str)], line: &str) -> String {
    let options = Options::new(options.iter().copied());
    let mut decoder = csv::Decoder::new(&options).unwrap();
    let arena = Arena::new();
    let mut out = String::from("no row");
    let each = |row: T| {
        let mut json = Vec::new();
        json::Encoder::default().write(&row, &mut json);
        out = String::from_utf8(json).unwrap();
    };
    match T::decode(&mut decoder, line.as_bytes(), &arena, each) {
        Ok(()) => out,
        Err(error) => error.message,
    }
}

/// Options, a line, and what becomes of it.
type Case = (&'static [(&'static str, &'static str)], &'static str, &'static str);

#[test]
fn lines_are_read_as_by_flink() {
    let plain = |options: &[(&'static str, &'static str)], line: &str| {
        let options = Options::new(options.iter().copied());
        let mut decoder = csv::Decoder::new(&options).unwrap();
        let arena = Arena::new();
        let mut out = String::from("no row");
        let result = Plain::decode(&mut decoder, line.as_bytes(), &arena, |row| {
            let mut json = Vec::new();
            json::Encoder::default().write(&row, &mut json);
            out = String::from_utf8(json).unwrap();
        });
        match result {
            Ok(()) => out,
            Err(error) => error.message,
        }
    };
    const IGNORE: (&str, &str) = ("csv.ignore-parse-errors", "true");
    let row = |values: &str| {
        let mut json = String::from("{");
        for (key, value) in ["i", "d", "b", "s", "e"].iter().zip(values.split(' ')) {
            json.push_str(&format!("{}\"{key}\":{}", if json.len() > 1 { "," } else { "" }, value.replace('_', " ")));
        }
        json + "}"
    };
    let cases: &[Case] = &[
        (&[], "1,1.5,true,x,y", r#"1 1.5 true "x" "y""#),
        (&[], "1,1.5,true,x,y\r\n", r#"1 1.5 true "x" "y""#),
        (&[], "1,1.5,true,x,y,", r#"1 1.5 true "x" "y""#),
        (&[], "1,1.5,true,,", r#"1 1.5 true "" """#),
        (&[], " 1 , 1.5 , TRUE , x , y ", r#"1 1.5 true "_x_" "_y_""#),
        (&[], r#""1","1.5","true","x","y""#, r#"1 1.5 true "x" "y""#),
        (&[], r#"1,1.5,true,"a,b","c""d""#, r#"1 1.5 true "a,b" "c\"d""#),
        (&[], r#"1,1.5,true,x"y"z,y"#, r#"1 1.5 true "x\"y\"z" "y""#),
        (&[], r#"1,1.5,true, "q" ,y"#, r#"1 1.5 true "_\"q\"_" "y""#),
        (&[], "1,NaN,yes,x,y", r#"1 "NaN" false "x" "y""#),
        (&[], "+1,1d,true,é,\tq\t", r#"1 1.0 true "é" "\tq\t""#),
        (&[IGNORE], "1,1.5,true,x", r#"1 1.5 true "x" null"#),
        (&[IGNORE], "1,,,,", r#"1 null false "" """#),
        (&[IGNORE], "", "null null null null null"),
        (&[IGNORE], "   ", "null null null null null"),
        (&[IGNORE], "1.5,1e3,1,x,y", r#"null 1000.0 false "x" "y""#),
        (&[IGNORE], "#1,1,1,1,1", r#"null 1.0 false "1" "1""#),
        (&[IGNORE, ("csv.null-literal", "null")], "null,null,null,null,null", "null null null null null"),
        (&[IGNORE, ("csv.disable-quote-character", "true")], r#""1",x,true,"",y"#, r#"null null true "\"\"" "y""#),
        (&[IGNORE, ("csv.escape-character", "\\")], r"1,1.5,true,a\,b,c", r#"1 1.5 true "a,b" "c""#),
        (&[IGNORE, ("csv.trim-spaces", "true")], r#"1,1.5,true, "q" , y "#, r#"1 1.5 true "q" "y""#),
        (&[IGNORE, ("csv.empty-string-as-null", "true")], "1,,,,", "1 null null null null"),
        (&[("csv.ignore-trailing-unmappable", "true")], "1,1.5,true,x,y,z", r#"1 1.5 true "x" "y""#),
    ];
    for (options, line, expected) in cases {
        assert_eq!(plain(options, line), row(expected), "{line:?} with {options:?}");
    }
    let errors: &[Case] = &[
        (&[], "1,1.5,true,x", "4 fields instead of 5"),
        (&[], "", "column i: \"\" is not an INT"),
        (&[], "x,1.5,true,x,y", "column i: \"x\" is not an INT"),
        (&[], "1,,true,x,y", "column d: \"\" is not a DOUBLE"),
        (&[IGNORE], "1,1.5,true,x,y,z", "more than 5 fields: z"),
        (&[IGNORE, ("csv.allow-trailing-comma", "false")], "1,1.5,true,x,y,", "more than 5 fields: "),
        (&[IGNORE, ("csv.fail-on-missing-columns", "true")], "1,1.5,true,x", "4 fields instead of 5"),
        (&[IGNORE], "1,1.5,true,\"a\"x,y", "not valid CSV: 'x' stands behind a closing quote"),
        (&[IGNORE], "1,1.5,true,\"unclosed,y", "not valid CSV: the closing quote of a field is missing"),
        (&[("csv.allow-comments", "true")], "#1,1,1,1,1", "no row"),
        (&[("csv.allow-comments", "true")], "  ", "no row"),
    ];
    for (options, line, expected) in errors {
        assert_eq!(plain(options, line), *expected, "{line:?} with {options:?}");
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Types {
    i1: Option<i8>,
    i2: Option<i16>,
    i8: Option<i64>,
    f: Option<f32>,
    de: Option<Decimal>,
    da: Option<Date>,
    ti: Option<Time>,
    ts: Option<Timestamp>,
    tz: Option<Timestamp>,
}

impl<'a> csv::Record<'a> for Types {
    const WIDTH: usize = 13;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.i1 = line.column(0, "i1").tinyint()?;
        self.i2 = line.column(1, "i2").smallint()?;
        self.i8 = line.column(3, "i8").bigint()?;
        self.f = line.column(4, "f").float()?;
        self.de = line.column(5, "de").decimal(5, 2)?;
        self.da = line.column(7, "da").date()?;
        self.ti = line.column(8, "ti").time(3)?;
        self.ts = line.column(9, "ts").timestamp_sql(6)?;
        self.tz = line.column(10, "tz").timestamp_ltz_sql(6)?;
        Ok(())
    }
}

impl json::Encode for Types {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("i1")).tinyint(self.i1);
        document.column(json::key!("i2")).smallint(self.i2);
        document.column(json::key!("i8")).bigint(self.i8);
        document.column(json::key!("f")).float(self.f);
        document.column(json::key!("de")).decimal(self.de, 2);
        document.column(json::key!("da")).date(self.da);
        document.column(json::key!("ti")).time(self.ti);
        document.column(json::key!("ts")).timestamp_sql(self.ts);
        document.column(json::key!("tz")).timestamp_ltz_sql(self.tz);
    }
}

#[test]
fn fields_are_read_as_by_flink() {
    let cases = [
        (
            "1,2,3,4,1.25,12.505,AQI=,2021-05-21,10:21:33,2021-05-21 10:21:33,2021-05-21 10:21:33Z,,",
            r#"1 2 4 1.25 12.51 "2021-05-21" "10:21:33" "2021-05-21 10:21:33" "2021-05-21 10:21:33Z""#,
        ),
        (
            " 1 , 2 , 3 , 4 , 1.25 ,12.5,,2021-5-21,10:21:33.123,2021-05-21 10:21:33.123456789,2021-05-21 10:21:33.5Z,,",
            r#"1 2 4 1.25 12.5 "2021-05-21" "10:21:33.123" "2021-05-21 10:21:33.123456" "2021-05-21 10:21:33.5Z""#,
        ),
        (
            "128,70000,x,x,x, 12.5,@@,2021-02-30,10:21,2021-05-21T10:21:33,2021-05-21T10:21:33Z,;,;",
            r#"null null null null null "2021-03-02" "10:21:00" null null"#,
        ),
        (
            "1,1,1,1,1,123456,,21-05-21,24:00:00,2021-5-1 1:2:3,2021-05-21 10:21:33,1,1",
            "1 1 1 1.0 null null null null null",
        ),
        (
            "1,1,1,1,1,1e2,,2021-13-01,10:21:33Z,2021-02-30 00:00:00,2021-02-30 00:00:00Z,,",
            r#"1 1 1 1.0 1E+2 null null "2021-02-28 00:00:00" "2021-02-28 00:00:00Z""#,
        ),
        (
            "1,1,1,1,1,1,,2021-05-32, 10:21:33,2021-05-21 24:00:00, 2021-05-21 10:21:33Z,,",
            r#"1 1 1 1.0 1 null null "2021-05-22 00:00:00" "2021-05-21 10:21:33Z""#,
        ),
        (
            "1,1,1,1,1,1,,2021-05-21 ,10:21:33.1234567891,2021-05-21 10:21,2021-05-21 10:21:33.Z,,",
            r#"1 1 1 1.0 1 null null null "2021-05-21 10:21:33Z""#,
        ),
        (
            "1,1,1,1,1,1,,+2021-05-21,1:21:33,2021-05-21 10:21:61, 2021-05-21 10:21:33,,",
            "1 1 1 1.0 1 null null null null",
        ),
    ];
    for (line, expected) in cases {
        let json = read::<Types>(&[("csv.ignore-parse-errors", "true")], line);
        let values = json.trim_matches(['{', '}']).split(",\"").map(|member| member.split_once(':').unwrap().1);
        assert_eq!(values.collect::<Vec<_>>().join(" "), expected, "{line}");
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Nested<'a> {
    ar: Option<&'a [Option<i32>]>,
    ro: Option<Pair<'a>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Pair<'a> {
    a: Option<i32>,
    b: Option<&'a str>,
}

impl<'a> csv::Record<'a> for Nested<'a> {
    const WIDTH: usize = 2;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.ar = line.column(0, "ar").array(|element| element.integer())?;
        self.ro = line.column(1, "ro").row()?;
        Ok(())
    }
}

impl<'a> csv::Record<'a> for Pair<'a> {
    const WIDTH: usize = 2;

    fn read(&mut self, line: &mut csv::Fields<'_, 'a>) -> Result<(), csv::FieldError> {
        self.a = line.column(0, "a").integer()?;
        self.b = line.column(1, "b").text()?;
        Ok(())
    }
}

#[test]
fn arrays_and_rows_are_read_as_by_flink() {
    let pair = |a, b| Some(Pair { a, b });
    let integers: fn(&'static [Option<i32>]) -> _ = Some;
    let cases = [
        ("1;2;x;;3,1;z", integers(&[Some(1), Some(2), None, None, Some(3)]), pair(Some(1), Some("z"))),
        (",", integers(&[]), None),
        (";,;", integers(&[None, None]), pair(None, Some(""))),
        ("1,1", integers(&[Some(1)]), pair(Some(1), None)),
        (r#""1;2","1;a;b""#, integers(&[Some(1), Some(2)]), pair(Some(1), Some("a"))),
        (r#""1,2",a;b"#, integers(&[None]), pair(None, Some("b"))),
        ("1 ; 2,1;x", integers(&[Some(1), Some(2)]), pair(Some(1), Some("x"))),
    ];
    let mut decoder = csv::Decoder::new(&Options::new([("csv.ignore-parse-errors", "true")])).unwrap();
    for (line, ar, ro) in cases {
        let arena = Arena::new();
        let mut found = None;
        Nested::decode(&mut decoder, line.as_bytes(), &arena, |row| found = Some(row)).unwrap();
        assert_eq!(found, Some(Nested { ar, ro }), "{line}");
    }
}

/// A row that is written: whatever the closure writes.
struct Written<F>(F);

impl<F: Fn(&mut csv::Line<'_>)> csv::Encode for Written<F> {
    fn encode(&self, line: &mut csv::Line<'_>) {
        (self.0)(line);
    }
}

fn written(options: &[(&'static str, &'static str)], write: impl Fn(&mut csv::Line<'_>)) -> String {
    let encoder = csv::Encoder::new(&Options::new(options.iter().copied())).unwrap();
    let mut out = Vec::new();
    encoder.write(&Written(write), &mut out);
    String::from_utf8(out).unwrap()
}

const ODD: &[(&str, &str)] = &[
    ("csv.field-delimiter", "|"),
    ("csv.quote-character", "'"),
    ("csv.escape-character", "\\"),
    ("csv.null-literal", "n/a"),
    ("csv.array-element-delimiter", ":"),
];

#[test]
fn texts_are_quoted_as_by_flink() {
    let cases = [
        ("OK", "OK", "'OK'"),
        ("", "", ""),
        ("a,b", "\"a,b\"", "'a,b'"),
        (" lead", "\" lead\"", "' lead'"),
        ("semi;colon", "semi;colon", "'semi;colon'"),
        ("it's|n/a", "\"it's|n/a\"", "'it''s|n/a'"),
        ("-", "-", "'-'"),
        ("\\", "\"\\\"", "'\\\\'"),
        ("é", "é", "é"),
        ("~", "~", "~"),
        ("\"quoted\"", "\"\"\"quoted\"\"\"", "'\"quoted\"'"),
        ("AAAAAAAAAAAAAAAAAAAAAAAAA", "\"AAAAAAAAAAAAAAAAAAAAAAAAA\"", "'AAAAAAAAAAAAAAAAAAAAAAAAA'"),
        ("a+b", "\"a+b\"", "'a+b'"),
        (".", ".", "'.'"),
        ("&", "\"&\"", "'&'"),
    ];
    for (text, plain, odd) in cases {
        assert_eq!(written(&[], |line| line.text(text)), plain);
        assert_eq!(written(ODD, |line| line.text(text)), odd);
    }
    assert_eq!(written(&[("csv.escape-character", "!")], |line| line.text("a!b\"")), "\"a!!b\"\"\"");
    assert_eq!(written(&[("csv.escape-character", "!")], |line| line.text("a\\b")), "a\\b");
    let bare = [("csv.disable-quote-character", "true"), ("csv.field-delimiter", "\\t")];
    assert_eq!(written(&bare, |line| (line.integer(2), line.text("a\tb\"")).1), "2\ta\tb\"");
}

#[test]
fn rows_are_written_as_by_flink() {
    let readings = [Some(1.5), None, Some(1e10)];
    let row = |line: &mut csv::Line<'_>| {
        line.integer(1);
        line.boolean(true);
        line.double(134.22);
        line.decimal(Decimal(1_250_000_000), 8);
        line.bytes_base64(&[1u8, 2][..]);
        line.date(Date(18_768));
        line.time(Time(37_293_000));
        line.timestamp(Timestamp(1_621_592_493_120_000));
        line.timestamp_ltz(Timestamp(1_621_592_493_000_000));
        line.array(&readings[..], |line, reading| line.double(reading));
        line.row(&Written(|line: &mut csv::Line<'_>| (line.integer(1), line.text("x")).1));
        line.text(None);
    };
    assert_eq!(
        written(&[], row),
        "1,true,134.22,12.5,AQI=,2021-05-21,10:21:33,\"2021-05-21 10:21:33.12\",\"2021-05-21 10:21:33Z\",1.5;;1.0E10,1;x,"
    );
    assert_eq!(
        written(ODD, row),
        "1|true|134.22|12.5|'AQI='|'2021-05-21'|'10:21:33'|'2021-05-21 10:21:33.12'|'2021-05-21 10:21:33Z'|'1.5:n/a:1.0E10'|'1:x'|n/a"
    );
    let decimals = |line: &mut csv::Line<'_>| {
        line.double(f64::NAN);
        line.decimal(Decimal(-10_000_000_000_000_000_000), 8);
        line.decimal(Decimal(1), 8);
        line.decimal(Decimal(0), 8);
    };
    assert_eq!(written(&[], decimals), "NaN,-1E+11,1E-8,0");
    let plain = [("csv.write-bigdecimal-in-scientific-notation", "false")];
    assert_eq!(written(&plain, decimals), "NaN,-100000000000,0.00000001,0");
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let message = |options: &[(&'static str, &'static str)]| {
        csv::Decoder::new(&Options::new(options.iter().copied())).unwrap_err().to_string()
    };
    assert_eq!(
        message(&[("csv.field-delimiter", "ab")]),
        "option 'csv.field-delimiter' is 'ab', expected one ASCII character"
    );
    assert_eq!(
        message(&[("csv.quote-character", "'"), ("csv.disable-quote-character", "true")]),
        "options 'csv.quote-character' and 'csv.disable-quote-character' exclude each other"
    );
}
