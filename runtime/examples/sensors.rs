//! The sensors application, written by hand the way the compiler writes one: what generated code needs of
//! the runtime is all here. The tests run it inside their process and as a process of its own.

use sqlc_runtime::checkpoint::Visit;
use sqlc_runtime::connector::{Column, ReaderEvent};
use sqlc_runtime::error::{Error, Origin, Result};
use sqlc_runtime::exchange::{Keyed, Message, Port};
use sqlc_runtime::format::json;
use sqlc_runtime::function::time;
use sqlc_runtime::job::{self, App, Element, Pipeline, Scan, SinkWriter, SourceId, Table, Wiring};
use sqlc_runtime::operator::Aggregation;
use sqlc_runtime::operator::accumulator::{Avg, Count};
use sqlc_runtime::operator::window::WindowAggregate;
use sqlc_runtime::row::{self, Codec, Context, PartitionKey, RowKind, TableRow};
use sqlc_runtime::value::{Millis, Text, Timestamp};
use sqlc_runtime::window::Assigner;
use std::process::ExitCode;

fn main() -> ExitCode {
    job::main(app())
}

pub fn app() -> App {
    App::new("sensors", Sensors::open).version("1.2.3").describe("{\"reads\":[\"sensor_data\"]}")
}

pub static SENSOR_DATA: Table = Table {
    name: "sensor_data",
    columns: &[
        Column { name: "sensor_id", data_type: "INT" },
        Column { name: "current_temperature", data_type: "DOUBLE" },
        Column { name: "status", data_type: "VARCHAR(6)" },
        Column { name: "event_time", data_type: "TIMESTAMP(3)" },
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "sensor_data"), ("format", "json")],
    origin: Origin::new(1, 1),
};

pub static SENSOR_STATE: Table = Table {
    name: "sensor_state",
    columns: &[
        Column { name: "status", data_type: "VARCHAR(6)" },
        Column { name: "num", data_type: "INT" },
        Column { name: "avg_current_temperature", data_type: "DOUBLE" },
        Column { name: "hop_time", data_type: "TIMESTAMP(3)" },
    ],
    partition_keys: &[],
    options: &[("connector", "filesystem"), ("path", "sensor_state"), ("format", "json")],
    origin: Origin::new(1, 20),
};

/// The columns of `sensor_data` that some statement reads.
#[derive(Clone, Copy, Debug, Default)]
pub struct SensorData<'a> {
    pub current_temperature: Option<f64>,
    pub status: Option<&'a str>,
    pub event_time: Option<Timestamp>,
}

impl<'a> json::Object<'a> for SensorData<'a> {
    const COLUMNS: &'static [&'static str] = &["current_temperature", "status", "event_time"];

    #[inline(always)]
    fn read(&mut self, column: usize, value: &mut json::Value<'_, 'a>) -> Result<(), json::FieldError> {
        match column {
            0 => self.current_temperature = value.double()?,
            1 => self.status = value.text()?,
            _ => self.event_time = value.timestamp_iso(3)?,
        }
        Ok(())
    }
}

impl<'a> TableRow<'a> for SensorData<'a> {
    const HAS_WATERMARK: bool = true;

    // cell 1, line 6: WATERMARK FOR event_time AS event_time - INTERVAL '5' SECOND
    fn watermark(&self) -> Result<Timestamp> {
        match self.event_time {
            Some(event_time) => Ok(time::minus_millis(event_time, Millis(5_000))),
            None => Err(row::null_rowtime(Origin::new(1, 6), "event_time")),
        }
    }
}

/// GROUP BY HOP(event_time, INTERVAL '10' SECOND, INTERVAL '1' MINUTE), status
#[derive(Debug)]
pub struct HopByStatus;

#[derive(Clone, Copy, Debug)]
pub struct HopByStatusInput<'a> {
    status: Option<&'a str>,
    current_temperature: Option<f64>,
    event_time: Timestamp,
}

impl<'a> Codec<'a> for HopByStatusInput<'a> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.status.encode(out);
        self.current_temperature.encode(out);
        self.event_time.encode(out);
    }

    fn decode(bytes: &mut &'a [u8]) -> Self {
        HopByStatusInput {
            status: Codec::decode(bytes),
            current_temperature: Codec::decode(bytes),
            event_time: Codec::decode(bytes),
        }
    }
}

#[derive(Debug, Default)]
pub struct HopByStatusTotals {
    num: Count,
    avg_current_temperature: Avg<f64>,
}

impl Codec<'_> for HopByStatusTotals {
    fn encode(&self, out: &mut Vec<u8>) {
        self.num.encode(out);
        self.avg_current_temperature.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Self {
        HopByStatusTotals { num: Codec::decode(bytes), avg_current_temperature: Codec::decode(bytes) }
    }
}

impl Aggregation for HopByStatus {
    type Input<'a> = HopByStatusInput<'a>;
    type KeyRef<'a> = Option<&'a str>;
    type Key = Option<Text>;
    type Accumulator = HopByStatusTotals;

