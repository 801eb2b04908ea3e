//! What a pipeline is wired to: readers, other workers, sinks.

use super::bad_record::Policy;
use super::dead_letters::DeadLetterFiles;
use super::late_rows::LateLetters;
use super::log;
use super::overrides::Overrides;
use super::scan::Scan;
use super::select::{SelectForm, SelectWriter};
use super::settings::Settings;
use super::sink::{OpenSink, SinkId, SinkWriter};
use super::watermark::{Emission, Peers, ScanWatermark};
use super::{SourceId, Table};
use crate::checkpoint::meaning;
use crate::connector::options::{Direction, LATE_DATA_PATH, Options, problems};
use crate::connector::print::{LineSink, Output};
use crate::connector::{Connector, ConnectorContext, Reader, Sink, TableConfig, Waker};
use crate::error::{Error, ErrorKind, Origin, Result};
use crate::exchange::{Inbox, Keyed, KeyedMetrics, Outbox, Place, Port};
use crate::function::zone::Zone;
use crate::operator::KeyedOperator;
use crate::operator::late::LateRows;
use crate::order::Map;
use crate::time::Clock;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Given to the `open` of a pipeline, once per worker, which asks for the same things in the same order every
/// time: that order is what [`SourceId`]s and [`Port`]s count.
pub struct Wiring {
    pub(super) settings: Settings,
    pub(super) connectors: Arc<Vec<Box<dyn Connector>>>,
    pub(super) context: ConnectorContext,
    pub(super) overrides: Overrides,
    pub(super) select_form: SelectForm,
    pub(super) output: Output,
    inboxes: Vec<Arc<Inbox>>,
    /// Opened by the first worker that asks, for all of them.
    sources: Vec<OpenSource>,
    sinks: Vec<SinksOfTable>,
    tables: Vec<&'static str>,
    dead_letters: DeadLetterFiles,
    /// What the operators remember, in the order in which they are opened.
    meanings: Vec<Value>,
    worker: usize,
    wires: Wires,
}

/// What belongs to the worker whose pipeline is being opened.
pub(super) struct Wires {
    pub zone: Zone,
    /// By table.
    pub readers: Vec<(&'static str, Box<dyn Reader>, Arc<Peers>)>,
    pub sinks: Vec<OpenSink>,
    pub outbox: Option<Arc<Mutex<Outbox>>>,
    pub inbox: Option<Arc<Inbox>>,
    pub ports: usize,
    /// The names of the operators.
    operators: Vec<String>,
}

impl Wires {
    fn new(settings: &Settings) -> Self {
        let zone = settings.zone.clone();
        Wires {
            zone,
            readers: Vec::new(),
            sinks: Vec::new(),
            outbox: None,
            inbox: None,
            ports: 0,
            operators: Vec::new(),
        }
    }

    /// The name of an operator; a line may hold several statements that ask for the same.
    fn unique(&mut self, name: String) -> String {
        let twins = self.operators.iter().filter(|known| **known == name).count();
        self.operators.push(name.clone());
        if twins == 0 { name } else { format!("{name} {}", twins + 1) }
    }
}

struct OpenSource {
    config: TableConfig,
    readers: Vec<Option<Box<dyn Reader>>>,
    policy: Policy,
    emission: Emission,
    idle_timeout: Option<Duration>,
    /// Whether workers without splits are not waited for.
    knows_splits: bool,
    peers: Arc<Peers>,
}

struct SinksOfTable {
    config: TableConfig,
    sinks: Vec<Option<Box<dyn Sink>>>,
}

impl Wiring {
    pub(super) fn new(
        settings: Settings,
        connectors: Arc<Vec<Box<dyn Connector>>>,
        context: ConnectorContext,
        overrides: Overrides,
        select_form: SelectForm,
        output: Output,
    ) -> Self {
        let wakers: &[Waker] = &context.wakers;
        let inboxes = match wakers.len() {
            1 => Vec::new(),
            workers => (0..workers).map(|worker| Arc::new(Inbox::new(worker, wakers))).collect(),
        };
        let wires = Wires::new(&settings);
        Wiring {
            settings,
            connectors,
            context,
            overrides,
            select_form,
            output,
            inboxes,
            sources: Vec::new(),
            sinks: Vec::new(),
            tables: Vec::new(),
            dead_letters: DeadLetterFiles::default(),
            meanings: Vec::new(),
            worker: 0,
            wires,
        }
    }

