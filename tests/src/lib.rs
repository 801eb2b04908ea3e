//! Turns Markdown specifications (`specs/`, described in README.md) into compiled notebooks, runs them, and
//! compares what they print with the blocks that stand in the documents.
//!
//! How results come from Flink is the business of `flink/record.py`; nothing here starts a Java process.

pub mod app;
pub mod changelog;
pub mod run;
pub mod spec;
pub mod suite;
