//! Operators that are written and restored at any point, against operators that never are.

use super::group::GroupAggregate;
use super::session::SessionAggregate;
use super::testing::{ByName, Reading, row, seconds};
use super::window::WindowAggregate;
use super::*;
use crate::state::owner;
use crate::value::Millis;
use crate::window::Assigner;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Copy, Debug)]
enum Step {
    Row {
        name: u16,
        value: i8,
        time: i64,
        retracts: bool,
    },
    /// A row of each of many names.
    Rows {
        names: u16,
        time: i64,
    },
    Watermark(i64),
    Tick(i64),
    BeginSnapshot {
        changes: bool,
    },
    Snapshot {
        enough: usize,
    },
    EndSnapshot {
        kept: bool,
    },
    /// All workers are gone; so many go on from the last snapshot that was kept.
    Restore {
        workers: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let name = prop_oneof![0u16..6, 0u16..300];
    let row = (name, -3i8..4, -9i64..9, any::<bool>());
    let step = prop_oneof![
        24 => row.prop_map(|(name, value, time, retracts)| Step::Row { name, value, time, retracts }),
        2 => (0u16..300, -9i64..9).prop_map(|(names, time)| Step::Rows { names, time }),
        6 => (-9i64..6).prop_map(Step::Watermark),
        3 => (0i64..6).prop_map(Step::Tick),
        6 => any::<bool>().prop_map(|changes| Step::BeginSnapshot { changes }),
        6 => (0usize..20_000).prop_map(|enough| Step::Snapshot { enough }),
        4 => any::<bool>().prop_map(|kept| Step::EndSnapshot { kept }),
        1 => (1usize..4).prop_map(|workers| Step::Restore { workers }),
    ];
    // Time moves on.
    let drift = |(place, step): (usize, Step)| {
        let by = place as i64 / 2;
        match step {
            Step::Row { name, value, time, retracts } => Step::Row { name, value, time: time + by, retracts },
            Step::Rows { names, time } => Step::Rows { names, time: time + by },
            Step::Watermark(time) => Step::Watermark(time + by),
            Step::Tick(time) => Step::Tick(time + by),
            other => other,
        }
    };
    prop::collection::vec(step, 0..150).prop_map(move |steps| steps.into_iter().enumerate().map(drift).collect())
}

/// What one worker has written.
#[derive(Clone, Default)]
struct Part {
    head: Vec<u8>,
    blocks: BTreeMap<u32, Vec<u8>>,
}

#[derive(Clone)]
struct Checkpoint {
    /// The step behind the cut.
    next: usize,
    parts: Vec<Part>,
    late: u64,
}

/// A snapshot on its way.
struct Running {
    next: usize,
    late: u64,
    changes: bool,
    parts: Vec<(Part, u32)>,
    blocks: Blocks,
}

/// An operator on some workers, and its checkpoints.
struct Job<O> {
    make: fn() -> O,
    drain: fn(&mut O) -> Vec<String>,
    operators: Vec<O>,
    checkpoint: Option<Checkpoint>,
    /// What each worker has written since it was restored.
    chains: Option<Vec<Part>>,
    running: Option<Running>,
    /// Rows that were late before the workers were restored.
    late: u64,
}

impl<O> Job<O>
where
    O: for<'a> Drain<Input<'a> = Reading<'a>>,
{
    fn new(make: fn() -> O, drain: fn(&mut O) -> Vec<String>) -> Self {
        let operators = vec![make()];
        Job { make, drain, operators, checkpoint: None, chains: None, running: None, late: 0 }
    }

    fn row(&mut self, name: u16, value: i8, time: i64, kind: RowKind) -> Vec<String> {
        // Some names are long.
        let name = format!("{}{name}", &"a name that is longer than others"[..usize::from(name) % 30]);
        let reading = Reading { name: Some(&name), value: Some(f64::from(value)), time: seconds(time as f64) };
        let hash = self.operators[0].hash(&reading);
        let owner = owner(hash, self.operators.len());
        self.operators[owner].process(hash, kind, &reading).unwrap();
        (self.drain)(&mut self.operators[owner])
    }

    /// What an input gives, in an order of its own; `None` for the steps of a snapshot.
    fn input(&mut self, step: Step) -> Option<Vec<String>> {
        let mut results = match step {
            Step::Row { name, value, time, retracts } => {
                self.row(name, value, time, if retracts { RowKind::Delete } else { RowKind::Insert })
            }
            Step::Rows { names, time } => {
                (0..names).flat_map(|name| self.row(name, 1, time, RowKind::Insert)).collect()
            }
            Step::Watermark(time) => self.each(|operator| operator.advance(seconds(time as f64)).unwrap()),
            Step::Tick(time) => self.each(|operator| operator.tick(seconds(time as f64)).unwrap()),
            _ => return None,
        };
        results.sort();
        results.push(format!("{} late", self.late()));
        Some(results)
    }

    fn each(&mut self, mut each: impl FnMut(&mut O)) -> Vec<String> {
        let Job { operators, drain, .. } = self;
        let results = operators.iter_mut().flat_map(|operator| {
            each(operator);
            drain(operator)
        });
        results.collect()
    }

    fn late(&self) -> u64 {
        self.late + self.operators.iter().map(O::late).sum::<u64>()
    }

    fn begin_snapshot(&mut self, next: usize, changes: bool) {
        let late = self.late();
        let begin = |operator: &mut O| {
            let mut part = Part::default();
            let blocks = operator.begin_snapshot(&mut part.head, changes).unwrap();
            (part, blocks)
        };
        let parts: Vec<(Part, u32)> = self.operators.iter_mut().map(begin).collect();
        self.running = Some(Running { next, late, changes, parts, blocks: Blocks::default() });
    }

    /// Answers whether there is more.
    fn snapshot(&mut self, enough: usize) -> bool {
        let Some(Running { parts, blocks, .. }) = &mut self.running else { return false };
        let mut more = false;
        for (operator, (part, count)) in self.operators.iter_mut().zip(parts) {
            more |= operator.snapshot(blocks, enough);
            for (number, block) in blocks.iter() {
                assert!(number < *count);
                assert!(part.blocks.insert(number, block.to_vec()).is_none(), "block {number} is written twice");
            }
            blocks.clear();
        }
        more
    }

    fn end_snapshot(&mut self, kept: bool) {
        while kept && self.snapshot(5_000) {}
        let Some(running) = self.running.take() else { return };
        self.operators.iter_mut().for_each(|operator| operator.snapshot_ended(kept));
        if !kept {
            return;
        }
        // If it was not only of changes, nothing that was written before is needed.
        let chains = self.chains.take().filter(|_| running.changes);
        let chains = chains.unwrap_or_else(|| vec![Part::default(); self.operators.len()]);
        let join = |(mut chain, (part, count)): (Part, (Part, u32))| {
            chain.head = part.head;
            chain.blocks.extend(part.blocks);
            chain.blocks.retain(|number, _| *number < count);
            chain
        };
        let parts: Vec<Part> = chains.into_iter().zip(running.parts).map(join).collect();
        self.chains = Some(parts.clone());
        self.checkpoint = Some(Checkpoint { next: running.next, parts, late: running.late });
    }

    /// Answers the step to go on with.
    fn restore(&mut self, workers: usize) -> usize {
        (self.running, self.chains) = (None, None);
        self.operators = (0..workers).map(|_| (self.make)()).collect();
        let Some(checkpoint) = &self.checkpoint else {
            self.late = 0;
            return 0;
        };
        let same = checkpoint.parts.len() == workers;
        for (worker, operator) in self.operators.iter_mut().enumerate() {
            let parts = checkpoint.parts.iter().enumerate().filter(|(other, _)| !same || *other == worker);
            let parts: Vec<&Part> = parts.map(|(_, part)| part).collect();
            parts.iter().for_each(|part| operator.restore_head(&part.head).unwrap());
            for block in parts.iter().flat_map(|part| part.blocks.values()) {
                operator.restore_block(block, &|hash| owner(hash, workers) == worker).unwrap();
            }
        }
        self.late = checkpoint.late;
        checkpoint.next
    }
}

/// Whatever happens, every input has the results that it has without any snapshot.
fn check<O>(make: fn() -> O, drain: fn(&mut O) -> Vec<String>, steps: &[Step])
where
    O: for<'a> Drain<Input<'a> = Reading<'a>>,
{
    let mut undisturbed = Job::new(make, drain);
    let expected: Vec<Option<Vec<String>>> = steps.iter().map(|step| undisturbed.input(*step)).collect();
    let mut job = Job::new(make, drain);
    let (mut next, mut failed) = (0, BTreeSet::new());
    while let Some(step) = steps.get(next) {
        let number = next;
        next += 1;
        match *step {
            Step::BeginSnapshot { changes } => job.begin_snapshot(next, changes),
            Step::Snapshot { enough } => {
                job.snapshot(enough);
            }
            Step::EndSnapshot { kept } => job.end_snapshot(kept),
            Step::Restore { workers } if failed.insert(number) => next = job.restore(workers),
            Step::Restore { .. } => {}
            input => assert_eq!(job.input(input), expected[number], "step {number}"),
        }
    }
}

fn windows(operator: &mut WindowAggregate<ByName>) -> Vec<String> {
    let mut results = Vec::new();
    let each = |result: window::WindowResult<'_, ByName>| {
        results.push(format!("{:?} {:?} {}", result.window, result.time, row(result.key, result.accumulator)));
        Ok(())
    };
    operator.drain(each).unwrap();
    results
}

