//! The archive, from outside: what was written is read back, and damage is named where it is.

mod damage;
mod golden;
mod recovery;
mod round_trip;
mod sample;
