//! How a program ends.

use std::process::ExitCode;

use crate::config::ConfigError;

/// The program could not do its work.
pub const FAILED: u8 = 1;

/// A flag or the configuration is wrong; the same code that clap uses.
pub const MISCONFIGURED: u8 = 2;

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
    let misconfigured = error.chain().any(<dyn std::error::Error>::is::<ConfigError>);
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
    }
}
