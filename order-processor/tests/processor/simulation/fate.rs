//! How calls go.

use plain_order_book::Random;

use super::calls::Call;

/// How a call goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It works.
    Works,
    /// A part of it works, by this number, and the rest waits for its turn.
    WorksInPart(u64),
    /// It fails and has done nothing.
    Fails,
    /// It works, but the caller hears of a failure.
    FailsAfterwards,
    /// A part of it works, by this number, and then it fails.
    FailsInPart(u64),
    /// It fails, and is done later, perhaps.
    ComesLate,
}

impl Fate {
    /// How much of `whole` is done: at least one, but for a failure.
    pub fn share(self, whole: usize) -> usize {
        let part =
            |number: u64, of: usize| usize::try_from(number % of as u64).expect("below a length");
        match self {
            Self::Works | Self::FailsAfterwards => whole,
            Self::WorksInPart(number) => 1 + part(number, whole),
            Self::FailsInPart(number) => part(number, whole),
            Self::Fails | Self::ComesLate => 0,
        }
    }
}

/// How likely things are to happen in a seed. Many are 0 in many seeds, so that troubles meet in all
/// combinations and none hides another.
#[derive(Clone, Debug)]
pub struct Troubles {
    pub fails: f64,
    pub fails_afterwards: f64,
    pub in_part: f64,
    pub late: f64,
    /// In one step of the simulation:
    pub crash: f64,
    pub stop: f64,
    pub start: f64,
    pub freeze: f64,
    pub foreign_record: f64,
    pub other_build: f64,
    pub damaged_snapshot: f64,
    pub store_changes_its_mind: f64,
    pub time_passes: f64,
    /// Of the commands that are sent:
    pub again: f64,
    pub altered: f64,
    pub garbage: f64,
    pub refused: f64,
    /// At most so many processes run at once.
    pub processes_max: usize,
}

impl Troubles {
    /// Those of a seed.
    pub fn of(random: &mut Random) -> Self {
        let mut rate = |most: f64| if random.happens(0.4) { 0.0 } else { most * random.unit() };
        Self {
            fails: rate(0.08),
            fails_afterwards: rate(0.08),
            in_part: rate(0.4),
            late: rate(0.08),
            crash: rate(0.02),
            stop: rate(0.01),
            start: 0.02 + rate(0.05),
            freeze: rate(0.03),
            foreign_record: rate(0.005),
            other_build: rate(0.02),
            damaged_snapshot: rate(0.01),
            store_changes_its_mind: rate(0.03),
            time_passes: 0.05,
            again: rate(0.2),
            altered: rate(0.1),
            garbage: rate(0.15),
            refused: rate(0.8),
            processes_max: 1 + usize::try_from(random.below(3)).expect("below 3"),
        }
    }

    /// How `call` goes.
    pub fn fate(&self, call: &Call, random: &mut Random) -> Fate {
        if *call == Call::Answer {
            return Fate::Works;
        }
        let is_append = matches!(call, Call::Append(_));
        let can_be_lost = is_append || matches!(call, Call::Apply | Call::KeepSnapshot);
        if random.happens(self.fails) {
            return Fate::Fails;
        }
        if can_be_lost && random.happens(self.fails_afterwards) {
            return Fate::FailsAfterwards;
        }
        if is_append && random.happens(self.late) {
            return Fate::ComesLate;
        }
        if is_append && random.happens(self.in_part * self.fails) {
            return Fate::FailsInPart(random.next());
        }
        if (is_append || matches!(call, Call::Read(..))) && random.happens(self.in_part) {
            return Fate::WorksInPart(random.next());
        }
        Fate::Works
    }
}
