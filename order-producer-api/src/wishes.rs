//! What a client says beside its body.

use axum::http::HeaderMap;
use order_domain::{IdempotencyKey, TraceParent};
use service_kit::Problem;

use crate::prefer::Wait;
use crate::{Intake, headers};

/// What a client says beside its body, whatever its dialect.
pub(crate) struct Wishes {
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    pub(crate) trace_parent: Option<TraceParent>,
    /// How long it would wait for the outcome.
    pub(crate) wait: Option<Wait>,
}

impl Wishes {
    pub(crate) fn read(intake: &Intake, headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self {
            idempotency_key: headers::idempotency_key(headers)?,
            trace_parent: headers::trace_parent(headers),
            wait: intake.wait_of(headers),
        })
    }

    /// [`read`](Self::read), of a request that must bring JSON.
    pub(crate) fn read_with_json(intake: &Intake, headers: &HeaderMap) -> Result<Self, Problem> {
        headers::check_media_type(headers)?;
        Self::read(intake, headers)
    }
}
