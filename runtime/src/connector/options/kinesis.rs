//! The options of the Kinesis connector, in both spellings.

use super::ConnectorSpec;

pub const KINESIS: ConnectorSpec = ConnectorSpec {
    name: "kinesis",
    source: true,
    sink: true,
    needs_format: true,
    metadata: &[
        ("timestamp", "TIMESTAMP_LTZ(3) NOT NULL"),
        ("shard-id", "VARCHAR(128) NOT NULL"),
        ("sequence-number", "VARCHAR(128) NOT NULL"),
    ],
    changelog_sink: false,
    options: &[],
};
