//! The program `diagnostics dlt` in a house.

use std::process::{Child, Output, Stdio};

use serde_json::Value;
use tests::House;

/// Runs sub-commands of `diagnostics dlt`.
pub struct Desk<'a>(pub &'a House);

impl Desk<'_> {
    /// Runs one to its end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = self.0.tool("diagnostics");
        command.arg("dlt").args(arguments).output().expect("diagnostics runs")
    }

    /// Runs one that succeeds; answers what it printed.
    pub fn succeeds(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).expect("it speaks UTF-8")
    }

    /// Starts one and lets it run. It says nothing.
    pub fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.0.tool("diagnostics");
        command.arg("dlt").args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("diagnostics starts")
    }

    /// The letters in a state, as `list --json` tells them.
    pub fn list(&self, state: &str) -> Value {
        let printed = self.succeeds(&["list", "--state", state, "--limit", "0", "--json"]);
        serde_json::from_str(&printed).expect("it is JSON")
    }

    /// How many letters are in a state.
    pub fn count(&self, state: &str) -> u64 {
        self.list(state)["count"].as_u64().expect("a number")
    }
}
