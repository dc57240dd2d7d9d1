//! A reverse proxy that records what passes.
//!
//! ```text
//! client -> proxy -> target          forwards, both bodies as streams
//!             |  tee                 copies them on the way, within the room that was reserved
//!         recorder -> archive        in the order in which requests were complete; redacts
//! ```
//!
//! Memory is bounded by the *room*: a request reserves what it and its response may take before it
//! is forwarded, and gives it back when the archive has taken it. So all that a slow disk can do is
//! to use the room up; `--when-behind` says what happens then.

mod forward;
mod key;
mod recorder;
mod redaction;
mod room;
mod tally;
mod tee;

use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use clap::{Args, ValueEnum};
use http1_client::{TargetError, TargetUrl};
use serde::Serialize;
use service_kit::config::HttpSettings;
use service_kit::{exit, server, shutdown};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use traffic_archive::{
    ArchiveError, ArchiveId, ArchiveReader, ArchiveWriter, Location, WriterSettings,
};

pub use key::KeyRule;
pub use redaction::Redaction;
pub(crate) use redaction::{BODY_OMITTED, REDACTED};
pub use tally::Tally;

/// How long a client may take to send a request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// How long requests at work may take to end after the signal to stop.
const STOP_GRACE: Duration = Duration::from_secs(20);

/// Forwards HTTP traffic to a target and records it into an archive.
///
/// Recorded are request, response, times and outcome, in the order in which requests were complete.
/// Authorization, Proxy-Authorization, Cookie and Set-Cookie are never written; name further
/// headers and JSON fields to leave out. A request that the target never saw whole (the client went
/// away, the target could not be reached) is not recorded, nor one with a body longer than
/// --body-kib; both are counted. A response that does not come in --response-wait, or whose client
/// went away, is not recorded, but its request is: with the outcome `unanswered`.
///
/// The target is spoken to over HTTP/1.1, with TLS where its URL says https; clients speak HTTP/1.1
/// without TLS. Stop it with Ctrl-C or SIGTERM: requests at
/// work are finished and the archive ends whole. After kill -9 it is whole up to a few seconds
/// before (--durable-every), and --append goes on with it.
///
/// When the archive can't be written any more (its disk is full), that is said at once. With
/// `--when-behind wait` the capture then ends by itself, after the requests at work; with `pass` it
/// goes on forwarding and records nothing more. What was durable before stays whole, what was
/// forwarded since is counted, the exit code is 1, and --append goes on once there is room.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  \
    replay capture --listen 127.0.0.1:8080 --to http://127.0.0.1:8000 --archive data/today \\\n    \
    --key json:customerId --redact-field customerEmail\n\n\
    Exit codes: 0 stopped and whole, 1 failed, 2 wrong usage")]
pub struct CaptureArgs {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: String,
    /// The target: `http://host[:port][/prefix]` or `https://...`.
    #[arg(long, value_name = "URL")]
    to: TargetUrl,
    /// The archive: a folder or `s3://bucket/prefix`.
    #[arg(long, value_name = "PLACE")]
    archive: Location,
    /// Go on with an archive that is there, behind its end.
    #[arg(long)]
    append: bool,
    /// What orders requests: header:NAME, json:FIELD[.FIELD...] of the body, path:N (the Nth segment
    /// from 1), or none: all are one order. Without such a header, field or segment the key is empty.
    #[arg(long, value_name = "RULE", default_value = "none")]
    key: KeyRule,
    /// A further header that is not to be written; may be repeated.
    #[arg(long = "redact-header", value_name = "NAME")]
    redact_headers: Vec<String>,
    /// A field that is not to be written, in JSON at any depth, in forms and in queries; may be
    /// repeated. A body that can't be looked into is then left out, and serialout does not send such
    /// a request. Upper and lower case are one.
    #[arg(long = "redact-field", value_name = "NAME")]
    redact_fields: Vec<String>,
    /// When the archive falls behind: `wait` lets requests wait, so that none is missing in the
    /// archive; `pass` forwards them unrecorded, and counts them. When it fails: `wait` ends the
    /// capture, `pass` does not.
    #[arg(long, value_name = "POLICY", value_enum, default_value_t = WhenBehind::Wait)]
    when_behind: WhenBehind,
    /// The longest body that is recorded, in KiB.
    #[arg(long, value_name = "KIB", default_value_t = 1024,
        value_parser = clap::value_parser!(u32).range(1..=4096))]
    body_kib: u32,
    /// Memory for requests at work and on their way to the archive, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(16..=65_536))]
    memory_mib: u32,
    /// How long a response is waited for before its request is recorded without, in seconds. Later
    /// requests are recorded behind it.
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..))]
    response_wait: u32,
    /// How much a kill -9 may lose, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..))]
    durable_every: u32,
    /// Connections at once.
    #[arg(long, default_value = "1024")]
    connections: NonZeroUsize,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// What happens to requests that find no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhenBehind {
    /// They wait.
    Wait,
    /// They are forwarded and not recorded.
    Pass,
}

