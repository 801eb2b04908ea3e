//! Every value is what Flink 2.3 returns for the call.

use super::*;

#[test]
fn scalars_by_path() {
    let arena = Arena::new();
    for (text, path, expected) in [
        (r#"{"a": 1}"#, "$.a", Some("1")),
        (r#"{"a": "x"}"#, "$.a", Some("x")),
        (r#"{"a": true}"#, "$.a", Some("true")),
        (r#"{"a": null}"#, "$.a", None),
        (r#"{"a": 1.50}"#, "$.a", Some("1.50")),
        (r#"{"a": 1e5}"#, "$.a", Some("1E+5")),
        (r#"{"a": 12345678901234567890}"#, "$.a", Some("12345678901234567890")),
        (r#"{"a": {"b": 2}}"#, "$.a", None),
        (r#"{"a": {"b": 2}}"#, "$.a.b", Some("2")),
        (r#"{"a": [1,2,3]}"#, "$.a[1]", Some("2")),
        (r#"{"a": [1,2,3]}"#, "$.a[5]", None),
        (r#"{"a": [1,2,3]}"#, "$.a[-1]", Some("3")),
        (r#"{"a b": 1}"#, "$[\"a b\"]", Some("1")),
        (r#"{"a b": 1}"#, "$['a b']", Some("1")),
        (r#"{"a": 1}"#, "$.b", None),
        (r#"{"a": 1}"#, "lax $.a", Some("1")),
        (r#"{"a": 1}"#, "strict $.a", Some("1")),
        (r#"{"a": 1}"#, "strict $.b", None),
        (r#"{"a": 1}"#, "a", Some("1")),
        (r#"{"a": 1}"#, "$$$", None),
        ("[1,2]", "$[0]", Some("1")),
        ("5", "$", Some("5")),
        (r#""x""#, "$", Some("x")),
        (r#"{"a": [{"b":1},{"b":2}]}"#, "$.a[1].b", Some("2")),
        (r#"{"a": "\u00e9\n"}"#, "$.a", Some("é\n")),
        (r#"{"a": 1} x"#, "$.a", Some("1")),
        (r#"{"a": 1, "a": 2}"#, "$.a", Some("2")),
        ("not json", "$.a", None),
        ("", "$.a", None),
        (r#"{"a": 1"#, "$.a", None),
    ] {
        assert_eq!(json_value(&arena, text, path), Ok(expected), "{text} {path}");
    }
    assert!(json_value(&arena, r#"{"a": [1]}"#, "$.a[*]").is_err());
    assert!(json_value(&arena, r#"{"a": [1]}"#, "$..a").is_err());
}

#[test]
fn surrogates() {
    let arena = Arena::new();
    assert_eq!(json_value(&arena, r#"["\ud83d\ude00"]"#, "$[0]"), Ok(Some("😀")));
    assert_eq!(json_value(&arena, r#"["\ud83d!"]"#, "$[0]"), Ok(Some("?!")));
}

#[test]
fn objects_and_arrays_by_path() {
    let arena = Arena::new();
    let query = |text| json_query(&arena, text, "$.a").unwrap();
    assert_eq!(query(r#"{"a": {"b": [1, 2]}}"#), Some(r#"{"b":[1,2]}"#));
    assert_eq!(query(r#"{"a": [1, 2]}"#), Some("[1,2]"));
    assert_eq!(query(r#"{"a": 1}"#), None);
    assert_eq!(query(r#"{"a": null}"#), None);
    let mixed = r#"{"a": {"z": 1.50, "b": "é\u00e9\/", "c": 1e5}}"#;
    assert_eq!(query(mixed), Some(r#"{"b":"éé/","c":1E+5,"z":1.50}"#));
}

#[test]
fn existence() {
    assert_eq!(json_exists(r#"{"a": true}"#, "$.a"), Ok(true));
    assert_eq!(json_exists(r#"{"a": true}"#, "$.b"), Ok(false));
    assert_eq!(json_exists(r#"{"a": null}"#, "$.a"), Ok(false));
    assert_eq!(json_exists(r#"{"a": [{ "b": 1 }]}"#, "$.a[0].b"), Ok(true));
    assert_eq!(json_exists("not json", "$.a"), Ok(false));
}

#[test]
fn what_is_json() {
    for (text, expected) in [
        (r#"{"a":1}"#, true),
        (r#"{"a":1"#, false),
        ("abc", false),
        (r#""abc""#, true),
        ("1", true),
        ("", false),
        (r#"{"a":1} x"#, true),
        ("{a:1}", false),
        ("01", false),
        (r#" {"a":1} "#, true),
        ("null", true),
    ] {
        assert_eq!(is_json(Some(text)), expected, "{text}");
    }
    assert!(!is_json(None));
    assert!(is_json_object(Some("{}")) && is_json_array(Some("[1]")) && is_json_scalar(Some("1")));
    assert!(!is_json_object(Some("[1]")) && !is_json_scalar(Some("{}")));
    assert!(!is_json(Some(&"[".repeat(100_000))));
}

#[test]
fn quotes() {
    let arena = Arena::new();
    assert_eq!(json_quote(&arena, "a\"b"), "\"a\\\"b\"");
    assert_eq!(json_unquote(&arena, "\"a\\\"b\""), "a\"b");
    assert_eq!(json_unquote(&arena, "abc"), "abc");
}
