use super::*;
use crate::connector::options::Options;
use crate::connector::{Restored, RestoredTable};
use crate::row::RowKind;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;

const TINY_FILES: &[(&str, &str)] = &[("sink.rolling-policy.file-size", "8 b")];

fn sinks(path: &Path, options: &[(&str, &str)], workers: usize, clock: &Clock) -> Result<Vec<Box<dyn Sink>>> {
    let context = ConnectorContext::new("app", wakers(workers), clock.clone(), Default::default());
    open(&table(path, options), &context)
}

/// The sinks of a run with checkpoints, which goes on from one if there is one.
fn restored(
    path: &Path,
    options: &[(&str, &str)],
    workers: usize,
    prepared: Option<&[String]>,
) -> Result<Vec<Box<dyn Sink>>> {
    let mut context = ConnectorContext::new("app", wakers(workers), Clock::system(), Default::default());
    context.checkpoints = true;
    if let Some(prepared) = prepared {
        let table = RestoredTable { splits: None, sinks: Some(prepared.to_vec()) };
        context.restored = Restored::new(BTreeMap::from([("t".to_owned(), table)]));
    }
    open(&table(path, options), &context)
}

fn table(path: &Path, options: &[(&str, &str)]) -> TableConfig {
    let mut all = Options::new(options.iter().copied());
    all.set("path", path.to_str().unwrap());
    TableConfig { name: "t", columns: &[], partition_keys: &[], options: all }
}

fn wakers(workers: usize) -> Vec<Waker> {
    (0..workers).map(|_| Waker::new(|| ())).collect()
}

fn cut(sinks: &mut [Box<dyn Sink>], checkpoint: CheckpointId, last: bool) -> Vec<String> {
    sinks.iter_mut().for_each(|sink| sink.barrier(checkpoint, last).unwrap());
    sinks.iter_mut().map(|sink| prepared(&mut **sink).unwrap()).collect()
}

fn prepared(sink: &mut dyn Sink) -> Result<String> {
    loop {
        match sink.prepared()? {
            Some(prepared) => return Ok(prepared),
            None => std::thread::yield_now(),
        }
    }
}

fn commit(sinks: &mut [Box<dyn Sink>], checkpoint: CheckpointId) {
    sinks.iter_mut().for_each(|sink| sink.commit(checkpoint).unwrap());
}

/// How many files are hidden.
fn hidden(folder: &Path) -> usize {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_str().unwrap().starts_with('.')).count()
}

/// Ends the sinks as a killed process does, which takes nothing away.
fn kill(folder: &Path, sinks: Vec<Box<dyn Sink>>) {
    let paths = std::fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().path()).collect());
    let paths: Vec<PathBuf> = paths.unwrap_or_default();
    let files: Vec<(PathBuf, Vec<u8>)> =
        paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    drop(sinks);
    for (path, content) in files.into_iter().filter(|(path, _)| !path.exists()) {
        std::fs::write(path, content).unwrap();
    }
}

fn write(sink: &mut dyn Sink, text: &str) {
    sink.write(&OutgoingRecord { kind: RowKind::Insert, bytes: text.as_bytes(), partition_key: None }).unwrap();
}

/// The contents of the files that readers see, in order.
fn visible(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|file| !file.file_name().unwrap().to_str().unwrap().starts_with('.'));
    let mut contents: Vec<String> = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
    contents.sort();
    contents
}

#[test]
fn part_files_appear_when_finished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut sinks = sinks(&path, &[], 3, &Clock::system()).unwrap();
    write(&mut *sinks[0], "one");
    write(&mut *sinks[1], "two");
    sinks[0].flush().unwrap();
    assert_eq!(visible(&path), [""; 0]);
    sinks.iter_mut().for_each(|sink| sink.finish().unwrap());
    assert_eq!(visible(&path), ["one\n", "two\n"]);
}

