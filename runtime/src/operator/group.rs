//! GROUP BY without a window: a changelog of every group.
