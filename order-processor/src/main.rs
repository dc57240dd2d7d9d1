//! The program `order-processor`: decides commands and projects what was decided into SQL.

use std::process::ExitCode;

use clap::Parser;
use service_kit::config::CommonArgs;
use service_kit::program;

/// Decides commands and projects what was decided into SQL.
///
/// Any number may run over one Kafka: the consumer group shares the partitions out.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    program::run(&Args::parse().common, order_processor::LISTEN_DEFAULT, order_processor::run).await
}
