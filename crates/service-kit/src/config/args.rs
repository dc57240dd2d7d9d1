//! The flags that every program takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// Flags that every program takes, before a subcommand or behind it. `#[command(flatten)]` them into a
/// program's own.
#[derive(Args, Clone, Debug, Default)]
pub struct CommonArgs {
    /// Configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE", env = "SERIATIM_CONFIG")]
    pub config: Option<PathBuf>,
    /// Where to answer HTTP [env: `SERIATIM_LISTEN`]
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub listen: Option<String>,
    /// Where the embedded log and store live [env: `SERIATIM_DATA_DIR`]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The log: sqlite:<dir> or kafka://host:port[,host:port] [env: `SERIATIM_LOG`]
    #[arg(long, global = true, value_name = "URL")]
    pub log: Option<String>,
    /// The store: sqlite:<file>, postgres://..., mysql://... or mssql://... [env: `SERIATIM_STORE`]
    #[arg(long, global = true, value_name = "URL")]
    pub store: Option<String>,
    /// How logs are written to stderr
    #[arg(long, global = true, value_enum)]
    pub log_format: Option<LogFormat>,
    /// Print the configuration as it would be used (passwords hidden), and stop
    #[arg(long, global = true)]
    pub print_config: bool,
}

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
