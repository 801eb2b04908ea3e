//! An application without state, written by hand the way the compiler writes one: made-up rows that are
//! selected, printed, and counted once more from VALUES.

use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::{Column, ReaderEvent};
use sqlc_runtime::error::{Origin, Result};
use sqlc_runtime::exchange::{Message, Port};
use sqlc_runtime::format::{json, print};
use sqlc_runtime::job::{self, App, Element, Pipeline, Scan, SelectWriter, SinkWriter, SourceId, Table, Wiring};
use sqlc_runtime::row::{Context, PartitionKey, RowKind, TableRow};
use sqlc_runtime::value::Timestamp;
use std::process::ExitCode;

fn main() -> ExitCode {
    job::main(App::new("made_up", MadeUp::open).version("1.2.3").describe("{\"reads\":[\"numbers\"]}"))
}

static NUMBERS: Table = Table {
    name: "numbers",
    columns: &[
        Column { name: "id", data_type: "BIGINT" },
        Column { name: "share", data_type: "DOUBLE" },
        Column { name: "made_at", data_type: "TIMESTAMP(3)" },
    ],
    partition_keys: &[],
    options: &[
        ("connector", "datagen"),
        ("fields.id.kind", "sequence"),
        ("fields.id.start", "1"),
        ("fields.id.end", "3"),
        ("fields.share.min", "0"),
        ("fields.share.max", "1"),
    ],
    origin: Origin::new(1, 1),
};

static PRINTED: Table = Table {
    name: "printed",
    columns: &[Column { name: "id", data_type: "BIGINT" }],
    partition_keys: &[],
    options: &[("connector", "print"), ("print-identifier", "it")],
    origin: Origin::new(1, 12),
};

#[derive(Clone, Copy, Debug, Default)]
struct Number {
    id: Option<i64>,
    share: Option<f64>,
    made_at: Option<Timestamp>,
}

impl<'a> json::Object<'a> for Number {
    const COLUMNS: &'static [&'static str] = &["id", "share", "made_at"];

    #[inline(always)]
    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.id = value.bigint()?,
            1 => self.share = value.double()?,
            _ => self.made_at = value.timestamp_sql(3)?,
        }
        Ok(())
    }
}

impl TableRow<'_> for Number {}

/// SELECT id, share >= 0 AS valid
#[derive(Clone, Copy, Debug)]
struct Selected {
    id: Option<i64>,
    valid: Option<bool>,
}

impl print::Encode for Selected {
    fn encode(&self, line: &mut print::Line<'_>) {
        line.bigint(self.id);
        line.boolean(self.valid);
    }
}

impl json::Encode for Selected {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("id")).bigint(self.id);
        document.column(json::key!("valid")).boolean(self.valid);
    }
}

impl PartitionKey for Selected {}

struct MadeUp {
    numbers: Scan<json::Decoder>,
    select: SelectWriter,
    printed: SinkWriter<print::Encoder>,
}

impl MadeUp {
    fn open(wiring: &mut Wiring) -> Result<Self> {
        Ok(MadeUp {
            numbers: wiring.scan(&NUMBERS, json::Decoder::new)?,
            select: wiring.select(1)?,
            printed: wiring.sink(&PRINTED, print::Encoder::new)?,
        })
    }
}

impl Pipeline for MadeUp {
    /// INSERT INTO printed VALUES (0)
    fn start(&mut self, first: bool, _: &Context<'_>) -> Result<()> {
        if first {
            self.printed.write(RowKind::Insert, &Selected { id: Some(0), valid: None })?;
        }
        Ok(())
    }

    fn read(&mut self, _: SourceId, event: &ReaderEvent) -> Result<()> {
        let MadeUp { numbers, select, .. } = self;
        numbers.read(event, |element| match element {
            Element::Row(row, _) => {
                let Number { id, share, made_at } = *row;
                let valid = share.map(|share| share >= 0.0 && made_at.is_some());
                select.write(RowKind::Insert, &Selected { id, valid })
            }
            Element::Watermark(_) => Ok(()),
        })
    }

    fn receive(&mut self, _: Port, _: usize, _: &Message) -> Result<()> {
        Ok(())
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.numbers)
    }

    fn tick(&mut self, _: Timestamp) -> Result<()> {
        Ok(())
    }
}
