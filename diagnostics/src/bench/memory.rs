//! The memory of a program from its start to its end.

use std::time::{Duration, Instant};

use tokio::process::Child;

use super::machine::resident;

/// How often it is looked at. The system keeps the peak, so only a last rise shorter than this can
/// be missed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// What a program took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    /// At most, in megabytes of 1,000,000 bytes.
    pub peak_mb: f64,
    /// By how much the peak rose after the first tenth of its time.
    pub grown_mb: f64,
}

/// Watches a child until it has ended. `None` where the system tells nothing.
pub async fn watch(child: &mut Child) -> anyhow::Result<Option<Memory>> {
    let began = Instant::now();
    let mut peaks: Vec<(Duration, f64)> = Vec::new();
    let mut look = tokio::time::interval(LOOK_EVERY);
    loop {
        tokio::select! {
            ended = child.wait() => {
                ended?;
                return Ok(memory(&peaks, began.elapsed()));
            }
            _ = look.tick() => {
                let Some(seen) = child.id().and_then(resident) else { continue };
                if peaks.last().is_none_or(|(_, peak)| seen.peak_mb > *peak) {
                    peaks.push((began.elapsed(), seen.peak_mb));
                }
            }
        }
    }
}

/// `peaks` are the times when the peak rose, and to what.
fn memory(peaks: &[(Duration, f64)], ended: Duration) -> Option<Memory> {
    let (_, peak_mb) = *peaks.last()?;
    let early = peaks.iter().take_while(|(at, _)| *at <= ended / 10).last().unwrap_or(&peaks[0]);
    Some(Memory { peak_mb, grown_mb: peak_mb - early.1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_what_came_after_the_first_tenth() {
        let peaks = [(0, 5.0), (800, 50.0), (1_500, 60.0), (9_000, 62.0)];
        let peaks = peaks.map(|(at, peak)| (Duration::from_millis(at), peak));
        let seen = memory(&peaks, Duration::from_secs(10));
        assert_eq!(seen, Some(Memory { peak_mb: 62.0, grown_mb: 12.0 }));
        assert_eq!(memory(&[], Duration::from_secs(10)), None);
    }
}
