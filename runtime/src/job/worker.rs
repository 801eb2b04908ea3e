//! One thread with its own copy of the pipeline.

use super::cut::{self, Cut};
use super::desk::{self, Desk, Order, Report};
use super::run_control::Control;
use super::sink;
use super::watermark::Peers;
use super::wiring::Wires;
use super::{Pipeline, SourceId};
use crate::checkpoint::Restoration;
use crate::connector::{Reader, ReaderEvent};
use crate::error::Result;
use crate::exchange::{Content, Envelope, Inbox, Message, Outbox, Port};
use crate::function::zone::Zone;
use crate::row::Context;
use crate::time::Clock;
use crate::value::{Arena, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often processing time is looked at while rows keep coming.
const TICK: Duration = Duration::from_millis(100);
/// How often sinks are asked to send what has waited while rows keep coming.
const FLUSH: Duration = Duration::from_millis(200);
/// How long what has been written may wait for more while rows keep coming.
const FLUSH_WRITTEN: Duration = Duration::from_millis(1);
/// How long a worker that is ahead of others waits for them before it looks again.
const WAIT_FOR_OTHERS: Duration = Duration::from_micros(200);
/// The longest sleep of a worker: signals and simulated clocks wake nobody.
const SLEEP: Duration = Duration::from_millis(50);
/// How many envelopes are served before the worker looks at signals and at the time again.
const SERVED_AT_ONCE: usize = 64;

/// What a worker wants to do after a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Again,
    /// There is nothing to do until something wakes the worker, or for so long at most.
    Wait(Duration),
    Done,
}

/// What the workers of a run have in common.
pub(super) struct Conduct {
    pub clock: Clock,
    pub control: Arc<Control>,
    /// Where checkpoints are ordered and reported, if any are taken.
    pub desk: Option<Arc<Desk>>,
    /// The checkpoint that the run goes on from.
    pub restoration: Option<Arc<Restoration>>,
}

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
    desk: Option<Arc<Desk>>,
    /// A checkpoint that was asked for and not begun.
    asked: Option<desk::Cut>,
    /// The one that is being taken or written.
    cut: Option<Cut>,
    is_ended: bool,
    /// When the cut began that is being taken: until every port has taken it time stands still, since what a timer
    /// brings behind the cut of its operator must not get before that of a sink.
    frozen: Option<Timestamp>,
    /// A last cut was taken, so that nothing more is read, whatever becomes of its checkpoint.
    has_stopped: bool,
    restoration: Option<Arc<Restoration>>,
    turn: usize,
    /// Whether the last poll left a file alone until other workers have come as far in theirs.
    is_ahead: bool,
    last_tick: Timestamp,
    last_flush: Timestamp,
}

struct OpenReader {
    table: &'static str,
    reader: Box<dyn Reader>,
    peers: Arc<Peers>,
    ended: bool,
    /// Its last answer was that there is nothing right now.
    pending: bool,
}

#[derive(Clone, Default)]
struct PortState {
    /// Per worker: whether its barrier for the next cut of this worker has come.
    barriers: Vec<bool>,
    /// How many other workers will send nothing more to this port.
    done: usize,
    /// Whether this worker has said so to the others.
    announced: bool,
    /// Whether its operator has handed out what it held back when the application stopped.
    flushed: bool,
}

impl Worker {
    /// Takes the worker's wires; answers its sinks beside it, which go to the thread that runs it.
    pub(super) fn new(
        index: usize,
        workers: usize,
        pipeline: Box<dyn Pipeline>,
        wires: Wires,
        Conduct { clock, control, desk, restoration }: Conduct,
    ) -> (Self, Vec<sink::OpenSink>) {
        let reader = |(table, reader, peers)| OpenReader { table, reader, peers, ended: false, pending: false };
        let port = PortState { barriers: vec![false; workers], ..PortState::default() };
        let worker = Worker {
            index,
            workers,
            pipeline,
            readers: wires.readers.into_iter().map(reader).collect(),
            inbox: wires.inbox,
            outbox: wires.outbox,
            ports: vec![port; wires.ports],
            clock,
            zone: wires.zone,
            control,
            desk,
            asked: None,
            cut: None,
            is_ended: false,
            frozen: None,
            has_stopped: false,
            restoration,
            turn: 0,
            is_ahead: false,
            last_tick: Timestamp::MIN,
            last_flush: Timestamp::MIN,
        };
        (worker, wires.sinks)
    }

