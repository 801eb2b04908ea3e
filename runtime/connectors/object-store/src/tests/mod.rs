//! The storage against a real service, in this process.

mod server;

use crate::config::{Config, Keys};
use crate::store::S3Storage;
use server::{ACCESS_KEY, Fault, SECRET_KEY, Server};
use sqlc_runtime::checkpoint::{Entry, FileReader, FileWriter, History, Manifest, Part, PartState, Place, Storage};
use sqlc_runtime::connector::options::Options;
use sqlc_runtime::error::{Error, ErrorKind};
use sqlc_runtime::order::Map;
use sqlc_runtime::state::Blocks;
use sqlc_runtime::value::Timestamp;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

const SLOW_DOWN: Fault =
    Fault::Answer(503, "<Error><Code>SlowDown</Code><Message>Reduce your request rate</Message></Error>");

fn config(server: &Server, prefix: &str) -> Config {
    Config {
        bucket: "state".to_owned(),
        prefix: prefix.to_owned(),
        endpoint: Some(server.endpoint()),
        path_style: true,
        region: None,
        keys: Some(Keys { access_key: ACCESS_KEY.to_owned(), secret_key: SECRET_KEY.to_owned(), session_token: None }),
        variables: Vec::new(),
        patience: Duration::from_secs(10),
    }
}

fn storage(server: &Server, prefix: &str) -> S3Storage {
    S3Storage::open(&config(server, prefix)).unwrap()
}

fn impatient(server: &Server, prefix: &str, patience: Duration) -> S3Storage {
    S3Storage::open(&Config { patience, ..config(server, prefix) }).unwrap()
}

fn put(storage: &dyn Storage, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let mut object = storage.create(name)?;
    object.write_all(bytes).unwrap();
    object.complete()
}

fn put_in_pieces(storage: &dyn Storage, name: &str, bytes: &[u8]) {
    let mut object = storage.create(name).unwrap();
    for piece in bytes.chunks(600_000) {
        object.write_all(piece).unwrap();
    }
    object.complete().unwrap();
}

