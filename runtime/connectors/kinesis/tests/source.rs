//! Reading against a local Kinesis, in good times and bad.

mod common;

use common::{World, assert_in_order, wait_until};
use sqlc_local_kinesis::Options as ServerOptions;
use sqlc_local_kinesis::testing::Fault;
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::error::ErrorKind;
use std::time::Duration;

const HORIZON: (&str, &str) = ("scan.stream.initpos", "TRIM_HORIZON");

#[test]
fn many_shards_are_shared_between_workers_and_read_completely() {
    let world = World::new();
    world.kinesis.create_stream("input", 12).unwrap();
    world.put(40, 0, 50);
    let mut workers = world.open_source(&world.source_table(&[HORIZON]), 3).unwrap();
    workers.until("all records", |log| log.records.len() == 2000);
    assert_in_order(&workers.log.records, 40, 50);
    let mut shards_of = [0; 3];
    workers.log.workers.values().for_each(|worker| shards_of[*worker] += 1);
    assert_eq!(shards_of, [4; 3]);
    workers.until("every shard to be at its end", |log| log.lags.len() == 12 && log.lags.values().all(|lag| *lag == 0));
    assert_eq!(world.metric("sqlc_kinesis_records_fetched_total"), 2000);
    assert!(world.metric("sqlc_kinesis_get_records_total") > 0);
}

#[test]
fn all_pages_of_shards_are_listed() {
    let world = World::new();
    world.kinesis.create_stream("input", 1001).unwrap();
    let rarely =
        [("scan.shard.getrecords.intervalmillis", "3600000"), ("scan.shard.discovery.intervalmillis", "3600000")];
    let mut workers = world.open_source(&world.source_table(&rarely), 2).unwrap();
    workers.until("all shards", |log| log.started.len() == 1001);
    assert_eq!(world.faults.calls("ListShards"), 2);
}

#[test]
fn shards_that_split_and_merge_in_mid_stream_lose_and_turn_round_nothing() {
    let world = World::new();
    world.kinesis.create_stream("input", 2).unwrap();
    world.put(30, 0, 10);
    let mut workers = world.open_source(&world.source_table(&[HORIZON]), 4).unwrap();
    world.kinesis.split_shard("input", "shardId-000000000000").unwrap();
    world.put(30, 10, 10);
    workers.until("some records", |log| log.records.len() >= 400);
    // 0 -> 2, 3; then 3 and 1 are neighbours.
    world.kinesis.merge_shards("input", "shardId-000000000003", "shardId-000000000001").unwrap();
    world.put(30, 20, 10);
    world.kinesis.split_shard("input", "shardId-000000000004").unwrap();
    world.put(30, 30, 10);
    workers.until("all records", |log| log.records.len() == 1200);
    assert_in_order(&workers.log.records, 30, 40);
    workers.until("the ends of four shards", |log| log.finished.len() == 4);

    let story = &workers.log.story;
    let when = |event: &str| story.iter().position(|happened| happened == event).unwrap_or(usize::MAX);
    let first = |shard: &str| when(shard);
    for (parent, child) in [(0, 2), (0, 3), (3, 4), (1, 4), (4, 5), (4, 6)] {
        let (parent, child) = (format!("shardId-{parent:012}"), format!("shardId-{child:012}"));
        assert!(when(&format!("-{parent}")) < first(&child), "{parent} is drained before {child}: {story:?}");
    }
    for (parent, child) in [(0, 2), (0, 3), (4, 5), (4, 6)] {
        let (parent, child) = (format!("-shardId-{parent:012}"), format!("+shardId-{child:012}"));
        assert_eq!(workers.log.workers[&parent[1..]], workers.log.workers[&child[1..]], "families stay together");
        assert!(when(&child) < when(&parent), "{child} holds the watermark before {parent}: {story:?}");
    }
}

#[test]
fn children_are_found_by_listing_where_get_records_does_not_tell_them() {
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    world.faults.inject("GetRecords", u64::MAX, Fault::HideChildShards);
    world.put(5, 0, 10);
    let table = world.source_table(&[HORIZON, ("scan.shard.discovery.intervalmillis", "3600000")]);
    let mut workers = world.open_source(&table, 2).unwrap();
    world.kinesis.split_shard("input", "shardId-000000000000").unwrap();
    world.put(5, 10, 10);
    workers.until("all records", |log| log.records.len() == 100);
    assert_in_order(&workers.log.records, 5, 20);
}

