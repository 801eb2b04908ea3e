//! Whole documents: which ones are accepted, what nested values become, and how rows are written, against
//! what Flink 2.3 made of them.

use sqlc_runtime::connector::options::Options;
use sqlc_runtime::format::json;
use sqlc_runtime::row::{DecodeRow, TableRow};
use sqlc_runtime::value::{Arena, Date, Decimal, Time, Timestamp};

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Pair {
    a: Option<i32>,
    b: Option<i32>,
}

impl TableRow<'_> for Pair {}

impl<'a> json::Object<'a> for Pair {
    const COLUMNS: &'static [&'static str] = &["a", "b"];

    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.a = value.integer()?,
            _ => self.b = value.integer()?,
        }
        Ok(())
    }
}

/// `a` and `b` of a row.
type Values = (Option<i32>, Option<i32>);

fn decode(decoder: &mut json::Decoder, record: &[u8]) -> (Vec<Values>, Option<String>) {
    let arena = Arena::new();
    let mut rows = Vec::new();
    let result = Pair::decode(decoder, record, &arena, |row| rows.push((row.a, row.b)));
    (rows, result.err().map(|error| error.message))
}

fn decoder(options: &[(&'static str, &'static str)]) -> json::Decoder {
    json::Decoder::new(&Options::new(options.iter().copied())).unwrap()
}

