//! What the streams of the process are connected to, and the few colours that are used.

use sqlc::diagnostic::Colour;
use std::io::{IsTerminal, stderr, stdout};

pub const RED: &str = "\u{1b}[1;31m";
pub const YELLOW: &str = "\u{1b}[1;33m";
pub const BOLD: &str = "\u{1b}[1m";
pub const DIM: &str = "\u{1b}[2m";
const RESET: &str = "\u{1b}[0m";

pub fn colour_of_stderr() -> Colour {
    colour(stderr().is_terminal())
}

pub fn colour_of_stdout() -> Colour {
    colour(stdout().is_terminal())
}

/// Colours are for terminals, unless the user does not want them (<https://no-color.org>) or the terminal has none.
fn colour(is_terminal: bool) -> Colour {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if is_terminal && !unwanted && !dumb { Colour::Always } else { Colour::Never }
}

pub fn paint(text: &str, style: &str, colour: Colour) -> String {
    match colour {
        Colour::Always => format!("{style}{text}{RESET}"),
        Colour::Never => text.to_owned(),
    }
}
