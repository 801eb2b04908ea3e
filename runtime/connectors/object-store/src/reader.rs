//! An object as a stream of bytes, some pieces ahead of its reader: one request alone is slow.

use crate::store::{Bucket, joined};
use bytes::{Buf, Bytes};
use object_store::ObjectStoreExt;
use object_store::path::Path;
use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// How large a piece is, and how many are asked for at a time.
const PIECE: u64 = 4 << 20;
const AHEAD: usize = 6;

type Answer = object_store::Result<Bytes>;

pub struct ObjectReader {
    bucket: Arc<Bucket>,
    name: String,
    key: Path,
    size: u64,
    /// Where the next piece begins that nobody has asked for.
    next: u64,
    pieces: VecDeque<(u64, JoinHandle<Answer>)>,
    /// What is left of the piece that is being read.
    current: Bytes,
}

impl ObjectReader {
    pub fn new(bucket: Arc<Bucket>, name: String, key: Path, size: u64) -> Self {
        ObjectReader { bucket, name, key, size, next: 0, pieces: VecDeque::new(), current: Bytes::new() }
    }

    fn ask(&mut self) {
        while self.pieces.len() < AHEAD && self.next < self.size {
            let range = self.next..(self.next + PIECE).min(self.size);
            self.next = range.end;
            let (store, key) = (Arc::clone(&self.bucket.store), self.key.clone());
            let length = range.end - range.start;
            let piece = self.bucket.background.spawn(async move { store.get_range(&key, range).await });
            self.pieces.push_back((length, piece));
        }
    }
}

impl Read for ObjectReader {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if to.is_empty() {
            return Ok(0);
        }
        if self.current.is_empty() {
            self.ask();
            let Some((length, piece)) = self.pieces.pop_front() else { return Ok(0) };
            let answer = self.bucket.background.wait(piece).and_then(joined).map_err(io::Error::other)?;
            self.current =
                answer.map_err(|error| io::Error::other(self.bucket.place.failed("read", &self.name, &error)))?;
            if self.current.len() as u64 != length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.ask();
        }
        let length = to.len().min(self.current.len());
        self.current.copy_to_slice(&mut to[..length]);
        Ok(length)
    }
}

impl Drop for ObjectReader {
    fn drop(&mut self) {
        for (_, piece) in &self.pieces {
            piece.abort();
        }
    }
}
