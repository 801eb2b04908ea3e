//! Every value is what Flink 2.3 returns for the call.

use super::*;

#[test]
fn case() {
    let arena = Arena::new();
    assert_eq!(upper(&arena, "straße ñ ab"), "STRASSE Ñ AB");
    assert_eq!(upper(&arena, "already"), "ALREADY");
    assert_eq!(lower(&arena, "ÀB C"), "àb c");
    assert_eq!(initcap(&arena, "hello wORLD foo_bar 1a é"), "Hello World Foo_Bar 1a é");
    assert_eq!(initcap(&arena, "élan vital"), "éLan Vital");
}

#[test]
fn lengths_count_characters() {
    assert_eq!(char_length("héllo"), 5);
    assert_eq!(char_length("a😀b"), 3);
}

#[test]
fn trimming() {
    assert_eq!(trim("  ab  "), "ab");
    assert_eq!(trim("\tab"), "\tab");
    assert_eq!(trim_of("xyabyx", "xy"), "ab");
    assert_eq!(trim_of("ab", ""), "ab");
    assert_eq!(ltrim("  ab "), "ab ");
    assert_eq!(ltrim("\u{a0}ab"), "\u{a0}ab");
    assert_eq!(rtrim(" ab  "), " ab");
    assert_eq!(ltrim_of("yxab", "xy"), "ab");
    assert_eq!(rtrim_of("abxy", "xy"), "ab");
}

#[test]
fn substrings() {
    assert_eq!(substring_from("hello", 2), "ello");
    assert_eq!(substring_from("hello", 0), "hello");
    assert_eq!(substring_from("hello", -3), "llo");
    assert_eq!(substring_from("hello", -10), "");
    assert_eq!(substring_from("hello", 10), "");
    assert_eq!(substring("hello", 2, 3), Some("ell"));
    assert_eq!(substring("hello", 0, 3), Some("hel"));
    assert_eq!(substring("hello", 2, 0), Some(""));
    assert_eq!(substring("hello", 2, -1), None);
    assert_eq!(substring("hello", -3, 2), Some("ll"));
    assert_eq!(substring("hello", -10, 7), Some(""));
    assert_eq!(substring("hello", 2, i32::MAX), Some("ello"));
    assert_eq!(substring("a😀bé", 2, 2), Some("😀b"));
    assert_eq!(left("hello", 2), "he");
    assert_eq!(left("hello", -2), "");
    assert_eq!(left("😀ab", 1), "😀");
    assert_eq!(right("hello", 2), "lo");
    assert_eq!(right("hello", -2), "");
    assert_eq!(right("hello", 10), "hello");
    assert_eq!(right("ab😀", 1), "😀");
}

#[test]
fn searching() {
    assert_eq!(position("l", "hello"), 3);
    assert_eq!(position("z", "hello"), 0);
    assert_eq!(position("", "hello"), 1);
    assert_eq!(position("b", "a😀b"), 3);
    assert_eq!(instr_from("hello", "l", 1, 2), Ok(4));
    assert_eq!(instr_from("hello", "l", 4, 1), Ok(4));
    assert_eq!(instr_from("hello", "l", -1, 1), Ok(4));
    assert_eq!(instr_from("hello", "l", -1, 2), Ok(3));
    assert_eq!(instr_from("hello", "l", 0, 1), Ok(0));
    assert!(instr_from("hello", "l", 1, 0).is_err());
    assert_eq!(locate("l", "hello", 4), 4);
    assert_eq!(locate("l", "hello", 5), 0);
    assert_eq!(locate("", "hello", 1), 1);
    assert_eq!(locate("l", "hello", -1), 3);
    assert_eq!(locate("b", "a😀b", 1), 3);
}

#[test]
fn replacing() {
    let arena = Arena::new();
    assert_eq!(replace(&arena, "hello", "l", "L"), "heLLo");
    assert_eq!(replace(&arena, "hello", "", "x"), "xhxexlxlxox");
    assert_eq!(replace(&arena, "hello", "ll", ""), "heo");
    assert_eq!(replace(&arena, "aaa", "aa", "b"), "ba");
    assert_eq!(overlay(&arena, "abcdef", "XX", 3), "abXXef");
    for (start, length, expected) in [
        (3, 4, "abXX"),
        (3, 0, "abXX"),
        (3, -1, "abXX"),
        (3, 100, "abXX"),
        (3, 1, "abXXdef"),
        (6, 2, "abcdeXX"),
        (7, 2, "abcdef"),
        (0, 2, "abcdef"),
        (-1, 2, "abcdef"),
    ] {
        assert_eq!(overlay_for(&arena, "abcdef", "XX", start, length), expected, "{start} {length}");
    }
    assert_eq!(overlay_for(&arena, "a😀cdef", "XX", 3, 1), "a?XXcdef");
    let translated = |from, to| translate(&arena, Some("hello"), from, to);
    assert_eq!(translated(Some("el"), Some("ip")), Some("hippo"));
    assert_eq!(translated(Some("lo"), Some("x")), Some("hexx"));
    assert_eq!(translated(Some(""), Some("x")), Some("hello"));
    assert_eq!(translated(Some("ll"), Some("xy")), Some("hexxo"));
    assert_eq!(translated(Some("el"), None), Some("ho"));
}

