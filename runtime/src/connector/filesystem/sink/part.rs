//! What part files are called, and what a checkpoint remembers of them.

use crate::time::Clock;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

/// The part files that one worker of one run writes for one table: `part-FAMILY-START-WORKER-NUMBER`.
///
/// The runs that go on from each other's checkpoints are a family, so that what a run wrote in vain is known to those after
/// it. No other table or application has the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Series {
    pub family: String,
    /// When the run started, in microseconds; 0 for the first of its family. Later runs have higher numbers.
    pub start: u64,
    pub worker: usize,
}

/// The last start in this process, whose sinks may be opened within a microsecond.
static LAST_START: AtomicU64 = AtomicU64::new(0);

/// The time in microseconds, which is never the same.
fn unique_time(after: u64) -> u64 {
    let now = u64::try_from(Clock::system().now().0).unwrap_or(0).max(after.saturating_add(1));
    let last = LAST_START.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(now.max(last + 1)));
    last.map_or(now, |last| now.max(last + 1))
}

impl Series {
    /// The first of a new family.
    pub(super) fn new() -> Self {
        Series { family: format!("{:x}-{:x}", unique_time(0), std::process::id()), start: 0, worker: 0 }
    }

    /// That of a run which goes on from this one's checkpoint.
    pub(super) fn follower(&self) -> Self {
        Series { family: self.family.clone(), start: unique_time(self.start), worker: 0 }
    }

    pub(super) fn of_worker(&self, worker: usize) -> Self {
        Series { worker, ..self.clone() }
    }

    /// What the names of all files begin with.
    fn prefix(&self) -> String {
        format!("part-{}-{:x}-{}", self.family, self.start, self.worker)
    }

    /// The name under which readers see a file.
    pub(super) fn visible(&self, number: u64) -> String {
        format!("{}-{number}", self.prefix())
    }

    /// The name of a file that is not complete, or not part of a checkpoint yet.
    pub(super) fn hidden(&self, number: u64) -> String {
        format!(".{}-{number}.inprogress", self.prefix())
    }

    fn parse(prefix: &str) -> Option<Self> {
        let mut parts = prefix.strip_prefix("part-")?.rsplitn(3, '-');
        let (worker, start, family) = (parts.next()?, parts.next()?, parts.next()?);
        let (start, worker) = (u64::from_str_radix(start, 16).ok()?, worker.parse().ok()?);
        Some(Series { family: family.to_owned(), start, worker })
    }
}

/// The file of a name, if it is a part file: its series, its number, and whether it is hidden.
pub(super) fn parse_name(name: &str) -> Option<(Series, u64, bool)> {
    let hidden = name.strip_prefix('.').and_then(|name| name.strip_suffix(".inprogress"));
    let (prefix, number) = hidden.unwrap_or(name).rsplit_once('-')?;
    Some((Series::parse(prefix)?, number.parse().ok()?, hidden.is_some()))
}

/// What a sink had written when a checkpoint was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prepared {
    pub folder: PathBuf,
    pub series: Series,
    /// The number of the next file: what has a higher one came later.
    pub next: u64,
    /// The numbers of complete files that wait for the checkpoint.
    pub complete: Vec<u64>,
    pub open: Option<Open>,
}

/// The file that was being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub number: u64,
    pub bytes: u64,
}

impl Prepared {
    pub(super) fn describe(&self) -> String {
        let mut text = json!({
            "folder": self.folder.to_string_lossy(),
            "files": self.series.prefix(),
            "next": self.next,
            "complete": self.complete,
        });
        if let Some(open) = self.open {
            text["open"] = json!({ "file": open.number, "bytes": open.bytes });
        }
        text.to_string()
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let open = match value.get("open") {
            Some(open) => Some(Open { number: open.get("file")?.as_u64()?, bytes: open.get("bytes")?.as_u64()? }),
            None => None,
        };
        Some(Prepared {
            folder: PathBuf::from(value.get("folder")?.as_str()?),
            series: Series::parse(value.get("files")?.as_str()?)?,
            next: value.get("next")?.as_u64()?,
            complete: value.get("complete")?.as_array()?.iter().map(Value::as_u64).collect::<Option<_>>()?,
            open,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_series_apart() {
        let first = Series::new();
        let second = first.follower().of_worker(3);
        assert!(second.start > 0 && second.follower().start > second.start);
        assert_ne!(Series::new().family, first.family);
        for series in [first, second] {
            assert_eq!(parse_name(&series.visible(12)), Some((series.clone(), 12, false)));
            assert_eq!(parse_name(&series.hidden(0)), Some((series, 0, true)));
        }
        for other in
            ["part-1-2-3", "part-a-b-x-0-1", "other", ".part-1-2-0-0-0", "_SUCCESS", "part-1-2-0-0-0.inprogress"]
        {
            assert_eq!(parse_name(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_prepared_is_written_and_read() {
        let series = Series { family: "a-b".to_owned(), start: 255, worker: 1 };
        let prepared = Prepared {
            folder: "out".into(),
            series,
            next: 3,
            complete: vec![0, 1],
            open: Some(Open { number: 2, bytes: 7 }),
        };
        let text = prepared.describe();
        assert_eq!(
            text,
            r#"{"folder":"out","files":"part-a-b-ff-1","next":3,"complete":[0,1],"open":{"file":2,"bytes":7}}"#
        );
        assert_eq!(Prepared::parse(&text), Some(prepared.clone()));
        let closed = Prepared { open: None, ..prepared };
        assert_eq!(Prepared::parse(&closed.describe()), Some(closed));
        assert_eq!(Prepared::parse("{}"), None);
    }
}
