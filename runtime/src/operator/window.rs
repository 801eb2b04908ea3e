//! TUMBLE, HOP and CUMULATE windows over slices.
