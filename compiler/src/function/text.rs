//! Functions of texts.

use super::Parameter::{Any, BigInt, Int, Text};
use super::{Function, ResultType as To, call};
use crate::types::{Family, Kind, MAX_LENGTH, Type};

fn length(ty: &Type) -> u32 {
    match ty.kind {
        Kind::Char(length) | Kind::VarChar(length) => length,
        _ => MAX_LENGTH,
    }
}

/// VARCHAR of the first argument's length.
fn no_longer(arguments: &[Type]) -> Kind {
    Kind::VarChar(length(&arguments[0]))
}

/// VARCHAR of both lengths.
fn both_lengths(arguments: &[Type]) -> Kind {
    let total = length(&arguments[0]).saturating_add(length(&arguments[1])).min(MAX_LENGTH);
    Kind::VarChar(total)
}

fn text_map(_: &[Type]) -> Kind {
    let entry = || Box::new(Kind::STRING.nullable());
    Kind::Map(entry(), entry())
}

fn text_array(_: &[Type]) -> Kind {
    Kind::Array(Box::new(Kind::STRING.nullable()))
}

pub const FUNCTIONS: &[Function] = &[
    Function {
        names: &["UPPER"],
        usage: "UPPER(text)",
        overloads: &[call("text::upper", &[Text], To::Argument(0)).arena()],
    },
    Function {
        names: &["LOWER"],
        usage: "LOWER(text)",
        overloads: &[call("text::lower", &[Text], To::Argument(0)).arena()],
    },
    Function {
        names: &["INITCAP"],
        usage: "INITCAP(text)",
        overloads: &[call("text::initcap", &[Text], To::Argument(0)).arena()],
    },
    Function {
        names: &["CHAR_LENGTH", "CHARACTER_LENGTH"],
        usage: "CHAR_LENGTH(text)",
        overloads: &[call("text::char_length", &[Text], To::Int)],
    },
    Function {
        names: &["TRIM"],
        usage: "TRIM([BOTH | LEADING | TRAILING] [characters FROM] text)",
        overloads: &[
            call("text::trim", &[Text], To::Rule(no_longer)),
            call("text::trim_of", &[Text, Text], To::Rule(no_longer)),
        ],
    },
    Function {
        names: &["LTRIM"],
        usage: "LTRIM(text [, characters])",
        overloads: &[
            call("text::ltrim", &[Text], To::Rule(no_longer)),
            call("text::ltrim_of", &[Text, Text], To::Rule(no_longer)),
        ],
    },
    Function {
        names: &["RTRIM"],
        usage: "RTRIM(text [, characters])",
        overloads: &[
            call("text::rtrim", &[Text], To::Rule(no_longer)),
            call("text::rtrim_of", &[Text, Text], To::Rule(no_longer)),
        ],
    },
    Function {
        names: &["BTRIM"],
        usage: "BTRIM(text [, characters])",
        overloads: &[call("text::trim", &[Text], To::Text), call("text::trim_of", &[Text, Text], To::Text)],
    },
    Function {
        names: &["SUBSTRING", "SUBSTR"],
        usage: "SUBSTRING(text, start [, length])",
        overloads: &[
            call("text::substring_from", &[Text, Int], To::Rule(no_longer)).nullable(),
            call("text::substring", &[Text, Int, Int], To::Rule(no_longer)).optional(),
        ],
    },
    Function {
        names: &["LEFT"],
        usage: "LEFT(text, length)",
        overloads: &[call("text::left", &[Text, Int], To::Rule(no_longer)).nullable()],
    },
    Function {
        names: &["RIGHT"],
        usage: "RIGHT(text, length)",
        overloads: &[call("text::right", &[Text, Int], To::Rule(no_longer)).nullable()],
    },
    Function {
        names: &["POSITION"],
        usage: "POSITION(needle IN text)",
        overloads: &[call("text::position", &[Text, Text], To::Int)],
    },
    Function {
        names: &["INSTR"],
        usage: "INSTR(text, needle [, start [, occurrence]])",
        overloads: &[
            call("text::instr", &[Text, Text], To::Int),
            call("text::instr_start", &[Text, Text, Int], To::Int),
            call("text::instr_from", &[Text, Text, Int, Int], To::Int).fails(),
        ],
    },
    Function {
        names: &["LOCATE"],
        usage: "LOCATE(needle, text [, start])",
        overloads: &[call("text::position", &[Text, Text], To::Int), call("text::locate", &[Text, Text, Int], To::Int)],
    },
    Function {
        names: &["REPLACE"],
        usage: "REPLACE(text, needle, replacement)",
        overloads: &[call("text::replace", &[Text, Text, Text], To::Text).arena()],
    },
    Function {
        names: &["OVERLAY"],
        usage: "OVERLAY(text PLACING replacement FROM start [FOR length])",
        overloads: &[
            call("text::overlay", &[Text, Text, Int], To::Rule(both_lengths)).arena(),
            call("text::overlay_for", &[Text, Text, Int, Int], To::Rule(both_lengths)).arena(),
        ],
    },
    Function {
        names: &["CONCAT", "||"],
        usage: "CONCAT(text, text, ...)",
        overloads: &[call("text::concat", &[Text], To::Text).arena().variadic()],
    },
    Function {
        names: &["CONCAT_WS"],
        usage: "CONCAT_WS(separator, text, ...)",
        overloads: &[call("text::concat_ws", &[Text, Text], To::Text).arena().variadic().optional().sees_null()],
    },
    Function {
        names: &["LPAD"],
        usage: "LPAD(text, length, pad)",
        overloads: &[call("text::lpad", &[Text, Int, Text], To::Text).arena().optional()],
    },
    Function {
        names: &["RPAD"],
        usage: "RPAD(text, length, pad)",
        overloads: &[call("text::rpad", &[Text, Int, Text], To::Text).arena().optional()],
    },
    Function {
        names: &["REPEAT"],
        usage: "REPEAT(text, count)",
        overloads: &[call("text::repeat", &[Text, Int], To::Text).arena()],
    },
    Function {
        names: &["REVERSE"],
        usage: "REVERSE(text)",
        overloads: &[call("text::reverse", &[Text], To::Text).arena()],
    },
    Function {
        names: &["SPLIT_INDEX"],
        usage: "SPLIT_INDEX(text, separator, index)",
        overloads: &[
            call("text::split_index", &[Text, Text, Int], To::Text).optional(),
            call("text::split_index_code", &[Text, Int, Int], To::Text).optional(),
        ],
    },
    Function { names: &["ASCII"], usage: "ASCII(text)", overloads: &[call("text::ascii", &[Text], To::Int)] },
    Function { names: &["CHR"], usage: "CHR(code)", overloads: &[call("text::chr", &[BigInt], To::Text).arena()] },
    Function {
        names: &["ELT"],
        usage: "ELT(index, text, ...)",
        overloads: &[call("text::elt", &[Int, Text], To::Text).variadic().optional().sees_null()],
    },
    Function {
        names: &["STARTSWITH"],
        usage: "STARTSWITH(text, prefix)",
        overloads: &[call("text::starts_with", &[Text, Text], To::Boolean)],
    },
    Function {
        names: &["ENDSWITH"],
        usage: "ENDSWITH(text, suffix)",
        overloads: &[call("text::ends_with", &[Text, Text], To::Boolean)],
    },
    Function {
        names: &["TRANSLATE"],
        usage: "TRANSLATE(text, from, to)",
        overloads: &[call("text::translate", &[Text, Text, Text], To::Text).arena().optional().sees_null()],
    },
    Function {
        names: &["IS_ALPHA"],
        usage: "IS_ALPHA(text)",
        overloads: &[call("text::is_alpha", &[Text], To::Boolean).sees_null()],
    },
    Function {
        names: &["IS_DIGIT"],
        usage: "IS_DIGIT(text)",
        overloads: &[call("text::is_digit", &[Text], To::Boolean).sees_null()],
    },
    Function {
        names: &["IS_DECIMAL"],
        usage: "IS_DECIMAL(text)",
        overloads: &[call("text::is_decimal", &[Text], To::Boolean).sees_null()],
    },
    Function {
        names: &["STR_TO_MAP"],
        usage: "STR_TO_MAP(text [, pair separator, key separator])",
        overloads: &[
            call("text::str_to_map_by_default", &[Text], To::Rule(text_map)).arena(),
            call("text::str_to_map", &[Text, Text, Text], To::Rule(text_map)).arena(),
        ],
    },
    Function {
        names: &["LIKE"],
        usage: "text LIKE pattern [ESCAPE character]",
        overloads: &[
            call("like::like", &[Text, Text], To::Boolean).fails(),
            call("like::like_escape", &[Text, Text, Text], To::Boolean).fails(),
        ],
    },
    Function {
        names: &["SIMILAR TO"],
        usage: "text SIMILAR TO pattern [ESCAPE character]",
        overloads: &[
            call("like::similar", &[Text, Text], To::Boolean).fails(),
            call("like::similar_escape", &[Text, Text, Text], To::Boolean).fails(),
        ],
    },
    Function {
        names: &["REGEXP"],
        usage: "REGEXP(text, pattern)",
        overloads: &[call("regex::regexp", &[Text, Text], To::Boolean)],
    },
    Function {
        names: &["REGEXP_EXTRACT"],
        usage: "REGEXP_EXTRACT(text, pattern [, group])",
        overloads: &[
            call("regex::regexp_extract_whole", &[Text, Text], To::Text).optional(),
            call("regex::regexp_extract", &[Text, Text, Int], To::Text).optional(),
        ],
    },
    Function {
        names: &["REGEXP_EXTRACT_ALL"],
        usage: "REGEXP_EXTRACT_ALL(text, pattern, group)",
        overloads: &[call("regex::regexp_extract_all", &[Text, Text, Int], To::Rule(text_array)).arena().optional()],
    },
    Function {
        names: &["REGEXP_REPLACE"],
        usage: "REGEXP_REPLACE(text, pattern, replacement)",
        overloads: &[call("regex::regexp_replace", &[Text, Text, Text], To::Text).arena().optional()],
    },
    Function {
        names: &["REGEXP_COUNT"],
        usage: "REGEXP_COUNT(text, pattern)",
        overloads: &[call("regex::regexp_count", &[Text, Text], To::Int).optional()],
    },
    Function {
        names: &["REGEXP_INSTR"],
        usage: "REGEXP_INSTR(text, pattern)",
        overloads: &[call("regex::regexp_instr", &[Text, Text], To::Int).optional()],
    },
    Function {
        names: &["REGEXP_SUBSTR"],
        usage: "REGEXP_SUBSTR(text, pattern)",
        overloads: &[call("regex::regexp_substr", &[Text, Text], To::Text).optional()],
    },
    Function {
        names: &["PARSE_URL"],
        usage: "PARSE_URL(url, part [, key])",
        overloads: &[
            call("url::parse_url", &[Text, Text], To::Text).arena().optional(),
            call("url::parse_url_query", &[Text, Text, Text], To::Text).optional(),
        ],
    },
    Function {
        names: &["URL_ENCODE"],
        usage: "URL_ENCODE(text)",
        overloads: &[call("url::url_encode", &[Text], To::Text).arena()],
    },
    Function {
        names: &["URL_DECODE"],
        usage: "URL_DECODE(text)",
        overloads: &[call("url::url_decode", &[Text], To::Text).arena().optional()],
    },
    Function {
        names: &["UUID"],
        usage: "UUID()",
        overloads: &[call("random::uuid", &[], To::Rule(|_| Kind::Char(36))).arena()],
    },
    Function {
        names: &["DECODE"],
        usage: "DECODE(bytes, character set)",
        overloads: &[call("charset::decode", &[Any(&[Family::Binary]), Text], To::Text).arena().fails()],
    },
    Function {
        names: &["ENCODE"],
        usage: "ENCODE(text, character set)",
        overloads: &[call("charset::encode", &[Text, Text], To::Bytes).arena().fails()],
    },
];
