//! How far each worker is behind its topic, looked at from time to time.

use std::sync::Arc;
use std::time::Duration;

use event_log::{EventLog, Topic};
use order_domain::Offset;
use tokio_util::sync::CancellationToken;

use crate::status::{Role, Status};

/// How often the lag is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// Reports the lag of `role` on `topic` until `stop`.
pub(crate) async fn watch(
    log: Arc<dyn EventLog>,
    role: Role,
    topic: Topic,
    status: Status,
    stop: CancellationToken,
) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
        for (partition, next) in status.progress(role) {
            if let Ok(ends) = log.ends(&topic, partition).await {
                status.set_lag(role, partition, behind(ends.next, next));
            }
        }
    }
}

const fn behind(end: Offset, next: Offset) -> u64 {
    end.0.saturating_sub(next.0)
}
