//! Readers and projector go over to another generation.

use std::time::Duration;

use order_store::generations::{
    FOLLOWED_EVERY, Generation, GenerationLock, GenerationState, GenerationStore,
    ProjectionGenerations,
};
use tokio::time::{Instant, sleep};

use super::filling::Filling;
use super::moment;
use super::telling::Telling;
use super::{Ended, Rebuild, RebuildError, unless_stopped};

/// Readers are switched when the new generation is at most so many events behind.
const BEHIND_EVENTS_MAX: u64 = 100;

/// How often the live generation is gone after at most before the switch: where events come as fast as
/// they can be filled, the projector does the rest.
const ROUNDS_MAX: usize = 20;

/// How long all programs that use the store need to go over, four times as long as they should.
const GOING_OVER: Duration = FOLLOWED_EVERY.saturating_mul(4);

/// How often, meanwhile, the new generation is filled with what the old one has got.
const HAND_OVER_PAUSE: Duration = Duration::from_millis(10);

impl Rebuild {
    /// Catches up with the live generation, makes `to` the live one, and keeps it filled until the
    /// projector has gone over.
    pub(super) async fn switch(
        &self,
        live: &GenerationStore,
        filling: &Filling<'_>,
        to: Generation,
    ) -> Result<(), RebuildError> {
        unless_stopped(&self.stop, catch_up(live, filling)).await?;
        if let Err(error) = self.generations.switch(&self.lock, to).await {
            // Where the answer was lost, it may have been done.
            let asking = async { Ok(super::live(&*self.generations).await?) };
            let (now, _) = unless_stopped(&self.stop, asking).await?;
            if now != to {
                return Err(error.into());
            }
        }
        self.hand_over(live, filling).await;
        Ok(())
    }

    /// A projector that has not heard of the switch yet still fills the old generation, and readers that
    /// have wait for what it tells. Whatever goes wrong from here on, the projector does the rest: that
    /// somebody moves its checkpoints is how this ends.
    async fn hand_over(&self, old: &GenerationStore, filling: &Filling<'_>) {
        let began = Instant::now();
        while began.elapsed() < GOING_OVER && !self.stop.is_cancelled() {
            let Ok((moment, _)) = moment::of(&old.store).await else { return };
            if filling.up_to_unless_taken_over(&moment).await.is_err() {
                return;
            }
            sleep(HAND_OVER_PAUSE).await;
        }
    }
}

async fn catch_up(live: &GenerationStore, filling: &Filling<'_>) -> Result<(), RebuildError> {
    for _ in 0..ROUNDS_MAX {
        let (moment, _) = moment::of(&live.store).await?;
        let missing = filling.missing(&moment).await?;
        filling.up_to(&moment).await?;
        if missing <= BEHIND_EVENTS_MAX {
            break;
        }
    }
    Ok(())
}

/// Removes every generation but the live one, once nobody asks another any more.
pub(super) async fn drop_old(
    generations: &dyn ProjectionGenerations,
    lock: &GenerationLock,
    tell: &Telling,
) -> Result<Ended, RebuildError> {
    let mut old = super::all(generations).await?;
    old.retain(|entry| entry.state != GenerationState::Live);
    if !old.is_empty() {
        sleep(GOING_OVER).await;
    }
    for entry in &old {
        generations.remove(lock, entry.generation).await?;
    }
    tell.dropped(&old);
    Ok(Ended::Done)
}
