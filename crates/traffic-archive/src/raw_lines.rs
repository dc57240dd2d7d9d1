//! The lines of what was unpacked, in memory that goes on with them: none is copied.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::mem;

use bytes::BytesMut;
use memchr::memchr;

/// Bytes that a line may have, its end included.
pub const LINE_BYTES_MAX: usize = 32 << 20;

/// Memory that lines share, in bytes; a line that is longer has more.
const CHUNK_BYTES: usize = 256 << 10;

/// What is unpacked at once: a block of zstd has no more (RFC 8878, 3.1.1.2.4).
const UNPACKED_AT_ONCE: usize = 128 << 10;

/// Chunks that are remembered, to be used again once all their lines are gone; as many as the slowest
/// user has under way.
const CHUNKS_KEPT_MAX: usize = 64;

/// Memory for lines. What is new costs more than what is written into it: the system clears every page.
#[derive(Default)]
pub(crate) struct LineMemory {
    /// What is left of the newest chunks, oldest first.
    used: VecDeque<BytesMut>,
}

impl LineMemory {
    fn chunk(&mut self) -> BytesMut {
        if self.used.front_mut().is_some_and(|oldest| oldest.try_reclaim(CHUNK_BYTES))
            && let Some(oldest) = self.used.pop_front()
        {
            return oldest;
        }
        if self.used.len() >= CHUNKS_KEPT_MAX {
            // Its lines keep it for as long as they are there.
            self.used.pop_front();
        }
        BytesMut::with_capacity(CHUNK_BYTES)
    }

    fn keep(&mut self, mut rest: BytesMut) {
        rest.clear();
        self.used.push_back(rest);
    }
}

/// The lines of `reader`, one after the other.
pub(crate) struct RawLines<'m, R> {
    reader: R,
    memory: &'m mut LineMemory,
    /// What was read and is no whole line yet, and the lines behind it.
    unpacked: BytesMut,
    /// So many bytes of it have no end of line.
    searched: usize,
    /// Whether it is more than a chunk, for a long line.
    grown: bool,
    ended: bool,
}

impl<'m, R: Read> RawLines<'m, R> {
    pub(crate) fn new(reader: R, memory: &'m mut LineMemory) -> Self {
        let unpacked = memory.chunk();
        Self { reader, memory, unpacked, searched: 0, grown: false, ended: false }
    }

    /// The next line with its end. The last may have none, and one that is longer than
    /// [`LINE_BYTES_MAX`] is not read to its end.
    pub(crate) fn next(&mut self) -> io::Result<Option<BytesMut>> {
        loop {
            if let Some(end) = memchr(b'\n', &self.unpacked[self.searched..]) {
                let length = mem::take(&mut self.searched) + end + 1;
                return Ok(Some(self.unpacked.split_to(length)));
            }
            self.searched = self.unpacked.len();
            if self.ended || self.searched > LINE_BYTES_MAX {
                self.searched = 0;
                let rest = self.unpacked.split();
                return Ok((!rest.is_empty()).then_some(rest));
            }
            self.unpack()?;
        }
    }

    fn unpack(&mut self) -> io::Result<()> {
        let before = self.unpacked.len();
        if self.unpacked.capacity() == before {
            self.go_on_elsewhere();
        }
        let room = self.unpacked.capacity() - before;
        self.unpacked.resize(before + room.min(UNPACKED_AT_ONCE), 0);
        let read = self.reader.read(&mut self.unpacked[before..]);
        self.unpacked.truncate(before + read.as_ref().unwrap_or(&0));
        self.ended = read? == 0;
        Ok(())
    }

