//! How a program ends.

use std::any::Any;
use std::io::{Write as _, stderr};
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

/// Runs what prints with `println!`. Where whoever reads it has gone, as `head` does, it unwinds, so
/// that everything it holds is given back, and ends in silence with [`NOBODY_READS`]. Where it can't be
/// printed for another reason, such as a full disk, it ends with a sentence and [`FAILED`].
pub fn when_read(tool: impl FnOnce() -> ExitCode) -> ExitCode {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if failed_print(info.payload()).is_none() {
            usual(info);
        }
    }));
    // What was half done is not looked at again: either the process ends, or it goes on unwinding.
    panic::catch_unwind(AssertUnwindSafe(tool)).unwrap_or_else(|payload| {
        let Some(failure) = failed_print(payload.as_ref()) else { panic::resume_unwind(payload) };
        if is_closed_pipe(failure) {
            return ExitCode::from(NOBODY_READS);
        }
        // Not by a macro: stderr may be what failed.
        let _ = writeln!(stderr(), "error: {failure}");
        ExitCode::from(FAILED)
    })
}

/// What failed, if a panic is that of `print!` or `eprint!`. The standard library has no other sign of it
/// than its words; a test holds them.
fn failed_print(payload: &(dyn Any + Send)) -> Option<&str> {
    let words = payload.downcast_ref::<String>()?;
    words.starts_with("failed printing to ").then_some(words)
}

/// Whether nobody reads what could not be printed.
fn is_closed_pipe(failure: &str) -> bool {
    failure.ends_with(&std::io::Error::from_raw_os_error(EPIPE).to_string())
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
        let failed = |words: &str| {
            let payload: Box<dyn Any + Send> = Box::new(words.to_owned());
            failed_print(payload.as_ref()).map(is_closed_pipe)
        };
        assert_eq!(failed("failed printing to stdout: Broken pipe (os error 32)"), Some(true));
        assert_eq!(failed("failed printing to stdout: No space left on device"), Some(false));
        assert_eq!(failed("index out of bounds"), None);
        let unformatted: Box<dyn Any + Send> = Box::new("index out of bounds");
        assert_eq!(failed_print(unformatted.as_ref()), None);
    }
}
