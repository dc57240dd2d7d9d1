//! When to stop.

use std::io::{IsTerminal as _, stderr};

use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::exit;

/// A token that is cancelled by the first SIGINT or SIGTERM. A second one ends the process at once.
///
/// Call it inside a tokio runtime.
///
/// # Panics
/// If the process can't listen to signals.
pub fn on_signals() -> CancellationToken {
    let token = CancellationToken::new();
    let cancel = token.clone();
    let mut signals = Signals::new();
    tokio::spawn(async move {
        signals.next().await;
        cancel.cancel();
        info!("stopping; once more to stop at once");
        signals.next().await;
        if stderr().is_terminal() {
            // What is drawn there has no end of line, and nobody takes it away any more.
            eprintln!();
        }
        std::process::exit(exit::INTERRUPTED.into());
    });
    token
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).expect("a process may listen to its own signals");
        Self {
            interrupt: listen(SignalKind::interrupt()),
            terminate: listen(SignalKind::terminate()),
        }
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        tokio::signal::ctrl_c().await.expect("a process may listen to Ctrl-C");
    }
}
