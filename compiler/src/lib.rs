//! Compiles notebooks of Flink-dialect streaming SQL into readable Rust crates and standalone binaries.
//!
//! Text goes through nouns that hold data (`text`, `diagnostic`, `notebook`, `syntax`, `plan`, `stream`, ...) and verbs
//! that read one noun and write the next (`parse`, `bind`, `lower`, `emit`, `package`, `build`). Nouns never import
//! verbs, verbs never import each other.

pub mod bind;
pub mod build;
pub mod catalog;
pub mod diagnostic;
pub mod emit;
pub mod function;
pub mod lower;
pub mod notebook;
pub mod package;
pub mod parse;
pub mod plan;
pub mod stream;
pub mod syntax;
pub mod text;
pub mod types;
