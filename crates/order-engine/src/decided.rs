//! What a venue remembers of a command that it decided, to know it when it comes again.

use order_domain::event::Outcome;
use order_domain::trading::RefusalReason;
use order_domain::{Fingerprint, Offset, RejectionReason};

/// A command that was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decided<O> {
    pub(crate) fingerprint: Fingerprint,
    /// Its offset.
    pub(crate) first: Offset,
    pub(crate) outcome: O,
}

/// An outcome as a stable code: what snapshots and hashes of outcomes hold.
pub(crate) trait OutcomeCode: Copy {
    /// Why it was refused; `None` where it was taken.
    fn code(self) -> Option<&'static str>;

    /// The outcome of this code; `None` where there is no such code.
    fn from_code(code: Option<&str>) -> Option<Self>;
}

impl OutcomeCode for Outcome {
    fn code(self) -> Option<&'static str> {
        match self {
            Self::Accepted => None,
            Self::Rejected { reason } => Some(reason.code()),
        }
    }

    fn from_code(code: Option<&str>) -> Option<Self> {
        match code {
            None => Some(Self::Accepted),
            Some(code) => RejectionReason::from_code(code).map(|reason| Self::Rejected { reason }),
        }
    }
}

impl OutcomeCode for Option<RefusalReason> {
    fn code(self) -> Option<&'static str> {
        self.map(RefusalReason::code)
    }

    fn from_code(code: Option<&str>) -> Option<Self> {
        match code {
            None => Some(None),
            Some(code) => RefusalReason::from_code(code).map(Some),
        }
    }
}
