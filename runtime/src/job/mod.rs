//! Wires stages to workers, runs, drains, stops; command line, metrics, status.

pub mod metrics;
