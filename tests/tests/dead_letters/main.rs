//! Failing well, over both profiles with the real programs: what fails, and how it is mended.

mod desk;
mod failing;
mod poison;
mod redrive;
mod watch;
