use super::*;
use std::collections::BTreeSet;

/// Takes each path into scope, so that one which the runtime lacks does not compile, and lists them.
macro_rules! runtime_functions {
    ($($module:ident: $($name:ident),+;)+) => {
        mod exists {
            $(mod $module {
                #[allow(unused_imports)]
                use sqlc_runtime::function::$module::{$($name as _),+};
            })+
        }
        const RUNTIME: &[&str] = &[$($(concat!(stringify!($module), "::", stringify!($name)),)+)+];
    };
}

runtime_functions! {
    charset: decode, encode;
    compare: greatest, least;
    decimal: abs, ceil, floor, round, round_whole, sign, truncate, truncate_whole;
    digest: from_base64, hex_text, md5, sha1, sha2, sha224, sha256, sha384, sha512, to_base64, unhex;
    json_path: is_json, is_json_array, is_json_object, is_json_scalar, json_exists, json_query, json_quote, json_unquote,
        json_value;
    like: like, like_escape, similar, similar_escape;
    numeric: abs, abs_float, acos, asin, atan, atan2, bin, ceil_float, cos, cosh, cot, degrees, e, exp, floor_float, hex,
        ln, log, log10, log2, pi, power, radians, round, round_float, round_float_whole, same, sign, sign_float, sin,
        sinh, sqrt, tan, tanh, truncate, truncate_float, truncate_float_whole;
    pattern: convert_tz, date_format, date_format_instant, date_format_text, from_unixtime, from_unixtime_pattern,
        to_date, to_date_pattern, to_timestamp, to_timestamp_ltz, to_timestamp_ltz_double, to_timestamp_ltz_millis,
        to_timestamp_ltz_pattern, to_timestamp_ltz_text, to_timestamp_ltz_zone, to_timestamp_pattern,
        unix_timestamp_of, unix_timestamp_pattern;
    random: rand, rand_integer, rand_integer_seeded, rand_seeded, uuid;
    regex: regexp, regexp_count, regexp_extract, regexp_extract_all, regexp_extract_whole, regexp_instr, regexp_replace,
        regexp_substr;
    text: ascii, char_length, chr, concat, concat_ws, elt, ends_with, initcap, instr, instr_from, instr_start,
        is_alpha, is_decimal, is_digit, left, locate, lower, lpad, ltrim, ltrim_of, overlay, overlay_for, position,
        repeat, replace, reverse, right, rpad, rtrim, rtrim_of, split_index, split_index_code, starts_with, str_to_map,
        str_to_map_by_default, substring, substring_from, translate, trim, trim_of, upper;
    time: add, add_date, add_time, add_time_to_date, ceil, ceil_date, ceil_instant, ceil_time, current_date,
        current_time, current_timestamp, diff, diff_date, diff_time, extract, extract_date, extract_instant,
        extract_millis, extract_months, extract_time, floor, floor_date, floor_instant, floor_time, local_timestamp,
        unix_timestamp;
    url: parse_url, parse_url_query, url_decode, url_encode;
}

#[test]
fn every_path_leads_to_the_runtime() {
    let registered: BTreeSet<&str> =
        all().flat_map(|function| function.overloads.iter().map(|overload| overload.call.path)).collect();
    let existing: BTreeSet<&str> = RUNTIME.iter().copied().collect();
    assert_eq!(registered, existing);
}

#[test]
fn names_are_unique_and_in_capitals() {
    let mut seen = BTreeSet::new();
    for name in all().flat_map(|function| function.names) {
        assert!(seen.insert(*name), "{name} is registered twice");
        assert_eq!(*name, name.to_ascii_uppercase());
    }
    assert!(seen.len() > 130);
    assert!(names().all(|name| name != "||" && name != "SIMILAR TO"));
}

#[test]
fn functions_are_found_by_any_of_their_names() {
    assert_eq!(find("CEILING").map(|function| function.names[0]), Some("CEIL"));
    assert_eq!(find("||").map(|function| function.names[0]), Some("CONCAT"));
    assert!(find("ceil").is_none());
}

#[test]
fn units_have_a_place() {
    assert_eq!(unit("DOY"), Some("DayOfYear"));
    assert_eq!(unit("FORTNIGHT"), None);
    assert!(Parameter::Unit.takes_unit("DOY"));
    assert!(Parameter::ClockUnit.takes_unit("HOUR") && !Parameter::ClockUnit.takes_unit("DAY"));
    assert!(Parameter::DateUnit.takes_unit("DAY") && !Parameter::DateUnit.takes_unit("HOUR"));
}

/// Result types of Flink 2.3.
#[test]
fn rules_give_flinks_types() {
    let result = |name: &str, overload: usize, arguments: &[Kind], literals: &[Option<i64>]| {
        let types: Vec<Type> = arguments.iter().cloned().map(Kind::not_null).collect();
        match find(name).unwrap().overloads[overload].result {
            ResultType::Rule(rule) => rule(&types).to_string(),
            ResultType::Literals(rule) => rule(&types, literals).to_string(),
            ref other => panic!("{name} has the result type {other:?}"),
        }
    };
    let decimal = |precision, scale| Kind::Decimal { precision, scale };
    assert_eq!(result("CEIL", 1, &[decimal(5, 2)], &[None]), "DECIMAL(5, 0)");
    assert_eq!(result("ROUND", 3, &[decimal(10, 3), Kind::Int], &[None, Some(2)]), "DECIMAL(10, 2)");
    assert_eq!(result("ROUND", 3, &[decimal(10, 3), Kind::Int], &[None, Some(5)]), "DECIMAL(10, 3)");
    assert_eq!(result("ROUND", 3, &[decimal(10, 3), Kind::Int], &[None, Some(-1)]), "DECIMAL(8, 0)");
    assert_eq!(result("ROUND", 3, &[decimal(3, 2), Kind::Int], &[None, Some(1)]), "DECIMAL(3, 1)");
    assert_eq!(result("ROUND", 2, &[decimal(10, 3)], &[None]), "DECIMAL(8, 0)");
    assert_eq!(result("TRUNCATE", 3, &[decimal(12, 3), Kind::Int], &[None, Some(-2)]), "DECIMAL(10, 0)");
    assert_eq!(result("SUBSTRING", 0, &[Kind::VarChar(10), Kind::Int], &[]), "VARCHAR(10)");
    assert_eq!(result("TRIM", 0, &[Kind::Char(6)], &[]), "VARCHAR(6)");
    assert_eq!(result("OVERLAY", 0, &[Kind::Char(6), Kind::Char(2), Kind::Int], &[]), "VARCHAR(8)");
    assert_eq!(result("MD5", 0, &[Kind::STRING], &[]), "CHAR(32)");
    assert_eq!(result("TO_TIMESTAMP_LTZ", 1, &[Kind::BigInt, Kind::Int], &[None, Some(6)]), "TIMESTAMP_LTZ(6)");
}
