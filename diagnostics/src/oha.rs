//! oha, the load generator: where it is, and what it tells.
//!
//! It runs as a process of its own: as a library it would bring its allocator along, and print instead
//! of answering. The one that is meant is pinned in `diagnostics/oha`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tokio::process::Command;

use crate::bench::programs::workspace;

/// The version whose flags and report are known here.
pub const VERSION: &str = "1.16.0";

/// The part of oha's report that is used (its schema.json describes all of it). Times are in seconds,
/// and missing where nothing was answered.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OhaReport {
    /// Of the whole run.
    pub summary: Summary,
    /// Of answers alone.
    #[serde(default)]
    pub latency_percentiles: BTreeMap<String, Option<f64>>,
    /// Answers by HTTP status.
    pub status_code_distribution: BTreeMap<u16, u64>,
    /// Requests without an answer, by what was wrong.
    pub error_distribution: BTreeMap<String, u64>,
}

/// Of a whole run.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// How long it took.
    pub total: f64,
    /// The longest latency.
    pub slowest: Option<f64>,
    /// The shortest.
    pub fastest: Option<f64>,
    /// The mean.
    pub average: Option<f64>,
    /// Bytes of all bodies.
    #[serde(default)]
    pub total_data: u64,
}

impl OhaReport {
    /// Reads what `--output-format json` wrote.
    pub fn from_json(json: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(json)
    }
}

/// An oha of the right version that is there already: beside this program, where the checkout builds
/// it, or in `PATH`.
pub async fn find() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().map(|program| program.with_file_name("oha"));
    let built = workspace().join("diagnostics/oha/target/release/oha");
    for program in beside.into_iter().chain([built, PathBuf::from("oha")]) {
        if is_right(&program).await {
            return Some(program);
        }
    }
    None
}

/// Whether a program is oha in the right version.
pub async fn is_right(program: &Path) -> bool {
    let told = Command::new(program).arg("--version").kill_on_drop(true).output().await;
    told.is_ok_and(|told| String::from_utf8_lossy(&told.stdout).trim() == format!("oha {VERSION}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_answers_is_read_too() {
        let json = br#"{"summary":{"total":1.5,"slowest":null,"fastest":null,"average":null,
            "totalData":0},"latencyPercentiles":{"p50":null},"statusCodeDistribution":{},
            "errorDistribution":{"connection refused":3}}"#;
        let report = OhaReport::from_json(json).unwrap();
        assert_eq!(report.error_distribution["connection refused"], 3);
        assert_eq!(report.latency_percentiles["p50"], None);
    }

    #[tokio::test]
    async fn another_program_is_no_oha() {
        assert!(!is_right(Path::new("/bin/true")).await);
        assert!(!is_right(Path::new("/no/such/program")).await);
    }
}