    /// Reads from the description of the application what its operators remember.
    pub(super) fn describe(&mut self, description: &str) {
        let description = serde_json::from_str(description).unwrap_or_default();
        self.meanings = meaning::operators(&description);
        let zone = self.settings.zone.time_zone();
        self.meanings.iter_mut().for_each(|meaning| meaning::in_zone(meaning, zone.iana_name().unwrap_or("default")));
    }

    /// Starts the wires of a worker.
    pub(super) fn begin(&mut self, worker: usize) {
        self.worker = worker;
        self.wires = Wires::new(&self.settings);
        if !self.inboxes.is_empty() {
            self.wires.inbox = Some(Arc::clone(&self.inboxes[worker]));
            self.wires.outbox = Some(Arc::new(Mutex::new(Outbox::new(worker, self.inboxes.clone()))));
        }
    }

    /// What the pipeline that was just opened is wired to. Complains about overrides that nothing took.
    pub(super) fn finish(&mut self) -> Result<Wires> {
        self.overrides.complain_about_the_rest(&self.tables)?;
        Ok(std::mem::replace(&mut self.wires, Wires::new(&self.settings)))
    }

    /// The number of the worker whose pipeline is being opened, and of all workers.
    pub fn worker(&self) -> (usize, usize) {
        (self.worker, self.workers())
    }

    /// The application's clock.
    pub fn clock(&self) -> Clock {
        self.context.clock.clone()
    }

    /// The session's time zone, for windows of instants.
    pub fn zone(&self) -> jiff::tz::TimeZone {
        self.settings.zone.time_zone()
    }

    /// Opens a table for reading.
    pub fn scan<D>(&mut self, table: &'static Table, make_decoder: fn(&Options) -> Result<D>) -> Result<Scan<D>> {
        let source = SourceId(self.wires.readers.len());
        if source.0 == self.sources.len() {
            let config = self.configure(table, Direction::Source)?;
            let opened = self.open_source(config).map_err(|error| located(error, table))?;
            self.sources.push(opened);
        }
        let clock = self.clock();
        let source = &mut self.sources[source.0];
        let meaning = meaning::source(table.name, &source.config.options);
        assert_eq!(source.config.name, table.name, "every worker opens the same tables in the same order");
        let decoder = make_decoder(&source.config.options).map_err(|error| located(error, table))?;
        let peers = Arc::clone(&source.peers);
        let reader = source.readers[self.worker].take().expect("a worker's reader is taken once");
        self.wires.readers.push((table.name, reader, Arc::clone(&peers)));
        let watermark = ScanWatermark::new(source.emission, source.idle_timeout, self.worker, peers, clock.monotonic());
        let watermark = if source.knows_splits { watermark.with_known_splits() } else { watermark };
        Ok(Scan::new(
            table,
            decoder,
            clock,
            watermark,
            source.policy.clone(),
            self.context.metrics.clone(),
            self.settings.zone.clone(),
        )
        .means(meaning))
    }

    /// Puts a stateful operator behind an exchange by key. `name` is what metrics call it.
    pub fn keyed<O: KeyedOperator>(&mut self, name: &'static str, origin: Origin, operator: O) -> Keyed<O> {
        let port = Port(self.wires.ports);
        let meaning = self.meanings.get(port.0).cloned().unwrap_or_default();
        debug_assert!(meaning["operator"] == name || meaning.is_null(), "operators are opened as they are described");
        self.wires.ports += 1;
        let outbox = self.wires.outbox.clone();
        let place = Place { worker: self.worker, workers: self.workers(), port, outbox };
        let name = self.wires.unique(format!("{name} ({origin})"));
        let metrics = KeyedMetrics::new(&self.context.metrics, &name, self.worker);
        Keyed::new(name, operator, place, self.clock(), self.settings.zone.clone(), metrics).means(meaning)
    }

