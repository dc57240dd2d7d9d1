//! The contract suite over the embedded log.

mod contract;

use std::time::Duration;

use contract::LogUnderTest;
use event_log::LogSettings;
use tempfile::TempDir;

/// An embedded log in a folder of its own, gone with the test.
struct Embedded(TempDir);

async fn embedded() -> Option<Embedded> {
    Some(Embedded(tempfile::tempdir().expect("a folder")))
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

contract_suite!(embedded);
