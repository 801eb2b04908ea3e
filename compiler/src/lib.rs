//! Compiles notebooks of Flink-dialect streaming SQL into readable Rust crates and standalone binaries.
//!
//! Text goes through nouns that hold data (`text`, `diagnostic`, `notebook`, `syntax`, ...) and verbs that read
//! one noun and write the next (`parse`, ...). Nouns never import verbs, verbs never import each other.

pub mod diagnostic;
pub mod notebook;
pub mod parse;
pub mod syntax;
pub mod text;
