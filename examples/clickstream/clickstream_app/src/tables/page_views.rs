//! Table `page_views` (filesystem).

use sqlc_runtime::connector::Column;
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::format::json;
use sqlc_runtime::function::{text, time};
use sqlc_runtime::job::Table;
use sqlc_runtime::row::{self, Context, Provenance, TableRow};
use sqlc_runtime::value::{Millis, Timestamp};

/// cell 3, line 2: CREATE TABLE page_views (...)
pub const TABLE: Table = Table {
    name: "page_views",
    columns: &[
        Column::new("visitor_id", "BIGINT"),
        Column::new("url", "STRING"),
        Column::new("duration_ms", "INT"),
        Column::new("viewed_at", "TIMESTAMP(3)"),
    ],
    partition_keys: &[],
    options: &[
        ("connector", "filesystem"),
        ("path", "data/page_views.jsonl"),
        ("format", "json"),
        ("json.timestamp-format.standard", "ISO-8601"),
        ("on-error", "dead-letter"),
        ("dead-letter.path", "out/page_views.bad.jsonl"),
    ],
    origin: Origin::new(3, 2),
};

/// The columns of `page_views` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageViews<'a> {
    /// cell 3, line 3: visitor_id BIGINT
    pub visitor_id: Option<i64>,
    /// cell 3, line 4: url STRING
    pub url: Option<&'a str>,
    /// cell 3, line 5: duration_ms INT
    pub duration_ms: Option<i32>,
    /// cell 3, line 6: viewed_at TIMESTAMP(3)
    pub viewed_at: Option<Timestamp>,
    /// cell 3, line 8: section AS SPLIT_INDEX(url, '/', 1)
    pub section: Option<&'a str>,
}

impl<'a> json::Object<'a> for PageViews<'a> {
    const COLUMNS: &'static [&'static str] = &["visitor_id", "url", "duration_ms", "viewed_at"];

    #[inline(always)]
    fn read(
        &mut self,
        column: usize,
        value: &mut json::Value<'_, 'a>,
    ) -> Result<(), json::FieldError> {
        match column {
            0 => self.visitor_id = value.bigint()?,
            1 => self.url = value.text()?,
            2 => self.duration_ms = value.integer()?,
            _ => self.viewed_at = value.timestamp_iso(3)?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for PageViews<'a> {
    const HAS_WATERMARK: bool = true;

    /// cell 3, line 9: WATERMARK FOR viewed_at AS viewed_at - INTERVAL '10' SECOND
    fn watermark(&self) -> Result<Timestamp> {
        row::rowtime(
            self.viewed_at.map(|viewed_at| time::minus_millis(viewed_at, Millis(10_000))),
            Origin::new(3, 9),
            "viewed_at",
        )
    }

    fn complete(&mut self, _: &Provenance<'a>, _: &Context<'a>) -> Result<()> {
        // cell 3, line 8: section AS SPLIT_INDEX(url, '/', 1)
        self.section = self.url.and_then(|url| text::split_index(url, "/", 1_i32));
        Ok(())
    }
}