#[test]
fn a_closed_family_is_read_from_its_oldest_member() {
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    world.put(8, 0, 5);
    world.kinesis.split_shard("input", "shardId-000000000000").unwrap();
    world.put(8, 5, 5);
    world.kinesis.merge_shards("input", "shardId-000000000001", "shardId-000000000002").unwrap();
    world.put(8, 10, 5);
    let mut workers = world.open_source(&world.source_table(&[HORIZON]), 3).unwrap();
    workers.until("all records", |log| log.records.len() == 120);
    assert_in_order(&workers.log.records, 8, 15);
}

#[test]
fn latest_reads_what_comes_after_the_source_is_open() {
    let world = World::new();
    world.kinesis.create_stream("input", 3).unwrap();
    world.kinesis.put_records("input", [("k0", b"before".as_slice())]).unwrap();
    let mut workers = world.open_source(&world.source_table(&[]), 2).unwrap();
    world.put(10, 0, 20);
    workers.until("all new records", |log| log.records.len() >= 200);
    assert_in_order(&workers.log.records, 10, 20);
}

#[test]
fn latest_stays_where_it_was_though_the_iterator_expires_before_the_first_record() {
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    // The records of before must have arrived in an earlier second: the local service keeps no finer times.
    world.kinesis.put_records("input", [("k0", b"before".as_slice())]).unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    world.faults.inject("GetRecords", 1, Fault::Hold { expired: true });
    let mut workers = world.open_source(&world.source_table(&[]), 1).unwrap();
    wait_until("the first call", || world.faults.injected() == 1);
    world.put(3, 0, 10);
    world.faults.release();
    workers.until("all new records", |log| log.records.len() >= 30);
    assert_in_order(&workers.log.records, 3, 10);
    assert_eq!(world.metric("sqlc_kinesis_iterators_expired_total"), 1);
}

#[test]
fn latest_skips_closed_shards_and_reads_their_children_from_now_on() {
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    world.kinesis.put_records("input", [("k0", b"before".as_slice())]).unwrap();
    world.kinesis.split_shard("input", "shardId-000000000000").unwrap();
    let mut workers = world.open_source(&world.source_table(&[]), 1).unwrap();
    world.put(4, 0, 5);
    workers.until("all new records", |log| log.records.len() >= 20);
    assert_in_order(&workers.log.records, 4, 5);
    assert!(!workers.log.started.contains(&"shardId-000000000000".to_owned()));
}

#[test]
fn at_timestamp_reads_what_arrived_since() {
    let world = World::new();
    world.kinesis.create_stream("input", 2).unwrap();
    world.kinesis.put_records("input", [("k0", b"before".as_slice()), ("k1", b"before")]).unwrap();
    std::thread::sleep(Duration::from_millis(1100));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    world.put(6, 0, 10);
    let start = now.to_string();
    let options = [("source.init.position", "AT_TIMESTAMP"), ("source.init.timestamp", start.as_str())];
    let mut workers = world.open_source(&world.source_table(&options), 2).unwrap();
    workers.until("all records since", |log| log.records.len() >= 60);
    assert_in_order(&workers.log.records, 6, 10);
}

#[test]
fn throttled_calls_are_repeated_until_they_succeed() {
    let world = World::new();
    world.kinesis.create_stream("input", 2).unwrap();
    world.put(10, 0, 10);
    world.faults.inject("ListShards", 2, Fault::Throttle);
    world.faults.inject("GetShardIterator", 3, Fault::Throttle);
    world.faults.inject("GetRecords", 20, Fault::Throttle);
    let mut workers = world.open_source(&world.source_table(&[HORIZON]), 2).unwrap();
    workers.until("all records", |log| log.records.len() >= 100);
    assert_in_order(&workers.log.records, 10, 10);
    assert_eq!(world.metric("sqlc_kinesis_get_records_throttled_total"), 23);
}