    /// Whom an operator over these tables tells of rows that come too late; nobody if no table has `late-data.path`.
    pub fn late_rows(&mut self, tables: &[&'static Table]) -> Result<Option<Box<dyn LateRows>>> {
        let mut paths = Map::new();
        for table in tables {
            let options = self.configure(table, Direction::Source)?.options;
            if let Some(path) = options.text(LATE_DATA_PATH) {
                let letters = self.dead_letters.open(path).map_err(|error| located(error, table))?;
                paths.insert(path.to_owned(), letters);
            }
        }
        if paths.is_empty() {
            return Ok(None);
        }
        let names: Vec<&str> = tables.iter().map(|table| table.name).collect();
        Ok(Some(Box::new(LateLetters {
            table: names.join(", "),
            files: paths.into_iter().map(|(_, letters)| letters).collect(),
        })))
    }

    /// The files of records and rows that go nowhere else.
    pub(super) fn dead_letters(&self) -> DeadLetterFiles {
        self.dead_letters.clone()
    }

    /// Opens a table for writing.
    pub fn sink<E>(&mut self, table: &'static Table, make_encoder: fn(&Options) -> Result<E>) -> Result<SinkWriter<E>> {
        let id = SinkId(self.wires.sinks.len());
        if id.0 == self.sinks.len() {
            let config = self.configure(table, Direction::Sink)?;
            let opened = self.open_sinks(config).map_err(|error| located(error, table))?;
            self.sinks.push(opened);
        }
        let of_table = &mut self.sinks[id.0];
        assert_eq!(of_table.config.name, table.name, "every worker opens the same tables in the same order");
        let options = &of_table.config.options;
        let encoder = make_encoder(options).map_err(|error| located(error, table))?;
        let delimiter = options.text("sink.partitioner-field-delimiter").unwrap_or("|").to_owned();
        let sink = of_table.sinks[self.worker].take().expect("a worker's sink is taken once");
        let written = self.context.metrics.counter("sqlc_records_written_total", &[("table", table.name)]);
        self.wires.sinks.push(OpenSink::new(table.name, sink, written));
        Ok(SinkWriter::new(encoder, id, delimiter))
    }

    /// Completes what a checkpoint has of tables that this version of the application does not write, or writes elsewhere.
    pub(super) fn settle_others(&self) -> Result<()> {
        for (table, prepared) in self.context.restored.written() {
            let is_written_by = |connector: &dyn Connector| {
                let mut sinks = self.sinks.iter().map(|sinks| &sinks.config).filter(|config| config.name == table);
                sinks.any(|config| config.options.text("connector") == Some(connector.name()))
            };
            for connector in self.connectors.iter().filter(|connector| !is_written_by(&***connector)) {
                let settled = connector.settle(table, prepared);
                if settled.map_err(|error| error.context(format_args!("table {table}")))? {
                    log::info(&format!(
                        "table {table} is not written any more: what the checkpoint has of it is complete"
                    ));
                }
            }
        }
        Ok(())
    }

    /// Opens the way of a SELECT's rows to stdout. `statement` is its number in the notebook, from 1.
    pub fn select(&mut self, statement: u32) -> Result<SelectWriter> {
        let id = SinkId(self.wires.sinks.len());
        let name = format!("SELECT {statement}");
        if id.0 == self.sinks.len() {
            let sink = || Some(Box::new(LineSink::new(self.output.clone(), String::new())) as Box<dyn Sink>);
            let sinks = (0..self.workers()).map(|_| sink()).collect();
            let config = TableConfig { name: "", columns: &[], partition_keys: &[], options: Options::default() };
            self.sinks.push(SinksOfTable { config, sinks });
        }
        let sink = self.sinks[id.0].sinks[self.worker].take().expect("a worker's sink is taken once");
        let written = self.context.metrics.counter("sqlc_records_written_total", &[("table", &name)]);
        self.wires.sinks.push(OpenSink::new("", sink, written));
        Ok(SelectWriter::new(statement, self.select_form, id))
    }

    fn workers(&self) -> usize {
        self.context.wakers.len()
    }

    fn open_source(&self, config: TableConfig) -> Result<OpenSource> {
        let options = &config.options;
        let policy = Policy::new(options, &self.dead_letters)?;
        let emission = self.emission(options)?;
        let idle_timeout = match options.duration("scan.watermark.idle-timeout")? {
            Some(timeout) => Some(timeout).filter(|timeout| !timeout.is_zero()),
            None => match options.integer("scan.shard.idle.interval")? {
                // The name in the older spelling of the Kinesis connector, in milliseconds; -1 is never.
                Some(millis) => u64::try_from(millis).ok().filter(|millis| *millis > 0).map(Duration::from_millis),
                None => self.settings.idle_timeout.or(self.connector(options)?.idle_timeout()),
            },
        };
        let knows_splits = self.connector(options)?.knows_splits();
        let readers = self.connector(options)?.open_source(&config, &self.context)?;
        assert_eq!(readers.len(), self.workers(), "a connector opens one reader per worker");
        let peers = Peers::new(self.workers());
        let readers = readers.into_iter().map(Some).collect();
        Ok(OpenSource { config, readers, policy, emission, idle_timeout, knows_splits, peers })
    }

    fn open_sinks(&self, config: TableConfig) -> Result<SinksOfTable> {
        let sinks = self.connector(&config.options)?.open_sink(&config, &self.context)?;
        assert_eq!(sinks.len(), self.workers(), "a connector opens one sink per worker");
        Ok(SinksOfTable { config, sinks: sinks.into_iter().map(Some).collect() })
    }

    /// The table as it is after the start's changes, which must not have made it a wrong one.
    fn configure(&mut self, table: &'static Table, direction: Direction) -> Result<TableConfig> {
        if !self.tables.contains(&table.name) {
            self.tables.push(table.name);
        }
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let options = self.overrides.table(table.name, table.options, &columns)?;
        // Whose options these are comes before what is wrong with them.
        self.connector(&options).map_err(|error| located(error, table))?;
        let is_partitioned = !table.partition_keys.is_empty();
        let found = [Direction::Both, direction].map(|direction| problems(&options, direction, is_partitioned));
        if let Some(problem) = found.into_iter().flatten().next() {
            return Err(located(problem.into_error(), table));
        }
        Ok(TableConfig { name: table.name, columns: table.columns, partition_keys: table.partition_keys, options })
    }

    fn connector(&self, options: &Options) -> Result<&dyn Connector> {
        let name = options.required("connector")?;
        let found = self.connectors.iter().find(|connector| connector.name() == name);
        found.map(|connector| &**connector).ok_or_else(|| {
            let names: Vec<&str> = self.connectors.iter().map(|connector| connector.name()).collect();
            let names = names.join(", ");
            Error::new(ErrorKind::Usage, format!("this binary has no connector '{name}'; it has {names}"))
        })
    }

    fn emission(&self, options: &Options) -> Result<Emission> {
        match options.text("scan.watermark.emit.strategy") {
            Some("on-event") => {
                let gap = options.integer("scan.watermark.emit.on-event.gap")?.unwrap_or(1);
                Ok(Emission::OnEvent { gap: u64::try_from(gap).unwrap_or(1).max(1) })
            }
            None | Some("on-periodic") => {
                let interval = self.settings.auto_watermark_interval.as_micros();
                Ok(Emission::Periodic { interval: i64::try_from(interval).unwrap_or(i64::MAX) })
            }
            Some(other) => Err(Error::new(
                ErrorKind::Usage,
                format!("'scan.watermark.emit.strategy' is '{other}', expected 'on-periodic' or 'on-event'"),
            )),
        }
    }
}

fn located(error: Error, table: &Table) -> Error {
    match error.origin() {
        Some(_) => error,
        None => error.context(format_args!("table {}", table.name)),
    }
}
