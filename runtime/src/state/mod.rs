//! Keyed tables and timers.
