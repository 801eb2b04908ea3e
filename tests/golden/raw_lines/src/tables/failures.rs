//! Table `failures` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::Origin;
use sqlc_runtime::format::raw;
use sqlc_runtime::job::Table;
use sqlc_runtime::row::PartitionKey;

/// cell 2, line 3: CREATE TABLE failures (...)
pub const TABLE: Table = Table {
    name: "failures",
    columns: &[Column::new("line", "STRING")],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "failures"), ("format", "raw")],
    origin: Origin::new(2, 3),
};

/// A row for `failures`.
#[derive(Clone, Copy, Debug)]
pub struct NewFailures<'a> {
    pub line: Option<&'a str>,
}

impl raw::Encode for NewFailures<'_> {
    fn encode(&self, line: &mut raw::Line<'_>) {
        line.text(self.line);
    }
}

impl PartitionKey for NewFailures<'_> {}
