//! Rows to the worker of their key.
