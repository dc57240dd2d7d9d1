//! What the target answered, counted by all workers at once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http1_client::Answer;
use measure::{Latencies, LoadFigures, StageFigures, TaskFigures};
use serde::Deserialize;

/// Types of problems that are told apart; further ones count as `other`.
const PROBLEMS_MAX: usize = 40;
/// Statuses are below this.
const STATUSES: usize = 1_000;

/// Which task a request is of, in the order of [`Tally::new`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TaskId(pub(super) usize);

/// Counts that many write and one reads in the end.
pub(super) struct Tally {
    statuses: Vec<AtomicU64>,
    problems: Mutex<BTreeMap<String, u64>>,
    bytes_sent: AtomicU64,
    bytes_received: AtomicU64,
    tasks: Vec<TaskTally>,
    /// Requests that began late although there was room for them.
    pub(super) late: AtomicU64,
}

struct TaskTally {
    name: String,
    failed: AtomicU64,
    latencies: Mutex<Latencies>,
}

/// What a body of `application/problem+json` tells (RFC 9457).
#[derive(Deserialize)]
struct Problem {
    /// `about:blank` where nothing is said.
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Tally {
    /// With a place for each of these tasks; one alone is not told apart.
    pub(super) fn new(tasks: Vec<String>) -> Self {
        let several = tasks.len() > 1;
        let tasks = tasks.into_iter().filter(|_| several).map(|name| TaskTally {
            name,
            failed: AtomicU64::new(0),
            latencies: Mutex::default(),
        });
        Self {
            statuses: (0..STATUSES).map(|_| AtomicU64::new(0)).collect(),
            problems: Mutex::default(),
            bytes_sent: AtomicU64::new(0),
            bytes_received: AtomicU64::new(0),
            tasks: tasks.collect(),
            late: AtomicU64::new(0),
        }
    }

    pub(super) fn sent(&self, bytes: usize) {
        self.bytes_sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn answered(&self, answer: &Answer) {
        self.bytes_received.fetch_add(answer.wire_bytes, Ordering::Relaxed);
        if let Some(status) = self.statuses.get(usize::from(answer.status)) {
            status.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(kind) = problem_of(answer) {
            let mut problems = locked(&self.problems);
            let known = problems.len() < PROBLEMS_MAX || problems.contains_key(&kind);
            *problems.entry(if known { kind } else { "other".to_owned() }).or_default() += 1;
        }
    }

    pub(super) fn ended(&self, task: TaskId, latency: Duration, succeeded: bool) {
        let Some(task) = self.tasks.get(task.0) else { return };
        locked(&task.latencies).record(latency);
        task.failed.fetch_add(u64::from(!succeeded), Ordering::Relaxed);
    }

    /// How many answers there were with each status.
    pub(super) fn statuses(&self) -> BTreeMap<u16, u64> {
        let counts = self.statuses.iter().map(|count| count.load(Ordering::Relaxed));
        (0..).zip(counts).filter(|(_, count)| *count > 0).collect()
    }

    /// For a report.
    pub(super) fn figures(
        &self,
        stages: Vec<StageFigures>,
        asked: Option<u64>,
        warnings: Vec<String>,
    ) -> LoadFigures {
        let task = |task: &TaskTally| {
            let failed = task.failed.load(Ordering::Relaxed);
            TaskFigures::new(&task.name, failed, &locked(&task.latencies))
        };
        LoadFigures {
            asked,
            stages,
            statuses: self.statuses(),
            problems: locked(&self.problems).clone(),
            bytes_sent: Some(self.bytes_sent.load(Ordering::Relaxed)),
            bytes_received: self.bytes_received.load(Ordering::Relaxed),
            tasks: self.tasks.iter().map(task).collect(),
            warnings,
        }
    }
}

/// The type of the problem that an answer tells, if it tells one.
fn problem_of(answer: &Answer) -> Option<String> {
    let media_type = answer.header("content-type")?;
    if !media_type.starts_with("application/problem+json") {
        return None;
    }
    let problem: Problem = serde_json::from_slice(&answer.body).ok()?;
    Some(problem.kind.unwrap_or_else(|| "about:blank".to_owned()))
}

/// Counts can't be left half-changed: a poisoned lock is just a lock.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, content_type: &str, body: &str) -> Answer {
        Answer {
            status,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.to_owned().into(),
            wire_bytes: 100,
            ..Answer::default()
        }
    }

    fn figures(tally: &Tally) -> LoadFigures {
        tally.figures(Vec::new(), Some(7), Vec::new())
    }

    #[test]
    fn answers_are_counted_by_status_and_by_problem() {
        let tally = Tally::new(vec!["purchase".to_owned()]);
        tally.sent(30);
        let problem = "application/problem+json; charset=utf-8";
        tally.answered(&answer(202, "", ""));
        tally.answered(&answer(503, problem, r#"{"type":"/problems/overloaded","status":503}"#));
        tally.answered(&answer(503, problem, r#"{"title":"?"}"#));
        tally.answered(&answer(500, "text/html", "<p>"));
        tally.answered(&answer(500, problem, "not JSON"));
        let figures = figures(&tally);
        assert_eq!(figures.statuses, BTreeMap::from([(202, 1), (500, 2), (503, 2)]));
        let problems = [("/problems/overloaded", 1), ("about:blank", 1)];
        let problems = problems.map(|(kind, count)| (kind.to_owned(), count));
        assert_eq!(figures.problems, BTreeMap::from(problems));
        assert_eq!((figures.bytes_sent, figures.bytes_received), (Some(30), 500));
        assert!(figures.tasks.is_empty(), "one task alone is all of it");
    }

    #[test]
    fn a_target_can_not_fill_the_memory_with_problems() {
        let tally = Tally::new(Vec::new());
        for number in 0..1_000 {
            let body = format!(r#"{{"type":"/problems/{number}"}}"#);
            tally.answered(&answer(400, "application/problem+json", &body));
        }
        let problems = figures(&tally).problems;
        assert_eq!(problems.len(), PROBLEMS_MAX + 1);
        assert_eq!(problems["other"], 1_000 - PROBLEMS_MAX as u64);
    }

    #[test]
    fn every_task_has_its_own_latencies() {
        let tally = Tally::new(vec!["order".to_owned(), "cancel".to_owned()]);
        tally.ended(TaskId(0), Duration::from_millis(2), true);
        tally.ended(TaskId(1), Duration::from_millis(9), false);
        tally.ended(TaskId(1), Duration::from_millis(9), true);
        let tasks = figures(&tally).tasks;
        let told: Vec<_> = tasks.iter().map(|it| (&*it.name, it.requests, it.failed)).collect();
        assert_eq!(told, [("order", 1, 0), ("cancel", 2, 1)]);
        assert!((8_990.0..9_010.0).contains(&tasks[1].latency_us.unwrap().p99));
    }
}
