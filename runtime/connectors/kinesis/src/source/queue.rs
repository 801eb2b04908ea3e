//! What waits for one worker: bounded by bytes, because a single answer of the service can have 10 MiB.

use super::position::{Place, ShardState};
use sqlc_runtime::connector::{Messages, Payload, ReaderEvent, Waker};
use sqlc_runtime::error::Result;
use sqlc_runtime::value::Timestamp;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, Semaphore, SemaphorePermit};

/// Fetching pauses when this much waits for the worker.
const BYTES: usize = 16 << 20;

/// Fetching pauses when this many events wait, however small they are.
const EVENTS: usize = 4096;

/// How many shards of a worker fetch at a time; each can exceed [`BYTES`] by one answer.
const FETCHES: usize = 8;

/// How many buffers wait to be used again, and how large they may be.
const SPARES: usize = 4;
const SPARE_BYTES: usize = 4 << 20;

pub(crate) struct Queue {
    state: Mutex<State>,
    fetches: Semaphore,
    space: Notify,
    waker: Waker,
    spares: Mutex<Vec<Messages>>,
}

#[derive(Default)]
struct State {
    events: VecDeque<Queued>,
    bytes: usize,
    closed: bool,
}

pub(crate) struct Queued {
    /// For the worker, if it is not a note alone.
    pub event: Option<Result<ReaderEvent>>,
    /// For the reader, which keeps the positions of what it hands over.
    pub note: Option<Note>,
    bytes: usize,
}

/// What has become of a shard when the worker has everything before this note behind it.
#[derive(Debug)]
pub(crate) struct Note {
    pub shard: Arc<str>,
    pub news: News,
}

#[derive(Debug)]
pub(crate) enum News {
    /// It is going to be read from here.
    Announced(ShardState),
    /// It was read to this place, and all that came into the stream before `until` was read.
    Read {
        place: Option<Place>,
        until: Timestamp,
    },
    Finished,
    /// It has left the stream.
    Forgotten,
}

/// The queue is closed: its worker has stopped.
pub(crate) struct Closed;

impl Queue {
    pub fn new(waker: Waker) -> Queue {
        let fetches = Semaphore::new(FETCHES);
        Queue { state: Mutex::default(), fetches, space: Notify::new(), waker, spares: Mutex::default() }
    }

    /// Appends an event and wakes the worker. Never waits: who fetches asks [`Queue::turn`] first.
    pub fn push(&self, event: Result<ReaderEvent>) {
        self.append(Some(event), None);
    }

    /// Appends an event together with what it says of a shard.
    pub fn push_noted(&self, event: ReaderEvent, shard: Arc<str>, news: News) {
        self.append(Some(Ok(event)), Some(Note { shard, news }));
    }

    /// Appends what the worker need not know.
    pub fn push_note(&self, shard: Arc<str>, news: News) {
        self.append(None, Some(Note { shard, news }));
    }

    fn append(&self, event: Option<Result<ReaderEvent>>, note: Option<Note>) {
        let bytes = match &event {
            Some(Ok(event)) => weight(event),
            _ => 0,
        };
        let mut state = self.lock();
        if state.closed {
            return;
        }
        state.bytes += bytes;
        state.events.push_back(Queued { event, note, bytes });
        drop(state);
        self.waker.wake();
    }

    /// Waits until there is room for what a fetch brings; the fetch is over when the permit is dropped.
    pub async fn turn(&self) -> Result<SemaphorePermit<'_>, Closed> {
        loop {
            let space = self.space.notified();
            tokio::pin!(space);
            // Registered before looking, so that room made in between is not missed.
            space.as_mut().enable();
            let permit = self.fetches.acquire().await.map_err(|_| Closed)?;
            {
                let state = self.lock();
                if state.closed {
                    return Err(Closed);
                }
                if state.bytes < BYTES && state.events.len() < EVENTS {
                    return Ok(permit);
                }
            }
            drop(permit);
            space.await;
        }
    }

    pub fn pop(&self) -> Option<Queued> {
        let mut state = self.lock();
        let queued = state.events.pop_front()?;
        let was_full = state.bytes >= BYTES || state.events.len() + 1 >= EVENTS;
        state.bytes -= queued.bytes;
        drop(state);
        if was_full {
            self.space.notify_waiters();
        }
        Some(queued)
    }

    /// Empty messages, with the buffers of others that were done with if there are any.
    pub fn spare(&self) -> Messages {
        self.spares.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keeps the buffers of messages that are done with.
    pub fn take_back(&self, mut messages: Messages) {
        let mut spares = self.spares.lock().unwrap_or_else(PoisonError::into_inner);
        if spares.len() < SPARES && messages.capacity() <= SPARE_BYTES {
            messages.clear();
            spares.push(messages);
        }
    }

    /// Drops everything and lets everybody know that nothing more is wanted.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.events.clear();
        state.bytes = 0;
        drop(state);
        self.fetches.close();
        self.space.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn weight(event: &ReaderEvent) -> usize {
    match event {
        ReaderEvent::Chunk(chunk) => match &chunk.payload {
            Payload::Messages(messages) => messages.weight(),
            Payload::Lines { bytes, .. } => bytes.len(),
        },
        _ => 0,
    }
}