fn get(storage: &dyn Storage, name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    storage.open(name).unwrap()?.read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

fn names(storage: &dyn Storage, prefix: &str) -> Vec<String> {
    storage.list(prefix).unwrap().into_iter().map(|listed| listed.name).collect()
}

/// Bytes that do not repeat themselves.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[test]
fn objects_come_and_go() {
    let server = Server::start();
    let storage = storage(&server, "");
    assert_eq!(storage.location(), "s3://state");
    assert_eq!(storage.claim().unwrap(), Vec::<String>::new());
    assert_eq!(names(&storage, ""), Vec::<String>::new());
    assert_eq!(get(&storage, "chk-000001/worker-0.state"), None);
    let mut object = storage.create("chk-000001/worker-0.state").unwrap();
    object.write_all(b"state").unwrap();
    assert_eq!(get(&storage, "chk-000001/worker-0.state"), None);
    object.complete().unwrap();
    put(&storage, "chk-000001/manifest.json", b"{}").unwrap();
    put(&storage, "chk-000012/empty", b"").unwrap();
    assert_eq!(get(&storage, "chk-000001/worker-0.state").unwrap(), b"state");
    assert_eq!(get(&storage, "chk-000012/empty").unwrap(), b"");
    assert_eq!(names(&storage, "chk-00000"), ["chk-000001/manifest.json", "chk-000001/worker-0.state"]);
    let listed = storage.list("chk-000001/w").unwrap();
    assert_eq!((listed.len(), listed[0].size), (1, 5));
    put(&storage, "set-aside.json", b"[]").unwrap();
    put(&storage, "set-aside.json", b"[1]").unwrap();
    assert_eq!(get(&storage, "set-aside.json").unwrap(), b"[1]");
    storage.delete("set-aside.json").unwrap();
    // Of a checkpoint, who has claimed a place replaces nothing; elsewhere the last one counts.
    assert!(put(&storage, "chk-000001/worker-0.state", b"other").is_err());
    storage.release().unwrap();
    put(&storage, "chk-000001/worker-0.state", b"other").unwrap();
    assert_eq!(get(&storage, "chk-000001/worker-0.state").unwrap(), b"other");
    storage.delete("chk-000001/worker-0.state").unwrap();
    storage.delete("chk-000001/worker-0.state").unwrap();
    assert_eq!(names(&storage, "chk-000001/"), ["chk-000001/manifest.json"]);
}

#[test]
fn a_prefix_is_a_place_of_its_own() {
    let server = Server::start();
    let (one, other) = (storage(&server, "teams/one"), storage(&server, "teams/one-more"));
    put(&one, "chk-000001/a", b"1").unwrap();
    put(&other, "chk-000002/a", b"2").unwrap();
    assert_eq!(one.location(), "s3://state/teams/one");
    assert_eq!(
        (names(&one, "chk-"), names(&one, "")),
        (vec!["chk-000001/a".to_owned()], vec!["chk-000001/a".to_owned()])
    );
    assert_eq!(names(&other, "chk-"), ["chk-000002/a"]);
    assert!(server.bucket().join("teams/one/chk-000001/a").exists());
}

#[test]
fn a_large_object_goes_in_parts_and_comes_in_pieces() {
    let server = Server::start();
    let storage = storage(&server, "large");
    let bytes = noise((8 << 20) * 3 + 12_345);
    let mut object = storage.create("worker-0.state").unwrap();
    for piece in bytes.chunks(600_000) {
        object.write_all(piece).unwrap();
    }
    assert_eq!(names(&storage, ""), Vec::<String>::new());
    object.complete().unwrap();
    let requests = server.requests();
    let parts = requests.iter().filter(|request| request.contains("partNumber=")).count();
    assert_eq!(parts, 3, "{requests:?}");
    assert_eq!(storage.list("").unwrap()[0].size, bytes.len() as u64);
    assert!(get(&storage, "worker-0.state").unwrap() == bytes);
    let pieces = server.requests().iter().filter(|request| request.starts_with("GET /state/large/worker-0")).count();
    assert_eq!(pieces, bytes.len().div_ceil(4 << 20));
    // Whoever loses interest leaves nothing behind.
    let mut dropped = storage.create("dropped").unwrap();
    dropped.write_all(&bytes).unwrap();
    drop(dropped);
    let mut unread = storage.open("worker-0.state").unwrap().unwrap();
    let mut first = [0; 100];
    unread.read_exact(&mut first).unwrap();
    assert_eq!(first, bytes[..100]);
    drop(unread);
    assert_eq!(names(&storage, ""), ["worker-0.state"]);
}

#[test]
fn what_may_pass_is_tried_again() {
    let server = Server::start();
    let storage = storage(&server, "");
    server.fail_next([SLOW_DOWN, Fault::Lost, Fault::Answer(500, ""), SLOW_DOWN]);
    put(&storage, "a", b"one").unwrap();
    assert_eq!(server.requests().len(), 5);
    server.fail_next([Fault::AnswerLost]);
    put(&storage, "b", b"two").unwrap();
    server.fail_next([SLOW_DOWN, Fault::Lost, Fault::None, Fault::AnswerLost]);
    assert_eq!(get(&storage, "a").unwrap(), b"one");
    server.fail_next([Fault::Lost, SLOW_DOWN]);
    assert_eq!(names(&storage, ""), ["a", "b"]);
    let bytes = noise(20 << 20);
    server.fail_next([Fault::Lost, Fault::None, Fault::Lost, SLOW_DOWN, Fault::AnswerLost, Fault::None, Fault::Lost]);
    put(&storage, "large", &bytes).unwrap();
    // The beginning, three parts, the end.
    server.fail_next([Fault::AnswerLost, Fault::None, Fault::None, Fault::None, Fault::None, Fault::AnswerLost]);
    put_in_pieces(&storage, "large", &bytes);
    server.fail_next([Fault::None, Fault::Lost, SLOW_DOWN, Fault::AnswerLost, Fault::None, Fault::Lost]);
    assert!(get(&storage, "large").unwrap() == bytes);
    server.fail_next([Fault::Lost, Fault::AnswerLost, SLOW_DOWN]);
    storage.delete("large").unwrap();
    assert_eq!(names(&storage, ""), ["a", "b"]);
}

#[test]
fn a_server_that_goes_and_comes_back_is_waited_for() {
    let mut server = Server::start();
    let storage = Arc::new(storage(&server, "state"));
    put(&*storage, "a", b"before").unwrap();
    server.go_away();
    let writer = {
        let storage = Arc::clone(&storage);
        std::thread::spawn(move || put(&*storage, "a", b"after"))
    };
    std::thread::sleep(Duration::from_millis(700));
    assert!(!writer.is_finished());
    server.come_back();
    writer.join().unwrap().unwrap();
    assert_eq!(get(&*storage, "a").unwrap(), b"after");
}

#[test]
fn a_server_that_stays_away_is_an_error_that_may_pass() {
    let mut server = Server::start();
    let storage = impatient(&server, "", Duration::from_millis(200));
    put(&storage, "a", b"before").unwrap();
    let reader = storage.open("a").unwrap().unwrap();
    server.go_away();
    let here = server.endpoint().replace("http://", "");
    let refused = format!("no connection to {here}: Connection refused (os error 111)");
    let error = put(&storage, "a", b"after").unwrap_err();
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Io, format!("cannot write s3://state/a: {refused}")));
    assert_eq!(storage.list("chk-").unwrap_err().to_string(), format!("cannot list s3://state/chk-: {refused}"));
    assert_eq!(storage.delete("a").unwrap_err().to_string(), format!("cannot remove s3://state/a: {refused}"));
    assert_eq!(storage.open("a").err().unwrap().to_string(), format!("cannot read s3://state/a: {refused}"));
    // Errors of reading keep their words and kind on their way through the file's reader.
    let error = FileReader::new(reader, "a", None).err().unwrap();
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Io, format!("cannot read s3://state/a: {refused}")));
    server.come_back();
    assert_eq!(get(&storage, "a").unwrap(), b"before");
}

