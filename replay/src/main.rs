//! The program `replay`: picks the subcommand.

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use replay::capture::{self, CaptureArgs};
use replay::dump::{self, DumpArgs};
use replay::ingest::{self, IngestArgs};
use replay::load_sink::{self, LoadSinkArgs};
use replay::serialin::{self, SerialinArgs};
use replay::serialout::{self, SerialoutArgs};
use replay::verify::{self, VerifyArgs};
use service_kit::config::{LogFormat, TelemetrySettings};
use service_kit::{exit, telemetry};
use tokio::runtime::{Builder, Runtime};

/// What is logged if `RUST_LOG` asks for nothing else: a broker that is away and is waited for, an archive
/// that failed, and that a second signal ends at once. What a log says of a failed append is said by who
/// tries again, too.
const LOGGED: &str = "warn,event_log=error,service_kit::shutdown=info";

/// How long work on other threads that was given up, such as a read of a source that never answers, may
/// keep a command from ending. All that matters has been waited for then.
const GIVEN_UP_WAIT_MAX: Duration = Duration::from_secs(2);

/// History again, in the same order, with proof.
///
/// Records, moves and sends request traffic. An archive is a folder of compressed segments, or the
/// same below an `s3://bucket/prefix`; there, endpoint, region and keys come from `AWS_ENDPOINT`,
/// `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and `AWS_ALLOW_HTTP=true` allows an
/// endpoint without TLS.
///
/// An archive has one writer. In a folder a second one is refused; in S3 `--append` and `--resume` take
/// the archive over, and the writer before ends with an error at its next segment: nothing that either
/// has written is harmed. That takes an object store with conditional puts. Where it has none, a warning
/// says that nobody is kept away; where it answers them with an error (501),
/// `AWS_CONDITIONAL_PUT=disabled` does without.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    LoadSink(LoadSinkArgs),
    Serialout(Box<SerialoutArgs>),
    Capture(Box<CaptureArgs>),
    Dump(Box<DumpArgs>),
    Serialin(SerialinArgs),
    Ingest(IngestArgs),
    Verify(VerifyArgs),
}

impl Command {
    fn runtime(&self) -> io::Result<Runtime> {
        let mut builder = Builder::new_multi_thread();
        if let Self::Serialout(_) = self {
            // It sends on threads of its own. One more reads for them; several would take their cores.
            builder.worker_threads(1);
        }
        builder.enable_all().build()
    }
}

fn main() -> ExitCode {
    exit::when_read(|| run_to_its_end().unwrap_or_else(|error| exit::exit_code(&Err(error))))
}

fn run_to_its_end() -> anyhow::Result<ExitCode> {
    let command = Args::parse().command;
    let runtime = command.runtime()?;
    let ended = runtime.block_on(run(command));
    runtime.shutdown_timeout(GIVEN_UP_WAIT_MAX);
    ended
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    let logs = TelemetrySettings { filter: LOGGED.to_owned(), format: LogFormat::Text };
    telemetry::start_logs(&logs)?;
    match command {
        Command::LoadSink(args) => load_sink::run(&args).await,
        Command::Serialout(args) => serialout::run(&args).await,
        Command::Capture(args) => capture::run(&args).await,
        Command::Dump(args) => dump::run(&args).await,
        Command::Serialin(args) => serialin::run(&args).await,
        Command::Ingest(args) => ingest::run(&args).await,
        Command::Verify(args) => verify::run(&args).await,
    }
}
