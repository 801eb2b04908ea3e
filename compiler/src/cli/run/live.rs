//! The panels on the terminal while the application runs.

use super::panel::{Panel, View};
use super::screen::Screen;
use super::status::Status;
use super::{ending, row, table};
use crate::cli::child::{self, Children, Event};
use crate::cli::failure::Failure;
use crate::cli::terminal::{self, BOLD, DIM, paint};
use anyhow::Context;
use sqlc::diagnostic::Colour;
use std::io::{IsTerminal, Stdout, stdout};
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

/// How often the size of the terminal is looked at.
const RESIZE_CHECK: Duration = Duration::from_millis(250);

/// A file has no size: nothing is cut.
const FILE_SIZE: (usize, usize) = (usize::MAX / 2, usize::MAX / 2);

/// How many lines a terminal gets at the end of the input, when they may scroll.
const LAST_LINES: usize = 1_000;

/// Shows the rows of the application `main` until it ends; the exit code comes back.
pub fn show(
    children: &mut Children,
    main: usize,
    panels: Vec<Panel>,
    status: Option<Status>,
    started: Instant,
) -> Result<u8, Failure> {
    let is_terminal = stdout().is_terminal();
    let mut live = Live {
        panels,
        status,
        counts: String::new(),
        screen: Screen::new(stdout(), is_terminal),
        colour: terminal::colour_of_stdout(),
        size: (0, 0),
        last_appended: None,
        other_lines: Vec::new(),
    };
    let mut code = None;
    let mut has_output = true;
    let mut is_interrupted = false;
    // Rows may still be on their way when the application has ended.
    while code.is_none() || (has_output && !children.is_running(main)) {
        match children.events().recv_timeout(live.patience()) {
            Ok(Event::Output(lines)) => lines.lines().for_each(|line| live.take(line)),
            Ok(Event::OutputEnded) => has_output = false,
            Ok(Event::Exited(number, status)) => {
                children.ended(number);
                if let Some(ended) = ending(main, number, child::exit_code(status)) {
                    code.get_or_insert(ended);
                }
            }
            Ok(Event::Signal) => {
                is_interrupted = true;
                children.stop_all();
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        live.draw_if_due().context("cannot write to the terminal")?;
    }
    live.finish(is_interrupted).context("cannot write to the terminal")?;
    if is_terminal {
        let counts = live.panels.iter().map(|panel| match panel.changes {
            1 => format!("{}: 1 change", panel.heading),
            changes => format!("{}: {changes} changes", panel.heading),
        });
        let summary = format!("{}; {:.1} s", counts.collect::<Vec<_>>().join("; "), started.elapsed().as_secs_f64());
        eprintln!("{}", paint(&summary, DIM, terminal::colour_of_stderr()));
    }
    Ok(code.unwrap_or(0))
}

struct Live {
    panels: Vec<Panel>,
    /// How the INSERTs get on, if there are any, and what it was when it was drawn last.
    status: Option<Status>,
    counts: String,
    screen: Screen<Stdout>,
    colour: Colour,
    /// Columns and lines.
    size: (usize, usize),
    /// Which panel's rows were appended last: others say so before they go on.
    last_appended: Option<usize>,
    /// What the application wrote besides: rows of `print` tables.
    other_lines: Vec<String>,
}

impl Live {
    fn take(&mut self, line: &str) {
        let change = row::parse(line);
        let panel = change.as_ref().and_then(|change| {
            let statement = change.statement;
            self.panels.iter_mut().find(|panel| panel.statement == statement)
        });
        match (change, panel) {
            (Some(change), Some(panel)) => panel.apply(change),
            _ => self.other_lines.push(line.to_owned()),
        }
    }

    /// How long to wait for the next event.
    fn patience(&self) -> Duration {
        let due = self.panels.iter().filter_map(Panel::due).min();
        let patience = due.map_or(RESIZE_CHECK, |due| due.saturating_duration_since(Instant::now()));
        patience.min(RESIZE_CHECK)
    }

    fn draw_if_due(&mut self) -> std::io::Result<()> {
        let now = Instant::now();
        let is_due = self.panels.iter().filter_map(Panel::due).any(|due| due <= now);
        let size = self.current_size();
        let counts = self.status.as_ref().map(Status::latest).unwrap_or_default();
        if !is_due && size == self.size && self.other_lines.is_empty() && counts == self.counts {
            return Ok(());
        }
        self.size = size;
        self.counts = counts;
        let above = self.above();
        // The cursor stands below the last line.
        let mut lines = self.lines(size.1.saturating_sub(3));
        if !self.counts.is_empty() {
            lines.extend([String::new(), paint(&table::cut(&self.counts, size.0), DIM, self.colour)]);
        }
        self.panels.iter_mut().for_each(|panel| panel.has_been_drawn(now));
        self.screen.draw(&above, &lines, size.0)
    }

    fn current_size(&self) -> (usize, usize) {
        if !self.screen.is_terminal() {
            return FILE_SIZE;
        }
        let (columns, lines) = crossterm::terminal::size().unwrap_or((80, 24));
        (usize::from(columns.max(20)), usize::from(lines.max(5)))
    }

    /// What scrolls away: rows that are appended, and what else was written.
    fn above(&mut self) -> Vec<String> {
        let mut above = std::mem::take(&mut self.other_lines);
        let several = self.panels.len() > 1;
        for (index, panel) in self.panels.iter_mut().enumerate() {
            let fresh = panel.fresh_lines(self.size.0);
            if fresh.is_empty() {
                continue;
            }
            if several && self.last_appended != Some(index) {
                above.push(paint(&panel.heading, BOLD, self.colour));
                self.last_appended = Some(index);
            }
            above.extend(fresh);
        }
        above
    }

    /// All panels that change in place, one below the other, in `height` lines.
    fn lines(&self, height: usize) -> Vec<String> {
        let panels: Vec<&Panel> =
            self.panels.iter().filter(|panel| !matches!(panel.view, View::Append { .. })).collect();
        let several = self.panels.len() > 1;
        let mut lines = Vec::new();
        for (index, panel) in panels.iter().enumerate() {
            let remaining = panels.len() - index;
            // What the panels above did not need is shared by those below.
            let room = (height.saturating_sub(lines.len())) / remaining;
            let extra = if several { 2 } else { 0 };
            if several && room > extra {
                lines.push(paint(&table::cut(&panel.heading, self.size.0), BOLD, self.colour));
            }
            lines.extend(panel.lines(self.size.0, room.saturating_sub(extra)));
            if several && remaining > 1 && room > extra {
                lines.push(String::new());
            }
        }
        lines
    }

    /// The last state. Who has interrupted a run has seen the rest, and wants it where it was.
    fn finish(&mut self, is_interrupted: bool) -> std::io::Result<()> {
        self.size = self.current_size();
        let height = match (self.screen.is_terminal(), is_interrupted) {
            (true, true) => self.size.1.saturating_sub(3),
            (true, false) => LAST_LINES,
            (false, _) => FILE_SIZE.1,
        };
        let mut last = self.above();
        let lines = self.lines(height);
        if !last.is_empty() && !lines.is_empty() {
            last.push(String::new());
        }
        last.extend(lines);
        self.screen.finish(&last, self.size.0)
    }
}
