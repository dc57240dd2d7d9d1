//! Loading a server with oha, in a process of its own.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use crate::oha::OhaReport;

/// oha, and the bodies that it posts.
#[derive(Clone, Debug)]
pub struct Oha {
    /// The program.
    pub program: PathBuf,
    /// A file of bodies, one a line; oha picks them at random.
    pub bodies: PathBuf,
    /// Headers of every request, each `name: value`.
    pub headers: Vec<String>,
}

/// How much load.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// For this time; requests that are under way at its end are finished.
    For(Duration),
    /// This many requests.
    Requests(u64),
}

/// What a load came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loaded {
    /// Requests answered with 202.
    pub accepted: u64,
    /// From the first request to the last answer.
    pub seconds: f64,
}

impl Loaded {
    /// Accepted requests per second.
    pub fn per_second(self) -> f64 {
        rate(self.accepted, self.seconds)
    }
}

/// `count` per second.
pub fn rate(count: u64, seconds: f64) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from) / seconds
}

impl Oha {
    /// Posts purchases to `url` over `connections` that are kept open, each waiting for an answer
    /// before the next request. Any answer but 202 is an error.
    pub async fn post(
        &self,
        url: &str,
        connections: u32,
        amount: Amount,
    ) -> anyhow::Result<Loaded> {
        let mut command = Command::new(&self.program);
        command.args(["--no-tui", "--output-format", "json", "-m", "POST"]);
        command.args(["-T", "application/json", "-c", &connections.to_string(), "-Z"]);
        command.arg(&self.bodies);
        command.args(self.headers.iter().flat_map(|header| ["-H", header]));
        match amount {
            Amount::For(time) => command.args(["-w", "-z", &format!("{}ms", time.as_millis())]),
            Amount::Requests(count) => command.args(["-n", &count.to_string()]),
        };
        command.arg(format!("{url}/api/Order"));
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
        let output = command.output().await.context("running oha")?;
        ensure!(output.status.success(), "oha ended with {}", output.status);
        outcome(&output.stdout)
    }
}

fn outcome(json: &[u8]) -> anyhow::Result<Loaded> {
    let report = OhaReport::from_json(json).context("reading oha's report")?;
    let accepted = report.status_code_distribution.get(&202).copied().unwrap_or(0);
    let others = report.status_code_distribution.keys().any(|code| *code != 202);
    ensure!(
        !others && report.error_distribution.is_empty() && accepted > 0,
        "not every request was answered with 202: {:?}, errors {:?}",
        report.status_code_distribution,
        report.error_distribution
    );
    Ok(Loaded { accepted, seconds: report.summary.total })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(codes: &str, errors: &str) -> Vec<u8> {
        format!(
            r#"{{"summary":{{"total":2.0,"slowest":1.0}},"statusCodeDistribution":{codes},"errorDistribution":{errors}}}"#
        )
        .into_bytes()
    }

    #[test]
    fn what_was_accepted_counts() {
        let loaded = outcome(&report(r#"{"202":50}"#, "{}")).unwrap();
        assert_eq!(loaded, Loaded { accepted: 50, seconds: 2.0 });
        assert!((loaded.per_second() - 25.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_refused_or_failed_request_spoils_the_figure() {
        for (codes, errors) in
            [(r#"{"202":50,"503":1}"#, "{}"), (r#"{"202":50}"#, r#"{"reset":1}"#), ("{}", "{}")]
        {
            assert!(outcome(&report(codes, errors)).is_err(), "{codes} {errors}");
        }
    }
}
