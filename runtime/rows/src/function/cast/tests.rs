//! Every value is what Flink 2.3 returns for the cast.

use super::*;

#[test]
fn numbers_from_texts() {
    for (text, expected) in [
        ("12", Some(12)),
        (" 12 ", Some(12)),
        ("+12", Some(12)),
        ("-12", Some(-12)),
        ("1.234", Some(1)),
        ("1.", Some(1)),
        (".5", Some(0)),
        (".", Some(0)),
        ("-2147483648", Some(i32::MIN)),
        ("0000000000000012", Some(12)),
        ("2147483648", None),
        ("", None),
        (" ", None),
        ("-", None),
        ("+", None),
        ("1e2", None),
        ("1.2.3", None),
        ("1.a", None),
        ("12a", None),
        ("1 2", None),
        ("٣", None),
    ] {
        assert_eq!(text_to_int(text).ok(), expected, "{text:?}");
    }
    assert_eq!(text_to_tinyint("1.5"), Ok(1));
    assert!(text_to_tinyint("128").is_err());
    assert!(text_to_smallint("32768").is_err());
    assert_eq!(text_to_bigint("-9223372036854775808"), Ok(i64::MIN));
    assert!(text_to_bigint("9223372036854775808").is_err());
    assert_eq!(text_to_double(" 1.5 "), Ok(1.5));
    assert_eq!(text_to_float("1.5"), Ok(1.5));
    assert!(text_to_double("abc").is_err());
    assert_eq!(text_to_decimal("12.345", 10, 2), Ok(Decimal(1_235)));
    assert_eq!(text_to_decimal("1000", 3, 0).unwrap_err().to_string(), "\"1000\" cannot be cast to DECIMAL(3, 0)");
}

#[test]
fn booleans() {
    for text in ["t", "TRUE", "y", "Yes", "1"] {
        assert_eq!(text_to_boolean(text), Ok(true));
    }
    for text in ["f", "false", "N", "no", "0"] {
        assert_eq!(text_to_boolean(text), Ok(false));
    }
    for text in [" TRUE ", "on", "maybe", "", "2"] {
        assert!(text_to_boolean(text).is_err());
    }
    assert_eq!(boolean_to_text(true), "TRUE");
    assert_eq!(boolean_to_decimal(true, 5, 2), Some(Decimal(100)));
    assert!(decimal_to_boolean(Decimal(150)) && !decimal_to_boolean(Decimal(0)));
}

#[test]
fn texts_fit_their_type() {
    let arena = Arena::new();
    assert_eq!(fit_char(&arena, "abc", 5), "abc  ");
    assert_eq!(fit_char(&arena, "abcdef", 3), "abc");
    assert_eq!(fit_char(&arena, "a😀", 4), "a😀  ");
    assert_eq!(fit_varchar("a😀b", 2), "a😀");
    assert_eq!(fit_varchar("12", 1), "1");
    assert_eq!(fit_binary(&arena, b"abc", 5), b"abc\0\0");
    assert_eq!(fit_binary(&arena, b"abcdef", 3), b"abc");
    assert_eq!(fit_varbinary(b"abcdef", 3), b"abc");
    assert_eq!(bytes_to_text(&arena, b"abc"), "abc");
    assert_eq!(bytes_to_text(&arena, b"\xff"), "\u{fffd}");
}

#[test]
fn numbers_narrow() {
    assert_eq!(double_to_tinyint(300.7), 44);
    assert_eq!(double_to_tinyint(1e20), -1);
    assert_eq!(double_to_smallint(40_000.7), -25_536);
    assert_eq!(double_to_smallint(70_000.5f32), 4_464);
    assert_eq!(decimal_to_bigint(Decimal(-999), 1), -99);
    assert_eq!(decimal_to_bigint(Decimal(30_000_000_009), 1) as i32, -1_294_967_296);
    assert_eq!(decimal_to_bigint(Decimal(3_009), 1) as i8, 44);
    assert_eq!(double_to_decimal(1.005, 10, 2), Ok(Some(Decimal(101))));
    assert_eq!(double_to_decimal(1e20, 10, 2), Ok(None));
    assert!(double_to_decimal(f64::NAN, 3, 1).is_err());
    assert_eq!(integer_to_decimal(12_345, 10, 2), Some(Decimal(1_234_500)));
    assert_eq!(integer_to_decimal(1_000, 3, 0), None);
    assert_eq!(decimal_to_float(Decimal(11), 1), 1.1);
    assert_eq!(checked_int(5i64), Ok(5));
    assert_eq!(checked_int(5_000_000_000i64).unwrap_err().to_string(), "5000000000 does not fit into INTEGER");
}

#[test]
fn times() {
    let at = |text| text_to_timestamp(text, 6).unwrap();
    let arena = Arena::new();
    let zone = Zone::parse("UTC").unwrap();
    assert_eq!(timestamp_to_text(&arena, at("2024-02-29 12:34:56.5"), 3), "2024-02-29 12:34:56.500");
    assert_eq!(timestamp_to_text(&arena, at("2024-02-29 12:34:56.5"), 0), "2024-02-29 12:34:56");
    assert_eq!(timestamp_to_timestamp(at("2024-02-29 12:34:56.9999"), 3), at("2024-02-29 12:34:56.999"));
    assert_eq!(date_to_text(&arena, timestamp_to_date(at("2024-02-29 12:34:56"))), "2024-02-29");
    assert_eq!(date_to_text(&arena, timestamp_to_date(at("1969-12-31 12:34:56"))), "1970-01-01");
    assert_eq!(time_to_text(&arena, timestamp_to_time(at("2024-02-29 12:34:56.789"), 3), 3), "12:34:56.789");
    assert_eq!(time_to_text(&arena, timestamp_to_time(at("2024-02-29 12:34:56.789"), 0), 0), "12:34:56");
    assert_eq!(time_to_timestamp(text_to_time("12:34:56", 0).unwrap()), at("1970-01-01 12:34:56"));
    assert_eq!(date_to_timestamp(text_to_date("2024-02-29").unwrap()), at("2024-02-29"));
    assert_eq!(instant_to_text(&arena, &zone, Timestamp(1_709_210_096_789_000), 3), "2024-02-29 12:34:56.789");
    let tokyo = Zone::parse("Asia/Tokyo").unwrap();
    assert_eq!(text_to_instant(&tokyo, "2024-02-29 12:34:00", 3), Ok(at("2024-02-29 03:34:00")));
}
