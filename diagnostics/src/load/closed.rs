//! The closed model: users, each of whom waits for an answer before the next request.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use measure::{Alarm, RateLimit, Start};
use tokio::task::JoinSet;

use super::{Load, users};

/// How often it is looked how many users there should be.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What all users share.
struct Company {
    load: Arc<Load>,
    alarm: Alarm,
    end: Instant,
    /// So many users there should be; those of this number and above, counted from 0, leave.
    wanted: AtomicUsize,
    /// Requests that were begun.
    begun: AtomicU64,
    /// Whether there are no more requests to be had.
    exhausted: AtomicBool,
    /// Of all users together.
    limit: Option<Mutex<RateLimit>>,
}

/// Sends until the stages end and every user has its last answer.
pub(super) async fn run(load: &Arc<Load>) -> anyhow::Result<()> {
    let company = Arc::new(Company {
        load: Arc::clone(load),
        alarm: Alarm::start().context("starting the alarm")?,
        end: load.begin + load.stages.length(),
        wanted: AtomicUsize::new(0),
        begun: AtomicU64::new(0),
        exhausted: AtomicBool::new(false),
        limit: load.limit.map(|rate| Mutex::new(RateLimit::new(rate, load.begin))),
    });
    let mut present: JoinSet<usize> = JoinSet::new();
    let mut seats: Vec<bool> = vec![false; users(load.stages.most())];
    let mut look = tokio::time::interval(LOOK_EVERY);
    while let Some((level, _)) = load.stages.at(load.begin.elapsed()) {
        let wanted = users(level).min(seats.len());
        company.wanted.store(wanted, Ordering::Relaxed);
        for (number, taken) in seats.iter_mut().enumerate().take(wanted) {
            if !*taken {
                *taken = true;
                present.spawn(Arc::clone(&company).user(number));
            }
        }
        tokio::select! {
            biased;
            () = load.stop.cancelled() => break,
            _ = look.tick() => {}
        }
        while let Some(left) = present.try_join_next() {
            seats[left.context("a user")?] = false;
        }
        if company.is_over() {
            break;
        }
    }
    company.wanted.store(0, Ordering::Relaxed);
    while let Some(left) = present.join_next().await {
        left.context("a user")?;
    }
    load.source.failure().map_or(Ok(()), Err)
}

impl Company {
    /// One user, until it is not wanted any more. Gives its number.
    async fn user(self: Arc<Self>, number: usize) -> usize {
        let mut connection = None;
        while number < self.wanted.load(Ordering::Relaxed) && !self.is_over() {
            if let Some(limit) = &self.limit {
                self.wait(turn(limit)).await;
                if number >= self.wanted.load(Ordering::Relaxed) || self.is_over() {
                    break;
                }
            }
            if self.begun.fetch_add(1, Ordering::Relaxed) >= self.load.requests_max {
                break;
            }
            let Some(request) = self.load.source.next().await else {
                self.exhausted.store(true, Ordering::Relaxed);
                break;
            };
            connection = self.load.sender.send(request, Start::Whenever, connection).await;
            if !self.load.think.is_zero() {
                self.wait(Instant::now() + self.load.think).await;
            }
        }
        number
    }

    fn is_over(&self) -> bool {
        let enough = self.begun.load(Ordering::Relaxed) >= self.load.requests_max
            || self.exhausted.load(Ordering::Relaxed);
        enough || self.load.stop.is_cancelled() || Instant::now() >= self.end
    }

    /// Until then, or until the load ends.
    async fn wait(&self, until: Instant) {
        tokio::select! {
            () = self.load.stop.cancelled() => {}
            () = self.alarm.until(until.min(self.end)) => {}
        }
    }
}

/// When the next request of all users may begin.
fn turn(limit: &Mutex<RateLimit>) -> Instant {
    limit.lock().unwrap_or_else(PoisonError::into_inner).next(Instant::now())
}
