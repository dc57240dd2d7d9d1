//! What the tools look at: the log and the store that the services are configured for.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use configured_log::OpenError;
use event_log::{EventLog, Topic};
use order_engine::EngineSettings;
use order_store::{OrderStore, StoreError};
use serde::Deserialize;
use service_kit::config::{Common, CommonArgs, ConfigError, Settings};

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

/// Those by which they find their log and their store.
#[derive(Args, Clone, Debug)]
pub struct DeploymentArgs {
    #[command(flatten)]
    log: LogArgs,
    /// The store: sqlite:<file> or postgres://... [env: `SERIATIM_STORE`].
    #[arg(long, value_name = "URL")]
    store: Option<String>,
}

/// What the tools need to know of the services' settings.
pub(crate) struct Deployment {
    common: Common,
    /// How long an event waits in each retry topic, in their order.
    retry_delays: Vec<Duration>,
    engine: EngineSettings,
}

/// Of the section `[projector]`.
#[derive(Deserialize)]
struct Projector {
    retry_delays_ms: Vec<u64>,
}

/// Of the section `[engine]`.
#[derive(Deserialize)]
struct Engine {
    idempotency_window_orders: NonZeroU32,
}

impl TryFrom<&LogArgs> for Deployment {
    type Error = ConfigError;

    fn try_from(args: &LogArgs) -> Result<Self, ConfigError> {
        Self::of(args, None)
    }
}

impl TryFrom<&DeploymentArgs> for Deployment {
    type Error = ConfigError;

    fn try_from(args: &DeploymentArgs) -> Result<Self, ConfigError> {
        Self::of(&args.log, args.store.clone())
    }
}

impl Deployment {
    fn of(args: &LogArgs, store: Option<String>) -> Result<Self, ConfigError> {
        let common = CommonArgs {
            config: args.config.clone(),
            data_dir: args.data_dir.clone(),
            log: args.log.clone(),
            store,
            ..CommonArgs::default()
        };
        // No tool answers HTTP.
        let settings = Settings::load(&common, "127.0.0.1:0")?;
        let projector: Projector = settings.section("projector")?;
        let retry_delays = projector.retry_delays_ms.into_iter().map(Duration::from_millis);
        let Engine { idempotency_window_orders } = settings.section("engine")?;
        let engine = EngineSettings { idempotency_window_orders, ..EngineSettings::DEFAULT };
        let retry_delays = retry_delays.collect();
        Ok(Self { common: settings.common().clone(), retry_delays, engine })
    }

    /// Opens the log. An embedded log that is not there is an error: opening would make it.
    pub(crate) async fn open_log(&self) -> Result<Arc<dyn EventLog>, OpenError> {
        configured_log::open_existing(&self.common).await
    }

    /// Opens the store, to be read only. An embedded one that is not there is an error.
    pub(crate) async fn open_store(&self) -> Result<OrderStore, StoreError> {
        let Some(file) = self.store_file() else {
            return order_store::open(&self.common.store).await;
        };
        let file = file.display();
        if self.store_is_gone() {
            return Err(StoreError::Configuration(format!("there is no store in {file}")));
        }
        order_store::open(&format!("sqlite:{file}?mode=ro")).await
    }

    /// Whether the log is a directory that is not there, although it may have been opened.
    pub(crate) fn log_is_gone(&self) -> bool {
        self.common.log.strip_prefix("sqlite:").is_some_and(|folder| !Path::new(folder).is_dir())
    }

    /// Whether the store is a file that is not there, although it may have been opened.
    pub(crate) fn store_is_gone(&self) -> bool {
        self.store_file().is_some_and(|file| !file.is_file())
    }

    /// The embedded store's file.
    fn store_file(&self) -> Option<&Path> {
        let file = self.common.store.strip_prefix("sqlite:")?;
        Some(Path::new(file.split_once('?').map_or(file, |(file, _)| file)))
    }

    /// How long an event waits in each retry topic, in their order.
    pub(crate) fn retry_delays(&self) -> &[Duration] {
        &self.retry_delays
    }

    /// The retry topics, in the order in which an event goes through them.
    pub(crate) fn retry_topics(&self) -> Vec<Topic> {
        self.retry_delays.iter().map(|delay| Topic::order_events_retry(*delay)).collect()
    }

    /// The retry topic that an event is tried again in first; `None` where none is configured.
    pub(crate) fn first_retry(&self) -> Option<Topic> {
        self.retry_delays.first().map(|delay| Topic::order_events_retry(*delay))
    }

    /// What the engines are told.
    pub(crate) const fn engine_settings(&self) -> EngineSettings {
        self.engine
    }

    /// The log's URL.
    pub(crate) fn log_url(&self) -> &str {
        &self.common.log
    }

    /// The store's URL, without user, password and parameters.
    pub(crate) fn store_shown(&self) -> String {
        without_secrets(&self.common.store)
    }
}

fn without_secrets(url: &str) -> String {
    let url = url.split('?').next().unwrap_or(url);
    match url.split_once("://").map(|(scheme, rest)| (scheme, rest.rsplit_once('@'))) {
        Some((scheme, Some((_, rest)))) => format!("{scheme}://{rest}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_shown_without_its_password() {
        for (url, shown) in [
            ("postgres://me:p@ss@host/orders?password=x", "postgres://host/orders"),
            ("postgres://host/orders", "postgres://host/orders"),
            ("sqlite:data/store.sqlite", "sqlite:data/store.sqlite"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }
}
