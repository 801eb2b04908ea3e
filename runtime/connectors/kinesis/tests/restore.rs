//! Reading that stops anywhere and goes on from a checkpoint, against a local Kinesis.

mod common;

use common::{Workers, World, assert_in_order};
use sqlc_local_kinesis::testing::Fault;
use sqlc_runtime::connector::SplitState;
use sqlc_runtime::error::{Error, ErrorKind};
use sqlc_runtime::retry::Random;
use std::collections::BTreeMap;
use std::time::Duration;

const HORIZON: (&str, &str) = ("scan.stream.initpos", "TRIM_HORIZON");

/// Some polls, of workers by chance.
fn poll(workers: &mut Workers, count: usize, parallelism: usize, random: &Random) {
    for _ in 0..count {
        poll_one(workers, (random.next() % parallelism as u64) as usize);
    }
}

fn poll_one(workers: &mut Workers, worker: usize) {
    if !workers.poll(worker).unwrap() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn state_of(splits: &[SplitState], shard: &str) -> String {
    splits.iter().find(|split| split.split == shard).map(|split| split.state.clone()).unwrap_or_default()
}

fn shard(number: usize) -> String {
    format!("shardId-{number:012}")
}

/// One life of a stream: it is split and merged while it is read by runs that are killed at any time, in spite of
/// faults. What runs hand over before their checkpoints is every record once, and in order for each key.
fn life(seed: u64) {
    let random = Random::seeded(seed);
    let below = |limit: u64| (random.next() % limit) as usize;
    let world = World::new();
    world.kinesis.create_stream("input", 3).unwrap();
    let records = ("scan.shard.getrecords.maxrecordcount", "7");
    let soon = ("scan.shard.discovery.intervalmillis", "50");
    let table = world.source_table(&[HORIZON, records, soon]);
    let mut kept: Vec<String> = Vec::new();
    let mut checkpoint: Option<Vec<SplitState>> = None;
    let (keys, rounds, count) = (12, 8, 5);
    for round in 0..rounds {
        world.put(keys, round * count, count);
        let open = world.kinesis.open_shards("input").unwrap();
        match below(3) {
            0 => world.kinesis.split_shard("input", &open[below(open.len() as u64)]).unwrap(),
            // Neighbours are not always next to each other in the list.
            1 if open.len() > 1 => {
                let at = below(open.len() as u64 - 1);
                drop(world.kinesis.merge_shards("input", &open[at], &open[at + 1]));
            }
            _ => {}
        }
        match below(5) {
            0 => world.faults.inject("GetRecords", 3, Fault::Throttle),
            1 => world.faults.inject("GetRecords", 2, Fault::ExpiredIterator),
            2 => world.faults.inject("GetRecords", 2, Fault::Drop { after: true }),
            3 => world.faults.inject("ListShards", 1, Fault::ServerError),
            _ => world.faults.inject("GetShardIterator", 2, Fault::ServerError),
        }
        let parallelism = 1 + below(4);
        let mut workers = match &checkpoint {
            Some(splits) => world.restore_source(&table, parallelism, splits).unwrap(),
            None => world.open_source(&table, parallelism).unwrap(),
        };
        // Whoever starts anew soon gives up; from then on anything may fail.
        if seed % 2 == 1 {
            world.faults.by_chance(seed, 20);
        }
        for _ in 0..below(3) {
            poll(&mut workers, below(60), parallelism, &random);
            // Workers take their cuts one after the other, and go on at once.
            let (mut splits, mut behind) = (Vec::new(), Vec::new());
            for cut in 0..parallelism {
                splits.extend(workers.snapshot_of(cut));
                for _ in 0..below(20) {
                    let worker = below(parallelism as u64);
                    let before = workers.log.records.len();
                    poll_one(&mut workers, worker);
                    if worker <= cut {
                        behind.extend(workers.log.records.drain(before..));
                    }
                }
            }
            // Only what a checkpoint has seen counts; the rest is read again.
            kept.append(&mut workers.log.records);
            workers.log.records = behind;
            checkpoint = Some(splits);
        }
        poll(&mut workers, below(40), parallelism, &random);
    }
    world.faults.clear();
    let missing = keys * rounds * count - kept.len();
    let mut workers = match &checkpoint {
        Some(splits) => world.restore_source(&table, 2, splits).unwrap(),
        None => world.open_source(&table, 2).unwrap(),
    };
    workers.until("the rest", |log| log.records.len() >= missing);
    kept.append(&mut workers.log.records);
    assert_in_order(&kept, keys, rounds * count);
    // Nothing is left, and nothing is read twice.
    let splits = workers.snapshot();
    drop(workers);
    world.put(1, rounds * count, 1);
    let mut workers = world.restore_source(&table, 3, &splits).unwrap();
    workers.until("one more", |log| !log.records.is_empty());
    assert_eq!(workers.log.records, [format!("k0:{}", rounds * count)], "seed {seed}");
}

#[test]
fn whatever_happens_every_record_is_handed_over_once() {
    // A seed of one's own repeats a failure.
    let seeds = match std::env::var("SEED") {
        Ok(seed) => seed.parse().unwrap()..seed.parse::<u64>().unwrap() + 1,
        Err(_) => 0..12,
    };
    for seed in seeds {
        println!("SEED={seed}");
        life(seed);
    }
}

#[test]
fn a_checkpoint_says_where_every_shard_is() {
    let world = World::new();
    world.kinesis.create_stream("input", 2).unwrap();
    world.put(8, 0, 5);
    let table = world.source_table(&[HORIZON, ("scan.shard.discovery.intervalmillis", "3600000")]);
    let mut workers = world.open_source(&table, 2).unwrap();
    // Before anything is polled all shards are known already.
    let splits = workers.snapshot();
    assert_eq!(splits.len(), 2);
    assert!(state_of(&splits, &shard(0)).starts_with("horizon began="), "{splits:?}");
    workers.until("all records", |log| log.records.len() == 40);
    world.kinesis.split_shard("input", &shard(0)).unwrap();
    workers.until("the children", |log| log.finished.len() == 1 && log.started.len() == 4);
    let mut last = BTreeMap::new();
    last.extend(workers.log.sequences.clone());
    let splits = workers.snapshot();
    assert!(state_of(&splits, &shard(0)).starts_with("finished began="), "{splits:?}");
    let after = format!("after={} arrival=", last[&shard(1)]);
    assert!(state_of(&splits, &shard(1)).starts_with(&after), "{splits:?}");
    assert!(state_of(&splits, &shard(2)).starts_with("horizon"), "{splits:?}");
    workers.stop();
    assert_eq!(workers.snapshot().len(), 4, "also when nothing more is read");
}

#[test]
fn children_born_meanwhile_are_read_from_their_beginning_whatever_the_options_say() {
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    let table = world.source_table(&[]);
    let mut workers = world.open_source(&table, 1).unwrap();
    world.put(4, 0, 5);
    workers.until("some records", |log| log.records.len() == 20);
    let mut kept = std::mem::take(&mut workers.log.records);
    let splits = workers.snapshot();
    drop(workers);
    world.put(4, 5, 5);
    world.kinesis.split_shard("input", &shard(0)).unwrap();
    world.put(4, 10, 5);
    world.kinesis.split_shard("input", &shard(1)).unwrap();
    world.put(4, 15, 5);
    let mut workers = world.restore_source(&table, 3, &splits).unwrap();
    workers.until("the rest", |log| log.records.len() >= 60);
    kept.append(&mut workers.log.records);
    assert_in_order(&kept, 4, 20);
}

#[test]
fn latest_stays_where_it_was_over_a_restart_before_the_first_record() {
    let world = World::new();
    world.kinesis.create_stream("input", 2).unwrap();
    world.kinesis.put_records("input", [("k0", b"before".as_slice())]).unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    let table = world.source_table(&[]);
    let splits = world.open_source(&table, 1).unwrap().snapshot();
    world.put(4, 0, 5);
    let mut workers = world.restore_source(&table, 2, &splits).unwrap();
    workers.until("all records", |log| log.records.len() >= 20);
    assert_in_order(&workers.log.records, 4, 5);
}

#[test]
fn a_stream_made_anew_is_refused() {
    let world = World::new();
    world.kinesis.create_stream("input", 2).unwrap();
    world.put(4, 0, 5);
    let table = world.source_table(&[HORIZON]);
    let mut workers = world.open_source(&table, 1).unwrap();
    workers.until("all records", |log| log.records.len() == 20);
    let splits = workers.snapshot();
    drop(workers);
    world.kinesis.delete_stream("input").unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    world.kinesis.create_stream("input", 2).unwrap();
    let error = world.restore_source(&table, 1, &splits).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Resource);
    assert!(error.is_lasting());
    assert!(error.message().contains("deleted and created anew"), "{error}");
}