#[test]
fn joining_and_padding() {
    let arena = Arena::new();
    assert_eq!(concat(&arena, &["a", "b", "c"]), "abc");
    assert_eq!(concat_ws(&arena, Some(","), &[Some("a"), None, Some("b")]), Some("a,b"));
    assert_eq!(concat_ws(&arena, Some(","), &[None]), Some(""));
    assert_eq!(concat_ws(&arena, None, &[Some("a")]), None);
    assert_eq!(lpad(&arena, "hi", 5, "xy"), Some("xyxhi"));
    assert_eq!(lpad(&arena, "hi", 1, "xy"), Some("h"));
    assert_eq!(lpad(&arena, "hi", 0, "x"), Some(""));
    assert_eq!(lpad(&arena, "hi", -1, "xy"), None);
    assert_eq!(lpad(&arena, "hi", 5, ""), None);
    assert_eq!(lpad(&arena, "hi", 1, ""), None);
    assert_eq!(lpad(&arena, "😀", 3, "é"), Some("é😀"));
    assert_eq!(rpad(&arena, "hi", 5, "xy"), Some("hixyx"));
    assert_eq!(rpad(&arena, "😀", 3, "é"), Some("😀é"));
    assert_eq!(repeat(&arena, "ab", 3), "ababab");
    assert_eq!(repeat(&arena, "ab", -1), "");
    assert_eq!(reverse(&arena, "a😀b"), "b😀a");
}

#[test]
fn splitting() {
    assert_eq!(split_index("a,b,c", ",", 1), Some("b"));
    assert_eq!(split_index("a,b,c", ",", 3), None);
    assert_eq!(split_index("a,b,c", ",", -1), None);
    assert_eq!(split_index("a,,c", ",", 1), Some(""));
    assert_eq!(split_index("", "x", 0), None);
    assert_eq!(split_index("abc", "", 1), None);
    assert_eq!(split_index("abcabd", "ab", 1), Some("c"));
    assert_eq!(split_index_code("a b c", 32, 1), Some("b"));
    assert_eq!(split_index_code("abc", 300, 1), None);
    assert_eq!(elt(Some(2), &[Some("a"), Some("b")]), Some("b"));
    assert_eq!(elt(Some(3), &[Some("a"), Some("b")]), None);
    assert_eq!(elt(Some(0), &[Some("a"), Some("b")]), None);
    let arena = Arena::new();
    assert_eq!(str_to_map(&arena, "k1=v1,k2=v2", ",", "="), [("k1", Some("v1")), ("k2", Some("v2"))]);
    assert_eq!(str_to_map(&arena, "k1:v1;k2: v2", ";", ":"), [("k1", Some("v1")), ("k2", Some(" v2"))]);
    assert_eq!(str_to_map(&arena, "k1,k2=v2", ",", "="), [("k1", None), ("k2", Some("v2"))]);
    assert!(str_to_map(&arena, "", ",", "=").is_empty());
}

#[test]
fn codes() {
    let arena = Arena::new();
    assert_eq!(ascii("abc"), 97);
    assert_eq!(ascii(""), 0);
    assert_eq!(ascii("é"), -61);
    assert_eq!(chr(&arena, 65), "A");
    assert_eq!(chr(&arena, 353), "a");
    assert_eq!(chr(&arena, -1), "");
    assert_eq!(chr(&arena, 0), "\0");
    assert_eq!(chr(&arena, 233), "é");
}

#[test]
fn kinds_of_texts() {
    for (text, alpha, digit, decimal) in [
        ("abc", true, false, false),
        ("ab1", false, false, false),
        ("", false, false, false),
        ("é", true, false, false),
        ("123", false, true, true),
        ("12.3", false, false, true),
        ("٣", false, true, false),
        ("-12.3", false, false, true),
        ("1e5", false, false, true),
        (".5", false, false, true),
        ("NaN", true, false, true),
        ("1.5d", false, false, true),
        (" 5 ", false, false, true),
        ("0x1F", false, false, false),
    ] {
        assert_eq!(is_alpha(Some(text)), alpha, "{text}");
        assert_eq!(is_digit(Some(text)), digit, "{text}");
        assert_eq!(is_decimal(Some(text)), decimal, "{text}");
    }
    assert!(!is_alpha(None) && !is_digit(None) && !is_decimal(None));
}
