//! The contract suite over the embedded log, and what only this log must do.

mod contract;
mod embedded;

use std::time::Duration;

use contract::LogUnderTest;
use event_log::LogSettings;
use tempfile::TempDir;

/// An embedded log in a folder of its own, gone with the test.
pub struct Embedded(pub TempDir);

/// A log of its own.
pub async fn embedded() -> Embedded {
    Embedded(tempfile::tempdir().expect("a folder"))
}

impl LogUnderTest for Embedded {
    fn settings(&self) -> LogSettings {
        LogSettings::new(format!("sqlite:{}", self.0.path().display()))
    }

    fn wake_up_max(&self) -> Duration {
        Duration::from_millis(20)
    }

    fn takeover_max(&self) -> Duration {
        Duration::from_secs(8)
    }
}

/// It needs nothing that might be missing.
#[expect(clippy::unnecessary_wraps, reason = "the suite asks every log whether it can be had")]
fn always() -> Option<Embedded> {
    Some(Embedded(tempfile::tempdir().expect("a folder")))
}

contract_suite!(always);
