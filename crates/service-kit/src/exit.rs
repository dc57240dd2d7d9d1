//! How a program ends.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;

use crate::config::ConfigError;

/// The program could not do its work.
pub const FAILED: u8 = 1;

/// A flag or the configuration is wrong; the same code that clap uses.
pub const MISCONFIGURED: u8 = 2;

/// The program was interrupted: 128 + SIGINT, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// Nobody read what the program printed: 128 + SIGPIPE, as shells have it.
pub const NOBODY_READS: u8 = 141;

/// What was asked for can't be done as it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Usage(String);

impl Usage {
    /// `sentence` says what is wrong, and what to do instead.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// Runs a tool that prints with `println!`. Where whoever reads it has gone, as `head` does, it unwinds, so
/// that everything it holds is given back, and ends in silence with [`NOBODY_READS`].
pub fn when_read(tool: impl FnOnce() -> ExitCode) -> ExitCode {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !is_closed_pipe(info.payload()) {
            usual(info);
        }
    }));
    // What was half done is not looked at again: either the process ends, or it goes on unwinding.
    panic::catch_unwind(AssertUnwindSafe(tool)).unwrap_or_else(|payload| {
        if is_closed_pipe(payload.as_ref()) {
            return ExitCode::from(NOBODY_READS);
        }
        panic::resume_unwind(payload)
    })
}

/// Whether a panic is that of `print!` or `eprint!` on a closed pipe. The standard library has no other sign
/// of it than its words; a test holds them.
fn is_closed_pipe(payload: &(dyn Any + Send)) -> bool {
    let closed = std::io::Error::from_raw_os_error(EPIPE).to_string();
    let words = payload.downcast_ref::<String>();
    words.is_some_and(|words| words.starts_with("failed printing to ") && words.ends_with(&closed))
}

/// The number of the error "broken pipe", the same on every Unix.
const EPIPE: i32 = 32;

/// The exit code for `main`. A failure becomes one sentence on stderr: what was tried, then why it
/// failed.
pub fn exit_code(result: &anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", sentence(error));
            ExitCode::from(code_of(error))
        }
    }
}

/// The error and its causes, without a cause that the error before it has told already.
fn sentence(error: &anyhow::Error) -> String {
    let mut sentence = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !sentence.ends_with(&cause) {
            sentence = format!("{sentence}: {cause}");
        }
    }
    sentence
}

/// Looks through the whole chain. An enum around a [`ConfigError`] must show it as its source:
/// `#[error("{0}")]`, not `#[error(transparent)]`, which leaves it out.
fn code_of(error: &anyhow::Error) -> u8 {
    let misconfigured = error.chain().any(|cause| cause.is::<ConfigError>() || cause.is::<Usage>());
    if misconfigured { MISCONFIGURED } else { FAILED }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Wrapped(#[from] ConfigError);

    #[test]
    fn an_error_tells_each_cause_once() {
        let wrapped = Wrapped(ConfigError::invalid("log", "no such scheme"));
        let error = anyhow::Error::from(wrapped).context("starting");
        assert_eq!(sentence(&error), "starting: setting \"log\": no such scheme");
        assert_eq!(code_of(&error), MISCONFIGURED);
    }

    #[test]
    fn a_wrong_configuration_has_a_code_of_its_own() {
        let wrong: anyhow::Result<()> = Err(ConfigError::invalid("log", "no such scheme").into());
        assert_eq!(code_of(&wrong.context("starting").unwrap_err()), MISCONFIGURED);
        assert_eq!(code_of(&anyhow::anyhow!("the disk is full")), FAILED);
        let usage = anyhow::Error::from(Usage::new("there is no such letter"));
        assert_eq!(code_of(&usage.context("sending")), MISCONFIGURED);
    }

    #[test]
    fn only_a_closed_pipe_is_one() {
        let closed = "failed printing to stdout: Broken pipe (os error 32)".to_owned();
        assert!(is_closed_pipe(&closed));
        assert!(!is_closed_pipe(&"failed printing to stdout: No space left on device".to_owned()));
        assert!(!is_closed_pipe(&"index out of bounds"));
    }
}
