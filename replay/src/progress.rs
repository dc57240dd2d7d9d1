//! A line on the terminal that says how far long work has come.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How often the line is drawn anew.
const TICK: Duration = Duration::from_millis(100);

/// Counts to `total`, or without an end. Nothing is drawn where stderr is no terminal.
pub(crate) fn requests(verb: &'static str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            "{msg} {human_pos}/{human_len} requests, {per_sec}, {eta} left {wide_bar}",
        ),
        None => (ProgressBar::new_spinner(), "{spinner} {msg} {human_pos} requests, {per_sec}"),
    };
    bar.set_style(ProgressStyle::with_template(template).expect("the template is right"));
    bar.set_message(verb);
    bar.enable_steady_tick(TICK);
    bar
}
