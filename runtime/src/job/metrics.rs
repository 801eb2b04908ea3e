//! Counters and gauges of a running application.

/// Where everything that can be counted is registered.
#[derive(Clone, Debug, Default)]
pub struct Registry;