#[test]
fn files_roll_by_size_and_age() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::simulated(Timestamp(0));
    let options = [("sink.rolling-policy.file-size", "8 b"), ("sink.rolling-policy.rollover-interval", "1 s")];
    let mut sinks = sinks(folder.path(), &options, 1, &clock).unwrap();
    write(&mut *sinks[0], "1234567");
    assert_eq!(visible(folder.path()), ["1234567\n"]);
    write(&mut *sinks[0], "2");
    clock.set(Timestamp(999_999));
    sinks[0].flush().unwrap();
    assert_eq!(visible(folder.path()).len(), 1);
    clock.set(Timestamp(1_000_000));
    sinks[0].flush().unwrap();
    assert_eq!(visible(folder.path()), ["1234567\n", "2\n"]);
}

#[test]
fn a_file_in_the_way_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, "x").unwrap();
    let Err(error) = sinks(&path, &[], 1, &Clock::system()) else { panic!("a file was accepted") };
    assert!(error.message().contains("is a file"));
}

#[test]
fn complete_files_wait_for_their_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let mut sinks = restored(folder.path(), TINY_FILES, 2, None).unwrap();
    write(&mut *sinks[0], "1234567");
    write(&mut *sinks[0], "2");
    write(&mut *sinks[1], "3");
    assert_eq!(visible(folder.path()), [""; 0]);
    cut(&mut sinks, 1, false);
    write(&mut *sinks[1], "7654321");
    assert_eq!(visible(folder.path()), [""; 0]);
    commit(&mut sinks, 1);
    assert_eq!(visible(folder.path()), ["1234567\n"]);
    // A checkpoint that came to nothing leaves its files to the next.
    cut(&mut sinks, 2, false);
    write(&mut *sinks[0], "999999");
    cut(&mut sinks, 3, false);
    commit(&mut sinks, 2);
    assert_eq!(visible(folder.path()), ["1234567\n"]);
    commit(&mut sinks, 3);
    assert_eq!(visible(folder.path()), ["1234567\n", "2\n999999\n", "3\n7654321\n"]);
    // The last one makes everything visible.
    write(&mut *sinks[1], "4");
    cut(&mut sinks, 4, true);
    assert_eq!(visible(folder.path()).len(), 3);
    commit(&mut sinks, 4);
    sinks.iter_mut().for_each(|sink| sink.finish().unwrap());
    assert_eq!(visible(folder.path()), ["1234567\n", "2\n999999\n", "3\n7654321\n", "4\n"]);
    assert_eq!(hidden(folder.path()), 0);
}

#[test]
fn a_restart_shows_what_was_in_the_checkpoint_and_nothing_else() {
    // A crash before the barrier, after it, after everything was safe, and after the commit.
    for crash in 0..4 {
        let folder = tempfile::tempdir().unwrap();
        let mut sinks = restored(folder.path(), TINY_FILES, 2, None).unwrap();
        write(&mut *sinks[0], "complete");
        write(&mut *sinks[0], "begun");
        write(&mut *sinks[1], "other");
        let first = cut(&mut sinks, 1, false);
        commit(&mut sinks, 1);
        write(&mut *sinks[0], "-more");
        write(&mut *sinks[0], "new");
        let mut last = first;
        let mut expected = ["begun\n", "complete\n", "other\n"].map(str::to_owned).to_vec();
        if crash >= 1 {
            sinks.iter_mut().for_each(|sink| sink.barrier(2, false).unwrap());
        }
        if crash >= 2 {
            last = sinks.iter_mut().map(|sink| prepared(&mut **sink).unwrap()).collect();
            expected = ["begun\n-more\n", "complete\n", "new\n", "other\n"].map(str::to_owned).to_vec();
        }
        if crash >= 3 {
            commit(&mut sinks, 2);
        }
        write(&mut *sinks[1], "in vain");
        sinks[0].flush().unwrap();
        kill(folder.path(), sinks);
        for workers in [3, 1, 1] {
            // Every start comes as far as this, and dies.
            let mut sinks = restored(folder.path(), TINY_FILES, workers, Some(&last)).unwrap();
            assert_eq!(visible(folder.path()), expected, "{crash}");
            assert_eq!(hidden(folder.path()), 0, "{crash}");
            write(&mut *sinks[0], "in vain again");
            write(&mut *sinks[0], "in vain");
            sinks[0].flush().unwrap();
            kill(folder.path(), sinks);
        }
        let mut sinks = restored(folder.path(), TINY_FILES, 1, Some(&last)).unwrap();
        write(&mut *sinks[0], "~");
        sinks[0].finish().unwrap();
        expected.push("~\n".to_owned());
        assert_eq!(visible(folder.path()), expected, "{crash}");
    }
}

