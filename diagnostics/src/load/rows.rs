//! Requests of an archive, in its order, again and again.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use http1_client::{Keep, Prepared, Unsendable};
use service_kit::exit::Usage;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use traffic_archive::{ArchiveReader, Entry, Exchange, Location, Sequence};

use super::source::{Outfit, Request};
use super::tally::TaskId;

/// Requests that are made ahead.
const AHEAD_MAX: usize = 4_096;

/// An archive that is read on a task of its own.
pub(super) struct Rows {
    made: tokio::sync::Mutex<mpsc::Receiver<Prepared>>,
    failure: Arc<Mutex<Option<anyhow::Error>>>,
    _reading: AbortOnDropHandle<()>,
}

impl Rows {
    /// Fails where there is no archive, or none with a request in it.
    pub(super) async fn open(location: &Location, outfit: Outfit) -> anyhow::Result<Self> {
        let reader = ArchiveReader::open(location).await;
        let reader = reader.map_err(|error| Usage::new(error.to_string()))?;
        if reader.manifest().last().is_none() {
            return Err(Usage::new(format!("{location} holds no request")).into());
        }
        let (send, made) = mpsc::channel(AHEAD_MAX);
        let failure = Arc::default();
        let reading = read(reader, outfit, send, Arc::clone(&failure));
        let reading = AbortOnDropHandle::new(tokio::spawn(reading));
        Ok(Self { made: made.into(), failure, _reading: reading })
    }

    /// The next one; `None` after damage.
    pub(super) async fn next(&self) -> Option<Request> {
        let prepared = self.made.lock().await.recv().await?;
        Some(Request { task: TaskId(0), prepared, keep: Keep::Refusals, follow: None })
    }

    /// The damage.
    pub(super) fn failure(&self) -> Option<anyhow::Error> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Reads until nobody wants any more, or something can't be read.
async fn read(
    reader: ArchiveReader,
    outfit: Outfit,
    send: mpsc::Sender<Prepared>,
    failure: Arc<Mutex<Option<anyhow::Error>>>,
) {
    loop {
        let mut entries = reader.entries(Sequence::FIRST);
        while let Some(entry) = entries.next().await {
            let prepared =
                entry.map_err(anyhow::Error::from).and_then(|Entry { sequence, exchange }| {
                    let prepared = prepare(&outfit, &exchange);
                    prepared.with_context(|| format!("entry {sequence} can't be sent"))
                });
            let taken = match prepared {
                Ok(prepared) => send.send(prepared).await.is_ok(),
                Err(error) => {
                    *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    false
                }
            };
            if !taken {
                return;
            }
        }
    }
}

/// As it was recorded, but for what belonged to its connection.
fn prepare(outfit: &Outfit, exchange: &Exchange) -> Result<Prepared, Unsendable> {
    let body = exchange.body.bytes();
    let mut wire = outfit.begin(&exchange.method, &exchange.path, body.len())?;
    for (name, value) in &exchange.headers {
        wire.recorded(name, value)?;
    }
    Ok(wire.end(body))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_request_is_sent_as_it_was_recorded() {
        let exchange = Exchange {
            headers: vec![
                ("Content-Type".to_owned(), "text/plain".to_owned()),
                ("Host".to_owned(), "production".to_owned()),
            ],
            body: "hello".into(),
            ..Exchange::new(Timestamp::UNIX_EPOCH, "PUT", "/a?b=c")
        };
        let outfit = Outfit::bare("http://127.0.0.1:9/v2".parse().unwrap());
        let wire = prepare(&outfit, &exchange).unwrap().wire;
        let expected = "PUT /v2/a?b=c HTTP/1.1\r\nhost: 127.0.0.1:9\r\ncontent-type: text/plain\r\n\
                        content-length: 5\r\n\r\nhello";
        assert_eq!(wire, expected);
    }
}
