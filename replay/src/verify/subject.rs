//! What is verified.

use std::fmt;
use std::str::FromStr;

use traffic_archive::Location;

use super::instance::Instance;

/// An archive, or a running Seriatim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// A folder or `s3://bucket/prefix`.
    Archive(Location),
    /// The URLs of its processes.
    Instance(Instance),
}

impl FromStr for Subject {
    /// What is wrong.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.starts_with("http://") || text.starts_with("https://") {
            return text.parse().map(Self::Instance).map_err(|error| format!("{error}"));
        }
        text.parse().map(Self::Archive).map_err(|error| format!("{error}"))
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Archive(location) => location.fmt(f),
            Self::Instance(instance) => instance.fmt(f),
        }
    }
}
