//! Reads a request's body, within bounds of size and time.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use service_kit::Problem;
use service_kit::problem::types;

/// The whole body, at most `bytes_max`, if it arrives within `timeout`.
pub(crate) async fn read(
    body: Body,
    bytes_max: usize,
    timeout: Duration,
) -> Result<Bytes, Problem> {
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large(bytes_max));
    }
    match tokio::time::timeout(timeout, Limited::new(body, bytes_max).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(bytes_max)),
        Ok(Err(_)) => Err(broken_off()),
        Err(_) => Err(too_slow(timeout)),
    }
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(&types::BODY_TOO_LARGE)
        .detail(format!("A body has {bytes_max} bytes at most."))
        .with("bytesMax", bytes_max)
}

fn broken_off() -> Problem {
    Problem::new(&types::BODY_BROKEN_OFF).detail("The body ended before its announced end.")
}

fn too_slow(timeout: Duration) -> Problem {
    Problem::new(&types::BODY_TOO_SLOW)
        .detail(format!("A body must arrive within {} milliseconds.", timeout.as_millis()))
}
