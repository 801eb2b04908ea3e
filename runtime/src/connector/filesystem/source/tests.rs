use super::*;
use crate::connector::options::Options;
use crate::connector::{Restored, RestoredTable};
use crate::time::Clock;
use proptest::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;

fn readers(path: &Path, options: &[(&str, &str)], workers: usize, clock: Clock) -> Vec<Box<dyn Reader>> {
    restored(path, options, workers, clock, None).unwrap()
}

/// The readers of a run with checkpoints that goes on from one, if there is one.
fn restored(
    path: &Path,
    options: &[(&str, &str)],
    workers: usize,
    clock: Clock,
    splits: Option<Vec<SplitState>>,
) -> Result<Vec<Box<dyn Reader>>> {
    let mut all = Options::new(options.iter().copied());
    all.set("path", path.to_str().unwrap());
    let table = TableConfig { name: "t", columns: &[], partition_keys: &[], options: all };
    let wakers = (0..workers).map(|_| Waker::new(|| ())).collect();
    let mut context = ConnectorContext::new("app", wakers, clock, Default::default());
    context.checkpoints = true;
    if splits.is_some() {
        context.restored = Restored::new(BTreeMap::from([("t".to_owned(), RestoredTable { splits, sinks: None })]));
    }
    open(&table, &context)
}

fn cut(readers: &mut [Box<dyn Reader>]) -> Vec<SplitState> {
    readers.iter_mut().flat_map(|reader| reader.snapshot()).collect()
}

/// Chunks until the reader ends or has nothing, as (offset, bytes).
fn drain(reader: &mut dyn Reader) -> Vec<(u64, Vec<u8>)> {
    let mut chunks = Vec::new();
    loop {
        match reader.poll().unwrap() {
            ReaderEvent::Chunk(Chunk { split, payload: Payload::Lines { bytes, offset, .. } }) => {
                chunks.push((offset, bytes.clone()));
                let payload = Payload::Lines { bytes, offset, modified: Timestamp(0), file_size: 0 };
                reader.recycle(Chunk { split, payload });
            }
            ReaderEvent::Pending | ReaderEvent::End => return chunks,
            _ => {}
        }
    }
}

#[test]
fn chunks_are_whole_lines_that_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{}\n", "x".repeat(999));
    let long = format!("{}\n", "y".repeat(3 * CHUNK_BYTES));
    let content = format!("{}{long}{}last", line.repeat(2_000), line.repeat(10));
    std::fs::write(folder.path().join("a"), &content).unwrap();
    let mut readers = readers(folder.path(), &[], 1, Clock::system());
    let mut position = 0;
    for (offset, bytes) in drain(&mut *readers[0]) {
        assert_eq!(offset as usize, position);
        assert_eq!(bytes, content.as_bytes()[position..position + bytes.len()]);
        position += bytes.len();
        assert!(bytes.ends_with(b"\n") || position == content.len());
    }
    assert_eq!(position, content.len());
}

#[test]
fn files_of_a_partitioned_table_are_in_folders() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("k=1")).unwrap();
    std::fs::write(folder.path().join("k=1/a"), "1\n").unwrap();
    let opened = || {
        let path = folder.path().to_str().unwrap();
        let options = Options::new([("path", path), ("format", "json")]);
        let table = TableConfig { name: "t", columns: &[], partition_keys: &["k"], options };
        let wakers = vec![Waker::new(|| ())];
        let context = ConnectorContext::new("app", wakers, Clock::system(), Default::default());
        open(&table, &context).map(drop)
    };
    opened().unwrap();
    std::fs::write(folder.path().join("b"), "1\n").unwrap();
    let message = opened().unwrap_err();
    assert!(message.message().starts_with("PARTITIONED BY (k) means folders named k=value, but "), "{message}");
    assert!(message.message().ends_with("/b is in none"), "{message}");
}

