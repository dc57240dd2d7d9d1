//! What only the embedded log must do.

mod damage;
mod disk;
mod model;
mod processes;
mod retention;
mod schema;