#[test]
fn a_limit_of_retries_is_kept() {
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    world.faults.inject("GetRecords", u64::MAX, Fault::Throttle);
    let table = world.source_table(&[("scan.shard.getrecords.maxretries", "3")]);
    let error = world.open_source(&table, 1).unwrap().until_error();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.message().contains("too busy to read"), "{error}");
    assert_eq!(world.faults.injected(), 4);
}

#[test]
fn expired_iterators_are_replaced_behind_the_last_record() {
    let world = World::new();
    world.kinesis.create_stream("input", 2).unwrap();
    world.put(10, 0, 10);
    let table = world.source_table(&[HORIZON, ("scan.shard.getrecords.maxrecordcount", "7")]);
    let mut workers = world.open_source(&table, 2).unwrap();
    for round in 0..5 {
        world.faults.inject("GetRecords", 2, Fault::ExpiredIterator);
        workers.until("records and faults", |log| {
            log.records.len() > 10 * round && world.faults.injected() == 2 * (round as u64 + 1)
        });
    }
    workers.until("all records", |log| log.records.len() >= 100);
    assert_in_order(&workers.log.records, 10, 10);
    assert_eq!(world.metric("sqlc_kinesis_iterators_expired_total"), 10);
}

#[test]
fn iterators_that_really_expire_are_replaced_too() {
    let world = World::with(ServerOptions { iterator_lifetime: Duration::from_secs(1), ..ServerOptions::default() });
    world.kinesis.create_stream("input", 1).unwrap();
    world.put(2, 0, 5);
    let table = world.source_table(&[HORIZON, ("scan.shard.getrecords.intervalmillis", "2100")]);
    let mut workers = world.open_source(&table, 1).unwrap();
    workers.until("the first records", |log| log.records.len() == 10);
    world.put(2, 5, 5);
    workers.until("all records", |log| log.records.len() >= 20);
    assert_in_order(&workers.log.records, 2, 10);
    assert!(world.metric("sqlc_kinesis_iterators_expired_total") > 0);
}

#[test]
fn failures_of_service_and_network_are_outlived() {
    let world = World::new();
    world.kinesis.create_stream("input", 2).unwrap();
    world.put(10, 0, 10);
    world.faults.inject("GetShardIterator", 1, Fault::Drop { after: false });
    world.faults.inject("GetRecords", 3, Fault::ServerError);
    world.faults.inject("GetRecords", 3, Fault::Drop { after: true });
    world.faults.inject("GetRecords", 3, Fault::Drop { after: false });
    let mut workers = world.open_source(&world.source_table(&[HORIZON]), 1).unwrap();
    workers.until("all records", |log| log.records.len() >= 100);
    assert_in_order(&workers.log.records, 10, 10);
    assert_eq!(world.metric("sqlc_kinesis_get_records_failed_total"), 10);
}

#[test]
fn an_idle_shard_says_that_it_has_nothing() {
    let world = World::new();
    world.kinesis.create_stream("input", 2).unwrap();
    let mut workers = world.open_source(&world.source_table(&[HORIZON]), 1).unwrap();
    world.put(1, 0, 5);
    workers.until("the lag of both shards", |log| log.lags.len() == 2 && log.records.len() == 5);
    assert!(workers.log.lags.values().all(|lag| *lag == 0));
    assert!(workers.log.finished.is_empty());
    assert!(world.metric("sqlc_kinesis_get_records_empty_total") > 0);
}

#[test]
fn a_worker_that_does_not_read_bounds_what_is_fetched() {
    let world = World::new();
    world.kinesis.create_stream("input", 4).unwrap();
    let data = vec![b'x'; 40_000];
    let keys: Vec<String> = (0..750).map(|number| number.to_string()).collect();
    for keys in keys.chunks(100) {
        world.kinesis.put_records("input", keys.iter().map(|key| (key.as_str(), data.as_slice()))).unwrap();
    }
    let table = world.source_table(&[HORIZON, ("scan.shard.getrecords.maxrecordcount", "10")]);
    let mut workers = world.open_source(&table, 1).unwrap();
    let fetched = || world.metric("sqlc_kinesis_bytes_fetched_total");
    wait_until("the queue to be full", || fetched() >= 16 << 20);
    // Calls that were under way may still come in: one of 400 kB for each shard.
    let mut before = fetched();
    loop {
        std::thread::sleep(Duration::from_millis(100));
        if fetched() == before {
            break;
        }
        before = fetched();
    }
    assert!(fetched() <= (16 << 20) + 4 * 400_000, "{} bytes wait", fetched());
    workers.until("all records", |log| log.records.len() == 750);
    assert_eq!(fetched(), 30_000_000);
}

