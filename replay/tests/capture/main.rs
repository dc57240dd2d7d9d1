//! `replay capture`: what is recorded, what is not, and in which order.

mod bed;
mod program;
mod records;
mod room;
#[path = "../common/secure.rs"]
mod secure;
