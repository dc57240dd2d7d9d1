//! What one transaction writes: the records of all its appends, in one row.
//!
//! A topic's partitions share one sequence of batches, so that a transaction writes at one place of
//! the file and not at one a partition: a commit of a few records then costs a few pages.

use bytes::Bytes;
use lz4_flex::block::{self, CompressTable};
use order_domain::Timestamp;

use super::bytes::{pop_number, push_number};
use super::record_format;
use crate::NewRecord;

/// What a batch holds of one partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The offset that the partition's next record gets after this batch.
    pub next: u64,
    /// How many of its records are in this batch.
    pub count: u64,
    /// How many bytes of the batch they take, packed.
    pub bytes: u64,
}

impl Share {
    /// The offset of its first record in this batch; `next` where it has none.
    pub const fn first(&self) -> u64 {
        self.next - self.count
    }
}

/// A batch but for its records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchHead {
    /// Its place among the topic's batches, without gaps.
    pub sequence: u64,
    /// When it was written: of all its records.
    pub timestamp: Timestamp,
    /// The payloads of this batch and of all before it since the topic was made, in bytes.
    pub payload_bytes: u64,
    /// What it holds of each partition, in the partitions' order.
    pub shares: Vec<Share>,
}

impl BatchHead {
    /// Where the records of `partition` lie among the batch's bytes.
    pub fn range_of(&self, partition: usize) -> std::ops::Range<u64> {
        let begin: u64 = self.shares[..partition].iter().map(|share| share.bytes).sum();
        begin..begin + self.shares[partition].bytes
    }

    /// Becomes the head of the batch that follows this one and was packed.
    pub fn follow(&mut self, batch: &BatchBuilder, timestamp: Timestamp) {
        self.sequence += 1;
        self.timestamp = timestamp;
        self.payload_bytes += batch.payload_bytes;
        for (share, part) in self.shares.iter_mut().zip(&batch.parts) {
            *share = Share {
                next: share.next + part.count,
                count: part.count,
                bytes: part.packed_bytes,
            };
        }
    }
}

/// The shares as one blob: how many there are, then the three numbers of each.
pub fn encode_shares(shares: &[Share], blob: &mut Vec<u8>) {
    push_number(blob, shares.len() as u64);
    for share in shares {
        push_number(blob, share.next);
        push_number(blob, share.count);
        push_number(blob, share.bytes);
    }
}

/// The shares of a blob; nothing where it is damaged.
pub fn decode_shares(mut blob: &[u8]) -> Option<Vec<Share>> {
    let count = pop_number(&mut blob)?;
    let mut shares = Vec::with_capacity(usize::try_from(count).ok()?.min(blob.len()));
    for _ in 0..count {
        let (next, count) = (pop_number(&mut blob)?, pop_number(&mut blob)?);
        let share = Share { next, count, bytes: pop_number(&mut blob)? };
        next.checked_sub(count)?;
        shares.push(share);
    }
    blob.is_empty().then_some(shares)
}

/// A batch that is being filled. Its buffers are used again and again.
#[derive(Default)]
pub struct BatchBuilder {
    parts: Vec<Part>,
    payload_bytes: u64,
    packer: Packer,
    records: Vec<u8>,
}

#[derive(Default)]
struct Part {
    count: u64,
    bytes: Vec<u8>,
    packed_bytes: u64,
}

impl BatchBuilder {
    /// Begins a batch of `partitions` partitions.
    pub fn begin(&mut self, partitions: usize) {
        self.payload_bytes = 0;
        self.parts.resize_with(partitions, Part::default);
        for part in &mut self.parts {
            part.count = 0;
            part.bytes.clear();
        }
    }

    /// How many records of a partition it has.
    pub fn count(&self, partition: usize) -> u64 {
        self.parts[partition].count
    }

    /// Adds a record to a partition.
    pub fn push(&mut self, partition: usize, record: &NewRecord) {
        let part = &mut self.parts[partition];
        record_format::push(&mut part.bytes, record);
        part.count += 1;
        self.payload_bytes += record.payload.len() as u64;
    }

    /// Ends the batch: packs the records, one partition behind the other.
    pub fn pack(&mut self) {
        self.records.clear();
        for part in &mut self.parts {
            let before = self.records.len();
            self.packer.pack(&part.bytes, &mut self.records);
            part.packed_bytes = (self.records.len() - before) as u64;
        }
    }

    /// The records as they were packed.
    pub fn records(&self) -> &[u8] {
        &self.records
    }
}

