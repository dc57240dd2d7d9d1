//! Settings out of one commented default file, the user's file, the environment and flags.

mod args;
mod bounds;
mod common;
mod error;
mod layers;
mod nearest;
mod secrets;
mod settings;
mod values;

pub use args::{CommonArgs, LogFormat};
pub use common::{
    Common, HttpSettings, KafkaSettings, TelemetrySettings, TopicSettings, TradingSettings,
};
pub use error::ConfigError;
pub use secrets::without_password;
pub use settings::{DEFAULTS, Settings};
pub use values::{millis, optional_bytes, optional_millis};
