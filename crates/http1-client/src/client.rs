//! Sending to one target, over connections that the caller keeps.

use std::time::Duration;

use crate::{Answer, Connection, Failure, Keep, Prepared, TargetError, TargetUrl, Tls, Unanswered};

/// How requests are carried to a target.
#[derive(Clone)]
pub struct Client {
    target: TargetUrl,
    tls: Option<Tls>,
    timeout: Duration,
}

/// An attempt that has ended.
pub struct Exchanged {
    /// What came of it.
    pub result: Result<Answer, Failure>,
    /// To be used again.
    pub connection: Option<Connection>,
}

impl Client {
    /// An attempt takes no longer than `timeout`, from connecting to the end of the answer.
    pub fn new(target: TargetUrl, timeout: Duration) -> Result<Self, TargetError> {
        Ok(Self { tls: Tls::to(&target)?, target, timeout })
    }

    /// Where to.
    pub fn target(&self) -> &TargetUrl {
        &self.target
    }

    /// A connection ahead of the first request.
    pub async fn connect(&self) -> Result<Connection, Failure> {
        let opening = Connection::open(&self.target, self.tls.as_ref());
        let timeout = |_| Failure::connect(format!("no connection within {:?}", self.timeout));
        tokio::time::timeout(self.timeout, opening).await.map_err(timeout)?
    }

    /// One attempt over this connection, or over a new one where it is gone or there is none.
    pub async fn exchange(
        &self,
        request: &Prepared,
        keep: Keep,
        mut connection: Option<Connection>,
    ) -> Exchanged {
        let attempt = self.attempt(request, keep, &mut connection);
        let result = match tokio::time::timeout(self.timeout, attempt).await {
            Ok(result) => result,
            Err(_) => Err(Failure::timeout(self.timeout)),
        };
        // A connection on which something failed may still bring the answer that came too late.
        let connection = connection.filter(|open| result.is_ok() && open.is_reusable());
        Exchanged { result, connection }
    }

    async fn attempt(
        &self,
        request: &Prepared,
        keep: Keep,
        connection: &mut Option<Connection>,
    ) -> Result<Answer, Failure> {
        if let Some(used) = connection {
            match used.exchange(request, keep).await {
                Ok(answer) => return Ok(answer),
                Err(Unanswered::Failed(failure)) => return Err(failure),
                // The target had closed it: no reason to count that as an attempt.
                Err(Unanswered::Unsent) => {}
            }
        }
        // In a box: it is large and rare, and every attempt would carry its room about.
        let opening = Box::pin(Connection::open(&self.target, self.tls.as_ref()));
        let new = connection.insert(opening.await?);
        match new.exchange(request, keep).await {
            Ok(answer) => Ok(answer),
            Err(Unanswered::Failed(failure)) => Err(failure),
            Err(Unanswered::Unsent) => Err(Failure::closed()),
        }
    }
}
