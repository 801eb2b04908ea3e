//! cell 4, line 2: SELECT n, name FROM (VALUES (1, 'cold'), (2, 'mild'), (3, CAST(NULL AS STRING))) AS grades (n, ...
//!
//! VALUES -> the user

use sqlc_runtime::error::Result;
use sqlc_runtime::format::{json, print};
use sqlc_runtime::job::{SelectWriter, Wiring};
use sqlc_runtime::row::RowKind;

/// One worker's part of VALUES -> the user.
pub struct Select4Job {
    rows: SelectWriter,
}

impl Select4Job {
    pub fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(Select4Job { rows: wiring.select(2)? })
    }

    /// The rows written out in the statement.
    pub fn values(&mut self, first: bool) -> Result<()> {
        if first {
            {
                let n: i32 = 1_i32;
                let name: Option<&str> = Some("cold");
                // cell 4, line 2: n < 3
                if n < 3_i32 {
                    let output = Select4Row { n, name };
                    self.rows.write(RowKind::Insert, &output)?;
                }
            }
            {
                let n: i32 = 2_i32;
                let name: Option<&str> = Some("mild");
                // cell 4, line 2: n < 3
                if n < 3_i32 {
                    let output = Select4Row { n, name };
                    self.rows.write(RowKind::Insert, &output)?;
                }
            }
            {
                let n: i32 = 3_i32;
                let name: Option<&str> = None;
                // cell 4, line 2: n < 3
                if n < 3_i32 {
                    let output = Select4Row { n, name };
                    self.rows.write(RowKind::Insert, &output)?;
                }
            }
        }
        Ok(())
    }
}

/// A row of the SELECT in cell 4.
#[derive(Clone, Copy, Debug)]
pub struct Select4Row<'a> {
    pub n: i32,
    pub name: Option<&'a str>,
}

impl print::Encode for Select4Row<'_> {
    fn encode(&self, line: &mut print::Line<'_>) {
        line.integer(self.n);
        line.text(self.name);
    }
}

impl json::Encode for Select4Row<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("n")).integer(self.n);
        document.column(json::key!("name")).text(self.name);
    }
}
