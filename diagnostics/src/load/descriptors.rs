//! Room for connections: each takes one of the files that a process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use service_kit::exit::Usage;

/// Files beside the connections: standard streams, the runtime's own, archives, reports.
const BESIDE: u64 = 100;

/// Raises the soft limit of open files as far as these connections need it. Fails with what to do where
/// the hard limit is below.
pub(super) fn make_room(connections: usize) -> Result<(), Usage> {
    let (limit, needed) = (getrlimit(Resource::Nofile), connections as u64 + BESIDE);
    match raised(limit, needed) {
        Ok(None) => Ok(()),
        Ok(Some(raised)) => setrlimit(Resource::Nofile, raised).map_err(|error| {
            Usage::new(format!("the limit of open files can't be raised: {error}"))
        }),
        Err(hard) => Err(Usage::new(format!(
            "{connections} connections at once need {needed} open files, and this process may have \
             {hard}: raise the hard limit (`ulimit -Hn`, or LimitNOFILE= of a systemd unit), or ask \
             for fewer"
        ))),
    }
}

/// What the limit should become; `None` where it is high enough. Fails with the hard limit.
fn raised(limit: Rlimit, needed: u64) -> Result<Option<Rlimit>, u64> {
    let within = |limit: Option<u64>| limit.is_none_or(|limit| needed <= limit);
    match limit.maximum {
        _ if within(limit.current) => Ok(None),
        Some(hard) if needed > hard => Err(hard),
        maximum => Ok(Some(Rlimit { current: Some(needed), maximum })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The soft limit that is set; 0 where it is left alone.
    fn after(current: Option<u64>, maximum: Option<u64>) -> Result<u64, u64> {
        let limit = raised(Rlimit { current, maximum }, 10_100)?;
        Ok(limit.map_or(0, |limit| limit.current.unwrap()))
    }

    #[test]
    fn the_soft_limit_is_raised_as_far_as_needed_and_no_further_than_the_hard_one() {
        assert_eq!(after(Some(1_024), Some(1 << 20)), Ok(10_100));
        assert_eq!(after(Some(1_024), None), Ok(10_100));
        assert_eq!(after(Some(10_100), Some(10_100)), Ok(0));
        assert_eq!(after(None, None), Ok(0));
        assert_eq!(after(Some(1_024), Some(4_096)), Err(4_096));
    }

    #[test]
    fn more_than_any_system_has_is_refused_with_what_to_do() {
        let limit = getrlimit(Resource::Nofile).maximum;
        let asked = usize::MAX / 4;
        match make_room(asked) {
            Err(error) => assert!(error.to_string().contains("ulimit -Hn"), "{error}"),
            Ok(()) => assert_eq!(limit, None, "only without a limit is there room for {asked}"),
        }
    }
}
