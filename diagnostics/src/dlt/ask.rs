//! Asking before something is done.

use std::io::{IsTerminal as _, Write as _, stdin, stdout};

use clap::Args;
use service_kit::exit::Usage;

/// Whether to ask, and whether to do anything.
#[derive(Args, Clone, Copy, Debug)]
pub struct AskArgs {
    /// Only tell what would be done.
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask.
    #[arg(long, short)]
    yes: bool,
}

impl AskArgs {
    /// Asks at the terminal, unless that was answered beforehand. Without a terminal it has to be.
    pub(super) fn confirmed(self, question: &str) -> anyhow::Result<bool> {
        if self.yes {
            return Ok(true);
        }
        if !stdin().is_terminal() {
            let why = "there is no terminal to ask at: give --yes, or --dry-run to look first";
            return Err(Usage::new(why).into());
        }
        Ok(matches!(answer(&format!("{question} [y/N] "))?.as_str(), "y" | "yes"))
    }
}

/// What somebody answers at the terminal, in lower case.
pub(super) fn answer(question: &str) -> anyhow::Result<String> {
    print!("{question}");
    stdout().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer.trim().to_lowercase())
}
