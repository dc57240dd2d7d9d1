//! Writes what was captured into the archive, in the order in which requests were complete.

use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{self, timeout_at};
use tokio_util::sync::CancellationToken;
use traffic_archive::{ArchiveError, ArchiveWriter, Exchange, Manifest, Response};

use super::room::Reserved;
use super::tally::Counts;
use super::{CaptureSettings, KeyRule, Redaction, WhenBehind};

/// The outcome of a request whose response was not captured.
const UNANSWERED: &str = "unanswered";

/// A request that is complete, at its place in the order. Its response comes later.
pub(super) struct Pending {
    pub(super) request: Exchange,
    pub(super) begun: Instant,
    pub(super) answer: oneshot::Receiver<Answer>,
    pub(super) _room: Reserved,
}

/// What became of a request.
pub(super) enum Answer {
    /// The whole response.
    Response(Response, Reserved),
    /// The target never saw it.
    NeverSent,
}

/// Takes requests in order. What waits in it is bounded by the room that each has reserved.
pub(super) type Queue = mpsc::UnboundedSender<Pending>;

/// Starts the recorder. It ends the archive when the last sender is gone; when the archive fails and
/// nothing may be missing, it stops the capture.
pub(super) fn start(
    settings: &CaptureSettings,
    writer: ArchiveWriter,
    counts: Counts,
    stop: CancellationToken,
) -> (Queue, JoinHandle<Result<Manifest, ArchiveError>>) {
    let (queue, requests) = mpsc::unbounded_channel();
    let mut recorder = Recorder {
        writer,
        key: settings.key.clone(),
        redaction: settings.redaction.clone(),
        response_wait: settings.response_wait,
        durable_every: settings.durable_every,
        flush_due: None,
        counts,
    };
    let nothing_missing = settings.when_behind == WhenBehind::Wait;
    let task = tokio::spawn(async move {
        if let Err(error) = recorder.run(requests).await {
            tracing::error!(%error, "the archive failed");
            if nothing_missing {
                stop.cancel();
            }
            return Err(error);
        }
        recorder.writer.finish().await
    });
    (queue, task)
}

struct Recorder {
    writer: ArchiveWriter,
    key: KeyRule,
    redaction: Redaction,
    response_wait: Duration,
    durable_every: Duration,
    /// When what was appended has to be durable; nothing was, if there is no time.
    flush_due: Option<time::Instant>,
    counts: Counts,
}

impl Recorder {
    async fn run(
        &mut self,
        mut requests: mpsc::UnboundedReceiver<Pending>,
    ) -> Result<(), ArchiveError> {
        while let Some(pending) = self.flushing(Box::pin(requests.recv())).await? {
            self.record(pending).await?;
        }
        Ok(())
    }

    /// Waits for `future`, and makes durable what is due meanwhile.
    async fn flushing<F: Future + Unpin>(
        &mut self,
        mut future: F,
    ) -> Result<F::Output, ArchiveError> {
        while let Some(due) = self.flush_due {
            match timeout_at(due, &mut future).await {
                Ok(output) if time::Instant::now() < due => return Ok(output),
                Ok(output) => {
                    self.flush().await?;
                    return Ok(output);
                }
                Err(_) => self.flush().await?,
            }
        }
        Ok(future.await)
    }

    async fn flush(&mut self) -> Result<(), ArchiveError> {
        self.flush_due = None;
        self.writer.flush().await
    }

    async fn record(&mut self, pending: Pending) -> Result<(), ArchiveError> {
        let Pending { mut request, begun, answer, _room } = pending;
        let deadline = begun + self.response_wait;
        // Held until the archive has taken the response.
        let mut _response_room = None;
        let answer = Box::pin(timeout_at(deadline.into(), answer));
        match self.flushing(answer).await? {
            Ok(Ok(Answer::NeverSent)) => {
                self.counts.never_sent();
                return Ok(());
            }
            Ok(Ok(Answer::Response(response, room))) => {
                request.response = Some(response);
                _response_room = Some(room);
            }
            Ok(Err(_)) | Err(_) => request.outcome = Some(UNANSWERED.to_owned()),
        }
        let answered = request.response.is_some();
        request.key = self.key.key_of(&request, &self.redaction);
        self.redaction.apply(&mut request);
        match self.writer.append(request).await {
            Ok(_) => {
                self.counts.recorded(answered);
                self.flush_due.get_or_insert_with(|| time::Instant::now() + self.durable_every);
            }
            Err(ArchiveError::EntryTooLong { .. }) => self.counts.too_long(),
            Err(error) => {
                self.counts.passed();
                return Err(error);
            }
        }
        Ok(())
    }
}
