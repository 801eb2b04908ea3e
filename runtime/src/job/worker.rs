//! One thread with its own copy of the pipeline.

use super::run::Control;
use super::sink;
use super::watermark::Peers;
use super::wiring::Wires;
use super::{Pipeline, SourceId};
use crate::connector::{Reader, ReaderEvent};
use crate::error::Result;
use crate::exchange::{Content, Envelope, Inbox, Message, Outbox, Port};
use crate::function::zone::Zone;
use crate::row::Context;
use crate::time::Clock;
use crate::value::{Arena, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often processing time is looked at while rows keep coming.
const TICK: Duration = Duration::from_millis(100);
/// How often sinks are asked to send what has waited while rows keep coming.
const FLUSH: Duration = Duration::from_millis(200);
/// How long what has been written may wait for more while rows keep coming.
const FLUSH_WRITTEN: Duration = Duration::from_millis(1);
/// How long a worker that is ahead of others waits for them before it looks again.
const WAIT_FOR_OTHERS: Duration = Duration::from_micros(200);
/// How many envelopes are served before the worker looks at signals and at the time again.
const SERVED_AT_ONCE: usize = 64;

pub(super) struct Worker {
    pub index: usize,
    pub workers: usize,
    pub pipeline: Box<dyn Pipeline>,
    readers: Vec<OpenReader>,
    inbox: Option<Arc<Inbox>>,
    outbox: Option<Arc<Mutex<Outbox>>>,
    ports: Vec<PortState>,
    clock: Clock,
    zone: Zone,
    control: Arc<Control>,
    turn: usize,
    /// Whether the last poll left a file alone until other workers have come as far in theirs.
    is_ahead: bool,
    last_tick: Instant,
    last_flush: Instant,
}

struct OpenReader {
    reader: Box<dyn Reader>,
    peers: Arc<Peers>,
    ended: bool,
    /// Its last answer was that there is nothing right now.
    pending: bool,
}

#[derive(Clone, Copy, Default)]
struct PortState {
    /// How many other workers will send nothing more to this port.
    done: usize,
    /// Whether this worker has said so to the others.
    announced: bool,
}

impl Worker {
    /// Takes the worker's wires; answers its sinks beside it, which go to the thread that runs it.
    pub(super) fn new(
        index: usize,
        workers: usize,
        pipeline: Box<dyn Pipeline>,
        wires: Wires,
        clock: Clock,
        control: Arc<Control>,
    ) -> (Self, Vec<sink::OpenSink>) {
        let reader = |(reader, peers)| OpenReader { reader, peers, ended: false, pending: false };
        let worker = Worker {
            index,
            workers,
            pipeline,
            readers: wires.readers.into_iter().map(reader).collect(),
            inbox: wires.inbox,
            outbox: wires.outbox,
            ports: vec![PortState::default(); wires.ports],
            clock,
            zone: wires.zone,
            control,
            turn: 0,
            is_ahead: false,
            last_tick: Instant::now(),
            last_flush: Instant::now(),
        };
        (worker, wires.sinks)
    }

    /// Runs until every input has ended or the application stops.
    pub(super) fn run(mut self, sinks: Vec<sink::OpenSink>) -> Result<()> {
        sink::install(sinks);
        let (arena, now) = (Arena::new(), self.clock.now());
        self.pipeline.start(self.index == 0, &Context { arena: &arena, now, watermark: None, zone: &self.zone })?;
        drop(arena);
        while !self.control.is_aborted() {
            if self.control.is_stopping() {
                self.stop_reading();
            }
            let blocked = self.retry_sending();
            let served = self.serve(blocked)?;
            let read = blocked.is_none() && !served && self.poll()?;
            let now = Instant::now();
            if now.duration_since(self.last_tick) >= TICK {
                self.tick()?;
            }
            let patience = if sink::has_written() { FLUSH_WRITTEN } else { FLUSH };
            if now.duration_since(self.last_flush) >= patience {
                self.flush()?;
            }
            if served || read {
                continue;
            }
            if self.is_ahead && blocked.is_none() {
                self.control.sleep_for(self.index, WAIT_FOR_OTHERS);
                continue;
            }
            // Nothing to do: complete what is half done, and see whether that was all. If others have no room, what
            // is half done may fill while they make some.
            self.set_idle(blocked.is_none());
            self.tick()?;
            if blocked.is_none() && self.is_done()? {
                return sink::finish_all();
            }
            self.set_idle(false);
            self.flush()?;
            self.control.sleep(self.index);
        }
        Ok(())
    }

    fn stop_reading(&mut self) {
        for open in self.readers.iter_mut().filter(|open| !open.ended) {
            open.reader.stop();
            open.ended = true;
        }
    }

    fn set_idle(&self, idle: bool) {
        if let Some(outbox) = &self.outbox {
            outbox.lock().unwrap_or_else(PoisonError::into_inner).set_idle(idle);
        }
    }

    /// Buffers of messages go back to who will fill them again.
    fn recycle(&self, from: usize, message: Message) {
        if let (Message::Rows(batch), Some(outbox)) = (message, &self.outbox) {
            outbox.lock().unwrap_or_else(PoisonError::into_inner).return_buffer(from, batch);
        }
    }

    fn retry_sending(&mut self) -> Option<Port> {
        let outbox = self.outbox.as_ref()?;
        outbox.lock().unwrap_or_else(PoisonError::into_inner).retry()
    }

    /// Takes what other workers sent; answers whether there was something.
    fn serve(&mut self, blocked: Option<Port>) -> Result<bool> {
        let Some(inbox) = self.inbox.clone() else { return Ok(false) };
        let mut lowest = blocked.unwrap_or(Port(0));
        for served in 0..SERVED_AT_ONCE {
            let Some((port, Envelope { from, content })) = inbox.pop(lowest) else { return Ok(served > 0) };
            match content {
                Content::Message(message) => {
                    self.pipeline.tick(self.clock.now())?;
                    loop {
                        self.pipeline.receive(port, from, &message)?;
                        if message.is_read() {
                            break;
                        }
                    }
                    self.recycle(from, message);
                }
                Content::Done => self.ports[port.0].done += 1,
            }
            lowest = self.retry_sending().unwrap_or(Port(0));
        }
        Ok(true)
    }

    /// Asks the readers in turn until one has something; answers whether one had.
    fn poll(&mut self) -> Result<bool> {
        self.is_ahead = false;
        // Nobody else needs what a pipeline without exchanges reads.
        let is_exchanging = self.workers > 1 && !self.ports.is_empty();
        for _ in 0..self.readers.len() {
            let source = self.turn % self.readers.len();
            self.turn = self.turn.wrapping_add(1);
            let open = &mut self.readers[source];
            if open.ended {
                continue;
            }
            if is_exchanging && open.reader.can_wait() && open.peers.is_ahead(self.index) {
                self.is_ahead = true;
                continue;
            }
            let event = open.reader.poll()?;
            open.pending = matches!(event, ReaderEvent::Pending);
            if open.pending {
                continue;
            }
            open.ended = matches!(event, ReaderEvent::End);
            if matches!(event, ReaderEvent::Chunk(_)) {
                // Operators of processing time date rows by the last tick.
                self.pipeline.tick(self.clock.now())?;
            }
            self.pipeline.read(SourceId(source), &event)?;
            if let ReaderEvent::Chunk(chunk) = event {
                self.readers[source].reader.recycle(chunk);
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Tells the pipeline the time, and the scans that have nothing to read.
    fn tick(&mut self) -> Result<()> {
        self.last_tick = Instant::now();
        for source in 0..self.readers.len() {
            if self.readers[source].pending && !self.readers[source].ended {
                self.pipeline.read(SourceId(source), &ReaderEvent::Pending)?;
            }
        }
        self.pipeline.tick(self.clock.now())
    }

    fn flush(&mut self) -> Result<()> {
        self.last_flush = Instant::now();
        sink::flush_all()
    }

    /// Whether nothing can happen on this worker any more. What is sent to a port ends when everything before
    /// the port has ended, so the ports end one after the other, upstream first.
    fn is_done(&mut self) -> Result<bool> {
        if self.readers.iter().any(|open| !open.ended) {
            return Ok(false);
        }
        for port in 0..self.ports.len() {
            if !self.ports[port].announced {
                self.ports[port].announced = true;
                self.announce(Port(port))?;
            }
            if self.ports[port].done < self.workers - 1 {
                return Ok(false);
            }
        }
        Ok(self.retry_sending().is_none())
    }

    /// This worker will send nothing more to the port; the last tick has sent everything it had.
    fn announce(&mut self, port: Port) -> Result<()> {
        // Inputs that have ended end with the last of all watermarks, whether they had any or not. Inputs that
        // were stopped do not: what is open stays open.
        let is_end = !self.control.is_stopping();
        if is_end {
            self.pipeline.receive(port, self.index, &Message::Watermark(Timestamp::MAX))?;
        }
        if let Some(outbox) = &self.outbox {
            let mut outbox = outbox.lock().unwrap_or_else(PoisonError::into_inner);
            if is_end {
                outbox.broadcast(port, || Content::Message(Message::Watermark(Timestamp::MAX)));
            }
            outbox.broadcast(port, || Content::Done);
        }
        self.pipeline.tick(self.clock.now())
    }
}