/// The checkpoint of a shard of which 20 records were read, and the table.
fn read_stream(world: &World, options: &[(&str, &str)]) -> (sqlc_runtime::connector::TableConfig, Vec<SplitState>) {
    world.kinesis.create_stream("input", 1).unwrap();
    world.put(4, 0, 5);
    let table = world.source_table(&[&[HORIZON], options].concat());
    let mut workers = world.open_source(&table, 1).unwrap();
    workers.until("all records", |log| log.records.len() == 20);
    let splits = workers.snapshot();
    (table, splits)
}

const GONE: Fault = Fault::Error { status: 400, code: "InvalidArgumentException", message: "It is gone." };

#[test]
fn a_position_that_has_left_the_stream_is_lost_data() {
    let world = World::new();
    let (table, splits) = read_stream(&world, &[]);
    world.faults.inject_where("GetShardIterator", "AFTER_SEQUENCE_NUMBER", 1, GONE);
    let error = world.restore_source(&table, 1, &splits).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Resource);
    assert!(error.is_lasting());
    for part in [&shard(0), "after sequence number", "left it unread", "'source.expired.position' = 'TRIM_HORIZON'"] {
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn lost_data_can_be_lived_with() {
    let world = World::new();
    let (table, splits) = read_stream(&world, &[("source.expired.position", "trim_horizon")]);
    world.faults.inject_where("GetShardIterator", "AFTER_SEQUENCE_NUMBER", 1, GONE);
    let mut workers = world.restore_source(&table, 1, &splits).unwrap();
    workers.until("what is left", |log| log.records.len() == 20);
    assert_eq!(world.metric("sqlc_kinesis_positions_expired_total"), 1);
}

/// The same checkpoint with other times: when the last record came, and up to when all was read.
fn aged(splits: &[SplitState], arrival_hours: i64, until_hours: i64) -> Vec<SplitState> {
    let now = sqlc_runtime::time::Clock::system().now().millis();
    let mut aged = splits.to_vec();
    for SplitState { state, .. } in &mut aged {
        let words = state.split(' ').map(|word| match word.split_once('=') {
            Some(("arrival", _)) => format!("arrival={}", now - arrival_hours * 3_600_000),
            Some(("until", _)) => format!("until={}", now - until_hours * 3_600_000),
            _ => word.to_owned(),
        });
        *state = words.collect::<Vec<_>>().join(" ");
    }
    aged
}

#[test]
fn a_run_that_was_away_for_longer_than_records_stay_has_lost_some() {
    let world = World::new();
    let (table, splits) = read_stream(&world, &[]);
    let error = world.restore_source(&table, 1, &aged(&splits, 30, 25)).err().unwrap();
    assert!(error.message().contains("records stay for 24 hours"), "{error}");
    // Who may not ask how long they stay trusts the service.
    let denied = Fault::Error { status: 400, code: "AccessDeniedException", message: "No." };
    world.faults.inject("DescribeStreamSummary", 1, denied);
    world.put(4, 5, 1);
    let mut workers = world.restore_source(&table, 1, &aged(&splits, 30, 25)).unwrap();
    workers.until("the rest", |log| log.records.len() == 4);
}

/// Reads 40 records, five at a time, while the service says of the first answers how far they are behind; whether the
/// source failed, and the last checkpoint.
fn read_behind(world: &World, hours: i64, options: &[(&str, &str)]) -> (Result<(), Error>, Vec<SplitState>) {
    world.kinesis.create_stream("input", 1).unwrap();
    world.put(1, 0, 40);
    world.faults.inject("GetRecords", 3, Fault::Behind { millis: hours * 3_600_000 });
    let table = world.source_table(&[&[HORIZON, ("scan.shard.getrecords.maxrecordcount", "5")], options].concat());
    let mut workers = world.open_source(&table, 1).unwrap();
    let read = loop {
        match workers.poll(0) {
            Ok(_) if workers.log.records.len() == 40 => break Ok(()),
            Ok(true) => {}
            Ok(false) => std::thread::sleep(Duration::from_millis(1)),
            Err(error) => break Err(error),
        }
    };
    (read, workers.snapshot())
}

#[test]
fn records_that_leave_the_stream_while_it_is_read_too_slowly_are_lost_data() {
    let world = World::new();
    let (read, splits) = read_behind(&world, 25, &[]);
    let error = read.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Resource);
    assert!(error.is_lasting());
    let seconds = (3600..3660).any(|seconds| error.message().contains(&format!("{seconds} s in all so far")));
    assert!(seconds, "{error}");
    for part in [&shard(0), "further behind than its records stay (24 hours)", "'source.expired.position'"] {
        assert!(error.message().contains(part), "{error}");
    }
    // Nor does a run that goes on from there take it for granted.
    let error = world.restore_source(&world.source_table(&[HORIZON]), 1, &splits).err().unwrap();
    assert!(error.message().contains("records stay for 24 hours"), "{error}");
}

