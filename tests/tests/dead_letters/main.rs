//! Failing well, over both profiles with the real programs: what fails, and how it is mended.

mod at_a_terminal;
mod desk;
mod failing;
mod letters;
mod poison;
mod redrive;
mod watch;
