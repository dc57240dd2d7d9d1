//! The program `order-producer-api`: takes orders over HTTP and appends them to the log.

use std::process::ExitCode;

use clap::Parser;
use service_kit::config::{CommonArgs, Settings};
use service_kit::{exit, shutdown};

/// Takes orders over HTTP and appends them to the log as commands.
///
/// It keeps no state: any number may run side by side over one log.
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
    let settings = Settings::load(&args.common, order_producer_api::LISTEN_DEFAULT)?;
    if args.common.print_config {
        print!("{}", settings.print());
        return Ok(());
    }
    Ok(order_producer_api::run(&settings, shutdown::on_signals()).await?)
}
