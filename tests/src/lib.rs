//! End-to-end, fault and contract tests over the whole.