#[test]
fn a_reader_that_is_too_slow_can_be_lived_with() {
    let world = World::new();
    let (read, _) = read_behind(&world, 25, &[("source.expired.position", "TRIM_HORIZON")]);
    read.unwrap();
    assert_eq!(world.metric("sqlc_kinesis_positions_expired_total"), 3);
}

#[test]
fn a_reader_that_is_behind_has_lost_nothing_yet() {
    let world = World::new();
    read_behind(&world, 23, &[]).0.unwrap();
    assert_eq!(world.faults.calls("DescribeStreamSummary"), 0);
    let world = World::new();
    let denied = Fault::Error { status: 400, code: "AccessDeniedException", message: "No." };
    world.faults.inject("DescribeStreamSummary", 1, denied);
    read_behind(&world, 25, &[]).0.unwrap();
    assert_eq!(world.faults.calls("DescribeStreamSummary"), 1, "who may not know asks now and then");
}

#[test]
fn a_silent_shard_whose_last_record_is_gone_has_lost_nothing() {
    let world = World::new();
    let (table, splits) = read_stream(&world, &[]);
    world.faults.inject_where("GetShardIterator", "AFTER_SEQUENCE_NUMBER", 1, GONE);
    let mut workers = world.restore_source(&table, 1, &aged(&splits, 30, 1)).unwrap();
    workers.until("the oldest record", |log| !log.records.is_empty());
    assert_eq!(world.metric("sqlc_kinesis_positions_expired_total"), 0);
}

