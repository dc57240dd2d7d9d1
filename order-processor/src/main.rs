//! The program `order-processor`: decides commands and projects what was decided into SQL.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use order_processor::rebuild::{self, Ended, RebuildArgs};
use order_processor::time_travel::{self, StateArgs};
use service_kit::config::CommonArgs;
use service_kit::{exit, program};

/// Decides commands and projects what was decided into SQL.
///
/// Any number may run over one Kafka: the consumer group shares the partitions out.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    common: CommonArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    State(StateArgs),
    Rebuild(RebuildArgs),
}

fn main() -> ExitCode {
    exit::when_read(run)
}

#[tokio::main]
async fn run() -> ExitCode {
    let Args { common, command } = Args::parse();
    match command {
        None => program::run(&common, order_processor::LISTEN_DEFAULT, order_processor::run).await,
        Some(Command::State(args)) => {
            let answer =
                async |settings: &_, shutdown| time_travel::run(&args, settings, shutdown).await;
            program::run(&common, order_processor::LISTEN_DEFAULT, answer).await
        }
        Some(Command::Rebuild(args)) => {
            let mut ended = Ended::Done;
            let work = async |settings: &_, shutdown| {
                ended = rebuild::run(&args, settings, shutdown).await?;
                Ok::<_, rebuild::RebuildError>(())
            };
            let code = program::run(&common, order_processor::LISTEN_DEFAULT, work).await;
            if ended == Ended::Different { ExitCode::from(rebuild::DIFFERENT) } else { code }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_common_flags_stand_before_a_subcommand_or_behind_it() {
        for line in [
            "order-processor --data-dir elsewhere state --at 0:1",
            "order-processor state --at 0:1 --data-dir elsewhere",
            "order-processor rebuild --diff --data-dir elsewhere",
        ] {
            let args =
                Args::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(args.common.data_dir.as_deref(), Some(Path::new("elsewhere")), "{line}");
            assert!(args.command.is_some());
        }
    }
}
