//! History again, in the same order, with proof.
//!
//! The program `replay` takes any stretch of real request traffic and sends it, in exactly its
//! order, against a new build. Its subcommands are a module each; they share the
//! [archive](traffic_archive), a folder of compressed segments that tells when and where it was
//! tampered with.

pub mod capture;
pub mod dump;
pub mod ingest;
mod line_file;
pub mod load_sink;
pub mod marks;
pub mod outcome;
mod rejects;
pub mod rewrite;
pub mod serialin;
pub mod serialout;
mod sort;
pub mod source;
pub mod stream;
mod tls;
pub mod verify;
