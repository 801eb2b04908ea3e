//! The splits that a worker reads of a table, as the status shows them.

use crate::connector::SplitId;
use crate::job::metrics::{Gauge, Registry};
use crate::value::Timestamp;
use std::cell::OnceCell;
use std::sync::Arc;

#[derive(Debug)]
pub(super) struct Splits {
    table: &'static str,
    metrics: Registry,
    open: Vec<Split>,
}

#[derive(Debug)]
struct Split {
    id: SplitId,
    name: Arc<str>,
    /// From the first row on.
    watermark: OnceCell<Gauge>,
    /// When its last records came, or when it was started.
    heard: Gauge,
    /// 1 if it has been silent for so long that it does not hold the watermark.
    idle: Gauge,
}

const WATERMARK: &str = "sqlc_split_watermark_millis";
const HEARD: &str = "sqlc_split_heard_millis";
const IDLE: &str = "sqlc_split_idle";
const LAG: &str = "sqlc_split_lag_millis";

impl Splits {
    pub fn new(table: &'static str, metrics: Registry) -> Self {
        Splits { table, metrics, open: Vec::new() }
    }

    pub fn start(&mut self, id: SplitId, name: &Arc<str>, now: Timestamp) {
        let gauge = |metric| self.metrics.gauge(metric, &[("table", self.table), ("split", name)]);
        let (heard, idle) = (gauge(HEARD), gauge(IDLE));
        heard.set(now.millis());
        self.open.push(Split { id, name: Arc::clone(name), watermark: OnceCell::new(), heard, idle });
    }

    pub fn finish(&mut self, id: SplitId) {
        let (table, metrics) = (self.table, &self.metrics);
        self.open.retain(|split| {
            if split.id == id {
                for metric in [WATERMARK, HEARD, IDLE, LAG] {
                    metrics.remove(metric, &[("table", table), ("split", &split.name)]);
                }
            }
            split.id != id
        });
    }

    /// The file's path or the shard's id.
    pub fn name(&self, id: SplitId) -> &str {
        self.open.iter().find(|split| split.id == id).map_or("", |split| &split.name)
    }

    /// Records came; the split's watermark is this now, if it has one.
    pub fn heard(&self, id: SplitId, now: Timestamp, watermark: Option<Timestamp>) {
        let Some(split) = self.open.iter().find(|split| split.id == id) else { return };
        split.heard.set(now.millis());
        split.idle.set(0);
        let Some(watermark) = watermark else { return };
        let (table, metrics, name) = (self.table, &self.metrics, &split.name);
        let gauge = || metrics.gauge(WATERMARK, &[("table", table), ("split", name)]);
        split.watermark.get_or_init(gauge).set(watermark.millis());
    }

    /// The split no longer holds the watermark.
    pub fn fell_silent(&self, id: SplitId) {
        if let Some(split) = self.open.iter().find(|split| split.id == id) {
            split.idle.set(1);
        }
    }

    pub fn lag(&self, id: SplitId, millis: i64) {
        if let Some(split) = self.open.iter().find(|split| split.id == id) {
            self.metrics.gauge(LAG, &[("table", self.table), ("split", &split.name)]).set(millis);
        }
    }
}