#[test]
fn a_run_that_fails_leaves_nothing_behind_that_no_checkpoint_knows_of() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..3 {
        let mut sinks = restored(folder.path(), TINY_FILES, 2, None).unwrap();
        write(&mut *sinks[0], "complete");
        write(&mut *sinks[0], "begun");
        write(&mut *sinks[1], "other");
        sinks[1].flush().unwrap();
        drop(sinks);
        assert_eq!(hidden(folder.path()), 0);
    }
    let mut sinks = restored(folder.path(), TINY_FILES, 1, None).unwrap();
    write(&mut *sinks[0], "complete");
    cut(&mut sinks, 1, false);
    write(&mut *sinks[0], "new");
    drop(sinks);
    assert_eq!(hidden(folder.path()), 1, "whether the checkpoint became complete is not known here");
}

#[test]
fn an_older_checkpoint_takes_back_what_came_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut sinks = restored(folder.path(), TINY_FILES, 1, None).unwrap();
    write(&mut *sinks[0], "one");
    let first = cut(&mut sinks, 1, false);
    commit(&mut sinks, 1);
    write(&mut *sinks[0], "more of it");
    write(&mut *sinks[0], "another one");
    cut(&mut sinks, 2, false);
    commit(&mut sinks, 2);
    assert_eq!(visible(folder.path()), ["another one\n", "one\nmore of it\n"]);
    drop(sinks);
    drop(restored(folder.path(), TINY_FILES, 1, Some(&first)).unwrap());
    assert_eq!(visible(folder.path()), ["one\n"]);
    assert_eq!(hidden(folder.path()), 0);
}

#[test]
fn other_tables_and_applications_in_the_folder_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut mine = restored(folder.path(), TINY_FILES, 1, None).unwrap();
    let mut other = restored(folder.path(), TINY_FILES, 1, None).unwrap();
    let mut plain = sinks(folder.path(), TINY_FILES, 1, &Clock::system()).unwrap();
    write(&mut *mine[0], "mine");
    let prepared = cut(&mut mine, 1, false);
    for sink in [&mut mine, &mut other, &mut plain] {
        write(&mut *sink[0], "...");
        sink[0].flush().unwrap();
    }
    std::fs::write(folder.path().join(".part-mine.inprogress"), "a stranger's").unwrap();
    drop(mine);
    let mut mine = restored(folder.path(), TINY_FILES, 1, Some(&prepared)).unwrap();
    assert_eq!(visible(folder.path()), ["mine\n"]);
    assert_eq!(hidden(folder.path()), 3);
    for sink in [&mut mine, &mut other, &mut plain] {
        sink[0].finish().unwrap();
    }
    assert_eq!(visible(folder.path()), ["...\n", "...\n", "mine\n"]);
}

#[test]
fn two_statements_that_write_one_table_go_on_beside_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut last: Option<Vec<String>> = None;
    for round in 0..3 {
        // Both are opened before either writes, and each is told of both.
        let mut one = restored(folder.path(), TINY_FILES, 1, last.as_deref()).unwrap();
        let mut two = restored(folder.path(), TINY_FILES, 1, last.as_deref()).unwrap();
        assert_eq!(visible(folder.path()).len(), 2 * round);
        write(&mut *one[0], "one");
        write(&mut *two[0], "two");
        last = Some([cut(&mut one, 1, false), cut(&mut two, 1, false)].concat());
        write(&mut *one[0], "in vain");
    }
    drop(restored(folder.path(), TINY_FILES, 2, last.as_deref()).unwrap());
    assert_eq!(visible(folder.path()), ["one\n", "one\n", "one\n", "two\n", "two\n", "two\n"]);
    assert_eq!(hidden(folder.path()), 0);
}