#[test]
fn a_missing_stream_is_said_at_once() {
    let world = World::new();
    let error = world.open_source(&world.source_table(&[]), 1).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Resource);
    for part in ["stream 'input' does not exist", "us-east-1", "create it"] {
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn a_stream_deleted_while_it_is_read_ends_the_application() {
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    let mut workers = world.open_source(&world.source_table(&[]), 1).unwrap();
    workers.until("the shard", |log| log.lags.len() == 1);
    world.kinesis.delete_stream("input").unwrap();
    let error = workers.until_error();
    assert_eq!(error.kind(), ErrorKind::Resource);
    assert!(error.message().contains("does not exist"), "{error}");
}

#[test]
fn denied_and_unknown_users_are_told_apart() {
    for (code, kind, advice) in [
        ("AccessDeniedException", ErrorKind::Permission, "grant the credentials kinesis:ListShards"),
        ("UnrecognizedClientException", ErrorKind::Permission, "set AWS_ACCESS_KEY_ID"),
    ] {
        let world = World::new();
        world.kinesis.create_stream("input", 1).unwrap();
        world.faults.inject("ListShards", 1, Fault::Error { status: 400, code, message: "No." });
        let error = world.open_source(&world.source_table(&[]), 1).err().unwrap();
        assert_eq!(error.kind(), kind);
        assert!(error.message().contains(advice), "{error}");
        assert_eq!(world.faults.calls("ListShards"), 1, "asking again would not help");
    }
}

#[test]
fn missing_credentials_are_said_at_once() {
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    let options =
        [("aws.credentials.provider", "PROFILE"), ("aws.credentials.provider.profile.name", "nobody-has-this-profile")];
    let error = world.open_source(&world.source_table(&options), 1).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
    assert!(error.message().contains("no valid AWS credentials"), "{error}");
}

#[test]
fn a_position_that_was_trimmed_is_said_clearly() {
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    world.put(1, 0, 1);
    let mut workers = world.open_source(&world.source_table(&[HORIZON]), 1).unwrap();
    workers.until("the record", |log| log.records.len() == 1);
    let trimmed =
        Fault::Error { status: 400, code: "InvalidArgumentException", message: "The sequence number is gone." };
    world.faults.inject("GetShardIterator", 1, trimmed);
    world.faults.inject("GetRecords", 1, Fault::ExpiredIterator);
    let error = workers.until_error();
    assert_eq!(error.kind(), ErrorKind::Resource);
    assert!(error.message().contains("older than the stream's retention"), "{error}");
}

#[test]
fn an_unreachable_endpoint_is_said_soon() {
    let world = World::new();
    let table = world.source_table(&[("aws.endpoint", "http://127.0.0.1:1")]);
    let error = world.open_source(&table, 1).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Io);
    for part in ["http://127.0.0.1:1", "refused", "check the network"] {
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn a_stream_is_read_by_its_arn() {
    let world = World::new();
    world.kinesis.create_stream("input", 2).unwrap();
    world.put(5, 0, 10);
    let mut table =
        world.source_table(&[("stream.arn", "arn:aws:kinesis:us-east-1:000000000000:stream/input"), HORIZON]);
    table.options = Options::new(table.options.iter().filter(|(name, _)| *name != "stream"));
    let mut workers = world.open_source(&table, 1).unwrap();
    workers.until("all records", |log| log.records.len() >= 50);
    assert_in_order(&workers.log.records, 5, 10);
}

#[test]
fn enhanced_fan_out_is_refused() {
    let world = World::new();
    let error = world.open_source(&world.source_table(&[("scan.stream.recordpublisher", "EFO")]), 1).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.message().contains("EFO (enhanced fan-out) is not supported yet; use POLLING"), "{error}");
}

#[test]
fn stopped_readers_make_no_more_calls() {
    let world = World::new();
    world.kinesis.create_stream("input", 4).unwrap();
    let mut workers = world.open_source(&world.source_table(&[]), 2).unwrap();
    workers.until("the shards", |log| log.lags.len() == 4);
    workers.stop();
    assert!(!workers.poll(0).unwrap() && !workers.poll(1).unwrap());
    drop(workers);
    // Calls under way may still arrive; then there are no more.
    let mut before = world.faults.calls("GetRecords");
    wait_until("silence", || {
        std::thread::sleep(Duration::from_millis(100));
        let now = world.faults.calls("GetRecords");
        std::mem::replace(&mut before, now) == now
    });
}

#[test]
fn adaptive_reads_ask_for_what_a_shard_may_give() {
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    let data = vec![b'x'; 10_000];
    let keys: Vec<String> = (0..400).map(|number| number.to_string()).collect();
    world.kinesis.put_records("input", keys.iter().map(|key| (key.as_str(), data.as_slice()))).unwrap();
    let options = [
        HORIZON,
        ("scan.shard.adaptivereads", "true"),
        ("scan.shard.getrecords.maxrecordcount", "100"),
        ("scan.shard.getrecords.intervalmillis", "50"),
    ];
    let mut workers = world.open_source(&world.source_table(&options), 1).unwrap();
    workers.until("all records", |log| log.records.len() == 400);
    // 2 MB/s are 100 kB in 50 ms: ten records. The first call, which knows nothing, brings 100.
    assert_eq!(workers.log.story.iter().filter(|event| event.starts_with("shard")).count(), 31);
}

#[test]
fn records_packed_by_the_producer_library_are_unpacked() {
    // {1: "k0", 3: {1: 0, 3: "k0:0"}, 3: {1: 0, 3: "k0:1"}}, with the MD5 that Python's hashlib gives for it.
    let message = b"\x0a\x02k0\x1a\x08\x08\x00\x1a\x04k0:0\x1a\x08\x08\x00\x1a\x04k0:1";
    let digest = b"\xcb\x56\x04\x10\xee\x26\xcd\x13\x0f\xc5\x3d\x1e\xff\x83\x82\x6f";
    let packed = [b"\xf3\x89\x9a\xc2".as_slice(), message, digest].concat();
    let world = World::new();
    world.kinesis.create_stream("input", 2).unwrap();
    world.kinesis.put_records("input", [("k0", packed.as_slice()), ("k0", b"k0:2")]).unwrap();
    let mut workers = world.open_source(&world.source_table(&[HORIZON]), 1).unwrap();
    workers.until("all records", |log| log.records.len() >= 3);
    assert_in_order(&workers.log.records, 1, 3);
}

/// Set in the process that plays the application in the test below.
const CHILD: &str = "SQLC_KINESIS_TEST_CHILD";

#[test]
fn endpoint_region_and_credentials_come_from_the_environment() {
    if std::env::var_os(CHILD).is_some() {
        let world = World::new();
        let mut table = world.source_table(&[HORIZON]);
        let from_environment = |name: &str| !matches!(name, "aws.endpoint" | "aws.region");
        table.options = Options::new(table.options.iter().filter(|(name, _)| from_environment(name)));
        let mut workers = world.open_source(&table, 1).unwrap();
        workers.until("the record", |log| log.records.len() == 1);
        return;
    }
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_KINESIS"] {
        let world = World::new();
        world.kinesis.create_stream("input", 1).unwrap();
        world.put(1, 0, 1);
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "endpoint_region_and_credentials_come_from_the_environment"])
            .env_clear()
            .env(CHILD, "1")
            .env(name, world.kinesis.endpoint())
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "KEYOFTHEENVIRONMENT")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stdout));
        let authorization = world.faults.last_authorization();
        assert!(authorization.contains("Credential=KEYOFTHEENVIRONMENT/"), "{authorization}");
        assert!(authorization.contains("/eu-west-1/kinesis/"), "{authorization}");
    }
}