/// Guards a batch's records against what a disk may do to them: CRC-32 as of zlib.
pub fn checksum(records: &[u8]) -> u32 {
    crc32fast::hash(records)
}

/// The part of the batch's records that is `partition`'s, unpacked; nothing where it can't be.
pub fn part_of(head: &BatchHead, partition: usize, records: &[u8]) -> Option<Bytes> {
    let range = head.range_of(partition);
    let (begin, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
    unpack(records.get(begin..end)?)
}

/// Packs bytes. What it needs for that is kept, so that a batch need not clear fresh memory.
#[derive(Default)]
struct Packer {
    table: CompressTable,
    block: Vec<u8>,
}

impl Packer {
    /// Appends the length of `bytes` and an LZ4 block of them; nothing where they are none. Records
    /// of one topic are much alike: LZ4 is fast enough to cost less than the writing that it saves.
    fn pack(&mut self, bytes: &[u8], packed: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let size_max = block::get_maximum_output_size(bytes.len());
        if self.block.len() < size_max {
            self.block.resize(size_max, 0);
        }
        let length = block::compress_into_with_table(bytes, &mut self.block, &mut self.table)
            .expect("there is room for the worst case");
        push_number(packed, bytes.len() as u64);
        packed.extend_from_slice(&self.block[..length]);
    }
}

fn unpack(mut packed: &[u8]) -> Option<Bytes> {
    if packed.is_empty() {
        return Some(Bytes::new());
    }
    let length = usize::try_from(pop_number(&mut packed)?).ok()?;
    // A block shrinks by a factor of 255 at most.
    if length / 255 > packed.len() {
        return None;
    }
    let bytes = block::decompress(packed, length).ok()?;
    (bytes.len() == length).then(|| bytes.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_look_like_this() {
        let shares = [Share { next: 300, count: 2, bytes: 130 }, Share::default()];
        let mut blob = Vec::new();
        encode_shares(&shares, &mut blob);
        assert_eq!(blob, [2, 0xac, 0x02, 2, 0x82, 0x01, 0, 0, 0]);
        assert_eq!(decode_shares(&blob).as_deref(), Some(&shares[..]));
        for length in 0..blob.len() {
            assert_eq!(decode_shares(&blob[..length]), None);
        }
        assert_eq!(decode_shares(&[1, 1, 2, 0]), None, "more records than there are offsets");
    }

    #[test]
    fn a_partitions_records_lie_together_in_the_order_they_came() {
        let record =
            |text: &str| NewRecord { payload: text.to_owned().into(), ..NewRecord::default() };
        let mut builder = BatchBuilder::default();
        builder.begin(1);
        builder.push(0, &record("of a batch before"));
        builder.begin(3);
        for (partition, text) in [(2, "a"), (0, "b"), (2, "cd")] {
            builder.push(partition, &record(text));
        }
        builder.pack();
        let shares = vec![Share { next: 10, count: 9, bytes: 9 }; 3];
        let mut head = BatchHead { sequence: 1, timestamp: Timestamp(5), payload_bytes: 7, shares };
        head.follow(&builder, Timestamp(6));
        assert_eq!((head.sequence, head.timestamp, head.payload_bytes), (2, Timestamp(6), 11));
        let offsets: Vec<_> = head.shares.iter().map(|s| (s.first(), s.next)).collect();
        assert_eq!(offsets, [(10, 11), (10, 10), (10, 12)]);
        let records = builder.records();
        let texts = |partition| {
            let mut part =
                record_format::Records::new(part_of(&head, partition, records).expect("a part"));
            std::iter::from_fn(|| part.pop()).map(|content| content.payload).collect::<Vec<_>>()
        };
        assert_eq!(texts(0), ["b"]);
        assert!(texts(1).is_empty());
        assert_eq!(texts(2), ["a", "cd"]);
        assert_eq!(part_of(&head, 2, &records[1..]), None);
    }

    #[test]
    fn like_records_are_packed_well_and_damage_is_noticed() {
        let bytes: Vec<u8> =
            (0..100).flat_map(|n| format!("purchase {n} of a coat").into_bytes()).collect();
        let mut packed = Vec::new();
        Packer::default().pack(&bytes, &mut packed);
        assert!(packed.len() < bytes.len() / 2, "{} of {}", packed.len(), bytes.len());
        assert_eq!(unpack(&packed).as_deref(), Some(&bytes[..]));
        for length in 1..packed.len() {
            assert_eq!(unpack(&packed[..length]), None);
        }
    }
}
