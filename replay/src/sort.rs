//! Sorting more than memory holds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, Write};

/// Bytes of payloads that are sorted in memory; more go to temporary files.
const MEMORY_BYTES_MAX: usize = 64 << 20;

/// Items that are sorted in memory.
const MEMORY_ITEMS_MAX: usize = 1 << 20;

/// Files that are merged at once. As many of one size become one of the next size.
const FAN_IN_MAX: usize = 32;

/// Fast: the files live for minutes.
const LEVEL: i32 = 1;

/// What is sorted by: the first part, then the second.
pub(crate) type SortKey = (i64, u64);

/// Takes items in any order and gives them back in the order of their keys, in bounded memory.
///
/// Temporary files have no name: they are gone with the process, however it ends.
pub(crate) struct Sorter {
    memory: Memory,
    memory_bytes_max: usize,
    /// By size: a run of level `n` is merged of [`FAN_IN_MAX`] of level `n - 1`.
    levels: Vec<Vec<File>>,
}

impl Sorter {
    pub(crate) fn new() -> Self {
        Self::with_memory(MEMORY_BYTES_MAX)
    }

    fn with_memory(memory_bytes_max: usize) -> Self {
        Self { memory: Memory::default(), memory_bytes_max, levels: Vec::new() }
    }

    pub(crate) fn push(&mut self, key: SortKey, payload: &[u8]) -> io::Result<()> {
        self.memory.push(key, payload);
        let full = self.memory.payloads.len() >= self.memory_bytes_max
            || self.memory.items.len() >= MEMORY_ITEMS_MAX;
        if full { self.spill() } else { Ok(()) }
    }

    pub(crate) fn finish(mut self) -> io::Result<Sorted> {
        self.memory.sort();
        let files = self.levels.into_iter().flatten().map(FileRun::open);
        let mut runs = files.collect::<io::Result<Vec<_>>>()?;
        runs.push(Run::Memory(self.memory, 0));
        Sorted::merge(runs)
    }

    fn spill(&mut self) -> io::Result<()> {
        self.memory.sort();
        let memory = std::mem::take(&mut self.memory);
        let run = write_run(Sorted::merge(vec![Run::Memory(memory, 0)])?)?;
        self.add_run(0, run)
    }

    fn add_run(&mut self, level: usize, run: File) -> io::Result<()> {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        self.levels[level].push(run);
        if self.levels[level].len() < FAN_IN_MAX {
            return Ok(());
        }
        let full = std::mem::take(&mut self.levels[level]);
        let runs = full.into_iter().map(FileRun::open).collect::<io::Result<_>>()?;
        self.add_run(level + 1, write_run(Sorted::merge(runs)?)?)
    }
}

/// Items whose payloads lie behind one another.
#[derive(Default)]
struct Memory {
    items: Vec<(SortKey, usize, usize)>,
    payloads: Vec<u8>,
}

impl Memory {
    fn push(&mut self, key: SortKey, payload: &[u8]) {
        let from = self.payloads.len();
        self.payloads.extend_from_slice(payload);
        self.items.push((key, from, self.payloads.len()));
    }

    fn sort(&mut self) {
        self.items.sort_by_key(|&(key, ..)| key);
    }
}

/// Items in order.
enum Run {
    /// The items, and how many of them have been taken.
    Memory(Memory, usize),
    File(FileRun),
}

impl Run {
    fn next(&mut self) -> io::Result<Option<(SortKey, Vec<u8>)>> {
        match self {
            Self::Memory(memory, taken) => {
                let Some(&(key, from, to)) = memory.items.get(*taken) else { return Ok(None) };
                *taken += 1;
                Ok(Some((key, memory.payloads[from..to].to_vec())))
            }
            Self::File(run) => run.next(),
        }
    }
}

/// A temporary file: the number of items, then key, length and payload of each.
struct FileRun {
    items: u64,
    file: BufReader<zstd::Decoder<'static, BufReader<File>>>,
}

impl FileRun {
    fn open(mut file: File) -> io::Result<Run> {
        file.rewind()?;
        let items = read_u64(&mut file)?;
        let file = BufReader::new(zstd::Decoder::new(file)?);
        Ok(Run::File(Self { items, file }))
    }

    fn next(&mut self) -> io::Result<Option<(SortKey, Vec<u8>)>> {
        let Some(items) = self.items.checked_sub(1) else { return Ok(None) };
        self.items = items;
        let first = read_u64(&mut self.file)?.cast_signed();
        let second = read_u64(&mut self.file)?;
        let length = read_u64(&mut self.file)?;
        let mut payload = vec![0; usize::try_from(length).map_err(io::Error::other)?];
        self.file.read_exact(&mut payload)?;
        Ok(Some(((first, second), payload)))
    }
}

fn read_u64(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn write_run(sorted: Sorted) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(&0_u64.to_le_bytes())?;
    let mut run = BufWriter::new(zstd::Encoder::new(&mut file, LEVEL)?);
    let mut items = 0_u64;
    for item in sorted {
        let ((first, second), payload) = item?;
        run.write_all(&first.to_le_bytes())?;
        run.write_all(&second.to_le_bytes())?;
        run.write_all(&(payload.len() as u64).to_le_bytes())?;
        run.write_all(&payload)?;
        items += 1;
    }
    run.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?;
    file.rewind()?;
    file.write_all(&items.to_le_bytes())?;
    Ok(file)
}

/// The items in the order of their keys.
pub(crate) struct Sorted {
    runs: Vec<Run>,
    /// The first item of every run that has one, and which run that is.
    heads: BinaryHeap<Reverse<(SortKey, usize, Vec<u8>)>>,
}

impl Sorted {
    fn merge(runs: Vec<Run>) -> io::Result<Self> {
        let mut sorted = Self { heads: BinaryHeap::with_capacity(runs.len()), runs };
        for index in 0..sorted.runs.len() {
            sorted.refill(index)?;
        }
        Ok(sorted)
    }

    fn refill(&mut self, index: usize) -> io::Result<()> {
        if let Some((key, payload)) = self.runs[index].next()? {
            self.heads.push(Reverse((key, index, payload)));
        }
        Ok(())
    }
}

impl Iterator for Sorted {
    type Item = io::Result<(SortKey, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((key, index, payload)) = self.heads.pop()?;
        Some(self.refill(index).map(|()| (key, payload)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn items_come_back_in_order_through_however_many_files(
            items in prop::collection::vec((-9..9_i64, prop::collection::vec(any::<u8>(), 0..9)), 0..300),
            memory in 1..200_usize,
        ) {
            let mut sorter = Sorter::with_memory(memory);
            let mut expected = Vec::new();
            for (number, (first, payload)) in (0..).zip(items) {
                sorter.push((first, number), &payload).unwrap();
                expected.push(((first, number), payload));
            }
            expected.sort();
            let sorted: Vec<_> = sorter.finish().unwrap().map(Result::unwrap).collect();
            prop_assert_eq!(sorted, expected);
        }
    }
}
