use super::*;
use crate::checkpoint::Folder;
use crate::error::ErrorKind;
use proptest::prelude::*;

pub fn manifest(place: Place, files: &[&str]) -> Manifest {
    let summary = FileSummary { size: 5, checksum: 0xdead_beef };
    Manifest {
        place,
        taken: Timestamp(1_795_426_200_123_000),
        application: "sensors_app".to_owned(),
        version: "0.1.0".to_owned(),
        compiler: "0.1.0".to_owned(),
        parallelism: 1,
        tables: order::Map::new(),
        parts: vec![Part {
            name: "sensor_data".to_owned(),
            meaning: json!({ "window": "HOP 10 s/60 s" }),
            workers: vec![PartState {
                files: files.iter().map(|&file| file.to_owned()).collect(),
                blocks: 2,
                bytes: 30,
            }],
        }],
        files: files.iter().map(|&file| (file.to_owned(), summary)).collect(),
    }
}

fn full() -> Manifest {
    let mut manifest = manifest(Place::checkpoint(42), &["chk-000042/worker-0.state", "chk-000041/worker-0.state"]);
    let split = |split: &str, state: &str| SplitState { split: split.to_owned(), state: state.to_owned() };
    manifest.tables.insert(
        "sensor_data".to_owned(),
        RestoredTable { splits: Some(vec![split("/in/a\"b.json", "120"), split("ü", "end")]), sinks: None },
    );
    manifest.tables.insert(
        "both".to_owned(),
        RestoredTable { splits: Some(Vec::new()), sinks: Some(vec!["part-0-7".to_owned(), String::new()]) },
    );
    manifest
}

#[test]
fn a_manifest_can_be_read_by_people() {
    let expected = r#"{
  "format": 2,
  "checkpoint": 42,
  "kind": "checkpoint",
  "taken": "2026-11-23T09:30:00.123Z",
  "application": "sensors_app",
  "version": "0.1.0",
  "compiler": "0.1.0",
  "parallelism": 1,
  "tables": {
    "both": {
      "splits": [],
      "sinks": [
        "part-0-7",
        ""
      ]
    },
    "sensor_data": {
      "splits": [
        {
          "split": "/in/a\"b.json",
          "state": "120"
        },
        {
          "split": "ü",
          "state": "end"
        }
      ]
    }
  },
  "parts": [
    {
      "name": "sensor_data",
      "meaning": {
        "window": "HOP 10 s/60 s"
      },
      "workers": [
        {
          "files": [
            "worker-0.state",
            "../chk-000041/worker-0.state"
          ],
          "blocks": 2,
          "bytes": 30
        }
      ]
    }
  ],
  "files": {
    "../chk-000041/worker-0.state": {
      "size": 5,
      "checksum": "crc32:deadbeef"
    },
    "worker-0.state": {
      "size": 5,
      "checksum": "crc32:deadbeef"
    }
  },
  "checksum": "crc32:"#;
    let text = full().print();
    assert_eq!(&text[..expected.len()], expected);
    assert!(serde_json::from_str::<Value>(&text).is_ok());
    assert_eq!(Manifest::parse(text.as_bytes(), "chk-000042"), Ok(full()));
}

#[test]
fn a_savepoint_can_be_moved() {
    let place = Place::savepoint(7, Timestamp(0));
    let file = place.state(0);
    let savepoint = manifest(place, &[&file]);
    let moved = Manifest::parse(savepoint.print().as_bytes(), "before the move").unwrap();
    assert_eq!(moved.place.folder, "before the move");
    assert_eq!(moved.parts[0].workers[0].files, ["before the move/worker-0.state"]);
    assert_eq!((moved.place.id, moved.place.kind), (7, Kind::Savepoint));
}

#[test]
fn a_manifest_that_is_cut_off_or_damaged_anywhere_is_recognised() {
    let text = full().print().into_bytes();
    for length in 0..text.len() {
        assert!(Manifest::parse(&text[..length], "chk-000042").is_err(), "{length}");
    }
    for byte in 0..text.len() {
        for bit in 0..8 {
            let mut damaged = text.clone();
            damaged[byte] ^= 1 << bit;
            assert!(Manifest::parse(&damaged, "chk-000042").is_err(), "byte {byte}, bit {bit}");
        }
    }
    assert!(Manifest::parse(&[&text[..], b"\n"].concat(), "chk-000042").is_err());
}

#[test]
fn what_is_wrong_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let storage = Folder::new(dir.path());
    assert_eq!(Manifest::read(&storage, "chk-000042").unwrap(), None);
    full().write(&storage).unwrap();
    assert_eq!(Manifest::read(&storage, "chk-000042").unwrap(), Some(full()));
    let path = dir.path().join("chk-000042/manifest.json");
    let sealed = |text: &str| format!("{text}{CHECKSUM}{}{TAIL}", print_checksum(crc32fast::hash(text.as_bytes())));
    let whole = full().print();
    let (checked, _) = whole.split_at(whole.rfind(CHECKSUM).unwrap());
    let message = |text: &str| {
        std::fs::write(&path, text).unwrap();
        let error = Manifest::read(&storage, "chk-000042").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Data);
        error.to_string().replace(&path.display().to_string(), "M")
    };
    assert_eq!(message(""), "M is damaged or was not written to its end");
    assert_eq!(message(&whole.replace("42", "43")), "M is damaged or was not written to its end");
    let changed = |from: &str, to: &str| sealed(&checked.replacen(from, to, 1));
    assert_eq!(
        message(&changed("\"format\": 2", "\"format\": 3")),
        "M has format 3 and this application reads format 2: it was written by another version of sqlc"
    );
    assert_eq!(
        message(&changed("\"checkpoint\": 42", "\"checkpoint\": -1")),
        "M is damaged: 'checkpoint' is no number"
    );
    assert_eq!(message(&changed("\"kind\": \"checkpoint\"", "\"kind\": \"x\"")), "M is damaged: its kind is 'x'");
    assert_eq!(
        message(&changed("\"parallelism\": 1", "\"parallelism\": 2")),
        "M is damaged: 'sensor_data' has 1 workers instead of 2"
    );
    let outside = message(&checked_replace(checked, "../chk-000041/worker-0.state", "../../etc/passwd"));
    assert_eq!(outside, "M is damaged: '../../etc/passwd' is no file of a checkpoint");
    let unknown = message(&changed("            \"../chk-000041/", "            \"../chk-000040/"));
    assert_eq!(
        unknown,
        "M is damaged: 'sensor_data' speaks of chk-000040/worker-0.state, which is not among its files, or does so twice"
    );
    let deep = sealed(&format!("{{\n  \"a\": {}", "[".repeat(100_000)));
    assert!(message(&deep).starts_with("M is damaged: "));
}

fn checked_replace(checked: &str, from: &str, to: &str) -> String {
    let text = checked.replace(from, to);
    format!("{text}{CHECKSUM}{}{TAIL}", print_checksum(crc32fast::hash(text.as_bytes())))
}

proptest! {
    #[test]
    fn any_texts_survive(
        splits in prop::collection::vec((".*", ".*"), 0..4),
        sinks in prop::option::of(prop::collection::vec(".*", 0..3)),
        table in ".*",
        name in ".*",
    ) {
        let mut manifest = full();
        let splits = splits.into_iter().map(|(split, state)| SplitState { split, state }).collect();
        manifest.tables.insert(table, RestoredTable { splits: Some(splits), sinks });
        manifest.parts[0].name = name;
        prop_assert_eq!(Manifest::parse(manifest.print().as_bytes(), "chk-000042"), Ok(manifest));
    }
}
