//! Where bars and screens are drawn.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use console::Term;
use indicatif::{ProgressDrawTarget, TermLike};

/// How often at most something is drawn.
const DRAWS_PER_SECOND_MAX: u8 = 20;

/// Stderr, where it is a terminal.
pub(crate) fn stderr() -> ProgressDrawTarget {
    let terminal = Term::buffered_stderr();
    if !terminal.is_term() {
        return ProgressDrawTarget::hidden();
    }
    // Of a terminal that is not one of its own, the library asks stdout for its colours.
    console::set_colors_enabled(console::colors_enabled_stderr());
    drawn_on(terminal)
}

/// What is drawn there leaves the cursor where its text ends.
pub(crate) fn drawn_on(terminal: impl TermLike + 'static) -> ProgressDrawTarget {
    let terminal = Unfilled { terminal, spaces: AtomicUsize::new(0) };
    ProgressDrawTarget::term_like_with_hz(Box::new(terminal), DRAWS_PER_SECOND_MAX)
}

/// A terminal on which the last line is not filled up.
///
/// The library fills every line up with spaces. Behind the last one, the cursor then waits at the
/// terminal's edge, and the `^C` that a terminal shows for Ctrl-C goes to the next line and takes the
/// cursor along: what was drawn would be looked for in the wrong place, and stay there for ever.
#[derive(Debug)]
struct Unfilled<T> {
    terminal: T,
    /// Spaces that are written when a line follows.
    spaces: AtomicUsize,
}

impl<T: TermLike> TermLike for Unfilled<T> {
    fn width(&self) -> u16 {
        self.terminal.width()
    }

    fn height(&self) -> u16 {
        self.terminal.height()
    }

    fn move_cursor_up(&self, rows: usize) -> io::Result<()> {
        self.terminal.move_cursor_up(rows)
    }

    fn move_cursor_down(&self, rows: usize) -> io::Result<()> {
        self.terminal.move_cursor_down(rows)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.terminal.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.terminal.move_cursor_left(columns)
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.terminal.write_line(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        if text.bytes().all(|byte| byte == b' ') {
            self.spaces.fetch_add(text.len(), Ordering::Relaxed);
            return Ok(());
        }
        let spaces = self.spaces.swap(0, Ordering::Relaxed);
        self.terminal.write_str(&" ".repeat(spaces))?;
        self.terminal.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.terminal.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.spaces.store(0, Ordering::Relaxed);
        self.terminal.flush()
    }
}
