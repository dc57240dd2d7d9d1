//! Archives to test with, and hands to spoil them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use traffic_archive::{
    ArchiveError, ArchiveReader, ArchiveWriter, Body, Entry, Exchange, Location, Manifest,
    Response, Sequence, WriterSettings,
};

pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    Runtime::new().expect("a runtime starts").block_on(work)
}

/// Segments of a few lines.
pub(crate) fn settings(segment_bytes: u64) -> WriterSettings {
    WriterSettings { segment_bytes, ..WriterSettings::default() }
}

/// An order whose body has its number in it.
pub(crate) fn order(number: u64) -> Exchange {
    let at = Timestamp::from_microsecond(1_700_000_000_000_000 + number.cast_signed()).unwrap();
    let mut exchange = Exchange::new(at, "POST", "/api/Order");
    exchange.key = format!("shop/{}", number % 3);
    exchange.headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    exchange.body = format!(r#"{{"order":{number}}}"#).into();
    exchange
}

/// A folder with an archive of [`order`]s 1 to `entries`, in segments of `in_segment` lines.
pub(crate) struct Archived {
    folder: TempDir,
}

impl Archived {
    pub(crate) fn new(entries: u64, in_segment: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        block_on(async {
            let location = Location::folder(folder.path());
            let mut writer =
                ArchiveWriter::create(&location, WriterSettings::default()).await.unwrap();
            for number in 1..=entries {
                let sequence = writer.append(order(number)).await.unwrap();
                assert_eq!(sequence.get(), number);
                if number % in_segment == 0 {
                    writer.flush().await.unwrap();
                }
            }
            writer.finish().await.unwrap();
        });
        Self { folder }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn location(&self) -> Location {
        Location::folder(self.folder.path())
    }

    pub(crate) fn segment(&self, number: u64) -> PathBuf {
        self.path().join(format!("segment-{number:06}.jsonl.zst"))
    }

    /// The lines of a segment, each with its end.
    pub(crate) fn lines(&self, number: u64) -> Vec<String> {
        let raw = zstd::decode_all(&*std::fs::read(self.segment(number)).unwrap()).unwrap();
        let text = String::from_utf8(raw).unwrap();
        text.split_inclusive('\n').map(str::to_owned).collect()
    }

    pub(crate) fn rewrite(&self, number: u64, lines: &[String]) {
        let file = zstd::encode_all(lines.concat().as_bytes(), 3).unwrap();
        std::fs::write(self.segment(number), file).unwrap();
    }

    /// The hash of a segment's file, in hexadecimal digits.
    pub(crate) fn sha256(&self, number: u64) -> String {
        let file = std::fs::read(self.segment(number)).unwrap();
        let mut digits = String::new();
        for byte in Sha256::digest(file) {
            write!(digits, "{byte:02x}").unwrap();
        }
        digits
    }

    /// The numbers of the orders that are read before the end or an error, and that error.
    pub(crate) fn read(&self) -> (Vec<u64>, Option<ArchiveError>) {
        let (entries, error) = read_from(&self.location(), Sequence::FIRST);
        for entry in &entries {
            assert_eq!(entry.exchange, order(entry.sequence.get()));
        }
        (entries.iter().map(|entry| entry.sequence.get()).collect(), error)
    }
}

pub(crate) fn read_from(location: &Location, from: Sequence) -> (Vec<Entry>, Option<ArchiveError>) {
    block_on(async {
        let mut entries = match ArchiveReader::open(location).await {
            Ok(reader) => reader.entries(from),
            Err(error) => return (Vec::new(), Some(error)),
        };
        let mut read = Vec::new();
        while let Some(entry) = entries.next().await {
            match entry {
                Ok(entry) => read.push(entry),
                Err(error) => {
                    assert!(entries.next().await.is_none(), "an error is the end");
                    return (read, Some(error));
                }
            }
        }
        (read, None)
    })
}

pub(crate) async fn write(
    location: &Location,
    settings: WriterSettings,
    all: &[Exchange],
) -> Manifest {
    let mut writer = ArchiveWriter::create(location, settings).await.unwrap();
    for exchange in all {
        writer.append(exchange.clone()).await.unwrap();
    }
    writer.finish().await.unwrap()
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(("[a-z-]{1,12}", any::<String>()), 0..4)
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        any::<String>().prop_map(Body::from),
        prop::collection::vec(any::<u8>(), 0..64).prop_map(Body::from),
        r#"\{"a":"[\\"\n a-z]{0,20}"\}"#.prop_map(Body::from),
    ]
}

fn response() -> impl Strategy<Value = Response> {
    (100..600_u16, headers(), body(), any::<Option<u64>>()).prop_map(
        |(status, headers, body, elapsed_us)| Response { status, headers, body, elapsed_us },
    )
}

pub(crate) fn exchange() -> impl Strategy<Value = Exchange> {
    let at = -1_000_000_000_000_000..4_000_000_000_000_000_i64;
    let head = (at, any::<String>(), "[A-Z]{3,7}", any::<String>());
    let rest = (headers(), body(), prop::option::of(response()), any::<Option<String>>());
    (head, rest).prop_map(|((at, key, method, path), (headers, body, response, outcome))| {
        let at = Timestamp::from_microsecond(at).unwrap();
        Exchange { at, key, method, path, headers, body, response, outcome }
    })
}
