//! A line on the terminal that says what is being built while it is.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sqlc::build;
use std::io::{IsTerminal, stderr};
use std::time::Duration;

/// The line; it disappears when dropped. Without a terminal only what takes minutes is said, once.
pub struct Progress {
    bar: ProgressBar,
    announced: bool,
}

impl Progress {
    pub fn new() -> Self {
        let is_terminal = stderr().is_terminal();
        let target = if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        let style =
            ProgressStyle::with_template("{spinner} {wide_msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
        bar.set_style(style);
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress { bar, announced: is_terminal }
    }

    pub fn say(&self, message: impl Into<String>) {
        self.bar.set_message(message.into());
    }
}

impl build::Progress for Progress {
    fn starting(&mut self, what: &str) {
        let message = format!("building {what}; this happens once and takes some minutes");
        if !self.announced {
            eprintln!("{message}");
            self.announced = true;
        }
        self.say(message);
    }

    fn compiling(&mut self, name: &str) {
        self.say(format!("compiling {name}"));
    }

    fn built(&mut self, name: &str, done: usize, total: Option<usize>) {
        let crates = match total {
            Some(total) => format!("{done} of about {total} crates"),
            None => format!("{done} crates"),
        };
        self.say(format!("building what applications are linked with, once: {crates} ({name})"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
