//! Records that were put aside: which headers they carry, and when enough is enough.

mod headers;
mod limit;

pub use headers::{PutAside, REDRIVE_HEADER};
pub use limit::{DeadLetterLimit, LimitReached};