#[test]
fn a_line_without_end_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = File::create(folder.path().join("a")).unwrap();
    file.set_len(MAX_LINE_BYTES as u64 + 10).unwrap();
    let mut readers = readers(folder.path(), &[], 1, Clock::system());
    assert!(matches!(readers[0].poll(), Ok(ReaderEvent::SplitStarted { .. })));
    let error = readers[0].poll().unwrap_err();
    assert!(error.message().ends_with("offset 0: the line is longer than 64 MiB"), "{error}");
}

#[test]
fn workers_share_files_and_each_ends() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        std::fs::write(folder.path().join(name), format!("{name}\n")).unwrap();
    }
    let mut readers = readers(folder.path(), &[], 2, Clock::system());
    assert!(matches!(readers[0].poll(), Ok(ReaderEvent::SplitStarted { .. })));
    assert_eq!(drain(&mut *readers[1]), [(0, b"b\n".to_vec()), (0, b"c\n".to_vec())]);
    assert_eq!(drain(&mut *readers[0]), [(0, b"a\n".to_vec())]);
    assert!(matches!(readers[0].poll(), Ok(ReaderEvent::End)));
}

#[test]
fn a_watched_folder_gives_each_new_file_once() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "1\n").unwrap();
    let clock = Clock::simulated(Timestamp(0));
    let mut readers = readers(folder.path(), &[("source.monitor-interval", "1 s")], 1, clock.clone());
    assert_eq!(drain(&mut *readers[0]), [(0, b"1\n".to_vec())]);
    std::fs::write(folder.path().join("b"), "2\n").unwrap();
    assert_eq!(drain(&mut *readers[0]), []);
    clock.set(Timestamp(1_000_000));
    assert_eq!(drain(&mut *readers[0]), [(0, b"2\n".to_vec())]);
    clock.set(Timestamp(2_000_000));
    assert_eq!(drain(&mut *readers[0]), []);
    assert!(matches!(readers[0].poll(), Ok(ReaderEvent::Pending)));
    readers[0].stop();
    assert!(matches!(readers[0].poll(), Ok(ReaderEvent::End)));
}

/// The states of splits by the names of their files.
fn states(folder: &Path, splits: &[SplitState]) -> Vec<String> {
    let show = |SplitState { split, state }: &SplitState| {
        let name = Path::new(split).strip_prefix(folder).unwrap().display().to_string();
        format!("{name}: {}", state.split(" after ").next().unwrap())
    };
    let mut states: Vec<String> = splits.iter().map(show).collect();
    states.sort();
    states
}

#[test]
fn reading_goes_on_behind_what_was_handed_over() {
    let folder = tempfile::tempdir().unwrap();
    let line = format!("{}\n", "x".repeat(599));
    std::fs::write(folder.path().join("a"), "1\n").unwrap();
    std::fs::write(folder.path().join("b"), line.repeat(3) + "last").unwrap();
    std::fs::write(folder.path().join("c"), "3\n").unwrap();
    let mut first = readers(folder.path(), &[], 1, Clock::system());
    assert_eq!(cut(&mut first), []);
    let poll = |readers: &mut [Box<dyn Reader>]| readers[0].poll().unwrap();
    assert!(matches!(poll(&mut first), ReaderEvent::SplitStarted { .. }));
    assert_eq!(states(folder.path(), &cut(&mut first)), ["a: offset 0"]);
    assert!(matches!(poll(&mut first), ReaderEvent::Chunk(_)));
    assert!(matches!(poll(&mut first), ReaderEvent::SplitFinished { .. }));
    assert!(matches!(poll(&mut first), ReaderEvent::SplitStarted { .. }));
    assert!(matches!(poll(&mut first), ReaderEvent::Chunk(_)));
    first[0].stop();
    let splits = cut(&mut first);
    assert_eq!(states(folder.path(), &splits), ["a: read", "b: offset 600"]);
    // What is new is read, what was read is not, what has grown is read to its new end.
    std::fs::remove_file(folder.path().join("a")).unwrap();
    File::options().append(true).open(folder.path().join("b")).unwrap().write_all(b" line\n").unwrap();
    std::fs::write(folder.path().join("0"), "0\n").unwrap();
    let mut second = restored(folder.path(), &[], 1, Clock::system(), Some(splits)).unwrap();
    let ReaderEvent::SplitStarted { name, .. } = poll(&mut second) else { panic!("the split is started again") };
    assert!(name.ends_with("/b"), "{name}");
    assert_eq!(states(folder.path(), &cut(&mut second)), ["a: read", "b: offset 600"]);
    let chunks = drain(&mut *second[0]);
    let lines: Vec<u8> = chunks.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
    assert_eq!(String::from_utf8(lines).unwrap(), line.repeat(2) + "last line\n0\n3\n");
    assert_eq!(chunks[0].0, 600);
    assert_eq!(states(folder.path(), &cut(&mut second)), ["0: read", "a: read", "b: read", "c: read"]);
}