    const TWO_PHASE: bool = true;

    fn key<'a>(input: &HopByStatusInput<'a>) -> Option<&'a str> {
        input.status
    }

    fn matches(key: &Option<Text>, borrowed: &Option<&str>) -> bool {
        key.as_deref() == *borrowed
    }

    fn own(borrowed: &Option<&str>) -> Option<Text> {
        borrowed.map(Text::from)
    }

    fn time(input: &HopByStatusInput<'_>) -> Timestamp {
        input.event_time
    }

    fn accumulate(totals: &mut HopByStatusTotals, input: &HopByStatusInput<'_>) -> Result<()> {
        totals.num.add_row();
        totals.avg_current_temperature.add(input.current_temperature);
        Ok(())
    }

    fn merge(totals: &mut HopByStatusTotals, other: &HopByStatusTotals) -> Result<()> {
        totals.num.merge(&other.num);
        totals.avg_current_temperature.merge(&other.avg_current_temperature);
        Ok(())
    }
}

/// A row of `sensor_state`.
#[derive(Clone, Copy, Debug)]
pub struct SensorStateRow<'a> {
    status: Option<&'a str>,
    num: Option<i32>,
    avg_current_temperature: Option<f64>,
    hop_time: Option<Timestamp>,
}

impl json::Encode for SensorStateRow<'_> {
    fn encode(&self, document: &mut json::Document<'_>) {
        document.column(json::key!("status")).text(self.status);
        document.column(json::key!("num")).integer(self.num);
        document.column(json::key!("avg_current_temperature")).double(self.avg_current_temperature);
        document.column(json::key!("hop_time")).timestamp_iso(self.hop_time);
    }
}

impl PartitionKey for SensorStateRow<'_> {}

/// One worker's copy of the application.
pub struct Sensors {
    sensor_data: Scan<json::Decoder>,
    hop_by_status: Keyed<WindowAggregate<HopByStatus>>,
    sensor_state: SinkWriter<json::Encoder>,
}

impl Sensors {
    fn open(wiring: &mut Wiring) -> Result<Self> {
        let assigner = Assigner::hop(Millis(10_000), Millis(60_000));
        Ok(Sensors {
            sensor_data: wiring.scan(&SENSOR_DATA, json::Decoder::new)?,
            hop_by_status: wiring.keyed("HopByStatus", Origin::new(1, 24), WindowAggregate::new(assigner)),
            sensor_state: wiring.sink(&SENSOR_STATE, json::Encoder::new)?,
        })
    }

    /// sensor_data -> HopByStatus
    fn add(
        hop_by_status: &mut Keyed<WindowAggregate<HopByStatus>>,
        row: &SensorData<'_>,
        _: &Context<'_>,
    ) -> Result<()> {
        let Some(event_time) = row.event_time else {
            return Err(row::null_rowtime(Origin::new(1, 6), "event_time"));
        };
        hop_by_status.add(
            RowKind::Insert,
            &HopByStatusInput { status: row.status, current_temperature: row.current_temperature, event_time },
        )
    }

    /// HopByStatus -> sensor_state
    #[inline(never)]
    fn run_hop_by_status(
        hop_by_status: &mut Keyed<WindowAggregate<HopByStatus>>,
        sensor_state: &mut SinkWriter<json::Encoder>,
    ) -> Result<()> {
        hop_by_status.drain(|_, result| {
            let num = result.accumulator.num.value();
            let narrow = |_| Error::data(Origin::new(1, 22), format!("{num} does not fit column num, an INT"));
            sensor_state.write(
                RowKind::Insert,
                &SensorStateRow {
                    status: result.key.as_deref(),
                    num: Some(i32::try_from(num).map_err(narrow)?),
                    avg_current_temperature: result.accumulator.avg_current_temperature.value(),
                    hop_time: Some(result.window.time()),
                },
            )
        })
    }
}

impl Pipeline for Sensors {
    fn read(&mut self, _: SourceId, event: &ReaderEvent) -> Result<()> {
        let Sensors { sensor_data, hop_by_status, sensor_state } = self;
        sensor_data.read(event, |element| match element {
            Element::Row(row, context) => Self::add(hop_by_status, row, context),
            Element::Watermark(watermark) => {
                hop_by_status.advance(*watermark)?;
                Self::run_hop_by_status(hop_by_status, sensor_state)
            }
        })
    }

    fn receive(&mut self, _: Port, from: usize, message: &Message) -> Result<()> {
        self.hop_by_status.receive(from, message)?;
        Self::run_hop_by_status(&mut self.hop_by_status, &mut self.sensor_state)
    }

    fn stateful(&mut self, visit: &mut Visit<'_>) -> Result<()> {
        visit(&mut self.sensor_data)?;
        visit(&mut self.hop_by_status)
    }

    fn tick(&mut self, now: Timestamp) -> Result<()> {
        self.hop_by_status.tick(now)?;
        Self::run_hop_by_status(&mut self.hop_by_status, &mut self.sensor_state)
    }
}
