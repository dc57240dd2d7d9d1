//! The program `order-processor`: decides commands and projects what was decided into SQL.

use std::process::ExitCode;

use clap::Parser;
use service_kit::config::{CommonArgs, Settings};
use service_kit::{exit, shutdown};

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
    exit::exit_code(&start(&Args::parse()).await)
}

async fn start(args: &Args) -> anyhow::Result<()> {
    let settings = Settings::load(&args.common, order_processor::LISTEN_DEFAULT)?;
    if args.common.print_config {
        print!("{}", settings.print());
        return Ok(());
    }
    Ok(order_processor::run(&settings, shutdown::on_signals()).await?)
}
