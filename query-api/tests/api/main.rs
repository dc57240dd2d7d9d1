//! The service as its clients see it, over a double of the store and over SQLite.

mod client;
mod double;
mod measured;
mod orders;
mod outage;
mod paging;
mod properties;
mod reads;
mod rows;
mod schema;
mod socket;
mod stores;
mod strong_reads;
mod trading;
