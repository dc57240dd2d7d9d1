//! The real program, at work beside a test.

use std::ffi::OsStr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

/// How long one run may take, on a machine that has much else to do.
const RUN_MAX: Duration = Duration::from_mins(10);

/// Gone with the test.
pub struct Program {
    child: Child,
    errors: NamedTempFile,
}

impl Program {
    pub fn start<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Self {
        let errors = NamedTempFile::new().expect("a file");
        let child = Command::new(env!("CARGO_BIN_EXE_replay"))
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(errors.reopen().expect("the file"))
            .spawn()
            .expect("replay starts");
        Self { child, errors }
    }

    /// As Ctrl-C does. A program that is done already does not mind.
    pub fn interrupt(&self) {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-INT", &pid]).stderr(Stdio::null()).status();
        asked.expect("kill runs");
    }

    pub fn kill(mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it has ended");
    }

    /// `None` while it is at work.
    pub fn status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the program's state")
    }

    pub fn await_end(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.status() {
                return status;
            }
            assert!(begun.elapsed() < RUN_MAX, "it does not end: {}", self.errors());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn await_success(mut self) {
        let status = self.await_end();
        assert!(status.success(), "{status}: {}", self.errors());
    }

    /// Demands that it is at work still, or has done it; otherwise tells what has not happened.
    pub fn assert_well(&mut self, begun: Instant, otherwise: &str) {
        let status = self.status();
        let well = status.is_none_or(|status| status.success());
        assert!(well, "{otherwise}: {status:?}: {}", self.errors());
        assert!(begun.elapsed() < RUN_MAX, "{otherwise}: {}", self.errors());
    }

    /// What it has said of errors.
    pub fn errors(&self) -> String {
        std::fs::read_to_string(self.errors.path()).expect("its errors")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended, unless the test has failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
