//! The bounded queues in which a worker finds what others sent.

use super::{Message, Port};
use crate::connector::{CheckpointId, Waker};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many messages of one sender wait at one port before the sender has to.
const CAPACITY: usize = 8;

/// What arrives at a port.
#[derive(Debug)]
pub enum Content {
    Message(Message),
    /// What this sender sent before belongs to a checkpoint, and what follows does not.
    Barrier(CheckpointId),
    /// Nothing more will come from this sender to this port, but for barriers.
    Done,
}

#[derive(Debug)]
pub struct Envelope {
    pub from: usize,
    pub content: Content,
}

/// The in-box of one worker.
pub struct Inbox {
    ports: Mutex<Vec<Queue>>,
    /// What the owner has sent, empty again.
    buffers: Mutex<Vec<Vec<u8>>>,
    owner: Waker,
    senders: Vec<Waker>,
}

struct Queue {
    envelopes: VecDeque<Envelope>,
    /// Per sender: how many of its envelopes are in the queue.
    waiting: Vec<usize>,
    /// Per sender: whether it found no room and wants to be woken.
    refused: Vec<bool>,
}

impl Inbox {
    /// The in-box of worker `owner`, where `wakers` has one entry per worker.
    pub fn new(owner: usize, wakers: &[Waker]) -> Self {
        Inbox {
            ports: Mutex::default(),
            buffers: Mutex::default(),
            owner: wakers[owner].clone(),
            senders: wakers.to_vec(),
        }
    }

    /// Puts an envelope into the queue of a port and wakes the owner, or hands it back if there is no room.
    pub fn push(&self, port: Port, envelope: Envelope) -> Result<(), Envelope> {
        let from = envelope.from;
        {
            let mut ports = self.lock();
            while ports.len() <= port.0 {
                let workers = self.senders.len();
                ports.push(Queue {
                    envelopes: VecDeque::new(),
                    waiting: vec![0; workers],
                    refused: vec![false; workers],
                });
            }
            let queue = &mut ports[port.0];
            if queue.waiting[from] >= CAPACITY {
                queue.refused[from] = true;
                return Err(envelope);
            }
            queue.waiting[from] += 1;
            queue.envelopes.push_back(envelope);
        }
        self.owner.wake();
        Ok(())
    }

    /// The next envelope of the most downstream port that has one, looking at `lowest` and above only.
    pub fn pop(&self, lowest: Port) -> Option<(Port, Envelope)> {
        self.pop_from(lowest, |_, _| true)
    }

    /// The same, of senders that may be heard at a port.
    pub fn pop_from(&self, lowest: Port, may_be_heard: impl Fn(Port, usize) -> bool) -> Option<(Port, Envelope)> {
        let (port, envelope, was_refused) = {
            let mut ports = self.lock();
            let heard = |port: usize, queue: &Queue| {
                queue.envelopes.iter().position(|envelope| may_be_heard(Port(port), envelope.from))
            };
            let (port, place) =
                (lowest.0..ports.len()).rev().find_map(|port| heard(port, &ports[port]).map(|place| (port, place)))?;
            let queue = &mut ports[port];
            let envelope = queue.envelopes.remove(place)?;
            queue.waiting[envelope.from] -= 1;
            let was_refused = std::mem::take(&mut queue.refused[envelope.from]);
            (Port(port), envelope, was_refused)
        };
        if was_refused {
            self.senders[envelope.from].wake();
        }
        Some((port, envelope))
    }

    /// Takes a buffer that the owner sent, and drops it if there are plenty.
    pub fn return_buffer(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        if buffers.len() < CAPACITY * self.senders.len() {
            buffers.push(buffer);
        }
    }

    /// A buffer for the owner to fill.
    pub fn take_buffer(&self) -> Option<Vec<u8>> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Queue>> {
        // Nothing that can panic happens under the lock, so the queues are whole whatever became of a thread.
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Timestamp;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn watermark(from: usize, time: i64) -> Envelope {
        Envelope { from, content: Content::Message(Message::Watermark(Timestamp(time))) }
    }

    #[test]
    fn the_most_downstream_port_is_served_first() {
        let inbox = Inbox::new(0, &[Waker::new(|| ()), Waker::new(|| ())]);
        inbox.push(Port(0), watermark(1, 1)).unwrap();
        inbox.push(Port(2), watermark(1, 2)).unwrap();
        assert_eq!(inbox.pop(Port(0)).map(|(port, _)| port), Some(Port(2)));
        assert!(inbox.pop(Port(1)).is_none());
        assert_eq!(inbox.pop(Port(0)).map(|(port, _)| port), Some(Port(0)));
    }

    #[test]
    fn a_sender_that_found_no_room_is_woken_when_there_is_some() {
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&woken);
        let sender = Waker::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let inbox = Inbox::new(0, &[Waker::new(|| ()), sender]);
        for time in 0..CAPACITY {
            inbox.push(Port(0), watermark(1, time as i64)).unwrap();
        }
        assert!(inbox.push(Port(0), watermark(1, 99)).is_err());
        // Another sender has room of its own.
        inbox.push(Port(0), watermark(0, 1)).unwrap();
        assert_eq!(woken.load(Ordering::Relaxed), 0);
        inbox.pop(Port(0)).unwrap();
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        inbox.push(Port(0), watermark(1, 99)).unwrap();
    }
}
