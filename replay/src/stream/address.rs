//! Where a stream is.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use clap::Args;
use event_log::{LogSettings, Topic};

use super::StreamError;
use super::patience::Patience;

/// The topic, or the key of the Redis stream, if nobody names another.
const DEFAULT_NAME: &str = "replay";

/// For how long a server that goes away is waited for, if nobody says otherwise.
const DEFAULT_PATIENCE_SECONDS: u32 = 60;

/// Which server or folder has the stream: `kafka://host:port[,host:port]`, `sqlite:<directory>` or
/// `redis://[user:password@]host:port[/database]`.
#[derive(Clone, PartialEq, Eq)]
pub enum StreamUrl {
    /// A log, as the crate `event-log` opens it.
    Log(String),
    /// A Redis server.
    Redis(String),
}

impl StreamUrl {
    /// Whether a text is meant as a stream, and not as the place of an archive.
    pub fn is_meant_by(text: &str) -> bool {
        let schemes = ["kafka:", "sqlite:", "redis:", "rediss:"];
        schemes.iter().any(|scheme| text.starts_with(scheme))
    }
}

impl FromStr for StreamUrl {
    type Err = StreamError;

    fn from_str(text: &str) -> Result<Self, StreamError> {
        let wrong = |reason: &str| StreamError::Address {
            text: without_password(text),
            reason: reason.to_owned(),
        };
        if text.starts_with("redis://") {
            return match redis::Client::open(text) {
                Ok(_) => Ok(Self::Redis(text.to_owned())),
                Err(error) => Err(wrong(&error.to_string())),
            };
        }
        let named = text.strip_prefix("kafka://").or_else(|| text.strip_prefix("sqlite:"));
        match named {
            Some("") => Err(wrong("brokers or a directory must follow")),
            Some(brokers) if text.starts_with("kafka://") && brokers.contains('/') => Err(wrong(
                "no path follows the brokers; a topic is named by --topic, or behind a #",
            )),
            Some(_) => Ok(Self::Log(text.to_owned())),
            None => Err(wrong("give kafka://host:port, sqlite:<directory> or redis://host:port")),
        }
    }
}

impl fmt::Display for StreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Log(url) => f.write_str(url),
            Self::Redis(url) => f.write_str(&without_password(url)),
        }
    }
}

impl fmt::Debug for StreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamUrl({self})")
    }
}

/// `scheme://user:password@host` as `scheme://***@host`.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://***@{host}"),
        None => url.to_owned(),
    }
}

/// What belongs to a stream's URL on the command line.
#[derive(Args, Clone, Debug)]
pub struct StreamArgs {
    /// The topic, or the key of the Redis stream.
    #[arg(long, default_value = DEFAULT_NAME)]
    pub topic: String,
    #[command(flatten)]
    pub(super) server: ServerArgs,
}

/// How a stream's server is reached, on the command line.
#[derive(Args, Clone, Debug)]
pub struct ServerArgs {
    /// A further librdkafka property, such as `security.protocol=SASL_SSL`; may be repeated.
    #[arg(long = "kafka-property", value_name = "NAME=VALUE", value_parser = property)]
    pub kafka_properties: Vec<(String, String)>,
    /// For how long a log or Redis that goes away is waited for, in seconds. When the command begins it
    /// must be there.
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_PATIENCE_SECONDS,
        value_parser = clap::value_parser!(u32).range(1..))]
    pub patience: u32,
}

fn property(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a property is NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl StreamArgs {
    /// The stream at `url` that these name.
    pub fn address(&self, url: &StreamUrl) -> Result<StreamAddress, StreamError> {
        Ok(StreamAddress::new(url.clone(), &self.topic)?.reached_as(&self.server))
    }
}

/// One stream, and how to reach it. As text: a [`StreamUrl`], and behind a `#` the topic or the key
/// of the Redis stream, if it is not `replay`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamAddress {
    pub(super) url: StreamUrl,
    pub(super) name: String,
    pub(super) patience: Patience,
    kafka_properties: BTreeMap<String, String>,
}

