//! How fast an archive is written and read: `cargo run --release -p replay --example archive_speed
//! [entries]`. Memory is the process's peak (`VmHWM`, Linux).

use std::time::Instant;

// Brings the programs' allocator.
use service_kit as _;

use jiff::{SignedDuration, Timestamp};
use replay::archive::{
    ArchiveReader, ArchiveWriter, Exchange, Location, Response, Sequence, WriterSettings,
};

const ENTRIES: u32 = 1_000_000;

fn order(number: u64) -> Exchange {
    let at = Timestamp::UNIX_EPOCH + SignedDuration::from_micros(number.cast_signed() * 137);
    let mut exchange = Exchange::new(at, "POST", "/api/Order");
    exchange.key = format!("customer/{}", number.wrapping_mul(2_654_435_761) % 23_570);
    exchange.headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("idempotency-key".to_owned(), format!("order-{number}")),
    ];
    let price = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 50;
    exchange.body = format!(
        r#"{{"customerId":{number},"customerEmail":"{number}@shop.example","totalPrice":"{price}.77","orderItems":[{{"itemCode":"CD-{price}","brand":"CDNOW","type":"parcel","quantity":1,"price":"{price}.77"}}]}}"#
    )
    .into();
    exchange.response = Some(Response {
        status: 202,
        headers: Vec::new(),
        body: format!(r#"{{"id":"{number}"}}"#).into(),
        elapsed_us: Some(price),
    });
    exchange
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: unknown");
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let entries: u32 = std::env::args().nth(1).map_or(Ok(ENTRIES), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let location = Location::folder(folder.path().join("archive"));

    let began = Instant::now();
    let mut writer = ArchiveWriter::create(&location, WriterSettings::default()).await?;
    for number in 1..=u64::from(entries) {
        writer.append(order(number)).await?;
    }
    let manifest = writer.finish().await?;
    let rate = |began: Instant| {
        let elapsed = began.elapsed();
        format!("{elapsed:.2?}, {:.2?} an entry, {}", elapsed / entries, peak())
    };
    let bytes =
        (manifest.raw_bytes / manifest.entries, manifest.compressed_bytes / manifest.entries);
    println!("{entries} entries of {} bytes, {} compressed", bytes.0, bytes.1);
    println!("written: {}", rate(began));

    let reader = ArchiveReader::open(&location).await?;
    let began = Instant::now();
    let mut lines = reader.lines(Sequence::FIRST);
    while let Some(line) = lines.next().await {
        std::hint::black_box(line?.json.len());
    }
    println!("read as lines: {}", rate(began));

    let began = Instant::now();
    let mut parsed = reader.entries(Sequence::FIRST);
    while let Some(entry) = parsed.next().await {
        std::hint::black_box(entry?.exchange.body.bytes().len());
    }
    println!("read as entries: {}", rate(began));
    Ok(())
}
