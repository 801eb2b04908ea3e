use super::*;
use crate::error::ErrorKind;
use crate::job::Wiring;
use crate::job::{Pipeline, SourceId};

struct Nothing;

impl Pipeline for Nothing {
    fn read(&mut self, _: SourceId, _: &crate::connector::ReaderEvent) -> Result<()> {
        Ok(())
    }

    fn receive(&mut self, _: crate::exchange::Port, _: usize, _: &crate::exchange::Message) -> Result<()> {
        Ok(())
    }

    fn stateful(&mut self, _: &mut crate::checkpoint::Visit<'_>) -> Result<()> {
        Ok(())
    }

    fn tick(&mut self, _: crate::value::Timestamp) -> Result<()> {
        Ok(())
    }
}

fn parsed(set: &'static [(&'static str, &'static str)], arguments: &[&str]) -> Result<Job> {
    let app = App::new("readings", |_: &mut Wiring| Ok(Nothing)).settings(set);
    let arguments = command(&app).try_get_matches_from(std::iter::once(&"readings").chain(arguments));
    let arguments = arguments.map_err(|error| usage(&error.to_string()))?;
    job(&app, &arguments, &settings(&app, &arguments)?)
}

fn message(arguments: &[&str]) -> String {
    let error = parsed(&[], arguments).expect_err("the arguments do not fit");
    assert_eq!(error.kind(), ErrorKind::Usage);
    error.to_string()
}

#[test]
fn checkpoints_are_kept_beside_the_application_unless_told_otherwise() {
    let dir = |set, arguments: &[&str]| parsed(set, arguments).unwrap().checkpoint_dir;
    const SET: &[(&str, &str)] = &[("execution.checkpointing.dir", "s3://bucket/readings")];
    const OFF: &[(&str, &str)] = &[("execution.checkpointing.interval", "0")];
    assert_eq!(dir(&[], &[]).as_deref(), Some("readings.checkpoints"));
    assert_eq!(dir(SET, &[]).as_deref(), Some("s3://bucket/readings"));
    assert_eq!(dir(SET, &["--checkpoint-dir", "/var/here"]).as_deref(), Some("/var/here"));
    assert_eq!(dir(&[], &["--set", "state.checkpoints.dir=/older/name"]).as_deref(), Some("/older/name"));
    assert_eq!(dir(SET, &["--no-checkpoints"]), None);
    assert_eq!(dir(SET, &["--trial"]), None);
    assert_eq!(dir(OFF, &[]), None);
    assert_eq!(dir(OFF, &["--set", "execution.checkpointing.interval=1 s"]).as_deref(), Some("readings.checkpoints"));
}

#[test]
fn what_to_go_on_from_is_said_at_the_start() {
    let restore = |arguments: &[&str]| parsed(&[], arguments).unwrap().restore;
    assert_eq!(restore(&[]), Restore::Newest);
    assert_eq!(restore(&["--restore", "latest"]), Restore::Newest);
    assert_eq!(restore(&["--restore", "/saved/1"]), Restore::Path("/saved/1".to_owned()));
    assert_eq!(restore(&["--no-restore"]), Restore::No);
    assert!(parsed(&[], &["--allow-non-restored-state"]).unwrap().allow_non_restored_state);
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    assert!(message(&["--restore", "x", "--no-restore"]).contains("cannot be used with"));
    assert!(message(&["--checkpoint-dir", "x", "--no-checkpoints"]).contains("cannot be used with"));
    assert!(message(&["--no-restore", "--allow-non-restored-state"]).contains("cannot be used with"));
    assert!(message(&["--restore", " "]).contains("--restore is empty"));
    assert!(message(&["--checkpoint-dir", ""]).contains("--checkpoint-dir is empty"));
}

#[test]
fn a_memory_limit_has_a_unit() {
    assert_eq!(parsed(&[], &["--memory-limit", "4gb"]).unwrap().memory_limit, Some(4 << 30));
    assert_eq!(message(&["--memory-limit", "4"]), "--memory-limit 4: expected at least 16mb");
    assert_eq!(message(&["--memory-limit", "much"]), "--memory-limit much: expected a size such as 4gb");
}
