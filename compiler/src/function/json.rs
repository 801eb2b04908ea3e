//! Functions of JSON texts.

use super::Parameter::Text;
use super::{Function, ResultType as To, call};

pub const FUNCTIONS: &[Function] = &[
    Function {
        names: &["JSON_VALUE"],
        usage: "JSON_VALUE(text, path)",
        overloads: &[call("json_path::json_value", &[Text, Text], To::Text).arena().fails().optional()],
    },
    Function {
        names: &["JSON_QUERY"],
        usage: "JSON_QUERY(text, path)",
        overloads: &[call("json_path::json_query", &[Text, Text], To::Text).arena().fails().optional()],
    },
    Function {
        names: &["JSON_EXISTS"],
        usage: "JSON_EXISTS(text, path)",
        overloads: &[call("json_path::json_exists", &[Text, Text], To::Boolean).fails()],
    },
    Function {
        names: &["JSON_QUOTE", "JSON_STRING"],
        usage: "JSON_QUOTE(text)",
        overloads: &[call("json_path::json_quote", &[Text], To::Text).arena()],
    },
    Function {
        names: &["JSON_UNQUOTE"],
        usage: "JSON_UNQUOTE(text)",
        overloads: &[call("json_path::json_unquote", &[Text], To::Text).arena()],
    },
    Function {
        names: &["IS JSON", "IS JSON VALUE"],
        usage: "text IS JSON",
        overloads: &[call("json_path::is_json", &[Text], To::Boolean).sees_null()],
    },
    Function {
        names: &["IS JSON OBJECT"],
        usage: "text IS JSON OBJECT",
        overloads: &[call("json_path::is_json_object", &[Text], To::Boolean).sees_null()],
    },
    Function {
        names: &["IS JSON ARRAY"],
        usage: "text IS JSON ARRAY",
        overloads: &[call("json_path::is_json_array", &[Text], To::Boolean).sees_null()],
    },
    Function {
        names: &["IS JSON SCALAR"],
        usage: "text IS JSON SCALAR",
        overloads: &[call("json_path::is_json_scalar", &[Text], To::Boolean).sees_null()],
    },
];
