//! Counters and gauges of a running application, by name and labels. What they are shown as is left to
//! [`status`](super::status).

mod checkpoints;

pub use checkpoints::{CheckpointHistory, CheckpointMetrics, Sizes};

use crate::order::Map;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where everything that can be counted is registered. Cheap to clone; clones share their content.
#[derive(Clone, Debug, Default)]
pub struct Registry(Arc<Mutex<Map<Key, Metric>>>, checkpoints::Shared);

/// A number that only grows.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

/// A number that goes up and down.
#[derive(Clone, Debug, Default)]
pub struct Gauge(Arc<AtomicI64>);

/// A text that changes, such as the last error. Shown by the status, not to Prometheus.
#[derive(Clone, Debug, Default)]
pub struct Text(Arc<Mutex<String>>);

impl Text {
    pub fn set(&self, text: &str) {
        let mut known = self.lock();
        if *known != text {
            text.clone_into(&mut known);
        }
    }

    pub fn get(&self) -> String {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counter {
    #[inline]
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Gauge {
    #[inline]
    pub fn set(&self, value: i64) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    name: &'static str,
    labels: Vec<(&'static str, String)>,
}

#[derive(Clone, Debug)]
enum Metric {
    Counter(Counter),
    Gauge(Gauge),
    Text(Text),
}

/// One metric at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub name: &'static str,
    pub labels: Vec<(&'static str, String)>,
    pub value: i64,
}

impl Sample {
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.iter().find(|(label, _)| *label == name).map(|(_, value)| value.as_str())
    }
}

impl Registry {
    /// The counter of this name and these labels; the same one for everybody who asks. Names follow
    /// Prometheus: `sqlc_records_read_total`.
    pub fn counter(&self, name: &'static str, labels: &[(&'static str, &str)]) -> Counter {
        match self.metric(name, labels, || Metric::Counter(Counter::default())) {
            Metric::Counter(counter) => counter,
            _ => panic!("{name} is registered as something else"),
        }
    }

    /// The gauge of this name and these labels.
    pub fn gauge(&self, name: &'static str, labels: &[(&'static str, &str)]) -> Gauge {
        match self.metric(name, labels, || Metric::Gauge(Gauge::default())) {
            Metric::Gauge(gauge) => gauge,
            _ => panic!("{name} is registered as something else"),
        }
    }

    /// The text of this name and these labels.
    pub fn text(&self, name: &'static str, labels: &[(&'static str, &str)]) -> Text {
        match self.metric(name, labels, || Metric::Text(Text::default())) {
            Metric::Text(text) => text,
            _ => panic!("{name} is registered as something else"),
        }
    }

    /// Every text of this name that says something, with its labels.
    pub fn texts(&self, name: &str) -> Vec<(Vec<(&'static str, String)>, String)> {
        let metrics = self.lock();
        let texts = metrics.iter().filter(|(key, _)| key.name == name).filter_map(|(key, metric)| match metric {
            Metric::Text(text) => Some((key.labels.clone(), text.get())),
            _ => None,
        });
        texts.filter(|(_, text)| !text.is_empty()).collect()
    }

    /// Forgets a metric, such as the lag of a split that is finished.
    pub fn remove(&self, name: &'static str, labels: &[(&'static str, &str)]) {
        self.lock().remove(&Key::new(name, labels));
    }

    /// Every number, ordered by name and labels.
    pub fn samples(&self) -> Vec<Sample> {
        let sample = |(key, metric): (&Key, &Metric)| {
            let value = match metric {
                Metric::Counter(counter) => i64::try_from(counter.get()).unwrap_or(i64::MAX),
                Metric::Gauge(gauge) => gauge.get(),
                Metric::Text(_) => return None,
            };
            Some(Sample { name: key.name, labels: key.labels.clone(), value })
        };
        self.lock().iter().filter_map(sample).collect()
    }

    /// The sum of a metric over all label sets that have `label` = `value`.
    pub fn sum(&self, name: &str, label: &str, value: &str) -> i64 {
        let matches = |sample: &Sample| sample.name == name && sample.label(label) == Some(value);
        self.samples().iter().filter(|sample| matches(sample)).map(|sample| sample.value).sum()
    }

    /// Every number in the Prometheus text format.
    pub fn prometheus(&self) -> String {
        let mut text = String::new();
        let mut last = "";
        for (key, metric) in self.lock().iter() {
            let (kind, value) = match metric {
                Metric::Counter(counter) => ("counter", counter.get().to_string()),
                Metric::Gauge(gauge) => ("gauge", gauge.get().to_string()),
                Metric::Text(_) => continue,
            };
            if key.name != last {
                let _ = writeln!(text, "# TYPE {} {kind}", key.name);
                last = key.name;
            }
            let labels: Vec<String> =
                key.labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escape(value))).collect();
            let _ = match labels.is_empty() {
                true => writeln!(text, "{} {value}", key.name),
                false => writeln!(text, "{}{{{}}} {value}", key.name, labels.join(",")),
            };
        }
        text
    }

    fn metric(&self, name: &'static str, labels: &[(&'static str, &str)], make: impl FnOnce() -> Metric) -> Metric {
        self.lock().or_insert_with(Key::new(name, labels), make).clone()
    }

    fn lock(&self) -> MutexGuard<'_, Map<Key, Metric>> {
        // Nothing that can panic happens under the lock, so the map is whole whatever became of a thread.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Key {
    fn new(name: &'static str, labels: &[(&'static str, &str)]) -> Self {
        Key { name, labels: labels.iter().map(|(label, value)| (*label, (*value).to_owned())).collect() }
    }
}

fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prometheus_text_names_each_type_once_and_escapes_labels() {
        let registry = Registry::default();
        registry.counter("sqlc_read_total", &[("table", "a")]).add(2);
        registry.counter("sqlc_read_total", &[("table", "a")]).add(1);
        registry.counter("sqlc_read_total", &[("table", "b\"c\n")]).add(1);
        registry.gauge("sqlc_lag_millis", &[]).set(-7);
        assert_eq!(
            registry.prometheus(),
            "# TYPE sqlc_lag_millis gauge\nsqlc_lag_millis -7\n# TYPE sqlc_read_total counter\n\
             sqlc_read_total{table=\"a\"} 3\nsqlc_read_total{table=\"b\\\"c\\n\"} 1\n"
        );
        assert_eq!(registry.sum("sqlc_read_total", "table", "a"), 3);
    }
}
