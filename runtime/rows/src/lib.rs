//! What works on every row: values, scalar functions, rows, and the formats they are read from and written in. It is a
//! crate of its own because it is compiled for speed, while the rest of the runtime, which calls it and offers its
//! modules as its own, is compiled for size. It knows neither where bytes come from nor what is remembered of rows.

pub mod error;
pub mod format;
pub mod function;
pub mod options;
pub mod order;
pub mod row;
pub mod value;
