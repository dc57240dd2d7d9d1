//! Which log the desk works on: the one that the services are configured for.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use event_log::{EventLog, Topic};
use serde::Deserialize;
use service_kit::config::{CommonArgs, Settings};

/// The flags and variables by which the services find their log, too.
#[derive(Args, Clone, Debug)]
pub struct LogArgs {
    /// Configuration file (TOML).
    #[arg(long, global = true, value_name = "FILE", env = "SERIATIM_CONFIG")]
    config: Option<PathBuf>,
    /// Where the embedded log lives [env: `SERIATIM_DATA_DIR`].
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The log: sqlite:<dir> or kafka://host:port[,host:port] [env: `SERIATIM_LOG`].
    #[arg(long, global = true, value_name = "URL")]
    log: Option<String>,
}

/// The log, and what of the services' settings the desk has to know.
pub(super) struct Configured {
    pub(super) log: Arc<dyn EventLog>,
    /// How long an event waits in each retry topic, in their order.
    pub(super) retry_delays: Vec<Duration>,
}

/// Of the section `[projector]`.
#[derive(Deserialize)]
struct Projector {
    retry_delays_ms: Vec<u64>,
}

impl Configured {
    /// Opens the log. An embedded log that is not there is an error: opening would make it.
    pub(super) async fn open(args: &LogArgs) -> anyhow::Result<Self> {
        let common = CommonArgs {
            config: args.config.clone(),
            data_dir: args.data_dir.clone(),
            log: args.log.clone(),
            ..CommonArgs::default()
        };
        // The desk answers no HTTP.
        let settings = Settings::load(&common, "127.0.0.1:0")?;
        let projector: Projector = settings.section("projector")?;
        let log = configured_log::open_existing(settings.common()).await?;
        let retry_delays = projector.retry_delays_ms.into_iter().map(Duration::from_millis);
        Ok(Self { log, retry_delays: retry_delays.collect() })
    }

    /// The retry topic that an event is tried again in first; `None` where none is configured.
    pub(super) fn first_retry(&self) -> Option<Topic> {
        self.retry_delays.first().map(|delay| Topic::order_events_retry(*delay))
    }
}
