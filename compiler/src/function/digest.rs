//! Digests, base 64 and hexadecimal.

use super::Parameter::{Int, Text};
use super::{Function, ResultType as To, call};
use crate::types::Kind;

/// A digest of so many hexadecimal digits.
macro_rules! digest {
    ($name:literal, $path:literal, $digits:literal) => {
        Function {
            names: &[$name],
            usage: concat!($name, "(text)"),
            overloads: &[call($path, &[Text], To::Rule(|_| Kind::Char($digits))).arena()],
        }
    };
}

pub const FUNCTIONS: &[Function] = &[
    digest!("MD5", "digest::md5", 32),
    digest!("SHA1", "digest::sha1", 40),
    digest!("SHA224", "digest::sha224", 56),
    digest!("SHA256", "digest::sha256", 64),
    digest!("SHA384", "digest::sha384", 96),
    digest!("SHA512", "digest::sha512", 128),
    Function {
        names: &["SHA2"],
        usage: "SHA2(text, bits)",
        overloads: &[call("digest::sha2", &[Text, Int], To::Rule(|_| Kind::VarChar(128))).arena().fails()],
    },
    Function {
        names: &["UNHEX"],
        usage: "UNHEX(text)",
        overloads: &[call("digest::unhex", &[Text], To::Bytes).arena().optional()],
    },
    Function {
        names: &["TO_BASE64"],
        usage: "TO_BASE64(text)",
        overloads: &[call("digest::to_base64", &[Text], To::Text).arena()],
    },
    Function {
        names: &["FROM_BASE64"],
        usage: "FROM_BASE64(text)",
        overloads: &[call("digest::from_base64", &[Text], To::Text).arena().fails()],
    },
];
