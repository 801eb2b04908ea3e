//! One worker's part in a checkpoint: the cut from port to port, then the state piece by piece.
//!
//! The worker stops reading and notes where its readers stand. A port has had everything before the cut when everything
//! upstream of it has been sent, with a barrier behind it, and the barriers of all other workers have come; then its
//! operator takes its cut, and the next port follows. Whoever's barrier has come to a port is not heard there until the
//! worker is through, so that nothing that follows the cut gets into what it still has to take. Since every worker
//! sends its barriers port by port before it reads on, somebody can always go on.

use super::desk::{self, Desk, Report};
use super::{Pipeline, sink};
use crate::checkpoint::{CutPart, Stateful};
use crate::connector::{CheckpointId, SplitState};
use crate::error::Result;
use crate::exchange::{Message, Port};
use crate::state::Blocks;

/// About how many bytes of state are written between two chunks: some milliseconds of work.
const STEP_BYTES: usize = 1 << 20;

/// How many bytes may wait that were written because they were about to change. Only where storage is slower than rows
/// are there that many.
const MOST_HELD: usize = 64 << 20;

/// A checkpoint that a worker takes part in.
pub(super) struct Cut {
    asked: desk::Cut,
    /// Where it stands, until every port has taken its cut.
    phase: Phase,
    parts: Vec<CutPart>,
    sources: Vec<(&'static str, Vec<SplitState>)>,
    /// Per part, once all have taken their cut: whether there is more to say than its head does.
    has_state: Vec<bool>,
    /// The part whose state is being written.
    writing: usize,
    written: bool,
    /// So much that has to be stored is already written that rows must not change more of the state.
    pub holds_much: bool,
    prepared: bool,
    /// The checkpoint will never be complete; barriers are on their way nevertheless.
    pub is_aborted: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// What is upstream of the port has to be sent, and a barrier behind it.
    Send(Port),
    /// The barriers of other workers have to come to the port.
    Align(Port),
    Taken,
}

/// What a worker has to do for its cut before it can go on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Send what waits for the port, and a barrier behind it.
    SendBarrier(Port, CheckpointId),
    /// Wait for the barriers of others.
    Wait,
    /// Every port has taken its cut.
    Go,
}

impl Cut {
    /// Begins a cut behind everything that was read: the scans take theirs.
    pub fn begin(
        asked: desk::Cut,
        pipeline: &mut dyn Pipeline,
        sources: Vec<(&'static str, Vec<SplitState>)>,
    ) -> Result<Self> {
        let mut cut = Cut {
            asked,
            phase: Phase::Send(Port(0)),
            parts: Vec::new(),
            sources,
            has_state: Vec::new(),
            writing: 0,
            written: false,
            holds_much: false,
            prepared: false,
            is_aborted: false,
        };
        let scans = cut.sources.len();
        let (asked, parts) = (cut.asked, &mut cut.parts);
        nth(pipeline, 0..scans, &mut |part| take(asked, parts, part))?;
        Ok(cut)
    }

    pub fn id(&self) -> CheckpointId {
        self.asked.id
    }

    pub fn is_last(&self) -> bool {
        self.asked.last
    }

    /// Whether every port has taken its cut.
    pub fn is_taken(&self) -> bool {
        self.phase == Phase::Taken
    }

    /// What is to be done next, where `barriers` says of a port whether the barriers of all others have come.
    pub fn next(&mut self, ports: usize, barriers: impl Fn(Port) -> bool, pipeline: &mut dyn Pipeline) -> Result<Next> {
        loop {
            match self.phase {
                Phase::Send(port) if port.0 == ports => {
                    self.phase = Phase::Taken;
                }
                Phase::Send(port) => {
                    self.phase = Phase::Align(port);
                    return Ok(Next::SendBarrier(port, self.asked.id));
                }
                Phase::Align(port) if barriers(port) => {
                    // What an operator holds back belongs behind it, before the barrier that follows.
                    pipeline.receive(port, 0, &Message::Flush)?;
                    let number = self.parts.len();
                    let (asked, parts) = (self.asked, &mut self.parts);
                    nth(pipeline, number..number + 1, &mut |part| take(asked, parts, part))?;
                    self.phase = Phase::Send(Port(port.0 + 1));
                }
                Phase::Align(_) => return Ok(Next::Wait),
                Phase::Taken => return Ok(Next::Go),
            }
        }
    }

    /// Tells the coordinator what the cut is, and the sinks that it has been.
    pub fn taken(&mut self, worker: usize, desk: &Desk) -> Result<()> {
        sink::barrier_all(self.asked.id, self.asked.last)?;
        let sources = std::mem::take(&mut self.sources);
        let parts = std::mem::take(&mut self.parts);
        self.has_state = parts.iter().map(|part| part.blocks > 0).collect();
        desk.report(worker, self.asked.id, Report::Taken { parts, sources });
        Ok(())
    }

    /// Hands over the next pieces of state and asks the sinks; answers whether there was something to do.
    pub fn write(&mut self, worker: usize, desk: &Desk, pipeline: &mut dyn Pipeline) -> Result<bool> {
        let (id, mut progress) = (self.asked.id, false);
        if !self.written && desk.has_room() {
            progress = true;
            let mut room = STEP_BYTES;
            while self.writing < self.has_state.len() && room > 0 {
                let number = self.writing;
                let (mut blocks, mut more) = (Blocks::default(), false);
                if self.has_state[number] {
                    nth(pipeline, number..number + 1, &mut |part| {
                        more = part.snapshot(&mut blocks, room);
                        Ok(())
                    })?;
                }
                room = room.saturating_sub(blocks.size());
                if blocks.iter().next().is_some() {
                    desk.report(worker, id, Report::State { part: number, blocks });
                }
                if more {
                    break;
                }
                self.writing += 1;
            }
            if self.writing == self.has_state.len() {
                self.written = true;
                desk.report(worker, id, Report::Written);
            }
        }
        let mut held = 0;
        if !self.written {
            nth(pipeline, self.writing..self.has_state.len(), &mut |part| {
                held += part.early();
                Ok(())
            })?;
        }
        self.holds_much = held > MOST_HELD;
        if !self.prepared
            && let Some(sinks) = sink::prepared_all()?
        {
            (self.prepared, progress) = (true, true);
            desk.report(worker, id, Report::Prepared { sinks });
        }
        Ok(progress)
    }

    /// Whether everything has been handed over.
    pub fn is_written(&self) -> bool {
        self.written && self.prepared
    }

    /// The checkpoint has become complete, or never will be.
    pub fn ended(self, kept: bool, pipeline: &mut dyn Pipeline) -> Result<()> {
        nth(pipeline, 0..self.has_state.len(), &mut |part| {
            part.snapshot_ended(kept);
            Ok(())
        })
    }
}

fn take(asked: desk::Cut, parts: &mut Vec<CutPart>, part: &mut dyn Stateful) -> Result<()> {
    let mut head = Vec::new();
    let blocks = part.begin_snapshot(&mut head, asked.changes)?;
    parts.push(CutPart { name: part.name().to_owned(), meaning: part.meaning().clone(), head, blocks });
    Ok(())
}

/// Visits the parts of a pipeline with these numbers.
fn nth(
    pipeline: &mut dyn Pipeline,
    numbers: std::ops::Range<usize>,
    each: &mut dyn FnMut(&mut dyn Stateful) -> Result<()>,
) -> Result<()> {
    let mut number = 0;
    pipeline.stateful(&mut |part| {
        let is_meant = numbers.contains(&number);
        number += 1;
        if is_meant { each(part) } else { Ok(()) }
    })
}