    /// Runs until every input has ended or the application stops.
    pub(super) fn run(mut self, sinks: Vec<sink::OpenSink>) -> Result<()> {
        sink::install(sinks);
        self.start()?;
        loop {
            match self.step()? {
                Step::Again => {}
                Step::Wait(longest) => self.control.sleep_for(self.index, longest),
                Step::Done => return Ok(()),
            }
        }
    }

    /// Restores what a checkpoint knows, or else lets in what needs no source.
    pub(super) fn start(&mut self) -> Result<()> {
        let restoration = self.restoration.take();
        if let Some(restoration) = &restoration {
            let pipeline = &mut self.pipeline;
            let restored = restoration.restore(self.index, self.workers, &mut |visit| pipeline.stateful(visit));
            if let Err(error) = restored {
                self.control.restore_failed(error);
                return Ok(());
            }
        }
        let (arena, now) = (Arena::new(), self.clock.now());
        let first = self.index == 0 && restoration.is_none();
        self.pipeline.start(first, &Context { arena: &arena, now, watermark: None, zone: &self.zone })
    }

    /// Does the next piece of work. The sinks of this thread have to be the worker's.
    pub(super) fn step(&mut self) -> Result<Step> {
        if self.control.is_aborted() {
            return Ok(Step::Done);
        }
        if self.desk.is_none() && self.control.is_stopping() {
            self.stop_reading();
        }
        if self.take_orders()? {
            return Ok(Step::Done);
        }
        if self.cut.as_ref().is_some_and(|cut| cut.is_last() && cut.is_taken() && !cut.is_aborted) {
            // Whatever happened from here on, such as a timer that rings, would not be part of the checkpoint.
            self.retry_sending();
            return Ok(if self.go_on_cutting()? { Step::Again } else { Step::Wait(SLEEP) });
        }
        let blocked = self.retry_sending();
        let served = self.serve(blocked)?;
        let cutting = self.go_on_cutting()?;
        let read = blocked.is_none() && !served && self.may_read() && self.poll()?;
        let now = self.clock.monotonic();
        if now.since(self.last_tick) >= TICK {
            self.tick()?;
        }
        let patience = if sink::has_written() { FLUSH_WRITTEN } else { FLUSH };
        if now.since(self.last_flush) >= patience {
            self.flush()?;
        }
        if served || read || cutting {
            return Ok(Step::Again);
        }
        if self.is_ahead && blocked.is_none() {
            return Ok(Step::Wait(WAIT_FOR_OTHERS));
        }
        // Nothing to do: complete what is half done, and see whether that was all. If others have no room, what
        // is half done may fill while they make some.
        self.set_idle(blocked.is_none());
        self.tick()?;
        if blocked.is_none() && self.may_read() && self.is_done()? {
            match &self.desk {
                None => {
                    sink::finish_all()?;
                    return Ok(Step::Done);
                }
                // The coordinator asks for a last checkpoint when every worker has ended.
                Some(desk) if !self.is_ended => {
                    self.is_ended = true;
                    desk.report(self.index, 0, Report::Ended);
                }
                Some(_) => {}
            }
        }
        self.set_idle(false);
        self.flush()?;
        Ok(Step::Wait(SLEEP))
    }

    /// Whether no cut is waiting for something, nor holds too much, and no last one has been taken.
    fn may_read(&self) -> bool {
        let may = |cut: &Cut| cut.is_taken() && !cut.holds_much;
        !self.has_stopped && self.cut.as_ref().is_none_or(may) && self.asked.is_none()
    }

    /// Does what the coordinator of checkpoints has ordered; answers whether the worker has nothing left to do.
    fn take_orders(&mut self) -> Result<bool> {
        let Some(desk) = self.desk.clone() else { return Ok(false) };
        while let Some(order) = desk.take_order(self.index) {
            match order {
                Order::Cut(asked) => self.asked = Some(asked),
                Order::Commit(id) => {
                    sink::commit_all(id)?;
                    let Some(cut) = self.cut.take_if(|cut| cut.id() == id) else { continue };
                    let is_last = cut.is_last();
                    cut.ended(true, &mut *self.pipeline)?;
                    if is_last {
                        sink::finish_all()?;
                        return Ok(true);
                    }
                }
                Order::Abort(id) => {
                    if let Some(cut) = self.cut.as_mut().filter(|cut| cut.id() == id) {
                        cut.is_aborted = true;
                    }
                }
            }
        }
        Ok(false)
    }

