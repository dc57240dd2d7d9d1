//! Streams: one suite over the embedded log, Kafka and Redis, and what a crash may not do.

mod contract;
mod crash;
mod cut;
mod interrupted;
mod program;
mod serialout;
mod server;

use std::path::Path;

use bytes::Bytes;
use jiff::Timestamp;
use replay::stream::{StreamAddress, StreamReader, TargetSettings};
use tokio_util::sync::CancellationToken;
use traffic_archive::{ArchiveReader, ArchiveWriter, Body, Exchange, Location, WriterSettings};

pub use server::{Embedded, Kafka, Redis, Server};

/// Ordering keys of the entries that [`archive`] makes.
const KEYS: u64 = 23;

/// An archive of so many entries of various sizes, in small segments.
pub async fn archive(folder: &Path, entries: u64) -> ArchiveReader {
    archive_of(folder, (0..entries).map(exchange)).await
}

/// An archive of these requests, in small segments.
pub async fn archive_of(
    folder: &Path,
    exchanges: impl IntoIterator<Item = Exchange>,
) -> ArchiveReader {
    let location = Location::folder(folder);
    let settings = WriterSettings { segment_bytes: 64 << 10, ..WriterSettings::default() };
    let mut writer = ArchiveWriter::create(&location, settings).await.expect("an archive");
    for exchange in exchanges {
        writer.append(exchange).await.expect("an entry");
    }
    writer.finish().await.expect("the archive ends");
    ArchiveReader::open(&location).await.expect("the archive opens")
}

/// Number `n` of [`archive`].
pub fn exchange(n: u64) -> Exchange {
    let at = Timestamp::from_microsecond(1_700_000_000_000_000 + i64::try_from(n).expect("small"));
    let mut exchange = Exchange::new(at.expect("a time"), "POST", format!("/api/Order?n={n}"));
    // Every so often the empty key, and a body that is no text.
    exchange.key = if n % 7 == 3 { String::new() } else { format!("shop/{}", n % KEYS) };
    exchange.headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    exchange.body = match n % 11 {
        5 => Body::from(Bytes::from_static(&[0xff, 0, 0x80])),
        _ => Body::from("ü\"\\\n".repeat(usize::try_from(n % 50).expect("small"))),
    };
    exchange
}

/// Puts the archive into the stream, as the command does.
pub async fn copy(
    archive: &ArchiveReader,
    address: &StreamAddress,
) -> anyhow::Result<replay::serialin::Summary> {
    copy_with(archive, address, TargetSettings::default()).await
}

/// The same, and how a stream that is not there yet is made.
pub async fn copy_with(
    archive: &ArchiveReader,
    address: &StreamAddress,
    settings: TargetSettings,
) -> anyhow::Result<replay::serialin::Summary> {
    let (stop, hidden) = (CancellationToken::new(), measure::Progress::hidden());
    replay::serialin::copy(archive, address, settings, &stop, &hidden).await
}

/// Demands that the stream holds every entry of the archive once, in order.
pub async fn assert_whole(archive: &ArchiveReader, address: &StreamAddress) {
    use traffic_archive::Sequence;
    let mut reader = StreamReader::open(address, Sequence::FIRST).await.expect("the stream opens");
    assert_eq!(reader.archive_id(), archive.manifest().archive_id);
    assert_eq!(Some(reader.last()), archive.manifest().last());
    let mut expected = archive.entries(Sequence::FIRST);
    while let Some(batch) = reader.next_batch(100).await {
        for entry in batch.expect("entries") {
            let expected = expected.next().await.expect("no more than there are");
            assert_eq!(entry, expected.expect("an entry"));
        }
    }
    assert!(expected.next().await.is_none(), "the stream ends too early");
}
