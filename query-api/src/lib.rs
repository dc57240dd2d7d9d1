//! SQL to HTTP.