#[test]
fn what_was_taken_away_is_no_error_but_a_missing_folder_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut first = restored(&path, TINY_FILES, 1, None).unwrap();
    assert!(!path.exists());
    let nothing = cut(&mut first, 1, false);
    drop(restored(&path, TINY_FILES, 1, Some(&nothing)).unwrap());
    write(&mut *first[0], "complete");
    let prepared = cut(&mut first, 2, false);
    commit(&mut first, 2);
    for entry in std::fs::read_dir(&path).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    drop(restored(&path, TINY_FILES, 1, Some(&prepared)).unwrap());
    std::fs::remove_dir(&path).unwrap();
    let Err(error) = restored(&path, TINY_FILES, 1, Some(&prepared)) else { panic!("the folder is gone") };
    assert_eq!(error.kind(), ErrorKind::Resource);
    assert!(error.message().contains("is gone, in which the checkpoint has files"), "{error}");
    let Err(error) = restored(&path, TINY_FILES, 1, Some(&["?".to_owned()])) else { panic!("taken") };
    assert_eq!(error.message(), "the checkpoint says '?' of a sink, which means nothing");
}

#[test]
fn a_folder_that_is_removed_meanwhile_fails_the_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out");
    let mut sinks = restored(&path, &[], 1, None).unwrap();
    write(&mut *sinks[0], "lost");
    std::fs::remove_dir_all(&path).unwrap();
    sinks[0].barrier(1, false).unwrap();
    let error = prepared(&mut *sinks[0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Resource);
    assert!(
        error.message().starts_with("cannot write ") && error.message().contains(".inprogress: No such file"),
        "{error}"
    );
    assert_eq!(prepared(&mut *sinks[0]).unwrap_err(), error, "it does not go away");
    assert_eq!(sinks[0].finish().unwrap_err(), error);
}

#[test]
fn a_full_disk_is_an_error_and_what_is_in_the_checkpoint_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut sink = PartSink {
        folder: folder.path().to_owned(),
        series: Series::new(),
        clock: Clock::system(),
        waker: Waker::new(|| ()),
        checkpoints: true,
        max_bytes: FILE_BYTES,
        max_age: FILE_MICROS,
        part: None,
        next: 0,
        complete: VecDeque::new(),
        unknown: 0,
        cut: None,
        syncer: None,
    };
    write(&mut sink, "before");
    sink.barrier(1, false).unwrap();
    let last = [prepared(&mut sink).unwrap()];
    // From now on the disk is full.
    let full = File::options().write(true).open("/dev/full").unwrap();
    sink.part.as_mut().unwrap().file = BufWriter::new(full);
    write(&mut sink, "after");
    let error = sink.barrier(2, false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert!(error.message().contains("No space left on device"), "{error}");
    drop(sink);
    drop(restored(folder.path(), &[], 1, Some(&last)).unwrap());
    assert_eq!(visible(folder.path()), ["before\n"]);
}

/// What may happen to the sinks of a table.
#[derive(Clone, Debug)]
enum Step {
    Write(usize),
    Flush(usize),
    /// The barrier of a worker, if it has not had it.
    Barrier(usize),
    /// The checkpoint is complete, if all workers have prepared it.
    Complete,
    /// A worker hears of it.
    Commit(usize),
    /// The checkpoint on its way will never be complete.
    Abort,
    /// The process dies and starts with so many workers.
    Kill(usize),
    /// The run fails, and another one begins in the same process.
    Fail(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..4_usize).prop_map(Step::Write),
        1 => (0..4_usize).prop_map(Step::Flush),
        4 => (0..4_usize).prop_map(Step::Barrier),
        2 => Just(Step::Complete),
        3 => (0..4_usize).prop_map(Step::Commit),
        1 => Just(Step::Abort),
        1 => (1..4_usize).prop_map(Step::Kill),
        1 => (1..4_usize).prop_map(Step::Fail),
    ]
}

