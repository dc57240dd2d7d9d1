//! Asking before something is done.

use std::io::{IsTerminal as _, Write as _, stdin, stdout};

use super::Usage;

/// Asks at the terminal; `yes` answers beforehand. Without a terminal it is an error not to.
pub(super) fn confirmed(question: &str, yes: bool) -> anyhow::Result<bool> {
    if yes {
        return Ok(true);
    }
    if !stdin().is_terminal() {
        let why = "there is no terminal to ask at: give --yes, or --dry-run to look first";
        return Err(Usage(why.to_owned()).into());
    }
    print!("{question} [y/N] ");
    stdout().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
