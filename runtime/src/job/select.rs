//! The rows of a SELECT on stdout: as changes in Flink's print form, or as JSON objects.

use super::sink::SinkId;
use crate::connector::OutgoingRecord;
use crate::error::Result;
use crate::format::{json, print};
use crate::row::RowKind;

/// How rows of SELECTs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelectForm {
    /// `+I[OK, 12, 70.5]`, one line a change.
    #[default]
    Changelog,
    /// `{"op":"+I","statement":2,"row":{"status":"OK","num":12}}`, one line a change.
    Json,
}

/// One worker's writer of the rows of one SELECT.
pub struct SelectWriter {
    /// What stands between the kind of a change and its row.
    middle: String,
    form: SelectForm,
    sink: SinkId,
    buffer: Vec<u8>,
    changelog: print::Encoder,
    json: json::Encoder,
}

impl SelectWriter {
    pub(super) fn new(statement: u32, form: SelectForm, sink: SinkId) -> Self {
        let middle = format!("\",\"statement\":{statement},\"row\":");
        SelectWriter {
            middle,
            form,
            sink,
            buffer: Vec::new(),
            changelog: print::Encoder::default(),
            json: json::Encoder::default(),
        }
    }

    /// Writes one change.
    pub fn write<R: print::Encode + json::Encode>(&mut self, kind: RowKind, row: &R) -> Result<()> {
        self.buffer.clear();
        match self.form {
            SelectForm::Changelog => self.changelog.write(row, kind, &mut self.buffer),
            SelectForm::Json => {
                let parts = ["{\"op\":\"", kind.short(), &self.middle];
                parts.iter().for_each(|part| self.buffer.extend_from_slice(part.as_bytes()));
                self.json.write(row, &mut self.buffer);
                self.buffer.push(b'}');
            }
        }
        self.sink.write(&OutgoingRecord { kind, bytes: &self.buffer, partition_key: None })
    }
}
