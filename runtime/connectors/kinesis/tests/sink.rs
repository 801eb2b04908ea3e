//! Writing against a local Kinesis, in good times and bad.

mod common;

use common::{World, assert_in_order, outgoing, wait_until};
use sqlc_local_kinesis::Options as ServerOptions;
use sqlc_local_kinesis::testing::Fault;
use sqlc_runtime::connector::{Sink, TableConfig};
use sqlc_runtime::error::ErrorKind;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};

const SOON: (&str, &str) = ("sink.flush-buffer.timeout", "10");

/// However slow the machine is, only full batches go before the end.
const LATE: (&str, &str) = ("sink.flush-buffer.timeout", "1 h");

fn world(shards: u32) -> World {
    let world = World::new();
    world.kinesis.create_stream("input", shards).unwrap();
    world
}

fn keyed(table: TableConfig) -> TableConfig {
    TableConfig { partition_keys: &["sensor_id"], ..table }
}

fn open(world: &World, table: &TableConfig) -> Box<dyn Sink> {
    world.open_sinks(table, 1).unwrap().remove(0)
}

/// Writes `key:number` for every key and number.
fn write(sink: &mut dyn Sink, keys: usize, from: usize, count: usize) {
    for number in from..from + count {
        for key in 0..keys {
            let key = format!("k{key}");
            sink.write(&outgoing(format!("{key}:{number}").as_bytes(), Some(&key))).unwrap();
        }
    }
}

/// The records of the stream, each shard's in order.
fn stored(world: &World) -> Vec<String> {
    let records = world.kinesis.records("input").unwrap();
    records.into_iter().map(|record| String::from_utf8(record.data).unwrap()).collect()
}

#[test]
fn records_go_in_batches_to_the_shards_of_their_keys() {
    let world = world(4);
    let mut sink = open(&world, &keyed(world.table(&[LATE])));
    write(&mut *sink, 20, 0, 100);
    sink.finish().unwrap();
    assert_in_order(&stored(&world), 20, 100);
    for record in world.kinesis.records("input").unwrap() {
        assert!(record.data.starts_with(record.partition_key.as_bytes()));
    }
    assert_eq!(world.faults.calls("PutRecords"), 4, "batches of 500");
    assert_eq!(world.metric("sqlc_kinesis_records_put_total"), 2000);
}

#[test]
fn a_few_records_go_when_they_have_waited_long_enough() {
    let world = world(1);
    let mut sink = open(&world, &keyed(world.table(&[SOON])));
    write(&mut *sink, 1, 0, 3);
    wait_until("the records", || stored(&world).len() == 3);
    sink.flush().unwrap();
    sink.finish().unwrap();
    assert_in_order(&stored(&world), 1, 3);
}

#[test]
fn only_refused_records_are_sent_again() {
    let world = world(2);
    let throttle = "ProvisionedThroughputExceededException";
    world.faults.inject("PutRecords", 3, Fault::RefuseEntries { containing: "k3:", code: throttle });
    world.faults.inject("PutRecords", 1, Fault::RefuseEntries { containing: "k", code: "InternalFailure" });
    let options = [("sink.batch.max-size", "50"), ("sink.requests.max-inflight", "1"), LATE];
    let mut sink = open(&world, &keyed(world.table(&options)));
    write(&mut *sink, 10, 0, 40);
    sink.finish().unwrap();
    assert_in_order(&stored(&world), 10, 40);
    // The five records of k3 in the first batch, four times over.
    assert_eq!(world.metric("sqlc_kinesis_records_refused_total"), 20);
    assert_eq!(world.faults.calls("PutRecords"), 8 + 4);
}

#[test]
fn a_key_keeps_its_order_though_its_records_are_refused() {
    let world = world(1);
    for _ in 0..5 {
        let code = "ProvisionedThroughputExceededException";
        world.faults.inject("PutRecords", 1, Fault::RefuseEntries { containing: "k0:", code });
    }
    // Batches of one record: every refusal would let later records of the key overtake.
    let mut sink = open(&world, &keyed(world.table(&[("sink.batch.max-size", "1")])));
    write(&mut *sink, 2, 0, 30);
    sink.finish().unwrap();
    assert_in_order(&stored(&world), 2, 30);
}

