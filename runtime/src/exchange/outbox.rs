//! What a worker has to send, kept until the receivers have room.

use super::{Batch, Content, Envelope, Inbox, Port};
use std::collections::VecDeque;
use std::sync::Arc;

/// The out-box of one worker. Sending never blocks: what finds no room waits here, and the worker stops
/// making more of it. So it holds at most what one chunk or one batch brings forth.
pub struct Outbox {
    worker: usize,
    inboxes: Vec<Arc<Inbox>>,
    /// Per port and target, in the order of sending.
    overflow: Vec<Vec<VecDeque<Content>>>,
    /// How many contents wait in `overflow`.
    waiting: usize,
    idle: bool,
}

impl Outbox {
    pub fn new(worker: usize, inboxes: Vec<Arc<Inbox>>) -> Self {
        Outbox { worker, inboxes, overflow: Vec::new(), waiting: 0, idle: false }
    }

    pub fn workers(&self) -> usize {
        self.inboxes.len()
    }

    /// Whether the worker has nothing else to do, so that nothing is gained by waiting for a batch to fill.
    pub fn is_idle(&self) -> bool {
        self.idle
    }

    pub fn set_idle(&mut self, idle: bool) {
        self.idle = idle;
    }

    /// An empty buffer, if possible one that has been to another worker and came back.
    pub fn buffer(&self, capacity: usize) -> Vec<u8> {
        self.inboxes[self.worker].take_buffer().unwrap_or_else(|| Vec::with_capacity(capacity))
    }

    /// Gives the buffer of a message that has been received back to its sender.
    pub fn return_buffer(&self, from: usize, batch: Batch) {
        self.inboxes[from].return_buffer(batch.bytes);
    }

    pub fn send(&mut self, port: Port, target: usize, content: Content) {
        while self.overflow.len() <= port.0 {
            self.overflow.push((0..self.inboxes.len()).map(|_| VecDeque::new()).collect());
        }
        let queue = &mut self.overflow[port.0][target];
        queue.push_back(content);
        self.waiting += 1;
        self.waiting -= deliver(queue, self.worker, port, &self.inboxes[target]);
    }

    /// Sends to every other worker.
    pub fn broadcast(&mut self, port: Port, content: impl Fn() -> Content) {
        for target in 0..self.workers() {
            if target != self.worker {
                self.send(port, target, content());
            }
        }
    }

    /// Tries again what found no room, and answers the most downstream port for which something still waits.
    ///
    /// Until it is gone the worker must only serve that port and those behind it: what they send goes
    /// further down, and the last port sends nothing, so some worker can always go on.
    pub fn retry(&mut self) -> Option<Port> {
        if self.waiting == 0 {
            return None;
        }
        let mut blocked = None;
        for (port, targets) in self.overflow.iter_mut().enumerate() {
            for (target, queue) in targets.iter_mut().enumerate() {
                self.waiting -= deliver(queue, self.worker, Port(port), &self.inboxes[target]);
                if !queue.is_empty() {
                    blocked = Some(Port(port));
                }
            }
        }
        blocked
    }
}

/// Moves what there is room for; answers how much that was.
fn deliver(queue: &mut VecDeque<Content>, from: usize, port: Port, inbox: &Inbox) -> usize {
    let mut delivered = 0;
    while let Some(content) = queue.pop_front() {
        if let Err(envelope) = inbox.push(port, Envelope { from, content }) {
            queue.push_front(envelope.content);
            break;
        }
        delivered += 1;
    }
    delivered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Waker;
    use crate::exchange::Message;
    use crate::value::Timestamp;

    #[test]
    fn what_finds_no_room_waits_in_order() {
        let wakers = [Waker::new(|| ()), Waker::new(|| ())];
        let inboxes: Vec<Arc<Inbox>> = (0..2).map(|worker| Arc::new(Inbox::new(worker, &wakers))).collect();
        let mut outbox = Outbox::new(0, inboxes.clone());
        for time in 0..20 {
            outbox.send(Port(1), 1, Content::Message(Message::Watermark(Timestamp(time))));
        }
        assert_eq!(outbox.retry(), Some(Port(1)));
        let mut received = Vec::new();
        while let Some((_, envelope)) = inboxes[1].pop(Port(0)) {
            if let Content::Message(Message::Watermark(time)) = envelope.content {
                received.push(time.0);
            }
            outbox.retry();
        }
        assert_eq!(received, (0..20).collect::<Vec<_>>());
        assert_eq!(outbox.retry(), None);
    }
}
