//! What can be wrong with a rewrite.

use std::io;
use std::path::PathBuf;

/// What is wrong with a rewrite file, or with a request that it can't be applied to.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// The file can't be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The failure.
        source: io::Error,
    },
    /// The file is not what it should be.
    #[error("{path}: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
    /// The file is no TOML, or has what no rewrite file has.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// A name can't be that of a header.
    #[error("{0:?} is no name of a header")]
    HeaderName(String),
    /// A user has credentials in two places.
    #[error("user {0:?} has credentials twice")]
    UserTwice(String),
    /// A text with names in braces is wrong.
    #[error("`{text}`: {reason}")]
    Template {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A place is not known.
    #[error("`{text}` is no place: {reason}")]
    Place {
        /// What was written.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// An environment variable is not set.
    #[error("the environment variable {0} is not set")]
    Variable(String),
    /// A secret can't be decoded.
    #[error("the secret of {user:?} can't be used: {reason}")]
    Secret {
        /// Whose it is.
        user: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A request is to be signed, and its user has no secret.
    #[error("there is no secret to sign for user {0:?}")]
    NoSecret(String),
    /// What is kept of ids from an earlier run can't be read.
    #[error("{path}: {source}")]
    Ids {
        /// The file.
        path: PathBuf,
        /// The failure.
        source: io::Error,
    },
}
