//! The processor's workers: over a real embedded log, and simulated over one that fails as a seed wants; and
//! its program, where that can't do what it was asked.

mod engine;
mod harness;
mod projector;
mod rebuild;
mod simulation;
mod state;