fn sessions(operator: &mut SessionAggregate<ByName>) -> Vec<String> {
    let mut results = Vec::new();
    let each = |result: window::WindowResult<'_, ByName>| {
        results.push(format!("{:?} {}", result.window, row(result.key, result.accumulator)));
        Ok(())
    };
    operator.drain(each).unwrap();
    results
}

fn groups(operator: &mut GroupAggregate<ByName>) -> Vec<String> {
    let mut results = Vec::new();
    let each = |change: group::Change<testing::Row<'_>>| {
        results.push(format!("{} {}", change.kind.short(), change.row));
        Ok(())
    };
    operator.drain(each).unwrap();
    results
}

/// Ticks before all else, which processing time needs.
fn ticked(steps: Vec<Step>) -> Vec<Step> {
    [Step::Tick(0)].into_iter().chain(steps).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn tumbling_windows(steps in steps()) {
        check(|| WindowAggregate::new(Assigner::tumble(Millis(10_000))), windows, &steps);
    }

    #[test]
    fn hopping_windows(steps in steps()) {
        check(|| WindowAggregate::new(Assigner::hop(Millis(4_000), Millis(24_000))), windows, &steps);
    }

    #[test]
    fn cumulating_windows(steps in steps()) {
        check(|| WindowAggregate::new(Assigner::cumulate(Millis(4_000), Millis(24_000))), windows, &steps);
    }

    #[test]
    fn hopping_windows_of_processing_time(steps in steps()) {
        let make = || WindowAggregate::new(Assigner::hop(Millis(4_000), Millis(24_000))).processing_time();
        check(make, windows, &ticked(steps));
    }

    #[test]
    fn sessions_of_event_time(steps in steps()) {
        check(|| SessionAggregate::new(Millis(3_000)), sessions, &steps);
    }

    #[test]
    fn sessions_of_processing_time(steps in steps()) {
        check(|| SessionAggregate::new(Millis(3_000)).processing_time(), sessions, &ticked(steps));
    }

    #[test]
    fn groups_for_ever(steps in steps()) {
        check(GroupAggregate::new, groups, &steps);
    }

    #[test]
    fn groups_for_a_while(steps in steps()) {
        check(|| GroupAggregate::new().retain(Millis(12_000)), groups, &steps);
    }
}

