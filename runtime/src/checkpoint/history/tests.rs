use super::*;
use crate::checkpoint::manifest::PartState;
use crate::checkpoint::{FileSummary, Folder, Part};
use crate::value::Timestamp;
use proptest::prelude::*;
use std::io::Read;
use std::path::Path;

fn put(storage: &dyn Storage, name: &str, bytes: &[u8]) {
    let mut object = storage.create(name).unwrap();
    object.write_all(bytes).unwrap();
    object.complete().unwrap();
}

/// A checkpoint of one worker whose state lies in its own file and those of earlier checkpoints.
fn manifest(place: Place, earlier: &[CheckpointId]) -> Manifest {
    let mut files = vec![place.state(0)];
    files.extend(earlier.iter().map(|id| Place::checkpoint(*id).state(0)));
    Manifest {
        place,
        taken: Timestamp(0),
        application: "app".to_owned(),
        version: "0.1.0".to_owned(),
        compiler: "0.1.0".to_owned(),
        parallelism: 1,
        tables: Map::new(),
        files: files.iter().map(|file| (file.clone(), FileSummary { size: 5, checksum: 0 })).collect(),
        parts: vec![Part {
            name: "part".to_owned(),
            meaning: serde_json::Value::Null,
            workers: vec![PartState { files, blocks: 1, bytes: 5 }],
        }],
    }
}

/// Takes a checkpoint, as far as files go.
fn take(storage: &dyn Storage, place: Place, earlier: &[CheckpointId]) -> Manifest {
    put(storage, &place.state(0), b"state");
    let manifest = manifest(place, earlier);
    manifest.write(storage).unwrap();
    manifest
}

fn listed(storage: &dyn Storage) -> Vec<String> {
    storage.list("").unwrap().into_iter().map(|listed| listed.name).collect()
}

/// Makes a manifest one of another format, as another version of sqlc would have written it.
fn change_format(storage: &dyn Storage, place: &Place) {
    let name = format!("{}/{MANIFEST}", place.folder);
    let mut text = String::new();
    storage.open(&name).unwrap().unwrap().read_to_string(&mut text).unwrap();
    let end = text.rfind(",\n  \"checksum\"").unwrap();
    let (old, new) = (text[..end].to_owned(), text[..end].replace("\"format\": 2", "\"format\": 1"));
    assert_ne!(old, new);
    let checksum = |text: &str| format!("{:08x}", crc32fast::hash(text.as_bytes()));
    put(storage, &name, (new.clone() + &text[end..].replace(&checksum(&old), &checksum(&new))).as_bytes());
}

#[test]
fn what_another_version_has_written_is_known_to_be_newer() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Folder::new(dir.path());
    for id in 1..=3 {
        take(&storage, chk(id), &[]);
    }
    let newer = |storage: &Folder| History::read(storage).unwrap().0.newer_of_another_version().map(str::to_owned);
    change_format(&storage, &chk(2));
    assert_eq!(newer(&storage), None, "there is a newer one that can be read");
    change_format(&storage, &chk(3));
    assert!(
        newer(&storage).unwrap().contains("chk-000003/manifest.json has format 1 and this application reads format 2")
    );
}

fn chk(id: CheckpointId) -> Place {
    Place::checkpoint(id)
}

#[test]
fn an_empty_place_has_no_history() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Folder::new(dir.path().join("nothing"));
    let (mut history, skipped) = History::read(&storage).unwrap();
    assert!(history.newest().is_none() && skipped.is_empty());
    assert_eq!((history.next_id(), history.next_id()), (1, 2));
}

