//! The files that `late-data.path` asks for: rows that came too late for their windows, as JSON lines.

use super::dead_letters::{DeadLetters, iso};
use crate::error::Result;
use crate::operator::late::{LateRow, LateRows};
use crate::value::Timestamp;
use serde_json::Value;

/// Where the late rows of one operator go.
pub(super) struct LateLetters {
    /// The table that the operator reads, or the tables.
    pub table: String,
    /// More than one if the tables have different files.
    pub files: Vec<DeadLetters>,
}

impl LateRows for LateLetters {
    fn take(&mut self, row: &LateRow<'_>) -> Result<()> {
        let line = line(&self.table, row);
        self.files.iter().try_for_each(|file| file.append(&line))
    }

    fn flush(&mut self) -> Result<()> {
        self.files.iter().try_for_each(DeadLetters::flush)
    }
}

/// One row as a line of the file.
fn line(table: &str, row: &LateRow<'_>) -> Vec<u8> {
    let time = |time: Timestamp| if time == Timestamp::MIN { Value::Null } else { iso(time).into() };
    let reason = match row.ended {
        Some(ended) => format!("its last window ended at {}", iso(ended)),
        None => "no window has rows of its time".to_owned(),
    };
    let members = [
        ("table", table.into()),
        ("operator", row.operator.into()),
        ("event_time", time(row.time)),
        ("watermark", time(row.watermark)),
        ("reason", reason.into()),
        ("op", row.kind.short().into()),
    ];
    let mut line = Vec::with_capacity(256 + row.row.map_or(0, <[u8]>::len));
    for (index, (name, value)) in members.into_iter().enumerate() {
        line.push(if index == 0 { b'{' } else { b',' });
        line.extend_from_slice(format!("\"{name}\":{value}").as_bytes());
    }
    match row.row {
        Ok(row) => {
            line.extend_from_slice(b",\"row\":");
            line.extend_from_slice(row);
        }
        Err(rows) => line.extend_from_slice(format!(",\"rows\":{rows}").as_bytes()),
    }
    line.extend_from_slice(b"}\n");
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::RowKind;

    #[test]
    fn a_line_says_what_was_late_for_what() {
        let mut row = LateRow {
            operator: "TumbleByK (cell 2, line 3)",
            kind: RowKind::Insert,
            row: Ok(b"{\"k\":\"a\"}"),
            time: Timestamp::from_millis(1_000),
            watermark: Timestamp::from_millis(7_500),
            ended: Some(Timestamp::from_millis(5_000)),
        };
        let shown = |row: &LateRow<'_>| String::from_utf8(line("bids \"1\"", row)).unwrap();
        assert_eq!(
            shown(&row),
            "{\"table\":\"bids \\\"1\\\"\",\"operator\":\"TumbleByK (cell 2, line 3)\",\
             \"event_time\":\"1970-01-01T00:00:01.000Z\",\"watermark\":\"1970-01-01T00:00:07.500Z\",\
             \"reason\":\"its last window ended at 1970-01-01T00:00:05.000Z\",\"op\":\"+I\",\"row\":{\"k\":\"a\"}}\n"
        );
        (row.time, row.watermark, row.ended) = (Timestamp::MIN, Timestamp::MIN, None);
        assert!(
            shown(&row)
                .contains("\"event_time\":null,\"watermark\":null,\"reason\":\"no window has rows of its time\"")
        );
        row.row = Err(7);
        assert!(shown(&row).ends_with(",\"op\":\"+I\",\"rows\":7}\n"));
    }
}
