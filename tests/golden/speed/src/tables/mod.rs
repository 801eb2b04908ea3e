//! One module per table.

pub mod bids_out;
pub mod csv_readings;
pub mod device_state;
pub mod devices;
pub mod events;
pub mod half_readings;
pub mod halves_out;
pub mod readings_out;
pub mod sensor_data;
pub mod sensor_state;
pub mod whole_readings;
pub mod wide_out;
pub mod wide_readings;
