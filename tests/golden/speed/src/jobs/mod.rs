//! One module per INSERT and SELECT.

pub mod bids_out;
pub mod device_state;
pub mod halves_out;
pub mod readings_out;
pub mod readings_out_2;
pub mod sensor_state;
pub mod wide_out;