/// Workers tick by themselves: at a cut one may have handed out a window of processing time that another has not.
#[test]
fn a_window_is_handed_out_once_although_workers_tick_apart() {
    let make = || WindowAggregate::new(Assigner::hop(Millis(4_000), Millis(24_000))).processing_time();
    for workers in 1..=3 {
        let mut job = Job::new(make, windows);
        job.operators = vec![make(), make()];
        // A row of each name at 9 s, and later at 16.1 s.
        job.input(Step::Tick(9)).expect("no results");
        job.input(Step::Rows { names: 100, time: 0 });
        job.operators[0].tick(seconds(16.1)).unwrap();
        let first = windows(&mut job.operators[0]);
        assert!(!first.is_empty());
        job.begin_snapshot(0, false);
        job.end_snapshot(true);
        job.restore(workers);
        let mut rest = job.each(|operator| operator.tick(seconds(16.1)).unwrap());
        job.input(Step::Rows { names: 100, time: 0 });
        rest.extend(job.each(|operator| operator.tick(seconds(60.0)).unwrap()));
        // What is before their sums tells results apart. Windows end from 12 s to 40 s.
        let results = first.iter().chain(&rest).map(|line| line.split(',').take(2).collect::<String>());
        let results: Vec<String> = results.collect();
        assert_eq!((results.len(), results.iter().collect::<BTreeSet<_>>().len()), (800, 800));
    }
}