    /// Moves the beginning of a line to where there is room for its end.
    fn go_on_elsewhere(&mut self) {
        let begun = self.unpacked.len();
        if begun >= CHUNK_BYTES {
            self.unpacked.reserve(begun);
            self.grown = true;
            return;
        }
        let mut chunk = self.memory.chunk();
        chunk.extend_from_slice(&self.unpacked);
        let rest = mem::replace(&mut self.unpacked, chunk);
        // What a long line took is not kept: many of them would be.
        if !mem::take(&mut self.grown) {
            self.memory.keep(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Gives what it has in pieces of these sizes, in turn.
    struct Pieces<'a> {
        bytes: &'a [u8],
        sizes: std::iter::Cycle<std::vec::IntoIter<usize>>,
    }

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self.sizes.next().unwrap().min(buffer.len()).min(self.bytes.len());
            let (piece, rest) = self.bytes.split_at(size);
            buffer[..size].copy_from_slice(piece);
            self.bytes = rest;
            Ok(size)
        }
    }

    fn read(bytes: &[u8], sizes: Vec<usize>, memory: &mut LineMemory) -> Vec<BytesMut> {
        let reader = Pieces { bytes, sizes: sizes.into_iter().cycle() };
        let mut lines = RawLines::new(reader, memory);
        std::iter::from_fn(|| lines.next().unwrap()).collect()
    }

    fn text(lengths: &[usize], ends: bool) -> Vec<u8> {
        let lines: Vec<Vec<u8>> =
            (b'a'..=b'z').cycle().zip(lengths).map(|(b, n)| vec![b; *n]).collect();
        let mut text = lines.join(&b'\n');
        if ends {
            text.push(b'\n');
        }
        text
    }

    proptest! {
        /// Against the lines of the standard library, whose memory is not shared.
        #[test]
        fn lines_come_as_they_are(
            lengths in proptest::collection::vec(
                prop_oneof![20 => 0_usize..2_000, 1 => 200_000_usize..900_000], 0..200),
            ends in any::<bool>(),
            sizes in proptest::collection::vec(1_usize..300_000, 1..5),
        ) {
            let text = text(&lengths, ends);
            let mut memory = LineMemory::default();
            for _ in 0..2 {
                let found = read(&text, sizes.clone(), &mut memory);
                let expected: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
                prop_assert_eq!(found, expected);
            }
            prop_assert!(memory.used.iter().all(BytesMut::is_empty));
        }
    }

    #[test]
    fn memory_is_used_again_once_its_lines_are_gone() {
        let text = text(&vec![999; 200 * CHUNK_BYTES / 1_000], true);
        let mut memory = LineMemory::default();
        drop(read(&text, vec![UNPACKED_AT_ONCE], &mut memory));
        assert_eq!(memory.used.len(), CHUNKS_KEPT_MAX, "all lines were held");
        let mut memory = LineMemory::default();
        let mut lines = RawLines::new(text.as_slice(), &mut memory);
        while let Some(line) = lines.next().unwrap() {
            assert_eq!(line.len(), 1_000);
        }
        assert_eq!(memory.used.len(), 1, "no line was held");
    }

    #[test]
    fn the_memory_of_a_long_line_is_not_kept() {
        let short = vec![999; 60 * CHUNK_BYTES / 1_000];
        let text = text(&[&[40 * CHUNK_BYTES], &short[..]].concat(), true);
        let mut memory = LineMemory::default();
        let mut lines = RawLines::new(text.as_slice(), &mut memory);
        while lines.next().unwrap().is_some() {}
        let RawLines { unpacked, .. } = lines;
        for mut chunk in memory.used.into_iter().chain([unpacked]) {
            assert!(!chunk.try_reclaim(CHUNK_BYTES + 1), "it is more than a chunk");
        }
    }

    #[test]
    fn a_line_without_end_is_not_read_for_ever() {
        let mut memory = LineMemory::default();
        let mut lines = RawLines::new(io::repeat(b'x'), &mut memory);
        let line = lines.next().unwrap().unwrap();
        assert!((LINE_BYTES_MAX + 1..=LINE_BYTES_MAX + UNPACKED_AT_ONCE).contains(&line.len()));
    }
}
