//! Remembered commands as they are written.

use std::borrow::Cow;

use order_domain::{Fingerprint, Offset};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::SnapshotError;
use crate::decided::{Decided, OutcomeCode};
use crate::recent_window::RecentWindow;

/// A command of a venue's window.
#[derive(Serialize, Deserialize)]
pub(crate) struct WindowEntry<'a> {
    id: Uuid,
    fingerprint: [u8; 16],
    first: Offset,
    /// The reason's code, which never changes its meaning; `None` where the command was taken.
    #[serde(borrow)]
    refused: Option<Cow<'a, str>>,
}

impl WindowEntry<'_> {
    pub(crate) fn new<O: OutcomeCode>((id, decided): (Uuid, &Decided<O>)) -> Self {
        let refused = decided.outcome.code().map(Cow::Borrowed);
        Self { id, fingerprint: decided.fingerprint.0, first: decided.first, refused }
    }

    /// Gives it to a window.
    pub(crate) fn remember<O: OutcomeCode>(
        self,
        window: &mut RecentWindow<Decided<O>>,
    ) -> Result<(), SnapshotError> {
        let outcome = O::from_code(self.refused.as_deref()).ok_or(SnapshotError::Foreign)?;
        let fingerprint = Fingerprint(self.fingerprint);
        window.remember(self.id, Decided { fingerprint, first: self.first, outcome });
        Ok(())
    }
}