#[test]
fn credentials_of_the_options_sign_the_calls() {
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    let options = [
        ("aws.region", "eu-north-1"),
        ("aws.credentials.provider", "BASIC"),
        ("aws.credentials.basic.accesskeyid", "KEYOFTHEOPTIONS"),
        ("aws.credentials.basic.secretkey", "secret"),
    ];
    world.open_source(&world.source_table(&options), 1).unwrap();
    let authorization = world.faults.last_authorization();
    assert!(authorization.contains("Credential=KEYOFTHEOPTIONS/"), "{authorization}");
    assert!(authorization.contains("/eu-north-1/kinesis/"), "{authorization}");

    // A profile of a file of one's own.
    let file = std::env::temp_dir().join(format!("sqlc-kinesis-profile-{}", std::process::id()));
    std::fs::write(&file, "[me]\naws_access_key_id = KEYOFTHEPROFILE\naws_secret_access_key = secret\n").unwrap();
    let options = [
        ("aws.credentials.provider", "PROFILE"),
        ("aws.credentials.profile.name", "me"),
        ("aws.credentials.profile.path", file.to_str().unwrap()),
    ];
    world.open_source(&world.source_table(&options), 1).unwrap();
    std::fs::remove_file(&file).unwrap();
    let authorization = world.faults.last_authorization();
    assert!(authorization.contains("Credential=KEYOFTHEPROFILE/"), "{authorization}");
}

