//! What an archive holds, and the hashes that prove it.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::chain::Chain;
use crate::entry::Sequence;
use crate::hash::Hash;
use crate::wire::micros;

/// The manifest's file name.
pub(crate) const FILE_NAME: &str = "manifest.json";

/// The one version of the format so far.
const VERSION: u32 = 1;

/// Compressed bytes that a segment may have, by its manifest: it is held in memory as a whole.
pub(crate) const SEGMENT_COMPRESSED_BYTES_MAX: u64 = 256 << 20;

/// Tells an archive from all others, however often it is copied.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, std::hash::Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct ArchiveId(Uuid);

impl ArchiveId {
    /// A new one, a UUID of version 7.
    pub fn random() -> Self {
        Self(Uuid::now_v7())
    }

    /// As a UUID.
    pub fn uuid(self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for ArchiveId {
    fn from(uuid: Uuid) -> Self {
        Self(uuid)
    }
}

impl fmt::Display for ArchiveId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The place of a segment in its archive, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct SegmentNumber(pub(crate) u64);

impl SegmentNumber {
    /// As a number, from 1.
    pub fn get(self) -> u64 {
        self.0
    }

    /// Such as `segment-000001.jsonl.zst`.
    pub fn file_name(self) -> String {
        format!("segment-{:06}.jsonl.zst", self.0)
    }

    /// A name that no other writer gives a segment: with the writer's id behind the number.
    pub(crate) fn file_name_of(self, writer: WriterId) -> String {
        format!("segment-{:06}-{}.jsonl.zst", self.0, writer.0.simple())
    }

    /// Whether a file of this segment may be called so.
    fn may_be(self, file: &str) -> bool {
        let of_a_writer = || {
            let file = file.strip_suffix(".jsonl.zst")?;
            let writer = file.strip_prefix(&format!("segment-{:06}-", self.0))?;
            Uuid::try_parse(writer).ok()
        };
        let of = of_a_writer().map(|writer| self.file_name_of(WriterId(writer)));
        file == self.file_name() || of.is_some_and(|name| name == file)
    }
}

/// Tells writers of an archive apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WriterId(Uuid);

impl WriterId {
    /// A new one, a UUID of version 7.
    pub(crate) fn random() -> Self {
        Self(Uuid::now_v7())
    }
}

/// What `manifest.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    version: u32,
    /// Which archive this is.
    pub archive_id: ArchiveId,
    /// Whether its writer ended by itself. If not, it is still at work or was killed.
    pub finished: bool,
    /// Its last writer: each one that goes on with an archive begins by naming itself. Absent in
    /// archives of older builds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writer: Option<WriterId>,
    /// Entries in all segments.
    pub entries: u64,
    /// The span of all entries' times, absent when there are none.
    #[serde(flatten)]
    pub span: Option<Span>,
    /// Bytes of all lines, with their ends.
    pub raw_bytes: u64,
    /// Bytes of all segments' files.
    pub compressed_bytes: u64,
    /// The chain after the last line. Two archives with the same one hold the same lines.
    pub chain: Chain,
    /// The segments, in order.
    pub segments: Vec<SegmentFile>,
}

/// The first and the last time of some entries, both inclusive. (Entries need not be in the order
/// of their times.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Span {
    /// The earliest.
    #[serde(with = "micros")]
    pub earliest: Timestamp,
    /// The latest.
    #[serde(with = "micros")]
    pub latest: Timestamp,
}

impl Span {
    pub(crate) fn at(at: Timestamp) -> Self {
        Self { earliest: at, latest: at }
    }

    #[must_use]
    pub(crate) fn with(self, other: Self) -> Self {
        Self { earliest: self.earliest.min(other.earliest), latest: self.latest.max(other.latest) }
    }
}

