//! Scalar functions with Flink's exact semantics: pure, on values that are not NULL. Generated code lifts
//! them over NULL; functions that see NULL themselves (CONCAT_WS, IS_DIGIT, three-valued logic) take and give
//! `Option`s and say so.
//!
//! A function that makes a new text takes the [`Arena`](crate::value::Arena) first, one that needs the session's
//! time zone takes the [`Zone`](zone::Zone) next, then come the SQL arguments in their order; what only the
//! types know (scales, precisions) follows the value it belongs to. A result that may be NULL is an `Option`, one
//! that may fail a `Result` with a [`ValueError`](crate::error::ValueError). Which SQL name leads here is left to
//! the compiler.

pub mod cast;
pub mod charset;
pub mod collection;
pub mod compare;
pub mod decimal;
pub mod digest;
pub mod json_path;
pub mod like;
pub mod logic;
pub mod numeric;
pub mod pattern;
pub mod random;
pub mod regex;
pub mod text;
pub mod time;
pub mod url;
mod utf16;
pub mod zone;
