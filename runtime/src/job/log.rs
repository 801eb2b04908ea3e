//! What the application says about itself, on stderr: as text, or as one JSON object a line.

use crate::time::Clock;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

static JSON: AtomicBool = AtomicBool::new(false);

/// Chooses JSON lines (or text again) for the whole process.
pub fn use_json(json: bool) {
    JSON.store(json, Ordering::Relaxed);
}

pub fn info(message: &str) {
    write("info", message);
}

pub fn warn(message: &str) {
    write("warning", message);
}

pub fn error(message: &str) {
    write("error", message);
}

fn write(level: &str, message: &str) {
    let line = match JSON.load(Ordering::Relaxed) {
        false => format!("{level}: {message}\n"),
        true => {
            let time = super::dead_letters::iso(Clock::system().now());
            format!("{}\n", serde_json::json!({ "time": time, "level": level, "message": message }))
        }
    };
    // There is nobody left to tell if stderr is gone.
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}
