//! The contract of the log over both of its adapters, and what each of them must do besides.

mod contract;
mod embedded;
mod kafka;