    /// Goes on with its part of a checkpoint; answers whether there was something to do.
    fn go_on_cutting(&mut self) -> Result<bool> {
        let Some(desk) = self.desk.clone() else { return Ok(false) };
        if self.cut.is_none()
            && let Some(asked) = self.asked.take()
        {
            let sources = self.readers.iter_mut().map(|open| (open.table, open.reader.snapshot())).collect();
            self.frozen = Some(self.clock.now());
            self.cut = Some(Cut::begin(asked, &mut *self.pipeline, sources)?);
        }
        let Some(cut) = &mut self.cut else { return Ok(false) };
        let mut progress = false;
        while !cut.is_taken() {
            let (ports, others) = (&self.ports, self.workers - 1);
            let has_come = |port: Port| ports[port.0].barriers.iter().filter(|come| **come).count() == others;
            match cut.next(ports.len(), has_come, &mut *self.pipeline)? {
                cut::Next::Wait => return Ok(progress),
                cut::Next::Go => {
                    self.ports.iter_mut().for_each(|port| port.barriers.fill(false));
                    cut.taken(self.index, &desk)?;
                    self.frozen = None;
                    if cut.is_last() {
                        // That they end then does not mean that their input has.
                        self.has_stopped = true;
                        self.readers.iter_mut().for_each(|open| open.reader.stop());
                    }
                }
                cut::Next::SendBarrier(port, id) => {
                    // What waits for other workers goes before the barrier.
                    let idle = self.outbox.as_ref().map(|outbox| {
                        outbox.lock().unwrap_or_else(PoisonError::into_inner).set_idle(true);
                        Arc::clone(outbox)
                    });
                    self.pipeline.tick(self.frozen.unwrap_or_else(|| self.clock.now()))?;
                    if let Some(outbox) = idle {
                        let mut outbox = outbox.lock().unwrap_or_else(PoisonError::into_inner);
                        outbox.set_idle(false);
                        outbox.broadcast(port, || Content::Barrier(id));
                    }
                }
            }
            progress = true;
        }
        if cut.is_aborted {
            if let Some(cut) = self.cut.take() {
                cut.ended(false, &mut *self.pipeline)?;
            }
            return Ok(true);
        }
        Ok(!cut.is_written() && cut.write(self.index, &desk, &mut *self.pipeline)? || progress)
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
            // Who has sent a barrier is heard again when this worker has taken its cut.
            let is_heard = |port: Port, from: usize| self.ports.get(port.0).is_none_or(|state| !state.barriers[from]);
            let Some((port, Envelope { from, content })) = inbox.pop_from(lowest, is_heard) else {
                return Ok(served > 0);
            };
            match content {
                Content::Message(message) => {
                    self.pipeline.tick(self.now())?;
                    loop {
                        self.pipeline.receive(port, from, &message)?;
                        if message.is_read() {
                            break;
                        }
                    }
                    self.recycle(from, message);
                }
                Content::Barrier(_) => self.ports[port.0].barriers[from] = true,
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
        self.last_tick = self.clock.monotonic();
        for source in 0..self.readers.len() {
            if self.frozen.is_none() && self.readers[source].pending && !self.readers[source].ended {
                self.pipeline.read(SourceId(source), &ReaderEvent::Pending)?;
            }
        }
        self.pipeline.tick(self.now())
    }

    /// What time it is for the pipeline.
    fn now(&self) -> Timestamp {
        self.frozen.unwrap_or_else(|| self.clock.now())
    }

    fn flush(&mut self) -> Result<()> {
        self.last_flush = self.clock.monotonic();
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
            if self.control.is_stopping() && !self.ports[port].flushed {
                self.ports[port].flushed = true;
                self.pipeline.receive(Port(port), self.index, &Message::Flush)?;
                self.pipeline.tick(self.clock.now())?;
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