/// A run as it should be: which lines are where.
#[derive(Default)]
struct Model {
    /// The lines of the last complete checkpoint and before.
    safe: Vec<String>,
    /// What workers have written since, before and behind their barriers.
    before: Vec<String>,
    behind: Vec<String>,
    has_barrier: Vec<bool>,
    commits: Vec<bool>,
    checkpoint: CheckpointId,
    completed: Option<(CheckpointId, Vec<String>)>,
}

proptest! {
    /// Readers never see a line that is not in a complete checkpoint, or one twice, or half of one; after a crash they see
    /// exactly those of the checkpoint, and in the end every line once.
    #[test]
    fn every_line_is_seen_once(steps in proptest::collection::vec(step(), 0..80)) {
        let folder = tempfile::tempdir().unwrap();
        let mut sinks = restored(folder.path(), TINY_FILES, 2, None).unwrap();
        let mut model = Model { has_barrier: vec![false; 2], commits: vec![false; 2], ..Model::default() };
        let lines = || -> Vec<String> {
            let mut lines: Vec<String> = visible(folder.path()).iter().flat_map(|file| file.lines()).map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let mut written = 0;
        // What was never part of a checkpoint is left behind by a crash: nobody knows whose it is.
        let mut orphans = 0;
        for step in steps {
            let workers = sinks.len();
            match step {
                Step::Write(worker) => {
                    let (worker, line) = (worker % workers, format!("{written:04}"));
                    written += 1;
                    write(&mut *sinks[worker], &line);
                    if model.has_barrier[worker] { model.behind.push(line) } else { model.before.push(line) }
                }
                Step::Flush(worker) => sinks[worker % workers].flush().unwrap(),
                Step::Barrier(worker) if !model.has_barrier[worker % workers] => {
                    if !model.has_barrier.contains(&true) {
                        model.checkpoint += 1;
                    }
                    model.has_barrier[worker % workers] = true;
                    sinks[worker % workers].barrier(model.checkpoint, false).unwrap();
                }
                Step::Complete if !model.has_barrier.contains(&false) => {
                    let prepared = sinks.iter_mut().map(|sink| prepared(&mut **sink).unwrap()).collect();
                    model.completed = Some((model.checkpoint, prepared));
                    model.safe.append(&mut model.before);
                    model.before.append(&mut model.behind);
                    model.has_barrier.fill(false);
                    model.commits.fill(true);
                }
                Step::Commit(worker) => {
                    if let Some((checkpoint, _)) = &model.completed && std::mem::take(&mut model.commits[worker % workers]) {
                        sinks[worker % workers].commit(*checkpoint).unwrap();
                    }
                }
                Step::Abort => {
                    model.before.append(&mut model.behind);
                    model.has_barrier.fill(false);
                }
                Step::Kill(workers) | Step::Fail(workers) => {
                    match step {
                        Step::Kill(_) => kill(folder.path(), sinks),
                        _ => drop(sinks),
                    }
                    let prepared = model.completed.as_ref().map(|(_, prepared)| prepared.as_slice());
                    sinks = restored(folder.path(), TINY_FILES, workers, prepared).unwrap();
                    model = Model {
                        has_barrier: vec![false; workers],
                        commits: vec![false; workers],
                        safe: model.safe,
                        checkpoint: model.checkpoint,
                        completed: model.completed,
                        ..Model::default()
                    };
                    let mut safe = model.safe.clone();
                    safe.sort();
                    prop_assert_eq!(lines(), safe);
                    if model.completed.is_none() {
                        orphans = hidden(folder.path());
                    }
                    prop_assert_eq!(hidden(folder.path()), orphans);
                }
                Step::Barrier(_) | Step::Complete => {}
            }
            let seen = lines();
            prop_assert!(seen.windows(2).all(|pair| pair[0] != pair[1]));
            prop_assert!(seen.iter().all(|line| model.safe.contains(line)));
        }
        sinks.iter_mut().for_each(|sink| sink.finish().unwrap());
        let mut all = [model.safe, model.before, model.behind].concat();
        all.sort();
        prop_assert_eq!(lines(), all);
    }
}