#[test]
fn the_newest_whole_checkpoint_counts() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Folder::new(dir.path());
    for id in [1, 2, 3, 4, 5, 6] {
        take(&storage, chk(id), &[]);
    }
    put(&storage, "chk-000007/worker-0.state", b"state");
    storage.delete("chk-000006/worker-0.state").unwrap();
    put(&storage, "chk-000005/worker-0.state", b"stat");
    put(&storage, "chk-000004/manifest.json", b"{}");
    put(&storage, "chk-12/_metadata", b"Flink's");
    put(&storage, "chk-000099/notes.txt", b"");
    let (mut history, skipped) = History::read(&storage).unwrap();
    let here = format!("{}/", dir.path().display());
    let skipped: Vec<String> = skipped.iter().map(|message| message.replace(&here, "")).collect();
    assert_eq!(
        skipped,
        [
            "chk-000007 is skipped: it was not completed, there is no manifest.json",
            "chk-000006 is skipped: chk-000006/worker-0.state is missing",
            "chk-000005 is skipped: chk-000005/worker-0.state has 4 bytes instead of 5",
            "chk-000004 is skipped: chk-000004/manifest.json is damaged or was not written to its end",
        ]
    );
    assert_eq!(history.newest().unwrap().place, chk(3));
    assert_eq!(history.next_id(), 8, "no number is used twice");
    history.go_on_from(&storage, &manifest(chk(20), &[])).unwrap();
    assert_eq!(history.next_id(), 21);
}

#[test]
fn nothing_goes_on_from_what_the_application_has_gone_back_behind() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Folder::new(dir.path());
    let savepoint = Place::savepoint(3, Timestamp(0));
    let taken = [chk(1), chk(2), chk(3), savepoint.clone()].map(|place| take(&storage, place, &[]));
    let newest = || History::read(&storage).unwrap().0.newest().map(|newest| newest.place.clone());
    let go_on_from = |manifest| History::read(&storage).unwrap().0.go_on_from(&storage, manifest).unwrap();

    go_on_from(&taken[2]);
    assert_eq!(newest().unwrap().id, 3);
    go_on_from(&taken[1]);
    assert_eq!(newest(), Some(chk(2)), "a crash before the next checkpoint changes nothing");
    go_on_from(&taken[0]);
    assert_eq!(newest(), Some(chk(1)));
    // Asked for by its name one is as good as any other.
    go_on_from(&taken[1]);
    assert_eq!(newest(), Some(chk(2)));
    // Of those that are here none has to do with one from elsewhere.
    let elsewhere = Manifest { application: "other".to_owned(), ..manifest(chk(9), &[]) };
    go_on_from(&elsewhere);
    assert_eq!(newest(), None);

    let mut history = History::read(&storage).unwrap().0;
    assert_eq!(history.next_id(), 4);
    history.completed(&storage, take(&storage, chk(4), &[]), 3).unwrap();
    assert_eq!(newest(), Some(chk(4)));
    let files: Vec<String> = listed(&storage).into_iter().filter(|name| name.ends_with("json")).collect();
    let manifests = ["chk-000004/manifest.json".to_owned(), savepoint.manifest()];
    assert_eq!(files, [&manifests[..], &["set-aside.json".to_owned()]].concat());
    history.finished(&storage).unwrap();
    assert_eq!(listed(&storage).last(), Some(&savepoint.state(0)), "nothing is left of it");
}

#[test]
fn a_checkpoint_with_files_of_earlier_ones_needs_them() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Folder::new(dir.path());
    let mut history = History::default();
    for (id, earlier) in [(1, &[][..]), (2, &[1]), (3, &[2, 1])] {
        let manifest = take(&storage, chk(id), earlier);
        history.completed(&storage, manifest, 1).unwrap();
    }
    assert_eq!(
        listed(&storage),
        [
            "chk-000001/worker-0.state",
            "chk-000002/worker-0.state",
            "chk-000003/manifest.json",
            "chk-000003/worker-0.state"
        ]
    );
    let (read, skipped) = History::read(&storage).unwrap();
    assert_eq!(read.newest().unwrap().place, chk(3));
    assert!(skipped.is_empty(), "what others need is nothing special: {skipped:?}");
    // One that stands for itself frees them.
    let manifest = take(&storage, chk(4), &[]);
    history.completed(&storage, manifest, 1).unwrap();
    assert_eq!(listed(&storage), ["chk-000004/manifest.json", "chk-000004/worker-0.state"]);
}