#[test]
fn real_limits_are_lived_with() {
    let world = World::with(ServerOptions { enforce_limits: true, ..ServerOptions::default() });
    world.kinesis.create_stream("input", 1).unwrap();
    let mut sink = open(&world, &keyed(world.table(&[])));
    // 1,000 records a second and shard.
    write(&mut *sink, 5, 0, 300);
    sink.finish().unwrap();
    assert_eq!(stored(&world).len(), 1500);
    assert!(world.metric("sqlc_kinesis_records_refused_total") > 0);
}

#[test]
fn failures_of_service_and_network_lose_nothing() {
    let world = world(1);
    world.faults.inject("PutRecords", 1, Fault::ServerError);
    world.faults.inject("PutRecords", 1, Fault::Throttle);
    world.faults.inject("PutRecords", 1, Fault::Drop { after: false });
    world.faults.inject("PutRecords", 1, Fault::Drop { after: true });
    let mut sink = open(&world, &keyed(world.table(&[("sink.requests.max-inflight", "1"), LATE])));
    write(&mut *sink, 5, 0, 20);
    sink.finish().unwrap();
    let stored = stored(&world);
    // At least once: the batch whose answer was lost is there twice.
    assert_eq!(stored.len(), 200);
    assert_in_order(&stored[100..], 5, 20);
}

#[test]
fn fail_on_error_does_not_send_again() {
    let world = world(1);
    world.faults.inject("PutRecords", 1, Fault::RefuseEntries { containing: "k0:1", code: "InternalFailure" });
    let mut sink = open(&world, &keyed(world.table(&[("sink.fail-on-error", "true"), LATE])));
    write(&mut *sink, 1, 0, 3);
    let error = sink.finish().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.message().contains("InternalFailure"), "{error}");
    assert_eq!(world.faults.calls("PutRecords"), 1);
    assert_eq!(stored(&world), ["k0:0", "k0:2"]);
}

#[test]
fn hopeless_errors_end_the_application() {
    for (code, kind) in [
        ("AccessDeniedException", ErrorKind::Permission),
        ("ResourceNotFoundException", ErrorKind::Resource),
        ("InvalidArgumentException", ErrorKind::Io),
    ] {
        let world = world(1);
        world.faults.inject("PutRecords", 1, Fault::Error { status: 400, code, message: "No." });
        let mut sink = open(&world, &keyed(world.table(&[SOON])));
        write(&mut *sink, 1, 0, 1);
        wait_until("the error", || sink.flush().is_err());
        let error = sink.flush().unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains("table sensor_data"), "{error}");
        assert!(sink.write(&outgoing(b"more", Some("k"))).is_err());
        assert!(sink.finish().is_err());
    }
}

#[test]
fn a_missing_stream_is_said_at_once() {
    let world = World::new();
    let error = world.open_sinks(&world.table(&[]), 1).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Resource);
    assert!(error.message().contains("stream 'input' does not exist"), "{error}");
}

#[test]
fn who_may_only_write_may_write() {
    let world = world(1);
    let denied = Fault::Error { status: 400, code: "AccessDeniedException", message: "No." };
    world.faults.inject("ListShards", 1, denied);
    let mut sink = open(&world, &keyed(world.table(&[])));
    write(&mut *sink, 1, 0, 3);
    sink.finish().unwrap();
    assert_in_order(&stored(&world), 1, 3);
}

#[test]
fn a_full_buffer_holds_the_worker_back() {
    let world = world(1);
    world.faults.inject("PutRecords", u64::MAX, Fault::Hold { expired: false });
    let table = keyed(world.table(&[
        ("sink.batch.max-size", "10"),
        ("sink.requests.max-buffered", "50"),
        ("sink.requests.max-inflight", "2"),
        LATE,
    ]));
    let mut sink = open(&world, &table);
    let written = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..500 {
                let key = format!("k{}", number % 100);
                sink.write(&outgoing(format!("{key}:{}", number / 100).as_bytes(), Some(&key))).unwrap();
                written.fetch_add(1, Ordering::SeqCst);
            }
            sink.finish().unwrap();
        });
        wait_until("two calls", || world.faults.injected() == 2);
        // Two batches are on their way, 50 records wait, and one is being written.
        wait_until("the buffer to be full", || written.load(Ordering::SeqCst) == 70);
        std::thread::sleep(std::time::Duration::from_millis(50));
        assert_eq!(written.load(Ordering::SeqCst), 70);
        assert_eq!(world.faults.calls("PutRecords"), 2);
        world.faults.clear();
    });
    assert_in_order(&stored(&world), 100, 5);
}