#[test]
fn a_file_whose_end_is_not_yet_told_is_not_read_again() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "1\nlast").unwrap();
    let mut first = readers(folder.path(), &[], 1, Clock::system());
    let events: Vec<ReaderEvent> = (0..3).map(|_| first[0].poll().unwrap()).collect();
    assert!(matches!(events[2], ReaderEvent::Chunk(_)), "{events:?}");
    let splits = cut(&mut first);
    assert_eq!(states(folder.path(), &splits), ["a: at its end"]);
    std::fs::remove_file(folder.path().join("a")).unwrap();
    let mut second = restored(folder.path(), &[], 2, Clock::system(), Some(splits)).unwrap();
    assert!(matches!(second[0].poll().unwrap(), ReaderEvent::SplitStarted { .. }));
    assert!(matches!(second[0].poll().unwrap(), ReaderEvent::SplitFinished { .. }));
    assert!(matches!(second[0].poll().unwrap(), ReaderEvent::End));
    assert_eq!(states(folder.path(), &cut(&mut second)), ["a: read"]);
}

#[test]
fn files_that_are_not_what_they_were_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let begun = |content: &str| {
        std::fs::write(&path, "one\n".repeat(500)).unwrap();
        let mut first = readers(folder.path(), &[], 1, Clock::system());
        for _ in 0..2 {
            first[0].poll().unwrap();
        }
        let splits = cut(&mut first);
        match content {
            "" => std::fs::remove_file(&path).unwrap(),
            content => std::fs::write(&path, content).unwrap(),
        }
        let error = restored(folder.path(), &[], 1, Clock::system(), Some(splits)).unwrap()[0].poll().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Resource);
        error.message().replace(folder.path().to_str().unwrap(), "in")
    };
    assert_eq!(
        begun("one\n"),
        "cannot go on reading in/a at offset 1024, where the checkpoint was taken: the file has 4 bytes only"
    );
    assert_eq!(
        begun(&"two\n".repeat(500)),
        "cannot go on reading in/a at offset 1024, where the checkpoint was taken: the file has other content in front \
         of it now"
    );
    assert_eq!(
        begun(""),
        "the checkpoint was taken at offset 1024 of a file: cannot go on reading in/a: No such file or directory (os \
         error 2)"
    );
    let damaged = vec![SplitState { split: "a".to_owned(), state: "offset".to_owned() }];
    let Err(error) = restored(folder.path(), &[], 1, Clock::system(), Some(damaged)) else { panic!("taken") };
    assert_eq!(error.message(), "the checkpoint says 'offset' of a, which means nothing");
}

