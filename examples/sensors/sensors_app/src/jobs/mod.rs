//! One module per INSERT and SELECT.

pub mod sensor_state;
