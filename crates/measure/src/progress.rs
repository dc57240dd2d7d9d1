//! A bar for long work: how far, how fast, how much longer.

use std::borrow::Cow;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::Measurement;
use crate::quantity::{show_count, show_time};
use crate::terminal;

/// How often the bar is drawn anew, so that its rate and time are true while nothing ends.
const DRAW_EVERY: Duration = Duration::from_millis(200);

/// A line on stderr that shows position, rate and time left. Nothing is shown when stderr is no
/// terminal; colours only without `NO_COLOR`. Cheap to clone; every clone moves the same bar.
///
/// It vanishes when it is [finished](Progress::finish) or the last clone is dropped.
#[derive(Clone, Debug)]
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// `what` is done to `total` things; `None` when nobody knows how many.
    pub fn new(what: impl Into<Cow<'static, str>>, total: Option<u64>) -> Self {
        Self::on(terminal::stderr(), what, total)
    }

    /// Shows nothing, for `--quiet`.
    pub fn hidden() -> Self {
        Self { bar: ProgressBar::hidden() }
    }

    fn on(
        target: ProgressDrawTarget,
        what: impl Into<Cow<'static, str>>,
        total: Option<u64>,
    ) -> Self {
        let bar = ProgressBar::with_draw_target(total, target);
        let style = ProgressStyle::with_template(match total {
            Some(_) => {
                "{prefix:.bold} {bar:28.cyan/dim} {human_pos}/{human_len} ({percent} %) \
                 {per_sec:.green}, {eta} left  {msg:.dim}"
            }
            None => {
                "{prefix:.bold} {spinner:.cyan} {human_pos} {per_sec:.green}, {elapsed}  {msg:.dim}"
            }
        });
        bar.set_style(style.expect("the template is right").progress_chars("━━─"));
        bar.set_prefix(what);
        if !bar.is_hidden() {
            bar.enable_steady_tick(DRAW_EVERY);
        }
        Self { bar }
    }

    /// So many more are done.
    pub fn advance(&self, more: u64) {
        self.bar.inc(more);
    }

    /// So many are done in all: where resumed work goes on. They do not count for the rate.
    pub fn resume_at(&self, done: u64) {
        self.bar.set_position(done);
        self.bar.reset_eta();
    }

    /// So many are done in all.
    pub fn set(&self, done: u64) {
        self.bar.set_position(done);
    }

    /// A few words at the end of the line.
    pub fn say(&self, words: impl Into<Cow<'static, str>>) {
        self.bar.set_message(words);
    }

    /// What a measurement tells just now, at the end of the line.
    pub fn show(&self, measurement: &Measurement) {
        if self.bar.is_hidden() {
            return;
        }
        let live = measurement.live();
        let mut words = vec![format!("{} in flight", show_count(live.in_flight))];
        words.extend(live.p99.map(|p99| format!("p99 {}", show_time(p99))));
        words.extend((live.failed > 0).then(|| format!("{} failed", show_count(live.failed))));
        self.say(words.join(", "));
    }

    /// Prints a line above the bar; when nothing is shown, to stderr all the same.
    pub fn note(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }

    /// Takes the line away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, TermLike as _};

    use super::*;
    use crate::Start;
    use crate::terminal::drawn_on;

    fn shown(total: Option<u64>, then: impl FnOnce(&Progress)) -> String {
        let terminal = InMemoryTerm::new(10, 200);
        let progress = Progress::on(drawn_on(terminal.clone()), "serialout", total);
        then(&progress);
        progress.bar.force_draw();
        terminal.contents()
    }

    #[test]
    fn it_tells_how_far_how_fast_and_how_much_longer() {
        let line = shown(Some(20_000), |progress| {
            progress.resume_at(4_000);
            progress.advance(1_000);
            progress.say("all is well");
        });
        assert!(line.starts_with("serialout ━━━━━━"), "{line}");
        assert!(line.contains(" 5,000/20,000 (25 %) "), "{line}");
        assert!(line.contains("/s, ") && line.contains(" left"), "{line}");
        assert!(line.ends_with("all is well"), "{line}");
    }

    #[test]
    fn without_a_total_it_tells_how_far_and_how_fast() {
        let line = shown(None, |progress| progress.set(1_234));
        assert!(line.starts_with("serialout ") && line.contains(" 1,234 "), "{line}");
        assert!(!line.contains("left"), "{line}");
    }

    #[test]
    fn a_measurement_speaks_at_the_end_of_the_line() {
        let measurement = Measurement::begin().unwrap();
        let under_way = measurement.recorder().start(Start::Whenever);
        let line = shown(Some(5), |progress| progress.show(&measurement));
        assert!(line.ends_with("1 in flight"), "{line}");
        under_way.succeeded();
    }

    #[test]
    fn a_finished_line_is_gone() {
        let terminal = InMemoryTerm::new(10, 200);
        let progress = Progress::on(drawn_on(terminal.clone()), "dump", Some(3));
        progress.bar.force_draw();
        assert!(!terminal.contents().is_empty());
        // As a terminal does when somebody types Ctrl-C.
        terminal.write_str("^C").unwrap();
        progress.finish();
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn what_is_hidden_counts_all_the_same() {
        let progress = Progress::hidden();
        progress.advance(3);
        progress.advance(4);
        assert_eq!(progress.bar.position(), 7);
    }
}
