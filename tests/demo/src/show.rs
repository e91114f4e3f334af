//! What the person in front of the demo sees while it runs.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use counterfoil_simulator::Progress;

/// The screen.
pub(crate) struct Show {
    begun: Instant,
    terminal: bool,
    percent_shown: i64,
    line_open: bool,
}

impl Show {
    #[expect(clippy::disallowed_methods, reason = "the demo shows people how long things took")]
    pub(crate) fn begin() -> Self {
        Self {
            begun: Instant::now(),
            terminal: io::stdout().is_terminal(),
            percent_shown: -1,
            line_open: false,
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// One line of its own.
    pub(crate) fn line(&mut self, text: &str) {
        let mut out = io::stdout().lock();
        let before = if self.line_open { "\r\u{1b}[2K" } else { "" };
        self.line_open = false;
        // Nobody is left to tell.
        let _ = writeln!(out, "{before}{text}");
    }

    /// How far the play has come: a bar that moves on a terminal, a line each tenth elsewhere.
    pub(crate) fn progress(&mut self, progress: &Progress) {
        let percent = progress.played_seconds * 100 / progress.total_seconds.max(1);
        let step = if self.terminal { 1 } else { 10 };
        if percent / step <= self.percent_shown / step && self.percent_shown >= 0 {
            return;
        }
        self.percent_shown = percent;
        let filled = usize::try_from(percent * 30 / 100).unwrap_or(0).min(30);
        let text = format!(
            "  [{}{}] {percent:>3} %  {:>4} customers  {:>6} events  {:>6} received",
            "#".repeat(filled),
            ".".repeat(30 - filled),
            progress.customers,
            progress.events,
            progress.acknowledged,
        );
        if !self.terminal {
            return self.line(&text);
        }
        let mut out = io::stdout().lock();
        let _ = write!(out, "\r\u{1b}[2K{text}");
        let _ = out.flush();
        self.line_open = true;
    }
}
