//! A few lines that tell, all the time, how long work goes.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::terminal;

/// How often the lines are drawn anew.
const DRAW_EVERY: Duration = Duration::from_millis(200);

/// Lines at the bottom of a terminal, on stderr. Nothing is shown when stderr is no terminal; colours
/// only without `NO_COLOR`. They vanish when it is [finished](Screen::finish) or dropped.
#[derive(Debug)]
pub struct Screen {
    bar: ProgressBar,
}

impl Screen {
    /// `title` stands before the first line.
    pub fn new(title: &'static str) -> Self {
        Self::on(terminal::stderr(), title)
    }

    /// Shows nothing.
    pub fn hidden() -> Self {
        Self { bar: ProgressBar::hidden() }
    }

    fn on(target: ProgressDrawTarget, title: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{spinner:.cyan} {prefix:.bold.cyan} {msg}");
        bar.set_style(style.expect("the template is right"));
        bar.set_prefix(title);
        if !bar.is_hidden() {
            bar.enable_steady_tick(DRAW_EVERY);
        }
        Self { bar }
    }

    /// Whether nobody sees it.
    pub fn is_hidden(&self) -> bool {
        self.bar.is_hidden()
    }

    /// These lines from now on.
    pub fn show(&self, lines: &[String]) {
        self.bar.set_message(lines.join("\n"));
    }

    /// Takes the lines away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.finish();
    }
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, TermLike as _};

    use super::*;
    use crate::terminal::drawn_on;

    #[test]
    fn it_shows_every_line_until_it_is_finished() {
        let terminal = InMemoryTerm::new(10, 80);
        let screen = Screen::on(drawn_on(terminal.clone()), "load");
        screen.show(&["hold 1000/s".to_owned(), "  p99 3.00 ms".to_owned()]);
        screen.bar.force_draw();
        let shown = terminal.contents();
        let lines: Vec<_> = shown.lines().collect();
        assert!(lines[0].ends_with("load hold 1000/s"), "{shown}");
        assert_eq!(lines[1], "  p99 3.00 ms");
        // As a terminal does when somebody types Ctrl-C.
        terminal.write_str("^C").unwrap();
        screen.finish();
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn what_is_hidden_takes_lines_all_the_same() {
        let screen = Screen::hidden();
        screen.show(&["unseen".to_owned()]);
        assert!(screen.is_hidden());
    }
}
