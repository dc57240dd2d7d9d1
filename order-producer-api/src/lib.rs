//! HTTP in, commands on the log.