#[test]
fn the_last_few_checkpoints_and_all_savepoints_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Folder::new(dir.path());
    put(&storage, "chk-000001/notes.txt", b"the user's own");
    put(&storage, "readme", b"the user's own");
    let (mut history, _) = History::read(&storage).unwrap();
    let savepoint = Place::savepoint(2, Timestamp(0));
    for place in [chk(1), savepoint.clone(), chk(3), chk(4), chk(5)] {
        // The next one is being written while this one is completed.
        put(&storage, "chk-000006/worker-0.state", b"half");
        let manifest = take(&storage, place, &[]);
        history.completed(&storage, manifest, 2).unwrap();
    }
    let names: Vec<&str> = history.manifests().iter().map(|manifest| manifest.place.folder.as_str()).collect();
    assert_eq!(names, ["chk-000005", "chk-000004", savepoint.folder.as_str()]);
    let expected = [
        "chk-000001/notes.txt",
        "chk-000004/manifest.json",
        "chk-000004/worker-0.state",
        "chk-000005/manifest.json",
        "chk-000005/worker-0.state",
        "chk-000006/worker-0.state",
        "readme",
    ];
    let mut expected: Vec<String> = expected.map(str::to_owned).to_vec();
    expected.extend([savepoint.manifest(), savepoint.state(0)]);
    expected.sort();
    assert_eq!(listed(&storage), expected);
    let (read, _) = History::read(&storage).unwrap();
    assert_eq!(read.manifests(), history.manifests());
}

#[test]
fn a_savepoint_is_gone_on_from_if_it_is_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Folder::new(dir.path());
    take(&storage, chk(7), &[]);
    take(&storage, Place::savepoint(8, Timestamp(0)), &[]);
    assert_eq!(History::read(&storage).unwrap().0.newest().unwrap().place.id, 8);
    take(&storage, chk(9), &[]);
    assert_eq!(History::read(&storage).unwrap().0.newest().unwrap().place.id, 9);
}

#[test]
fn after_the_end_nothing_is_left() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("app.checkpoints");
    let storage = Folder::new(&root);
    storage.claim().unwrap();
    let mut history = History::default();
    for id in 1..4 {
        let manifest = take(&storage, chk(id), &[]);
        history.completed(&storage, manifest, 5).unwrap();
    }
    put(&storage, "chk-000004/worker-0.state", b"half");
    history.finished(&storage).unwrap();
    storage.release().unwrap();
    assert!(!Path::new(&root).exists());
}

#[test]
fn a_checkpoint_is_found_by_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Folder::new(dir.path());
    let savepoint = take(&storage, Place::savepoint(8, Timestamp(0)), &[]);
    assert_eq!(find(&storage, &savepoint.place.folder).unwrap(), Some(savepoint.clone()));
    std::fs::rename(dir.path().join(&savepoint.place.folder), dir.path().join("before")).unwrap();
    assert_eq!(find(&storage, "before").unwrap().unwrap().place.id, 8);
    assert_eq!(find(&storage, "chk-000001").unwrap(), None);
    std::fs::remove_file(dir.path().join("before/worker-0.state")).unwrap();
    assert_eq!(find(&storage, "before").unwrap_err().kind(), ErrorKind::Data);
}

proptest! {
    // Every case waits for the disk some dozen times.
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is taken, kept and lost: every checkpoint that has a manifest after retention has its files.
    #[test]
    fn retention_never_takes_a_file_that_is_needed(
        steps in prop::collection::vec((0u64..4, any::<bool>(), 1usize..4), 1..12),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let storage = Folder::new(dir.path());
        let mut history = History::default();
        let mut chain: Vec<CheckpointId> = Vec::new();
        for (back, reread, retained) in steps {
            let id = history.next_id();
            chain.truncate(back as usize);
            let manifest = take(&storage, chk(id), &chain);
            chain.insert(0, id);
            history.completed(&storage, manifest, retained).unwrap();
            if reread {
                history = History::read(&storage).unwrap().0;
            }
            let newest = history.newest().unwrap();
            prop_assert_eq!(newest.place.id, id);
            prop_assert!(history.manifests().len() <= retained);
            for manifest in history.manifests() {
                prop_assert!(find(&storage, &manifest.place.folder).unwrap().is_some());
            }
        }
    }
}
