//! What people read: lines, and tables whose columns line up.

use std::fmt::Write as _;
use std::io::{self, Write as _};

/// Prints one line to standard output. A reader that went away (`| head`) is no fault.
pub fn line(text: &str) {
    // Nobody is left to tell.
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Says one line to the person at the terminal, beside the output.
pub fn say(text: &str) {
    // Nobody is left to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// The lines of a table whose columns are as wide as their widest cell.
#[must_use]
pub fn table(rows: &[Vec<String>]) -> Vec<String> {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let lined_up = |row: &Vec<String>| {
        let mut text = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            // Writing to a string cannot fail.
            let _ = write!(text, "{cell:<width$}  ");
        }
        text.trim_end().to_owned()
    };
    rows.iter().map(lined_up).collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_line_up_by_characters() {
        let rows = [["a", "µs", "x"], ["bbb", "c", ""]];
        let rows: Vec<Vec<String>> =
            rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect();
        assert_eq!(table(&rows), ["a    µs  x", "bbb  c"]);
    }
}
