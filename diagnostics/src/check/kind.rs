//! The kinds of what can be wrong.

use std::fmt;

use serde::Serialize;

/// What can be wrong. The names never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// The log's own data are damaged.
    DamagedLog,
    /// A command has no decision, though later ones have.
    UndecidedCommand,
    /// A decision names a command that `orders` does not have.
    DecisionWithoutCommand,
    /// A decision is about another command than the one that it names, or stands on another partition.
    WrongSource,
    /// A decision is about the command that it names, but tells it otherwise.
    AlteredDecision,
    /// A command has a second decision, which says something else.
    ContradictingDecision,
    /// A decision can't be read.
    UnreadableDecision,
    /// A decision is of an earlier time than the one before it.
    TimeBackwards,
    /// This build decides a command otherwise.
    DecidedOtherwise,
    /// A purchase was taken whose total is not that of its items.
    WrongTotal,
    /// Money came from nowhere, or is gone.
    MoneyNotConserved,
    /// Somebody has less than nothing.
    NegativeBalance,
    /// A decision can't be projected.
    UnfitDecision,
    /// The store is farther than the log.
    CheckpointBeyondLog,
    /// The store was filled from another log, or the log was changed.
    AnotherLog,
    /// A checkpoint and the source that it says it has reached don't belong together.
    WrongCheckpoint,
    /// The events say that there is a row, and there is none.
    MissingRow,
    /// There is a row of which no event tells.
    SurplusRow,
    /// A row differs from what the events say.
    AlteredRow,
    /// An order is parked, and nothing of it waits.
    ParkedForNothing,
    /// An order is parked for longer than is allowed.
    ParkedTooLong,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
