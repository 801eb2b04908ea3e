//! Lines at the end of a terminal that are drawn over, while others scroll away above them.

use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

const HIDE_CURSOR: &str = "\u{1b}[?25l";
const SHOW_CURSOR: &str = "\u{1b}[?25h";
/// What comes until the end is shown at once, by terminals that know this.
const BEGIN_UPDATE: &str = "\u{1b}[?2026h";
const END_UPDATE: &str = "\u{1b}[?2026l";
const CLEAR_TO_END_OF_LINE: &str = "\u{1b}[K";
const CLEAR_BELOW: &str = "\u{1b}[J";

/// A terminal, or a file that wants the last state only.
#[derive(Debug)]
pub struct Screen<W: Write> {
    out: W,
    is_terminal: bool,
    /// The widths of the lines that are there to be drawn over.
    drawn: Vec<usize>,
    is_hiding: bool,
}

impl<W: Write> Screen<W> {
    pub fn new(out: W, is_terminal: bool) -> Self {
        Screen { out, is_terminal, drawn: Vec::new(), is_hiding: false }
    }

    pub fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Writes `above` to stay, and `lines` to be drawn over the next time, on a terminal that is now `width` wide.
    pub fn draw(&mut self, above: &[String], lines: &[String], width: usize) -> io::Result<()> {
        if !self.is_terminal {
            above.iter().try_for_each(|line| writeln!(self.out, "{line}"))?;
            return self.out.flush();
        }
        let mut text = String::new();
        if !self.is_hiding {
            text.push_str(HIDE_CURSOR);
            self.is_hiding = true;
        }
        text.push_str(BEGIN_UPDATE);
        text.push_str(&self.go_up(width));
        for line in above.iter().chain(lines) {
            text.push_str(line);
            text.push_str(CLEAR_TO_END_OF_LINE);
            text.push_str("\r\n");
        }
        text.push_str(CLEAR_BELOW);
        text.push_str(END_UPDATE);
        self.drawn = lines.iter().map(|line| line.width()).collect();
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// Writes the last state, which stays, and gives the terminal back as it was.
    pub fn finish(&mut self, lines: &[String], width: usize) -> io::Result<()> {
        if self.is_terminal {
            self.draw(lines, &[], width)?;
            self.restore()
        } else {
            self.draw(lines, &[], width)
        }
    }

    fn restore(&mut self) -> io::Result<()> {
        if self.is_hiding {
            self.is_hiding = false;
            self.out.write_all(SHOW_CURSOR.as_bytes())?;
            self.out.flush()?;
        }
        Ok(())
    }

    /// To the first of the drawn lines. On a terminal that has become narrower they take more than one line each.
    fn go_up(&self, width: usize) -> String {
        let lines: usize = self.drawn.iter().map(|drawn| drawn.div_ceil(width.max(1)).max(1)).sum();
        // The cursor may stand behind a ^C that the terminal has written.
        if lines == 0 { "\r".to_owned() } else { format!("\r\u{1b}[{lines}A") }
    }
}

/// The cursor comes back however the command ends.
impl<W: Write> Drop for Screen<W> {
    fn drop(&mut self) {
        let _ = self.restore();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn lines_are_drawn_over_and_the_cursor_comes_back() {
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out, true);
        screen.draw(&[], &texts(&["one", "two"]), 80).unwrap();
        screen.draw(&texts(&["kept"]), &texts(&["three"]), 80).unwrap();
        drop(screen);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text.replace('\u{1b}', "^"),
            "^[?25l^[?2026h\rone^[K\r\ntwo^[K\r\n^[J^[?2026l\
             ^[?2026h\r^[2Akept^[K\r\nthree^[K\r\n^[J^[?2026l^[?25h"
        );
    }

    #[test]
    fn a_narrower_terminal_has_wrapped_the_lines() {
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out, true);
        screen.draw(&[], &texts(&["1234567890", "12"]), 80).unwrap();
        screen.draw(&[], &[], 4).unwrap();
        drop(screen);
        assert!(String::from_utf8(out).unwrap().contains("\u{1b}[4A"));
    }

    #[test]
    fn a_file_gets_plain_lines() {
        let mut out = Vec::new();
        let mut screen = Screen::new(&mut out, false);
        screen.draw(&texts(&["appended"]), &texts(&["shown for a moment"]), 80).unwrap();
        screen.finish(&texts(&["the end"]), 80).unwrap();
        drop(screen);
        assert_eq!(String::from_utf8(out).unwrap(), "appended\nthe end\n");
    }
}