/// How to capture.
#[derive(Clone, Debug)]
pub struct CaptureSettings {
    /// Where requests go.
    pub target: TargetUrl,
    /// What orders them.
    pub key: KeyRule,
    /// What is not written.
    pub redaction: Redaction,
    /// What happens when the archive falls behind.
    pub when_behind: WhenBehind,
    /// The longest body that is recorded, in bytes.
    pub body_bytes_max: usize,
    /// What may be held in memory, in bytes.
    pub memory_bytes_max: usize,
    /// How long a response is waited for.
    pub response_wait: Duration,
    /// How much a kill -9 may lose.
    pub durable_every: Duration,
    /// Connections at once.
    pub connections_max: NonZeroUsize,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The archive.
    pub archive_id: ArchiveId,
    /// Its entries, with those that were there before.
    pub entries: u64,
    /// What happened to the requests.
    #[serde(flatten)]
    pub tally: Tally,
}

/// Why a capture did not end well.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The archive failed: what is not in it was not recorded.
    #[error("{0}")]
    Archive(#[from] ArchiveError),
    /// TLS to the target can't be set up.
    #[error("{0}")]
    Target(#[from] TargetError),
}

impl CaptureArgs {
    fn settings(&self) -> CaptureSettings {
        CaptureSettings {
            target: self.to.clone(),
            key: self.key.clone(),
            redaction: Redaction::new(&self.redact_headers, &self.redact_fields),
            when_behind: self.when_behind,
            body_bytes_max: self.body_kib as usize * 1024,
            memory_bytes_max: self.memory_mib as usize * 1024 * 1024,
            response_wait: Duration::from_secs(u64::from(self.response_wait)),
            durable_every: Duration::from_secs(u64::from(self.durable_every)),
            connections_max: self.connections,
        }
    }

    async fn writer(&self) -> Result<ArchiveWriter, ArchiveError> {
        let settings = WriterSettings::default();
        if self.append {
            match ArchiveWriter::resume(&self.archive, settings).await {
                Err(ArchiveError::NotFound { .. }) => {}
                resumed => return resumed,
            }
        }
        ArchiveWriter::create(&self.archive, settings).await
    }
}

/// The command.
pub async fn run(args: &CaptureArgs) -> anyhow::Result<ExitCode> {
    let listener = server::bind(&args.listen).await?;
    let writer = args.writer().await?;
    eprintln!("capturing {} -> {} into {}", listener.local_addr()?, args.to, args.archive);
    let captured = capture(listener, args.settings(), writer, shutdown::on_signals()).await;
    let (tally, summary) = captured;
    if args.json {
        match &summary {
            Ok(summary) => println!("{}", serde_json::to_string(summary)?),
            Err(_) => println!("{}", serde_json::to_string(&tally)?),
        }
    } else {
        println!("{tally}");
    }
    match summary {
        Ok(_) if tally.lost() == 0 => Ok(ExitCode::SUCCESS),
        Ok(_) => Ok(ExitCode::from(exit::FAILED)),
        Err(error) => match ArchiveReader::open(&args.archive).await {
            Ok(reader) => {
                let entries = reader.manifest().entries;
                Err(error)
                    .with_context(|| format!("the archive is whole and has {entries} entries"))
            }
            Err(_) => Err(error.into()),
        },
    }
}

/// Captures until `stop`, or until the archive fails under [`WhenBehind::Wait`].
pub async fn capture(
    listener: TcpListener,
    settings: CaptureSettings,
    writer: ArchiveWriter,
    stop: CancellationToken,
) -> (Tally, Result<Summary, CaptureError>) {
    let http = HttpSettings {
        connections_max: settings.connections_max,
        header_read_timeout: HEAD_TIMEOUT,
        shutdown_grace: STOP_GRACE,
    };
    let counts = tally::Counts::default();
    let (queue, recorder) = recorder::start(&settings, writer, counts.clone(), stop.clone());
    let proxy = match forward::Proxy::new(&settings, queue, counts.clone()) {
        Ok(proxy) => proxy,
        Err(error) => return (counts.tally(), Err(error.into())),
    };
    let router = Router::new().fallback(forward::handle).with_state(std::sync::Arc::new(proxy));
    server::serve(listener, router, &http, stop).await;
    // The last request has gone, and with it the last sender to the recorder.
    let ended = recorder.await;
    let ended = ended.unwrap_or_else(|error| Err(ArchiveError::Stopped(error.to_string())));
    let tally = counts.tally();
    let summary = ended.map(|manifest| Summary {
        archive_id: manifest.archive_id,
        entries: manifest.entries,
        tally,
    });
    (tally, summary.map_err(CaptureError::from))
}
