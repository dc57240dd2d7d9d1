//! What can be wrong with a configuration.

use std::fmt::Display;

/// A configuration that can't work, as one sentence that names the key and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A file could not be read, or is no TOML.
    #[error("configuration file {path}: {cause}")]
    File {
        /// The file, as the user named it.
        path: String,
        /// Why.
        cause: String,
    },
    /// A key that no program knows.
    #[error(
        "{source_name}: there is no setting {key:?}; did you mean {nearest:?}? \
         seriatim.default.toml lists them all"
    )]
    UnknownKey {
        /// The file, variable or flag.
        source_name: String,
        /// The key with its sections, such as `producer.requests_max`.
        key: String,
        /// The key that looks most like it.
        nearest: String,
    },
    /// A value of the wrong type or outside its bounds.
    #[error("{source_name}: setting {key:?}: {cause}")]
    Value {
        /// The file, variable or flag.
        source_name: String,
        /// The key with its sections.
        key: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A value that only its user found to be wrong.
    #[error("setting {key:?}: {cause}")]
    Invalid {
        /// The key with its sections.
        key: String,
        /// What is wrong with it.
        cause: String,
    },
}

impl ConfigError {
    /// A value that can't work, for what only the program itself can check.
    pub fn invalid(key: impl Into<String>, cause: impl Display) -> Self {
        Self::Invalid { key: key.into(), cause: cause.to_string() }
    }

    /// What figment found while it turned the values of `section` ("" for all) into a type.
    pub(super) fn from_figment(section: &str, error: &figment::Error) -> Self {
        let source_name = error
            .metadata
            .as_ref()
            .map_or_else(|| "the configuration".to_owned(), |metadata| metadata.name.to_string());
        let path = std::iter::once(section).filter(|section| !section.is_empty());
        let path: Vec<&str> = path.chain(error.path.iter().map(String::as_str)).collect();
        Self::Value { source_name, key: path.join("."), cause: error.kind.to_string() }
    }
}
