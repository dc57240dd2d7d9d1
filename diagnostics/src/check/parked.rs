//! No order is parked for ever.

use std::time::Duration;

use order_domain::{OrderId, Partition, Timestamp};
use order_store::{ParkedSubject, RetryTier};

use super::kind::Kind;
use super::report::Report;
use super::set_aside::SetAside;
use crate::text::time;

/// Looks at every parked order: what it waits for must be there, and it may not wait for too long.
pub(super) fn check(
    parked: &[ParkedSubject],
    set_aside: &SetAside,
    parked_max: Duration,
    now: Timestamp,
    report: &mut Report,
) {
    for ParkedSubject { partition, order_id, tier, since, cause, .. } in parked {
        let at = format!("order {order_id} of partition {partition}");
        if !set_aside.is_about(*partition, *order_id) {
            let what = what_is_gone(set_aside, *partition, *order_id);
            report.found(Kind::ParkedForNothing, at, what);
            continue;
        }
        let waited_ms = now.0.saturating_sub(since.0).max(0).unsigned_abs();
        if u128::from(waited_ms) > parked_max.as_millis() {
            let behind = match tier {
                RetryTier::Dead => "behind a dead letter (diagnostics dlt list)",
                RetryTier::Retry(_) => "for its next try",
            };
            let what = format!("it waits {behind} since {}: {cause}", time(*since));
            report.found(Kind::ParkedTooLong, at, what);
        }
    }
}

fn what_is_gone(set_aside: &SetAside, partition: Partition, order: OrderId) -> String {
    if set_aside.was_purged(partition, order) {
        "its dead letter was purged, so that nothing will ever free it".to_owned()
    } else {
        "no event of it waits anywhere, so that nothing will ever free it".to_owned()
    }
}