#[test]
fn documents_are_accepted_as_by_flink() {
    let deep = |levels: usize| format!("{{\"a\":1,\"b\":2,\"deep\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    let (deepest, too_deep) = (deep(999), deep(1000));
    let one = (Some(1), Some(2));
    let cases: &[(&str, &[Values])] = &[
        (r#"{"a":1,"b":2}"#, &[one]),
        (r#"{"b":2,"a":1}"#, &[one]),
        (r#"{"a":1,"a":2,"b":3}"#, &[(Some(2), None)]),
        (r#"{"b":3,"a":1,"a":2}"#, &[(Some(1), Some(3))]),
        (r#"[{"a":1,"b":2},{"a":3,"b":4}]"#, &[one, (Some(3), Some(4))]),
        (r#" [ {"a":1,"b":2} , {"a":3} ] "#, &[one, (Some(3), None)]),
        ("[]", &[]),
        ("", &[]),
        ("\u{feff}{\"a\":1,\"b\":2}", &[one]),
        ("{\"a\":1,\"b\":2,\"z\":\"a\tb\"}", &[one]),
        (r#"{"z":"\ud800","a":1,"b":2}"#, &[one]),
        (r#"{"\u0061":1,"b":2}"#, &[one]),
        (r#"{"A":5,"b":2}"#, &[(None, Some(2))]),
        ("{}", &[(None, None)]),
        (r#"{"a":null,"b":null}"#, &[(None, None)]),
        (" \t{\"a\" : 1 , \"b\" : 2 } \t", &[one]),
        ("{\"a\":1,\"b\":2}\r", &[one]),
        (&deepest, &[one]),
        (r#"{"x":{"a":[1,{"b":null}],"c":"\\\""},"a":1,"y":[],"b":2,"z":{}}"#, &[one]),
    ];
    // Twice with one decoder: the second time in the order that the first has taught.
    let mut learning = decoder(&[]);
    for (document, rows) in cases.iter().chain(cases) {
        assert_eq!(decode(&mut learning, document.as_bytes()), (rows.to_vec(), None), "{document}");
        assert_eq!(decode(&mut decoder(&[]), document.as_bytes()), (rows.to_vec(), None), "{document}");
    }
    let broken: &[&[u8]] = &[
        br#"{"a":1,"b":2,}"#,
        br#"{"a":1,"b":2"#,
        b"[null]",
        br#"[[{"a":1}]]"#,
        b"null",
        b"5",
        b"\"x\"",
        b"   ",
        br#"{"z":01,"a":1,"b":2}"#,
        br#"{"z":NaN,"a":1,"b":2}"#,
        br#"{"z":+1,"a":1,"b":2}"#,
        br#"{"z":.5,"a":1,"b":2}"#,
        br#"{"z":5.,"a":1,"b":2}"#,
        br#"{"a":1,"b":2,"z":1e}"#,
        br#"{/*c*/"a":1,"b":2}"#,
        b"{'a':1}",
        br#"{"a":1 "b":2}"#,
        br#"{"a" 1}"#,
        br#"{"z":"\q","a":1,"b":2}"#,
        br#"{"z":tru,"a":1,"b":2}"#,
        br#"{"z":true1,"a":1,"b":2}"#,
        b"\x0c{\"a\":1,\"b\":2}",
        too_deep.as_bytes(),
        b"{\"a\":1,\"b\":2,\"z\":\"\xff\"}",
        b"{\"a\":1,\"b\":2,\"z\":\"\xc3\"}",
        b"{\"z\":\"\xff\",\"a\":1,\"b\":2}",
        // Flink stops reading before it meets these.
        br#"{"a":1,"b":2} xyz"#,
        br#"{"a":1,"b":2}{"a":3,"b":4}"#,
        br#"{"a":1,"b":2}}"#,
    ];
    for document in broken {
        for options in [&[][..], &[("json.ignore-parse-errors", "true")]] {
            let (_, error) = decode(&mut decoder(options), document);
            let error = error.unwrap_or_else(|| panic!("{} was accepted", document.escape_ascii()));
            assert!(error.starts_with("not valid JSON: "), "{error}");
        }
    }
}

#[test]
fn errors_name_the_column_and_show_the_text() {
    let message = |options: &[(&'static str, &'static str)], document: &str| {
        decode(&mut decoder(options), document.as_bytes()).1.unwrap()
    };
    assert_eq!(message(&[], r#"{"b":1,"a":"hot"}"#), r#"column a: "hot" is not an INT"#);
    assert_eq!(message(&[], r#"{"a":[1, 2]}"#), "column a: [1, 2] is not an INT");
    assert_eq!(message(&[], r#"{"a":9999999999}"#), "column a: 9999999999 is not an INT");
    assert_eq!(message(&[], r#"{"a":1 "b":2}"#), r#"not valid JSON: expected ',' or '}' at byte 7, found '"b":2}'"#);
    assert_eq!(message(&[], r#"{"a":x}"#), "column a: not valid JSON: expected a value at byte 5, found 'x}'");
    assert_eq!(message(&[], "{\"a\":1"), "not valid JSON: expected ',' or '}' at byte 6, found the end");
    assert_eq!(
        message(&[("json.fail-on-missing-field", "true")], r#"{"a":1}"#),
        "json.fail-on-missing-field is true, and not all of these are there: a, b"
    );
}

#[test]
fn any_order_of_keys_is_learnt() {
    let mut learning = decoder(&[]);
    for round in 0..50 {
        let documents = [
            r#"{"a": 1, "b": 2}"#,
            r#"{"b": 2, "a": 1}"#,
            r#"{"optional": [1], "a": 1, "b": 2}"#,
            r#"{"a": 1, "a long key that nobody reads, longer than a window": null, "b": 2, "more": {}}"#,
            r#"{"a":1,"b":2}"#,
            &format!(r#"{{"key{round}": 0, "b": 2, "a": 1}}"#),
        ];
        for document in documents {
            assert_eq!(decode(&mut learning, document.as_bytes()), (vec![(Some(1), Some(2))], None), "{document}");
        }
    }
}

#[test]
fn what_was_learnt_does_not_hide_a_broken_document() {
    let mut learning = decoder(&[]);
    decode(&mut learning, br#"{"a": 1, "b": 2}"#);
    decode(&mut learning, br#"{"b": 2, "a": 1}"#);
    for document in [r#"{, "a": 1}"#, r#"{"b": 2"a": 1}"#, r#"{"a": 1, "b": 2, }"#, r#"{"a": 1, "b": 2, "b": }"#] {
        assert!(decode(&mut learning, document.as_bytes()).1.is_some(), "{document}");
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Nested<'a> {
    s: Option<&'a str>,
    ar: Option<&'a [Option<i32>]>,
    ma: Option<&'a [(&'a str, Option<i32>)]>,
    ro: Option<Inner<'a>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Inner<'a> {
    a: Option<i32>,
    b: Option<&'a str>,
}

impl TableRow<'_> for Nested<'_> {}

impl<'a> json::Object<'a> for Nested<'a> {
    const COLUMNS: &'static [&'static str] = &["s", "ar", "ma", "ro"];

    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.s = value.text()?,
            1 => self.ar = value.array(|element| element.integer())?,
            2 => self.ma = value.map(|element| element.integer())?,
            _ => self.ro = value.row()?,
        }
        Ok(())
    }
}

impl<'a> json::Object<'a> for Inner<'a> {
    const COLUMNS: &'static [&'static str] = &["a", "b"];

    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.a = value.integer()?,
            _ => self.b = value.text()?,
        }
        Ok(())
    }
}

#[test]
fn nested_values_are_read_as_by_flink() {
    let ignoring = || decoder(&[("json.ignore-parse-errors", "true")]);
    let cases: &[(&str, Nested)] = &[
        (
            r#"{"s": {"a": 1, "b":[1, 2.50 ,"x\u0041é\n", 1E5, 100000000000000000000, 1.10, 0.00001, null, true], "c" : {}}}"#,
            Nested {
                s: Some(r#"{"a":1,"b":[1,2.5,"xAé\n",100000.0,100000000000000000000,1.1,1.0E-5,null,true],"c":{}}"#),
                ..Nested::default()
            },
        ),
        (r#"{"s":[],"ar":[]}"#, Nested { s: Some("[]"), ar: Some(&[]), ..Nested::default() }),
        (
            r#"{"s":[1, "2" ,null, 3.9],"ar":[1, "2" ,null, 3.9]}"#,
            Nested {
                s: Some(r#"[1,"2",null,3.9]"#),
                ar: Some(&[Some(1), Some(2), None, Some(3)]),
                ..Nested::default()
            },
        ),
        (r#"{"ar":5,"s":"after"}"#, Nested { s: Some("after"), ..Nested::default() }),
        (r#"{"ma":5,"ro":"x","s":"after"}"#, Nested { s: Some("after"), ..Nested::default() }),
        (r#"{"ma":{"a":1,"a":2,"b":"x"}}"#, Nested { ma: Some(&[("a", Some(2)), ("b", None)]), ..Nested::default() }),
        (r#"{"ro":{"a":1,"a":2,"b":"x"}}"#, Nested { ro: Some(Inner { a: Some(2), b: None }), ..Nested::default() }),
        (
            r#"{"ro":{"a":"7","b":5.50,"c":9}}"#,
            Nested { ro: Some(Inner { a: Some(7), b: Some("5.50") }), ..Nested::default() },
        ),
        (r#"{"ar":[1,"x",2]}"#, Nested { ar: Some(&[Some(1), None, Some(2)]), ..Nested::default() }),
    ];
    for (document, expected) in cases {
        let arena = Arena::new();
        let mut found = None;
        Nested::decode(&mut ignoring(), document.as_bytes(), &arena, |row| found = Some(row)).unwrap();
        assert_eq!(found, Some(*expected), "{document}");
    }
    let arena = Arena::new();
    let error = Nested::decode(&mut decoder(&[]), br#"{"ro":{"b":1,"a":{}}}"#, &arena, |_| {}).unwrap_err();
    assert_eq!(error.message, "column ro.a: {} is not an INT");
}

/// A row that is written: whatever the closure writes.
struct Written<F>(F);

impl<F: Fn(&mut json::Document<'_>)> json::Encode for Written<F> {
    fn encode(&self, document: &mut json::Document<'_>) {
        (self.0)(document);
    }
}

fn written(options: &[(&'static str, &'static str)], write: impl Fn(&mut json::Document<'_>)) -> String {
    let encoder = json::Encoder::new(&Options::new(options.iter().copied())).unwrap();
    let mut out = Vec::new();
    encoder.write(&Written(write), &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn rows_are_written_as_by_flink() {
    let readings = [Some(1.5), None, Some(1e10), Some(f64::NAN), Some(-0.0)];
    let counts = [("a\"", None), ("b", Some(2))];
    let row = |document: &mut json::Document<'_>| {
        document.column(json::key!("id")).integer(1);
        document.column(json::key!("b")).boolean(true);
        document.column(json::key!("i1")).tinyint(-1);
        document.column(json::key!("f")).float(70.5);
        document.column(json::key!("d")).double(134.22);
        document.column(json::key!("de")).decimal(Decimal(1_250_000_000), 8);
        document.column(json::key!("s")).text("OK");
        document.column(json::key!("byt")).bytes_base64(&[1u8, 2][..]);
        document.column(json::key!("da")).date(Date(18_768));
        document.column(json::key!("ti")).time(Time(37_293_120));
        document.column(json::key!("ts")).timestamp_sql(Timestamp(1_621_592_493_000_000));
        document.column(json::key!("tz")).timestamp_ltz_sql(Timestamp(1_621_592_493_123_456));
        document.column(json::key!("ar")).array(&readings[..], |place, reading| place.double(reading));
        document.column(json::key!("ma")).map(&counts[..], |place, count| place.integer(count));
        document.column(json::key!("ro")).row(&Written(|document: &mut json::Document<'_>| {
            document.column(json::key!("a")).integer(None);
            document.column(json::key!("b")).text("x");
        }));
        document.column(json::key!("last")).text(None);
    };
    assert_eq!(
        written(&[], row),
        concat!(
            r#"{"id":1,"b":true,"i1":-1,"f":70.5,"d":134.22,"de":12.5,"s":"OK","byt":"AQI=","da":"2021-05-21","#,
            r#""ti":"10:21:33.12","ts":"2021-05-21 10:21:33","tz":"2021-05-21 10:21:33.123456Z","#,
            r#""ar":[1.5,null,1.0E10,"NaN",-0.0],"ma":{"a\"":null,"b":2},"ro":{"a":null,"b":"x"},"last":null}"#
        )
    );
    let short = [("json.encode.ignore-null-fields", "true"), ("json.encode.decimal-as-plain-number", "true")];
    assert_eq!(
        written(&short, row),
        concat!(
            r#"{"id":1,"b":true,"i1":-1,"f":70.5,"d":134.22,"de":12.50000000,"s":"OK","byt":"AQI=","da":"2021-05-21","#,
            r#""ti":"10:21:33.12","ts":"2021-05-21 10:21:33","tz":"2021-05-21 10:21:33.123456Z","#,
            r#""ar":[1.5,null,1.0E10,"NaN",-0.0],"ma":{"a\"":null,"b":2},"ro":{"b":"x"}}"#
        )
    );
    assert_eq!(written(&short, |document| document.column(json::key!("a")).integer(None)), "{}");
}

#[test]
fn texts_and_numbers_are_written_as_by_flink() {
    let text = "q\"\\/\n\r\t\u{8}\u{c}\u{1}\u{1f}\u{7f}\u{85}\u{2028}é😀<>&'";
    assert_eq!(
        written(&[], |document| document.column(json::key!("s")).text(text)),
        "{\"s\":\"q\\\"\\\\/\\n\\r\\t\\b\\f\\u0001\\u001F\u{7f}\u{85}\u{2028}é\\uD83D\\uDE00<>&'\"}"
    );
    for (unscaled, expected) in [
        (0, "0"),
        (1, "1E-8"),
        (-10, "-1E-7"),
        (-10_000_000_000_000_000_000, "-1E+11"),
        (10_000_000_000_000_000_000_000_000_000, "1E+20"),
        (1_234_560_000_000, "12345.6"),
    ] {
        assert_eq!(
            written(&[], |document| document.column(json::key!("d")).decimal(Decimal(unscaled), 8)),
            format!("{{\"d\":{expected}}}")
        );
    }
    assert_eq!(
        written(&[], |document| document.column(json::key!("t")).timestamp_iso(Timestamp(-62_135_596_799_999_000))),
        r#"{"t":"0001-01-01T00:00:00.001"}"#
    );
    assert_eq!(
        written(&[], |document| document.column(json::key!("t")).timestamp_ltz_iso(Timestamp(-1))),
        r#"{"t":"1969-12-31T23:59:59.999999Z"}"#
    );
}

#[test]
fn plain_lines_are_read_where_they_stand() {
    let lines = b"{\"a\":1,\"b\":2}\n{\"a\":3,\"b\":null}\r\n{\"b\":5}\n{\"a\":7,\"z\":[\"\\n\"]}";
    let arena = Arena::new();
    let mut decoder = decoder(&[]);
    let (mut start, mut rows) = (0, Vec::new());
    while start < lines.len() {
        let (row, end) = Pair::decode_line(&mut decoder, lines, start, &arena).expect("a plain line");
        rows.push((row.a, row.b));
        start = end;
    }
    assert_eq!(rows, [(Some(1), Some(2)), (Some(3), None), (None, Some(5)), (Some(7), None)]);
    for odd in [
        &b""[..],
        b"\n",
        b" {\"a\":1}",
        b"[{\"a\":1}]",
        b"{\"a\":1\n}",
        b"{\"a\":1,\n\"b\":2}",
        b"{\"z\":\"\n\"}",
        b"{\"a\":1} ",
        b"{\"a\":1",
        b"{\"z\":\"\xff\"}",
    ] {
        assert!(Pair::decode_line(&mut decoder, odd, 0, &arena).is_none(), "{}", odd.escape_ascii());
    }
}

/// A row whose `b` waits until `a` has said whether it is wanted.
#[derive(Clone, Copy, Debug, Default)]
struct Guarded(Pair);

impl<'a> json::Object<'a> for Guarded {
    const COLUMNS: &'static [&'static str] = &["a", "b"];
    const AT_ONCE: usize = 1;

    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        json::Object::read(&mut self.0, column, value)
    }
}

impl TableRow<'_> for Guarded {
    fn wanted(&self) -> bool {
        self.0.a == Some(1)
    }
}

#[test]
fn a_value_that_nobody_wants_may_be_of_any_type_but_must_be_json() {
    let arena = Arena::new();
    let mut decoder = decoder(&[]);
    let mut read = |record: &str| {
        let mut rows = Vec::new();
        let result = Guarded::decode(&mut decoder, record.as_bytes(), &arena, |row| rows.push((row.0.a, row.0.b)));
        result.map(|()| rows).map_err(|error| error.message)
    };
    assert_eq!(read(r#"{"b":7,"a":1}"#), Ok(vec![(Some(1), Some(7))]));
    assert_eq!(read(r#"{"b":7,"a":2}"#), Ok(vec![(Some(2), None)]));
    assert_eq!(read(r#"{"b":"x","a":2}"#), Ok(vec![(Some(2), None)]));
    assert_eq!(read(r#"{"b":"x","a":1}"#), Err(r#"column b: "x" is not an INT"#.to_owned()));
    assert!(read(r#"{"b":[1,}],"a":2}"#).is_err_and(|message| message.starts_with("column b: not valid JSON")));
    // Where lines stand, too, whether values wait or, as in the first rows, do not.
    let line = br#"{"b":"x","a":2}"#;
    for _ in 0..200 {
        let row = Guarded::decode_line(&mut decoder, line, 0, &arena);
        assert!(row.is_none_or(|(row, _)| (row.0.a, row.0.b) == (Some(2), None)));
    }
}
