//! A checkpoint storage in memory that fails as storages do: calls that do nothing, calls that do what they should and
//! say that they did not, outages, and objects that are damaged when somebody wants them.

use super::chance::Chance;
use sqlc_runtime::checkpoint::{Listed, Object, Storage};
use sqlc_runtime::error::{Error, ErrorKind, Result};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard};

/// Clones are the same bucket.
#[derive(Clone)]
pub struct Bucket(Arc<Mutex<State>>);

struct State {
    objects: BTreeMap<String, Vec<u8>>,
    chance: Chance,
    /// One call in so many fails; 0 for none.
    failing: u64,
    /// Every call fails.
    is_away: bool,
}

impl Bucket {
    pub fn new(chance: Chance) -> Self {
        Bucket(Arc::new(Mutex::new(State { objects: BTreeMap::new(), chance, failing: 0, is_away: false })))
    }

    /// From now on one call in so many fails; with 0 none does.
    pub fn fail_one_in(&self, failing: u64) {
        self.state().failing = failing;
    }

    pub fn be_away(&self, is_away: bool) {
        self.state().is_away = is_away;
    }

    /// Changes or cuts off bytes of one of the objects whose names begin with `prefix`; answers which, if there is one.
    pub fn damage(&self, prefix: &str) -> Option<String> {
        let mut state = self.state();
        let names: Vec<String> = state.objects.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        let name = names.get(usize::try_from(state.chance.below(names.len().max(1) as u64)).ok()?)?.clone();
        let (at, cuts) = (state.chance.below(1 << 32), state.chance.one_in(2));
        let object = state.objects.get_mut(&name)?;
        let at = usize::try_from(at).ok()? % object.len().max(1);
        match object.get_mut(at) {
            Some(byte) if !cuts => *byte ^= 0x10,
            _ => object.truncate(at),
        }
        Some(name)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nobody panics while holding the bucket")
    }

    fn fails(&self, doing: &str, name: &str) -> Result<()> {
        let state = self.state();
        match state.is_away || state.chance.one_in(state.failing) {
            true => Err(Error::new(ErrorKind::Io, format!("cannot {doing} {name}: the bucket does not answer"))),
            false => Ok(()),
        }
    }
}

impl Storage for Bucket {
    fn location(&self) -> String {
        "bucket".to_owned()
    }

    fn claim(&self) -> Result<Vec<String>> {
        self.fails("claim", "bucket").map(|()| Vec::new())
    }

    fn release(&self) -> Result<()> {
        Ok(())
    }

    fn create(&self, name: &str) -> Result<Box<dyn Object>> {
        self.fails("create", name)?;
        Ok(Box::new(Draft { bucket: self.clone(), name: name.to_owned(), bytes: Vec::new() }))
    }

    fn open(&self, name: &str) -> Result<Option<Box<dyn Read + Send>>> {
        self.fails("open", name)?;
        let object = self.state().objects.get(name).cloned();
        Ok(object.map(|object| Box::new(io::Cursor::new(object)) as Box<dyn Read + Send>))
    }

    fn list(&self, prefix: &str) -> Result<Vec<Listed>> {
        self.fails("list", prefix)?;
        let state = self.state();
        let named = state.objects.iter().filter(|(name, _)| name.starts_with(prefix));
        Ok(named.map(|(name, object)| Listed { name: name.clone(), size: object.len() as u64 }).collect())
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.fails("delete", name)?;
        self.state().objects.remove(name);
        self.fails("delete", name)
    }
}

struct Draft {
    bucket: Bucket,
    name: String,
    bytes: Vec<u8>,
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bucket.fails("write", &self.name).map_err(io::Error::other)?;
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Object for Draft {
    fn complete(mut self: Box<Self>) -> Result<()> {
        self.bucket.fails("complete", &self.name)?;
        let bytes = std::mem::take(&mut self.bytes);
        self.bucket.state().objects.insert(self.name.clone(), bytes);
        // It is there, and whoever wrote it does not know.
        self.bucket.fails("complete", &self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlc_runtime::checkpoint::failed;

    fn write(bucket: &Bucket, name: &str, bytes: &[u8]) -> Result<()> {
        let mut object = bucket.create(name)?;
        object.write_all(bytes).map_err(|error| failed("write", name, &error))?;
        object.complete()
    }

    #[test]
    fn it_keeps_what_is_complete() {
        let bucket = Bucket::new(Chance::new(1));
        write(&bucket, "a/1", b"one").unwrap();
        drop(bucket.create("a/2").unwrap());
        assert_eq!(bucket.list("a/").unwrap(), [Listed { name: "a/1".to_owned(), size: 3 }]);
        assert_eq!(bucket.damage("b/"), None);
        assert_eq!(bucket.damage("a/").as_deref(), Some("a/1"));
        let mut bytes = Vec::new();
        bucket.open("a/1").unwrap().unwrap().read_to_end(&mut bytes).unwrap();
        assert_ne!(bytes, b"one");
    }

    #[test]
    fn an_answer_may_be_lost() {
        let bucket = Bucket::new(Chance::new(1));
        bucket.fail_one_in(4);
        let outcomes: Vec<(bool, bool)> = (0..200)
            .map(|number| {
                let name = format!("a/{number}");
                (write(&bucket, &name, b"x").is_ok(), bucket.0.lock().unwrap().objects.contains_key(&name))
            })
            .collect();
        for outcome in [(true, true), (false, true), (false, false)] {
            assert!(outcomes.contains(&outcome), "{outcome:?}");
        }
        assert!(!outcomes.contains(&(true, false)));
        bucket.be_away(true);
        assert!(bucket.list("").is_err());
    }
}
