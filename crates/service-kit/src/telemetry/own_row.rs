//! Lines on a terminal on which something is drawn.

use std::io::{self, IsTerminal as _, Write, stderr};

/// To the beginning of the row, and away with what is there (ECMA-48, `EL`).
const CLEAR_ROW: &[u8] = b"\r\x1b[2K";

/// Stderr, for a line that is written at once. On a terminal it begins on a row of its own: where a bar
/// leaves the cursor, there is text before it.
pub(super) struct OwnRow<Out> {
    out: Out,
    terminal: bool,
}

impl OwnRow<io::Stderr> {
    pub(super) fn new() -> Self {
        Self { out: stderr(), terminal: stderr().is_terminal() }
    }
}

impl<Out: Write> Write for OwnRow<Out> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.terminal {
            self.out.write_all(&[CLEAR_ROW, line].concat())?;
        } else {
            self.out.write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_terminal_has_rows() {
        for (terminal, expected) in [(true, "\r\x1b[2Kwell\n"), (false, "well\n")] {
            let mut row = OwnRow { out: Vec::new(), terminal };
            row.write_all(b"well\n").unwrap();
            assert_eq!(row.out, expected.as_bytes());
        }
    }
}
