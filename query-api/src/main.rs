//! The program `query-api`: reads orders and markets from SQL and shows them over HTTP.

use std::process::ExitCode;

use clap::Parser;
use service_kit::config::CommonArgs;
use service_kit::{exit, program};

/// Reads orders and markets from the store and shows them over HTTP. Writes nothing.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
}

fn main() -> ExitCode {
    exit::when_read(run)
}

#[tokio::main]
async fn run() -> ExitCode {
    program::run(&Args::parse().common, query_api::LISTEN_DEFAULT, query_api::run).await
}