#[test]
fn keys_follow_from_records_and_spread_and_fixed_keys_stay() {
    let world = world(4);
    let write = |table: &TableConfig, from: usize, to: usize| {
        let mut sink = open(&world, table);
        (from..to).for_each(|number| sink.write(&outgoing(format!("x{number}").as_bytes(), None)).unwrap());
        sink.finish().unwrap();
    };
    write(&world.table(&[]), 0, 400);
    // The same records of another run, in other batches.
    write(&world.table(&[("sink.batch.max-size", "7")]), 100, 300);
    let records = world.kinesis.records("input").unwrap();
    let mut shards: BTreeMap<&str, usize> = BTreeMap::new();
    let mut keys: BTreeMap<&[u8], BTreeSet<&str>> = BTreeMap::new();
    for record in &records {
        *shards.entry(&record.shard).or_default() += 1;
        keys.entry(&record.data).or_default().insert(&record.partition_key);
    }
    assert_eq!((records.len(), shards.len()), (600, 4));
    assert!(shards.values().all(|count| (100..200).contains(count)), "{shards:?}");
    assert!(keys.values().all(|keys| keys.len() == 1), "a repeated record has the key it had");
    assert_eq!(keys.values().flatten().collect::<BTreeSet<_>>().len(), 400);
    let known = keys[b"x1".as_slice()].clone();
    write(&TableConfig { name: "other", ..world.table(&[]) }, 1, 2);
    let records = world.kinesis.records("input").unwrap();
    let other = records.iter().find(|record| record.data == b"x1" && !known.contains(&*record.partition_key));
    assert!(other.is_some(), "another table has other keys");

    let mut sinks = world.open_sinks(&world.table(&[("sink.partitioner", "fixed")]), 2).unwrap();
    for sink in &mut sinks {
        (0..10).for_each(|_| sink.write(&outgoing(b"y", None)).unwrap());
        sink.finish().unwrap();
    }
    let records = world.kinesis.records("input").unwrap();
    let keys: BTreeSet<&str> =
        records.iter().filter(|record| record.data == b"y").map(|record| record.partition_key.as_str()).collect();
    assert_eq!(keys, BTreeSet::from(["0", "1"]));
}

