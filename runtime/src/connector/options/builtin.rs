//! The options of the connectors and formats inside this crate.

use super::{ConnectorSpec, FormatSpec, OptionSpec};

pub const FILESYSTEM: ConnectorSpec = ConnectorSpec {
    name: "filesystem",
    source: true,
    sink: true,
    needs_format: true,
    metadata: &[],
    changelog_sink: false,
    options: &[],
};

pub const DATAGEN: ConnectorSpec = ConnectorSpec {
    name: "datagen",
    source: true,
    sink: false,
    needs_format: false,
    metadata: &[],
    changelog_sink: false,
    options: &[],
};

pub const PRINT: ConnectorSpec = ConnectorSpec {
    name: "print",
    source: false,
    sink: true,
    needs_format: false,
    metadata: &[],
    changelog_sink: true,
    options: &[],
};

pub const BLACKHOLE: ConnectorSpec = ConnectorSpec {
    name: "blackhole",
    source: false,
    sink: true,
    needs_format: false,
    metadata: &[],
    changelog_sink: true,
    options: &[],
};

pub const JSON: FormatSpec = FormatSpec { name: "json", options: &[] };
pub const CSV: FormatSpec = FormatSpec { name: "csv", options: &[] };
pub const RAW: FormatSpec = FormatSpec { name: "raw", options: &[] };

pub const COMMON: &[OptionSpec] = &[];
