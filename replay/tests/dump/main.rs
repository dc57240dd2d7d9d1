//! `replay dump`, the real program, over the embedded log.

mod commands;
mod orders;
mod outcomes;
