//! The hash that proves the order of an archive's lines.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::entry::{Exchange, Sequence};
use crate::hash::Hash;
use crate::wire;

/// Bytes of the chain that a line shows.
const SHOWN_BYTES: usize = 8;

/// Hexadecimal digits of the chain that a line shows.
pub(crate) const SHOWN_DIGITS: usize = SHOWN_BYTES * 2;

/// SHA-256 over all lines so far: of the chain before the last line, followed by that line.
///
/// It is made of the lines alone, so equal chains mean equal lines in equal order, in whatever
/// segments and whichever archive they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Chain(Hash);

impl Chain {
    /// Before the first line.
    pub const START: Self = Self(Hash([0; 32]));

    /// After one more line; `line` is what stands before `,"chain"`.
    #[must_use]
    pub fn after(self, line: &[u8]) -> Self {
        Self(Hash::of(&[&self.0.0, line]))
    }

    /// After one more entry.
    #[must_use]
    pub fn after_entry(self, sequence: Sequence, exchange: &Exchange) -> Self {
        let mut line = Vec::new();
        wire::write_json(sequence, exchange, &mut line);
        line.pop();
        self.after(&line)
    }

    /// What the line shows: the first bytes, in hexadecimal digits.
    pub(crate) fn shown(self) -> [u8; SHOWN_DIGITS] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut shown = [0; SHOWN_DIGITS];
        for (byte, pair) in self.0.0.iter().zip(shown.chunks_exact_mut(2)) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 0xf)];
        }
        shown
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
