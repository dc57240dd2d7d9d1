//! The open model: requests begin when they are due, whatever the answers take.
//!
//! When all connections are in use, the next request waits for one, and those behind it as well: their
//! latency begins when they were due, all the same. So the queue before a slow target is told, and
//! needs no room here: a request that waits is a number.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use http1_client::Connection;
use measure::{Alarm, Start};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Load;
use super::sender::{NOT_SENT, Sender};
use super::source::Request;

/// A request that begins later than this after it was due is late.
pub(super) const LATE: Duration = Duration::from_millis(10);

/// Requests that never began are told so many at once.
const TOLD_AT_ONCE: u64 = 10_000;

/// Connections that are open and idle.
type Idle = Arc<Mutex<Vec<Connection>>>;

/// Sends until the stages end; then waits for the answers that are still to come. Gives how many
/// requests were due.
pub(super) async fn run(load: &Load) -> anyhow::Result<u64> {
    let alarm = Alarm::start().context("starting the alarm")?;
    let room = Arc::new(Semaphore::new(load.connections));
    let idle: Idle = Arc::default();
    let end = load.begin + load.stages.length();
    let mut due = load.stages.due().take(usize::try_from(load.requests_max).unwrap_or(usize::MAX));
    let (mut asked, mut behind) = (0, false);
    let mut unsent = None;
    for after in due.by_ref() {
        let intended = load.begin + after;
        tokio::select! {
            biased;
            () = load.stop.cancelled() => break,
            () = alarm.until(intended) => {}
        }
        asked += 1;
        behind = behind && is_late(intended);
        if behind && Instant::now() >= end {
            unsent = Some(intended);
            break;
        }
        let mut permit = Arc::clone(&room).try_acquire_owned().ok();
        if permit.is_none() {
            behind = true;
            permit = wait_for_room(load, &room, end).await;
        }
        let Some(permit) = permit else {
            unsent = Some(intended);
            break;
        };
        let Some(request) = load.source.next().await else { break };
        let departure = Departure { request, intended, behind, permit };
        tokio::spawn(departure.fly(Arc::clone(&load.sender), Arc::clone(&idle)));
    }
    if let Some(first) = unsent {
        let rest = due.map(|after| load.begin + after).take_while(|due| *due < Instant::now());
        asked += not_sent(&load.sender, std::iter::once(first).chain(rest)).await - 1;
    }
    // Every request gives its permit back within the time it may take.
    let _all = room.acquire_many(u32::try_from(load.connections)?).await?;
    load.source.failure().map_or(Ok(asked), Err)
}

/// `None` when the load ends first.
async fn wait_for_room(
    load: &Load,
    room: &Arc<Semaphore>,
    end: Instant,
) -> Option<OwnedSemaphorePermit> {
    tokio::select! {
        biased;
        () = load.stop.cancelled() => None,
        permit = Arc::clone(room).acquire_owned() => permit.ok(),
        () = tokio::time::sleep_until(end.into()) => None,
    }
}

fn is_late(intended: Instant) -> bool {
    intended.elapsed() > LATE
}

/// What was due and never began is no success, and its latency is at least what it has waited. Of a rate
/// far beyond what a target takes there are many: others have their turn meanwhile.
async fn not_sent(sender: &Sender, due: impl Iterator<Item = Instant>) -> u64 {
    let mut count = 0;
    for intended in due {
        sender.recorder.unsent(intended, NOT_SENT);
        count += 1;
        if count % TOLD_AT_ONCE == 0 {
            tokio::task::yield_now().await;
        }
    }
    count
}

/// A request that begins.
struct Departure {
    request: Request,
    intended: Instant,
    /// Whether requests queue before the target, so that this one is late by no fault of ours.
    behind: bool,
    permit: OwnedSemaphorePermit,
}

impl Departure {
    async fn fly(self, sender: Arc<Sender>, idle: Idle) {
        if !self.behind && is_late(self.intended) {
            sender.tally.late.fetch_add(1, Ordering::Relaxed);
        }
        let lock = || idle.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = lock().pop();
        let connection = sender.send(self.request, Start::At(self.intended), connection).await;
        lock().extend(connection);
        drop(self.permit);
    }
}