/// What the manifest says of one segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegmentFile {
    /// The file's name.
    pub file: String,
    /// How many lines it has, at least 1.
    pub entries: u64,
    /// The sequence number of its first line.
    pub first: Sequence,
    /// The sequence number of its last line.
    pub last: Sequence,
    /// The earliest time of its entries.
    #[serde(with = "micros")]
    pub earliest: Timestamp,
    /// The latest time of its entries.
    #[serde(with = "micros")]
    pub latest: Timestamp,
    /// Bytes of its lines, with their ends.
    pub raw_bytes: u64,
    /// Bytes of its file.
    pub compressed_bytes: u64,
    /// SHA-256 of its file.
    pub sha256: Hash,
    /// The chain after its last line.
    pub chain: Chain,
}

impl SegmentFile {
    fn span(&self) -> Span {
        Span { earliest: self.earliest, latest: self.latest }
    }
}

impl Manifest {
    /// Of an archive without entries.
    pub(crate) fn empty(archive_id: ArchiveId) -> Self {
        Self {
            version: VERSION,
            archive_id,
            finished: false,
            writer: None,
            entries: 0,
            span: None,
            raw_bytes: 0,
            compressed_bytes: 0,
            chain: Chain::START,
            segments: Vec::new(),
        }
    }

    /// The last entry, `None` when there is none.
    pub fn last(&self) -> Option<Sequence> {
        self.segments.last().map(|segment| segment.last)
    }

    /// The sequence number that the next entry will have.
    pub fn next(&self) -> Sequence {
        self.last().map_or(Sequence::FIRST, Sequence::next)
    }

    /// The numbers of the segments, in order.
    pub fn segment_numbers(&self) -> impl Iterator<Item = SegmentNumber> + use<> {
        (1..=self.segments.len() as u64).map(SegmentNumber)
    }

    /// The number of the segment that will come next.
    pub(crate) fn next_segment(&self) -> SegmentNumber {
        SegmentNumber(self.segments.len() as u64 + 1)
    }

    pub(crate) fn push(&mut self, segment: SegmentFile) {
        self.entries += segment.entries;
        self.raw_bytes += segment.raw_bytes;
        self.compressed_bytes += segment.compressed_bytes;
        self.chain = segment.chain;
        let span = segment.span();
        self.span = Some(self.span.map_or(span, |all| all.with(span)));
        self.segments.push(segment);
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("a manifest is JSON");
        json.push(b'\n');
        json
    }

    /// Fails, with the reason, when the manifest contradicts itself.
    pub(crate) fn from_json(json: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let versioned: Versioned =
            serde_json::from_slice(json).map_err(|error| error.to_string())?;
        if versioned.version != VERSION {
            let version = versioned.version;
            return Err(format!("it has version {version}, this program knows version {VERSION}"));
        }
        let manifest: Self = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Adds the segments up anew: the sums must be those of the manifest.
    fn check(&self) -> Result<(), String> {
        let (finished, writer) = (self.finished, self.writer);
        let mut sum = Self { finished, writer, ..Self::empty(self.archive_id) };
        for segment in &self.segments {
            let number = sum.next_segment();
            let expected = number.file_name();
            if !number.may_be(&segment.file) {
                return Err(format!("segment {:?} stands where {expected} belongs", segment.file));
            }
            let starts = segment.first == sum.next();
            let ends = segment.last.get().checked_sub(segment.first.get())
                == segment.entries.checked_sub(1);
            if !starts || !ends || segment.last.get() == u64::MAX {
                return Err(format!(
                    "{expected}: entries {} to {} are not the {} from {} on",
                    segment.first,
                    segment.last,
                    segment.entries,
                    sum.next()
                ));
            }
            if segment.compressed_bytes > SEGMENT_COMPRESSED_BYTES_MAX {
                return Err(format!(
                    "{expected}: {} bytes are more than a segment may have",
                    segment.compressed_bytes
                ));
            }
            sum.push(segment.clone());
        }
        if sum == *self { Ok(()) } else { Err("its sums are not those of its segments".to_owned()) }
    }
}
