//! One module per table.

pub mod sensor_data;
pub mod sensor_state;
