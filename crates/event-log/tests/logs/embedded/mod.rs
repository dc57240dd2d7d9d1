//! The contract suite over the embedded log, and what only this log must do.

mod damage;
mod disk;
mod model;
mod processes;
mod removed;
mod retention;
mod schema;
mod waiting;

use std::time::Duration;

use event_log::LogSettings;
use tempfile::TempDir;

use crate::contract::LogUnderTest;

/// An embedded log in a folder of its own, gone with the test.
struct Embedded(TempDir);

/// A log of its own.
fn embedded() -> Embedded {
    Embedded(tempfile::tempdir().expect("a folder"))
}

impl LogUnderTest for Embedded {
    fn settings(&self) -> LogSettings {
        LogSettings::new(format!("sqlite:{}", self.0.path().display()))
    }

    fn wake_up_max(&self) -> Duration {
        Duration::from_millis(20)
    }
}

/// It needs nothing that might be missing.
#[expect(clippy::unnecessary_wraps, reason = "the suite asks every log whether it can be had")]
fn always() -> Option<Embedded> {
    Some(embedded())
}

crate::contract_suite!(always);

/// Letters and digits that can't be packed, the same for the same `seed`.
fn noise(mut seed: u64, length: usize) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::iter::repeat_with(|| {
        // Knuth's MMIX generator; its high bits are the good ones.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(LETTERS[(seed >> 58) as usize])
    })
    .take(length)
    .collect()
}