impl StreamAddress {
    /// The topic, or the Redis stream, of this name.
    pub fn new(url: StreamUrl, name: impl Into<String>) -> Result<Self, StreamError> {
        let name = name.into();
        match url {
            StreamUrl::Log(_) => drop(Topic::new(name.as_str())?),
            StreamUrl::Redis(_) if name.is_empty() => {
                let reason = "a Redis stream has a key".to_owned();
                return Err(StreamError::Address { text: name, reason });
            }
            StreamUrl::Redis(_) => {}
        }
        Ok(Self {
            url,
            name,
            patience: Patience::of_seconds(DEFAULT_PATIENCE_SECONDS),
            kafka_properties: BTreeMap::new(),
        })
    }

    /// The same stream, reached as told.
    #[must_use]
    pub fn reached_as(mut self, server: &ServerArgs) -> Self {
        self.kafka_properties = server.kafka_properties.iter().cloned().collect();
        self.patience = Patience::of_seconds(server.patience);
        self
    }

    /// Says of a stream's error which stream it is about.
    pub(crate) fn locate(&self, error: anyhow::Error) -> anyhow::Error {
        if error.is::<StreamError>() { error.context(self.to_string()) } else { error }
    }

    /// Fails where an embedded log is named that is not there: opening it would make it.
    pub(crate) fn check_exists(&self) -> Result<(), StreamError> {
        let StreamUrl::Log(url) = &self.url else { return Ok(()) };
        match url.strip_prefix("sqlite:") {
            Some(directory) if !Path::new(directory).is_dir() => {
                let reason = "there is no such directory".to_owned();
                Err(StreamError::Address { text: url.clone(), reason })
            }
            _ => Ok(()),
        }
    }

    /// How to open the log, if it is one; an append may take all the patience there is, since the
    /// log's own retries know more than ours.
    pub(crate) fn log(&self) -> Option<(LogSettings, Topic)> {
        let StreamUrl::Log(url) = &self.url else { return None };
        let mut settings = LogSettings::new(url.as_str());
        settings.append_timeout = self.patience.0;
        settings.kafka_properties.clone_from(&self.kafka_properties);
        let topic = Topic::new(self.name.as_str()).expect("checked when the address was made");
        Some((settings, topic))
    }
}

impl FromStr for StreamAddress {
    type Err = StreamError;

    fn from_str(text: &str) -> Result<Self, StreamError> {
        let (url, name) = text.rsplit_once('#').unwrap_or((text, DEFAULT_NAME));
        Self::new(url.parse()?, name)
    }
}

impl fmt::Display for StreamAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.url, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_which_stream_is_meant() {
        for text in ["kafka://a:1,b:2", "sqlite:data/log", "redis://127.0.0.1:6379/3"] {
            assert!(StreamUrl::is_meant_by(text));
            assert_eq!(text.parse::<StreamUrl>().unwrap().to_string(), text);
        }
        assert!(!StreamUrl::is_meant_by("s3://bucket/archive"));
        for text in ["", "kafka://", "sqlite:", "redis://", "redis://host:x", "data", "amqp://a"] {
            assert!(text.parse::<StreamUrl>().is_err(), "{text}");
        }
        for text in ["kafka://a:1#replay", "sqlite:data/log#b", "redis://h:1/0#shop:1"] {
            assert_eq!(text.parse::<StreamAddress>().unwrap().to_string(), text);
        }
        let url: StreamUrl = "kafka://a:1".parse().unwrap();
        assert!(StreamAddress::new(url, "no/topic").is_err());
    }

    #[test]
    fn a_password_is_not_shown() {
        let url: StreamUrl = "redis://me:secret@host:1/0".parse().unwrap();
        assert_eq!(url.to_string(), "redis://***@host:1/0");
        assert!(!format!("{url:?}").contains("secret"));
        let error = "redis://me:secret@host:x".parse::<StreamUrl>().unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
