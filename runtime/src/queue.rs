//! Bounded queues from one thread to another, used as those of [`std::sync::mpsc`] are, with its errors, outside of hot
//! paths. The standard library's are compiled anew for every type, in three kinds, to some ten kilobytes each. What goes
//! through them is left to those who use them.

use std::collections::VecDeque;
use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A queue that holds so many items, at least one; the sender waits when there are more.
pub fn queue<T>(room: usize) -> (Sender<T>, Receiver<T>) {
    let items = Mutex::new(Items { waiting: VecDeque::new(), one_has_gone: false });
    let shared = Arc::new(Shared { items, changed: Condvar::new(), room: room.max(1) });
    (Sender(shared.clone()), Receiver(shared))
}

#[derive(Debug)]
pub struct Sender<T>(Arc<Shared<T>>);

#[derive(Debug)]
pub struct Receiver<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    items: Mutex<Items<T>>,
    /// Told after every change; at most one thread waits for it, since there is one on each side.
    changed: Condvar,
    room: usize,
}

#[derive(Debug)]
struct Items<T> {
    waiting: VecDeque<T>,
    /// Whether one of the two sides has been dropped: the one that asks is there.
    one_has_gone: bool,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Items<T>> {
        // Nothing that can panic happens under the lock.
        self.items.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'l>(&self, items: MutexGuard<'l, Items<T>>) -> MutexGuard<'l, Items<T>> {
        self.changed.wait(items).unwrap_or_else(PoisonError::into_inner)
    }

    fn go(&self) {
        self.lock().one_has_gone = true;
        self.changed.notify_one();
    }
}

impl<T> Sender<T> {
    /// Adds an item, when there is room for it.
    ///
    /// # Errors
    /// If the receiver has gone.
    pub fn send(&self, item: T) -> Result<(), SendError<T>> {
        let mut items = self.0.lock();
        while !items.one_has_gone && items.waiting.len() >= self.0.room {
            items = self.0.wait(items);
        }
        if items.one_has_gone {
            return Err(SendError(item));
        }
        items.waiting.push_back(item);
        self.0.changed.notify_one();
        Ok(())
    }

    /// Adds an item, if there is room for it.
    ///
    /// # Errors
    /// If there is none, or the receiver has gone.
    pub fn try_send(&self, item: T) -> Result<(), TrySendError<T>> {
        let mut items = self.0.lock();
        match items.one_has_gone {
            true => Err(TrySendError::Disconnected(item)),
            false if items.waiting.len() >= self.0.room => Err(TrySendError::Full(item)),
            false => {
                items.waiting.push_back(item);
                self.0.changed.notify_one();
                Ok(())
            }
        }
    }
}

impl<T> Receiver<T> {
    /// The next item, when there is one.
    ///
    /// # Errors
    /// If there is none and the sender has gone.
    pub fn recv(&self) -> Result<T, RecvError> {
        let mut items = self.0.lock();
        loop {
            match self.take(&mut items) {
                Ok(item) => return Ok(item),
                Err(TryRecvError::Disconnected) => return Err(RecvError),
                Err(TryRecvError::Empty) => items = self.0.wait(items),
            }
        }
    }

    /// The next item, if there is one.
    ///
    /// # Errors
    /// If there is none.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.take(&mut self.0.lock())
    }

    /// The next item, waiting for it so long at most.
    ///
    /// # Errors
    /// If there is none.
    pub fn recv_timeout(&self, patience: Duration) -> Result<T, RecvTimeoutError> {
        let started = Instant::now();
        let mut items = self.0.lock();
        loop {
            match self.take(&mut items) {
                Ok(item) => return Ok(item),
                Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
                Err(TryRecvError::Empty) => {}
            }
            let left = patience.saturating_sub(started.elapsed());
            if left.is_zero() {
                return Err(RecvTimeoutError::Timeout);
            }
            items = self.0.changed.wait_timeout(items, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn take(&self, items: &mut Items<T>) -> Result<T, TryRecvError> {
        match items.waiting.pop_front() {
            Some(item) => {
                self.0.changed.notify_one();
                Ok(item)
            }
            None if items.one_has_gone => Err(TryRecvError::Disconnected),
            None => Err(TryRecvError::Empty),
        }
    }
}

impl<T> Iterator for Receiver<T> {
    type Item = T;

    /// The next item, when there is one; nothing when the sender has gone.
    fn next(&mut self) -> Option<T> {
        self.recv().ok()
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.0.go();
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.0.go();
        // What nobody will take may tell others so when it is dropped, and must not find the lock taken.
        let unread = std::mem::take(&mut self.0.lock().waiting);
        drop(unread);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::spawn;

    #[test]
    fn everything_arrives_in_order_through_little_room() {
        let (sender, receiver) = queue(3);
        let sending = spawn(move || (0..10_000).try_for_each(|item| sender.send(item)));
        assert!(receiver.eq(0..10_000));
        assert_eq!(sending.join().unwrap(), Ok(()));
    }

    #[test]
    fn who_is_left_behind_hears_of_it() {
        let (sender, receiver) = queue(1);
        assert_eq!(sender.try_send(1), Ok(()));
        assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
        assert_eq!(receiver.try_recv(), Ok(1));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(receiver.recv_timeout(Duration::from_millis(1)), Err(RecvTimeoutError::Timeout));
        assert_eq!(sender.send(3), Ok(()));
        // Whoever waits for room is woken when nobody will make any.
        let waiting = spawn(move || (sender.send(4), sender));
        drop(receiver);
        let (outcome, sender) = waiting.join().unwrap();
        assert_eq!((outcome, sender.try_send(5)), (Err(SendError(4)), Err(TrySendError::Disconnected(5))));

        let (sender, receiver) = queue::<u8>(1);
        let waiting = spawn(move || (receiver.recv(), receiver.try_recv(), receiver.recv_timeout(Duration::MAX)));
        drop(sender);
        let gone = (Err(RecvError), Err(TryRecvError::Disconnected), Err(RecvTimeoutError::Disconnected));
        assert_eq!(waiting.join().unwrap(), gone);
    }

    #[test]
    fn what_was_sent_before_the_sender_went_still_arrives() {
        let (sender, receiver) = queue(2);
        assert_eq!((sender.send(1), sender.send(2)), (Ok(()), Ok(())));
        drop(sender);
        assert_eq!(receiver.collect::<Vec<_>>(), [1, 2]);
    }
}