#[test]
fn files_that_are_long_gone_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::simulated(Timestamp(0));
    let options = [("source.monitor-interval", "1 s")];
    let write = |name: &str| std::fs::write(folder.path().join(name), "1\n").unwrap();
    ["a", "b"].into_iter().for_each(write);
    let mut first = readers(folder.path(), &options, 1, clock.clone());
    drain(&mut *first[0]);
    let mut readers = restored(folder.path(), &options, 2, clock.clone(), Some(cut(&mut first))).unwrap();
    let mut look = |minutes: i64, read: &[&str]| {
        clock.set(Timestamp(minutes * 60_000_000));
        assert_eq!(drain(&mut *readers[1]).len(), read.len());
        states(folder.path(), &cut(&mut readers))
    };
    std::fs::remove_file(folder.path().join("a")).unwrap();
    assert_eq!(look(1, &[]), ["a: read", "b: read"]);
    write("c");
    assert_eq!(look(60, &["c"]), ["a: read", "b: read", "c: read"]);
    assert_eq!(look(61, &[]), ["b: read", "c: read"]);
    // A folder in which there is nothing at all may be one that is not mounted.
    ["b", "c"].into_iter().for_each(|name| std::fs::remove_file(folder.path().join(name)).unwrap());
    assert_eq!(look(62, &[]), ["b: read", "c: read"]);
    assert_eq!(look(200, &[]), ["b: read", "c: read"]);
    ["b", "c"].into_iter().for_each(write);
    assert_eq!(look(201, &[]), ["b: read", "c: read"]);
    write("a");
    assert_eq!(look(202, &["a"]), ["a: read", "b: read", "c: read"]);
}

#[test]
fn a_pipe_has_no_position() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let mut readers = readers(folder.path(), &[], 1, Clock::system());
    readers[0].poll().unwrap();
    let mut writer = File::options().write(true).open(&path).unwrap();
    writer.write_all(b"1\n").unwrap();
    assert_eq!(drain(&mut *readers[0]), [(0, b"1\n".to_vec())]);
    assert_eq!(cut(&mut readers), []);
}

proptest! {
    /// Whatever the workers had read when each of them took its part of a cut, and however many there are from then on:
    /// what was handed over before and after is every line once, in order.
    #[test]
    fn every_line_is_handed_over_once(
        sizes in proptest::collection::vec(0..60_usize, 1..6),
        runs in proptest::collection::vec((1..4_usize, proptest::collection::vec(0..100_usize, 0..60)), 1..5),
        is_watched: bool,
    ) {
        let folder = tempfile::tempdir().unwrap();
        for (file, lines) in sizes.iter().enumerate() {
            let line = |line| format!("{file}-{line}-{}\n", "x".repeat(100 + line % 7));
            std::fs::write(folder.path().join(format!("{file}")), (0..*lines).map(line).collect::<String>()).unwrap();
        }
        let options: &[(&str, &str)] = if is_watched { &[("source.monitor-interval", "1 h")] } else { &[] };
        let mut splits = None;
        let mut handed: HashMap<String, String> = HashMap::new();
        let last = (1, vec![0; 1_000]);
        for (workers, polls) in runs.into_iter().chain([last]) {
            let mut readers = restored(folder.path(), options, workers, Clock::system(), splits).unwrap();
            let mut names = HashMap::new();
            let mut parts: Vec<Option<Vec<SplitState>>> = vec![None; workers];
            for poll in polls {
                let worker = poll % workers;
                // One poll in twenty is the worker's part of the cut, behind which nothing counts.
                if poll / workers % 20 == 19 && parts[worker].is_none() {
                    parts[worker] = Some(readers[worker].snapshot());
                }
                match readers[worker].poll().unwrap() {
                    ReaderEvent::SplitStarted { split, name } => {
                        names.insert(split, name.to_string());
                    }
                    ReaderEvent::Chunk(Chunk { split, payload: Payload::Lines { bytes, offset, .. } })
                        if parts[worker].is_none() =>
                    {
                        let handed = handed.entry(names[&split].clone()).or_default();
                        prop_assert_eq!(handed.len() as u64, offset);
                        handed.push_str(std::str::from_utf8(&bytes).unwrap());
                    }
                    _ => {}
                }
            }
            let parts = parts.into_iter().zip(&mut readers).map(|(part, reader)| part.unwrap_or_else(|| reader.snapshot()));
            splits = Some(parts.flatten().collect());
        }
        for (file, lines) in sizes.iter().enumerate() {
            let path = folder.path().join(format!("{file}"));
            let expected = std::fs::read_to_string(&path).unwrap();
            let found = handed.get(path.to_str().unwrap()).cloned().unwrap_or_default();
            prop_assert_eq!(found, expected, "{} lines", lines);
        }
    }
}
