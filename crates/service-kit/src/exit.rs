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
            eprintln!("error: {error:#}");
            ExitCode::from(code_of(error))
        }
    }
}

fn code_of(error: &anyhow::Error) -> u8 {
    let misconfigured = error.chain().any(<dyn std::error::Error>::is::<ConfigError>);
    if misconfigured { MISCONFIGURED } else { FAILED }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn a_wrong_configuration_has_a_code_of_its_own() {
        let wrong: anyhow::Result<()> = Err(ConfigError::invalid("log", "no such scheme").into());
        assert_eq!(code_of(&wrong.context("starting").unwrap_err()), MISCONFIGURED);
        assert_eq!(code_of(&anyhow::anyhow!("the disk is full")), FAILED);
    }
}
