//! The deterministic state machine that decides commands.
