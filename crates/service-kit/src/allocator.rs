//! The allocator of every program.
//!
//! An order is allocated by the thread that takes it and freed by the one that has written it. glibc's
//! allocator is slow at just that: with mimalloc the producer takes a fifth less processor time an
//! order (37.5 against 30.5 microseconds, one run, two cores).

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
