//! One desk at a time changes what was done about dead letters.
//!
//! A desk that writes is the only member at work in a consumer group of the marks' topic: the log
//! itself sees to it that a partition has one owner, and gives it to the next when its owner was
//! killed. Who owned it notices no later than with its next mark, which is not where it should be.

use std::time::Duration;

use anyhow::bail;
use event_log::topics::DEAD_LETTER_MARKS;
use event_log::{EventLog, GroupId, LogError, MemberId, Membership, Rebalance};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The consumer group of all desks.
const GROUP: &str = "seriatim-dlt-desk";

/// How long a desk waits for its turn. The place of one that was killed is free after the log's
/// session time-out, ten seconds on Kafka, and its group may take a moment to settle.
const WAIT_MAX: Duration = Duration::from_secs(45);

/// After how long somebody who looks on is told why nothing happens.
const SAY_AFTER: Duration = Duration::from_secs(4);

/// The right to write marks, for as long as it is [held](Lease::is_held).
pub(super) struct Lease {
    lost: CancellationToken,
    leave: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Lease {
    /// Waits for it. The marks' topic must be there.
    pub(super) async fn take(log: &dyn EventLog) -> anyhow::Result<Self> {
        let member = MemberId(Uuid::now_v7().to_string());
        let group = GroupId(GROUP.to_owned());
        let mut membership = log.join(&group, &DEAD_LETTER_MARKS, &member).await?;
        let turn = async {
            let told = timeout(SAY_AFTER, owned(membership.as_mut())).await;
            if let Ok(owned) = told {
                return owned;
            }
            eprintln!("waiting for another desk on this log to end, or to be known as dead ...");
            owned(membership.as_mut()).await
        };
        let Ok(owned) = timeout(WAIT_MAX, turn).await else {
            membership.leave().await?;
            bail!("another desk works on this log: let it end, or stop it, and try again");
        };
        owned?;
        let lost = CancellationToken::new();
        let (leave, told_to_leave) = oneshot::channel();
        let task = tokio::spawn(keep(membership, lost.clone(), told_to_leave));
        Ok(Self { lost, leave, task })
    }

    /// Whether nobody else may write.
    pub(super) fn is_held(&self) -> bool {
        !self.lost.is_cancelled()
    }

    /// Lets the next desk begin at once.
    pub(super) async fn give_back(self) {
        // Fails where the membership has ended already: then there is nothing to give back.
        let _ = self.leave.send(());
        let _ = self.task.await;
    }

    /// Lets the next desk begin after the session time-out, as if this one had been killed. After an
    /// append that failed, since it may still be on its way.
    pub(super) async fn abandon(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

async fn owned(membership: &mut dyn Membership) -> Result<(), LogError> {
    loop {
        match membership.next().await {
            Ok(Rebalance::Assigned(partitions)) if !partitions.is_empty() => return Ok(()),
            Ok(Rebalance::Revoked(partitions)) => membership.release(&partitions).await?,
            Ok(Rebalance::Assigned(_)) => {}
            Err(error) if error.is_retryable() => {}
            Err(error) => return Err(error),
        }
    }
}

/// Stays a member until told to leave. Any change of ownership, or an error that does not pass, ends
/// the right to write.
async fn keep(
    mut membership: Box<dyn Membership>,
    lost: CancellationToken,
    mut told_to_leave: oneshot::Receiver<()>,
) {
    loop {
        let change = tokio::select! {
            change = membership.next() => change,
            _ = &mut told_to_leave => break,
        };
        match change {
            Ok(Rebalance::Assigned(_)) => {}
            Err(error) if error.is_retryable() => {}
            Ok(Rebalance::Revoked(_)) | Err(_) => break,
        }
    }
    lost.cancel();
    // Where that fails, the session time-out does it.
    let _ = membership.leave().await;
}
