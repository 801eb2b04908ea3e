//! SESSION windows.
