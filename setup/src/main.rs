//! The program `seriatim`: every role in one process, behind one front door.

mod all_in_one;
mod banner;

use std::process::ExitCode;

use clap::Parser;
use service_kit::config::CommonArgs;
use service_kit::program;

/// An event-sourced order service whose truth is an ordered log.
///
/// Starts every role in one process: the producer API (HTTP in, commands on the log), the processor
/// (commands to events to SQL) and the query API (SQL to HTTP). Without any flag it needs nothing
/// else: the log and the store are SQLite files in the data directory.
#[derive(Parser)]
#[command(name = "seriatim", version, after_long_help = EXAMPLES)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
}

const EXAMPLES: &str = "\
Examples:
  seriatim
      Log and store in ./data, HTTP on 127.0.0.1:8000.

  seriatim --data-dir /srv/seriatim --listen 0.0.0.0:8000
      Elsewhere, and reachable from other machines.

  SERIATIM_LOG=kafka://localhost:9092 SERIATIM_STORE=postgres://me:secret@localhost/orders seriatim
      The same over Kafka and Postgres.

  seriatim --print-config
      The configuration as it would be used. seriatim.default.toml explains every key.

Then:
  http://127.0.0.1:8000/docs           try the API in a browser
  http://127.0.0.1:8000/readyz         can it do its work?
  http://127.0.0.1:8000/metrics        for Prometheus

Exit codes: 0 stopped as told, 1 failed, 2 wrong flag or configuration, 130 told twice to stop.";

#[tokio::main]
async fn main() -> ExitCode {
    program::run(&Args::parse().common, all_in_one::LISTEN_DEFAULT, all_in_one::run).await
}
