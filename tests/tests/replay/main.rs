//! The program `replay` before real instances of `seriatim`, over everything that it can read and write, and
//! on disks that are full.

mod at_a_terminal;
mod captured;
mod desk;
mod full_disk;
mod market;
mod purchases;
mod ways;