#[test]
fn a_missing_bucket_and_wrong_credentials_are_said_at_once() {
    let server = Server::start();
    let mut elsewhere = config(&server, "");
    elsewhere.bucket = "elsewhere".to_owned();
    let claim = |config: &Config| S3Storage::open(config).unwrap().claim().unwrap_err();
    let error = claim(&elsewhere);
    assert_eq!(error.kind(), ErrorKind::Resource);
    let endpoint = server.endpoint();
    assert_eq!(error.to_string(), format!("cannot list s3://elsewhere: there is no bucket 'elsewhere' at {endpoint}"));
    for (access_key, secret_key, code) in
        [("nobody", SECRET_KEY, "NotSignedUp"), (ACCESS_KEY, "wrong", "SignatureDoesNotMatch")]
    {
        let mut wrong = config(&server, "");
        let keys = Keys { access_key: access_key.to_owned(), secret_key: secret_key.to_owned(), session_token: None };
        wrong.keys = Some(keys);
        let error = claim(&wrong);
        assert_eq!(error.kind(), ErrorKind::Permission, "{error}");
        let expected = format!("cannot list s3://state: {endpoint} does not accept the credentials ({code}");
        assert!(error.message().starts_with(&expected), "{error}");
    }
    server.fail_next([Fault::Answer(403, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>")]);
    let error = claim(&config(&server, ""));
    assert_eq!(error.to_string(), format!("cannot list s3://state: {endpoint} denies access (Access Denied)"));
    assert_eq!(server.requests().len(), 4, "none of these is worth another try");
}

/// A checkpoint of one worker.
fn take(storage: &dyn Storage, id: u64, bytes: &[u8]) -> Result<Manifest, Error> {
    let place = Place::checkpoint(id);
    let file = place.state(0);
    let mut writer = FileWriter::new(storage.create(&file)?, &file)?;
    let part = writer.part("sums", b"head")?;
    let mut blocks = Blocks::default();
    for (number, block) in (0..).zip(bytes.chunks(100_000)) {
        blocks.begin(number).extend_from_slice(block);
    }
    writer.blocks(part, &blocks)?;
    let (object, summary) = writer.finish()?;
    object.complete()?;
    let workers = vec![PartState { files: vec![file.clone()], blocks: 1, bytes: bytes.len() as u64 }];
    let manifest = Manifest {
        place,
        taken: Timestamp(0),
        application: "app".to_owned(),
        version: "0.1.0".to_owned(),
        compiler: "0.1.0".to_owned(),
        parallelism: 1,
        tables: Map::new(),
        parts: vec![Part { name: "sums".to_owned(), meaning: Default::default(), workers }],
        files: Map::from([(file, summary)]),
    };
    manifest.write(storage)?;
    Ok(manifest)
}

#[test]
fn checkpoints_live_in_a_bucket_as_in_a_folder() {
    let server = Server::start();
    let settings = [
        ("s3.endpoint", server.endpoint()),
        ("s3.access-key", ACCESS_KEY.to_owned()),
        ("s3.secret-key", SECRET_KEY.to_owned()),
    ];
    let settings = Options::new(settings.iter().map(|(name, value)| (*name, value.as_str())));
    let linked = [crate::storage()];
    let storage = sqlc_runtime::checkpoint::open_storage("s3://state/apps/one", &linked, &settings).unwrap();
    storage.claim().unwrap();
    let (mut history, skipped) = History::read(&*storage).unwrap();
    assert!(skipped.is_empty());
    let bytes = noise(10 << 20);
    for id in 1..=3 {
        assert_eq!(history.next_id(), id);
        let manifest = take(&*storage, id, &bytes).unwrap();
        history.completed(&*storage, manifest, 2).unwrap();
    }
    put(&*storage, "chk-000004/worker-0.state", b"half").unwrap();
    let (mut read, skipped) = History::read(&*storage).unwrap();
    assert_eq!(read.manifests(), history.manifests());
    assert_eq!(skipped, ["s3://state/apps/one/chk-000004 is skipped: it was not completed, there is no manifest.json"]);
    let newest = read.newest().unwrap();
    let (file, summary) = newest.files.iter().next().unwrap();
    let mut reader = FileReader::new(storage.open(file).unwrap().unwrap(), file, Some(*summary)).unwrap();
    let mut found = Vec::new();
    while let Some(entry) = reader.next().unwrap() {
        if let Entry::Block { bytes, .. } = entry {
            found.extend_from_slice(bytes);
        }
    }
    assert!(found == bytes);
    read.finished(&*storage).unwrap();
    storage.release().unwrap();
    assert!(names(&*storage, "").is_empty());
}

#[test]
fn of_two_applications_in_one_place_the_newer_one_has_it() {
    let server = Server::start();
    let (one, two) = (storage(&server, "shared"), storage(&server, "shared"));
    assert_eq!(one.claim().unwrap(), Vec::<String>::new());
    take(&one, 1, b"one").unwrap();
    let warnings = two.claim().unwrap();
    assert!(warnings[0].starts_with(&format!("another application (process {}", std::process::id())), "{warnings:?}");
    assert!(
        warnings[0].ends_with("has not given s3://state/shared up: if it still runs, it ends at its next checkpoint")
    );
    assert!(one.check_claim().unwrap_err().is_lasting());
    two.check_claim().unwrap();
    let error = take(&one, 2, b"one").unwrap_err();
    assert!(error.is_lasting());
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.message().contains("keeps its checkpoints in s3://state/shared now: this one ends"), "{error}");
    // What it has begun is no manifest, and is in nobody's way but once.
    let error = take(&two, 2, b"another").unwrap_err();
    assert!(!error.is_lasting());
    let name = "s3://state/shared/chk-000002/worker-0.state";
    assert_eq!(error.to_string(), format!("cannot write {name}: another application has written it"));
    take(&two, 3, b"two").unwrap();
    // The mark of another is left alone.
    one.release().unwrap();
    assert!(server.bucket().join("shared/.owner").exists());
    two.release().unwrap();
    assert!(!server.bucket().join("shared/.owner").exists());
    // Savepoints are written to places that nobody claims.
    take(&one, 9, b"saved").unwrap();
}

#[test]
fn who_is_replaced_while_the_manifest_is_on_its_way_commits_nothing() {
    let server = Server::start();
    let (one, two) = (storage(&server, ""), storage(&server, ""));
    one.claim().unwrap();
    let place = Place::checkpoint(1);
    let mut object = one.create(&place.manifest()).unwrap();
    object.write_all(b"{}").unwrap();
    // The mark is looked at, the manifest is written, and its answer is so slow that another one claims the place.
    server.fail_next([Fault::None, Fault::Slow]);
    let writer = std::thread::spawn(move || object.complete());
    while server.requests().iter().filter(|request| request.starts_with("PUT /state/chk-000001/")).count() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    two.claim().unwrap();
    server.go_on();
    assert!(writer.join().unwrap().unwrap_err().is_lasting());
    assert_eq!(names(&two, ""), ["chk-000001/manifest.json"], "it is complete for the one that has claimed it");
}

#[test]
fn lost_answers_are_no_other_application() {
    let server = Server::start();
    let storage = storage(&server, "state");
    storage.claim().unwrap();
    // The file, our mark, the manifest, our mark.
    server.fail_next([Fault::AnswerLost]);
    take(&storage, 1, b"one").unwrap();
    server.fail_next([Fault::None, Fault::None, Fault::AnswerLost]);
    take(&storage, 2, b"one").unwrap();
    server.fail_next([Fault::None, Fault::Lost, SLOW_DOWN, Fault::None, Fault::AnswerLost]);
    take(&storage, 3, b"one").unwrap();
    // A large file, whose last request is repeated.
    let large = noise(9 << 20);
    server.requests();
    let mut object = storage.create("chk-000004/worker-0.state").unwrap();
    object.write_all(&large).unwrap();
    // The beginning, a part, the look at what is there, the end.
    server.fail_next([Fault::None, Fault::None, Fault::None, Fault::AnswerLost]);
    object.complete().unwrap();
    let mut other = storage.create("chk-000004/worker-0.state").unwrap();
    other.write_all(&large).unwrap();
    assert!(other.complete().unwrap_err().message().ends_with("another application has written it"));
}

#[test]
fn services_that_know_no_conditions_are_asked_first() {
    const UNKNOWN: Fault = Fault::Answer(501, "<Error><Code>NotImplemented</Code><Message>x</Message></Error>");
    let server = Server::start();
    let storage = impatient(&server, "shared", Duration::ZERO);
    storage.claim().unwrap();
    // A file and a manifest: each is refused, asked for and written. The mark is looked at before and after.
    let each = [UNKNOWN, Fault::None, Fault::None];
    let both = || each.into_iter().chain([Fault::None]).chain(each);
    server.fail_next(both());
    take(&storage, 1, b"one").unwrap();
    server.fail_next(both());
    let error = take(&storage, 1, b"another").unwrap_err();
    assert!(error.message().ends_with("another application has written it"), "{error}");
}
