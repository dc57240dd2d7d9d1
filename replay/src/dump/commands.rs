//! Records of a topic: commands become requests, entries what they were.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use anyhow::{Context as _, bail};
use event_log::Record;
use order_domain::Command;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::stretch::time_of;
use super::{Dump, StreamError, TopicReader, entries, is_entry, to_request};
use crate::archive::Exchange;

/// A record that can't become a request.
#[derive(Serialize)]
struct Reject<'a> {
    topic: &'a str,
    position: String,
    reason: String,
    payload: std::borrow::Cow<'a, str>,
}

/// Says whether it came to the stretch's end.
pub(super) async fn copy(
    dump: &mut Dump<'_>,
    mut records: TopicReader,
    stop: &CancellationToken,
) -> anyhow::Result<bool> {
    if records.peek().await?.is_some_and(is_entry) {
        let address = dump.args.stream.address(&dump.args.from)?;
        let args = dump.args;
        if !(args.first.is_empty() && args.until.is_empty() && args.partition.is_empty()) {
            bail!("{address} holds entries: take a stretch by --first-entry and --last-entry");
        }
        return entries::copy(dump, &address, stop).await;
    }
    let mut rejects = dump.args.rejects.as_ref().map(Rejects::create).transpose()?;
    loop {
        let record = tokio::select! {
            record = records.next() => record?,
            () = stop.cancelled() => break,
        };
        let Some(record) = record else { break };
        match request_of(&record) {
            Ok(request) => drop(dump.writer.append(request).await?),
            Err(reason) => {
                let topic = records.topic().as_str();
                let Some(rejects) = &mut rejects else {
                    let place = format!("{topic}, record {},", record.position);
                    let error = StreamError::NotAnEntry { place, reason };
                    return Err(error).context("name a file with --rejects to go on without it");
                };
                rejects.write(topic, &record, reason)?;
                dump.rejected += 1;
            }
        }
        dump.progress.advance(1);
    }
    if let Some(rejects) = rejects {
        rejects.finish()?;
    }
    Ok(!stop.is_cancelled())
}

fn request_of(record: &Record) -> Result<Exchange, String> {
    let at = time_of(record).ok_or("its time is in no calendar")?;
    let command = Command::from_json(&record.payload).map_err(|error| error.to_string())?;
    Ok(to_request(&command, at))
}

struct Rejects(BufWriter<File>);

impl Rejects {
    fn create(path: &std::path::PathBuf) -> anyhow::Result<Self> {
        let file = File::create(path).with_context(|| format!("{}", path.display()))?;
        Ok(Self(BufWriter::new(file)))
    }

    fn write(&mut self, topic: &str, record: &Record, reason: String) -> anyhow::Result<()> {
        let payload = String::from_utf8_lossy(&record.payload);
        let reject = Reject { topic, position: record.position.to_string(), reason, payload };
        serde_json::to_writer(&mut self.0, &reject)?;
        Ok(self.0.write_all(b"\n")?)
    }

    fn finish(mut self) -> anyhow::Result<()> {
        Ok(self.0.flush()?)
    }
}
