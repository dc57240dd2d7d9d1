//! Reading one's own writes: a read that sends back the position of a write waits, up to a bound,
//! until that write can be read.

mod headers;
mod watch;

pub(crate) use headers::StrongRead;
pub(crate) use watch::{NotPassed, ProjectionWatch};
