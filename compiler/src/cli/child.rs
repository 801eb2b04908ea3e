//! Applications as child processes: what they write, when they end, and the signals that are passed on to them.

use super::failure::{Failure, IO, SOFTWARE};
use anyhow::Context;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// How many events wait at most: an application that writes faster than a terminal shows is slowed down.
const EVENTS: usize = 64;

/// About as many bytes of lines as come in one event.
const BATCH_BYTES: usize = 1 << 16;

/// What happens while applications run.
#[derive(Debug)]
pub enum Event {
    /// Whole lines that the child wrote, each with its line break.
    Output(String),
    /// It has closed its output.
    OutputEnded,
    /// The child of this number has ended.
    Exited(usize, ExitStatus),
    /// Somebody asks us to end, or the terminal is gone.
    Signal,
}

/// Where the output of an application goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// To us, as events.
    Captured,
    /// Where ours goes.
    Inherited,
    /// Nowhere.
    Discarded,
}

/// The applications of one run, with a queue of what happens to them.
pub struct Children {
    pids: Vec<Option<Pid>>,
    events: Receiver<Event>,
    sender: SyncSender<Event>,
}

impl Children {
    /// Listens to signals from here on: the process does not end by them any more.
    pub fn new() -> Result<Self, Failure> {
        let (sender, events) = sync_channel(EVENTS);
        let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM]).context("cannot listen to signals")?;
        let to = sender.clone();
        thread::spawn(move || {
            for _ in signals.forever() {
                if to.send(Event::Signal).is_err() {
                    return;
                }
            }
        });
        Ok(Children { pids: Vec::new(), events, sender })
    }

    /// Starts an application; its number counts from 0.
    pub fn spawn(&mut self, command: &mut Command, output: Output) -> Result<usize, Failure> {
        let number = self.pids.len();
        let stdout = match output {
            Output::Captured => Stdio::piped(),
            Output::Inherited => Stdio::inherit(),
            Output::Discarded => Stdio::null(),
        };
        end_with_us(command);
        // In a group of its own it does not get Ctrl-C from the terminal, but from us, once.
        let spawned = command.stdin(Stdio::null()).stdout(stdout).process_group(0).spawn();
        let mut child = spawned.with_context(|| format!("cannot start {}", command.get_program().display()))?;
        self.pids.push(Some(Pid::from_child(&child)));
        if let Some(stdout) = child.stdout.take() {
            let to = self.sender.clone();
            thread::spawn(move || forward_lines(stdout, &to));
        }
        let to = self.sender.clone();
        thread::spawn(move || {
            let status = child.wait().unwrap_or_else(|_| ExitStatus::from_raw(i32::from(SOFTWARE) << 8));
            // Nobody listens any more when the command is over.
            let _ = to.send(Event::Exited(number, status));
        });
        Ok(number)
    }

    pub fn events(&self) -> &Receiver<Event> {
        &self.events
    }

    /// Notes that a child has ended: its number must not be signalled any more.
    pub fn ended(&mut self, number: usize) {
        self.pids[number] = None;
    }

    pub fn is_running(&self, number: usize) -> bool {
        self.pids[number].is_some()
    }

    /// Asks one child to complete what it has read, and to end.
    pub fn stop(&self, number: usize) {
        if let Some(pid) = self.pids[number] {
            // It may have ended just now.
            let _ = kill_process(pid, Signal::INT);
        }
    }

    pub fn stop_all(&self) {
        (0..self.pids.len()).for_each(|number| self.stop(number));
    }

    /// Stops every child and waits until all have ended.
    pub fn finish(&mut self) {
        self.stop_all();
        while self.pids.iter().any(Option::is_some) {
            match self.events.recv() {
                Ok(Event::Exited(number, _)) => self.ended(number),
                Ok(Event::Signal) => self.stop_all(),
                Ok(Event::Output(_) | Event::OutputEnded) => {}
                Err(_) => return,
            }
        }
    }
}

/// A child that is left alone would run for ever.
impl Drop for Children {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Has the system stop the child if we are killed (SIGKILL, out of memory), when nothing of ours runs any more. What
/// counts as our end is the end of the thread that starts the child: the main one. Other systems than Linux cannot.
#[cfg(target_os = "linux")]
fn end_with_us(command: &mut Command) {
    let us = rustix::process::getpid();
    let arrange = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
        // If we were killed before that call, nobody will tell the child.
        match rustix::process::getppid() == Some(us) {
            true => Ok(()),
            false => Err(std::io::ErrorKind::Interrupted.into()),
        }
    };
    // SAFETY: between fork and exec only calls that are safe in signal handlers are allowed. These are three plain
    // system calls; nothing is allocated, no lock is taken.
    unsafe { command.pre_exec(arrange) };
}

#[cfg(not(target_os = "linux"))]
fn end_with_us(_: &mut Command) {}

fn forward_lines(stdout: ChildStdout, to: &SyncSender<Event>) {
    let mut reader = BufReader::with_capacity(BATCH_BYTES, stdout);
    let mut batch = Vec::new();
    loop {
        let (used, last_break) = match reader.fill_buf() {
            Ok([]) | Err(_) => break,
            Ok(bytes) => {
                batch.extend_from_slice(bytes);
                (bytes.len(), batch.iter().rposition(|byte| *byte == b'\n'))
            }
        };
        reader.consume(used);
        let Some(last_break) = last_break else { continue };
        let rest = batch.split_off(last_break + 1);
        let lines = String::from_utf8_lossy(&batch).into_owned();
        if to.send(Event::Output(lines)).is_err() {
            return;
        }
        batch = rest;
    }
    if !batch.is_empty() {
        batch.push(b'\n');
        let _ = to.send(Event::Output(String::from_utf8_lossy(&batch).into_owned()));
    }
    let _ = to.send(Event::OutputEnded);
    // What comes after an error is read, so that the child does not block.
    let _ = std::io::copy(&mut reader.by_ref(), &mut std::io::sink());
}

/// The exit code that says how a child ended: as shells have it, 128 and the number of the signal that killed it.
pub fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or_default();
    u8::try_from(code).unwrap_or(IO)
}
