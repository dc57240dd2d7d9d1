//! One request, and what came of it.

use std::sync::Arc;
use std::time::Instant;

use http1_client::{Answer, Client, Connection, Exchanged, Failure};
use measure::{ErrorKind, Recorder, Start};

use super::source::{Follow, Request};
use super::tally::Tally;

/// Sends requests and counts what comes of them; shared by all workers.
pub(super) struct Sender {
    pub(super) client: Client,
    pub(super) recorder: Recorder,
    pub(super) tally: Arc<Tally>,
    /// Statuses from 400 on that are no errors.
    pub(super) accepted: Vec<u16>,
}

/// A request that should have been sent, and was not before the load ended.
pub(super) const NOT_SENT: ErrorKind = ErrorKind::Named("not sent");

impl Sender {
    /// Sends over this connection or a new one, and gives back what can be used again.
    pub(super) async fn send(
        &self,
        request: Request,
        start: Start,
        connection: Option<Connection>,
    ) -> Option<Connection> {
        let measured = self.recorder.start(start);
        self.tally.sent(request.prepared.wire.len());
        let exchanged = self.client.exchange(&request.prepared, request.keep, connection).await;
        let Exchanged { result, connection } = exchanged;
        let outcome = self.judge(&result);
        let end = Instant::now();
        let latency = end.saturating_duration_since(measured.intended());
        measured.ended_at(end, outcome);
        if let Ok(answer) = &result {
            self.tally.answered(answer);
            follow(request.follow.as_ref(), answer);
        }
        self.tally.ended(request.task, latency, outcome.is_ok());
        connection
    }

    fn judge(&self, result: &Result<Answer, Failure>) -> Result<(), ErrorKind> {
        match result {
            Err(failure) => Err(failure.kind),
            Ok(answer) => outcome_of(answer.status, &self.accepted),
        }
    }
}

/// What an answer counts as: from 400 on a failure, unless its status is accepted.
pub(super) fn outcome_of(status: u16, accepted: &[u16]) -> Result<(), ErrorKind> {
    let good = status < 400 || accepted.contains(&status);
    if good { Ok(()) } else { Err(ErrorKind::Status(status)) }
}

/// Remembers what later requests may name.
fn follow(follow: Option<&Follow>, answer: &Answer) {
    if let (Some(follow), 200..300) = (follow, answer.status)
        && let Some(location) = answer.header("location")
    {
        follow.remember(location);
    }
}
