//! The processor's workers: over a real embedded log, and simulated over one that fails as a seed wants.

mod engine;
mod harness;
mod projector;
mod simulation;
mod state;
