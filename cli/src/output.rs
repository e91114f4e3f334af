//! What people and machines read: lines, and tables whose columns line up.

use std::io::{self, IsTerminal, Write};

/// Prints one line to standard output. A reader that went away (`| head`) is no fault.
pub(crate) fn line(text: &str) {
    let mut out = io::stdout().lock();
    // Nobody is left to tell.
    let _ = writeln!(out, "{text}");
}

/// Says one line to the person at the terminal, beside the output.
pub(crate) fn say(text: &str) {
    let mut out = io::stderr().lock();
    // Nobody is left to tell.
    let _ = writeln!(out, "{text}");
}

/// Shows how far long work has come, on one line that overwrites itself; only to a terminal.
pub(crate) fn progress(text: &str) {
    let mut out = io::stderr().lock();
    if out.is_terminal() {
        let _ = write!(out, "\r\u{1b}[2K{text}");
        let _ = out.flush();
    }
}

/// Ends the line of [`progress`].
pub(crate) fn progress_end() {
    let mut out = io::stderr().lock();
    if out.is_terminal() {
        let _ = write!(out, "\r\u{1b}[2K");
        let _ = out.flush();
    }
}

/// A table whose columns are as wide as their widest cell; the last is not padded.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) {
    let mut widths: Vec<usize> = head.iter().map(|it| it.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let head: Vec<String> = head.iter().map(ToString::to_string).collect();
    for row in std::iter::once(&head).chain(rows) {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        line(cells.join("  ").trim_end());
    }
}
