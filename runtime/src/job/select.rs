//! The rows of a SELECT on stdout: as changes in Flink's print form, or as JSON objects.

use super::sink::SinkId;
use crate::connector::OutgoingRecord;
use crate::connector::options::Options;
use crate::error::Result;
use crate::format::{json, print};
use crate::row::{EncodeRow, RowKind};

/// How rows of SELECTs are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SelectForm {
    /// `+I[OK, 12, 70.5]`, one line a change.
    #[default]
    Changelog,
    /// `{"op":"+I","statement":2,"status":"OK","num":12}`, one line a change.
    Json,
}

/// One worker's writer of the rows of one SELECT.
pub struct SelectWriter {
    head: String,
    form: SelectForm,
    print: print::Encoder,
    json: json::Encoder,
    sink: SinkId,
    buffer: Vec<u8>,
}

impl SelectWriter {
    pub(super) fn new(statement: u32, form: SelectForm, sink: SinkId) -> Result<Self> {
        let options = Options::default();
        Ok(SelectWriter {
            head: format!("\"statement\":{statement}"),
            form,
            print: print::Encoder::new(&options)?,
            json: json::Encoder::new(&options)?,
            sink,
            buffer: Vec::new(),
        })
    }

    pub fn write<R>(&mut self, kind: RowKind, row: &R) -> Result<()>
    where
        R: EncodeRow<print::Encoder> + EncodeRow<json::Encoder>,
    {
        self.buffer.clear();
        match self.form {
            SelectForm::Changelog => row.encode(&mut self.print, kind, &mut self.buffer)?,
            SelectForm::Json => {
                let head = ["{\"op\":\"", kind.short(), "\",", &self.head];
                head.iter().for_each(|part| self.buffer.extend_from_slice(part.as_bytes()));
                let start = self.buffer.len();
                row.encode(&mut self.json, kind, &mut self.buffer)?;
                // The row's own object goes on where ours has begun.
                let is_empty = self.buffer[start..] == *b"{}";
                match is_empty {
                    true => drop(self.buffer.remove(start)),
                    false => self.buffer[start] = b',',
                }
            }
        }
        self.sink.write(&OutgoingRecord { kind, bytes: &self.buffer, partition_key: None })
    }
}