#[test]
fn keys_and_records_that_do_not_fit_are_data_errors() {
    let world = world(1);
    let mut sink = open(&world, &keyed(world.table(&[("sink.record.max-size", "1 kb")])));
    for key in ["", &"ä".repeat(257)] {
        let error = sink.write(&outgoing(b"x", Some(key))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        assert!(error.message().contains("must make 1 to 256"), "{error}");
    }
    sink.write(&outgoing(b"x", Some(&"k".repeat(256)))).unwrap();
    let error = sink.write(&outgoing(&[b'x'; 1024], Some("k"))).unwrap_err();
    assert!(error.message().contains("1025 bytes is larger than 'sink.record.max-size'"), "{error}");
    sink.write(&outgoing(&[b'x'; 1023], Some("k"))).unwrap();
    sink.finish().unwrap();
    assert_eq!(stored(&world).len(), 2);
}

#[test]
fn batches_stay_under_their_bytes() {
    let world = world(4);
    let mut sink = open(&world, &world.table(&[]));
    (0..20).for_each(|_| sink.write(&outgoing(&vec![b'x'; 900_000], None)).unwrap());
    sink.finish().unwrap();
    assert_eq!(stored(&world).len(), 20);
    assert!(world.faults.calls("PutRecords") >= 4, "5 MiB hold five such records");
}

#[test]
fn a_stream_is_written_by_its_arn() {
    let world = world(1);
    let mut table = keyed(world.table(&[("stream.arn", "arn:aws:kinesis:us-east-1:000000000000:stream/input")]));
    table.options =
        sqlc_runtime::connector::options::Options::new(table.options.iter().filter(|(name, _)| *name != "stream"));
    let mut sink = open(&world, &table);
    write(&mut *sink, 2, 0, 5);
    sink.finish().unwrap();
    assert_in_order(&stored(&world), 2, 5);
}

#[test]
fn a_checkpoint_is_prepared_when_all_before_it_has_arrived() {
    let world = world(1);
    let mut sink = open(&world, &keyed(world.table(&[LATE])));
    assert_eq!(sink.prepared().unwrap().as_deref(), Some(""), "nothing was written");
    world.faults.inject("PutRecords", 1, Fault::Hold { expired: false });
    write(&mut *sink, 2, 0, 3);
    sink.barrier(1, false).unwrap();
    assert_eq!(sink.prepared().unwrap(), None);
    wait_until("the call, which waits for no other records", || world.faults.injected() == 1);
    write(&mut *sink, 2, 3, 3);
    assert_eq!(sink.prepared().unwrap(), None);
    world.faults.release();
    wait_until("all before the barrier", || sink.prepared().unwrap().is_some());
    assert_in_order(&stored(&world), 2, 3);
    sink.commit(1).unwrap();
    sink.barrier(2, true).unwrap();
    wait_until("all", || sink.prepared().unwrap().is_some());
    sink.finish().unwrap();
    assert_in_order(&stored(&world), 2, 6);
}

#[test]
fn a_checkpoint_that_was_given_up_is_part_of_the_next() {
    let world = world(1);
    let mut sink = open(&world, &keyed(world.table(&[LATE])));
    world.faults.inject("PutRecords", 1, Fault::Hold { expired: false });
    write(&mut *sink, 1, 0, 3);
    sink.barrier(1, false).unwrap();
    wait_until("the call", || world.faults.injected() == 1);
    sink.barrier(2, false).unwrap();
    assert_eq!(sink.prepared().unwrap(), None, "what came before the first barrier is missing");
    world.faults.release();
    wait_until("all", || sink.prepared().unwrap().is_some());
    assert_in_order(&stored(&world), 1, 3);
}

#[test]
fn lost_acknowledgements_repeat_records_with_the_keys_they_had() {
    let world = world(2);
    world.faults.inject("PutRecords", 3, Fault::Drop { after: true });
    let mut sink = open(&world, &world.table(&[("sink.batch.max-size", "10"), LATE]));
    (0..60).for_each(|number| sink.write(&outgoing(format!("r{number}").as_bytes(), None)).unwrap());
    sink.barrier(1, false).unwrap();
    wait_until("all", || sink.prepared().unwrap().is_some());
    let records = world.kinesis.records("input").unwrap();
    assert_eq!(records.len(), 90);
    let distinct: BTreeSet<_> =
        records.iter().map(|record| (&record.partition_key, &record.data, &record.shard)).collect();
    assert_eq!(distinct.len(), 60);
    assert_eq!(world.metric("sqlc_retries_total"), 3);
}

#[test]
fn whatever_fails_all_that_is_prepared_has_arrived() {
    for seed in 0..4 {
        let world = world(3);
        let mut sink = open(&world, &keyed(world.table(&[("sink.batch.max-size", "7"), SOON])));
        world.faults.by_chance(seed, 30);
        for checkpoint in 0..5 {
            write(&mut *sink, 10, checkpoint * 8, 8);
            sink.barrier(checkpoint as u64, false).unwrap();
            wait_until("the checkpoint", || sink.prepared().unwrap().is_some());
            let stored: BTreeSet<String> = stored(&world).into_iter().collect();
            assert_eq!(stored.len(), 10 * 8 * (checkpoint + 1), "seed {seed}");
        }
        world.faults.clear();
        sink.finish().unwrap();
        // A call that takes some of its records and refuses others puts them out of order: Kinesis promises none.
        let stored: BTreeSet<String> = stored(&world).into_iter().collect();
        assert_eq!(stored.len(), 10 * 40, "seed {seed}");
    }
}