#[test]
fn a_role_is_assumed_with_the_credentials_of_its_base() {
    use std::io::{Read, Write};
    const ANSWER: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
         <Credentials><AccessKeyId>KEYOFTHEROLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>\
         <SessionToken>token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         </AssumeRoleResult></AssumeRoleResponse>";
    let sts = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", sts.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let (mut connection, _) = sts.accept().unwrap();
        let mut request = String::new();
        let mut part = [0; 4096];
        while !request.contains("ExternalId=") {
            let length = connection.read(&mut part).unwrap();
            assert!(length > 0, "the request ends early: {request}");
            request.push_str(&String::from_utf8_lossy(&part[..length]));
        }
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n", ANSWER.len());
        connection.write_all(format!("{head}{ANSWER}").as_bytes()).unwrap();
        request
    });
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    let options = [
        ("aws.credentials.provider", "ASSUME_ROLE"),
        ("aws.credentials.role.arn", "arn:aws:iam::123456789012:role/reader"),
        ("aws.credentials.role.sessionName", "sensors"),
        ("aws.credentials.role.externalId", "known-to-both"),
        ("aws.credentials.role.stsEndpoint", endpoint.as_str()),
        ("aws.credentials.role.provider", "BASIC"),
        ("aws.credentials.basic.accesskeyid", "KEYOFTHEBASE"),
        ("aws.credentials.basic.secretkey", "secret"),
    ];
    world.open_source(&world.source_table(&options), 1).unwrap();
    let request = asked.join().unwrap();
    for part in ["Credential=KEYOFTHEBASE/", "RoleSessionName=sensors", "ExternalId=known-to-both", "role%2Freader"] {
        assert!(request.contains(part), "{part}: {request}");
    }
    let authorization = world.faults.last_authorization();
    assert!(authorization.contains("Credential=KEYOFTHEROLE/"), "{authorization}");
}

#[test]
fn a_profile_with_sso_is_answered_with_what_to_do() {
    let world = World::new();
    world.kinesis.create_stream("input", 1).unwrap();
    let file = std::env::temp_dir().join(format!("sqlc-kinesis-sso-{}", std::process::id()));
    let profile =
        "[me]\nsso_start_url = https://example.com\nsso_region = us-east-1\nsso_account_id = 1\nsso_role_name = r\n";
    std::fs::write(&file, profile).unwrap();
    let options = [
        ("aws.credentials.provider", "PROFILE"),
        ("aws.credentials.profile.name", "me"),
        ("aws.credentials.profile.path", file.to_str().unwrap()),
    ];
    let error = world.open_source(&world.source_table(&options), 1).err().unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(error.kind(), ErrorKind::Permission);
    assert!(error.message().contains("credential_process = aws configure export-credentials"), "{error}");
}
