//! The accumulators of the aggregate functions.
