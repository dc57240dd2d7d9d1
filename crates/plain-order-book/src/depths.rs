//! How deep orders are placed behind the mid-price.

use crate::Random;

/// Depths that are drawn, in ticks.
const TICKS: u16 = 800;
const POWER: f64 = -2.23;
/// The hump: its height over a power law that begins with 1, and where it is.
const HUMP: (f64, f64) = (5.0, 8.0);

/// A power law with a hump, after J. Yoon, "The World's Fastest Matching Engine Algorithm", 2026 (arXiv
/// 2606.01183).
#[derive(Clone, Debug)]
pub struct Depths {
    cumulated: Vec<f64>,
}

impl Depths {
    /// The distribution.
    #[expect(clippy::new_without_default, reason = "there is nothing to default")]
    pub fn new() -> Self {
        let mut sum = 0.0;
        let weight = |depth: f64| {
            (depth + 1.0).powf(POWER) + HUMP.0 * (-(depth - HUMP.1).powi(2) / 2.0).exp()
        };
        let cumulated = (0..TICKS).map(|depth| {
            sum += weight(f64::from(depth));
            sum
        });
        Self { cumulated: cumulated.collect() }
    }

    /// A depth, from 0 to 799 ticks.
    pub fn draw(&self, random: &mut Random) -> u16 {
        let drawn = random.unit() * self.cumulated[usize::from(TICKS) - 1];
        let depth = self.cumulated.partition_point(|up_to| *up_to <= drawn);
        u16::try_from(depth).map_or(TICKS - 1, |depth| depth.min(TICKS - 1))
    }
}
