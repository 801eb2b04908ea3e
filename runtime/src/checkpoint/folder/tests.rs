use super::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        walk(folder).iter().map(|path| path.strip_prefix(folder).unwrap().display().to_string()).collect();
    names.sort();
    names
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for (path, is_folder) in entries(folder).unwrap() {
        paths.push(path.clone());
        if is_folder {
            paths.extend(walk(&path));
        }
    }
    paths
}

fn put(folder: &Folder, name: &str, bytes: &[u8]) {
    let mut object = folder.create(name).unwrap();
    object.write_all(bytes).unwrap();
    object.complete().unwrap();
}

fn get(folder: &Folder, name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    folder.open(name).unwrap()?.read_to_end(&mut bytes).unwrap();
    Some(bytes)
}

#[test]
fn objects_appear_when_they_are_complete() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("a/b");
    let folder = Folder::new(&root);
    assert_eq!(folder.list("").unwrap(), []);
    assert!(!root.exists(), "looking makes no folder");
    let mut object = folder.create("chk-000001/worker-0.state").unwrap();
    object.write_all(b"state").unwrap();
    assert_eq!(get(&folder, "chk-000001/worker-0.state"), None);
    assert_eq!(folder.list("").unwrap(), []);
    object.complete().unwrap();
    assert_eq!(get(&folder, "chk-000001/worker-0.state").unwrap(), b"state");
    put(&folder, "chk-000001/worker-0.state", b"other");
    assert_eq!(get(&folder, "chk-000001/worker-0.state").unwrap(), b"other");
    let mut dropped = folder.create("chk-000001/worker-1.state").unwrap();
    dropped.write_all(b"half").unwrap();
    drop(dropped);
    assert_eq!(names(&root), ["chk-000001", "chk-000001/worker-0.state"]);
}

#[test]
fn listing_goes_by_prefix_and_looks_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::new(dir.path());
    for name in ["chk-000002/b", "chk-000002/a", "chk-000010/a", "savepoint-x/a", "other"] {
        put(&folder, name, name.as_bytes());
    }
    let list = |prefix| folder.list(prefix).unwrap().into_iter().map(|listed| listed.name).collect::<Vec<_>>();
    assert_eq!(list("chk-"), ["chk-000002/a", "chk-000002/b", "chk-000010/a"]);
    assert_eq!(list("chk-000002/"), ["chk-000002/a", "chk-000002/b"]);
    assert_eq!(list("chk-000002/b"), ["chk-000002/b"]);
    assert_eq!(list("").len(), 5);
    assert_eq!(folder.list("other").unwrap(), [Listed { name: "other".to_owned(), size: 5 }]);
    // A folder that cannot be read would be an error if it were looked at: a loop of links is not even followed.
    std::os::unix::fs::symlink(dir.path(), dir.path().join("chk-loop")).unwrap();
    assert_eq!(list("chk-").len(), 4, "a link is listed by its name only");
}

#[test]
fn deleting_leaves_no_empty_folder() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("app.checkpoints");
    let folder = Folder::new(&root);
    folder.claim().unwrap();
    put(&folder, "chk-000001/a", b"a");
    put(&folder, "chk-000001/b", b"b");
    folder.delete("chk-000001/a").unwrap();
    folder.delete("chk-000001/nothing").unwrap();
    assert_eq!(names(&root), [".lock", "chk-000001", "chk-000001/b"]);
    folder.delete("chk-000001/b").unwrap();
    assert_eq!(names(&root), [".lock"]);
    folder.release().unwrap();
    assert!(!root.exists());
    folder.release().unwrap();
}

#[test]
fn a_folder_belongs_to_one_application() {
    let dir = tempfile::tempdir().unwrap();
    let first = Folder::new(dir.path().join("state"));
    assert_eq!(first.claim().unwrap(), Vec::<String>::new());
    first.claim().unwrap();
    let second = Folder::new(dir.path().join("state"));
    let error = second.claim().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert_eq!(
        error.to_string(),
        format!(
            "another application (process {}) keeps its checkpoints in {}: stop it, or choose another folder",
            std::process::id(),
            dir.path().join("state").display()
        )
    );
    put(&first, "chk-000001/a", b"a");
    assert!(second.open("chk-000001/a").unwrap().is_some(), "reading needs no claim");
    first.release().unwrap();
    second.claim().unwrap();
    drop(second);
    first.claim().unwrap();
}

#[test]
fn what_dead_processes_left_is_removed_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let ours =
        [".manifest.json.77-0.tmp", "chk-000003/.worker-0.state.77-1.tmp", "chk-000004/.worker-0.state.77-2.tmp"];
    let others = ["chk-000003/worker-0.state", "notes/.draft.tmp", ".hidden", "x.tmp"];
    for name in ours.iter().chain(&others) {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    Folder::new(dir.path()).claim().unwrap();
    let mut left: Vec<String> = others.iter().map(|name| (*name).to_owned()).collect();
    left.extend([".lock", "chk-000003", "notes"].map(str::to_owned));
    left.sort();
    assert_eq!(names(dir.path()), left);
}

#[test]
fn errors_name_the_path() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let folder = Folder::new(file.join("state"));
    let error = folder.claim().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(
        error.to_string(),
        format!("cannot make the folder {}: Not a directory (os error 20)", folder.location())
    );
    assert!(folder.create("chk-000001/a").is_err());
}

#[test]
fn a_folder_that_is_no_longer_the_one_that_was_claimed_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (root, away) = (dir.path().join("checkpoints"), dir.path().join("away"));
    let folder = Folder::new(&root);
    folder.claim().unwrap();
    put(&folder, "chk-000001/worker-0.state", b"state");
    let refused = |what: &str| {
        let errors = [
            folder.create("chk-000002/worker-0.state").err(),
            folder.open("chk-000001/worker-0.state").err(),
            folder.list("").err(),
            folder.delete("chk-000001/worker-0.state").err(),
        ];
        for error in errors.map(Option::unwrap) {
            assert_eq!(error.kind(), ErrorKind::Resource, "{what}: it may be back");
            assert!(error.message().contains("is not the folder that it was"), "{error}");
        }
    };
    fs::rename(&root, &away).unwrap();
    refused("it is gone");
    assert!(!root.exists());
    fs::create_dir(&root).unwrap();
    refused("another one is there");
    fs::write(root.join(LOCK), b"").unwrap();
    refused("somebody else has claimed it");
    folder.release().unwrap();
    assert_eq!(names(&root), [LOCK], "what is another's stays");
    fs::remove_dir_all(&root).unwrap();
    folder.claim().unwrap();
    fs::rename(&root, dir.path().join("third")).unwrap();
    refused("it is gone again");
    fs::rename(dir.path().join("third"), &root).unwrap();
    put(&folder, "chk-000002/worker-0.state", b"state");
    folder.delete("chk-000002/worker-0.state").unwrap();
    folder.release().unwrap();
    assert!(!root.exists());
}
