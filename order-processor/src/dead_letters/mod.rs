//! Records that were put aside: which headers they carry, what logs tell of them, and when enough is enough.

mod headers;
mod limit;
mod told;

pub use headers::PutAside;
pub use limit::{DeadLetterLimit, LimitReached};
pub(crate) use told::Told;
