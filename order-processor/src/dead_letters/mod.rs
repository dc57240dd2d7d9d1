//! Records that were put aside: which headers they carry, and when enough is enough.

mod headers;
mod limit;

pub use headers::PutAside;
pub use limit::{DeadLetterLimit, LimitReached};
