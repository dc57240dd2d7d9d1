//! Whether a request is sent once more, and when.

use std::time::{Duration, Instant};

use backoff::backoff::Backoff as _;
use backoff::{ExponentialBackoff, ExponentialBackoffBuilder};
use http1_client::{Answer, Failure};
use measure::ErrorKind;

/// The first wait, about.
const WAIT_MIN: Duration = Duration::from_millis(50);
/// No wait is longer than about this, unless the target asks for it.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// How often and how long a request is tried.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// Attempts beyond the first.
    pub(super) retries: u32,
    /// No attempt begins later than this after the first.
    pub(super) give_up: Duration,
    /// Answers with these are tried again, unless the recorded answer was the same.
    pub(super) statuses: Vec<u16>,
}

/// What has been tried so far.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    pub(super) count: u32,
    waits: Option<Box<(Instant, ExponentialBackoff)>>,
}

/// What becomes of a request after an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The target has answered; an error says that it should have answered otherwise.
    Ended(Result<(), ErrorKind>),
    /// It is sent again at this time.
    Again(Instant),
    /// It was tried often or long enough.
    GivenUp(Failure),
}

impl Limits {
    /// `recorded` is the status of the recorded answer. An answer like that one is right, whatever
    /// it is; otherwise a status from 400 on is an error.
    pub(super) fn judge(
        &self,
        attempts: &mut Attempts,
        result: Result<&Answer, &Failure>,
        recorded: Option<u16>,
        now: Instant,
    ) -> Verdict {
        let (failure, asked) = match result {
            Ok(answer) if recorded == Some(answer.status) || answer.status < 400 => {
                return Verdict::Ended(Ok(()));
            }
            Ok(answer) if !self.statuses.contains(&answer.status) => {
                return Verdict::Ended(Err(ErrorKind::Status(answer.status)));
            }
            Ok(answer) => {
                let kind = ErrorKind::Status(answer.status);
                let reason = "the target asks to be tried later".to_owned();
                (Failure { kind, reason }, answer.retry_after)
            }
            Err(failure) => (failure.clone(), None),
        };
        let waits = attempts.waits.get_or_insert_with(|| Box::new((now, waits())));
        let (since, backoff) = &mut **waits;
        let own = backoff.next_backoff().unwrap_or(WAIT_MAX);
        let wait = asked.map_or(own, |asked| asked.max(WAIT_MIN));
        // No clock goes as far as some say that they have patience.
        let in_time = |again| since.checked_add(self.give_up).is_none_or(|latest| again <= latest);
        match now.checked_add(wait) {
            Some(again) if in_time(again) && attempts.count <= self.retries => {
                Verdict::Again(again)
            }
            _ => Verdict::GivenUp(failure),
        }
    }
}

fn waits() -> ExponentialBackoff {
    ExponentialBackoffBuilder::new()
        .with_initial_interval(WAIT_MIN)
        .with_max_interval(WAIT_MAX)
        .with_max_elapsed_time(None)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { retries: 3, give_up: Duration::from_mins(1), statuses: vec![429, 503] }
    }

    fn answer(status: u16, retry_after: Option<Duration>) -> Answer {
        Answer { status, retry_after, ..Answer::default() }
    }

    fn lost() -> Failure {
        Failure { kind: ErrorKind::CONNECTION_LOST, reason: "reset".to_owned() }
    }

    fn judge(status: u16, recorded: Option<u16>) -> Verdict {
        let mut attempts = Attempts { count: 1, waits: None };
        limits().judge(&mut attempts, Ok(&answer(status, None)), recorded, Instant::now())
    }

    #[test]
    fn an_answer_is_right_if_it_is_a_success_or_as_recorded() {
        assert_eq!(judge(202, None), Verdict::Ended(Ok(())));
        assert_eq!(judge(409, Some(409)), Verdict::Ended(Ok(())));
        assert_eq!(judge(503, Some(503)), Verdict::Ended(Ok(())));
        assert_eq!(judge(409, Some(200)), Verdict::Ended(Err(ErrorKind::Status(409))));
        assert_eq!(judge(500, None), Verdict::Ended(Err(ErrorKind::Status(500))));
        assert!(matches!(judge(503, Some(200)), Verdict::Again(_)));
    }

    #[test]
    fn waits_grow_until_there_were_enough() {
        let (limits, now) = (limits(), Instant::now());
        let mut attempts = Attempts::default();
        for (count, least, most) in [(1, 25, 75), (2, 37, 113), (3, 56, 169)] {
            attempts.count = count;
            let verdict = limits.judge(&mut attempts, Err(&lost()), None, now);
            let Verdict::Again(again) = verdict else { panic!("{verdict:?}") };
            let wait = (again - now).as_millis();
            assert!((least..=most).contains(&wait), "wait {count} is {wait} ms");
        }
        attempts.count = 4;
        let verdict = limits.judge(&mut attempts, Err(&lost()), None, now);
        assert_eq!(verdict, Verdict::GivenUp(lost()));
    }

    #[test]
    fn what_the_target_asks_for_is_kept_to_unless_it_is_too_long() {
        let (limits, now) = (limits(), Instant::now());
        let judge = |seconds| {
            let answer = answer(503, Some(Duration::from_secs(seconds)));
            let mut attempts = Attempts { count: 1, waits: None };
            limits.judge(&mut attempts, Ok(&answer), None, now)
        };
        assert_eq!(judge(7), Verdict::Again(now + Duration::from_secs(7)));
        assert!(matches!(judge(61), Verdict::GivenUp(_)));
        assert!(matches!(judge(u64::MAX), Verdict::GivenUp(_)));
    }

    #[test]
    fn patience_may_be_without_end() {
        let limits = Limits { give_up: Duration::MAX, ..limits() };
        let mut attempts = Attempts { count: 1, waits: None };
        let verdict = limits.judge(&mut attempts, Err(&lost()), None, Instant::now());
        assert!(matches!(verdict, Verdict::Again(_)));
    }

    #[test]
    fn a_request_is_given_up_when_it_is_too_old() {
        let (limits, now) = (limits(), Instant::now());
        let mut attempts = Attempts { count: 1, waits: None };
        let first = limits.judge(&mut attempts, Err(&lost()), None, now);
        assert!(matches!(first, Verdict::Again(_)));
        let late = limits.judge(&mut attempts, Err(&lost()), None, now + limits.give_up);
        assert_eq!(late, Verdict::GivenUp(lost()));
    }
}