#[test]
fn a_shard_that_is_gone_unread_is_lost_data() {
    let world = World::new();
    let (table, mut splits) = read_stream(&world, &[]);
    let missing = SplitState { split: shard(7), state: "after=123 arrival=1 until=1".to_owned() };
    splits.push(missing.clone());
    let error = world.restore_source(&table, 1, &splits).err().unwrap();
    assert!(error.message().contains(&shard(7)) && error.message().contains("no longer in the stream"), "{error}");
    // What was finished may be gone.
    *splits.last_mut().unwrap() = SplitState { state: "finished".to_owned(), ..missing };
    let mut workers = world.restore_source(&table, 1, &splits).unwrap();
    assert!(state_of(&workers.snapshot(), &shard(7)).is_empty(), "and is forgotten");
    let error = world.restore_source(&table, 1, &[SplitState { split: shard(0), state: "line 5".to_owned() }]);
    assert!(error.err().unwrap().message().contains("'line 5'"));
}

#[test]
fn a_run_that_goes_on_waits_for_its_service() {
    let world = World::new();
    let (table, splits) = read_stream(&world, &[]);
    world.faults.inject("ListShards", 8, Fault::Drop { after: false });
    world.put(4, 5, 1);
    let mut workers = world.restore_source(&table, 1, &splits).unwrap();
    workers.until("the rest", |log| log.records.len() == 4);
    assert!(world.metric("sqlc_retries_total") >= 8);
}
