//! The program `order-producer-api`: takes orders over HTTP and appends them to the log.

use std::process::ExitCode;

use clap::Parser;
use service_kit::config::CommonArgs;
use service_kit::{exit, program};

/// Takes orders over HTTP and appends them to the log as commands.
///
/// It keeps no state: any number may run side by side over one log.
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
    program::run(&Args::parse().common, order_producer_api::LISTEN_DEFAULT, order_producer_api::run)
        .await
}
